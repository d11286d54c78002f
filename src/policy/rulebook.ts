import { groupByName, type GroupKind, type ProtocolName } from '../registry/index.ts'
import type { FindingId } from './findings.ts'
import type { KeyType } from './posture.ts'
import { suiteClasses, type SuiteClass } from './suite-classes.ts'

/** Something a rulebook can have a word for. */
export type Thing =
  | { readonly subject: 'protocol'; readonly name: ProtocolName }
  /** The version is not offered; `newer`: a newer one is. */
  | { readonly subject: 'protocol-missing'; readonly name: ProtocolName; readonly newer: boolean }
  /** By IANA name, or `0xabcd`. */
  | { readonly subject: 'suite'; readonly name: string }
  | { readonly subject: 'group'; readonly name: string }
  /** Finite-field Diffie-Hellman of a DHE suite; `prime` as in `DhPosture`. */
  | { readonly subject: 'dh'; readonly bits: number; readonly prime: string }
  | {
      readonly subject: 'certificate-key'
      readonly leaf: boolean
      readonly type: KeyType
      readonly bits: number
      readonly curve?: string | undefined
    }
  /** Of a certificate's signature, such as `SHA-256`; `none` for Ed25519 and Ed448. */
  | { readonly subject: 'certificate-hash'; readonly name: string }
  | { readonly subject: 'certificate-lifetime'; readonly days: number }
  /** By IANA name, such as `rsa_pkcs1_sha1`. */
  | { readonly subject: 'signature'; readonly name: string }
  /** Something a door does or does not do, by the id of its finding. `kept`: it is as it should be. */
  | { readonly subject: 'behaviour'; readonly id: FindingId; readonly kept: boolean }

export type Subject = Thing['subject']

/** What a rulebook says, and what that means. */
export interface Word {
  readonly verdict: 'good' | 'weak' | 'bad'
  /** The rulebook's own word. */
  readonly says: string
  /** Section of the rulebook. */
  readonly section: string
  /** Last day on which the word holds, ISO 8601. Afterwards the verdict is `bad`. */
  readonly until?: string
}

/** A suite matches when it is one of `names`, has all classes of `all`, one of `any` and none of `none`; what is left out always holds. */
export interface SuiteMatch {
  readonly names?: readonly string[]
  readonly all?: readonly SuiteClass[]
  readonly any?: readonly SuiteClass[]
  readonly none?: readonly SuiteClass[]
}

export interface GroupMatch {
  readonly names?: readonly string[]
  readonly kinds?: readonly GroupKind[]
  /** Security strength in bits: 112 is a curve of 224 bits or a modulus of 2048. */
  readonly belowStrength?: number
}

/** `leaf`: only the server's own certificate, or only those of authorities. */
export interface KeyMatch {
  readonly leaf?: boolean
  readonly types?: readonly KeyType[]
  readonly belowBits?: number
  readonly curves?: readonly string[]
}

/** One row of a rulebook. Of the rows of a subject the first that matches speaks. A row without `match` matches always. */
export type Rule = Word &
  (
    | { readonly subject: 'protocol'; readonly match?: readonly ProtocolName[] }
    | { readonly subject: 'protocol-missing'; readonly match: readonly ProtocolName[]; readonly evenWithNewer: boolean }
    | { readonly subject: 'suite'; readonly match?: SuiteMatch }
    | { readonly subject: 'group'; readonly match?: GroupMatch }
    | { readonly subject: 'dh'; readonly match?: { readonly belowBits?: number; readonly primes?: readonly string[] } }
    | { readonly subject: 'certificate-key'; readonly match?: KeyMatch }
    | { readonly subject: 'certificate-hash'; readonly match?: readonly string[] }
    | { readonly subject: 'certificate-lifetime'; readonly match?: { readonly overDays: number } }
    | { readonly subject: 'signature'; readonly match?: RegExp | readonly string[] }
    /** The word is for a door that breaks it; one that keeps it is `good` in the same words. */
    | { readonly subject: 'behaviour'; readonly match: readonly FindingId[] }
  )

