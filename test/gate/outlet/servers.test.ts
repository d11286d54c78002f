import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { needPeer, startPeer } from '../../peers/index.ts'
import { startGate, type Gated } from '../gated.ts'
import { lasting } from '../programs.ts'
import { sendTo } from './sending-to.ts'
import { Talker } from '../talker.ts'

const needed = needPeer('postfix') || needPeer('exim') || needPeer('opensmtpd') || needPeer('dovecot')

describe('next hops of all kinds', { skip: needed }, () => {
  const t = lasting()
  let gated: Gated
  before(async () => {
    const [postfix, exim, opensmtpd, dovecot] = await Promise.all([
      startPeer('postfix', { delivers: true }, t),
      startPeer('exim', { delivers: true }, t),
      startPeer('opensmtpd', {}, t),
      startPeer('dovecot', {}, t),
    ])
    const out = (port: number, words: object = { tls: 'required' }, dialect = 'smtp'): Readonly<Record<string, unknown>> => ({
      dialect,
      tls: 'none',
      outlet: { to: `127.0.0.1:${port}`, ...words },
    })
    const services = {
      postfix: out(postfix.doors.smtp),
      'postfix, implicit': out(postfix.doors.smtps, { tls: 'required', implicit: true }),
      exim: out(exim.doors.smtp),
      opensmtpd: out(opensmtpd.doors.smtp, {}),
      'opensmtpd, in TLS': out(opensmtpd.doors.smtp),
      dovecot: out(dovecot.doors.lmtp, {}, 'lmtp'),
    }
    gated = await startGate({ services }, t)
  })

  const rows: readonly (readonly [service: string, recipient: string, said: RegExp, came: string])[] = [
    ['postfix', 'b@example.net', /^250 2\.0\.0 Ok: queued as /, 'TLSv1.3'],
    ['postfix', 'b@nowhere.example', /^554 5\.7\.1 <b@nowhere\.example>: Relay access denied|^250 2\.0\.0 Ok/, 'TLSv1.3'],
    ['postfix, implicit', 'b@example.net', /^250 2\.0\.0 Ok: queued as /, 'TLSv1.3'],
    ['exim', 'b@example.net', /^250 2?.*OK id=/, 'TLSv1.3'],
    // Debian's build cannot sign: see test/peers/servers/opensmtpd.ts.
    ['opensmtpd', 'b@nowhere.example.test', /^250 2\.0\.0:? .*(?:Message accepted|accepted for delivery)/i, 'plain'],
    ['opensmtpd', 'b@example.net', /^550 /, 'plain'],
    ['opensmtpd, in TLS', 'b@nowhere.example.test', /^451 4\.7\.5 .* find no TLS under the policy mozilla-intermediate/, ''],
  ]
  for (const [service, recipient, said, came] of rows)
    test(`${service}, for ${recipient}`, async () => {
      assert.match(await sendTo(gated.port(service), 'Subject: x\r\n\r\nx\r\n', recipient), said)
      const { onward } = await gated.record()
      const last = onward?.at(-1)
      assert.equal(last?.tls?.version ?? (last?.failed === undefined ? 'plain' : ''), came)
    })

  for (const [service, recipient, said] of [
    ['postfix', 'b@example.net', /^250 2\.0\.0 Ok: 20 bytes queued as /],
    ['exim', 'b@example.net', /^250-2\.0\.0 {2}5 byte chunk, total 20\r\n250 2\.0\.0 OK id=/],
    ['opensmtpd', 'b@nowhere.example.test', /^250 2\.0\.0:? .*(?:Message accepted|accepted for delivery)/i],
  ] as const)
    test(`${service} gets chunks, or content that is made of them`, async () => {
      const talker = await Talker.to(gated.port(service))
      await talker.hears(/^220 /)
      await talker.asks('EHLO old.example\r\n', /\r\n250-CHUNKING\r\n(?:.*\r\n)*250 [^\r]*\r\n/)
      await talker.asks('MAIL FROM:<a@old.example>\r\n', /^250 /)
      await talker.asks(`RCPT TO:<${recipient}>\r\n`, /^250 /)
      await talker.asks('BDAT 15\r\nSubject: x\r\n\r\n.', /^250 /)
      await talker.asks('BDAT 5 LAST\r\nx\r\n\r\n', said)
      talker.leave()
      await gated.record()
    })

  test('postfix, which gives one ticket and no more, is known again each time', async () => {
    for (let times = 0; times < 4; times += 1) {
      await sendTo(gated.port('postfix'), 'Subject: x\r\n\r\nx\r\n', 'b@example.net')
      const { onward } = await gated.record()
      if (times > 1) assert.equal(onward?.at(-1)?.tls?.resumed, true)
    }
  })

  test('postfix is asked for notifications', async () => {
    const talker = await Talker.to(gated.port('postfix'))
    await talker.hears(/^220 /)
    await talker.asks('EHLO old.example\r\n', /\r\n250 DSN\r\n/)
    await talker.asks('MAIL FROM:<a@old.example> RET=HDRS ENVID=one\r\n', /^250 /)
    await talker.asks('RCPT TO:<b@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@example.net\r\n', /^250 /)
    await talker.asks('DATA\r\n', /^354 /)
    await talker.asks('Subject: x\r\n\r\nx\r\n.\r\n', /^250 2\.0\.0 Ok: queued as /)
    talker.leave()
    await gated.record()
  })

  test('Dovecot by LMTP says something of each recipient', async () => {
    const talker = await Talker.to(gated.port('dovecot'))
    await talker.hears(/^220 /)
    await talker.asks('LHLO old.example\r\n', /\r\n250 [^\r]*\r\n/)
    await talker.asks('MAIL FROM:<a@old.example>\r\n', /^250 /)
    await talker.asks('RCPT TO:<one@d.example>\r\n', /^250 2\.1\.5 /)
    await talker.asks('RCPT TO:<two@d.example>\r\n', /^250 2\.1\.5 /)
    await talker.asks('DATA\r\n', /^354 /)
    await talker.asks('Subject: x\r\n\r\nx\r\n.\r\n', /^250 2\.0\.0 <one@d\.example> .*\r\n250 2\.0\.0 <two@d\.example> .*\r\n/)
    talker.leave()
    await gated.record()
  })
})
