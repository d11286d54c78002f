import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Proof } from '../src/audit/index.ts'
import { dialectByName } from '../src/dialects/index.ts'
import type { Policy } from '../src/policy/index.ts'
import { suiteName } from '../src/registry/index.ts'
import { extension, type ClientHello } from './hostile/client-hello.ts'
import { hostileRow, script, scripted, startHostile, type Behaviour } from './hostile/index.ts'
import { KNOWN_SUITES } from './hostile/suites.ts'
import type { Reaction } from './hostile/script.ts'
import { ids, policyNamed, proveAt, withoutCertificates } from './proved.ts'

const TLS10 = 0x0301
const TLS11 = 0x0302
const TLS12 = 0x0303
const TLS13 = 0x0304
const SSL3 = 0x0300
const NAME = 'hostile.example'

const intermediate = withoutCertificates(policyNamed('mozilla-intermediate'))
const modern = policyNamed('mozilla-modern')
const own = withoutCertificates(policyNamed('postern'))
const ECDHE_AEAD = [0xc02f, 0xc030, 0xcca8]
/** For servers with an old version: a suite for it, which TLS 1.2 does not have. */
const old = { [SSL3]: [0x002f], [TLS10]: [0xc013], [TLS11]: [0xc013], [TLS12]: ECDHE_AEAD }
/** Suites with CAMELLIA, ARIA and SEED, no two of one kind beside each other. */
const RARE = KNOWN_SUITES.filter((code) => /CAMELLIA|ARIA|SEED/.test(suiteName(code)))
/** With a certificate, which a server of today may not do in an old version. */
const isSigned = (code: number): boolean => /^TLS_(ECDHE|DHE)_(RSA|ECDSA|DSS)_/.test(suiteName(code))
/** Keeps to mozilla-intermediate. */
const fine = { versions: [TLS12, TLS13], suites: ECDHE_AEAD }

/** Why, the server, the policy, what the proof says, and which checks are broken (or may not be kept, where nobody can say). */
type Row = readonly [why: string, server: string | Behaviour, policy: Policy, keeps: 'yes' | 'no' | 'unknown', ids: readonly string[]]

const refusing = (reaction: 'close' | 'reset' | 'silence') => ({
  refusals: { ...script().refusals, version: reaction, suite: reaction, group: reaction, nonsense: reaction, sslv2: reaction },
  sslv2Hello: reaction,
})

/** Does as `behaviour` on the first connections, and then as a server that has too many: accepts and closes. */
function overrun(behaviour: Behaviour, after: number): Behaviour {
  return async (wire, nth) => {
    if (nth <= after) await behaviour(wire, nth)
    else await wire.peek(1)
  }
}

/** Has a forbidden suite too, but not for these. */
function notFor(whom: (hello: ClientHello) => boolean): Behaviour {
  const suites: number[] = []
  const balks = (hello: ClientHello): undefined => void suites.splice(0, Infinity, ...ECDHE_AEAD, ...(whom(hello) ? [] : [0x002f]))
  return scripted({ ...fine, suites, order: 'client', balks })
}

/** Refuses whoever does not name it, and so all who ask for SSL 3.0, which has no place for a name. */
const strict = (hello: ClientHello) => (extension(hello, 0) === undefined ? ({ alert: 112 } as const) : undefined)

