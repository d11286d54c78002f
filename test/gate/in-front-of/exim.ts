import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { needPackages, needPeer, startPeer, type Peer } from '../../peers/index.ts'
import { outputOf } from '../../settings/program.ts'
import { lasting } from '../programs.ts'
import { logged } from '../logged.ts'
import { Page, type PageGate } from './page.ts'
import { asksToRelay, STRANGER } from './relaying.ts'

/** What an Exim that trusts itself has: as Debian's, in short. */
const TRUSTING = `acl_smtp_rcpt = rcpt
begin acl
rcpt:
  accept hosts = 127.0.0.1
  accept domains = example.net
  accept authenticated = *
  deny message = relay not permitted
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if eq{$auth3}{x}}
  server_set_id = $auth2
`

const needed = needPeer('exim') || needPackages('exim4-daemon-heavy', 'libspf2-2', 'swaks', 'libnet-ssleay-perl')

/** The tests of docs/in-front-of/exim.md. */
export function eximPage(): void {
  describe('the page of Exim', { skip: needed }, () => {
    const t = lasting()
    let page: Page
    let exim: Peer<'exim'>
    let gate: PageGate
    before(async () => {
      page = await Page.open('exim.md', t)
      const doors = { smtp: page.port(10_025), smtps: page.port(10_587) }
      exim = await startPeer('exim', { delivers: true, heavy: true, doors, main: page.block('/etc/exim4/exim4.conf') + TRUSTING }, t)
      gate = await page.gate(t)
    })

    test('gate check has nothing to say', () => page.checksFine())

    test('nobody from elsewhere may relay, and whoever Exim trusts may', async () => {
      assert.match(await asksToRelay(gate.port('mx'), STRANGER), /^550 relay not permitted\r\n$/)
      await logged(exim.log, /\[127\.0\.0\.2\]/)
      assert.match(await asksToRelay(gate.port('mx'), '127.0.0.1'), /^250 /)
    })

    for (const [service, tls] of [
      ['submission', '--tls'],
      ['submissions', '--tls-on-connect'],
    ] as const) {
      test(`a login and a message through ${service}`, async () => {
        const words = ['--server', '127.0.0.1', '--port', String(gate.port(service)), '--local-interface', STRANGER, '--pipeline', tls]
        const mail = ['--from', `${service}@example.org`, '--to', 'b@example.com', '--body', 'hello']
        const without = await outputOf('swaks', [...words, ...mail])
        assert.match(without.out, /550 relay not permitted/)
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
        await logged(exim.log, new RegExp(`<= ${service}@example\\.org H=.*\\[127\\.0\\.0\\.2\\].* A=plain:anna`))
      })
    }

    test('port 25 offers no logins', async () => {
      const { out } = await outputOf('swaks', ['--server', '127.0.0.1', '--port', String(gate.port('mx')), '--tls', '--quit-after', 'EHLO'])
      assert.match(out, /250[ -]\S*PIPELINING/)
      assert.doesNotMatch(out, /AUTH/)
    })

    test('tightened as it says, its own proof says yes', async () => {
      await page.tighten(gate)
      const { status, out, err } = await page.prove()
      assert.equal(status, 0, out + err)
    })
  })
}
