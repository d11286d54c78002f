import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName } from '../../policy/index.ts'
import type { Ask, Reading, ReadOptions } from '../adapter.ts'
import { withEdits, type SettingsFile } from '../settings-file.ts'
import type { LegWords, Role } from '../words.ts'
import { opensmtpdAdapter } from './adapter.ts'

const MAIN = '/etc/mail/smtpd.conf'
const [OLD, NEW] = ['6.8.0p2', '7.6.0p1']

function fileOf(text: string): SettingsFile {
  return { path: MAIN, text }
}

function optionsFor(version: string | undefined, others: Readonly<Record<string, string>> = {}): ReadOptions {
  return {
    openssl: '3.0',
    more: (path) => (others[path] === undefined ? undefined : { path, text: others[path] }),
    ...(version === undefined ? {} : { version }),
  }
}

function read(text: string, version?: string, others?: Readonly<Record<string, string>>): Reading {
  return opensmtpdAdapter.read(fileOf(text), optionsFor(version, others))
}

const PKI = 'pki a cert "/a.crt"\npki a key "/a.key"\n'
const listen = (options = '', before = ''): string => `${PKI}${before}listen on all tls pki a ${options}\n`
const relay = (options = '', before = ''): string => `${before}action "out" relay ${options}\n`

describe('what a leg has', () => {
  const newer = ['TLSv1.2', 'TLSv1.3']
  const all = ['TLSv1', 'TLSv1.1', ...newer]
  const rows: readonly (readonly [why: string, text: string, word: keyof LegWords, value: unknown, version?: string, role?: Role])[] = [
    ['every version before 7', listen(), 'protocols', all, OLD],
    ['the newer ones since', listen(), 'protocols', newer, NEW],
    ['names with commas and colons', listen('protocols "TLSv1.3,tlsv1.2"'), 'protocols', newer, NEW],
    ['all but one', listen('protocols "all:!tlsv1.2"'), 'protocols', ['TLSv1.3'], NEW],
    ['old names bring nothing', listen('protocols "tlsv1.0,tlsv1.3"'), 'protocols', ['TLSv1.3'], NEW],
    ['as they did once', listen('protocols "tlsv1.0,tlsv1.3"'), 'protocols', ['TLSv1', 'TLSv1.3'], '7.3.0p2'],
    ['a blank behind a name is too much', listen('protocols "tlsv1.2 , tlsv1.3"'), 'protocols', 'unknown', NEW],
    ['a macro', listen('protocols $p', 'p = "tlsv1.3"\n'), 'protocols', ['TLSv1.3'], NEW],
    ['a macro from the command line', listen('protocols $p'), 'protocols', 'unknown', NEW],
    ['several words in a macro', listen('$o', 'o = "protocols tlsv1.3"\n'), 'protocols', ['TLSv1.3'], NEW],
    ['relays have their own', relay('protocols "tlsv1.3"'), 'protocols', ['TLSv1.3'], NEW, 'client'],
    ['a relay in plain text has none', relay('host smtp+notls://mx.example'), 'protocols', [], NEW, 'client'],
    ['the server chooses', listen(), 'order', 'server', OLD],
    ['the other end does', relay(), 'order', 'unknown', OLD, 'client'],
    ['three groups of libtls', listen(), 'groups', ['x25519', 'secp256r1', 'secp384r1'], NEW],
    ['no DHE', listen(), 'dh', null, NEW],
    ['unless it is asked for', listen('', 'pki a dhe legacy\n'), 'dh', 1024, NEW],
    ['or more where the level asks for it', listen('ciphers "HIGH@SECLEVEL=2"', 'pki a dhe legacy\n'), 'dh', 2048, NEW],
    ['of the first pki', listen('pki b', 'pki b dhe legacy\n'), 'dh', null, NEW],
    ['in vain before 7', listen('', 'pki a dhe legacy\n'), 'dh', null, OLD],
    ['the size of auto is the certificate’s', listen('', 'pki a dhe auto\n'), 'dh', 'unknown', NEW],
  ]
  for (const [why, text, word, value, version, role = 'server'] of rows) {
    test(why, () => {
      const leg = read(text, version).legs.find((one) => one.role === role)
      assert.deepEqual(leg?.words[word].value, value)
    })
  }

  const AES128 = 'TLS_RSA_WITH_AES_128_CBC_SHA'
  const AES256 = 'TLS_RSA_WITH_AES_256_CBC_SHA'
  const lists: readonly (readonly [why: string, text: string, older: readonly string[], version?: string])[] = [
    ['the list for all', listen('', 'smtp ciphers "AES128-SHA" # x\n'), [AES128], OLD],
    ['the last one', listen('', 'smtp ciphers "AES256-SHA"\nsmtp ciphers AES128-SHA\n'), [AES128], OLD],
    ['a listener’s own wins', listen('ciphers "AES256-SHA"', 'smtp ciphers "AES128-SHA"\n'), [AES256], NEW],
    ['line ends and backslashes in quotes', listen('', 'smtp ciphers "AES128-SHA:\\\nAES256-SHA"\n'), [AES128, AES256], OLD],
    ['no DHE without parameters', listen('', "smtp ciphers 'DHE-RSA-AES128-SHA:AES128-SHA'\n"), [AES128], OLD],
  ]
  for (const [why, text, older, version] of lists) {
    test(why, () => {
      const suites = read(text, version).legs[0]?.words.suites.value
      assert.deepEqual(suites === 'unknown' ? suites : suites?.slice(3), older)
    })
  }

  test('words of libtls stand for lists', () => {
    const suites = (word: string): LegWords['suites']['value'] | undefined =>
      opensmtpdAdapter.read(fileOf(listen(`ciphers ${word}`)), { version: NEW, openssl: '3.5' }).legs[0]?.words.suites.value
    assert.deepEqual(suites('Compat'), suites('"HIGH:!aNULL"'))
    assert.deepEqual(suites('insecure'), suites('"ALL:!aNULL:!eNULL"'))
  })
})