/** A named, dated policy of others, as rows. It has a word for every protocol, suite and group; of the rest it may be silent. */
export interface Rulebook {
  /** As in `--rules`, such as `ncsc-nl`. */
  readonly name: string
  readonly title: string
  readonly edition: string
  /** Of this edition, ISO 8601, as exact as it is published. */
  readonly date: string
  /** Where it is published. */
  readonly source: string
  /** What the rows leave out or could not take from the document itself. */
  readonly note?: string
  readonly rules: readonly Rule[]
}

/**
 * What the rulebook says of a thing on the day `now`, or undefined where it says nothing.
 * Protocols, suites and groups always get a word.
 */
export function judge(rulebook: Rulebook, thing: Thing, now: Date): Word | undefined {
  const rule = rulebook.rules.find((rule) => matches(rule, thing))
  if (rule === undefined) return undefined
  const { says, section, until } = rule
  if (until !== undefined && now.getTime() >= Date.parse(until) + DAY)
    return { verdict: 'bad', says: `${says}, which is over`, section, until }
  const verdict = thing.subject === 'behaviour' && thing.kept ? 'good' : rule.verdict
  return until === undefined ? { verdict, says, section } : { verdict, says, section, until }
}

const DAY = 24 * 60 * 60 * 1000

function matches(rule: Rule, thing: Thing): boolean {
  if (thing.subject === 'protocol') return rule.subject === 'protocol' && (rule.match?.includes(thing.name) ?? true)
  if (thing.subject === 'protocol-missing') {
    return rule.subject === 'protocol-missing' && rule.match.includes(thing.name) && (rule.evenWithNewer || !thing.newer)
  }
  if (thing.subject === 'suite') return rule.subject === 'suite' && (rule.match === undefined || matchesSuite(rule.match, thing.name))
  if (thing.subject === 'group') return rule.subject === 'group' && (rule.match === undefined || matchesGroup(rule.match, thing.name))
  if (thing.subject === 'dh') {
    const { belowBits = Infinity, primes } = rule.subject === 'dh' ? (rule.match ?? {}) : {}
    return rule.subject === 'dh' && thing.bits < belowBits && (primes?.includes(thing.prime) ?? true)
  }
  if (thing.subject === 'certificate-key') return rule.subject === 'certificate-key' && matchesKey(rule.match ?? {}, thing)
  if (thing.subject === 'certificate-hash') return rule.subject === 'certificate-hash' && (rule.match?.includes(thing.name) ?? true)
  if (thing.subject === 'certificate-lifetime') {
    return rule.subject === 'certificate-lifetime' && (rule.match === undefined || thing.days > rule.match.overDays)
  }
  if (thing.subject === 'signature') return rule.subject === 'signature' && matchesName(rule.match, thing.name)
  return rule.subject === 'behaviour' && rule.match.includes(thing.id)
}

function matchesName(match: RegExp | readonly string[] | undefined, name: string): boolean {
  if (match === undefined) return true
  return match instanceof RegExp ? match.test(name) : match.includes(name)
}

function matchesSuite({ names, all = [], any, none = [] }: SuiteMatch, name: string): boolean {
  if (names !== undefined && !names.includes(name)) return false
  const classes = suiteClasses(name)
  return all.every((one) => classes.has(one)) && (any?.some((one) => classes.has(one)) ?? true) && !none.some((one) => classes.has(one))
}

function matchesGroup(match: GroupMatch, name: string): boolean {
  if (match.names !== undefined && !match.names.includes(name)) return false
  if (match.kinds === undefined && match.belowStrength === undefined) return true
  const group = groupByName(name)
  if (group === undefined) return false
  return (match.kinds?.includes(group.kind) ?? true) && group.strength < (match.belowStrength ?? Infinity)
}

function matchesKey(match: KeyMatch, key: Extract<Thing, { subject: 'certificate-key' }>): boolean {
  const type = (match.leaf ?? key.leaf) === key.leaf && (match.types?.includes(key.type) ?? true)
  const curve = match.curves === undefined || (key.curve !== undefined && match.curves.includes(key.curve))
  return type && curve && key.bits < (match.belowBits ?? Infinity)
}
