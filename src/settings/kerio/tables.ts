import { placeIn, type Place, type SettingsFile } from '../settings-file.ts'
import { textOf, valueOf } from '../xml/edits.ts'
import type { XmlElement } from '../xml/element.ts'
import { elementsNamed } from '../xml/parse-xml.ts'

/** The doors of a table: what the page implies by the smaller DHE "for SMTP services". */
export const TABLES = [
  { table: 'Security', door: 'everything but SMTP' },
  { table: 'SmtpSecurity', door: 'SMTP' },
] as const

export type TableName = (typeof TABLES)[number]['table']

export interface Variable {
  readonly name: string
  readonly value: string
  readonly element: XmlElement
  readonly place: Place
}

/** One of the two tables. A file may lack it, and may have it, or a variable in it, twice. */
export interface Table {
  readonly name: TableName
  readonly door: string
  readonly elements: readonly XmlElement[]
  readonly variables: readonly Variable[]
}

/** Both tables. Errors: `SETTINGS_MALFORMED`. */
export function tablesOf(file: SettingsFile): readonly Table[] {
  const all = elementsNamed(file, 'table')
  return TABLES.map(({ table, door }) => {
    const elements = all.filter((element) => valueOf(element, 'name') === table)
    return { name: table, door, elements, variables: elements.flatMap((element) => variablesOf(file, element)) }
  })
}

function variablesOf(file: SettingsFile, table: XmlElement): readonly Variable[] {
  return table.children.flatMap((element) => {
    const name = element.name === 'variable' ? valueOf(element, 'name') : undefined
    if (name === undefined) return []
    return [{ name, value: textOf(file, element), element, place: placeIn(file, element.contentStart, element.contentEnd) }]
  })
}

/** The variable with this name; undefined where it is absent, `several` where two of them contradict each other. */
export function variableOf({ variables }: Table, name: string | undefined): Variable | undefined | 'several' {
  const found = variables.filter((variable) => variable.name === name)
  return new Set(found.map(({ value }) => value)).size > 1 ? 'several' : found[0]
}
