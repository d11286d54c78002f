import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName } from '../../policy/index.ts'
import type { Ask, Reading, ReadOptions } from '../adapter.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { proftpdAdapter } from './adapter.ts'

const MAIN = '/etc/proftpd/proftpd.conf'

function optionsFor(others: Readonly<Record<string, string>>, version?: string): ReadOptions {
  return {
    openssl: '3.0',
    more: (path) => (others[path] === undefined ? undefined : { path, text: others[path] }),
    list: (folder) => Object.keys(others).filter((path) => path.startsWith(`${folder}/`)),
    ...(version === undefined ? {} : { version }),
  }
}

function read(text: string, version?: string, others: Readonly<Record<string, string>> = {}): Reading {
  return proftpdAdapter.read({ path: MAIN, text }, optionsFor(others, version))
}

const on = (...lines: readonly string[]): string => ['TLSEngine on', ...lines, ''].join('\n')

describe('what the main server has', () => {
  const newer = ['TLSv1.2', 'TLSv1.3']
  const all = ['TLSv1', 'TLSv1.1', ...newer]
  const rows: readonly (readonly [why: string, text: string, word: keyof LegWords, value: unknown, version?: string])[] = [
    ['all versions by default', on(), 'protocols', all],
    ['TLS 1.3 before it has a name', on(), 'protocols', all, '1.3.6'],
    ['and whatever the line says', on('TLSProtocol TLSv1.2'), 'protocols', newer, '1.3.6e'],
    ['names in any case', on('tlsprotocol tlsV1.2 TLSV1.3'), 'protocols', newer],
    ['all but some', on('TLSProtocol ALL -SSLv3 -TLSv1 -TLSv1.1'), 'protocols', newer],
    ['SSLv23 is all of them', on('TLSProtocol SSLv23'), 'protocols', all],
    ['a continued line', on('TLSProtocol TLSv1.2 \\', '  # TLSv1 \\', '  TLSv1.3 # x'), 'protocols', newer],
    ['the first line wins', on('TLSProtocol TLSv1.3', 'TLSProtocol TLSv1'), 'protocols', ['TLSv1.3']],
    ['and wins over <Global>', on('TLSProtocol TLSv1.3', '<Global>', 'TLSProtocol TLSv1', '</Global>'), 'protocols', ['TLSv1.3']],
    ['<Global> speaks for all', on('<Global>', 'TLSProtocol TLSv1.3', '</Global>'), 'protocols', ['TLSv1.3']],
    ['a section that may not be read', on('<IfDefine X>', 'TLSProtocol TLSv1.3', '</IfDefine>'), 'protocols', 'unknown'],
    ['a variable', on('TLSProtocol %{env:TLS}'), 'protocols', 'unknown'],
    ['a module that is there', on('<IfModule mod_tls.c>', 'TLSProtocol TLSv1.3', '</IfModule>'), 'protocols', ['TLSv1.3']],
    ['a module that is there is not missing', on('<IfModule !mod_tls.c>', 'TLSProtocol TLSv1.3', '</IfModule>'), 'protocols', all],
    ['a name that stops the start', on('TLSProtocol TLS1.2'), 'protocols', 'unknown'],
    ['one word is no list', on('TLSProtocol "TLSv1.2 TLSv1.3"'), 'protocols', 'unknown'],
    ['the server chooses', on(), 'order', 'server'],
    ['which it did not before 1.3.7', on(), 'order', 'client', '1.3.6e'],
    ['unless told otherwise', on('TLSServerCipherPreference no'), 'order', 'client'],
    ['curves', on('TLSECDHCurve P-256:X25519'), 'groups', ['secp256r1', 'x25519']],
    ['only the first word of them', on('TLSECDHCurve P-256 X25519'), 'groups', ['secp256r1']],
    ['built-in parameters', on(), 'dh', 2048],
    ['which depend on the certificate before 1.3.8', on(), 'dh', 'unknown', '1.3.7f'],
    ['or where weak ones are allowed', on('TLSOptions AllowWeakDH'), 'dh', 'unknown'],
    ['a file that cannot be read', on('TLSDHParamFile /missing.pem'), 'dh', 'unknown'],
  ]
  for (const [why, text, word, value, version] of rows) {
    test(why, () => assert.deepEqual(read(text, version).legs[0]?.words[word].value, value))
  }

  const AES128 = 'TLS_RSA_WITH_AES_128_CBC_SHA'
  const AES256 = 'TLS_RSA_WITH_AES_256_CBC_SHA'
  const lists: readonly (readonly [why: string, text: string, older: readonly string[] | 'unknown', version?: string])[] = [
    ['the last list wins', on('TLSCipherSuite AES256-SHA', 'TLSCipherSuite AES128-SHA'), [AES128]],
    ['the first one before 1.3.8', on('TLSCipherSuite AES256-SHA', 'TLSCipherSuite AES128-SHA'), [AES256], '1.3.7'],
    ['that of <Global> over its own', on('TLSCipherSuite AES256-SHA', '<Global>', 'TLSCipherSuite AES128-SHA', '</Global>'), [AES128]],
    ['a list for a version of TLS is one for all', on('TLSCipherSuite TLSv1.2 AES128-SHA'), [AES128]],
    ['two words are no list', on('TLSCipherSuite AES128-SHA AES256-SHA'), 'unknown'],
    ['but the first one was, once', on('TLSCipherSuite AES128-SHA AES256-SHA'), [AES128], '1.3.7'],
    ['DEFAULT is not known behind another word', on('TLSCipherSuite DEFAULT:!ECDHE'), 'unknown', '1.3.7'],
  ]
  for (const [why, text, older, version] of lists) {
    test(why, () => {
      const suites = read(text, version).legs[0]?.words.suites.value
      assert.deepEqual(suites === 'unknown' ? suites : suites?.slice(3), older)
    })
  }

  test('suites of TLS 1.3 have a line of their own', () => {
    const { suites } = read(on('TLSProtocol TLSv1.3', 'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256')).legs[0]!.words
    assert.equal(suites.value[0], 'TLS_AES_128_GCM_SHA256')
    assert.equal(suites.origin.kind === 'file' && suites.origin.place.line, 3)
  })

  test('any level is allowed where that is asked for', () => {
    const suites = (option: string): readonly string[] | 'unknown' | undefined =>
      read(on('TLSCipherSuite aNULL', option)).legs[0]?.words.suites.value
    assert.equal(suites('')?.length, 3)
    assert.ok((suites('TLSOptions NoSessionReuseRequired AllowWeakSecurity')?.length ?? 0) > 3)
  })
})

