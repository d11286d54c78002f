import type { Clear } from '../dialects/index.ts'
import {
  forEachProtocol,
  UNKNOWN_PROTOCOL,
  unknownPosture,
  type ClearPosture,
  type Posture,
  type ProtocolPosture,
  type SuiteOrder,
} from '../policy/index.ts'
import { signatureScheme, suiteByName, type ProtocolName } from '../registry/index.ts'
import { SIGNATURE_SCHEMES } from './candidates.ts'
import { judgeChain } from './chain.ts'
import { dhPosture, ecdhReuse, helloFeatures } from './facts.ts'
import type { Inventory } from './inventory.ts'
import type { Notes } from './notes.ts'
import { groupName } from './observation.ts'
import type { ProbeFacts } from './probe.ts'
import { TrustStore } from './trust.ts'

/** Everything that was found out about one door. */
export interface Findings {
  readonly inventory: Inventory
  readonly notes: Notes
  readonly clear: Clear | undefined
  /** Groups of the newest protocol up to TLS 1.2, by code point. */
  readonly groups: readonly number[]
  /** Whether those are all. */
  readonly groupsComplete: boolean
  /** Who chooses among these. */
  readonly groupOrder: SuiteOrder
  /** Signature schemes of TLS 1.2, by code point. */
  readonly schemes: readonly number[]
  readonly facts: readonly ProbeFacts[]
  readonly host: string
  readonly trust: TrustStore | undefined
  readonly now: Date
}

/** Key exchanges that a server signs, RFC 5246 §7.4.3. */
const SIGNED: ReadonlySet<string> = new Set(['ECDHE', 'DHE'])
const OLD: readonly ProtocolName[] = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3']

/** A door that never offers TLS was asked for no version, and has refused none. */
const WITHOUT_STARTTLS: Readonly<Record<ProtocolName, ProtocolPosture>> = forEachProtocol(() => ({
  ...UNKNOWN_PROTOCOL,
  refusal: 'STARTTLS is not offered',
}))

/** Puts a posture together. What nobody found out stays `unknown`. */
export function assemble(found: Findings): Posture {
  const empty = unknownPosture('server')
  const { observations } = found.notes
  const same = found.facts.flatMap((facts) => facts.groupsOfNewest ?? [])
  const measured = found.clear?.starttls === 'missing' ? WITHOUT_STARTTLS : found.inventory.posture(observations)
  const protocols = withGroups(withChaCha(measured, found.facts), found, same)
  const from = <K extends keyof ProbeFacts>(key: K): ProbeFacts[K][] => found.facts.map((facts) => facts[key])
  return {
    ...empty,
    protocols,
    sslv2Hello: from('sslv2Hello').find((fact) => fact !== undefined) ?? 'unknown',
    groups: allGroups(protocols),
    dh: dhPosture(observations),
    signatureSchemes: Object.assign({}, empty.signatureSchemes, tls12Schemes(found, protocols['TLSv1.2']), ...from('signatureSchemes')),
    certificates: found.notes.chains.map((chain) => judge(chain, found)),
    features: Object.assign(
      {},
      empty.features,
      observations.length > 0 ? helloFeatures(observations) : {},
      { ecdhReuse: ecdhReuse(observations), clientCertificate: 'unknown' },
      ...from('features'),
    ),
    tolerance: Object.assign(
      {},
      empty.tolerance,
      { manySuites: found.inventory.manySuites, longHello: found.inventory.longHello(observations) },
      ...from('tolerance'),
    ),
    flaws: Object.assign({}, empty.flaws, ...from('flaws')),
    clear: found.clear === undefined ? null : clearPosture(found.clear),
  }
}

/** In one order, whichever of the hellos was answered first. */
const HELLOS = ['sni', 'no-sni', 'wrong-sni'] as const

function judge(chain: Notes['chains'][number], { host, trust, now }: Findings): Posture['certificates'][number] {
  const servedFor = HELLOS.filter((hello) => chain.servedFor.includes(hello))
  const judged = judgeChain({ ...chain, servedFor }, host, trust ?? new TrustStore([]), now)
  return trust === undefined ? { ...judged, trusted: 'unknown' } : judged
}

function withChaCha(protocols: Posture['protocols'], facts: readonly ProbeFacts[]): Record<ProtocolName, ProtocolPosture> {
  return forEachProtocol((protocol) => {
    const told = facts.map((one) => one.prefersClientChaCha?.[protocol]).find((fact) => fact !== undefined)
    return told === undefined ? protocols[protocol] : { ...protocols[protocol], prefersClientChaCha: told }
  })
}

/** Where no key exchange is signed, there is no scheme. */
function tls12Schemes({ schemes }: Findings, { offered, complete, suites }: ProtocolPosture): { 'TLSv1.2'?: readonly string[] } {
  const signs = suites.some((name) => SIGNED.has(suiteByName(name)?.kx ?? '') && suiteByName(name)?.au !== 'anon')
  const none = offered === false || (offered === true && complete && !signs)
  // Which of several schemes is taken depends on the suite and the group of the hello: no order can be told.
  const sorted = schemes.toSorted((one, other) => SIGNATURE_SCHEMES.indexOf(one) - SIGNATURE_SCHEMES.indexOf(other))
  return schemes.length > 0 || none ? { 'TLSv1.2': sorted.map((code) => signatureScheme.name(code)) } : {}
}

/** The newest of the old protocols has the groups that were searched for, and so have those that use no others. */
function withGroups(
  protocols: Record<ProtocolName, ProtocolPosture>,
  { groups: codes, groupOrder, groupsComplete }: Pick<Findings, 'groups' | 'groupOrder' | 'groupsComplete'>,
  same: readonly ProtocolName[],
): Record<ProtocolName, ProtocolPosture> {
  const newest = OLD.find((protocol) => protocols[protocol].offered === true)
  if (newest === undefined || codes.length === 0) return protocols
  const groups = codes.map(groupName)
  return forEachProtocol((protocol) => {
    if (protocol === newest) return { ...protocols[protocol], groups, groupOrder, groupsComplete }
    return same.includes(protocol) ? { ...protocols[protocol], groups, groupsComplete } : protocols[protocol]
  })
}

/** Those of TLS 1.3 in its order; what only an older version has stands beside the one that it stands beside there. */
export function allGroups(protocols: Posture['protocols']): readonly string[] {
  return OLD.reduce<readonly string[]>((all, protocol) => merged(all, protocols[protocol].groups), protocols['TLSv1.3'].groups)
}

function merged(all: readonly string[], others: readonly string[]): readonly string[] {
  const groups = [...all]
  for (const [index, group] of others.entries()) {
    if (groups.includes(group)) continue
    const before = others.slice(0, index).findLast((one) => groups.includes(one))
    const behind = others.slice(index).find((one) => groups.includes(one))
    const place = before !== undefined ? groups.indexOf(before) + 1 : behind !== undefined ? groups.indexOf(behind) : groups.length
    groups.splice(place, 0, group)
  }
  return groups
}

function clearPosture({ banner, capabilities, starttls, authBeforeTls, authComplete, textAfterGoAhead }: Clear): ClearPosture {
  return { banner, capabilities, starttls, authBeforeTls, authComplete, textAfterGoAhead }
}
