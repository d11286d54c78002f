import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { needPeer, startPeer } from '../../peers/index.ts'
import { inMaildir } from '../arriving.ts'
import { startGate } from '../gated.ts'
import { stuffed } from '../sent-message.ts'
import { Talker } from '../talker.ts'

/** Exim that hands on whatever it takes. */
function handingOn(port: number): string {
  return [
    'acl_smtp_rcpt = accept\nacl_smtp_data = accept\nlog_selector = +smtp_confirmation',
    `begin routers\nout:\n  driver = manualroute\n  route_list = * 127.0.0.1\n  self = send\n  transport = out`,
    `begin transports\nout:\n  driver = smtp\n  port = ${port}\n  hosts_try_chunking = *\n  allow_localhost\n`,
  ].join('\n')
}

const CONTENT = 'Subject: in chunks\r\n\r\n.\r\n..dots\r\nlast\r\n'

describe('Exim sends in chunks through the outlet', { skip: needPeer('exim') || needPeer('postfix') }, () => {
  for (const [why, discarded] of [
    ['to a Postfix that takes them', 'silent-discard'],
    ['and to one that takes none', 'chunking, silent-discard'],
  ] as const)
    test(why, async (t) => {
      const receiving = await startPeer('postfix', { delivers: true, main: `smtpd_discard_ehlo_keywords = ${discarded}\n` }, t)
      const outlet = { to: `127.0.0.1:${receiving.doors.smtp}`, tls: 'required' }
      const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t)
      const sending = await startPeer('exim', { main: handingOn(gated.port('out')) }, t)
      const talker = await Talker.to(sending.doors.smtp)
      await talker.hears(/^220 .*\r\n/)
      await talker.asks('EHLO client.example\r\n', /\r\n250 [^\r]*\r\n/)
      await talker.asks('MAIL FROM:<a@example.org>\r\n', /^250 /)
      await talker.asks('RCPT TO:<b@example.net>\r\n', /^250 /)
      await talker.asks('DATA\r\n', /^354 /)
      await talker.asks(Buffer.concat([stuffed(Buffer.from(CONTENT)), Buffer.from('.\r\n')]), /^250 /)
      talker.leave()
      const { onward } = await gated.record()
      assert.equal(onward?.at(-1)?.failed, undefined)
      for (let tries = 0; !/ Completed/.test(sending.log()) && tries < 500; tries += 1) await delay(20)
      // K: in chunks.
      assert.match(sending.log(), / => b@example\.net .* K C="250 2\.0\.0 Ok: /)
      const inbox = join(receiving.folder, 'mail/inbox/new')
      // Postfix acknowledges what is in its queue, and delivers behind that.
      const arrived = (): string | undefined => (existsSync(inbox) ? readdirSync(inbox)[0] : undefined)
      for (let tries = 0; arrived() === undefined && tries < 500; tries += 1) await delay(20)
      const { content } = inMaildir(readFileSync(join(inbox, arrived() ?? '')))
      // The fields of Exim stand above.
      assert.ok(content.toString('latin1').endsWith(CONTENT.slice(CONTENT.indexOf('\r\n\r\n'))))
    })
})
