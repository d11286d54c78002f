import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import { compareVersions, defaultOf } from '../versions.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { Leg } from '../words.ts'
import type { ReadOptions } from '../adapter.ts'
import { postfixAdapter } from './adapter.ts'
import { POSTFIX_DEFAULTS } from './defaults.ts'
import { expandValue } from './expand.ts'
import { parseProtocolList, printProtocolList } from './protocol-list.ts'

const MASTER = `smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o smtpd_tls_security_level=encrypt
smtp      unix  -       -       y       -       -       smtp
`

function files(
  main: string,
  others: Readonly<Record<string, string>> = { 'master.cf': MASTER },
): readonly [SettingsFile, ...SettingsFile[]] {
  const rest = Object.entries(others).map(([name, text]) => ({ path: `/etc/postfix/${name}`, text }))
  return [{ path: '/etc/postfix/main.cf', text: main }, ...rest]
}

function options(all: readonly SettingsFile[], version = '3.7', openssl: ReadOptions['openssl'] = '3.0'): ReadOptions {
  return { version, openssl, more: (path) => all.find((file) => file.path === path) }
}

function legOf(main: string, door: string, version?: string, others?: Readonly<Record<string, string>>): Leg {
  const all = files(main, others)
  const { legs } = postfixAdapter.read(all[0], options(all, version))
  const leg = legs.find((one) => one.door === door)
  assert.ok(leg, `${door} is not among ${legs.map((one) => one.door).join(', ')}`)
  return leg
}

function policy(name: string): Policy {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook)
  return policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
}

/** The files after every leg was asked to keep the policy. */
function written(all: readonly [SettingsFile, ...SettingsFile[]], wanted: Policy, version?: string): readonly string[] {
  const given = options(all, version)
  const reading = postfixAdapter.read(all[0], given)
  const edits = postfixAdapter.write(
    reading,
    reading.legs.map(({ door, role }) => ({ door, role, policy: wanted })),
    given,
  )
  const changes = edits.changes.flatMap((change) => change.edits)
  return all.map((file) => withEdits(file, changes).text)
}

