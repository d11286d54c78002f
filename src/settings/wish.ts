import type { Inexpressible } from './adapter.ts'
import { suiteIs, type Policy } from '../policy/index.ts'
import { PROTOCOLS, type ProtocolName } from '../registry/index.ts'
import { suiteByName } from '../registry/index.ts'
import type { LegWords, Role } from './words.ts'

/** What a product and its version can be told at all. */
export interface Ability {
  readonly protocols: readonly ProtocolName[]
  /** Suites up to TLS 1.2 that its library has. */
  readonly suites: readonly string[]
  readonly tls13Suites: readonly string[]
  readonly groups: readonly string[]
}

/** What has to become different on a leg. A word that keeps the policy already is absent. */
export interface Wish {
  readonly protocols?: readonly ProtocolName[]
  /** Up to TLS 1.2, in order. */
  readonly suites?: readonly string[]
  readonly tls13Suites?: readonly string[]
  readonly groups?: readonly string[]
  readonly order?: 'server' | 'client'
  /** The least size in bits. */
  readonly dh?: number
  readonly sslv2Hello?: false
  /** Words that the policy has an opinion on and nothing this product offers would meet. */
  readonly impossible: readonly Pick<Inexpressible, 'word' | 'why'>[]
}

/** Compares words with a policy: what to keep of them, and what to take from the policy where nothing of theirs is left. */
export function wishOf(words: LegWords, policy: Policy, can: Ability, role: Role = 'server'): Wish {
  const current = words.protocols.value
  if (current !== 'unknown' && current.length === 0) return withoutTls(policy)
  const wanted = protocolsWanted(current, policy, can)
  // Where no version is allowed that can be asked for, all other words are still made as near to the policy as they can be.
  const stay = current === 'unknown' ? can.protocols : current
  const protocols = wanted.length === 0 ? stay : wanted
  const lists = listsWanted(words, policy, can, protocols)
  const order = words.order.value
  const wrongOrder = policy.order !== 'any' && order !== 'unknown' && order !== policy.order ? policy.order : undefined
  return {
    ...lists,
    ...(wanted.length === 0 || (current !== 'unknown' && sameMembers(protocols, current)) ? {} : { protocols }),
    ...(wrongOrder === undefined ? {} : { order: wrongOrder }),
    ...(protocols.some((protocol) => protocol !== 'TLSv1.3') && dhMatters(words, lists.suites) && tooSmall(words.dh, policy)
      ? { dh: policy.dh.minBits }
      : {}),
    ...(!policy.sslv2Hello && answersSslv2(words, protocols, role) ? { sslv2Hello: false } : {}),
    impossible: [...lists.impossible, ...(wanted.length === 0 ? [noneAllowed(policy)] : missing(protocols, policy))],
  }
}

/** A server that speaks TLS 1.3 alone may answer such hellos as soon as it speaks older versions too. */
function answersSslv2({ sslv2Hello, protocols }: LegWords, wanted: readonly ProtocolName[], role: Role): boolean {
  const only13 = protocols.value !== 'unknown' && protocols.value.every((protocol) => protocol === 'TLSv1.3')
  const more = role === 'server' && only13 && wanted.some((protocol) => protocol !== 'TLSv1.3')
  return sslv2Hello.value !== false || more
}

function withoutTls({ protocols }: Policy): Wish {
  if (protocols.required.length === 0) return { impossible: [] }
  const why = `TLS is off here, and turning it on takes more than settings of TLS: ${protocols.required.join(', ')} cannot be asked for`
  return { impossible: [{ word: 'protocols', why }] }
}

function noneAllowed({ protocols }: Policy): Wish['impossible'][number] {
  return { word: 'protocols', why: `none of the allowed versions, ${protocols.allowed.join(', ')}, can be asked for here` }
}

function missing(protocols: readonly ProtocolName[], policy: Policy): Wish['impossible'] {
  const lost = policy.protocols.required.filter((protocol) => !protocols.includes(protocol))
  return lost.length === 0 ? [] : [{ word: 'protocols', why: `${lost.join(', ')} is required, and this version cannot speak it` }]
}

function protocolsWanted(current: readonly ProtocolName[] | 'unknown', policy: Policy, can: Ability): readonly ProtocolName[] {
  const { allowed, required } = policy.protocols
  const kept = current === 'unknown' ? [] : current.filter((protocol) => allowed.includes(protocol))
  const wanted = kept.length === 0 ? allowed : [...kept, ...required]
  return PROTOCOLS.filter((protocol) => wanted.includes(protocol) && (can.protocols.includes(protocol) || kept.includes(protocol)))
}

function listsWanted(words: LegWords, policy: Policy, can: Ability, protocols: readonly ProtocolName[]): Wish {
  const has13 = (suite: string) => suiteIs(suite, 'tls1.3')
  const now = words.suites.value === 'unknown' ? (words.suites.known ?? 'unknown') : words.suites.value
  const impossible: Pick<Inexpressible, 'word' | 'why'>[] = []
  const wanted = (
    word: 'suites' | 'groups',
    have: readonly string[] | 'unknown',
    allowed: readonly string[],
    known: readonly string[],
  ): readonly string[] | undefined => {
    if (have !== 'unknown' && have.length > 0 && have.every((name) => allowed.includes(name))) return undefined
    const kept = have === 'unknown' ? [] : have.filter((name) => allowed.includes(name))
    const result = kept.length > 0 ? kept : allowed.filter((name) => known.includes(name))
    if (result.length > 0) return result
    impossible.push({ word, why: `the library behind it has none of the ${word} that are allowed` })
    return undefined
  }
  const part = (tls13: boolean) => (now === 'unknown' ? now : now.filter((suite) => has13(suite) === tls13))
  const older = protocols.some((protocol) => protocol !== 'TLSv1.3')
  const suites = older
    ? wanted(
        'suites',
        part(false),
        policy.suites.filter((suite) => !has13(suite)),
        can.suites,
      )
    : undefined
  const tls13 = protocols.includes('TLSv1.3') ? wanted('suites', part(true), policy.suites.filter(has13), can.tls13Suites) : undefined
  const groups = wanted('groups', words.groups.value, policy.groups, can.groups)
  return {
    ...(suites === undefined ? {} : { suites }),
    ...(tls13 === undefined ? {} : { tls13Suites: tls13 }),
    ...(groups === undefined ? {} : { groups }),
    impossible,
  }
}

/** The size of a group counts only where a suite uses it. */
function dhMatters(words: LegWords, suites: readonly string[] | undefined): boolean {
  const after = suites ?? words.suites.value
  return after === 'unknown' || after.some((suite) => suiteByName(suite)?.kx === 'DHE')
}

/** Where the other end decides, nothing can be wished for. */
function tooSmall({ value, origin }: LegWords['dh'], { dh: { minBits } }: Policy): boolean {
  return value === 'unknown' ? origin.kind !== 'fixed' : value !== null && value < minBits
}

function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name))
}
