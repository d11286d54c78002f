import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { certificates, needPackages, needPeer, SERVER_NAME, startPeer, type Peer } from '../peers/index.ts'
import { inMaildir } from './arriving.ts'
import { startGate, type Gated } from './gated.ts'
import { desk, lasting } from './programs.ts'
import { Octets } from './sent-message.ts'
import { giveMessage } from './talker.ts'

const { run } = desk()
const { root } = await certificates()

function message(id: string): Buffer {
  const lines = new Octets(id).take(200_000).toString('base64').replaceAll(/.{70}/g, '.$&\r\n')
  return Buffer.from(`Message-ID: <${id}@example.org>\r\nSubject: from a server\r\n\r\n${lines}\r\n`)
}

async function awaited<T>(look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = look()
    if (found !== undefined) return found
    await delay(20)
  }
  throw new Error('it has not come')
}

const needed = needPeer('postfix') || needPeer('dovecot') || needPackages('curl')

describe('a Postfix that wants a verified certificate sends through the gate', { skip: needed }, () => {
  const t = lasting()
  let gated: Gated
  let receiving: Peer<'postfix'>
  let sending: Peer<'postfix'>
  before(async () => {
    const dovecot = await startPeer('dovecot', { plaintextAuth: true }, t)
    receiving = await startPeer('postfix', { delivers: true }, t)
    const services = {
      mx: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${receiving.doors.smtp}` },
      lmtp: { dialect: 'lmtp', tls: 'required', backend: `127.0.0.1:${dovecot.doors.lmtp}` },
      imaps: { dialect: 'imap', tls: 'implicit', backend: `127.0.0.1:${dovecot.doors.imap}` },
    }
    gated = await startGate({ services }, t)
    const secure = (way: string): string =>
      `${way}_tls_security_level = secure\n${way}_tls_CAfile = ${root}\n${way}_tls_secure_cert_match = ${SERVER_NAME}\n${way}_tls_loglevel = 1\n`
    const routes = `transport_maps = inline:{ { example.net = smtp:[127.0.0.1]:${gated.port('mx')} }, { example.com = lmtp:inet:127.0.0.1:${gated.port('lmtp')} } }\n`
    sending = await startPeer(
      'postfix',
      {
        main: `${secure('smtp')}${secure('lmtp')}${routes}local_header_rewrite_clients =\n`,
        services: 'smtp unix - - n - - smtp\nlmtp unix - - n - - lmtp\nretry unix - - n - - error\n',
      },
      t,
    )
  })

  const give = (id: string, recipient: string): Promise<void> => giveMessage(sending.doors.smtp, recipient, message(id))

  async function throughTls(service: string): Promise<void> {
    const { negotiated, verdict, ...record } = await gated.record()
    assert.deepEqual([record.service, negotiated?.version, verdict], [service, 'TLSv1.3', { meets: true }])
    await awaited(() => (/Verified TLS connection established to 127\.0\.0\.1/.test(sending.log()) ? true : undefined))
  }

  test('by SMTP to another Postfix', async () => {
    await give('smtp', 'b@example.net')
    const inbox = join(receiving.folder, 'mail/inbox/new')
    const file = await awaited(() => (existsSync(inbox) ? readdirSync(inbox)[0] : undefined))
    assert.deepEqual(inMaildir(readFileSync(join(inbox, file))).content, message('smtp'))
    await throughTls('mx')
  })

  test('by LMTP to Dovecot, where it is read through the gate', async () => {
    await give('lmtp', 'anna@example.com')
    await awaited(() => (/status=sent \(250 2\.0\.0 .*Saved\)/.test(sending.log()) ? true : undefined))
    await throughTls('lmtp')
    const url = `imaps://localhost:${gated.port('imaps')}/INBOX;MAILINDEX=1`
    const { status, out } = await run('curl', ['-sS', '--cacert', root, '-u', 'anna@example.com:x', url])
    assert.equal(status, 0, out)
    assert.ok(out.endsWith(message('lmtp').toString('latin1')), out.slice(0, 2000))
  })
})
