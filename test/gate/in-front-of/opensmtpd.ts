import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { needPeer, startPeer, type Peer } from '../../peers/index.ts'
import { logged } from '../logged.ts'
import { lasting } from '../programs.ts'
import { Talker } from '../talker.ts'
import { Page, type PageGate } from './page.ts'
import { asksToRelay, STRANGER } from './relaying.ts'

/** As Debian's: mail for its own domain from everybody, and for anybody from itself. What it takes waits in its queue. */
const RULES = `action in relay host smtp://127.0.0.1:9
match from any for domain "example.net" action in
match from local for any action in
`

/** The tests of docs/in-front-of/opensmtpd.md. */
export function opensmtpdPage(): void {
  describe('the page of OpenSMTPD', { skip: needPeer('opensmtpd') }, () => {
    const t = lasting()
    let page: Page
    let smtpd: Peer<'opensmtpd'>
    let gate: PageGate
    before(async () => {
      page = await Page.open('opensmtpd.md', t)
      const doors = { smtp: page.port(10_025), smtps: page.port(10_025) }
      smtpd = await startPeer('opensmtpd', { doors, main: page.block('/etc/smtpd.conf') + RULES }, t)
      gate = await page.gate(t)
    })

    test('gate check has nothing to say', () => page.checksFine())

    test('nobody from elsewhere may relay, and whoever it trusts may', async () => {
      assert.match(await asksToRelay(gate.port('mx'), STRANGER), /^550 /)
      await logged(smtpd.log, /smtp connected address=127\.0\.0\.2 /)
      assert.match(await asksToRelay(gate.port('mx'), '127.0.0.1'), /^250 /)
    })

    test('takes a message in TLS, though its own breaks off', async () => {
      const talker = await Talker.to(gate.port('mx'), STRANGER)
      await talker.hears(/^220 .*\r\n/)
      await talker.asks('EHLO client.example\r\n', /^250[- ]STARTTLS\r\n/m)
      await talker.asks('STARTTLS\r\n', /^220 /m)
      await talker.secure()
      for (const line of ['EHLO client.example', 'MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.net>'])
        await talker.asks(`${line}\r\n`, /^250 [^\r]*\r\n$/m)
      await talker.asks('DATA\r\n', /^354 /)
      await talker.asks('Subject: x\r\n\r\nhello\r\n.\r\n', /^250 2\.0\.0/)
      talker.leave()
    })

    test('tightened as it says, its own proof says yes', async () => {
      await page.tighten(gate)
      const { status, out, err } = await page.prove()
      assert.equal(status, 0, out + err)
    })
  })
}