describe('the versions of a list', () => {
  const rows = [
    ['a floor', '>=TLSv1.2', true, ['TLSv1.2', 'TLSv1.3']],
    ['a ceiling', '>=TLSv1.1 <=TLSv1.2', true, ['TLSv1.1', 'TLSv1.2']],
    ['a number', '>=0303', true, ['TLSv1.2', 'TLSv1.3']],
    ['a bare name makes it a list of what is allowed', '!SSLv2,!SSLv3,TLSv1.2', true, ['TLSv1.2']],
    ['case does not count', 'tlsv1.2:TLSV1.3', true, ['TLSv1.2', 'TLSv1.3']],
    ['nothing shuts out nothing', '', true, ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']],
    ['a blank behind the sign makes it invalid', '>= TLSv1.2', true, undefined],
    ['one unknown name makes it invalid', '!SSLv2, TLS1.2', true, undefined],
    ['bounds are unknown before 3.6', '>=TLSv1.2', false, undefined],
  ] as const
  for (const [why, list, bounds, versions] of rows) {
    test(why, () => assert.deepEqual(parseProtocolList(list, bounds), versions))
  }

  test('what is printed means what was asked for, with and without bounds', () => {
    for (const wanted of [['TLSv1.2', 'TLSv1.3'], ['TLSv1.2'], ['TLSv1', 'TLSv1.3'], ['TLSv1.3']] as const) {
      for (const bounds of [true, false]) assert.deepEqual(parseProtocolList(printProtocolList(wanted, bounds), bounds), wanted)
    }
    assert.equal(printProtocolList(['TLSv1.2', 'TLSv1.3'], true), '>=TLSv1.2')
  })
})

describe('$name', () => {
  const values: Readonly<Record<string, string>> = { a: 'x', b: '$a', empty: '', round: '$round' }
  const rows = [
    ['$a,${b},$(a)', 'x,x,x'],
    ['${a?yes}${empty?no}${empty:else}', 'yeselse'],
    ['${empty?{one}:{two}} ${a ? {one} : {two}}', 'two one'],
    ['$$a', '$a'],
    ['$nobody!', '!'],
    ['$round', undefined],
    ['${{$a} == {x} ? {y} : {z}}', undefined],
  ] as const
  for (const [value, expanded] of rows)
    test(value, () =>
      assert.equal(
        expandValue(value, (name) => values[name]),
        expanded,
      ),
    )
})

describe('what a door has', () => {
  const rows: readonly (readonly [
    why: string,
    main: string,
    door: string,
    word: 'protocols' | 'order' | 'dh',
    value: unknown,
    version?: string,
  ])[] = [
    ['without a level there is no TLS', '', 'smtp (25)', 'protocols', []],
    [
      'may goes by the list for everybody',
      'smtpd_tls_security_level=may\nsmtpd_tls_protocols=>=TLSv1.2\n',
      'smtp (25)',
      'protocols',
      ['TLSv1.2', 'TLSv1.3'],
    ],
    [
      'encrypt goes by the mandatory list',
      'smtpd_tls_protocols=>=TLSv1.3\n',
      'submission (587)',
      'protocols',
      ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    ],
    ['an invalid list is unknown', 'smtpd_tls_mandatory_protocols = TLS1.2\n', 'submission (587)', 'protocols', 'unknown'],
    ['bounds of 3.6 are invalid in 3.5', 'smtpd_tls_mandatory_protocols = >=TLSv1.2\n', 'submission (587)', 'protocols', 'unknown', '3.5'],
    [
      'the last of two lines wins',
      'smtpd_tls_mandatory_protocols=TLSv1\nsmtpd_tls_mandatory_protocols=TLSv1.2\n',
      'submission (587)',
      'protocols',
      ['TLSv1.2'],
    ],
    ['the client has no order', 'smtp_tls_security_level=may', 'smtp', 'order', 'unknown'],
    ['the server leaves the choice to clients', '', 'submission (587)', 'order', 'client'],
    ['unless it is told', 'tls_preempt_cipherlist = yes', 'submission (587)', 'order', 'server'],
    ['a built-in group before 3.7', '', 'submission (587)', 'dh', 2048, '3.6'],
    ['by the certificate since then', '', 'submission (587)', 'dh', 'unknown', '3.7'],
    [
      'the client of 3.11 uses TLS where it can',
      'compatibility_level = 3.11',
      'smtp',
      'protocols',
      ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
      '3.11',
    ],
    ['but not for the compatibility of older ones', 'compatibility_level = 3.6', 'smtp', 'protocols', [], '3.11'],
  ]
  for (const [why, main, door, word, value, version] of rows) {
    test(why, () => {
      const legs = door === 'smtp' ? 'smtp' : door
      assert.deepEqual(legOf(main, legs, version).words[word].value, value)
    })
  }

  test('exclusions and the level take suites out of the grade', () => {
    const anonymous = (main: string, door: string): boolean => {
      const { value } = legOf(main, door).words.suites
      return value !== 'unknown' && value.some((suite) => suite.includes('_anon_'))
    }
    assert.ok(anonymous('', 'submission (587)'))
    assert.ok(!anonymous('smtpd_tls_mandatory_exclude_ciphers = aNULL', 'submission (587)'))
    assert.ok(anonymous('smtp_tls_security_level = encrypt', 'smtp'))
    assert.ok(!anonymous('smtp_tls_security_level = verify', 'smtp'))
  })

  test('each destination of a policy table is a door of its own', () => {
    const main = 'smtp_tls_security_level = may\nsmtp_tls_policy_maps = hash:/etc/postfix/tls_policy\n'
    const leg = legOf(main, 'smtp to example.gov', '3.7', { 'master.cf': MASTER, tls_policy: 'example.gov encrypt protocols=TLSv1\n' })
    assert.deepEqual(leg.words.protocols.value, ['TLSv1'])
    assert.deepEqual(leg.words.protocols.origin.kind === 'file' && leg.words.protocols.origin.place.file, '/etc/postfix/tls_policy')
  })

  const findingsOf = (main: string, version?: string): readonly (readonly [string, string])[] => {
    const all = files(`${main}smtpd_tls_chain_files = /both.pem\n`, { 'master.cf': MASTER, tls_policy: 'example.gov encrypt\n' })
    return postfixAdapter.read(all[0], options(all, version)).findings.map(({ id, fact }) => [id, fact])
  }

  test('tables that are not read are told', () => {
    const maps = 'hash:/etc/postfix/tls_policy, inline:{ {b.example = may, protocols=TLSv1} } regexp:/x texthash:/nowhere'
    const found = findingsOf(`smtp_tls_security_level = may\nsmtp_tls_policy_maps = ${maps}\nsmtpd_tls_security_level = may\n`)
    assert.deepEqual(
      found.map(([id, fact]) => [id, fact.replace(/^.*destinations in it: /, '')]),
      [
        ['settings-undecided', 'inline:{ {b.example = may, protocols=TLSv1} }'],
        ['settings-undecided', 'regexp:/x'],
        ['settings-undecided', 'texthash:/nowhere'],
      ],
    )
  })

  test('a server does not start with a level that is none', () => {
    const found = findingsOf('smtp_tls_security_level = may\nsmtpd_tls_security_level = mandatory\n')
    assert.deepEqual(found, [
      ['settings-stops-start', 'Postfix knows no smtpd_tls_security_level mandatory, and does not start smtp (25).'],
    ])
  })

  test('the grades low and export are lists of their own before 3.8', () => {
    const main = 'smtp_tls_security_level = may\nsmtpd_tls_security_level = may\nsmtpd_tls_ciphers = low\ntls_low_cipherlist = AES128-SHA\n'
    assert.deepEqual(findingsOf(main, '3.7'), [])
    const suites = (version: string): readonly string[] | 'unknown' => legOf(main, 'smtp (25)', version).words.suites.value
    assert.deepEqual(suites('3.7').slice(3), ['TLS_RSA_WITH_AES_128_CBC_SHA'])
    assert.ok(suites('3.8').length > 10)
  })

  describe('a server without a certificate', () => {
    const on = 'smtpd_tls_security_level = may\n'
    const rows: readonly (readonly [why: string, main: string, anonymousOnly: boolean, finding: RegExp | undefined])[] = [
      ['on purpose', 'smtpd_tls_cert_file = None\n', true, /on purpose/],
      ['by another name', 'c = none\nsmtpd_tls_cert_file = $c\n', true, /on purpose/],
      ['unless there is another one', 'smtpd_tls_cert_file = none\nsmtpd_tls_eccert_file = /ec.pem\n', false, undefined],
      ['unless the chains have one', 'smtpd_tls_cert_file = none\nsmtpd_tls_chain_files = /both.pem\n', false, undefined],
      ['cannot ask clients for theirs', 'smtpd_tls_cert_file = none\nsmtpd_tls_ask_ccert = yes\n', false, /454/],
      ['by default', '', false, /454/],
    ]
    for (const [why, main, anonymousOnly, fact] of rows)
      test(why, () => {
        const { protocols, suites } = legOf(`${on}${main}`, 'smtp (25)').words
        assert.deepEqual(protocols.value, anonymousOnly ? ['TLSv1', 'TLSv1.1', 'TLSv1.2'] : ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
        assert.ok(suites.value !== 'unknown' && suites.value.length > 0)
        assert.equal(
          suites.value.every((suite) => suite.includes('_anon_')),
          anonymousOnly,
        )
        const all = files(`${on}${main}`)
        const found = postfixAdapter.read(all[0], options(all)).findings.filter(({ id }) => id === 'settings-no-certificate')
        assert.equal(found.length, fact === undefined ? 0 : 2)
        for (const one of found) assert.match(one.fact, fact ?? /^$/)
      })

    test('no plan takes out the only suites that it speaks, or leaves TLS 1.3 alone, and it says so', () => {
      const all = files(`${on}smtpd_tls_cert_file = none\n`, { 'master.cf': 'smtp inet n - y - - smtpd\n' })
      const given = options(all)
      const reading = postfixAdapter.read(all[0], given)
      for (const [name, setting] of [
        ['mozilla-intermediate', ['smtpd_tls_protocols']],
        ['mozilla-modern', []],
      ] as const) {
        const wanted = reading.legs.map(({ door, role }) => ({
          door,
          role,
          policy: { ...policy(name), groups: [...policy('postern').groups] },
        }))
        const { changes, inexpressible } = postfixAdapter.write(reading, wanted, given)
        assert.deepEqual(
          changes.map((change) => change.setting).filter((one) => /protocols|cipher/.test(one)),
          setting,
        )
        assert.ok(inexpressible.some(({ why }) => why.includes('no certificate (smtpd_tls_cert_file)')))
      }
    })
  })

  test('with DANE there is a door for those that have none', () => {
    const all = files('smtp_tls_security_level = dane\n')
    const { legs } = postfixAdapter.read(all[0], options(all))
    assert.deepEqual(
      legs.map(({ door, role, opportunistic }) => [door, role, opportunistic ?? false]),
      [
        ['smtp (25)', 'server', false],
        ['submission (587)', 'server', false],
        ['smtp', 'client', false],
        ['smtp where DANE does not apply', 'client', true],
      ],
    )
  })
})

describe('writing', () => {
  test('both lists are changed in place, and the override that would undo it as well', () => {
    const main = '# TLS\r\nsmtpd_tls_security_level = may\r\nsmtpd_tls_protocols = !SSLv2,\r\n\t!SSLv3 \r\n# last'
    const master = MASTER.replace('encrypt\n', 'encrypt -o smtpd_tls_mandatory_protocols=!SSLv3\n')
    const [first, second] = written(files(main, { 'master.cf': master }), {
      ...policy('mozilla-old'),
      protocols: { allowed: ['TLSv1.2', 'TLSv1.3'], required: [] },
      order: 'any',
      suites: legSuites(),
    })
    assert.equal(
      first,
      `# TLS\r\nsmtpd_tls_security_level = may\r\nsmtpd_tls_protocols = >=TLSv1.2\r\n# last\r\n${groupsOf(policy('mozilla-old'))}`,
    )
    assert.equal(second, master.replace('smtpd_tls_mandatory_protocols=!SSLv3', 'smtpd_tls_mandatory_protocols=>=TLSv1.2'))
  })

  test('what differs from door to door goes to master.cf', () => {
    const all = files('smtpd_tls_security_level = may\n', { 'master.cf': MASTER.replace('encrypt', 'may') })
    const given = options(all)
    const reading = postfixAdapter.read(all[0], given)
    const wanted = {
      door: 'submission (587)',
      role: 'server' as const,
      policy: { ...policy('mozilla-intermediate'), groups: [...policy('postern').groups], suites: legSuites() },
    }
    const { changes } = postfixAdapter.write(reading, [wanted], given)
    assert.deepEqual(
      changes.map(({ setting, after, place }) => [setting, after, place.file]),
      [['smtpd_tls_protocols', '>=TLSv1.2', '/etc/postfix/master.cf']],
    )
  })

  test('suites go by one line of exclusions for all doors', () => {
    const [first = ''] = written(files('smtpd_tls_security_level = may\n'), { ...policy('postern'), order: 'any' })
    assert.match(first, /^smtpd_tls_exclude_ciphers = aNULL$/m)
  })
})

/** Everything that Postfix may offer, so that a test can leave suites alone. */
function legSuites(): readonly string[] {
  const { value } = legOf('', 'submission (587)').words.suites
  return value === 'unknown' ? [] : value
}

function groupsOf({ groups }: Policy): string {
  return groups.includes('x448') ? '' : 'tls_eecdh_auto_curves = X25519 prime256v1 secp384r1\r\n'
}

const there = spawnSync('postconf', ['-d', 'mail_version'], { encoding: 'utf8' })
const installed = /\d[\d.]*/.exec(there.stdout ?? '')?.[0]

describe('against postconf', { skip: process.env['CI'] === undefined && installed === undefined && 'Postfix is not installed' }, () => {
  test('every default is that of the installed version', () => {
    const version = installed ?? ''
    const names = [...new Set(POSTFIX_DEFAULTS.map(({ setting }) => setting))].filter(
      (name) => name !== 'tls_ffdhe_auto_groups' || compareVersions(version, '3.8') >= 0,
    )
    const lines = execFileSync('postconf', ['-d', ...names], { encoding: 'utf8' })
      .trim()
      .split('\n')
    assert.equal(lines.length, names.length)
    for (const line of lines) {
      const [name = '', value = ''] = line.split(/ = ?/, 2)
      assert.equal(defaultOf(POSTFIX_DEFAULTS, name, version)?.value, value.trim(), name)
    }
  })

  test('values are read as postconf reads them, folded, commented and given twice', () => {
    const main =
      '# x\ncompatibility_level = 3.6\nmine = >=TLSv1.1\nsmtpd_tls_protocols =\n   >=TLSv1.1,\n# between\n  <=TLSv1.2\nsmtpd_tls_mandatory_protocols=TLSv1\nsmtpd_tls_mandatory_protocols = ${mine?$mine}\n'
    const folder = mkdtempSync(join(tmpdir(), 'postern-postfix-'))
    try {
      writeFileSync(join(folder, 'main.cf'), main)
      writeFileSync(join(folder, 'master.cf'), MASTER)
      const value = (name: string): string =>
        execFileSync('postconf', ['-c', folder, '-xh', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
      const read = legOf(`smtpd_tls_security_level = may\n${main}`, 'smtp (25)').words.protocols.value
      assert.deepEqual(read, parseProtocolList(value('smtpd_tls_protocols'), true))
      assert.deepEqual(
        legOf(main, 'submission (587)').words.protocols.value,
        parseProtocolList(value('smtpd_tls_mandatory_protocols'), true)?.slice(),
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