describe('legs', () => {
  const rows: readonly (readonly [why: string, text: string, legs: readonly string[]])[] = [
    ['listeners without TLS and sockets are no doors', 'listen on lo0\nlisten on socket filter tls\n', []],
    [
      'ports by number, by name and by default',
      'listen on lo0 tls pki a\nlisten on "192.0.2.1" smtps pki a\nlisten on $if port submission tls-require pki a\nif = x\n',
      ['server lo0 port 25', 'server 192.0.2.1 port 465', 'server  port 587'],
    ],
    ['the same one twice', 'listen on a tls pki a\nlisten on a tls pki b\n', ['server a port 25', 'server a port 25 #2']],
    ['actions that relay', 'action "local" maildir\naction out relay tls\n', ['client out'].map((one) => one.replace('out', 'action out'))],
    ['tables between braces', 'table x {\n "listen",\n "tls" }\nlisten on a tls pki a\n', ['server a port 25']],
  ]
  for (const [why, text, legs] of rows) {
    test(why, () =>
      assert.deepEqual(
        read(text).legs.map(({ role, door }) => `${role} ${door}`),
        legs,
      ),
    )
  }

  const opportunistic: readonly (readonly [options: string, is: true | undefined])[] = [
    ['', true],
    ['host mx.example', true],
    ['tls', undefined],
    ['tls no-verify', undefined],
    ['host "smtps://a@mx.example" auth <t>', undefined],
    ['host smtp+tls://mx.example', undefined],
  ]
  for (const [options, is] of opportunistic) {
    test(`relay ${options} ${is === true ? 'goes on without TLS' : 'insists on TLS'}`, () =>
      assert.equal(read(relay(options)).legs[0]?.opportunistic, is))
  }

  test('included files are read in their place', () => {
    const { legs, files } = read('include "/etc/mail/tls.conf"\nlisten on $if tls pki a\n', NEW, { '/etc/mail/tls.conf': 'if = "lo0"\n' })
    assert.equal(legs[0]?.door, 'lo0 port 25')
    assert.equal(files.length, 2)
  })
})

