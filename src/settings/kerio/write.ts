import type { Change, Edits, Reading, ReadOptions, Wanted } from '../adapter.ts'
import { placeIn, type Edit, type SettingsFile } from '../settings-file.ts'
import { addElement, elementGap, setText } from '../xml/edits.ts'
import { escapedText } from '../xml/references.ts'
import type { Role } from '../words.ts'
import { tablesOf, variableOf, type Table } from './tables.ts'
import { targetsOf, type Targets } from './targets.ts'
import { matchNames } from './variables.ts'
import { abilitiesOf } from './versions.ts'
import { cipherSetting, protocolSetting } from './words.ts'

interface Part extends Targets {
  readonly table: Table
  readonly role: Role
  /** Equal for legs that are to be alike. */
  readonly policy: string
}

/** Sets variables, in both tables alike wherever both are to keep the same policy. */
export function writeKerio(reading: Reading, wanted: readonly Wanted[], options: ReadOptions): Edits {
  const [file] = reading.files
  if (file === undefined) return { changes: [], inexpressible: [] }
  const tables = tablesOf(file)
  const abilities = abilitiesOf(reading.version.text, options.openssl)
  const matches = matchNames([...new Set(tables.flatMap(({ variables }) => variables.map(({ name }) => name)))], options)
  const parts = wanted.flatMap(({ door, role, policy }): Part[] => {
    const table = tables.find((one) => one.door === door)
    const leg = reading.legs.find((one) => one.door === door && one.role === role)
    if (table === undefined || leg === undefined) return []
    return [{ ...targetsOf({ leg, table, policy, abilities, matches }), table, role, policy: JSON.stringify(policy) }]
  })
  const step = parts.map((part) => ({ ...part, values: inStep(part, parts, tables) }))
  const possible = step.filter(({ table }) => table.elements.length === 1)
  return {
    changes: tables.flatMap((table) => changesIn(file, table, possible)),
    inexpressible: [...parts.flatMap(({ inexpressible }) => inexpressible), ...step.flatMap(noTable)],
  }
}

/**
 * Variables that were the same in both tables stay the same: what one gets for a policy, the other gets for it too. Of two lists the
 * one counts that leaves DHE out, since the other door cannot have it.
 */
function inStep(part: Part, parts: readonly Part[], tables: readonly Table[]): ReadonlyMap<string, string> {
  const alike = parts.filter(({ role, policy }) => role === part.role && policy === part.policy)
  const careful = alike.toSorted((one, other) => Number(givesUpDhe(one)) - Number(givesUpDhe(other)))
  const common = careful.flatMap(({ values }) => [...values]).filter(([setting]) => wereAlike(setting, part.role, tables))
  return new Map([...part.values, ...common])
}

function givesUpDhe({ inexpressible }: Part): boolean {
  return inexpressible.some(({ word }) => word === 'dh')
}

/** Old versions are spoken with some cipher lists only: protocols that were the same are the same thing where the lists were. */
function wereAlike(setting: string, role: Role, tables: readonly Table[]): boolean {
  return sameBefore(setting, tables) && (setting !== protocolSetting(role) || sameBefore(cipherSetting(role), tables))
}

/** Absent and empty are the same. A name that only one table has was not confirmed for the other. */
function sameBefore(setting: string, tables: readonly Table[]): boolean {
  const [one, other] = tables.map((table) => variableOf(table, setting))
  if (one === 'several' || other === 'several') return false
  return (one?.value ?? '') === (other?.value ?? '')
}

function noTable({ table, role, values }: Part): Edits['inexpressible'] {
  if (table.elements.length === 1 || values.size === 0) return []
  const why =
    table.elements.length === 0
      ? `the file has no table ${table.name} to write into; Kerio Connect writes it when it runs`
      : `the file has more than one table ${table.name}`
  return [{ door: table.door, role, word: 'protocols', why }]
}

function changesIn(file: SettingsFile, table: Table, parts: readonly Part[]): readonly Change[] {
  const [element] = table.elements
  if (element === undefined) return []
  const own = parts.filter((part) => part.table === table)
  const wishes = own.flatMap(({ role, values }) => Array.from(values, ([setting, after]) => ({ role, setting, after })))
  const absent = wishes.filter(({ setting }) => !table.variables.some(({ name }) => name === setting))
  const gap = elementGap(file, element)
  const added = addElement(file, element, absent.map(({ setting, after }) => printed(table, setting, after)).join(gap))
  // All that is added is one edit, with the first: two of them would touch the same bytes of an empty table.
  return wishes.flatMap(({ role, setting, after }): Change[] => {
    const common = { door: table.door, role, setting: `${setting} in ${table.name}`, after }
    const present = table.variables.filter(({ name }) => name === setting)
    const [first] = present
    if (first === undefined) {
      const all = absent[0]?.setting === setting ? [added] : []
      return [{ ...common, before: undefined, place: placeIn(file, added.start, added.end), edits: all }]
    }
    if (present.every(({ value }) => value === after)) return []
    const edits: readonly Edit[] = present.flatMap(({ element: one }) => setText(file, one, one.name, after))
    return [{ ...common, before: first.value, place: first.place, edits }]
  })
}

/** A new variable, with the quotes that its neighbours have. */
function printed(table: Table, name: string, value: string): string {
  const [neighbour] = table.variables
  const quote = neighbour?.element.attributes.find((attribute) => attribute.name === 'name')?.quote ?? '"'
  return `<variable name=${quote}${name}${quote}>${escapedText(value)}</variable>`
}
