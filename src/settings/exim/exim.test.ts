import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePolicy, type Policy } from '../../policy/index.ts'
import type { ReadOptions, Reading } from '../adapter.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { eximAdapter } from './adapter.ts'

const policy = await parsePolicy('base: mozilla-intermediate\n', 'tls.yaml', new Date('2026-11-22T00:00:00Z'))
const GNUTLS = { version: '4.96 GnuTLS' }
const OPENSSL = { version: '4.98', openssl: '3.0' } as const

type Files = Readonly<Record<string, string>>

function optionsOf(files: Files, told: ReadOptions): ReadOptions {
  const given = Object.entries(files).map(([path, text]) => ({ path, text }))
  return {
    more: (path) => given.find((file) => file.path === path),
    list: (folder) => given.map(({ path }) => path).filter((path) => path.slice(0, path.lastIndexOf('/')) === folder),
    ...told,
  }
}

/** The first of the files is the one that is named. */
function read(files: Files | string, told: ReadOptions = GNUTLS): Reading {
  const all = typeof files === 'string' ? { '/etc/exim/exim.conf': files } : files
  const [first] = Object.entries(all)
  assert.ok(first)
  return eximAdapter.read({ path: first[0], text: first[1] }, optionsOf(all, told))
}

function wordsOf(reading: Reading, door = 'port 25'): LegWords {
  const leg = reading.legs.find((one) => one.door === door)
  assert.ok(leg, `${door} in ${reading.legs.map((one) => one.door).join()}`)
  return leg.words
}

/** The files after a change of these doors, and what could not be said. */
function written(
  files: Files | string,
  told: ReadOptions,
  wanted: Policy = policy,
  doors?: readonly string[],
): { readonly texts: Files; readonly beyond: readonly string[] } {
  const all = typeof files === 'string' ? { '/etc/exim/exim.conf': files } : files
  const reading = read(all, told)
  const legs = reading.legs.filter(({ door }) => doors?.includes(door) ?? true)
  const { changes, inexpressible } = eximAdapter.write(
    reading,
    legs.map(({ door, role }) => ({ door, role, policy: wanted })),
    optionsOf(all, told),
  )
  const edits = changes.flatMap((change) => change.edits)
  const after = (file: SettingsFile): string => withEdits(file, edits).text
  return {
    texts: Object.fromEntries(Object.entries(all).map(([path, text]) => [path, after({ path, text })])),
    beyond: [...new Set(inexpressible.map(({ word, why }) => `${word}: ${why}`))],
  }
}

const transport = (...lines: readonly string[]): string =>
  ['begin transports', 'out:', '  driver = smtp', ...lines.map((line) => `  ${line}`), ''].join('\n')