describe('what is found', () => {
  const rows: readonly (readonly [why: string, text: string, id: string | undefined, fact: RegExp, version?: string])[] = [
    ['nothing', listen(), undefined, /^$/, OLD],
    ['nobody knows which version it is', listen(), 'settings-version', /before 7 TLS 1\.0 and 1\.1 are on and cannot be turned off/],
    ['words that tell', listen('protocols tlsv1.3'), undefined, /^$/],
    ['words that the version does not know', listen('ciphers HIGH'), 'settings-stops-start', /ciphers is known from 7 on/, OLD],
    ['no certificate', 'listen on a tls\n', 'settings-stops-start', /a listener with TLS has no pki/, NEW],
    ['no protocol', listen('protocols "TLS1.2"'), 'settings-stops-start', /does not take the protocols TLS1\.2/, NEW],
    ['old protocols', listen('protocols "tlsv1.1,tlsv1.2"'), 'settings-ignored', /cannot be asked for since 7\.4/, NEW],
    [
      'a list that OpenSSL refuses',
      listen('', 'smtp ciphers "NOTHING"\n'),
      'settings-value-refused',
      /so that OpenSMTPD does not start/,
      OLD,
    ],
    ['two lists', listen('', 'smtp ciphers HIGH\nsmtp ciphers ALL\n'), 'settings-given-twice', /given 2 times; the last one wins/, OLD],
    ['parameters in vain', listen('', 'pki a dhe auto\n'), 'settings-ignored', /turns no DHE on before OpenSMTPD 7/, OLD],
    ['no parameters', listen('', 'pki a dhe 2048\n'), 'settings-stops-start', /pki a dhe is 2048/, NEW],
    ['line ends of Windows', 'listen on a tls pki a\r\n', 'settings-stops-start', /end as on Windows/, OLD],
  ]
  for (const [why, text, id, fact, version] of rows) {
    test(why, () => {
      const [first, ...others] = read(text, version).findings
      assert.equal(first?.id, id)
      assert.match(first?.fact ?? '', fact)
      assert.deepEqual(others, [])
    })
  }

  const broken = [
    ['listen on "lo0 tls\n', /line 1, column 11: the quote that begins here is never closed/],
    ['table a {\n b\n', /line 1, column 9: the brace that opens here is never closed/],
    ['pki a cert "x"\naccept for any relay\n', /line 2, column 1: this is the language of OpenSMTPD before 6\.4/],
  ] as const
  for (const [text, message] of broken) test(text.replaceAll('\n', ' '), () => assert.throws(() => read(text), { message }))
})

