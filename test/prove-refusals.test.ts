import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Proof } from '../src/audit/index.ts'
import type { Policy } from '../src/policy/index.ts'
import { suiteByCode } from '../src/registry/index.ts'
import { extension, groups, keyShares, supportedVersions, type ClientHello } from './hostile/client-hello.ts'
import { scripted, startHostile, type Behaviour } from './hostile/index.ts'
import type { Reaction } from './hostile/script.ts'
import { ids, policyNamed, proveAt, withoutCertificates } from './proved.ts'

type Given = NonNullable<Parameters<typeof scripted>[0]>

const SSL3 = 0x0300
const TLS10 = 0x0301
const TLS11 = 0x0302
const TLS12 = 0x0303
const TLS13 = 0x0304
const intermediate = withoutCertificates(policyNamed('mozilla-intermediate'))
const GOOD = [0xc02f, 0xc030]
const fine = { versions: [TLS12, TLS13], suites: GOOD }
const sinful = { versions: [TLS12, TLS13], suites: [...GOOD, 0x0096] }
const old = { versions: [TLS10, TLS12], suites: { [TLS10]: [0xc013, 0x002f], [TLS12]: GOOD } }

const hidden = { ...old, versions: [TLS10, TLS12, TLS13] }
const DENIED: Reaction = { alert: 40 }
const deny = (when: (hello: ClientHello) => boolean) => ({ balks: (hello: ClientHello) => (when(hello) ? DENIED : undefined) })
const longerThan = (most: number) => deny(({ suites }) => suites.length > most)
const poisonedBy = (suite: number, group = -1) => deny((hello) => hello.suites.includes(suite) || groups(hello)?.includes(group) === true)
const wantsShares = deny((hello) => supportedVersions(hello) !== undefined && keyShares(hello).length === 0)

/** Serves so many, and then refuses everybody with an alert. */
function limited(behaviour: Behaviour, most: number): Behaviour {
  const refusing = scripted({ ...fine, ...deny(() => true) })
  return (wire, nth) => (nth <= most ? behaviour(wire, nth) : refusing(wire, nth))
}

/** Refuses so many hellos, whatever they offer, from the first one on that offers this. */
function forAWhile(given: Given, [offers, length, reaction]: While): Behaviour {
  let left: number | undefined
  const balks = (hello: ClientHello): Reaction | undefined => {
    if (left === undefined && OFFERS[offers](hello)) left = length
    return left !== undefined && left-- > 0 ? reaction : given.balks?.(hello)
  }
  return scripted({ ...given, balks })
}

/** Refuses lists of versions without TLS 1.3 in the word for versions, and goes by the old field where there is none. */
function wantsTls13(hello: ClientHello): Reaction | undefined {
  return supportedVersions(hello)?.includes(TLS13) === false ? { alert: 70 } : undefined
}

type While = readonly [offers: keyof typeof OFFERS, length: number, reaction: Reaction]

type Row = readonly [why: string, server: Behaviour, keeps: Proof['keeps'], broken: readonly string[], most: number]

const rows: readonly Row[] = [
  ['refused for more than 150 suites, and a suite hides', scripted({ ...sinful, ...longerThan(150) }), 'no', ['refuses-suites'], 88],
  ['refused for more than 100 suites, and a suite hides', scripted({ ...sinful, ...longerThan(100) }), 'no', ['refuses-suites'], 88],
  ['refused for more than 150 suites, and a version hides', scripted({ ...old, ...longerThan(150) }), 'no', ['refuses-protocols'], 24],
  ['refused for more than 150 suites, and nothing hides', scripted({ ...fine, ...longerThan(150) }), 'yes', [], 102],
  ['refused for one suite, and another hides', scripted({ ...sinful, ...poisonedBy(0xc05d) }), 'no', ['refuses-suites'], 160],
  ['refused for one group, and a suite hides', scripted({ ...sinful, ...poisonedBy(-1, 0x0016) }), 'no', ['refuses-suites'], 160],
  [
    'refused for a suite and for a group, and a version hides',
    scripted({ ...old, ...poisonedBy(0xc05d, 0x0019) }),
    'no',
    ['refuses-protocols'],
    23,
  ],
  ['refused for one suite, and nothing hides', scripted({ ...fine, ...poisonedBy(0xc05d) }), 'yes', [], 188],
  [
    'TLS 1.3 is refused without a key share, and a suite hides',
    scripted({ ...fine, tls13: { suites: [0x1301, 0x1304] }, ...wantsShares }),
    'no',
    ['refuses-suites'],
    19,
  ],
  ['TLS 1.3 is refused without a key share, and nothing hides', scripted({ ...fine, ...wantsShares }), 'yes', [], 25],
  ['three are served, and then nobody', limited(scripted(sinful), 3), 'unknown', [], 26],
  ['twelve are served, and then nobody', limited(scripted(fine), 12), 'unknown', [], 26],
  [
    'every list of versions without TLS 1.3 is refused, and a version hides',
    scripted({ ...hidden, balks: wantsTls13 }),
    'no',
    ['refuses-protocols'],
    24,
  ],
  ['every list of versions without TLS 1.3 is refused, and nothing hides', scripted({ ...fine, balks: wantsTls13 }), 'yes', [], 24],
  ['TLS 1.2 alone', scripted({ ...fine, versions: [TLS12] }), 'yes', [], 24],
  ['TLS 1.3 alone', scripted({ ...fine, versions: [TLS13] }), 'yes', [], 24],
]

