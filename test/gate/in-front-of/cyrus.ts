import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { needPackages } from '../../peers/index.ts'
import { LIBRARIES, unpackedFile } from '../../peers/packages.ts'
import { ownFolder, supervised } from '../../settings/supervised.ts'
import { lasting } from '../programs.ts'
import { Talker } from '../talker.ts'
import { reads, readsAndWrites } from './mailbox.ts'
import { Page, type PageGate } from './page.ts'

/** Answers for passwords in place of saslauthd: everybody's is `x`. */
async function passwords(path: string, t: ReturnType<typeof lasting>): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (asked) => {
      // Counted strings: name, password, service, realm.
      const password = asked.subarray(2 + asked.readUInt16BE(0))
      const isRight = password.subarray(2, 2 + password.readUInt16BE(0)).toString() === 'x'
      socket.end(Buffer.from(`\0\x02${isRight ? 'OK' : 'NO'}`))
    })
  }).listen(path)
  await once(server, 'listening')
  t.after(() => void server.close())
  chmodSync(path, 0o777)
}

/** Cyrus with the services of the page, as `nobody`. */
async function cyrus(page: Page, t: ReturnType<typeof lasting>): Promise<void> {
  const folder = ownFolder('cyrus', t)
  chmodSync(folder, 0o755)
  const at = (name: string): string => join(folder, name)
  for (const name of ['conf', 'spool', 'run', 'sieve']) mkdirSync(at(name))
  await passwords(at('mux'), t)
  const places = `configdirectory: ${at('conf')}\npartition-default: ${at('spool')}\ndefaultpartition: default\nproc_path: ${at('run/proc')}\nmboxname_lockpath: ${at('run/lock')}\nsievedir: ${at('sieve')}\nlmtpsocket: ${at('run/lmtp')}\n`
  const logins = `cyrus_user: nobody\nsasl_pwcheck_method: saslauthd\nsasl_saslauthd_path: ${at('mux')}\nsasl_mech_list: PLAIN\nautocreate_quota: 0\n`
  writeFileSync(at('imapd.conf'), places + logins + page.block('/etc/imapd.conf'))
  const services = page
    .block('/etc/cyrus.conf')
    .replace('"imapd', `"${unpackedFile('cyrus-imapd', '/usr/lib/cyrus/bin/imapd')} -C ${at('imapd.conf')}`)
    .replace('"pop3d', `"${unpackedFile('cyrus-pop3d', '/usr/lib/cyrus/bin/pop3d')} -C ${at('imapd.conf')}`)
    .replace('"timsieved', `"${unpackedFile('cyrus-common', '/usr/lib/cyrus/bin/timsieved')} -C ${at('imapd.conf')}`)
  writeFileSync(at('cyrus.conf'), `START {\n}\nSERVICES {\n${services}}\nEVENTS {\n}\n`)
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'nobody', folder])
  const libraries = (['cyrus-common', 'libical3', 'libxapian30'] as const).map((name) => unpackedFile(name, LIBRARIES)).join(':')
  const master = unpackedFile('cyrus-common', '/usr/lib/cyrus/bin/master')
  const command = `exec '${master}' -D -C '${at('imapd.conf')}' -M '${at('cyrus.conf')}' -p '${at('run/pid')}'\n`
  const ports = [page.port(10_143), page.port(10_110), page.port(14_190)]
  await supervised(folder, { command, ports, env: { LD_LIBRARY_PATH: libraries } }, t)
}

const needed =
  needPackages(
    'cyrus-common',
    'cyrus-imapd',
    'cyrus-pop3d',
    'libical3',
    'libxapian30',
    'libjansson4',
    'libpq5',
    'libwrap0',
    'libsasl2-2',
  ) ||
  (process.getuid?.() !== 0 && 'its master changes its user')

/** The tests of docs/in-front-of/cyrus.md. */
export function cyrusPage(): void {
  describe('the page of Cyrus', { skip: needed }, () => {
    const t = lasting()
    let page: Page
    let gate: PageGate
    before(async () => {
      page = await Page.open('cyrus.md', t)
      await cyrus(page, t)
      gate = await page.gate(t)
    })

    test('gate check has nothing to say', () => page.checksFine())

    for (const service of ['imap', 'imaps'] as const) {
      test(`a message is put there and read through ${service}`, () => readsAndWrites(gate.port(service), service))
    }

    for (const service of ['pop3', 'pop3s'] as const) {
      test(`and read through ${service}`, () => reads(gate.port(service), service))
    }

    test('a script is put there through sieve', async () => {
      const talker = await Talker.to(gate.port('sieve'))
      await talker.hears(/^OK/m)
      await talker.asks('STARTTLS\r\n', /^OK/m)
      await talker.secure()
      await talker.hears(/^"SASL" "PLAIN"[^]*^OK/m)
      await talker.asks(`AUTHENTICATE "PLAIN" "${btoa('\0anna\0x')}"\r\n`, /^OK/m)
      await talker.asks('PUTSCRIPT "a" {7+}\r\nkeep;\r\n\r\n', /^OK/m)
      await talker.asks('LISTSCRIPTS\r\n', /^"a"\r\nOK/m)
      talker.leave()
    })

    test('tightened as it says, its own proof says yes', async () => {
      await page.tighten(gate)
      const { status, out, err } = await page.prove()
      assert.equal(status, 0, out + err)
    })
  })
}
