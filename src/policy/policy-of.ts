import { cipherSuites, groups, PROTOCOLS, signatureScheme, suiteByName, type ProtocolName } from '../registry/index.ts'
import { FEATURES, FLAWS, type FeatureName } from './features.ts'
import type { FindingId } from './findings.ts'
import type { AllowedKey, CertificateDemand, Policy } from './policy.ts'
import type { KeyType } from './posture.ts'
import { judge, type Rulebook, type Thing } from './rulebook.ts'
import { suiteIs } from './suite-classes.ts'

type Allowed = (thing: Thing) => boolean

/**
 * The policy that follows from a rulebook: what it does not call `bad` on the day `now`, or only what it calls `good`
 * where `strict`. Where a rulebook is silent, everything is allowed. SSL 2.0 never is.
 */
export function policyOf(rulebook: Rulebook, options: { readonly now: Date; readonly strict?: boolean }): Policy {
  const strict = options.strict === true
  const allowed: Allowed = (thing) => {
    const verdict = judge(rulebook, thing, options.now)?.verdict ?? 'good'
    return verdict === 'good' || (verdict === 'weak' && !strict)
  }
  const { name, title, edition, date, source } = rulebook
  return {
    name,
    title,
    edition,
    date,
    source,
    protocols: protocolPolicy(allowed),
    suites: namesOf(rulebook, 'suite', SUITES).filter((suite) => allowed({ subject: 'suite', name: suite })),
    groups: namesOf(rulebook, 'group', GROUPS).filter((group) => allowed({ subject: 'group', name: group })),
    signatureSchemes: SCHEMES.filter((scheme) => allowed({ subject: 'signature', name: scheme })),
    dh: dhPolicy(allowed),
    order: allowed({ subject: 'behaviour', id: 'suite-order', kept: false }) ? 'any' : 'server',
    sslv2Hello: allowed({ subject: 'behaviour', id: 'sslv2-hello', kept: false }),
    certificate: certificatePolicy(allowed),
    features: featurePolicy(allowed),
    ...flawPolicy(allowed),
  }
}

function protocolPolicy(allowed: Allowed): Policy['protocols'] {
  const protocols = PROTOCOLS.filter((name) => name !== 'SSLv2' && allowed({ subject: 'protocol', name }))
  const newer = (protocol: ProtocolName): boolean => protocols.at(-1) !== protocol
  return {
    allowed: protocols,
    required: protocols.filter((name) => !allowed({ subject: 'protocol-missing', name, newer: newer(name) })),
  }
}

/** The names that a rulebook lists, in its order, then all others in ours. */
function namesOf(rulebook: Rulebook, subject: 'suite' | 'group', ours: readonly string[]): readonly string[] {
  const listed = rulebook.rules.flatMap((rule) => (rule.subject === subject ? (rule.match?.names ?? []) : []))
  return [...new Set([...listed, ...ours])]
}

/** Steps at which rulebooks draw their lines. */
const MODULUS_SIZES = [1024, 2048, 3000, 3072, 4096, 8192]
const RFC_7919_PRIMES = ['ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192']

function dhPolicy(allowed: Allowed): Policy['dh'] {
  const home = MODULUS_SIZES.find((bits) => allowed({ subject: 'dh', bits, prime: 'custom' }))
  if (home !== undefined) return { minBits: home }
  const primes = RFC_7919_PRIMES.filter((prime) => allowed({ subject: 'dh', bits: Number(prime.slice('ffdhe'.length)), prime }))
  return { minBits: Number(primes[0]?.slice('ffdhe'.length) ?? 2048), primes }
}

const CURVES: readonly (readonly [curve: string, bits: number])[] = groups
  .filter((group) => group.kind === 'ecdhe' && group.bits > 0)
  .map((group) => [group.name, group.bits] as const)
const KEYS_WITHOUT_CURVE: readonly (readonly [type: KeyType, bits: number])[] = [
  ['Ed25519', 256],
  ['Ed448', 456],
  ['ML-DSA', 1952 * 8],
]
const KEYS_WITH_MODULUS: readonly KeyType[] = ['RSA', 'RSA-PSS', 'DSA']
const HASHES = ['MD5', 'SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512', 'none']
/** Lifetimes, in days, at which rulebooks draw their lines. */
const LIFETIMES = [1095, 825, 398, 366, 200, 100, 90, 47]