describe('doors', () => {
  const rows: readonly (readonly [why: string, text: string, doors: readonly string[]])[] = [
    ['none without TLSEngine', 'Port 21\n', []],
    ['none with an engine that is off', 'TLSEngine off\n', []],
    ['none on port 0', on('Port 0'), []],
    ['the main server', on('Port 2121'), ['port 2121']],
    [
      'virtual hosts do not inherit from the main server',
      on(
        '<VirtualHost 192.0.2.1>',
        '</VirtualHost>',
        '<VirtualHost ftp.example.com 192.0.2.2 >',
        ' TLSEngine yes',
        ' Port 990',
        '</VirtualHost>',
      ),
      ['port 21', 'ftp.example.com 192.0.2.2 port 990'],
    ],
    ['but from <Global>', '<VirtualHost a>\n</VirtualHost>\n<Global>\nTLSEngine on\n</Global>\n', ['port 21', 'a port 21']],
  ]
  for (const [why, text, doors] of rows) {
    test(why, () =>
      assert.deepEqual(
        read(text).legs.map(({ door }) => door),
        doors,
      ),
    )
  }

  test('included files and folders are read where they are included', () => {
    const others = { '/etc/proftpd/conf.d/b.conf': 'TLSProtocol TLSv1.3\n', '/etc/proftpd/tls.conf': 'TLSEngine on\n' }
    const { legs, files } = read('Include tls.conf\nInclude /etc/proftpd/conf.d/\nTLSProtocol TLSv1\n', undefined, others)
    assert.deepEqual(legs[0]?.words.protocols.value, ['TLSv1.3'])
    assert.equal(files.length, 3)
  })
})

