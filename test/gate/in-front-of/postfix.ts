import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { needPackages, needPeer, startPeer, type Peer } from '../../peers/index.ts'
import { outputOf } from '../../settings/program.ts'
import { startGate } from '../gated.ts'
import { lasting } from '../programs.ts'
import { logged } from '../logged.ts'
import { Page, type PageGate } from './page.ts'
import { asksToRelay, STRANGER } from './relaying.ts'

/** What a Postfix that trusts itself, and nobody else, has in main.cf. */
const TRUSTING = 'mynetworks = 127.0.0.1/32\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n'

const needed = needPeer('postfix') || needPeer('dovecot') || needPackages('swaks', 'libnet-ssleay-perl')

/** The tests of docs/in-front-of/postfix.md. */
export function postfixPage(): void {
  describe('the page of Postfix', { skip: needed }, () => {
    const t = lasting()
    let page: Page
    let postfix: Peer<'postfix'>
    let gate: PageGate
    before(async () => {
      page = await Page.open('postfix.md', t)
      const dovecot = await startPeer('dovecot', {}, t)
      const main = `${TRUSTING}smtpd_sasl_type = dovecot\nsmtpd_sasl_path = ${join(dovecot.folder, 'run/auth')}\n`
      const services = page.block('/etc/postfix/master.cf') + page.block('/etc/postfix/master.cf', 1)
      postfix = await startPeer('postfix', { delivers: true, main, services }, t)
      gate = await page.gate(t)
    })

    test('gate check has nothing to say', () => page.checksFine())

    test('nobody from elsewhere may relay, and whoever Postfix trusts may', async () => {
      assert.match(await asksToRelay(gate.port('mx'), STRANGER), /^554 5\.7\.1 .*Relay access denied\r\n$/)
      await logged(postfix.log, /connect from unknown\[127\.0\.0\.2\]/)
      assert.match(await asksToRelay(gate.port('mx'), '127.0.0.1'), /^250 /)
    })

    test('with XCLIENT neither', async () => {
      assert.equal((await page.check({ nth: 1 })).status, 0)
      const other = await page.gate(t, { nth: 1, elsewhere: true })
      assert.match(await asksToRelay(other.port('mx'), STRANGER), /^554 5\.7\.1 .*Relay access denied\r\n$/)
      assert.match(await asksToRelay(other.port('mx'), '127.0.0.1'), /^250 /)
    })

    test('without either, everybody may: the warning is no joke', async () => {
      const services = { mx: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${postfix.doors.smtp}` } }
      const open = await startGate({ services }, t)
      assert.match(await asksToRelay(open.port('mx'), STRANGER), /^250 /)
    })

    test('its own check for an open relay', async () => {
      const words = ['--server', '127.0.0.1', '--local-interface', STRANGER, '--to', 'somebody@example.org', '--quit-after', 'RCPT']
      const { out } = await outputOf('swaks', [...words, '--port', String(gate.port('mx'))])
      assert.match(out, /554 5\.7\.1 .*Relay access denied/)
    })

    for (const [service, tls] of [
      ['submission', '--tls'],
      ['submissions', '--tls-on-connect'],
    ] as const) {
      test(`a login and a message through ${service}`, async () => {
        const words = ['--server', '127.0.0.1', '--port', String(gate.port(service)), '--local-interface', STRANGER, '--pipeline', tls]
        const mail = ['--from', `${service}@example.org`, '--to', 'b@example.net', '--body', 'hello']
        const without = await outputOf('swaks', [...words, ...mail])
        assert.match(without.out, /554 5\.7\.1 .*Access denied/)
        const { status, out } = await outputOf('swaks', [
          ...words,
          ...mail,
          '--auth',
          'PLAIN',
          '--auth-user',
          'anna',
          '--auth-password',
          'x',
        ])
        assert.equal(status, 0, out)
        await logged(postfix.log, new RegExp(`client=unknown\\[127\\.0\\.0\\.2\\], sasl_method=PLAIN, sasl_username=anna`))
        await logged(postfix.log, new RegExp(`from=<${service}@example\\.org>`))
      })
    }

    test('tightened as it says, its own proof says yes', async () => {
      await page.tighten(gate)
      const { status, out, err } = await page.prove()
      assert.equal(status, 0, out + err)
    })
  })
}
