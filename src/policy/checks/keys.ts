import { groupByName, knownPrimes, PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { FindingId } from '../findings.ts'
import type { DhPosture, Posture } from '../posture.ts'
import type { Thing } from '../rulebook.ts'
import { suiteIs, type SuiteClass } from '../suite-classes.ts'
import { opposite, type Known } from './fact.ts'
import {
  behaviour,
  listed,
  notFoundOut,
  ownVerdict,
  protocolTitle,
  verdictWhenBroken,
  worst,
  type Check,
  type Observation,
  type Scene,
} from './observation.ts'
import { BEFORE_TLS13, isOffered, isSure, offerOf, refusesEverything } from './offers.ts'

const TLS_VERSIONS: readonly ProtocolName[] = PROTOCOLS.filter((protocol) => protocol.startsWith('TLS'))

/** The groups of key agreement. */
export const checkGroups: Check = (scene) => {
  const { posture } = scene
  const groups = [...new Set([...posture.groups, ...TLS_VERSIONS.flatMap((protocol) => posture.protocols[protocol].groups)])]
  const unsure = TLS_VERSIONS.filter((protocol) => !knowsAllGroups(posture, protocol))
  const agreed = offerOf(posture, TLS_VERSIONS, (suite) => suiteIs(suite, ...WITH_GROUPS))
  if (groups.length === 0 && isOffered(agreed) === false) return []
  return [
    ...checkGroupQuality(groups, unsure, scene),
    wants('group-recommended', groups.filter(isRecommended), unsure, ['P-256 or X25519', 'Neither P-256 nor X25519']),
    wants('group-hybrid', groups.filter(isQuantumSafe), refusesEverything(posture) ? unsure : unsure.filter(hasQuantumSafe), [
      'a post-quantum group',
      'No post-quantum group',
    ]),
  ]
}

/** Suites whose key exchange is in a group that the client names. */
const WITH_GROUPS: readonly SuiteClass[] = ['ecdhe', 'tls1.3']

/** Where nothing but RSA or DHE is accepted, no group was missed. */
function knowsAllGroups(posture: Posture, protocol: ProtocolName): boolean {
  const { offered, groupsComplete, suites } = posture.protocols[protocol]
  if (!isSure(posture, protocol)) return false
  return offered === false || groupsComplete === true || !suites.some((suite) => suiteIs(suite, ...WITH_GROUPS))
}

/** The hybrid groups are for TLS 1.3 alone, RFC 10024 §1. */
function hasQuantumSafe(protocol: ProtocolName): boolean {
  return protocol === 'TLSv1.3'
}

function checkGroupQuality(groups: readonly string[], unsure: readonly ProtocolName[], { now }: Scene): readonly Observation[] {
  const verdict = (name: string) => ownVerdict({ subject: 'group', name }, now)
  const weak = groups.filter((group) => verdict(group) !== 'good')
  const fine = groups.filter((group) => verdict(group) === 'good')
  const things = (names: readonly string[]): Thing[] => names.map((name) => ({ subject: 'group', name }))
  const weakGroups: Observation =
    weak.length > 0
      ? {
          id: 'group-weak',
          verdict: worst(weak.map(verdict)),
          fact: `Weak groups are accepted: ${listed(weak)}.`,
          subjects: weak,
          things: things(weak),
        }
      : unsure.length === 0
        ? { id: 'group-weak', verdict: 'good', fact: 'No weak group is accepted.', subjects: [], things: [] }
        : { id: 'group-weak', verdict: 'unknown', fact: notFoundOut(`weak groups are accepted${within(unsure)}`), subjects: [], things: [] }
  const others: readonly Observation[] =
    fine.length === 0
      ? []
      : [{ id: 'groups', verdict: 'good', fact: `These groups are accepted: ${listed(fine)}.`, subjects: fine, things: things(fine) }]
  return [weakGroups, ...others]
}

function within(protocols: readonly ProtocolName[]): string {
  return ` in ${listed(protocols.map(protocolTitle))}`
}

function wants(
  id: FindingId,
  subjects: readonly string[],
  unsure: readonly ProtocolName[],
  [some, none]: readonly [string, string],
): Observation {
  if (subjects.length === 0 && unsure.length > 0)
    return { id, verdict: 'unknown', fact: notFoundOut(`${some} can be used${within(unsure)}`), subjects, things: [] }
  const kept = subjects.length > 0
  const verdict = kept ? 'good' : verdictWhenBroken(id)
  return { id, verdict, fact: `${kept ? listed(subjects) : none} can be used.`, subjects, things: [{ subject: 'behaviour', id, kept }] }
}

function isRecommended(name: string): boolean {
  return name === 'secp256r1' || name === 'x25519'
}

function isQuantumSafe(name: string): boolean {
  const kind = groupByName(name)?.kind
  return kind === 'hybrid' || kind === 'kem'
}

/** Finite-field Diffie-Hellman: size, origin and reuse. */
export const checkDh: Check = (scene) => {
  const { posture } = scene
  const { dh } = posture
  const dhe = isOffered(offerOf(posture, BEFORE_TLS13, (suite) => suiteIs(suite, 'dhe')))
  if (dh === null) {
    if (dhe === false) return []
    return [
      { id: 'dh-size', verdict: 'unknown', fact: 'The size of the Diffie-Hellman group could not be found out.', subjects: [], things: [] },
    ]
  }
  const moduli = allModuli(dh)
  const subjects = moduli.map(({ bits, prime }) => (prime === 'unknown' ? `${bits} bits` : `${bits} bits (${prime})`))
  const things = moduli.map(({ bits, prime }): Thing => ({ subject: 'dh', bits, prime }))
  const size: Observation = {
    id: 'dh-size',
    verdict: worst(things.map((thing) => ownVerdict(thing, scene.now))),
    fact: `The Diffie-Hellman ${moduli.length === 1 ? 'group has' : 'groups have'} ${listed(subjects)}.`,
    subjects,
    things,
  }
  return [
    size,
    originOfPrime(moduli, subjects),
    ...behaviour('dh-reuse', opposite(dh.reused), {
      kept: 'Each connection gets its own Diffie-Hellman value.',
      broken: 'The same Diffie-Hellman value was used in two connections.',
      whether: 'Diffie-Hellman values are used again',
    }),
  ]
}

/** Settings tell the size of a group and seldom where it is from. */
function originOfPrime(moduli: readonly Modulus[], subjects: readonly string[]): Observation {
  const id = 'dh-prime'
  if (moduli.some(({ prime }) => prime === 'unknown')) {
    return { id, verdict: 'unknown', fact: 'It could not be found out where the Diffie-Hellman group is from.', subjects: [], things: [] }
  }
  const verdict = worst(moduli.map(primeVerdict))
  return { id, verdict, fact: primeFact(moduli), subjects, things: [{ subject: 'behaviour', id, kept: verdict === 'good' }] }
}

type Modulus = Pick<DhPosture, 'bits' | 'prime'> & { readonly protocols: readonly ProtocolName[] }

function allModuli(dh: DhPosture): readonly Modulus[] {
  const moduli = new Map<string, Modulus>()
  for (const { bits, prime, protocols } of [{ ...dh, protocols: [] }, ...dh.all]) {
    const key = `${bits} ${prime}`
    const seen = new Set([...(moduli.get(key)?.protocols ?? []), ...protocols])
    moduli.set(key, { bits, prime, protocols: PROTOCOLS.filter((protocol) => seen.has(protocol)) })
  }
  return [...moduli.values()]
}

/** Below this, one large calculation breaks a group for everyone who uses it: RFC 9325 §4.5. */
const SHARED_SAFELY = 2048

function primeVerdict({ bits, prime }: Modulus): 'good' | 'weak' | 'bad' {
  const known = knownPrimes.find((one) => one.name === prime)
  if (known?.kind === 'composite') return 'bad'
  return known === undefined || bits < SHARED_SAFELY ? 'weak' : 'good'
}

function primeFact(moduli: readonly Modulus[]): string {
  const [only, ...others] = moduli
  if (only !== undefined && others.length === 0) return `The Diffie-Hellman group is ${origin(only, [])}.`
  return `The Diffie-Hellman groups are ${moduli.map((modulus) => origin(modulus, [`${modulus.bits} bits`])).join('; and ')}.`
}

/** Where a group is from; in brackets what tells it from the door's other groups, if any. */
function origin({ bits, prime, protocols }: Modulus, marks: readonly string[]): string {
  const known = knownPrimes.find((one) => one.name === prime)
  const seen = protocols.length === 0 ? [] : [listed(protocols.map(protocolTitle))]
  const which = marks.length === 0 ? '' : ` (${[...marks, ...seen].join(', ')})`
  if (known === undefined) return `home-made${which}`
  if (known.kind === 'composite') return `${known.name}${which}, whose modulus is no prime`
  return bits < SHARED_SAFELY
    ? `${known.name}${which}, which is too small to be shared with others`
    : `the well-known ${known.name}${which}`
}

/** Whether the server uses its value of an elliptic curve again. */
export const checkEcdhReuse: Check = ({ posture: { features } }) =>
  behaviour('ecdh-reuse', opposite(features.ecdhReuse), {
    kept: 'Each connection gets its own value on the curve.',
    broken: 'The same value on the curve was used in two connections.',
    whether: 'values on curves are used again',
  })

/** What handshakes are signed with. */
export const checkSignatures: Check = (scene) => {
  const { posture } = scene
  const known = schemesOf(posture, 'TLSv1.2')
  const newest = schemesOf(posture, 'TLSv1.3')
  if (known === 'not-applicable' && newest === 'not-applicable') return []
  const schemes = [...new Set([known, newest].flatMap((list) => (typeof list === 'string' ? [] : list)))]
  const surelyAll = known !== 'unknown' && newest !== 'unknown'
  const broken = (digest: RegExp): readonly string[] => schemes.filter((scheme) => digest.test(scheme))
  const fine = schemes.filter((scheme) => !/_(?:md5|sha1)$/.test(scheme))
  const things = fine.map((name): Thing => ({ subject: 'signature', name }))
  const old = fine.filter((name) => ownVerdict({ subject: 'signature', name }, scene.now) !== 'good')
  return [
    hashFinding('signature-md5', 'MD5', broken(/_md5$/), surelyAll),
    hashFinding('signature-sha1', 'SHA-1', broken(/_sha1$/), surelyAll),
    ...(fine.length === 0
      ? []
      : [
          {
            id: 'signature-schemes' as const,
            verdict: worst(things.map((thing) => ownVerdict(thing, scene.now))),
            fact: old.length > 0 ? `Handshakes are still signed with ${listed(old)}.` : `Handshakes are signed with ${listed(fine)}.`,
            subjects: old.length > 0 ? old : fine,
            things,
          },
        ]),
  ]
}

function schemesOf(posture: Posture, protocol: 'TLSv1.2' | 'TLSv1.3'): readonly string[] | 'unknown' | 'not-applicable' {
  const schemes = posture.signatureSchemes[protocol]
  if (schemes !== undefined && schemes !== 'unknown') return schemes
  return posture.protocols[protocol].offered === false ? 'not-applicable' : 'unknown'
}

function hashFinding(id: FindingId, hash: string, subjects: readonly string[], surelyAll: boolean): Observation {
  const uses: Known = subjects.length > 0 ? true : surelyAll ? false : 'unknown'
  if (uses === 'unknown') return { id, verdict: 'unknown', fact: notFoundOut(`handshakes are signed with ${hash}`), subjects, things: [] }
  if (!uses) return { id, verdict: 'good', fact: `No handshake is signed with ${hash}.`, subjects, things: [] }
  const things = subjects.map((name): Thing => ({ subject: 'signature', name }))
  return { id, verdict: verdictWhenBroken(id), fact: `Handshakes are signed with ${hash}: ${listed(subjects)}.`, subjects, things }
}