describe('what is found', () => {
  const quiet = 'TLSRequired on'
  const rows: readonly (readonly [text: string, id: string | undefined, fact: RegExp, version?: string])[] = [
    [on(quiet), undefined, /^$/],
    [on(), 'settings-plain-text', /TLSRequired is off by default: passwords may be sent without TLS/],
    [on('TLSRequired data'), 'settings-plain-text', /TLSRequired is data/],
    [on('TLSRequired auth+data'), undefined, /^$/],
    [on(quiet, 'TLSProtocol TLSv1.3'), 'settings-stops-start', /does not take TLSProtocol TLSv1\.3/, '1.3.6e'],
    [on(quiet, 'TLSProtocol'), 'settings-stops-start', /does not take TLSProtocol/],
    [on(quiet, 'TLSProtocol ALL TLSv1'), 'settings-stops-start', /does not take TLSProtocol ALL TLSv1/],
    [on(quiet, 'TLSCipherSuite HIGH !aNULL'), 'settings-stops-start', /blanks in a cipher list without quotes/],
    [on(quiet, 'TLSCipherSuite TLSv1.3 NOTHING'), 'settings-stops-start', /all of the suites for TLS 1\.3/],
    [on(quiet, 'TLSCipherSuite NOTHING'), 'settings-value-refused', /so that ProFTPD does not start/],
    [on(quiet, 'TLSServerCipherPreference maybe'), 'settings-stops-start', /neither on nor off/],
    [on(quiet, 'TLSECDHCurve nothing'), 'settings-stops-start', /all of these curves/],
    [on(quiet, 'TLSECDHCurve P-256:P-384'), 'settings-stops-start', /a single curve/, '1.3.6'],
    [on(quiet, 'TLSECDHCurve P-256 P-384'), 'settings-ignored', /TLSECDHCurve takes one word/],
    [
      on(quiet, 'TLSProtocol TLSv1.2', 'TLSProtocol TLSv1.3'),
      'settings-ignored',
      /this TLSProtocol counts for nothing, since another one wins/,
    ],
    [on(quiet, 'TLSProtocol TLSv1.2', '<Global>', 'TLSProtocol TLSv1.3', '</Global>'), undefined, /^$/],
    [
      on(quiet, 'TLSCipherSuite ALL', '<Global>', 'TLSCipherSuite HIGH', '</Global>'),
      'settings-ignored',
      /this TLSCipherSuite counts for nothing, since that of <Global> wins/,
    ],
  ]
  for (const [text, id, fact, version] of rows) {
    test(text.split('\n').slice(1).join(' ') || 'nothing but TLSEngine on', () => {
      // Every version is on where a row names none, which is told apart below.
      const [first, ...others] = read(text, version).findings.filter((one) => one.id !== 'settings-security-level')
      assert.equal(first?.id, id)
      assert.match(first?.fact ?? '', fact)
      assert.deepEqual(others, [])
    })
  }

  test('old versions that are on and beneath the level of OpenSSL 3', () => {
    const ids = (...lines: readonly string[]): readonly string[] => read(on(quiet, ...lines)).findings.map(({ id }) => id)
    assert.deepEqual(ids(), ['settings-security-level'])
    for (const line of ['TLSProtocol TLSv1.2', 'TLSOptions AllowWeakSecurity', 'TLSCipherSuite ALL:@SECLEVEL=0'])
      assert.deepEqual(ids(line), [])
  })

  const broken = [
    ['<Global>\nTLSEngine on\n', /line 1, column 1: the section that begins here is never closed/],
    ['TLSEngine on\n  </Global>\n', /line 2, column 3: no section is open that <\/Global> could close/],
    ['<Global>\n</VirtualHost>\n', /line 2, column 1: no section is open that <\/VirtualHost> could close/],
  ] as const
  for (const [text, message] of broken) test(text.replaceAll('\n', ' '), () => assert.throws(() => read(text), { message }))
})