const weak = { ...fine, suites: [...GOOD, 0x000a] }
const unfair = { ...fine, fallbackScsv: false }
const strict: Policy = { ...intermediate, features: { required: ['fallbackScsv'], forbidden: [] } }
const CLOSING = { version: 'close', suite: 'close', group: 'close', nonsense: 'close', sslv2: 'close' } as const
/** The client chooses, where nothing else is said. */
const byClient = { order: 'client', groupOrder: 'client' } as const
const isSigned = (code: number): boolean => ['ECDHE', 'DHE'].includes(suiteByCode(code)?.kx ?? '')

/** A server with these suites, in an order that depends on the hello. */
function ordered(order: (hello: ClientHello) => readonly number[]): Given {
  const suites: number[] = []
  const balks = (hello: ClientHello): undefined => void suites.splice(0, Infinity, ...order(hello))
  return { versions: [TLS12, TLS13], suites, groupOrder: 'client', balks }
}

/** Of the two good ones it likes the client's first, and what is bad less than both, as `[A|B]:C` says to BoringSSL. */
const alike = ordered(({ suites }) => [...suites.filter((code) => GOOD.includes(code)), 0x002f])
const forNamed = { ...ordered((hello) => (extension(hello, 0) === undefined ? GOOD : [...GOOD, 0x002f])), ...byClient }
const ownDhe = { prime: 'modp2048', withFfdheGroups: 'none', withoutFfdheGroups: 'same', exportPrime: 'custom512' } as const
/** TLS 1.0 with what OpenSSL of today may not sign there, and with a suite that needs no signature. */
const unsigned = (reaction: Reaction): Given => ({
  ...old,
  ...byClient,
  versions: [TLS10, TLS12, TLS13],
  balks: ({ version, suites }) => (version < TLS12 && suites.some(isSigned) ? reaction : undefined),
})
const rare = { versions: [TLS10, TLS12, TLS13], suites: { [TLS10]: [0x0096], [TLS12]: GOOD } }
const besideTls10: Policy = {
  ...intermediate,
  suites: [...intermediate.suites, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
  protocols: { allowed: ['TLSv1', 'TLSv1.2'], required: [] },
}
const newest: Policy = { ...intermediate, protocols: { allowed: ['TLSv1.2', 'TLSv1.3'], required: ['TLSv1.3'] } }

const isOld = (hello: ClientHello, version: number): boolean => hello.version === version && supportedVersions(hello) === undefined
const withoutAllowedGroups = (hello: ClientHello): boolean => groups(hello)?.every((group) => ![29, 23, 24].includes(group)) === true
const OFFERS = {
  anything: () => true,
  'SSL 2.0': ({ format }: ClientHello) => format === 'sslv2',
  'an older version': ({ format, version }: ClientHello) => format === 'tls' && version < TLS12,
  'TLS 1.0': (hello: ClientHello) => isOld(hello, TLS10),
  'SSL 3.0': (hello: ClientHello) => isOld(hello, SSL3),
  'TLS 1.1 in few words': (hello: ClientHello) => isOld(hello, TLS11) && hello.suites.length < 20,
  'TLS 1.1 with RSA key exchange alone': (hello: ClientHello) => isOld(hello, TLS11) && !hello.suites.some(isSigned),
  'TLS 1.2': (hello: ClientHello) => isOld(hello, TLS12),
  'forbidden suites': (hello: ClientHello) => isOld(hello, TLS12) && hello.suites.includes(0x002f) && !hello.suites.includes(0xc02f),
  'forbidden groups': (hello: ClientHello) => isOld(hello, TLS12) && withoutAllowedGroups(hello),
  'a fallback': ({ suites }: ClientHello) => suites.includes(0x5600),
} as const satisfies Readonly<Record<string, (hello: ClientHello) => boolean>>

/** Why, what refuses when, and what is said of it in the end. One connection after the other, so that it is always the same one that is refused. */
const whiles: readonly (readonly [why: string, given: Given, when: While, policy: Policy, keeps: Proof['keeps']])[] = [
  ['a version hides, as every breakdown may', hidden, ['SSL 2.0', 14, { alert: 80 }], intermediate, 'no'],
  ['a version hides from all who ask for it', hidden, ['an older version', 5, DENIED], intermediate, 'no'],
  ['a version hides from the one who asks for it', hidden, ['TLS 1.0', 1, { alert: 70 }], intermediate, 'no'],
  ['a suite hides, where all else is refused in words', weak, ['forbidden suites', 8, 'close'], intermediate, 'no'],
  ['a suite hides from those who ask for it', weak, ['forbidden suites', 2, DENIED], intermediate, 'no'],
  ['a suite hides, and all that is said of TLS 1.2', weak, ['TLS 1.2', 8, DENIED], intermediate, 'no'],
  ['a group hides', { ...fine, groups: [29, 25] }, ['forbidden groups', 4, DENIED], intermediate, 'no'],
  ['a needless fallback is refused, and its control is not', unfair, ['a fallback', 1, DENIED], strict, 'no'],
  ['a suite hides behind two of which the client has the choice', alike, ['forbidden suites', 1, DENIED], intermediate, 'no'],
  ['a suite hides that only those get who name the server', forNamed, ['forbidden suites', 1, DENIED], intermediate, 'no'],
  [
    'DHE hides that only those get who offer no FFDHE groups',
    { ...fine, ...byClient, suites: [...GOOD, 0x009e], dh: ownDhe },
    ['forbidden suites', 1, DENIED],
    intermediate,
    'no',
  ],
  ['an old version with a rare suite hides', rare, ['an older version', 3, DENIED], intermediate, 'no'],
  [
    'an old version hides in RSA key exchange, where signatures close',
    { ...unsigned('close'), refusals: CLOSING },
    ['TLS 1.1 with RSA key exchange alone', 1, 'close'],
    intermediate,
    'no',
  ],
  ['the same, where they break', unsigned({ alert: 80 }), ['TLS 1.1 in few words', 4, { alert: 80 }], intermediate, 'no'],
  [
    'SSL 3.0 hides below TLS 1.0, which is allowed and taken in place of TLS 1.1',
    { versions: [SSL3, TLS10, TLS12], suites: { [SSL3]: [0x002f], [TLS10]: [0xc013], [TLS12]: GOOD } },
    ['SSL 3.0', 1, { alert: 70 }],
    besideTls10,
    'no',
  ],
  ['nothing hides', fine, ['forbidden suites', 8, DENIED], intermediate, 'yes'],
  ['nothing hides, and what must be there is refused', fine, ['anything', 1, { alert: 70 }], newest, 'yes'],
  ['nothing hides, and nothing is accepted at first', fine, ['anything', 15, DENIED], intermediate, 'yes'],
]

describe('prove() believes no refusal that a door takes back', { concurrency: 4 }, () => {
  for (const [why, given, when, policy, keeps] of whiles) {
    // A single connection is believed where it stands between two handshakes.
    for (const twice of when[1] === 1 ? [true] : [true, false]) {
      test(`${when[1]} refused from ${when[0]} on, heard ${twice ? 'twice' : 'once'}: ${why}`, async (t) => {
        const server = await startHostile(forAWhile(given, when))
        t.after(() => server.stop())
        const proof = await proveAt({ port: server.port, name: 'hostile.example' }, policy, { parallel: 1, twice })
        assert.equal(proof.keeps, keeps, JSON.stringify(proof.checks.map(({ id, verdict, fact }) => [verdict, id, fact])))
      })
    }
  }

  test('who refuses and accepts the same by turns has refused nothing for certain', async (t) => {
    let asked = 0
    const isForbidden = (hello: ClientHello): boolean =>
      supportedVersions(hello) === undefined && groups(hello)?.every((group) => ![29, 23, 24].includes(group)) === true
    const { balks } = deny((hello) => isForbidden(hello) && ++asked % 2 === 1)
    const server = await startHostile(scripted({ ...fine, groups: [29, 25], balks }))
    t.after(() => server.stop())
    const { keeps, checks } = await proveAt({ port: server.port, name: 'hostile.example' }, intermediate, { parallel: 1, twice: true })
    assert.equal(keeps, 'unknown')
    const facts = checks.filter(({ id }) => id === 'refuses-groups').map(({ fact }) => fact)
    assert.match(facts[0] ?? '', /That proves nothing: the same is refused at one time and accepted at another\.$/)
  })
})

describe('prove() believes a refusal only where it was meant for what was offered', { concurrency: 4 }, () => {
  for (const [why, behaviour, keeps, broken, most] of rows) {
    test(why, async (t) => {
      const server = await startHostile(behaviour)
      t.after(() => server.stop())
      const proof = await proveAt({ port: server.port, name: 'hostile.example' }, intermediate)
      const told = JSON.stringify(proof.checks.map(({ id, verdict, fact }) => [verdict, id, fact]))
      assert.deepEqual([proof.keeps, ids(proof, 'broken')], [keeps, broken], told)
      assert.ok(proof.cost.connections <= most, String(proof.cost.connections))
    })
  }

  test('what stands beside a refusal that proves nothing is doubted too', async (t) => {
    const server = await startHostile(scripted({ ...old, suites: { ...old.suites, [TLS12]: [...GOOD, 0x0096] }, ...longerThan(150) }))
    t.after(() => server.stop())
    const { checks } = await proveAt({ port: server.port, name: 'hostile.example' }, intermediate)
    const suites = checks.find(({ id }) => id === 'refuses-suites')
    assert.equal(suites?.verdict, 'unknown')
    assert.match(suites.fact, /That proves nothing: what is allowed is refused in such an offer too\.$/)
  })
})
