import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import type { ReadOptions, Reading } from '../adapter.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { courierAdapter } from './adapter.ts'
import { wordValue } from './shell.ts'

type Texts = Readonly<Record<string, string>>

const GNUTLS = '\x7fELF libgnutls.so.30'
const COURIER = '/etc/courier'

function filesOf(texts: Texts, folder: string): readonly [SettingsFile, ...SettingsFile[]] {
  const [first, ...rest] = Object.entries(texts).map(([name, text]) => ({ path: name.startsWith('/') ? name : `${folder}/${name}`, text }))
  assert.ok(first)
  return [first, ...rest]
}

function given(texts: Texts, options: ReadOptions = {}, folder = COURIER): readonly [Reading, ReadOptions, readonly SettingsFile[]] {
  const files = filesOf(texts, folder)
  const all: ReadOptions = { ...options, more: (path) => files.find((file) => file.path === path) }
  return [courierAdapter.read(files[0], all), all, files]
}

function wordsOf(texts: Texts, door: string, options?: ReadOptions, folder?: string): LegWords {
  const [{ legs }] = given(texts, options, folder)
  const leg = legs.find((one) => one.door === door)
  assert.ok(leg, legs.map((one) => one.door).join())
  return leg.words
}

const ON = 'IMAPDSTARTTLS=YES\n'
const ALL = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const NEWER = ['TLSv1.2', 'TLSv1.3']

describe('what a service has', () => {
  const rows: readonly (readonly [
    why: string,
    texts: Texts,
    door: string,
    word: keyof LegWords,
    value: unknown,
    options?: ReadOptions,
    folder?: string,
  ])[] = [
    ['TLS 1.0 and later where nobody says more', { 'imapd-ssl': '' }, 'IMAPS', 'protocols', ALL],
    ['a lowest version', { 'imapd-ssl': 'TLS_PROTOCOL="TLSv1.2++"\n' }, 'IMAPS', 'protocols', NEWER],
    ['with which the server chooses', { 'imapd-ssl': 'TLS_PROTOCOL="TLSv1.2++"\n' }, 'IMAPS', 'order', 'server'],
    ['but not before 1.1.6', { 'imapd-ssl': 'TLS_PROTOCOL="TLSv1.2++"\n' }, 'IMAPS', 'order', 'client', { version: '1.0.16' }],
    [
      'nor in the Courier-IMAP of that time',
      { 'imapd-ssl': 'TLS_PROTOCOL=TLSv1.2++\n' },
      'IMAPS',
      'order',
      'client',
      { version: '5.0.13' },
    ],
    ['a name that is none opens everything', { 'imapd-ssl': 'TLS_PROTOCOL=TLSv1.3\n' }, 'IMAPS', 'protocols', ALL],
    ['as does one that is not known yet', { esmtpd: 'TLS_PROTOCOL=TLSv1.2++\n' }, 'SMTP', 'protocols', ALL, { version: '1.0.14' }],
    ...[
      'if test -f x\nthen\nTLS_PROTOCOL=TLSv1.2\nfi\n',
      'if test -f x; then TLS_PROTOCOL=TLSv1.2; fi\n',
      'f() {\nTLS_PROTOCOL=TLSv1.2\n}\n',
      'cat <<EOF\nTLS_PROTOCOL=TLSv1.2\nEOF\n',
      'return\nTLS_PROTOCOL=TLSv1.2\n',
      'test -f x && TLS_PROTOCOL=TLSv1.2\n',
      'TLS_PROTOCOL=TLSv1.2\nunset TLS_PROTOCOL\n',
      'TLS_PROTOCOL=TLSv1.2\neval TLS_PROTOCOL=TLSv1\n',
      ': ${TLS_PROTOCOL:=TLSv1.2}\n',
      'readonly TLS_PROTOCOL=TLSv1.2\n',
    ].map((text) => [`what commands may set is not guessed: ${text}`, { 'imapd-ssl': text }, 'IMAPS', 'protocols', 'unknown'] as const),
    [
      'nor is a door left out that commands may open',
      { 'imapd-ssl': 'if test -f x; then\nIMAPDSTARTTLS=NO\nIMAPDSTART=NO\nfi\n', imapd: 'IMAPDSTART=YES\n' },
      'IMAP with STARTTLS',
      'protocols',
      ALL,
    ],
    ['what is set for a command alone stays', { 'imapd-ssl': 'TLS_PROTOCOL=TLSv1.2 true\n' }, 'IMAPS', 'protocols', ALL],
    ['what is set in another shell stays', { 'imapd-ssl': '(true)\nTLS_PROTOCOL=TLSv1.2\n' }, 'IMAPS', 'protocols', NEWER],
    ['what sh computes is not guessed', { 'imapd-ssl': 'TLS_PROTOCOL=$(cat x)\n' }, 'IMAPS', 'protocols', 'unknown'],
    ['the later file wins', { 'imapd-ssl': 'TLS_PROTOCOL=TLSv1.2\n', imapd: 'TLS_PROTOCOL=TLSv1\n' }, 'IMAPS', 'protocols', NEWER],
    ['the earlier file counts too', { 'esmtpd-ssl': '', esmtpd: "TLS_PROTOCOL='TLSv1.2'\n" }, 'SMTPS', 'protocols', NEWER],
    ['other variables are followed', { 'pop3d-ssl': 'A=TLSv1\nTLS_PROTOCOL="${A}.2"\n' }, 'POP3S', 'protocols', NEWER],
    [
      'Courier hands no other version over for STARTTLS',
      { 'imapd-ssl': `${ON}TLS_STARTTLS_PROTOCOL=TLSv1.2\n` },
      'IMAP with STARTTLS',
      'protocols',
      ALL,
    ],
    [
      'Courier-IMAP on its own does',
      { 'imapd-ssl': `${ON}TLS_STARTTLS_PROTOCOL=TLSv1.2\n` },
      'IMAP with STARTTLS',
      'protocols',
      NEWER,
      {},
      '/usr/lib/courier-imap/etc',
    ],
    [
      'a copy is that of its time',
      { 'imapd-ssl': `${ON}TLS_STARTTLS_PROTOCOL=$TLS_PROTOCOL\nTLS_PROTOCOL=TLSv1.2\n` },
      'IMAP with STARTTLS',
      'protocols',
      ALL,
      {},
      '/usr/lib/courier-imap/etc',
    ],
    ['no STARTTLS, no TLS', { 'imapd-ssl': 'IMAPDSTARTTLS=NO\n' }, 'IMAP with STARTTLS', 'protocols', []],
    ['GnuTLS has a priority', { 'imapd-ssl': 'TLS_PRIORITY="NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"\n' }, 'IMAPS', 'protocols', NEWER],
    [
      'and ignores what OpenSSL heeds',
      { 'imapd-ssl': 'COURIERTLS=/usr/bin/couriertls\nTLS_PROTOCOL=TLSv1.2\n', '/usr/bin/couriertls': GNUTLS },
      'IMAPS',
      'protocols',
      ALL,
    ],
    ['GnuTLS takes no words of OpenSSL', { 'imapd-ssl': 'TLS_PRIORITY=HIGH:MEDIUM\n' }, 'IMAPS', 'protocols', 'unknown'],
    [
      'a client of GnuTLS has a least size',
      { courierd: 'ESMTP_USE_STARTTLS=1\nTLS_PRIORITY=NORMAL TLS_MIN_DH_BITS=512\n' },
      'outgoing SMTP',
      'dh',
      512,
    ],
    ['a refused list leaves OpenSSL’s own', { esmtpd: 'TLS_CIPHER_LIST=NOTHING\n' }, 'SMTP', 'order', 'client'],
  ]
  for (const [why, texts, door, word, value, options, folder] of rows)
    test(why, () => assert.deepEqual(wordsOf(texts, door, options, folder)[word].value, value))

  test('every service beside the file is there, and none that does not run', () => {
    const [{ legs }] = given({ 'imapd-ssl': 'IMAPDSSLSTART=NO\n', esmtpd: '', courierd: 'ESMTP_USE_STARTTLS=1\n' })
    assert.deepEqual(
      legs.map(({ door, role, opportunistic = false }) => [door, role, opportunistic]),
      [
        ['IMAP with STARTTLS', 'server', false],
        ['SMTP', 'server', true],
        ['outgoing SMTP', 'client', true],
      ],
    )
  })
})

