import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { needPackages } from '../../peers/index.ts'
import { LIBRARIES, unpackedFile } from '../../peers/packages.ts'
import { ownFolder, supervised } from '../../settings/supervised.ts'
import { lasting } from '../programs.ts'
import { reads, readsAndWrites } from './mailbox.ts'
import { Page, type PageGate } from './page.ts'

/** Whose mail it is: on every machine `nobody`. */
const NOBODY = 65_534

/** Answers in place of courier-authdaemon: everybody's password is `x`, and everybody has one mailbox. */
async function authdaemon(path: string, home: string, t: ReturnType<typeof lasting>): Promise<void> {
  const account = { UID: NOBODY, GID: NOBODY, HOME: home, ADDRESS: 'anna', MAILDIR: `${home}/Maildir` }
  const lines = Object.entries(account).map(([name, value]) => `${name}=${value}\n`)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    // `AUTH`, the length, and service, kind, name and password in lines.
    socket.on('data', (asked) => void socket.end(asked.toString().endsWith('\nx\n') ? `${lines.join('')}.\n` : 'FAIL\n'))
  }).listen(path)
  await once(server, 'listening')
  t.after(() => void server.close())
}

/** Courier-IMAP with the settings of the page, and a `/run` of its own. */
async function courier(page: Page, t: ReturnType<typeof lasting>): Promise<void> {
  const folder = ownFolder('courier', t)
  const at = (name: string): string => join(folder, name)
  for (const name of ['Maildir', 'Maildir/cur', 'Maildir/new', 'Maildir/tmp']) mkdirSync(at(name))
  for (const name of ['', 'Maildir', 'Maildir/cur', 'Maildir/new', 'Maildir/tmp']) chownSync(at(name), NOBODY, NOBODY)
  mkdirSync(at('run/courier/authdaemon'), { recursive: true })
  await authdaemon(at('run/courier/authdaemon/socket'), folder, t)
  const settings = { imapd: 'courier-imap', 'imapd-ssl': 'courier-imap', pop3d: 'courier-pop', 'pop3d-ssl': 'courier-pop' } as const
  for (const [name, from] of Object.entries(settings))
    writeFileSync(at(name), readFileSync(unpackedFile(from, `/etc/courier/${name}`), 'utf8') + page.block(`/etc/courier/${name}`))
  const libraries = [
    unpackedFile('courier-authlib', '/usr/lib'),
    unpackedFile('courier-authlib', '/usr/lib/courier-authlib'),
    unpackedFile('libcourier-unicode4', LIBRARIES),
  ]
  const tcpd = unpackedFile('courier-base', '/usr/sbin/couriertcpd')
  const login = (name: keyof typeof PROGRAMS): string => PROGRAMS[name].map((file) => unpackedFile(`courier-${name}`, file)).join(' ')
  // As Debian's start scripts do it, each in a shell of its own.
  const start = (settings: string, name: keyof typeof PROGRAMS): string =>
    `set -a; . '${at(`${settings}-ssl`)}'; . '${at(settings)}'; exec ${tcpd} -address=$ADDRESS -maxprocs=$MAXDAEMONS -maxperip=$MAXPERIP $TCPDOPTS $PORT ${login(name)} Maildir`
  const both = `(${start('imapd', 'imap')}) & imap=$!\n(${start('pop3d', 'pop')}) & pop=$!\ntrap 'kill $imap $pop; exit' TERM\nwait\n`
  writeFileSync(at('start.sh'), `mount --bind '${at('run')}' /run\n${both}`)
  const command = `exec unshare -m sh '${at('start.sh')}'\n`
  const env = { LD_LIBRARY_PATH: libraries.join(':') }
  await supervised(folder, { command, ports: [page.port(10_143), page.port(10_110)], env }, t)
}

/** Who takes a login, and what it becomes. */
const PROGRAMS = {
  imap: ['/usr/lib/courier/courier/imaplogin', '/usr/bin/imapd'],
  pop: ['/usr/lib/courier/courier/courierpop3login', '/usr/lib/courier/courier/courierpop3d'],
} as const

function maxDaemons(settings: string): number {
  return Number(/^MAXDAEMONS=(\d+)$/m.exec(settings)?.[1])
}

const needed =
  needPackages('courier-base', 'courier-imap', 'courier-pop', 'courier-authlib', 'libcourier-unicode4', 'libgamin0') ||
  (process.getuid?.() !== 0 && 'only root can give it places of its own')

/** The tests of docs/in-front-of/courier.md. */
export function courierPage(): void {
  describe('the page of Courier', { skip: needed }, () => {
    const t = lasting()
    let page: Page
    let gate: PageGate
    before(async () => {
      page = await Page.open('courier.md', t)
      await courier(page, t)
      gate = await page.gate(t)
    })

    test('gate check has nothing to say', () => page.checksFine())

    test('the Courier of both ports takes as many clients as the two of before', () => {
      const packaged = maxDaemons(readFileSync(unpackedFile('courier-imap', '/etc/courier/imapd'), 'utf8'))
      const settings = page.block('/etc/courier/imapd')
      assert.deepEqual([maxDaemons(settings), /^MAXPERIP=(\d+)$/m.exec(settings)?.[1]], [2 * packaged, String(2 * packaged)])
    })

    for (const service of ['imap', 'imaps'] as const) {
      test(`a message is put there and read through ${service}`, () => readsAndWrites(gate.port(service), service))
    }

    for (const service of ['pop3', 'pop3s'] as const) {
      test(`and read through ${service}`, () => reads(gate.port(service), service))
    }

    test('tightened as it says, its own proof says yes', async () => {
      await page.tighten(gate)
      const { status, out, err } = await page.prove()
      assert.equal(status, 0, out + err)
    })
  })
}
