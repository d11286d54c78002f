import type { Change, Inexpressible } from './adapter.ts'
import { placeIn, type Edit, type Place, type SettingsFile } from './settings-file.ts'
import type { LegWords, Role } from './words.ts'

/** A value as it stands in a file, and how to put another one in its place. */
export interface Found {
  /** What it means: without quotes, comments and folded lines. */
  readonly value: string
  readonly place: Place
  readonly put: (value: string) => readonly Edit[]
  /** Takes the whole statement out. Absent: nothing ever has to. */
  readonly remove?: () => readonly Edit[]
}

/** A part of the files in which settings hold: a whole file, a block, a line. */
export interface Scope {
  /** The same for every leg that it holds for. */
  readonly id: string
  /** The value that wins where the setting is given more than once. */
  readonly find: (setting: string) => Found | undefined
  /** Undefined: this setting cannot be added here. */
  readonly add: (setting: string, value: string) => Addition | undefined
}

/** A new line or word, and where it goes. */
export interface Addition {
  readonly place: Place
  readonly edits: readonly Edit[]
}

/** A line or word that is put between the characters at an offset. */
export function addition(file: SettingsFile, at: number, text: string): Addition {
  return { place: placeIn(file, at, at), edits: [{ file: file.path, start: at, end: at, text }] }
}

/** A leg and where it takes its settings from, the innermost scope first: what stands there wins. */
export interface ScopedLeg {
  readonly door: string
  readonly role: Role
  readonly scopes: readonly Scope[]
  /** Whether this leg heeds the setting at all. */
  readonly heeds: (setting: string) => boolean
}

/** The setting as a leg has it, undefined where no file says anything. */
export function lookUp({ scopes }: ScopedLeg, setting: string): Found | undefined {
  for (const scope of scopes) {
    const found = scope.find(setting)
    if (found !== undefined) return found
  }
  return undefined
}

/** What a setting of a leg should be; undefined: it should not stand there. */
export interface Demand {
  readonly leg: ScopedLeg
  readonly setting: string
  readonly value: string | undefined
  /** The word of the leg that it is for. */
  readonly word: keyof LegWords
}

/** Where demands cannot be met because another leg shares the only place for them. */
export interface Settled {
  readonly changes: readonly Change[]
  readonly inexpressible: readonly Inexpressible[]
}

/**
 * The fewest edits that give each leg what it demands and leave all other legs as they are: the value in place where everybody who
 * takes it from there agrees; else a line in a scope further inside. Where nothing stands yet, a line as far outside as all agree.
 */
export function settle(legs: readonly ScopedLeg[], demands: readonly Demand[]): Settled {
  const settings = [...new Set(demands.map(({ setting }) => setting))]
  const parts = settings.flatMap((setting) => settleOne(setting, legs, demands))
  return { changes: parts.flatMap(({ changes }) => changes), inexpressible: parts.flatMap(({ inexpressible }) => inexpressible) }
}

interface Group {
  readonly setting: string
  readonly legs: readonly ScopedLeg[]
  readonly demands: readonly Demand[]
  /** How many scopes, counted from the outermost, lie outside of the one that is looked at. */
  readonly depth: number
}

function settleOne(setting: string, legs: readonly ScopedLeg[], demands: readonly Demand[]): readonly Settled[] {
  const own = demands.filter((demand) => demand.setting === setting)
  const heeding = legs.filter((leg) => leg.heeds(setting) || own.some((demand) => demand.leg === leg))
  const byHolder = Map.groupBy(heeding, (leg) => holderOf(leg, setting)?.id ?? `none ${leg.scopes.at(-1)?.id ?? ''}`)
  return [...byHolder.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const holder = holderOf(first, setting)
    const depth = holder === undefined ? 0 : first.scopes.length - 1 - first.scopes.indexOf(holder)
    return descend({ setting, legs: group, demands: own, depth })
  })
}

function holderOf({ scopes }: ScopedLeg, setting: string): Scope | undefined {
  return scopes.find((scope) => scope.find(setting) !== undefined)
}

function descend(group: Group): readonly Settled[] {
  const { legs, demands, depth } = group
  const mine = demands.filter(({ leg }) => legs.includes(leg))
  const [first] = mine
  if (first === undefined) return []
  const scope = first.leg.scopes.at(-1 - depth)
  if (scope === undefined) return [refusal(mine)]
  const agreed = mine.length === legs.length && mine.every(({ value }) => value === first.value)
  const change = agreed ? changeIn(scope, first) : undefined
  if (change !== undefined) return [{ changes: [change], inexpressible: [] }]
  return aroundOthers(group, scope) ?? inwards(group)
}

function inwards({ legs, depth, ...group }: Group): readonly Settled[] {
  const inner = Map.groupBy(legs, (leg) => leg.scopes.at(-2 - depth)?.id ?? `${leg.door} ${leg.role}`)
  return [...inner.values()].flatMap((part) => descend({ ...group, legs: part, depth: depth + 1 }))
}

/**
 * Legs that have no scope further inside can have their value here where everybody else gets one further inside: what is demanded, or
 * what holds for them now. Undefined where that does not work out.
 */
function aroundOthers(group: Group, scope: Scope): readonly Settled[] | undefined {
  const { legs, demands, depth, setting } = group
  const others = legs.filter((leg) => leg.scopes.length > depth + 1)
  const residents = demands.filter(({ leg }) => legs.includes(leg) && !others.includes(leg))
  const [first] = residents
  const agreed = residents.length === legs.length - others.length && residents.every(({ value }) => value === first?.value)
  const now = scope.find(setting)?.value
  const silent = others.filter((leg) => !demands.some((demand) => demand.leg === leg))
  if (first === undefined || !agreed || (silent.length > 0 && now === undefined)) return undefined
  const kept = silent.map((leg): Demand => ({ ...first, leg, value: now }))
  const inner = inwards({ ...group, legs: others, demands: [...demands, ...kept] })
  const change = changeIn(scope, first)
  if (change === undefined || inner.some(({ inexpressible }) => inexpressible.length > 0)) return undefined
  return [{ changes: [change], inexpressible: [] }, ...inner]
}

function changeIn(scope: Scope, { leg: { door, role }, setting, value }: Demand): Change | undefined {
  const found = scope.find(setting)
  if (found === undefined) {
    const added = value === undefined ? undefined : scope.add(setting, value)
    return added && { door, role, setting, before: undefined, after: value, ...added }
  }
  const edits = value === undefined ? found.remove?.() : found.put(value)
  return edits && { door, role, setting, before: found.value, after: value, place: found.place, edits }
}

function refusal(demands: readonly Demand[]): Settled {
  return {
    changes: [],
    inexpressible: demands.map(({ leg: { door, role }, setting, word }) => ({
      door,
      role,
      word,
      why: `${setting} is shared with another leg for which something else is wanted, and cannot be set for this one alone`,
    })),
  }
}

/** Whether a demand asks for anything else than what the leg has. */
export function isChange({ leg, setting, value }: Demand): boolean {
  return lookUp(leg, setting)?.value !== value
}