const rows: readonly Row[] = [
  ['a server that keeps to it', scripted(fine), intermediate, 'yes', []],
  [
    'refusing by closing is refusing, as long as the rest is answered',
    scripted({ ...fine, ...refusing('close') }),
    intermediate,
    'yes',
    [],
  ],
  ['one old version', scripted({ ...fine, suites: old, versions: [TLS11, TLS12, TLS13] }), intermediate, 'no', ['refuses-protocols']],
  [
    'a hello of TLS 1.1 that is answered with TLS 1.0 shows TLS 1.0',
    scripted({ ...fine, suites: old, versions: [TLS10, TLS12] }),
    intermediate,
    'no',
    ['refuses-protocols'],
  ],
  [
    'nothing but a rare suite that is allowed, behind a server that refuses long hellos in the words in which it refuses suites',
    scripted({ versions: [TLS12], suites: [0x003c], balks: (hello) => (hello.suites.length > 100 ? { alert: 40 } : undefined) }),
    own,
    'yes',
    [],
  ],
  [
    'no secure renegotiation in TLS 1.2, which has nothing but a pre-shared key beside TLS 1.3',
    scripted({ versions: [TLS12, TLS13], suites: [0xccab], renegotiationInfo: false }),
    own,
    'no',
    ['feature-secureRenegotiation'],
  ],
  [
    'TLS 1.0 below a version that is refused by its number, as GnuTLS does',
    scripted({ ...fine, suites: old, versions: [TLS10, TLS12], balks: (hello) => (hello.version === TLS11 ? { alert: 70 } : undefined) }),
    intermediate,
    'no',
    ['refuses-protocols'],
  ],
  [
    'SSL 3.0 alone beside the new ones',
    scripted({ ...fine, versions: [SSL3, TLS12, TLS13], suites: old }),
    intermediate,
    'no',
    ['refuses-protocols'],
  ],
  ['SSL 2.0', scripted({ ...fine, sslv2: { kinds: [0x010080], lists: 'all', certificate: true } }), intermediate, 'no', ['refuses-sslv2']],
  [
    'an SSLv2-format hello, where the policy forbids it',
    scripted({ ...fine, sslv2Hello: 'answers' }),
    { ...intermediate, sslv2Hello: false },
    'no',
    ['refuses-sslv2-hello'],
  ],
  [
    'an SSLv2-format hello with RSA, where the policy forbids it and TLS 1.3 shows a key of ECDSA',
    scripted({ ...fine, suites: [0xc02b, 0xc02f], sslv2Hello: 'answers' }),
    { ...intermediate, sslv2Hello: false },
    'no',
    ['refuses-sslv2-hello'],
  ],
  [
    'TLS 1.3 alone, where the policy forbids hellos in the format of SSL 2.0',
    scripted({ versions: [TLS13] }),
    { ...withoutCertificates(modern), sslv2Hello: false },
    'yes',
    [],
  ],
  ['an SSLv2-format hello, where it does not', scripted({ ...fine, sslv2Hello: 'answers' }), intermediate, 'yes', []],
  [
    'one forbidden suite at the end of the list',
    scripted({ ...fine, suites: [...ECDHE_AEAD, 0x000a] }),
    intermediate,
    'no',
    ['refuses-suites'],
  ],
  [
    'a forbidden suite for clients that name no server',
    notFor((hello) => extension(hello, 0) !== undefined),
    intermediate,
    'no',
    ['refuses-suites'],
  ],
  ['the same for clients that name it', notFor((hello) => extension(hello, 0) === undefined), intermediate, 'no', ['refuses-suites']],
  ['a forbidden suite of TLS 1.3', scripted({ ...fine, tls13: { suites: [0x1301, 0x1305] } }), intermediate, 'no', ['refuses-suites']],
  ['a forbidden group of TLS 1.3', scripted({ ...fine, tls13: { groups: [29, 256] } }), intermediate, 'no', ['refuses-groups']],
  ['a forbidden group of TLS 1.2', scripted({ ...fine, groups: [29, 25] }), intermediate, 'no', ['refuses-groups']],
  [
    'DHE that shows itself only to clients with FFDHE groups',
    'gnutls-dhe-with-groups-only',
    { ...intermediate, protocols: { allowed: ['TLSv1.2', 'TLSv1.1', 'TLSv1'], required: [] } },
    'no',
    ['refuses-suites'],
  ],
  [
    'a signature scheme that is forbidden',
    scripted(fine),
    { ...intermediate, signatureSchemes: ['rsa_pkcs1_sha256', 'rsa_pss_rsae_sha256'] },
    'no',
    ['refuses-signatures'],
  ],
  [
    'a forbidden suite behind suites that break the handshake',
    scripted({ ...fine, suites: [0xc061, 0xc060, ...ECDHE_AEAD, 0x002f], poison: { suites: [0xc061, 0xc060], reaction: 'close' } }),
    intermediate,
    'no',
    ['refuses-suites'],
  ],
  [
    'suites that break the handshake are none',
    scripted({ ...fine, suites: [0xc061, 0xc060, ...ECDHE_AEAD], poison: { suites: [0xc061, 0xc060], reaction: { alert: 80 } } }),
    intermediate,
    'yes',
    [],
  ],
  [
    'hellos of more than 150 suites are refused',
    scripted({ ...fine, balks: (hello) => (hello.suites.length > 150 ? { alert: 50 } : undefined) }),
    intermediate,
    'yes',
    [],
  ],
  [
    'hellos of more than 150 suites are refused, and a suite hides',
    scripted({ ...fine, suites: [...ECDHE_AEAD, 0x0096], balks: (hello) => (hello.suites.length > 150 ? { alert: 50 } : undefined) }),
    intermediate,
    'no',
    ['refuses-suites'],
  ],
  [
    'a TLS 1.0 hello that is answered with TLS 1.2 shows no TLS 1.0',
    scripted({ ...fine, versions: [TLS12], refusals: { ...script().refusals, version: 'answers-with-best' }, suites: ECDHE_AEAD }),
    intermediate,
    'yes',
    [],
  ],
  ['nothing that is allowed', scripted({ versions: [TLS12], suites: [0x002f] }), intermediate, 'no', ['accepts-allowed', 'refuses-suites']],
  [
    'a version that must be there is not',
    scripted({ ...fine, versions: [TLS12] }),
    { ...intermediate, protocols: { allowed: ['TLSv1.2', 'TLSv1.3'], required: ['TLSv1.3'] } },
    'no',
    ['accepts-protocol'],
  ],
  [
    'TLS 1.0 alone, which this policy allows',
    scripted({ versions: [TLS10], suites: [0xc013] }),
    {
      ...intermediate,
      suites: [...intermediate.suites, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
      protocols: { allowed: ['TLSv1', 'TLSv1.2'], required: [] },
    },
    'yes',
    [],
  ],
  [
    'the certificate of a server that speaks TLS 1.3 alone is seen',
    scripted({ versions: [TLS13] }),
    modern,
    'no',
    ['certificate-key', 'certificate-lifetime'],
  ],
  [
    'the client chooses a weak suite',
    scripted({ ...fine, suites: [0xc02f, 0xc014], order: 'client' }),
    { ...intermediate, order: 'server', suites: [...intermediate.suites, 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA'] },
    'no',
    ['suite-order'],
  ],
  [
    'the server chooses the strong one',
    scripted({ ...fine, suites: [0xc02f, 0xc014], order: 'server' }),
    { ...intermediate, order: 'server', suites: [...intermediate.suites, 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA'] },
    'yes',
    [],
  ],
  ['the server chooses where the client shall', scripted(fine), { ...intermediate, order: 'client' }, 'no', ['suite-order']],
  [
    'the client chooses where it shall',
    scripted({ ...fine, order: 'client', tls13: { suiteOrder: 'client' } }),
    { ...intermediate, order: 'client' },
    'yes',
    [],
  ],
  [
    'DHE with 1024 bits, seen only without FFDHE groups',
    'gnutls-dhe-two-sizes',
    {
      ...intermediate,
      suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', ...intermediate.suites],
      protocols: { allowed: ['TLSv1.2', 'TLSv1.1', 'TLSv1'], required: [] },
    },
    'no',
    ['dh-size', 'refuses-suites'],
  ],
  [
    'no extended master secret',
    scripted({ ...fine, extendedMasterSecret: false }),
    { ...intermediate, features: { required: ['extendedMasterSecret'], forbidden: [] } },
    'no',
    ['feature-extendedMasterSecret'],
  ],
  [
    'compression',
    scripted({ ...fine, compressions: [1, 0] }),
    { ...intermediate, features: { required: [], forbidden: ['compression'] } },
    'no',
    ['feature-compression'],
  ],
  [
    'CBC without encrypt-then-MAC, behind AEAD',
    scripted({ ...fine, suites: [...ECDHE_AEAD, 0xc013] }),
    {
      ...intermediate,
      suites: [...intermediate.suites, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
      features: { required: ['encryptThenMac'], forbidden: [] },
    },
    'no',
    ['feature-encryptThenMac'],
  ],
  ['every hello is refused with an alert', 'alerts-after-hello', intermediate, 'no', ['accepts-allowed']],
  [
    'a version that must be there is refused by closing',
    scripted({ ...fine, ...refusing('close'), versions: [TLS12] }),
    { ...intermediate, protocols: { allowed: ['TLSv1.2', 'TLSv1.3'], required: ['TLSv1.3'] } },
    'no',
    ['accepts-protocol'],
  ],
  [
    'DHE without parameters breaks down in front of a forbidden suite, and every refusal is a close',
    scripted({ ...fine, ...refusing('close'), suites: [0xc02f, 0x009f, 0xc014], poison: { suites: [0x009f], reaction: 'close' } }),
    intermediate,
    'no',
    ['refuses-suites'],
  ],
  [
    'DHE without parameters breaks down in front of what is allowed, as the client puts it',
    scripted({
      ...fine,
      ...refusing('close'),
      order: 'client',
      suites: [0xc02f, 0x009f, 0xc014],
      poison: { suites: [0x009f], reaction: 'close' },
    }),
    intermediate,
    'no',
    ['refuses-suites'],
  ],
  [
    'an old version whose signatures break down, and RSA key exchange behind them, where every refusal is a close',
    scripted({
      ...fine,
      ...refusing('close'),
      versions: [TLS11, TLS12],
      suites: { [TLS11]: [0xc013, 0x002f], [TLS12]: ECDHE_AEAD },
      balks: (hello) => (hello.version === TLS11 && hello.suites.includes(0xc013) ? 'close' : undefined),
    }),
    intermediate,
    'no',
    ['refuses-protocols'],
  ],
  [
    'an old version whose signatures break down, with nothing behind them',
    scripted({
      ...fine,
      balks: (hello) => (hello.version === TLS11 && hello.suites.some(isSigned) ? { alert: 80 } : undefined),
    }),
    intermediate,
    'yes',
    [],
  ],
  [
    'long hellos are closed, as every refusal is, and a forbidden suite hides',
    scripted({
      ...fine,
      ...refusing('close'),
      suites: [...ECDHE_AEAD, 0x0096],
      balks: (hello) => (hello.suites.length > 100 ? 'close' : undefined),
    }),
    intermediate,
    'no',
    ['refuses-suites'],
  ],
  [
    'long hellos are closed, as every refusal is, and nothing hides',
    scripted({ ...fine, ...refusing('close'), balks: (hello) => (hello.suites.length > 100 ? 'close' : undefined) }),
    intermediate,
    'yes',
    [],
  ],

  [
    'silence instead of refusals',
    scripted({ ...fine, ...refusing('silence') }),
    intermediate,
    'unknown',
    ['refuses-protocols', 'refuses-suites', 'refuses-groups'],
  ],
  [
    'resets instead of refusals',
    scripted({ ...fine, ...refusing('reset') }),
    intermediate,
    'unknown',
    ['refuses-protocols', 'refuses-suites', 'refuses-groups', 'refuses-sslv2'],
  ],
  [
    'a server that closes on everybody after three connections',
    overrun(scripted({ ...fine, ...refusing('close') }), 3),
    intermediate,
    'unknown',
    ['refuses-protocols', 'refuses-suites', 'refuses-groups', 'refuses-sslv2'],
  ],
  [
    'a server that closes on everybody at once',
    'closes-at-once',
    intermediate,
    'unknown',
    ['accepts-allowed', 'refuses-protocols', 'refuses-suites', 'refuses-groups'],
  ],
  [
    'a server that closes after every hello',
    'closes-after-hello',
    intermediate,
    'unknown',
    ['accepts-allowed', 'refuses-protocols', 'refuses-suites'],
  ],
  ['a server that resets at once', 'resets-at-once', intermediate, 'unknown', ['accepts-allowed', 'refuses-protocols', 'refuses-suites']],
  ['a server that never answers', 'silent', intermediate, 'unknown', ['accepts-allowed', 'refuses-protocols', 'refuses-suites']],
  ['a server that never reads', 'deaf', intermediate, 'unknown', ['accepts-allowed', 'refuses-protocols', 'refuses-suites']],
  ['a server that speaks something else', 'http-on-tls', intermediate, 'unknown', ['accepts-allowed', 'refuses-protocols']],
]

describe('prove() and servers written for it', { concurrency: 6 }, () => {
  for (const [why, what, policy, keeps, expected] of rows) {
    test(why, async (t) => {
      const server = await startHostile(what)
      t.after(() => server.stop())
      const proof = await proveAt({ port: server.port, name: NAME }, policy, {
        patience: keeps === 'unknown' ? 300 : 1500,
        timeout: 15_000,
      })
      const told = JSON.stringify(
        proof.checks.map(({ id, verdict, fact }) => [verdict, id, fact]),
        undefined,
        1,
      )
      assert.equal(proof.keeps, keeps, told)
      if (keeps === 'unknown') for (const id of ids(proof, 'kept')) assert.ok(!expected.includes(id), `${id} is kept: ${told}`)
      else assert.deepEqual(ids(proof, 'broken'), expected, told)
      if (keeps !== 'unknown') assert.ok(server.maxOpen() <= 8, 'never more connections at once than allowed')
    })
  }

  test('every check has its rule, and what is broken has its bytes', async (t) => {
    const server = await startHostile(scripted({ versions: [TLS10, TLS12], suites: [0xc02f, 0x000a, 0x0033], groups: [25] }))
    t.after(() => server.stop())
    const { checks } = await proveAt({ port: server.port, name: NAME }, policyNamed('rfc-9325'))
    for (const { id, rule, evidence, verdict } of checks) {
      assert.notEqual(rule, '', id)
      if (verdict === 'broken' && id.startsWith('refuses')) assert.match(evidence ?? '', /^160303|^160301|^160302/, id)
    }
    const old = checks.find(({ id, verdict }) => id === 'refuses-protocols' && verdict === 'broken')
    assert.equal(old?.rule, 'MUST NOT (RFC 8996 §4)')
    assert.equal(old?.fact, 'Accepted although forbidden: TLS 1.0.')
  })

  test('a policy of one’s own is quoted by its words', async (t) => {
    const server = await startHostile(scripted({ ...fine, suites: old, versions: [TLS11, TLS12] }))
    t.after(() => server.stop())
    const { checks } = await proveAt({ port: server.port, name: NAME }, { ...intermediate, name: 'ours', source: 'ours.yaml' })
    assert.equal(checks.find(({ verdict }) => verdict === 'broken')?.rule, 'not allowed (protocols)')
  })

  test('a door without STARTTLS keeps to no policy', async (t) => {
    const server = await startHostile('smtp-no-starttls')
    t.after(() => server.stop())
    const proof = await proveAt({ port: server.port, name: NAME, dialect: dialectByName('smtp')! }, intermediate)
    assert.equal(proof.keeps, 'no')
    assert.deepEqual(ids(proof, 'broken'), ['accepts-allowed'])
    assert.equal(proof.problem?.code, 'STARTTLS_MISSING')
  })

  test('what is forbidden is listed so far, with few questions, and the rest is left to an audit', async (t) => {
    const many = [...Array(60).keys()].map((at) => 0x0030 + at)
    const server = await startHostile(scripted({ ...fine, suites: [...ECDHE_AEAD, ...many] }))
    t.after(() => server.stop())
    const proof = await proveAt({ port: server.port, name: NAME }, intermediate)
    assert.match(proof.checks.find(({ id }) => id === 'refuses-suites')?.fact ?? '', /and perhaps more: it was searched no further\.$/)
    assert.ok(proof.cost.connections <= 22, String(proof.cost.connections))
  })

  const budgets: readonly (readonly [why: string, server: Behaviour, keeps: string, most: number])[] = [
    ['alerts refuse', scripted(fine), 'yes', 22],
    ['closes refuse', scripted({ ...fine, ...refusing('close') }), 'yes', 31],
    ['clients that name no server are refused', scripted({ ...fine, balks: strict }), 'yes', 27],
    [
      'signatures of old versions break down',
      scripted({
        ...fine,
        balks: (hello) => (hello.version < TLS12 && hello.suites.some(isSigned) ? { alert: 80 } : undefined),
      }),
      'yes',
      35,
    ],
    [
      'suites break down one by one',
      scripted({ ...fine, suites: [...RARE, ...ECDHE_AEAD], poison: { suites: RARE, reaction: { alert: 80 } } }),
      'unknown',
      83,
    ],
    ['everything is forbidden and accepted', scripted({ ...fine, suites: KNOWN_SUITES, groups: [25, 24, 23, 29, 30, 22, 21] }), 'no', 20],
  ]
  for (const [why, behaviour, keeps, most] of budgets) {
    test(`${why}: no more than ${most} connections`, async (t) => {
      const server = await startHostile(behaviour)
      t.after(() => server.stop())
      const proof = await proveAt({ port: server.port, name: NAME }, intermediate)
      assert.equal(proof.keeps, keeps)
      assert.ok(proof.cost.connections <= most, String(proof.cost.connections))
      if (keeps === 'unknown')
        assert.ok(proof.checks.some(({ verdict, fact }) => verdict === 'unknown' && fact.includes('searched no further')))
    })
  }

  const ends: readonly (readonly [how: string, reaction: Reaction, keeps: Proof['keeps']])[] = [
    ['in a word', { alert: 40 }, 'no'],
    ['as broken', { alert: 80 }, 'no'],
    ['by closing', 'close', 'unknown'],
    ['with a good-bye, which says no more than a close', { bytes: Buffer.from('15030300020100', 'hex') }, 'unknown'],
  ]
  for (const [how, reaction, keeps] of ends) {
    for (const policy of [intermediate, withoutCertificates(policyNamed('rfc-9325'))]) {
      test(`a server that refuses everybody ${how}, and ${policy.name}: that is said, whatever versions it has to have`, async (t) => {
        const server = await startHostile(scripted({ balks: () => reaction }))
        t.after(() => server.stop())
        const proof = await proveAt({ port: server.port, name: NAME }, policy)
        assert.deepEqual([proof.keeps, proof.problem?.code], [keeps, 'NO_HANDSHAKE'], JSON.stringify(proof.checks))
      })
    }
  }

  test('proved twice, a server gets the same answer', async (t) => {
    for (const what of [
      { ...fine, ...refusing('close') },
      { versions: [TLS10, TLS12], suites: [0xc02f, 0x000a, 0x0033], groups: [25] },
    ]) {
      const server = await startHostile(scripted(what))
      t.after(() => server.stop())
      const [one, other] = [
        await proveAt({ port: server.port, name: NAME }, intermediate),
        await proveAt({ port: server.port, name: NAME }, intermediate),
      ]
      const told = ({ keeps, checks }: typeof one): unknown => [
        keeps,
        checks.map(({ id, demand, verdict, fact, rule }) => [id, demand, verdict, fact, rule]),
      ]
      assert.deepEqual(told(one), told(other))
    }
  })

  test('what all get is not told of clients that name no server besides', async (t) => {
    const server = await startHostile(scripted({ ...fine, suites: [...ECDHE_AEAD, 0x002f], order: 'client' }))
    t.after(() => server.stop())
    const { checks } = await proveAt({ port: server.port, name: NAME }, intermediate)
    const demands = checks.filter(({ verdict }) => verdict === 'broken').map(({ demand }) => demand)
    assert.deepEqual(demands, ['forbidden suites are refused in TLS 1.2'])
  })

  test('every broken check has bytes that show it', async (t) => {
    const server = await startHostile(
      scripted({ ...fine, suites: [...ECDHE_AEAD, 0x000a], groups: [29, 25], extendedMasterSecret: false, compressions: [1, 0] }),
    )
    t.after(() => server.stop())
    const policy: Policy = {
      ...policyNamed('mozilla-modern'),
      protocols: intermediate.protocols,
      suites: intermediate.suites,
      features: { required: ['extendedMasterSecret'], forbidden: ['compression'] },
    }
    const { checks } = await proveAt({ port: server.port, name: NAME }, policy)
    const broken = checks.filter(({ verdict }) => verdict === 'broken')
    assert.deepEqual([...new Set(broken.map(({ id }) => id))].toSorted(), [
      'certificate-key',
      'certificate-lifetime',
      'feature-compression',
      'feature-extendedMasterSecret',
      'refuses-groups',
      'refuses-suites',
    ])
    for (const { id, evidence = '' } of broken) assert.match(evidence, id.startsWith('certificate') ? /^3082/ : /^16030/, id)
  })

  test('a close is believed only as long as what is allowed is answered', async (t) => {
    const closing = scripted({ ...fine, ...refusing('close') })
    const server = await startHostile(overrun(closing, 12))
    t.after(() => server.stop())
    const { keeps, checks } = await proveAt({ port: server.port, name: NAME }, intermediate)
    assert.equal(keeps, 'unknown')
    assert.match(checks.find(({ verdict }) => verdict === 'unknown')?.fact ?? '', /what is allowed is not answered any more either\.$/)
  })

  const strangers: readonly (readonly [why: string, server: string | Behaviour, name: string, code: string, message: RegExp])[] = [
    [
      'a name that the server does not know',
      scripted({ ...fine, balks: () => ({ alert: 112 }) }),
      NAME,
      'NAME_NOT_SERVED',
      /the server does not know this name/,
    ],
    [
      'a server that wants a name',
      scripted({ ...fine, balks: () => ({ alert: 112 }) }),
      '127.0.0.1',
      'NAME_NOT_SERVED',
      /the server wants to be asked for one/,
    ],
    ['no TLS, told once', 'http-on-tls', NAME, 'NOT_TLS', /it says "HTTP\/1\.[^\n]*$/],
    [
      'random bytes, escaped',
      scripted({ ...fine, balks: () => ({ bytes: Buffer.from('\u001b[2J\u0000\u00ff\r\n', 'latin1') }) }),
      NAME,
      'NOT_TLS',
      /it says "\\u001b\[2J\\u0000\\xff\\r\\n"$/,
    ],
  ]
  for (const [why, what, name, code, message] of strangers) {
    test(`${why} proves nothing, and no version is said to be missing`, async (t) => {
      const server = await startHostile(what)
      t.after(() => server.stop())
      const proof = await proveAt({ port: server.port, name }, intermediate)
      assert.deepEqual([proof.keeps, proof.checks, proof.problem?.code], ['unknown', [], code])
      assert.match(proof.problem?.message ?? '', message)
      assert.match(proof.problem?.remedy ?? '', code === 'NOT_TLS' ? /smtp:\/\// : /--sni NAME/)
      assert.ok(proof.cost.connections <= 6, String(proof.cost.connections))
    })
  }

  test('time that is up ends it, and what was not asked is no pass', async (t) => {
    const server = await startHostile('silent')
    t.after(() => server.stop())
    const began = Date.now()
    const proof = await proveAt({ port: server.port, name: NAME }, intermediate, { timeout: 500, patience: 5000 })
    assert.ok(Date.now() - began < 3000)
    assert.deepEqual([proof.keeps, proof.problem?.code], ['unknown', 'TIME_UP'])
  })

  test('421 and resets before the hello are asked again', async (t) => {
    const row = hostileRow('smtp-421-every-third')
    const server = await startHostile('smtp-421-every-third')
    t.after(() => server.stop())
    const dialect = dialectByName(row.door)!
    const proof = await proveAt(
      { port: server.port, name: NAME, dialect },
      { ...intermediate, protocols: { allowed: ['TLSv1', 'TLSv1.1', 'TLSv1.2'], required: [] } },
      { timeout: 15_000 },
    )
    assert.equal(proof.problem, null)
    assert.ok(!proof.checks.some(({ verdict }) => verdict === 'unknown'))
  })
})
