import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import type { ReadOptions, Reading } from '../adapter.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { cyrusAdapter } from './adapter.ts'

const MAIN = '/etc/imapd.conf'
const CERT = 'tls_server_cert: /c.pem\ntls_server_key: /k.pem\n'
const MASTER =
  'SERVICES {\n  imap cmd="imapd -U 30" listen="imap"\n  imaps cmd="/usr/lib/cyrus/bin/imapd -s" listen="127.0.0.1:9993"\n  # pop3 cmd="pop3d"\n  lmtpunix cmd="lmtpd" listen="/run/lmtp"\n  sieve cmd="timsieved" listen="localhost:sieve"\n}\nEVENTS {\n  late cmd="imapd"\n}\n'

function given(
  text: string,
  options: ReadOptions = {},
  more: Readonly<Record<string, string>> = {},
): readonly [Reading, SettingsFile, ReadOptions] {
  const file = { path: MAIN, text }
  const all: ReadOptions = {
    openssl: '3.0',
    ...options,
    more: (path) => {
      const other = more[path.replace(/^.*\//, '')]
      return other === undefined ? undefined : { path, text: other }
    },
  }
  return [cyrusAdapter.read(file, all), file, all]
}

function wordsOf(text: string, options?: ReadOptions, door = 'every service', more?: Readonly<Record<string, string>>): LegWords {
  const leg = given(text, options, more)[0].legs.find((one) => one.door === door)
  assert.ok(leg)
  return leg.words
}

const ALL = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const NEWER = ['TLSv1.2', 'TLSv1.3']

describe('what a service has', () => {
  const rows: readonly (readonly [why: string, text: string, word: keyof LegWords, value: unknown, options?: ReadOptions])[] = [
    ['everything where nobody says more', '', 'protocols', ALL],
    ['a list of versions', 'tls_versions: tls1_2 tls1_3\n', 'protocols', NEWER],
    ['folded, in any case of the name', 'TLS_Versions: tls1_2\\\n tls1_3\n', 'protocols', NEWER],
    ['with a gap', 'tls_versions: tls1_0 tls1_2\n', 'protocols', ['TLSv1', 'TLSv1.2']],
    ['TLS 1.3 cannot be turned off before 3.0.12', 'tls_versions: tls1_2\n', 'protocols', NEWER, { version: '2.5.17' }],
    ['names of others turn everything off', 'tls_versions: TLSv1.2\n', 'protocols', 'unknown'],
    ['one curve alone', '', 'groups', ['secp256r1']],
    ['another one', 'tls_eccurve: secp384r1\n', 'groups', ['secp384r1']],
    ['X25519 since 3.8', 'tls_eccurve: X25519\n', 'groups', ['x25519']],
    [
      'and OpenSSL’s own before',
      'tls_eccurve: X25519\n',
      'groups',
      ['x25519', 'secp256r1', 'x448', 'secp521r1', 'secp384r1', 'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'],
      { version: '3.6.1' },
    ],
    ['the client chooses', '', 'order', 'client'],
    ['unless told otherwise', 'tls_prefer_server_ciphers: yes\n', 'order', 'server'],
    ['1024 bits are built in', '', 'dh', 1024, { version: '3.6.1' }],
    ['which nobody uses any more', '', 'dh', 'unknown'],
    ['an older name', 'tls_cipher_list: NOTHING\n', 'suites', 'unknown'],
    [
      'counts for nothing beside the newer one',
      'tls_cipher_list: NOTHING\ntls_ciphers: AES128-SHA\ntls_versions: tls1_2\n',
      'suites',
      ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
    ],
  ]
  for (const [why, text, word, value, options] of rows) test(why, () => assert.deepEqual(wordsOf(CERT + text, options)[word].value, value))

  test('services are those of cyrus.conf that speak TLS on the network', () => {
    const [{ legs }] = given(`${CERT}imaps_tls_versions: tls1_3\nallowstarttls: yes\n`, {}, { 'cyrus.conf': MASTER })
    assert.deepEqual(
      legs.map(({ door, words: { protocols }, listens }) => [door, protocols.value, listens]),
      [
        ['imap', ALL, ['imap://localhost:143']],
        ['imaps', ['TLSv1.3'], ['imaps://localhost:9993']],
        ['sieve', ALL, ['sieve://localhost:4190']],
      ],
    )
  })

  test('STARTTLS has to be allowed since 3.10.2', () => {
    const rows: readonly (readonly [version: string, text: string, protocols: unknown])[] = [
      ['3.10.1', '', ALL],
      ['3.10.2', '', []],
      ['3.10.2', 'imap_allowstarttls: on\n', ALL],
    ]
    for (const [version, text, protocols] of rows)
      assert.deepEqual(wordsOf(CERT + text, { version }, 'imap', { 'cyrus.conf': MASTER }).protocols.value, protocols)
  })

  test('no certificate, no TLS', () => assert.deepEqual(wordsOf('tls_server_cert: disabled\n').protocols.value, []))

  test('what is included counts', () => {
    assert.deepEqual(
      wordsOf(`${CERT}@include: more.conf\n`, {}, 'every service', { 'more.conf': 'tls_versions: tls1_3\n' }).protocols.value,
      ['TLSv1.3'],
    )
  })
})

describe('findings about the settings', () => {
  const rows: readonly (readonly [text: string, id: string, fact: RegExp])[] = [
    ['tls_versions: tls1_2\ntls_versions: tls1_3\n', 'settings-stops-start', /given twice/],
    ['tls_ciphers:\n', 'settings-stops-start', /has no value/],
    ['tls_prefer_server_ciphers: server\n', 'settings-stops-start', /neither on nor off: server/],
    ['tls_versions: TLSv1.2\n', 'settings-stops-start', /every one is turned off: TLSv1\.2/],
    ['tls_versions: tls1_2, TLSv1.3\n', 'settings-unknown-protocol', /mean nothing: TLSv1\.3/],
    ['imaps_tls_versions: tls1_1 tls1_2\n', 'settings-security-level', /^imaps turns TLSv1\.1 on/],
    ['tls_ciphers: NOTHING\n', 'settings-value-refused', /there is no TLS/],
    ['tls_eccurve: P-256\n', 'settings-ignored', /no curve that can be asked for here/],
    ['tls_server_dhparam: /dh.pem\n', 'settings-ignored', /does nothing since Cyrus IMAP 3\.8/],
    ['pop3_tls_versions: tls1_2\n', 'settings-ignored', /cyrus\.conf has none/],
    ['', 'settings-tls-off', /imap uses no TLS at all, by allowstarttls/],
  ]
  for (const [text, id, fact] of rows)
    test(`${id}: ${String(fact)}`, () => {
      const [{ findings }] = given(CERT + text, {}, { 'cyrus.conf': MASTER })
      assert.ok(
        findings.some((finding) => finding.id === id && fact.test(finding.fact)),
        JSON.stringify(findings),
      )
    })

  test('a line without a name is an error', () => {
    assert.throws(() => given('tls_versions tls1_2\n'), { message: /line 1, column 1: this is no name with a colon behind it/ })
  })
})

function policy(change: Partial<Policy> = {}): Policy {
  const rulebook = rulebookByName('mozilla-intermediate')
  assert.ok(rulebook)
  return { ...policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') }), ...change }
}

describe('writing', () => {
  test('into the lines that stand there, behind what is about TLS, and for one service alone', () => {
    const before = `# mine\r\n${CERT}tls_versions: tls1_0 \\\n  tls1_2\nconfigdirectory: /x\nallowstarttls: yes`
    const [reading, file, options] = given(before, {}, { 'cyrus.conf': MASTER })
    const wanted = reading.legs.map(({ door, role }) => ({
      door,
      role,
      policy: policy(door === 'imaps' ? { protocols: { allowed: ['TLSv1.3'], required: [] } } : {}),
    }))
    const { changes } = cyrusAdapter.write(reading, wanted, options)
    const { text } = withEdits(
      file,
      changes.flatMap(({ edits }) => edits),
    )
    const own = ['imap_tls_versions: tls1_2', 'imaps_tls_versions: tls1_3', 'sieve_tls_versions: tls1_2']
    const lists = ['imap', 'sieve'].map((name) => `${name}_tls_ciphers: DEFAULT:!SHA1:!SHA256:!DHE:!kRSA:!SHA384`)
    assert.equal(text, before.replace('  tls1_2\n', `  tls1_2\r\n${[...own, ...lists].join('\r\n')}\n`))
  })

  test('in place where all agree', () => {
    const [reading, file, options] = given(`${CERT}tls_versions: tls1_0 \\\n  tls1_2 tls1_3\n#\n`)
    const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy() }))
    const { changes } = cyrusAdapter.write(reading, wanted, options)
    const { text } = withEdits(
      file,
      changes.flatMap(({ edits }) => edits),
    )
    assert.equal(text, `${CERT}tls_versions: tls1_2 tls1_3\ntls_ciphers: DEFAULT:!SHA1:!SHA256:!DHE:!kRSA:!SHA384\n#\n`)
  })

  test('what cannot be said is told', () => {
    const [reading, , options] = given(`${CERT}tls_versions: tls1_2 tls1_3\n`, { version: '2.5.17' })
    const only12 = policy({ protocols: { allowed: ['TLSv1.2'], required: [] }, groups: ['ffdhe2048'] })
    const { inexpressible } = cyrusAdapter.write(reading, [{ door: 'every service', role: 'server', policy: only12 }], options)
    assert.deepEqual(
      inexpressible.map(({ word }) => word),
      ['groups', 'protocols'],
    )
  })

  test('passwords are not shown', () => {
    const file = { path: MAIN, text: 'sasl_sql_passwd: geheim\nsync_password: x\nadmins: a\n' }
    assert.deepEqual(
      cyrusAdapter.secrets(file).map(({ start, end }) => file.text.slice(start, end)),
      ['geheim', 'x'],
    )
  })
})