describe('findings about the settings', () => {
  const rows: readonly (readonly [texts: Texts, id: string, fact: RegExp])[] = [
    [{ esmtpd: 'TLS_PROTOCOL=TLSv1.3\n' }, 'settings-fails-open', /knows no TLS_PROTOCOL=TLSv1\.3, and takes every version/],
    [{ esmtpd: 'TLS_CIPHER_LIST=NOTHING\n' }, 'settings-fails-open', /OpenSSL refuses TLS_CIPHER_LIST/],
    [{ esmtpd: 'TLS_PRIORITY=HIGH\n' }, 'settings-value-refused', /no handshake succeeds/],
    [{ esmtpd: 'TLS_PRIORITY=NORMAL\nTLS_PROTOCOL=TLSv1.2\n' }, 'settings-ignored', /TLS_PROTOCOL counts with OpenSSL only/],
    [{ 'imapd-ssl': `${ON}TLS_STARTTLS_PROTOCOL=TLSv1.2\n` }, 'settings-ignored', /only Courier-IMAP on its own heeds it/],
    [{ 'imapd-ssl': '' }, 'settings-tls-off', /IMAPDSTARTTLS does not turn TLS on/],
    [{ esmtpd: 'TLS_PROTOCOL=TLSv1\nTLS_PROTOCOL=TLSv1.2\n' }, 'settings-given-twice', /2 times/],
    [{ esmtpd: 'if test -f x\nthen TLS_PROTOCOL=TLSv1.2; fi\n' }, 'settings-commands', /not followed/],
  ]
  for (const [texts, id, fact] of rows)
    test(`${id}: ${String(fact)}`, () => {
      const [{ findings }] = given(texts)
      assert.ok(
        findings.some((finding) => finding.id === id && fact.test(finding.fact)),
        JSON.stringify(findings),
      )
    })

  test('a quote that is never closed is an error', () => {
    assert.throws(() => given({ esmtpd: 'A=1\nTLS_PROTOCOL="TLSv1.2\n' }), { message: /line 2, column 14: the quote here is never closed/ })
  })
})

