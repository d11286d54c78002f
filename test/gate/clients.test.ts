import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { certificates, needPackages, needPeer, startPeer } from '../peers/index.ts'
import { startGate, type Gated } from './gated.ts'
import { logged } from './logged.ts'
import { CRLF, desk, lasting, MESSAGE, type Said } from './programs.ts'

/** Programs that people use, each with STARTTLS and with TLS from the start, through a gate to real servers. They believe the gate by the tests' authority. */

const { root } = await certificates()
const { folder, run, write } = desk()

async function throughTls(gated: Gated): Promise<void> {
  const { negotiated, verdict } = await gated.record()
  assert.deepEqual([negotiated?.version, verdict], ['TLSv1.3', { meets: true }])
}

describe('those who send, to Postfix', { skip: needPeer('postfix') }, () => {
  let gated: Gated
  let log: () => string
  const t = lasting()
  before(async () => {
    const postfix = await startPeer('postfix', {}, t)
    log = postfix.log
    const backend = `127.0.0.1:${postfix.doors.smtp}`
    const services = {
      starttls: { dialect: 'smtp', tls: 'starttls', backend },
      implicit: { dialect: 'submission', tls: 'implicit', backend },
    }
    gated = await startGate({ services }, t)
  })
  const ways = ['starttls', 'implicit'] as const

  async function queues(sender: string, sent: Said): Promise<void> {
    assert.equal(sent.status, 0, sent.out)
    await throughTls(gated)
    await logged(log, new RegExp(`from=<${sender}>`))
  }

  for (const way of ways) {
    test(`swaks, ${way}`, { skip: needPackages('swaks', 'libnet-ssleay-perl') }, async () => {
      const words = [
        '--server',
        `localhost:${gated.port(way)}`,
        '--from',
        `swaks-${way}@example.org`,
        '--to',
        'b@example.net',
        '--data',
        '-',
      ]
      const tls = [way === 'implicit' ? '--tls-on-connect' : '--tls', '--tls-verify', '--tls-ca-path', root]
      await queues(`swaks-${way}@example.org`, await run('swaks', [...words, ...tls], MESSAGE))
    })

    test(`msmtp, ${way}`, { skip: needPackages('msmtp') }, async () => {
      const words = [
        '--host=localhost',
        `--port=${gated.port(way)}`,
        `--from=msmtp-${way}@example.org`,
        '--tls=on',
        `--tls-trust-file=${root}`,
      ]
      const tls = `--tls-starttls=${way === 'starttls' ? 'on' : 'off'}`
      await queues(`msmtp-${way}@example.org`, await run('msmtp', [...words, tls, 'b@example.net'], MESSAGE))
    })

    test(`curl, ${way}`, { skip: needPackages('curl') }, async () => {
      const url = `${way === 'implicit' ? 'smtps' : 'smtp'}://localhost:${gated.port(way)}`
      const words = ['-sS', '--ssl-reqd', '--cacert', root, '--mail-from', `curl-${way}@example.org`, '--mail-rcpt', 'b@example.net']
      await queues(`curl-${way}@example.org`, await run('curl', [...words, '-T', '-', url], CRLF))
    })

    test(`s-nail, ${way}`, { skip: needPackages('s-nail') }, async () => {
      const mta = `${way === 'implicit' ? 'smtps' : 'smtp'}://localhost:${gated.port(way)}`
      const settings = ['v15-compat', `mta=${mta}`, 'smtp-auth=none', `tls-ca-file=${root}`, 'tls-ca-no-defaults', 'tls-verify=strict']
      const own = [...settings, `from=s-nail-${way}@example.org`, ...(way === 'starttls' ? ['smtp-use-starttls'] : [])]
      const words = ['-:', '/', ...own.map((one) => `-S${one}`), '-s', 'through the gate', 'b@example.net']
      await queues(`s-nail-${way}@example.org`, await run('s-nail', words, 'A line.\n'))
    })

    test(`mutt, ${way}`, { skip: needPackages('mutt') }, async () => {
      const url = `${way === 'implicit' ? 'smtps' : 'smtp'}://localhost:${gated.port(way)}`
      const file = write(
        `mutt-${way}`,
        `set smtp_url = "${url}"\nset from = "mutt-${way}@example.org"\nset use_from = yes\nset use_envelope_from = yes\nset copy = no\n` +
          `set ssl_starttls = yes\nset ssl_force_tls = yes\nset ssl_usesystemcerts = no\nset ssl_ca_certificates_file = "${root}"\nset certificate_file = "${root}"\n`,
      )
      await queues(`mutt-${way}@example.org`, await run('mutt', ['-n', '-F', file, '-s', 'through the gate', 'b@example.net'], 'A line.\n'))
    })
  }
})

