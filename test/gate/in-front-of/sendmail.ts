import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { needSendmail, runSendmail } from '../../settings/sendmail-program.ts'
import { ownFolder } from '../../settings/supervised.ts'
import { lasting } from '../programs.ts'
import { Talker } from '../talker.ts'
import { Page, type PageGate } from './page.ts'
import { asksToRelay, STRANGER } from './relaying.ts'

/** Nobody is asked for names here, and what it takes waits in its queue. */
const ALONE = ["FEATURE(`accept_unresolvable_domains')dnl", "FEATURE(`nocanonify')dnl", "define(`confDELIVERY_MODE', `queueonly')dnl"]

/** The tests of docs/in-front-of/sendmail.md. */
export function sendmailPage(): void {
  describe('the page of Sendmail', { skip: needSendmail() }, () => {
    const t = lasting()
    let page: Page
    let gate: PageGate
    before(async () => {
      page = await Page.open('sendmail.md', t)
      const [doors, rules] = [page.block('/etc/mail/sendmail.mc'), page.block('/etc/mail/sendmail.mc', 1)]
      const ports = [page.port(10_025), page.port(10_026)]
      await runSendmail(ownFolder('sendmail', t), { lines: [...ALONE, doors], rules, ports }, t)
      gate = await page.gate(t)
    })

    test('gate check warns, as it says', async () => {
      const { status, out, err } = await page.check()
      assert.equal(status, 0, err)
      assert.match(out, /an open relay/)
    })

    test('nobody may relay through the gate, wherever it comes from, and local programs may beside it', async () => {
      for (const from of [STRANGER, '127.0.0.1'])
        assert.match(await asksToRelay(gate.port('mx'), from), /^550 5\.7\.1 .*Relaying denied\r\n$/)
      assert.match(await asksToRelay(page.port(10_026), '127.0.0.1'), /^250 /)
    })

    test('takes in TLS what is for itself, and nothing that only looks so', async () => {
      const talker = await Talker.to(gate.port('mx'), STRANGER)
      await talker.hears(/^220 .*\r\n/)
      await talker.asks('EHLO client.example\r\n', /^250[- ]STARTTLS\r\n/m)
      await talker.asks('STARTTLS\r\n', /^220 /m)
      await talker.secure()
      await talker.asks('EHLO client.example\r\n', /^250 [^\r]*\r\n$/m)
      await talker.asks('MAIL FROM:<a@example.org>\r\n', /^250 [^\r]*\r\n$/m)
      for (const other of ['b%example.com@mail.example.test', 'example.com!b@mail.example.test', '@mail.example.test:b@example.com'])
        await talker.asks(`RCPT TO:<${other}>\r\n`, /^5\d\d [^\r]*\r\n$/m)
      await talker.asks('RCPT TO:<root@mail.example.test>\r\n', /^250 [^\r]*\r\n$/m)
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
