import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { needPeer, startPeer, type Peer } from '../../peers/index.ts'
import { inMaildir } from '../arriving.ts'
import { startGate, type Gated } from '../gated.ts'
import { lasting } from '../programs.ts'
import { Octets } from '../sent-message.ts'
import { giveMessage } from '../talker.ts'

function message(id: string): Buffer {
  const lines = new Octets(id).take(200_000).toString('base64').replaceAll(/.{70}/g, '.$&\r\n')
  return Buffer.from(`Message-ID: <${id}@example.org>\r\nSubject: from an old server\r\n\r\n${lines}\r\n`)
}

async function awaited<T>(look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = look()
    if (found !== undefined) return found
    await delay(20)
  }
  throw new Error('it has not come')
}

describe('an old Postfix sends through the outlet to another Postfix', { skip: needPeer('postfix') }, () => {
  const t = lasting()
  let gated: Gated
  let receiving: Peer<'postfix'>
  let sending: Peer<'postfix'>
  before(async () => {
    receiving = await startPeer('postfix', { delivers: true }, t)
    gated = await startGate(
      { services: { out: { dialect: 'smtp', tls: 'none', outlet: { to: `127.0.0.1:${receiving.doors.smtp}`, tls: 'required' } } } },
      t,
    )
    sending = await startPeer(
      'postfix',
      {
        main: `relayhost = [127.0.0.1]:${gated.port('out')}\nlocal_header_rewrite_clients =\n`,
        services: 'smtp unix - - n - - smtp\nretry unix - - n - - error\n',
      },
      t,
    )
  })

  const give = (id: string, recipient: string): Promise<void> => giveMessage(sending.doors.smtp, recipient, message(id))

  test('octet for octet, in TLS, with the last word of the next hop', async () => {
    await give('one', 'b@example.net')
    const inbox = join(receiving.folder, 'mail/inbox/new')
    const file = await awaited(() => (existsSync(inbox) ? readdirSync(inbox)[0] : undefined))
    assert.deepEqual(inMaildir(readFileSync(join(inbox, file))).content, message('one'))
    await awaited(() => (/status=sent \(250 2\.0\.0 Ok: queued as /.test(sending.log()) ? true : undefined))
    assert.match(
      receiving.log(),
      /TLS connection established from localhost\[127\.0\.0\.1\]: TLSv1\.3|Anonymous TLS connection established/,
    )
  })
})
