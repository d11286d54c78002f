import type { Entry, JudgedLeg, Numbered, Outcome, Plan, Reading } from '../settings/index.ts'
import {
  hashOf,
  type SettingsHistoryJson,
  type SettingsOutcomeJson,
  type SettingsPlanJson,
  type SettingsShowJson,
} from '../settings/index.ts'
import type { ForetoldLeg } from '../settings/foretell/index.ts'
import { version } from './version.ts'

/** What `postern settings show --json` prints: schemas/settings-show.schema.json. */
export function showJson(title: string, reading: Reading, legs: readonly JudgedLeg[]): string {
  const { product, version: productVersion, files, findings } = reading
  const json: SettingsShowJson = {
    version: 1,
    postern: version(),
    product,
    title,
    productVersion,
    files: [...new Set(files.map(({ path }) => path))],
    legs: legs.map(legJson),
    findings,
  }
  return print(json)
}

/** What `postern settings plan --json` prints: schemas/settings-plan.schema.json. */
export function planJson(plan: Plan, foretold: readonly ForetoldLeg[]): string {
  const { product, title, version: productVersion, changes, inexpressible, diff, findings } = plan
  const json: SettingsPlanJson = {
    version: 1,
    postern: version(),
    product,
    title,
    productVersion,
    files: plan.files.map(({ before, after }) => ({ path: before.path, before: hashOf(before), after: hashOf(after) })),
    changes: changes.map(({ door, role, setting, before, after, place }) => ({
      door,
      role,
      setting,
      before: before ?? null,
      after: after ?? null,
      place,
    })),
    inexpressible,
    diff,
    legs: plan.legs.map(({ door, role, policy, before, after }) => ({
      door,
      role,
      policy: policy === undefined ? null : { name: policy.name, title: policy.title, edition: policy.edition },
      before: legJson(before),
      after: legJson(after),
    })),
    foretold,
    findings,
  }
  return print(json)
}

/** What `postern settings history --json` prints: schemas/settings-history.schema.json. */
export function historyJson(file: string, history: readonly Numbered[]): string {
  const json: SettingsHistoryJson = {
    version: 1,
    postern: version(),
    file,
    changes: history.map(({ number, entry }) => ({ number, ...withoutVersion(entry) })),
  }
  return print(json)
}

/** What `apply --json` and `undo --json` print: what came of it, and all that commands have written (schemas/settings-outcome.schema.json). */
export function outcomeJson(file: string, done: Outcome | undefined): string {
  const { outcome = 'unchanged', number = null, entry, why } = done ?? {}
  const problem =
    why === undefined ? null : { code: why.code, message: why.message, ...(why.remedy === undefined ? {} : { remedy: why.remedy }) }
  const json: SettingsOutcomeJson = {
    version: 1,
    postern: version(),
    file,
    outcome,
    number,
    problem,
    said: entry?.said ?? [],
    files: entry?.files ?? [],
    ran: entry?.ran ?? [],
  }
  return print(json)
}

function withoutVersion({ version: _version, ...entry }: Entry): Omit<Entry, 'version'> {
  return entry
}

function legJson({ door, role, opportunistic = false, words, findings, undecided }: JudgedLeg): SettingsShowJson['legs'][number] {
  return { door, role, opportunistic, words, findings, undecided }
}

/** Invisible characters are written as escapes, so that what stands in a file reaches no terminal as it came. */
function print(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2)
  return `${text.replace(/[\p{Cf}\u007f-\u009f\u2028\u2029]/gu, escaped)}\n`
}

function escaped(sign: string): string {
  return sign.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
