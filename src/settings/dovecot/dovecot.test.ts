import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import { defaultOf } from '../versions.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { dovecotAdapter } from './adapter.ts'
import { DOVECOT_DEFAULTS } from './defaults.ts'

function fileOf(text: string, path = '/etc/dovecot/dovecot.conf'): SettingsFile {
  return { path, text }
}

function wordsOf(text: string, version?: string, door = 'every protocol'): LegWords {
  const { legs } = dovecotAdapter.read(fileOf(text), { openssl: '3.0', ...(version === undefined ? {} : { version }) })
  const leg = legs.find((one) => one.door === door)
  assert.ok(leg, legs.map((one) => one.door).join())
  return leg.words
}

function policy(name: string): Policy {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook)
  return policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
}

function written(text: string, wanted: Policy): string {
  const file = fileOf(text)
  const reading = dovecotAdapter.read(file, { openssl: '3.0' })
  const { changes } = dovecotAdapter.write(
    reading,
    reading.legs.map(({ door, role }) => ({ door, role, policy: wanted })),
    { openssl: '3.0' },
  )
  return withEdits(
    file,
    changes.flatMap((change) => change.edits),
  ).text
}

describe('what a door has', () => {
  const from12 = ['TLSv1.2', 'TLSv1.3']
  const rows: readonly (readonly [
    why: string,
    text: string,
    word: keyof LegWords,
    value: unknown,
    version?: string | undefined,
    door?: string,
  ])[] = [
    ['the lowest version was TLS 1.0', '', 'protocols', ['TLSv1', 'TLSv1.1', ...from12], '2.3.14'],
    ['and is TLS 1.2 since 2.3.15', '', 'protocols', from12, '2.3.15'],
    ['case and quotes do not count', 'ssl_min_protocol = "tlsV1.2" # x', 'protocols', from12],
    ['ANY is all that the library has', 'ssl_min_protocol = ANY', 'protocols', ['TLSv1', 'TLSv1.1', ...from12]],
    ['LATEST is the newest', 'ssl_min_protocol = LATEST', 'protocols', ['TLSv1.3']],
    ['another word is none', 'ssl_min_protocol = TLS1.2', 'protocols', 'unknown'],
    ['the last of two lines wins', 'ssl_min_protocol = TLSv1\nssl_min_protocol = TLSv1.3', 'protocols', ['TLSv1.3']],
    ['without TLS there is none', 'ssl = no', 'protocols', []],
    ['a block has its own', 'protocol imap {\n ssl_min_protocol = TLSv1.3\n}', 'protocols', ['TLSv1.3'], undefined, 'protocol imap'],
    [
      'and inherits the rest',
      'ssl_prefer_server_ciphers=yes\nprotocol imap {\n ssl_min_protocol = TLSv1.3\n}',
      'order',
      'server',
      undefined,
      'protocol imap',
    ],
    ['2.4 has another name for who chooses', 'dovecot_config_version = 2.4.1\nssl_server_prefer_ciphers = server', 'order', 'server'],
    ['which is none in 2.3', 'ssl_server_prefer_ciphers = server', 'order', 'client'],
    ['curves', 'ssl_curve_list = P-384:X25519', 'groups', ['secp384r1', 'x25519']],
    ['no parameters, no DHE', '', 'dh', null],
    ['parameters that cannot be read', 'ssl_dh = </nowhere/dh.pem', 'dh', 'unknown'],
  ]
  for (const [why, text, word, value, version, door] of rows)
    test(why, () => assert.deepEqual(wordsOf(text, version, door)[word].value, value))

  test('included files are read where they are included', () => {
    const included = fileOf('ssl_min_protocol = TLSv1.3\n', '/etc/dovecot/conf.d/10-ssl.conf')
    const { legs, files, version } = dovecotAdapter.read(
      fileOf('ssl_min_protocol = TLSv1\n!include conf.d/*.conf\n!include_try local.conf\n'),
      {
        more: (path) => (path === included.path ? included : undefined),
        list: () => [included.path],
      },
    )
    assert.deepEqual(legs[0]?.words.protocols.value, ['TLSv1.3'])
    assert.equal(files.length, 2)
    assert.deepEqual(version, { text: 'Dovecot 2.3.21', from: 'assumed' })
  })

  test('versions that OpenSSL refuses all the same are told', () => {
    const { findings } = dovecotAdapter.read(fileOf('ssl_min_protocol = TLSv1.1\n'), { openssl: '3.0' })
    assert.deepEqual(
      findings.map(({ id, subjects, place }) => [id, subjects, place?.line]),
      [['settings-security-level', ['TLSv1.1'], 1]],
    )
  })

  test('names of the other generation are told', () => {
    const { findings } = dovecotAdapter.read(fileOf('dovecot_config_version = 2.4.1\nssl_cert = </x\n'), {})
    assert.deepEqual(
      findings.map(({ id, subjects }) => [id, subjects]),
      [['settings-name-of-other-version', ['ssl_cert']]],
    )
  })
})