describe('those who fetch, from Dovecot', { skip: needPeer('dovecot') }, () => {
  let gated: Gated
  const t = lasting()
  before(async () => {
    const { doors } = await startPeer('dovecot', { plaintextAuth: true }, t)
    const [imap, pop3] = [`127.0.0.1:${doors.imap}`, `127.0.0.1:${doors.pop3}`]
    const services = {
      imap: { dialect: 'imap', tls: 'starttls', backend: imap },
      imaps: { dialect: 'imap', tls: 'implicit', backend: imap },
      pop3: { dialect: 'pop3', tls: 'required', backend: pop3 },
      pop3s: { dialect: 'pop3', tls: 'implicit', backend: pop3 },
    }
    gated = await startGate({ services }, t)
  })

  /** A mailbox of its own with a message in it, put there through the gate. */
  async function delivered(user: string): Promise<void> {
    const file = write(`message-${user}`, CRLF)
    const url = `imaps://localhost:${gated.port('imaps')}/INBOX`
    const { status, out } = await run('curl', ['-sS', '--cacert', root, '-u', `${user}:x`, '-T', file, url])
    assert.equal(status, 0, out)
    await throughTls(gated)
  }

  const same = (text: string): void => assert.ok(text.replaceAll('\r\n', '\n').includes(MESSAGE.slice(MESSAGE.indexOf('\n\n'))), text)

  for (const service of ['imap', 'imaps', 'pop3', 'pop3s'] as const) {
    test(`curl, ${service}`, { skip: needPackages('curl') }, async () => {
      await delivered(`curl-${service}`)
      const path = service.startsWith('imap') ? 'INBOX;MAILINDEX=1' : '1'
      const url = `${service}://localhost:${gated.port(service)}/${path}`
      const { status, out } = await run('curl', ['-sS', '--ssl-reqd', '--cacert', root, '-u', `curl-${service}:x`, url])
      assert.equal(status, 0, out)
      same(out)
      await throughTls(gated)
    })

    test(`fetchmail, ${service}`, { skip: needPackages('fetchmail', 'curl') }, async () => {
      const user = `fetchmail-${service}`
      await delivered(user)
      const protocol = service.startsWith('imap') ? 'IMAP' : 'POP3'
      const file = write(
        user,
        `poll localhost service ${gated.port(service)} protocol ${protocol} auth password user "${user}" password "x" mda "cat >> ${folder}/${user}.got" ` +
          `${service.endsWith('s') ? 'ssl' : ''} sslproto "TLS1.2+" sslcertck sslcertfile "${root}" keep fetchall\n`,
      )
      const { status, out } = await run('fetchmail', [
        '-v',
        '-N',
        '--pidfile',
        `${folder}/${user}.pid`,
        '-i',
        `${folder}/${user}.ids`,
        '-f',
        file,
      ])
      assert.equal(status, 0, out)
      same(readFileSync(join(folder, `${user}.got`), 'utf8'))
      await throughTls(gated)
    })
  }

  for (const service of ['imap', 'imaps'] as const) {
    test(`mbsync, ${service}`, { skip: needPackages('isync', 'curl') }, async () => {
      const user = `mbsync-${service}`
      await delivered(user)
      mkdirSync(join(folder, user))
      const file = write(
        `${user}.rc`,
        `IMAPStore far\nHost localhost\nPort ${gated.port(service)}\nUser ${user}\nPass x\nSSLType ${service === 'imaps' ? 'IMAPS' : 'STARTTLS'}\n` +
          `SystemCertificates no\nCertificateFile ${root}\n\nMaildirStore near\nPath ${folder}/${user}/\nInbox ${folder}/${user}/INBOX\n\n` +
          `Channel all\nFar :far:INBOX\nNear :near:INBOX\nCreate Near\nSyncState *\n`,
      )
      const { status, out } = await run('mbsync', ['-c', file, 'all'])
      assert.equal(status, 0, out)
      const places = ['new', 'cur'].flatMap((place) => readdirSync(join(folder, user, 'INBOX', place)).map((one) => join(place, one)))
      assert.equal(places.length, 1)
      same(readFileSync(join(folder, user, 'INBOX', places[0] ?? ''), 'utf8'))
      await throughTls(gated)
    })
  }
})