describe('what a door has', () => {
  const newer = ['TLSv1.2', 'TLSv1.3']
  const all = ['TLSv1', 'TLSv1.1', ...newer]
  const rows: readonly (readonly [why: string, text: string, told: ReadOptions, word: keyof LegWords, value: unknown, door?: string])[] = [
    ['GnuTLS has TLS 1.0 on by itself', '', GNUTLS, 'protocols', all],
    ['a priority string', 'tls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1', GNUTLS, 'protocols', newer],
    ['clients choose', '', GNUTLS, 'order', 'client'],
    ['unless the string says so', 'tls_require_ciphers = NORMAL:%SERVER_PRECEDENCE', GNUTLS, 'order', 'server'],
    ['an empty string is NORMAL', 'tls_require_ciphers =', GNUTLS, 'protocols', all],
    ['a string that GnuTLS refuses', 'tls_require_ciphers = HIGH:!aNULL', GNUTLS, 'protocols', 'unknown'],
    ['the size is that of the smallest group', '', GNUTLS, 'dh', 2048],
    ['parameters of its own make small groups impossible', 'tls_dhparam = ike16', GNUTLS, 'dh', 3072],
    ['without groups they count themselves', 'tls_require_ciphers = NORMAL:-GROUP-DH-ALL\ntls_dhparam = ike16', GNUTLS, 'dh', 4096],
    ['OpenSSL has TLS 1.0 on by itself', '', OPENSSL, 'protocols', all],
    ['openssl_options', 'openssl_options = +no_tlsv1 -no_sslv3 +no_tlsv1_1', OPENSSL, 'protocols', newer],
    ['with a word that Exim does not know', 'openssl_options = +no_tlsv1.1', OPENSSL, 'protocols', 'unknown'],
    ['clients choose, too', '', OPENSSL, 'order', 'client'],
    ['unless an option says so', 'openssl_options = +cipher_server_preference', OPENSSL, 'order', 'server'],
    ['curves by the names that Exim knows', 'tls_eccurve = P-256:X25519', OPENSSL, 'groups', ['secp256r1', 'x25519']],
    ['secp256r1 is none of them', 'tls_eccurve = secp256r1', OPENSSL, 'groups', 'unknown'],
    ['its own prime', '', OPENSSL, 'dh', 2048],
    ['a prime above the limit is none', 'tls_dhparam = ffdhe3072', OPENSSL, 'dh', null],
    ['unless the limit is raised', 'tls_dhparam = ffdhe3072\ntls_dh_max_bits = 4096', OPENSSL, 'dh', 3072],
    ['none', 'tls_dhparam = none', OPENSSL, 'dh', null],
    [
      'what is expanded for each connection',
      'tls_require_ciphers = ${if =={$received_port}{25}{NORMAL}{PFS}}',
      GNUTLS,
      'protocols',
      'unknown',
    ],
    ['what depends on the program', '.ifdef _OPT_MAIN_X\ntls_require_ciphers = PFS\n.endif', GNUTLS, 'suites', 'unknown'],
    ['a macro that depends on it', '.ifdef _OPT_MAIN_X\nMINE = PFS\n.endif\ntls_require_ciphers = MINE', GNUTLS, 'suites', 'unknown'],
    ['a file that is not there', '.include missing.conf', GNUTLS, 'protocols', 'unknown', 'SMTP'],
    ['a condition on the library', '.ifdef _HAVE_OPENSSL\nopenssl_options = +no_tlsv1\n.endif', OPENSSL, 'protocols', all.slice(1)],
    ['nobody is offered STARTTLS', 'tls_advertise_hosts =', GNUTLS, 'protocols', []],
    ['as it was before 4.87', '', { version: '4.86 GnuTLS' }, 'protocols', []],
    ['a client’s size', transport('tls_dh_min_bits = 1536'), GNUTLS, 'dh', 1536, 'transport out'],
    ['a client’s list', transport('tls_require_ciphers = PFS:-VERS-TLS1.3'), GNUTLS, 'protocols', all.slice(0, 3), 'transport out'],
    [
      'with DANE',
      transport('dane_require_tls_ciphers = PFS:-VERS-ALL:+VERS-TLS1.3'),
      GNUTLS,
      'protocols',
      ['TLSv1.3'],
      'transport out with DANE',
    ],
    ['a client that avoids TLS', transport('hosts_avoid_tls = *'), GNUTLS, 'protocols', [], 'transport out'],
    [
      'openssl_options is for clients, too',
      `openssl_options = +no_tlsv1\n${transport()}`,
      OPENSSL,
      'protocols',
      all.slice(1),
      'transport out',
    ],
  ]
  for (const [why, text, told, word, value, door] of rows) {
    test(why, () => assert.deepEqual(wordsOf(read(`${text}\n`, told), door)[word].value, value))
  }
})