function certificatePolicy(allowed: Allowed): Policy['certificate'] {
  const key = (type: KeyType, bits: number, curve?: string): boolean =>
    allowed({ subject: 'certificate-key', leaf: true, type, bits, curve })
  const sized = KEYS_WITH_MODULUS.flatMap((type): AllowedKey[] => {
    const minBits = MODULUS_SIZES.find((bits) => key(type, bits))
    return minBits === undefined ? [] : [{ type, minBits }]
  })
  const curves = CURVES.filter(([curve, bits]) => key('ECDSA', bits, curve)).map(([curve]) => curve)
  const others = KEYS_WITHOUT_CURVE.filter(([type, bits]) => key(type, bits)).map(([type]) => ({ type }))
  const demands = DEMANDS.filter(([, id]) => !allowed({ subject: 'behaviour', id, kept: false })).map(([demand]) => demand)
  const maxDays = allowed({ subject: 'certificate-lifetime', days: Infinity })
    ? undefined
    : LIFETIMES.find((days) => allowed({ subject: 'certificate-lifetime', days }))
  return {
    keys: [...(curves.length === 0 ? [] : [{ type: 'ECDSA' as const, curves }]), ...others, ...sized],
    hashes: HASHES.filter((name) => allowed({ subject: 'certificate-hash', name })),
    ...(maxDays === undefined ? {} : { maxDays }),
    ...(demands.length === 0 ? {} : { demands }),
  }
}

/** Each demand with the finding that is about it. */
const DEMANDS: readonly (readonly [demand: CertificateDemand, id: FindingId])[] = [
  ['dates', 'certificate-expired'],
  ['name', 'certificate-name'],
  ['trust', 'certificate-trust'],
]

function featurePolicy(allowed: Allowed): Policy['features'] {
  const names = (wanted: boolean): readonly FeatureName[] =>
    FEATURES.filter((feature) => feature.wanted === wanted && !allowed({ subject: 'behaviour', id: feature.finding, kept: false })).map(
      (feature) => feature.name,
    )
  return { required: names(true), forbidden: names(false) }
}

function flawPolicy(allowed: Allowed): Pick<Policy, 'flaws'> {
  const forbidden = FLAWS.filter(({ finding: id }) => !allowed({ subject: 'behaviour', id, kept: false })).map(({ name }) => name)
  return forbidden.length === 0 ? {} : { flaws: { forbidden } }
}

/** Every suite, those first that today's clients should use. */
const SUITES: readonly string[] = byRank(
  cipherSuites.map((suite) => suite.iana),
  (name) => {
    const suite = suiteByName(name)
    const flags = [
      suiteIs(name, 'tls1.3'),
      suiteIs(name, 'modern'),
      suite?.forwardSecrecy,
      suite?.aead,
      suite?.au === 'ECDSA' || suite?.kx === 'any',
    ]
    return flags.reduce<number>((rank, flag) => rank * 2 + (flag === true ? 0 : 1), 0) * 512 - (suite?.bits ?? 0)
  },
)

const FIRST_GROUPS = ['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024', 'x25519', 'secp256r1', 'secp384r1']
const GROUPS: readonly string[] = [
  ...new Set([
    ...FIRST_GROUPS,
    ...byRank(
      groups.map((group) => group.name),
      weakest,
    ),
  ]),
]

function weakest(name: string): number {
  return -(groups.find((group) => group.name === name)?.strength ?? 0)
}

const FIRST_SCHEMES = /^ecdsa_secp|^ed|^rsa_pss/
const SCHEMES: readonly string[] = byRank(signatureScheme.names, (name) => (FIRST_SCHEMES.test(name) ? 0 : 1))

function byRank(names: readonly string[], rank: (name: string) => number): readonly string[] {
  return names
    .map((name) => [rank(name), name] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, name]) => name)
}