describe('a file that is not Dovecot’s', () => {
  const rows = [
    ['protocol imap {\n ssl = yes\n', /line 1, column 1: the block that begins here is never closed/],
    ['ssl = yes\n}\n', /line 2, column 1: no block is open/],
    ['ssl yes\n', /line 1, column 1: this is neither key = value nor a block/],
  ] as const
  for (const [text, message] of rows)
    test(text.replaceAll('\n', ' '), () => assert.throws(() => dovecotAdapter.read(fileOf(text), {}), { message }))
})

describe('a local_name block', () => {
  const text = (outside: string, more = ''): string =>
    `${outside}\nlocal_name a.example {\n  ssl_min_protocol = TLSv1.3\n  ssl_curve_list = P-384\n  ssl_cipher_suites = TLS_AES_128_GCM_SHA256\n  ssl_prefer_server_ciphers = yes\n  ssl_cipher_list = ECDHE+AESGCM\n}\n${more}`
  const read = (file: string): ReturnType<typeof dovecotAdapter.read> => dovecotAdapter.read(fileOf(file), { openssl: '3.0' })

  test('has the list and what else OpenSSL takes by the name, and the rest of whatever the handshake begins with', () => {
    const words = wordsOf(text('ssl_min_protocol = TLSv1\nssl_curve_list = X25519'), undefined, 'local_name a.example')
    assert.deepEqual(words.protocols.value, ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
    assert.deepEqual([words.groups.value, words.order.value], [['x25519'], 'client'])
    assert.ok(words.suites.value !== 'unknown' && words.suites.value.includes('TLS_AES_256_GCM_SHA384'))
    assert.ok(words.suites.value.every((suite) => !suite.includes('CBC')))
  })

  test('has what cannot be told where handshakes begin with one thing or another', () => {
    const imap = 'protocol imap {\n  ssl_min_protocol = TLSv1.2\n}\n'
    assert.equal(wordsOf(text('ssl_min_protocol = TLSv1', imap), undefined, 'local_name a.example').protocols.value, 'unknown')
    assert.deepEqual(read('local_name a {\n  ssl_cert = </a.pem\n}\nprotocol imap {\n  ssl_min_protocol = TLSv1.3\n}\n').findings, [])
    const inside = `protocol imap {\n  ssl_min_protocol = TLSv1.2\n  local_name b {\n    ssl_min_protocol = TLSv1.3\n  }\n}\n`
    assert.deepEqual(wordsOf(inside, undefined, 'protocol imap, local_name b').protocols.value, ['TLSv1.2', 'TLSv1.3'])
  })

  test('says what does nothing in it', () => {
    const { findings } = read(text('ssl_min_protocol = TLSv1.3'))
    assert.deepEqual(
      findings.map(({ id, subjects }) => [id, ...subjects]),
      [
        ['settings-ignored', 'ssl_curve_list'],
        ['settings-ignored', 'ssl_cipher_suites'],
        ['settings-ignored', 'ssl_prefer_server_ciphers'],
      ],
    )
  })

  test('has its list made right at once, although the versions that make it matter are those of others', () => {
    const file = fileOf('protocol imap {\n  ssl = yes\n}\nprotocol pop3 {\n  ssl = yes\n}\nlocal_name a.example {\n  ssl = yes\n}\n')
    const wanted = { ...policy('mozilla-intermediate'), protocols: { allowed: ['TLSv1.1', 'TLSv1.3'], required: [] } } as const
    const options = { openssl: '1.1.1' } as const
    const edited = (one: SettingsFile): SettingsFile => {
      const doors = ['protocol imap', 'local_name a.example'].map((door) => ({ door, role: 'server' as const, policy: wanted }))
      const { changes } = dovecotAdapter.write(dovecotAdapter.read(one, options), doors, options)
      return withEdits(
        one,
        changes.flatMap(({ edits }) => edits),
      )
    }
    const once = edited(file)
    assert.match(once.text, /local_name a\.example \{\n {2}ssl = yes\n {2}ssl_cipher_list = /)
    assert.equal(edited(once).text, once.text, 'a second time there is nothing to do')
  })

  test('is changed outside of it, and not for it alone', () => {
    const before = 'ssl_min_protocol = TLSv1\nlocal_name a {\n  ssl_min_protocol = TLSv1.2\n}\n'
    assert.match(written(before, policy('mozilla-intermediate')), /^ssl_min_protocol = TLSv1\.2\n/)
    const reading = read(before)
    const wanted = reading.legs.slice(1).map(({ door, role }) => ({ door, role, policy: policy('mozilla-intermediate') }))
    const { changes, inexpressible } = dovecotAdapter.write(reading, wanted, { openssl: '3.0' })
    assert.ok(!changes.some(({ setting }) => setting === 'ssl_min_protocol'))
    assert.match(inexpressible.find(({ word }) => word === 'protocols')?.why ?? '', /ssl_min_protocol is shared with another leg/)
  })
})

describe('writing', () => {
  const LIST = 'ssl_cipher_list = ECDHE+AESGCM\n'
  const wanted: Policy = { ...policy('mozilla-intermediate'), groups: policy('postern').groups }
  const rows = [
    ['the value alone', `# a\r\nssl_min_protocol = TLSv1  # b\r\n${LIST}`, `# a\r\nssl_min_protocol = TLSv1.2  # b\r\n${LIST}`],
    [
      'an override that would undo it',
      `${LIST}ssl_min_protocol = TLSv1.2\nprotocol pop3 {\n\tssl_min_protocol = TLSv1\n}\n`,
      `${LIST}ssl_min_protocol = TLSv1.2\nprotocol pop3 {\n\tssl_min_protocol = TLSv1.2\n}\n`,
    ],
    [
      'a line beside its neighbours',
      `ssl_min_protocol=TLSv1.2\nmail_location = x`,
      `ssl_min_protocol=TLSv1.2\nssl_cipher_list = ALL:!kRSA:!SRP:!kDHd:!DSS:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!MD5:!PSK:!RC4:!ADH:!LOW@STRENGTH:!DHE:!ARIA:!SHA1:!AESCCM:!SHA256:!SHA384\nmail_location = x`,
    ],
  ] as const
  for (const [why, before, after] of rows) test(why, () => assert.equal(written(before, wanted), after))

  test('that the newest version is forbidden cannot be said', () => {
    const file = fileOf('ssl_min_protocol = TLSv1\n')
    const reading = dovecotAdapter.read(file, {})
    const only12: Policy = { ...policy('postern'), protocols: { allowed: ['TLSv1.2'], required: [] } }
    const { inexpressible } = dovecotAdapter.write(reading, [{ door: 'every protocol', role: 'server', policy: only12 }], {})
    assert.ok(inexpressible.some(({ word, why }) => word === 'protocols' && why.includes('lowest version only')))
  })
})

const installed = /\d+\.\d+\.\d+/.exec(spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0]

describe('against doveconf', { skip: process.env['CI'] === undefined && installed === undefined && 'Dovecot is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-dovecot-'))
  const path = join(folder, 'dovecot.conf')
  const value = (text: string, name: string): string => {
    writeFileSync(path, text)
    return execFileSync('doveconf', ['-h', '-c', path, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  }

  test('every default is that of the installed version, values are read alike, and what is written is taken', () => {
    try {
      const version = installed ?? ''
      for (const name of new Set(DOVECOT_DEFAULTS.filter(({ since }) => !since.startsWith('2.4')).map(({ setting }) => setting))) {
        assert.equal(defaultOf(DOVECOT_DEFAULTS, name, version)?.value, value('', name), name)
      }
      for (const line of [
        'ssl_min_protocol = "TLSv1.1" # no',
        "ssl_min_protocol='TLSv1.3'",
        'ssl_min_protocol = TLSv1\\\n.3',
        'ssl_min_protocol = TLSv1.2#x',
        'ssl_min_protocol = TLSv1.2 #x',
      ]) {
        const read = dovecotAdapter.read(fileOf(`${line}\n`), {}).legs[0]?.words.protocols
        const theirs = value(`${line}\n`, 'ssl_min_protocol')
        assert.deepEqual(read?.value, wordsOf(`ssl_min_protocol = "${theirs}"`).protocols.value, `${line}: ${theirs}`)
      }
      const after = written('ssl_min_protocol = TLSv1\nprotocol imap {\n  ssl_cipher_list = "ALL"\n}\n', policy('mozilla-intermediate'))
      assert.equal(value(after, 'ssl_min_protocol'), 'TLSv1.2')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