describe('doors', () => {
  const rows: readonly (readonly [why: string, text: string, doors: readonly string[]])[] = [
    ['port 25 by itself', '', ['port 25']],
    ['by number and by name', 'daemon_smtp_ports = smtp : submission : 2525', ['port 25', 'port 587', 'port 2525']],
    ['interfaces with ports', 'local_interfaces = <; [::]:465 ; 192.0.2.1.2525 ; 127.0.0.1', ['port 25', 'port 465', 'port 2525']],
    ['interfaces with nothing else', 'local_interfaces = 127.0.0.1.2525', ['port 2525']],
    ['TLS from the start, where nobody listens', 'tls_on_connect_ports = smtps', ['port 25', 'port 465']],
    ['ports that cannot be told', '.ifdef _X\ndaemon_smtp_ports = 587\n.endif', ['SMTP']],
    [
      'transports with another driver',
      'begin transports\nlocal:\n  driver = appendfile\nout:\n  driver = smtp\n',
      ['port 25', 'transport out'],
    ],
  ]
  for (const [why, text, doors] of rows) {
    test(why, () =>
      assert.deepEqual(
        read(text).legs.map(({ door }) => door),
        doors,
      ),
    )
  }

  const listening: readonly (readonly [why: string, text: string, listens: readonly (readonly string[])[]])[] = [
    ['everywhere', '', [['smtp://localhost:25']]],
    [
      'TLS from the start on one port',
      'daemon_smtp_ports = smtp : smtps\ntls_on_connect_ports = 465',
      [['smtp://localhost:25'], ['smtps://localhost:465']],
    ],
    [
      'interfaces with and without ports of their own',
      'local_interfaces = <; [::1]:465 ; 192.0.2.1.2525 ; 192.0.2.2 ; ::1 ; 2001:db8::1\ntls_on_connect_ports = 465',
      [['smtp://192.0.2.2:25', 'smtp://localhost:25', 'smtp://[2001:db8::1]:25'], ['smtps://localhost:465'], ['smtp://192.0.2.1:2525']],
    ],
    ['where only -oX would bring it', 'tls_on_connect_ports = smtps', [['smtp://localhost:25'], []]],
    [
      'no TLS without TLS',
      'tls_advertise_hosts =\ntls_on_connect_ports = 465\ndaemon_smtp_ports = 25 : 465',
      [[], ['smtps://localhost:465']],
    ],
    ['ports that cannot be told', '.ifdef _X\ndaemon_smtp_ports = 587\n.endif', [[]]],
    ['a client', 'begin transports\nout:\n  driver = smtp\n', [['smtp://localhost:25'], []]],
  ]
  for (const [why, text, listens] of listening) {
    test(`listens: ${why}`, () =>
      assert.deepEqual(
        read(text).legs.map((leg) => leg.listens),
        listens,
      ))
  }

  test('a port that begins with TLS has it although nobody is offered STARTTLS, and is not opportunistic', () => {
    const { legs } = read('daemon_smtp_ports = 25 : 465\ntls_on_connect_ports = 465\ntls_advertise_hosts =\n')
    assert.deepEqual(
      legs.map(({ words, opportunistic }) => [words.protocols.value.length > 0, opportunistic ?? false]),
      [
        [false, true],
        [true, false],
      ],
    )
  })
})