describe('writing', () => {
  const rulebook = rulebookByName('mozilla-modern')
  assert.ok(rulebook)
  const policy = { ...policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') }), sslv2Hello: true }
  const write = (text: string, version: string, only?: Role): readonly [text: string, why: readonly string[]] => {
    const reading = read(text, version)
    const wanted = reading.legs.filter(({ role }) => only === undefined || role === only).map(({ door, role }) => ({ door, role, policy }))
    const { changes, inexpressible } = opensmtpdAdapter.write(reading, wanted, optionsFor(version))
    const edits = changes.flatMap((change) => change.edits)
    return [withEdits(fileOf(text), edits).text, inexpressible.map(({ why }) => why)]
  }

  test('a word behind the others of a line, before its comment', () => {
    const before = 'listen on a \\\n\ttls pki a # protocols all\naction out relay protocols all # here\n'
    const after = 'listen on a \\\n\ttls pki a protocols "tlsv1.3" # protocols all\naction out relay protocols "tlsv1.3" # here\n'
    assert.equal(write(before, NEW)[0], after)
  })

  test('one leg alone', () => {
    const before = 'listen on a tls pki a\naction out relay\n'
    assert.equal(write(before, NEW, 'client')[0], 'listen on a tls pki a\naction out relay protocols "tlsv1.3"\n')
  })

  test('a macro in its place, where it stands for one word', () => {
    const before = 'p = "tlsv1.2"\nlisten on a tls pki a protocols $p\nlisten on b tls pki a protocols $p\n'
    assert.equal(write(before, NEW)[0], before.replaceAll('$p', '"tlsv1.3"'))
    const [same, why] = write('o = "tls pki a protocols tlsv1.2"\nlisten on a $o\n', NEW)
    assert.equal(same, 'o = "tls pki a protocols tlsv1.2"\nlisten on a $o\n')
    assert.match(why.join(), /protocols comes from a macro with more than this in it/)
  })

  test('before 7 there is one list for all, and nothing else', () => {
    const intermediate = rulebookByName('mozilla-intermediate')
    assert.ok(intermediate)
    const reading = read('pki a cert "/x" # a\nlisten on a tls pki a\naction out relay\n', OLD)
    const wanted = reading.legs.map(({ door, role }) => ({
      door,
      role,
      policy: policyOf(intermediate, { now: new Date('2026-11-22T00:00:00Z') }),
    }))
    const both = opensmtpdAdapter.write(reading, wanted, optionsFor(OLD))
    assert.match(both.inexpressible.map(({ why }) => why).join(), /OpenSMTPD 6\.8\.0p2 has no setting for versions/)
    const one = opensmtpdAdapter.write(reading, wanted.slice(0, 1), optionsFor(OLD))
    assert.deepEqual(one.changes, [])
    assert.match(one.inexpressible.map(({ why }) => why).join(), /ciphers is shared with another leg/)
  })

  test('small parameters grow with the certificate', () => {
    const old = {
      ...policy,
      dh: { minBits: 2048 },
      protocols: { allowed: ['TLSv1.2'] as const, required: [] },
      suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'],
    }
    const text = 'pki a dhe legacy # small\nlisten on a tls pki a protocols tlsv1.2 ciphers DHE-RSA-AES128-GCM-SHA256\n'
    const reading = read(text, NEW)
    const { changes } = opensmtpdAdapter.write(
      reading,
      reading.legs.map(({ door, role }) => ({ door, role, policy: old })),
      optionsFor(NEW),
    )
    const edits = changes.flatMap((change) => change.edits)
    assert.equal(withEdits(fileOf(text), edits).text, text.replace('legacy', 'auto'))
  })
})

test('keys are secrets', () => {
  const file = fileOf('srs key "s3cret"\nqueue encryption abcdef\nsrs key backup "old"\npki a key "/a.key"\n')
  assert.deepEqual(
    opensmtpdAdapter.secrets(file).map(({ start, end }) => file.text.slice(start, end)),
    ['"s3cret"', 'abcdef', '"old"'],
  )
})

test('its package says the version, and a file of Cyrus SASL is none of its', () => {
  const ask: Ask = {
    run: (program, ...args) =>
      program === 'dpkg-query' && args.at(-1) === 'opensmtpd' ? { text: '6.8.0p2-4+b4', by: '/usr/bin/dpkg-query' } : undefined,
    entry: () => undefined,
  }
  assert.deepEqual(opensmtpdAdapter.installed?.(MAIN, ask), { version: '6.8.0p2-4+b4', by: '/usr/bin/dpkg-query' })
  assert.equal(opensmtpdAdapter.recognises({ path: '/etc/postfix/sasl/smtpd.conf', text: 'pwcheck_method: saslauthd\n' }), 0)
  assert.equal(opensmtpdAdapter.recognises(fileOf('listen on lo0\n')), 1)
})
