import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { CipherListJson, GnutlsJson, NamesJson } from './ciphers-json.ts'
import { main } from './main.ts'
import type { Terminal } from './terminal.ts'

interface Session {
  readonly status: number
  readonly out: string
  readonly err: string
}

async function postern(args: readonly string[], window: Partial<Terminal> = {}): Promise<Session> {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    interactive: false,
    colour: false,
    columns: 100,
    cwd: '/',
    env: {},
    ...window,
  }
  const status = await main(['ciphers', ...args], terminal)
  return { status, out, err }
}

async function json<T>(args: readonly string[]): Promise<T> {
  const { out } = await postern([...args, '--json'])
  return JSON.parse(out) as T
}

describe('postern ciphers --json', () => {
  test('gives the suites in order, in the words of openssl ciphers -v', async () => {
    const printed = await json<CipherListJson>(['ECDHE+AESGCM:@STRENGTH', '--openssl', '3.0'])
    assert.equal(printed.openssl, '3.0')
    assert.deepEqual(
      printed.suites.map((suite) => suite.code),
      ['0x1302', '0x1303', '0x1301', '0xC02C', '0xC030', '0xC02B', '0xC02F'],
    )
    assert.deepEqual(printed.suites[3], {
      code: '0xC02C',
      openssl: 'ECDHE-ECDSA-AES256-GCM-SHA384',
      iana: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      protocol: 'TLSv1.2',
      kx: 'ECDH',
      au: 'ECDSA',
      enc: 'AESGCM(256)',
      mac: 'AEAD',
      bits: 256,
    })
    assert.deepEqual([printed.refused, printed.warnings, printed.securityLevel], [null, [], 1])
    assert.equal(printed.terms, undefined)
  })

  test('with --explain has the terms, and what DEFAULT stands for', async () => {
    const { terms } = await json<CipherListJson>(['DEFAULT:NOSUCH!aNULL:3DES', '--explain', '--openssl', '3.0'])
    assert.deepEqual(
      terms?.map(({ text, effect, reason, lost }) => [text, effect, reason, lost]),
      [
        ['DEFAULT', 'added', null, ''],
        ['NOSUCH', 'nothing', 'unknown', '!aNULL'],
        ['3DES', 'nothing', 'not-compiled-in', ''],
      ],
    )
    assert.deepEqual(
      terms?.[0]?.standsFor.map(({ text }) => text),
      ['ALL', '!COMPLEMENTOFDEFAULT', '!eNULL'],
    )
  })

  test('of a refused list says why, and what a program goes on with that does not look', async () => {
    const { status, out } = await postern(['HIGH:@NOPE', '--openssl', '3.0', '--json'])
    const printed = JSON.parse(out) as CipherListJson
    assert.equal(status, 2)
    assert.deepEqual([printed.refused?.code, printed.refused?.at], ['CIPHER_LIST_COMMAND', 5])
    assert.deepEqual(printed.suites, (await json<CipherListJson>(['DEFAULT', '--openssl', '3.0'])).suites)
  })

  test('four generations at once', async () => {
    const { generations } = await json<{ generations: readonly CipherListJson[] }>(['3DES', '--openssl', 'all'])
    assert.deepEqual(
      generations.map(({ openssl, refused }) => [openssl, refused?.reason ?? 'taken']),
      [
        ['1.0.2', 'taken'],
        ['1.1.1', 'no cipher match'],
        ['3.0', 'no cipher match'],
        ['3.5', 'no cipher match'],
      ],
    )
  })

  test('--seclevel leaves out what the level forbids', async () => {
    const { suites } = await json<CipherListJson>(['ALL:COMPLEMENTOFALL', '--seclevel', '5', '--openssl', '3.5'])
    assert.ok(suites.length > 10 && suites.every((suite) => suite.bits === 256 && suite.au !== 'None' && suite.mac !== 'SHA1'))
  })
})

interface Vector {
  readonly openssl: string
  readonly list: string
  readonly suites?: readonly string[]
  readonly hello?: readonly string[]
  readonly error?: true
}