describe('the library', () => {
  const rows: readonly (readonly [why: string, files: Files, told: ReadOptions, expected: string])[] = [
    ['told with the version', { '/etc/exim.conf': '' }, { version: '4.97 GnuTLS' }, 'Exim 4.97 with GnuTLS'],
    ['told with its own', { '/etc/exim4/exim4.conf': '' }, { openssl: '3.0' }, 'Exim 4.98 with OpenSSL'],
    ['shown by openssl_options', { '/etc/exim4/exim4.conf': 'openssl_options = +no_tlsv1' }, {}, 'Exim 4.98 with OpenSSL'],
    ['shown by a priority string', { '/etc/exim.conf': 'tls_require_ciphers = SECURE128:-VERS-TLS1.0' }, {}, 'Exim 4.98 with GnuTLS'],
    ['shown by a cipher list', { '/etc/exim4/exim4.conf': 'tls_require_ciphers = HIGH:!aNULL' }, {}, 'Exim 4.98 with OpenSSL'],
    [
      'not shown by what is for one of them',
      { '/etc/exim.conf': '.ifdef _HAVE_GNUTLS\ntls_require_ciphers = NORMAL\n.endif' },
      {},
      'Exim 4.98 with OpenSSL',
    ],
    ['assumed for Debian', { '/etc/exim4/exim4.conf': '' }, {}, 'Exim 4.98 with GnuTLS'],
  ]
  for (const [why, files, told, expected] of rows) {
    test(why, () => {
      const { version, findings } = read(files, told)
      assert.equal(version.text, expected)
      assert.equal(
        findings.some(({ id }) => id === 'settings-two-libraries'),
        /assumed|not shown/.test(why),
      )
    })
  }

  test('is what the installed one says', () => {
    const said = (text: string): unknown =>
      eximAdapter.installed?.('/etc/exim.conf', { run: (program) => ({ text, by: `/usr/sbin/${program}` }), entry: () => undefined })
    assert.deepEqual(said('Exim version 4.96 #2 built 27-May-2026 16:52:26\nSupport for: crypteq IPv6 GnuTLS TLS_resume DANE\n'), {
      version: '4.96 GnuTLS',
      by: '/usr/sbin/exim',
    })
    assert.deepEqual(
      said(
        'Exim version 4.98.2 #2\nSupport for: crypteq OpenSSL\nLibrary version: OpenSSL: Compile: OpenSSL 1.1.1w\n  Runtime: OpenSSL 3.0.15 3 Sep 2024\n',
      ),
      { version: '4.98.2 OpenSSL', openssl: '3.0', by: '/usr/sbin/exim' },
    )
    assert.equal(said('exim: permission denied\n'), undefined)
  })
})

describe('findings', () => {
  const rows: readonly (readonly [id: string, text: string, told: ReadOptions, fact: RegExp])[] = [
    ['settings-given-twice', 'tls_eccurve = auto\ntls_eccurve = auto', OPENSSL, /tls_eccurve is set a second time: Exim does not start/],
    ['settings-stops-start', 'openssl_options = +no_tlsv1', GNUTLS, /built with GnuTLS/],
    ['settings-stops-start', 'openssl_options = no_tlsv1', OPENSSL, /does not know all of no_tlsv1/],
    ['settings-stops-start', 'tls_dh_max_bits = 512', OPENSSL, /below 1024/],
    ['settings-stops-start', '.include /nothing.conf', GNUTLS, /nothing\.conf is included there, and cannot be read/],
    ['settings-stops-start', 'tls_require_ciphers = NORMAL:+NO', GNUTLS, /GnuTLS refuses tls_require_ciphers/],
    ['settings-value-refused', transport('tls_require_ciphers = NOTHING'), OPENSSL, /transport out: OpenSSL refuses tls_require_ciphers/],
    ['settings-value-refused', 'tls_eccurve = secp256r1', OPENSSL, /does not know all of its names/],
    ['settings-value-refused', 'tls_dhparam = ike99', GNUTLS, /no prime of that name/],
    ['settings-security-level', 'openssl_options = +no_tlsv1', OPENSSL, /port 25 turns TLSv1\.1 on/],
    ['settings-ignored', 'tls_eccurve = auto', GNUTLS, /takes its groups from tls_require_ciphers/],
    ['settings-ignored', 'tls_dhparam = ffdhe3072', OPENSSL, /it has 3072 bits, and tls_dh_max_bits is 2236/],
    ['settings-ignored', transport('tls_dh_min_bits = 2048'), OPENSSL, /tls_dh_min_bits does nothing in out/],
    ['settings-undecided', 'tls_require_ciphers = $x', GNUTLS, /Exim expands it anew for each connection/],
    ['settings-undecided', '.ifdef _X\ntls_dhparam = none\n.endif', GNUTLS, /a condition in line 1 of .* that only the program knows/],
    ['settings-tls-off', 'tls_advertise_hosts =', GNUTLS, /port 25 uses no TLS/],
    ['settings-no-tls', 'tls_on_connect_ports = 465', GNUTLS, /465, where the daemon does not listen/],
    ['settings-not-in-use', '# This file was generated dynamically from\n', GNUTLS, /what is changed here is lost/],
  ]
  for (const [id, text, told, fact] of rows) {
    test(`${id}: ${text.split('\n')[0] ?? ''}`, () => {
      const found = read(`${text}\n`, told).findings.filter((one) => one.id === id)
      assert.equal(found.length, 1)
      assert.match(found[0]?.fact ?? '', fact)
    })
  }
})

