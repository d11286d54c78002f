import { createHash } from 'node:crypto'
import { compare, type Finding, type Policy, type Rulebook } from '../policy/index.ts'
import type { Adapter, Change, Edits, Inexpressible, Reading, ReadOptions, Wanted } from './adapter.ts'
import { unifiedDiff } from './diff.ts'
import { bytesOf, withEdits, type Edit, type SettingsFile } from './settings-file.ts'
import type { Leg, LegWords, Role, SettingsFinding } from './words.ts'

/** The policy for one leg; undefined where nothing is to change. */
export type PolicyChoice = (door: string, role: Role) => Policy | undefined

export interface PlanOptions extends ReadOptions {
  /** They judge before and after, beside Postern's own. */
  readonly rulebooks: readonly Rulebook[]
  readonly now: Date
}

/** What one leg is, or will be, and what there is to say of it. */
export interface JudgedLeg extends Leg {
  /** What is good, weak or bad. */
  readonly findings: readonly Finding[]
  /** Ids of findings for which settings do not say enough. */
  readonly undecided: readonly string[]
}

/** One file before and after. */
export interface PlannedFile {
  readonly before: SettingsFile
  readonly after: SettingsFile
  readonly edits: readonly Edit[]
}

export interface PlannedLeg {
  readonly door: string
  readonly role: Role
  readonly policy: Policy | undefined
  readonly before: JudgedLeg
  /** As the files will be read once they are written. */
  readonly after: JudgedLeg
}

/** The smallest edit that reaches a policy, and what it does. The same files and policies give the same plan. */
export interface Plan {
  readonly product: Reading['product']
  readonly title: string
  readonly version: Reading['version']
  readonly changes: readonly Change[]
  readonly inexpressible: readonly Inexpressible[]
  /** Only those that change. */
  readonly files: readonly PlannedFile[]
  readonly diff: string
  /** Commands that make what the product really reads out of these files. */
  readonly rebuild: readonly (readonly string[])[]
  readonly legs: readonly PlannedLeg[]
  /** About the settings themselves, as they will be. */
  readonly findings: readonly SettingsFinding[]
}

/** What has to change in settings that were read, so that each leg keeps to its policy. */
export function planOf(adapter: Adapter, reading: Reading, choose: PolicyChoice, options: PlanOptions): Plan {
  const wanted = reading.legs.flatMap(({ door, role }): Wanted[] => {
    const policy = choose(door, role)
    return policy === undefined ? [] : [{ door, role, policy }]
  })
  const { changes, inexpressible } = adapter.write(reading, wanted, options)
  const files = plannedFiles(reading.files, changes)
  const after = readAgain(adapter, reading, files, options)
  return {
    product: reading.product,
    title: adapter.title,
    version: reading.version,
    changes,
    inexpressible,
    files,
    rebuild: adapter.rebuild?.(reading, new Set(files.map(({ before }) => before.path)), options) ?? [],
    diff: files.map(({ before, edits }) => unifiedDiff(before, edits, adapter.secrets)).join(''),
    legs: plannedLegs(reading, after, choose, options),
    findings: after.findings,
  }
}

/** Nothing is encrypted there: no rulebook has a word for the TLS that there is not. */
export function usesNoTls({ protocols: { value } }: LegWords): boolean {
  return value !== 'unknown' && value.length === 0
}

/** Legs with what rulebooks say of them. Those that are alike are judged once, for most doors of a product are. */
export function judged(legs: readonly Leg[], { rulebooks, now }: Pick<PlanOptions, 'rulebooks' | 'now'>): readonly JudgedLeg[] {
  const known = new Map<string, Pick<JudgedLeg, 'findings' | 'undecided'>>()
  return legs.map((leg) => {
    const { posture, opportunistic = false } = leg
    const key = JSON.stringify([posture, opportunistic])
    if (usesNoTls(leg.words)) return { ...leg, findings: [], undecided: [] }
    const said = known.get(key) ?? verdictsOn(compare(rulebooks, posture, { now, opportunistic }))
    known.set(key, said)
    return { ...leg, ...said }
  })
}

function verdictsOn(all: readonly Finding[]): Pick<JudgedLeg, 'findings' | 'undecided'> {
  return {
    findings: all.filter(({ verdict }) => verdict !== 'unknown'),
    undecided: all.filter(({ verdict }) => verdict === 'unknown').map(({ id }) => id),
  }
}

/** The SHA-256 of a file's bytes, in hex. */
export function hashOf(file: SettingsFile): string {
  return createHash('sha256').update(bytesOf(file)).digest('hex')
}

/** Two legs may be changed by one and the same edit, which is made once. */
export function editsOf(changes: Edits['changes']): readonly Edit[] {
  const all = changes.flatMap(({ edits }) => edits)
  return [...new Map(all.map((edit) => [JSON.stringify([edit.file, edit.start, edit.end, edit.text]), edit])).values()]
}

function plannedFiles(files: readonly SettingsFile[], changes: readonly Change[]): readonly PlannedFile[] {
  const edits = editsOf(changes)
  const distinct = [...new Map(files.map((file) => [file.path, file])).values()]
  return distinct
    .map((before) => ({
      before,
      after: withEdits(before, edits),
      edits: edits.filter((edit) => edit.file === before.path),
    }))
    .filter(({ before, after }) => before.text !== after.text)
}

/** What the adapter makes of the files as they will be: nobody's promise, but its own reading. */
function readAgain(adapter: Adapter, reading: Reading, planned: readonly PlannedFile[], options: ReadOptions): Reading {
  const [first] = reading.files
  if (first === undefined || planned.length === 0) return reading
  const after = planned.find(({ before }) => before.path === first.path)?.after ?? first
  return adapter.read(after, changedIn(planned, options))
}

/** Reads planned files as they will be. */
function changedIn<T extends ReadOptions>(planned: readonly PlannedFile[], options: T): T {
  const changed = new Map(planned.map(({ after }) => [after.path, after]))
  const { more } = options
  if (more === undefined) return options
  return {
    ...options,
    more: (path: string) => {
      const file = more(path)
      return file === undefined ? undefined : (changed.get(file.path) ?? file)
    },
  }
}

/**
 * What would have to be changed once more if a plan were carried out: nothing, unless something around a change keeps it from counting,
 * which then must not be made as if it did.
 */
export function changesLeft(
  adapter: Adapter,
  reading: Reading,
  { files }: Pick<Plan, 'files'>,
  choose: PolicyChoice,
  options: PlanOptions,
): readonly Change[] {
  if (files.length === 0) return []
  const after = readAgain(adapter, reading, files, options)
  return planOf(adapter, after, choose, changedIn(files, options)).changes
}

/** The legs before and after, in pairs. */
function plannedLegs({ legs }: Reading, after: Reading, choose: PolicyChoice, options: PlanOptions): readonly PlannedLeg[] {
  const then = legs.map((leg) => after.legs.find(({ door, role }) => door === leg.door && role === leg.role) ?? leg)
  const all = judged([...legs, ...then], options)
  return all.slice(0, legs.length).flatMap((before, index) => {
    const { door, role } = before
    const one = all[legs.length + index]
    return one === undefined ? [] : [{ door, role, policy: choose(door, role), before, after: one }]
  })
}
