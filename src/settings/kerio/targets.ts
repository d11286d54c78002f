import { suiteIs, type Policy } from '../../policy/index.ts'
import { suiteByName } from '../../registry/index.ts'
import type { Inexpressible } from '../adapter.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { listForEngines } from '../openssl/several-engines.ts'
import { wishOf, type Ability, type Wish } from '../wish.ts'
import type { Leg, Role } from '../words.ts'
import { variableOf, type Table } from './tables.ts'
import { DEFAULT_CIPHERS, PURPOSE_WORDS, type Matches, type Purpose } from './variables.ts'
import type { Abilities } from './versions.ts'
import { ableProtocols, cipherSetting, DH_SIZES, listIn, PROTOCOL_NAMES, protocolSetting } from './words.ts'

/** What variables of a table should be, by name, and what cannot be said. */
export interface Targets {
  readonly values: ReadonlyMap<string, string>
  readonly inexpressible: readonly Inexpressible[]
}

export interface Task {
  readonly leg: Leg
  readonly table: Table
  readonly policy: Policy
  readonly abilities: Abilities
  readonly matches: Matches
}

type Part = readonly [
  values: readonly (readonly [name: string, value: string])[],
  missing?: Pick<Inexpressible, 'word' | 'why'> | undefined,
]

/** The smallest change of variables that brings a leg to its policy. */
export function targetsOf(task: Task): Targets {
  const { leg, policy } = task
  const wish = wishOf(leg.words, policy, abilityOf(task))
  const parts = [protocolPart(task, wish), suitePart(task, wish), orderPart(task, wish)]
  const missing = [...parts.flatMap(([, missing]) => missing ?? []), ...beyond(task, wish), ...wish.impossible]
  return {
    values: new Map(parts.flatMap(([values]) => values)),
    inexpressible: missing.map((one) => ({ door: leg.door, role: leg.role, ...one })),
  }
}

/** SSL 3.0 is never asked for. The curves are the policy's, so that what is wished of them is known. */
function abilityOf({ abilities, policy, table, leg }: Task): Ability {
  const all = abilities.engines.map((generation) => opensslAbility(generation))
  const [first, ...others] = all
  const suites = (first?.suites ?? []).filter((suite) => others.every((other) => other.suites.includes(suite)))
  const protocols = ableProtocols(listIn(table, leg.role), abilities).filter((name) => name !== 'SSLv3')
  return { protocols, suites, tls13Suites: abilities.tls13 ? (first?.tls13Suites ?? []) : [], groups: policy.groups }
}

function protocolPart({ leg }: Task, { protocols }: Wish): Part {
  if (protocols === undefined) return [[]]
  return [[[protocolSetting(leg.role), PROTOCOL_NAMES.filter((name) => protocols.includes(name)).join(',')]]]
}

/** The cipher list and the size of DHE, which depend on each other: a size that cannot be set costs the suites that use it. */
function suitePart(task: Task, wish: Wish): Part {
  const { leg, table } = task
  const setting = cipherSetting(leg.role)
  const list = (wanted: readonly string[]): Part => {
    const text = listForEngines(baseOf(table, leg.role), wanted, task.abilities.engines)
    const why = `no list means the same to OpenSSL ${task.abilities.engines.join(', ')}; say which one it is`
    return text === undefined ? [[], { word: 'suites', why }] : [[[setting, text]]]
  }
  const plain = wish.suites === undefined ? ([[]] as const) : list(wish.suites)
  if (wish.dh === undefined || leg.role === 'client') return plain
  const size = sizePart(task, wish.dh)
  if (size.value !== undefined) return [[...plain[0], size.value], plain[1]]
  const now = leg.words.suites.value
  const older = wish.suites ?? (now === 'unknown' ? [] : now.filter((suite) => !suiteIs(suite, 'tls1.3')))
  const without = older.filter((suite) => suiteByName(suite)?.kx !== 'DHE')
  if (without.length === 0) return [plain[0], { word: 'dh', why: size.why }]
  const [values, missing] = list(without)
  return [values, missing ?? { word: 'dh', why: `${size.why}; ${setting} leaves the suites of DHE out instead` }]
}

function sizePart({ matches, table }: Task, least: number): { readonly value?: readonly [string, string]; readonly why: string } {
  const bits = DH_SIZES.find((one) => one >= least)
  if (bits === undefined) return { why: `DHE can have ${DH_SIZES.join(', ')} bits, and not ${least} or more` }
  const name = nameIn(table, matches, 'dhe-size')
  if (name === undefined) return { why: notNamed('dhe-size', `${bits}`) }
  return { value: [name, String(bits)], why: '' }
}

/**
 * What a list is made from: the one in place, or the default of servers without its words for 3DES, which select nothing by themselves.
 * That of clients is not known, and theirs becomes the same.
 */
function baseOf(table: Table, role: Role): string {
  const found = variableOf(table, cipherSetting(role))
  return found === undefined || found === 'several' || found.value === '' ? DEFAULT_CIPHERS.replace(/:\+[^:]*/g, '') : found.value
}

/** A name that was told may be added; one that only sounds right may be changed where it stands. */
function nameIn(table: Table, matches: Matches, purpose: Purpose): string | undefined {
  const match = matches[purpose]
  if (match === undefined || match === 'several') return undefined
  return match.how === 'told' || variableOf(table, match.name) !== undefined ? match.name : undefined
}

function notNamed(purpose: Purpose, value: string): string {
  return `the variable that ${PURPOSE_WORDS[purpose]} has no published name, so ${value} cannot be written; where its name is known, say --name ${purpose}=NAME`
}

function orderPart({ matches, leg, table }: Task, { order }: Wish): Part {
  if (order === undefined || leg.role === 'client') return [[]]
  const value = order === 'server' ? '1' : '0'
  const name = nameIn(table, matches, 'order')
  return name === undefined ? [[], { word: 'order', why: notNamed('order', value) }] : [[[name, value]]]
}

function beyond({ leg, policy }: Task, wish: Wish): readonly Pick<Inexpressible, 'word' | 'why'>[] {
  const { role, words } = leg
  const ecdhe = words.groups.value === 'unknown'
  const nothing = Object.keys(wish).length === 1 ? 'nothing is changed where no version is left to speak' : undefined
  return [
    ...(wish.tls13Suites === undefined
      ? []
      : [{ word: 'suites', why: 'Kerio Connect has no variable for the suites of TLS 1.3' } as const]),
    ...(!ecdhe ? [] : [{ word: 'groups', why: 'Kerio Connect has no variable for curves' } as const]),
    ...(wish.dh === undefined || role === 'server' ? [] : [{ word: 'dh', why: 'the server at the other end chooses the group' } as const]),
    ...(policy.sslv2Hello || role === 'client'
      ? []
      : [{ word: 'sslv2Hello', why: 'OpenSSL answers such hellos, and Kerio Connect has no variable for it' } as const]),
    ...(nothing === undefined ? [] : (['suites', 'order', 'dh'] as const).map((word) => ({ word, why: nothing }))),
    ...(policy.dh.primes !== undefined && usesDhe(leg) && role === 'server'
      ? [{ word: 'dh', why: 'Kerio Connect has no variable for the prime of DHE, only for its size' } as const]
      : []),
  ]
}

function usesDhe({ words: { suites } }: Leg): boolean {
  return suites.value === 'unknown' || suites.value.some((suite) => suiteByName(suite)?.kx === 'DHE')
}