describe('writing', () => {
  const STRING = 'NORMAL:-VERS-TLS1.0:-VERS-TLS1.1'
  const narrow: Policy = {
    ...policy,
    suites: wordsOf(read('')).suites.value as readonly string[],
    groups: wordsOf(read('')).groups.value as readonly string[],
  }
  const rows: readonly (readonly [why: string, text: string, told: ReadOptions, after: string])[] = [
    ['in place', 'tls_require_ciphers = NORMAL  \r\nx = y\r\n', GNUTLS, `tls_require_ciphers = ${STRING}  \r\nx = y\r\n`],
    [
      'over several lines, with the comment kept',
      'tls_require_ciphers = \\\n  # why\n  NORMAL\nx = y\n',
      GNUTLS,
      `tls_require_ciphers = ${STRING}\n  # why\nx = y\n`,
    ],
    ['where nothing stands', 'tls_require_ciphers =', GNUTLS, `tls_require_ciphers = ${STRING}`],
    [
      'behind the last one of TLS',
      '  tls_certificate = /x\nbegin acl\n',
      GNUTLS,
      `  tls_certificate = /x\n  tls_require_ciphers = ${STRING}\nbegin acl\n`,
    ],
    [
      'not inside of a condition',
      'x = y\n.ifdef NO\ntls_eccurve = auto\n.endif\nbegin acl\n',
      GNUTLS,
      `x = y\ntls_require_ciphers = ${STRING}\n.ifdef NO\ntls_eccurve = auto\n.endif\nbegin acl\n`,
    ],
    [
      'before the next section',
      'ZZ = b\n.ifdef ZZ\nx = y\n.endif\nbegin acl',
      GNUTLS,
      `ZZ = b\n.ifdef ZZ\nx = y\n.endif\ntls_require_ciphers = ${STRING}\nbegin acl`,
    ],
    ['at the end', 'x = y', GNUTLS, `x = y\ntls_require_ciphers = ${STRING}`],
    [
      'in the macro that is used once',
      'MINE = NORMAL\ntls_require_ciphers = MINE\n',
      GNUTLS,
      `MINE = ${STRING}\ntls_require_ciphers = MINE\n`,
    ],
    [
      'not in one that is used twice',
      'MINE = NORMAL\ntls_require_ciphers = MINE\nx = MINE\n',
      GNUTLS,
      `MINE = NORMAL\ntls_require_ciphers = ${STRING}\nx = MINE\n`,
    ],
    [
      'options, with the others kept',
      'openssl_options = +no_ticket +no_tlsv1\n',
      OPENSSL,
      'openssl_options = +no_ticket +no_tlsv1 +no_tlsv1_1\n',
    ],
  ]
  for (const [why, text, told, after] of rows) {
    test(why, () => {
      const wanted: Policy =
        told === OPENSSL ? { ...narrow, suites: opensslSuites(), groups: opensslGroups(), order: 'any' } : { ...narrow, order: 'any' }
      assert.equal(written(text, told, wanted).texts['/etc/exim/exim.conf'], after)
    })
  }

  test('a transport gets its line behind its driver', () => {
    const { texts } = written(transport('hosts_require_tls = *'), GNUTLS, { ...narrow, order: 'any' }, ['transport out'])
    assert.equal(
      texts['/etc/exim/exim.conf'],
      transport(`tls_require_ciphers = ${STRING}`, 'tls_dh_min_bits = 2048', 'hosts_require_tls = *'),
    )
  })

  const refusals: readonly (readonly [why: string, text: string, told: ReadOptions, beyond: RegExp, doors?: readonly string[]])[] = [
    ['what is expanded', 'tls_require_ciphers = $x\n', GNUTLS, /tls_require_ciphers is left alone: Exim expands it anew/],
    ['what a macro would change', 'VERS = x\n', GNUTLS, /the macro VERS would change tls_require_ciphers/],
    ['one of two ports', 'daemon_smtp_ports = 25 : 587\n', GNUTLS, /tls_require_ciphers is shared with another leg/, ['port 25']],
    ['servers without the transports', transport(), OPENSSL, /openssl_options is one for all/, ['port 25']],
    ['several curves before 4.97', '', { ...OPENSSL, version: '4.96' }, /takes one name before Exim 4\.97/],
  ]
  for (const [why, text, told, beyond, doors] of refusals) {
    test(`says that it cannot change ${why}`, () => {
      const { beyond: said } = written(text, told, policy, doors)
      assert.match(said.join('\n'), beyond)
    })
  }

  test('a port without TLS has no say', () => {
    const { texts, beyond } = written('daemon_smtp_ports = 25 : 465\ntls_on_connect_ports = 465\ntls_advertise_hosts =\n', GNUTLS)
    assert.deepEqual(beyond, [])
    assert.match(texts['/etc/exim/exim.conf'] ?? '', /^tls_require_ciphers = NORMAL:-VERS-TLS1\.0/m)
  })

  test('DHE of OpenSSL gets a larger prime and the limit that goes with it', () => {
    const wanted: Policy = { ...policy, suites: opensslSuites(), groups: opensslGroups(), order: 'any', dh: { minBits: 3072 } }
    const { texts } = written('tls_dh_max_bits = 2048\n', OPENSSL, wanted)
    assert.match(texts['/etc/exim/exim.conf'] ?? '', /^tls_dh_max_bits = 3072$[^]*^tls_dhparam = ffdhe3072$/m)
  })
})