describe('writing', () => {
  const rulebook = rulebookByName('mozilla-modern')
  assert.ok(rulebook)
  const policy = policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
  const wanted = { ...policy, groups: ['secp256r1', 'x25519', 'secp384r1'], order: 'client' as const }
  const write = (text: string, version: string, others: Readonly<Record<string, string>> = {}, only?: string) => {
    const reading = read(text, version, others)
    const legs = reading.legs.filter(({ door }) => only === undefined || door === only)
    const { changes, inexpressible } = proftpdAdapter.write(
      reading,
      legs.map(({ door, role }) => ({ door, role, policy: wanted })),
      optionsFor(others, version),
    )
    const edits = changes.flatMap((change) => change.edits)
    const files = Object.fromEntries(reading.files.map((file): [string, string] => [file.path, withEdits(file, edits).text]))
    return { text: files[MAIN], files, why: inexpressible.map((one) => one.why) }
  }

  test('words in place, with quotes, comments and line ends as they were', () => {
    const before = `<IfModule mod_tls.c>\r\n\tTLSEngine\ton # all\r\n\tTLSProtocol "TLSv1" TLSv1.3 # old\r\n\tTLSECDHCurve "P-256"\r\n</IfModule>\r\n`
    const after = `<IfModule mod_tls.c>\r\n\tTLSEngine\ton # all\r\n\tTLSProtocol "TLSv1.3" # old\r\n\tTLSECDHCurve "P-256"\r\n\tTLSServerCipherPreference off\r\n</IfModule>\r\n`
    assert.equal(write(before, '1.3.8').text, after)
  })

  test('a comment between two words stays', () => {
    const before = on('TLSECDHCurve P-256', 'TLSServerCipherPreference off', 'TLSProtocol TLSv1 \\', ' # TLSv1.1 \\', ' TLSv1.2')
    const after = on('TLSECDHCurve P-256', 'TLSServerCipherPreference off', 'TLSProtocol TLSv1.3 \\', ' # TLSv1.1 \\', '')
    assert.equal(write(before, '1.3.8').text, after.replace(/\n\n$/, '\n\n'))
  })

  test('an included file has the new line where TLS stands in it', () => {
    const others = { '/etc/proftpd/tls.conf': 'TLSEngine on\nTLSECDHCurve P-256\nTLSServerCipherPreference off' }
    const { files } = write('Include /etc/proftpd/tls.conf\nPort 21\n', '1.3.8', others)
    assert.equal(files['/etc/proftpd/tls.conf'], 'TLSEngine on\nTLSECDHCurve P-256\nTLSServerCipherPreference off\nTLSProtocol TLSv1.3')
  })

  test('one server alone gets lines of its own, and a list that <Global> has is shared', () => {
    const lines = ['<Global>', 'TLSEngine on', 'TLSECDHCurve P-256', 'TLSServerCipherPreference off']
    const before = ['Port 21', ...lines, 'TLSProtocol TLSv1.2 TLSv1.3', '</Global>', '<VirtualHost a>', ' Port 990', '</VirtualHost>', '']
    const { text, why } = write(before.join('\n'), '1.3.8', {}, 'a port 990')
    assert.equal(text, before.join('\n').replace(' Port 990', ' Port 990\n TLSProtocol TLSv1.3'))
    assert.deepEqual(why, [])
    const shared = write(
      [
        ...lines,
        'TLSProtocol TLSv1.3',
        'TLSCipherSuite TLSv1.3 TLS_AES_128_CCM_8_SHA256',
        '</Global>',
        '<VirtualHost a>',
        '</VirtualHost>',
        '',
      ].join('\n'),
      '1.3.8',
      {},
      'a port 21',
    )
    assert.match(shared.why.join(), /TLSCipherSuite TLSv1\.3 is shared with another leg/)
  })

  test('what an old version has no words for is said', () => {
    const { why } = write(on('TLSCipherSuite HIGH'), '1.3.6', {})
    assert.ok(
      why.some((one) => /ProFTPD 1\.3\.6 has no name for TLSv1\.3/.test(one)),
      why.join('\n'),
    )
  })

  test('what may not be read is not changed', () => {
    const text = on('TLSECDHCurve P-256', 'TLSServerCipherPreference off', '<IfDefine X>', 'TLSProtocol TLSv1', '</IfDefine>')
    const { text: after, why } = write(text, '1.3.8')
    assert.equal(after, text)
    assert.match(why.join(), /TLSProtocol stands in a section that may not be read/)
  })

  test('nor what a file says that <Global> and a server include', () => {
    const others = { '/etc/proftpd/tls.conf': 'TLSProtocol TLSv1.2\n' }
    const { files, why } = write(on('Include tls.conf', '<Global>', 'Include tls.conf', '</Global>'), '1.3.8', others)
    assert.equal(files['/etc/proftpd/tls.conf'], others['/etc/proftpd/tls.conf'])
    assert.match(why.join(), /TLSProtocol stands in a file that <Global> and a server include/)
  })

  test('nor gets a file that both include a new line for one server alone', () => {
    const others = { '/etc/proftpd/tls.conf': 'TLSEngine on\n' }
    const before =
      'Include /etc/proftpd/tls.conf\n<VirtualHost 192.0.2.1>\n</VirtualHost>\n<Global>\nInclude /etc/proftpd/tls.conf\n</Global>\n'
    const { files, why } = write(before, '1.3.8', others, 'port 21')
    assert.deepEqual(files, { [MAIN]: before, ...others })
    assert.notDeepEqual(why, [])
  })
})

test('passwords of databases are secrets', () => {
  const file: SettingsFile = { path: MAIN, text: 'SQLConnectInfo ftp@localhost user "pass word"\nPort 21\nUserPassword a x9\n' }
  assert.deepEqual(
    proftpdAdapter.secrets(file).map(({ start, end }) => file.text.slice(start, end)),
    ['user', 'pass word', 'x9'],
  )
})

test('the installed ProFTPD says its version', () => {
  const ask: Ask = {
    run: (program, ...args) => (args.join() === '-v' ? { text: 'ProFTPD Version 1.3.8b\n', by: `/usr/sbin/${program}` } : undefined),
    entry: () => undefined,
  }
  assert.deepEqual(proftpdAdapter.installed?.(MAIN, ask), { version: '1.3.8b', by: '/usr/sbin/proftpd' })
})