describe('postern ciphers on what OpenSSL made of lists', () => {
  const url = new URL('../policy/ciphers/testdata/cipher-lists.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(url)).toString().trim().split('\n')
  const vectors = lines.map((line) => JSON.parse(line) as Vector)
  // Those that could be taken for an option, and some others.
  const chosen = vectors.filter(({ list }, index) => list.startsWith('-') || index % 12 === 0)

  test(`${chosen.length} lists, those that begin with a minus among them`, async () => {
    assert.ok(chosen.filter(({ list }) => list.startsWith('-')).length > 20)
    for (const { openssl, list, suites, hello, error } of chosen) {
      const generation = openssl.startsWith('3') ? openssl.slice(0, 3) : openssl.slice(0, 5)
      const { status, out } = await postern([list, '--openssl', generation, '--json'])
      if (error === true) {
        assert.equal(status, 2, list)
        continue
      }
      const printed = (JSON.parse(out) as CipherListJson).suites
      const codes = (hello === undefined ? printed : printed.filter(({ kx }) => !/PSK|SRP/.test(kx))).map(({ code }) => code.slice(2))
      assert.deepEqual(codes, suites ?? hello, list)
      if (suites !== undefined) assert.equal(status, 0, list)
    }
  })

  test('and lists that look like options of ours', async () => {
    for (const list of ['-high:AES', '-ALL:AES', '--AES:AES', '-json:AES']) {
      const { status, out } = await postern([list, '--openssl', '3.0', '--json'])
      assert.equal(status, 0, list)
      assert.equal((JSON.parse(out) as CipherListJson).list, list)
    }
  })
})

describe('postern ciphers refuses', () => {
  const sessions: readonly (readonly [why: string, args: readonly string[], err: readonly string[]])[] = [
    [
      'an invalid command, with the place',
      ['HIGH:@NOPE:!MD5', '--openssl', '3.0'],
      [
        'postern: error: Cannot use the cipher list with OpenSSL 3.0: "@NOPE" is no command (invalid command)',
        '  HIGH:@NOPE:!MD5',
        '       ^^^^^',
      ],
    ],
    [
      'curly quotes, as word processors make them',
      ['HIGH:“aNULL”', '--openssl', '3.0'],
      [
        'postern: error: Cannot use the cipher list with OpenSSL 3.0: "“" cannot stand in a name (invalid command)',
        '  HIGH:“aNULL”',
        '       ^',
      ],
    ],
    ['a list of nothing', ['NOSUCH'], ['it selects no cipher suite for TLS 1.2 or earlier (no cipher match)', '  ^^^^^^']],
    ['a level before there were any', ['HIGH', '--openssl', '1.0.2', '--seclevel', '1'], ['levels came with 1.1.0']],
    ['a level that there is not', ['HIGH', '--seclevel', '6'], ['It is a number from 0 to 5.']],
    ['an OpenSSL that nobody asked about', ['HIGH', '--openssl', '0.9.8'], ['Allowed choices are 1.0.2, 1.1.1, 3.0, 3.5, all.']],
    [
      'a GnuTLS string that GnuTLS does not take',
      ['NORMAL:+FOO'],
      ['"+FOO" is nothing that GnuTLS knows', '  NORMAL:+FOO', '         ^^^^'],
    ],
    [
      'a name that nobody has registered',
      ['TLS_RSA_WITH_AES_128_CBC_SHA,TLS_NO', '--names'],
      ['"TLS_NO"', '                               ^^^^^^'],
    ],
    ['a list that no generation takes', ['@NOPE', '--openssl', 'all'], ['Cannot use the cipher list with OpenSSL 3.5']],
    ['an option that there is not', ['HIGH', '--jsn'], ["unknown option '--jsn'"]],
    ['a list without quotes', ['HIGH', '!aNULL'], ["'!aNULL' stands beside it"]],
    ['nothing at all', [], ["missing required argument 'list'"]],
  ]
  for (const [why, args, err] of sessions) {
    test(why, async () => {
      const session = await postern(args)
      assert.equal(session.status, 2)
      for (const line of err) assert.ok(session.err.includes(line), `${session.err}\nlacks ${line}`)
      assert.match(session.err, /hint: .+\.|--help shows/)
    })
  }
})

describe('postern ciphers for people', () => {
  test('an aligned table, the count and what to mind', async () => {
    const { status, out } = await postern(['AESGCM', '--openssl', '3.0'])
    const lines = out.split('\n')
    assert.equal(status, 0)
    assert.equal(
      lines[0],
      'Code    OpenSSL                        IANA                                     Protocol  Kx      Au     Enc                     Mac   Bits',
    )
    assert.ok(
      lines.some((line) =>
        /^0xC02C {2}ECDHE-ECDSA-AES256-GCM-SHA384 +TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 +TLSv1\.2 +ECDH +ECDSA +AESGCM\(256\) +AEAD +256$/.test(
          line,
        ),
      ),
    )
    assert.match(out, /21 suites in OpenSSL 3\.0/)
    assert.match(out, /Mind: The list contains 2 anonymous suites/)
    assert.ok(!out.includes('\u001b'))
  })

  test('a narrow window goes without IANA names, colours are for terminals', async () => {
    const { out } = await postern(['AESGCM'], { interactive: true, colour: true, columns: 80 })
    assert.ok(!out.includes('TLS_ECDHE_ECDSA_WITH'))
    assert.ok(out.includes('\u001b[1mCode'))
  })

  test('--explain walks the list', async () => {
    const { out } = await postern([
      'AESGCM:RSA:+kRSA:-AES256:!MD5:3DES:high:kRSA+kPSK:NOSUCH!X:@STRENGTH:@SECLEVEL=1',
      '--explain',
      '--openssl',
      '3.0',
    ])
    const expected = [
      /^AESGCM +adds 18: .*, … +18$/m,
      /^\+kRSA +moves to the end \d+: /m,
      /^-AES256 +removes \d+: /m,
      /^!MD5 +bans 1: NULL-MD5 /m,
      /^3DES +nothing: this build has no such suite /m,
      /^high +nothing: high is unknown; HIGH is a word /m,
      /^kRSA\+kPSK +nothing: kPSK and what stands before it exclude each other /m,
      /^NOSUCH +nothing: NOSUCH is unknown; "!X" behind it goes unread /m,
      /^@SECLEVEL=1 +sets security level 1 /m,
    ]
    for (const line of expected) assert.match(out, line)
  })

  test('--explain of a refused list shows how far it came', async () => {
    const { status, out } = await postern(['HIGH:@NOPE', '--explain', '--openssl', '3.0'])
    assert.equal(status, 2)
    assert.match(out, /^@NOPE +makes OpenSSL refuse the whole list /m)
  })

  test('--openssl all puts the places side by side', async () => {
    const { status, out } = await postern(['MEDIUM', '--openssl', 'all'])
    assert.equal(status, 0)
    assert.match(out, /^0x0096 {2}SEED-SHA +\d+ +\d+ +- +-$/m)
    assert.match(out, /^OpenSSL 3\.0 refuses the list: it selects no cipher suite/m)
  })
})

describe('postern ciphers in other languages', () => {
  test('reads a GnuTLS priority string without being told', async () => {
    const printed = await json<GnutlsJson>(['SECURE192:-VERS-ALL:+VERS-TLS1.3'])
    assert.deepEqual(
      [printed.gnutls, printed.protocols, printed.suites.map((suite) => suite.code), printed.groups],
      [true, ['TLSv1.3'], ['0x1302', '0x1303'], ['secp384r1', 'secp521r1', 'ffdhe8192']],
    )
    const { out } = await postern(['SECURE192:-VERS-ALL:+VERS-TLS1.3:%SERVER_PRECEDENCE'])
    assert.match(out, /^Groups: +secp384r1, secp521r1, ffdhe8192$/m)
    assert.match(out, /^Options: +SERVER_PRECEDENCE$/m)
  })

  test('takes SUITEB128 for OpenSSL’s, unless told', async () => {
    assert.equal((await json<CipherListJson>(['SUITEB128'])).openssl, '3.5')
    assert.equal((await json<GnutlsJson>(['SUITEB128', '--gnutls'])).gnutls, true)
  })

  test('reads names as Java has them', async () => {
    const printed = await json<NamesJson>(['SSL_RSA_WITH_3DES_EDE_CBC_SHA, TLS_AES_128_GCM_SHA256'])
    assert.deepEqual(
      printed.suites.map(({ iana, openssl, jsse }) => [iana, openssl, jsse]),
      [
        ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'DES-CBC3-SHA', 'SSL_RSA_WITH_3DES_EDE_CBC_SHA'],
        ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
      ],
    )
  })

  test('but --openssl makes OpenSSL read them', async () => {
    const session = await postern(['TLS_RSA_WITH_AES_128_CBC_SHA', '--openssl', '3.0'])
    assert.equal(session.status, 2)
  })

  const written: readonly (readonly [list: string, as: string, out: string, err: RegExp])[] = [
    ['AES128-SHA:DES-CBC3-SHA', 'openssl', 'AES128-SHA', /TLS 1\.3 suites are set elsewhere/],
    ['TLS_RSA_WITH_AES_128_CBC_SHA,SSL_RSA_WITH_RC4_128_MD5', 'openssl', 'AES128-SHA:RC4-MD5', /^$/],
    [
      'AES128-SHA:AES128-CCM',
      'jsse',
      'TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA',
      /TLS_RSA_WITH_AES_128_CCM/,
    ],
    ['NONE:+VERS-TLS1.2:+RSA:+AES-128-CBC:+SHA1:+SIGN-ALL', 'iana', 'TLS_RSA_WITH_AES_128_CBC_SHA', /^$/],
    [
      'TLS_RSA_WITH_AES_128_CBC_SHA,TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
      'gnutls',
      'NONE:+VERS-TLS1.2:+RSA:+DHE-RSA:+AES-128-CBC:+AES-256-CBC:+SHA1:+GROUP-ALL:+SIGN-ALL',
      /cannot leave these out/,
    ],
  ]
  for (const [list, as, out, err] of written) {
    test(`${list} as ${as}`, async () => {
      const session = await postern([list, '--as', as])
      assert.deepEqual([session.status, session.out.trim()], [0, out])
      assert.match(session.err, err)
    })
  }

  test('an order that GnuTLS cannot keep is told', async () => {
    const { err } = await postern([
      'TLS_RSA_WITH_AES_128_CBC_SHA,TLS_DHE_RSA_WITH_AES_128_CBC_SHA,TLS_RSA_WITH_AES_256_CBC_SHA',
      '--as',
      'gnutls',
    ])
    assert.match(err, /cannot keep this order/)
  })
})