function policy(name = 'postern', change: Partial<Policy> = {}): Policy {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook)
  return { ...policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') }), order: 'any', ...change }
}

describe('writing', () => {
  const rows: readonly (readonly [why: string, texts: Texts, after: string, folder?: string])[] = [
    [
      'into the part that the file has for it, before it is used',
      {
        'imapd-ssl': `${ON}##NAME: TLS_PROTOCOL:0\r\n# The lowest.\r\n\r\n##NAME: X:0\r\nTLS_STARTTLS_PROTOCOL="$TLS_PROTOCOL"\r\n`.replace(
          /\r?\n/g,
          '\r\n',
        ),
      },
      'IMAPDSTARTTLS=YES\r\n##NAME: TLS_PROTOCOL:0\r\n# The lowest.\r\n\r\nTLS_PROTOCOL=TLSv1.2\r\n##NAME: X:0\r\nTLS_STARTTLS_PROTOCOL="$TLS_PROTOCOL"\r\n',
      '/usr/lib/courier-imap/etc',
    ],
    ['in place, with its quotes', { esmtpd: "TLS_PROTOCOL='TLSv1' # old\n" }, "TLS_PROTOCOL='TLSv1.2' # old\n"],
    ['behind what is about TLS', { esmtpd: 'COURIERTLS=/x\nPORT=25\n' }, 'COURIERTLS=/x\nTLS_PROTOCOL=TLSv1.2\nPORT=25\n'],
    ['a priority', { esmtpd: 'TLS_PRIORITY="NORMAL"\n' }, 'TLS_PRIORITY="NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"\n'],
  ]
  for (const [why, texts, after, folder] of rows)
    test(why, () => {
      const [reading, options, files] = given(texts, {}, folder)
      const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy('postern', { suites: suitesOf(reading) }) }))
      const { changes } = courierAdapter.write(reading, wanted, options)
      const [first] = files
      assert.ok(first)
      assert.equal(
        withEdits(
          first,
          changes.flatMap(({ edits }) => edits),
        ).text,
        after,
      )
    })

  test('what cannot be said is told', () => {
    const [reading, options] = given({ esmtpd: 'TLS_DHPARAMS=/nowhere\n' })
    const { inexpressible } = courierAdapter.write(reading, [{ door: 'SMTP', role: 'server', policy: policy('mozilla-modern') }], options)
    assert.deepEqual(
      inexpressible.map(({ word }) => word),
      ['protocols', 'groups'],
    )
  })
})

test('what commands decide is not written, and the plan says so', () => {
  const [reading, options] = given({ esmtpd: 'TLS_PROTOCOL=TLSv1\ntest -f x && TLS_PROTOCOL=TLSv1.2\n' })
  const wanted = { ...policy('mozilla-intermediate'), groups: [...policy('postern').groups], suites: suitesOf(reading) }
  const { changes, inexpressible } = courierAdapter.write(reading, [{ door: 'SMTP', role: 'server', policy: wanted }], options)
  assert.deepEqual(
    changes.map(({ setting }) => setting).filter((setting) => setting === 'TLS_PROTOCOL'),
    [],
  )
  assert.match(inexpressible.find(({ word }) => word === 'protocols')?.why ?? '', /set by commands of sh/)
})

/** What stands there, so that only versions change. */
function suitesOf({ legs }: Reading): readonly string[] {
  return legs.flatMap(({ words: { suites } }) => (suites.value === 'unknown' ? [] : suites.value))
}

describe('wordValue()', () => {
  const environment = new Map([
    ['A', 'x'],
    ['B', undefined],
  ])
  const rows: readonly (readonly [word: string, value: string | undefined])[] = [
    [`'$A'"$A"\${A}b`, '$Axxb'],
    ['"\\$A\\x"', '$A\\x'],
    ['\\$A$NONE', '$A'],
    ['$B', undefined],
    ['`id`', undefined],
    ['"${A:-y}"', undefined],
  ]
  for (const [word, value] of rows) test(word, () => assert.equal(wordValue(word, environment), value))
})

describe('whose file it is', () => {
  const rows: readonly (readonly [path: string, text: string, how: number])[] = [
    ['/etc/courier/imapd-ssl', 'TLS_PROTOCOL=x\n', 1],
    ['/tmp/copy', '##NAME: TLS_PROTOCOL:0\n', 0.9],
    ['/etc/default/imapd', 'A=B\n', 0],
    ['/etc/vsftpd.conf', 'ssl_enable=YES\n', 0],
  ]
  for (const [path, text, how] of rows) test(path, () => assert.equal(courierAdapter.recognises({ path, text }), how))
})