function opensslSuites(): readonly string[] {
  return wordsOf(read('', OPENSSL)).suites.value as readonly string[]
}

function opensslGroups(): readonly string[] {
  return wordsOf(read('', OPENSSL)).groups.value as readonly string[]
}

describe('Debian', () => {
  const ANSWERS = "dc_eximconfig_configtype='internet'\ndc_local_interfaces='127.0.0.1 ; ::1.465'\nMAIN_EXTRA = yes\n"
  const MAIN = 'UPEX4CmacrosUPEX4C = 1\n.ifdef MAIN_LOCAL_INTERFACES\nlocal_interfaces = MAIN_LOCAL_INTERFACES\n.endif\n'
  const TLS = '.ifdef MAIN_TLS_ENABLE\n.ifdef MAIN_EXTRA\ntls_advertise_hosts = *\n.endif\n.endif\n'
  const split: Files = {
    '/etc/exim4/update-exim4.conf.conf': `${ANSWERS}dc_use_split_config='true'\n`,
    '/etc/exim4/conf.d/main/000_localmacros': 'MAIN_TLS_ENABLE = yes\n',
    '/etc/exim4/conf.d/main/01_macros': MAIN,
    '/etc/exim4/conf.d/main/03_tls': 'x = y\n',
    '/etc/exim4/conf.d/main/03_tls.rul': TLS,
    '/etc/exim4/conf.d/main/03_tls.dpkg-old': 'tls_require_ciphers = PFS\n',
    '/etc/exim4/conf.d/transport/00_head': 'begin transports\n',
    '/etc/exim4/conf.d/transport/30_out': 'remote_smtp:\n  driver = smtp\n',
    '/etc/exim4/exim4.conf.template': 'tls_require_ciphers = PFS\n',
  }

  test('a split configuration is read and changed in its files', () => {
    const reading = read(split, {})
    assert.deepEqual(
      reading.legs.map(({ door }) => door),
      ['port 25', 'port 465', 'transport remote_smtp'],
    )
    const { texts } = written(split, {})
    const changed = Object.keys(texts).filter((path) => texts[path] !== split[path])
    assert.deepEqual(changed, ['/etc/exim4/conf.d/main/03_tls.rul', '/etc/exim4/conf.d/transport/30_out'])
    assert.match(texts['/etc/exim4/conf.d/main/03_tls.rul'] ?? '', /tls_advertise_hosts = \*\ntls_require_ciphers = NORMAL:\S+\n\.endif/)
  })

  test('what a file of conf.d would continue at its end is not continued by the next one', () => {
    const parts = {
      '/etc/exim4/conf.d/main/04_a': 'tls_require_ciphers = NORMAL\\\n',
      '/etc/exim4/conf.d/main/05_b': '  :-VERS-TLS1.0\n',
    }
    assert.deepEqual(wordsOf(read({ ...split, ...parts }, {})).protocols.value, ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
  })

  test('another one is its macros and its template', () => {
    const files: Files = {
      '/etc/exim4/update-exim4.conf.conf': `${ANSWERS}dc_use_split_config='false'\n`,
      '/etc/exim4/exim4.conf.localmacros': 'MY_LIST = PFS:-VERS-ALL:+VERS-TLS1.3\n',
      '/etc/exim4/exim4.conf.template': 'tls_require_ciphers = MY_LIST\n',
      '/etc/exim4/conf.d/main/01_macros': 'tls_require_ciphers = NORMAL\n',
    }
    assert.deepEqual(wordsOf(read(files, {})).protocols.value, ['TLSv1.3'])
  })

  const unused: readonly (readonly [why: string, files: Files, fact: RegExp])[] = [
    ['the template of a split configuration', { '/etc/exim4/exim4.conf.template': '', ...split }, /conf\.d stands in its place/],
    ['answers beside a configuration of one’s own', { ...split, '/etc/exim4/exim4.conf': '' }, /exim4\.conf stands in its place/],
  ]
  for (const [why, files, fact] of unused) {
    test(`${why} is not in use`, () => {
      const found = read(files, {}).findings.filter(({ id }) => id === 'settings-not-in-use')
      assert.match(found[0]?.fact ?? '', fact)
    })
  }

  test('what is made of it is checked by making it', () => {
    assert.deepEqual(eximAdapter.service?.check?.('/etc/exim4/update-exim4.conf.conf'), [
      'update-exim4.conf',
      '--check',
      '--confdir',
      '/etc/exim4',
    ])
    assert.deepEqual(eximAdapter.service?.check?.('/etc/exim4/exim4.conf'), ['exim', '-bV', '-C', '/etc/exim4/exim4.conf'])
  })
})

describe('which files are Exim’s', () => {
  const rows: readonly (readonly [path: string, text: string, is: boolean])[] = [
    ['/etc/exim/exim.conf', 'primary_hostname = a\n', true],
    ['/usr/local/etc/exim/configure', 'domainlist a = b\nbegin acl\n', true],
    ['/src/configure', '#!/bin/sh\nbegin=1\n', false],
    ['/etc/exim4/update-exim4.conf.conf', "dc_use_split_config='true'\n", true],
    ['/etc/nginx/nginx.conf', 'events {}\nhttp {}\n', false],
    ['/etc/postfix/main.cf', 'smtpd_tls_security_level = may\n', false],
  ]
  for (const [path, text, is] of rows) test(path, () => assert.equal(eximAdapter.recognises({ path, text }) > 0, is))
})

test('secrets are marked, with all lines of their values', () => {
  const text =
    'hide mysql_servers = a/b/c/hunter2\nbegin authenticators\nx:\n  client_send = : me : \\\n     hunter3\n  server_advertise_condition = yes\nMY_PASSWORD = hunter4\n'
  const found = eximAdapter.secrets({ path: 'a', text }).map(({ start, end }) => text.slice(start, end))
  assert.deepEqual(found, ['a/b/c/hunter2', ': me : \\\n     hunter3', 'hunter4'])
})
