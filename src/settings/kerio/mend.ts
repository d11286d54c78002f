import type { Mending } from '../adapter.ts'
import { mendProtocolsAt } from '../mend-protocols.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { mendGluedNames, mendQuotes, withoutComments } from '../xml/mend.ts'

/** The variables, whatever was done to their quotes and blanks. */
const VARIABLE = /<variable\s*name\s*=\s*[^\w\s<>]{1,3}((?:Server|Client)Tls(?:Protocols|Ciphers))[^\w\s<>]{1,3}\s*>([^<]*)/g

/** What pasting from the vendor's page, and typing, break. */
export function mendKerio(file: SettingsFile): readonly Mending[] {
  const values = [...withoutComments(file.text).matchAll(VARIABLE)].flatMap(({ index, 0: whole, 1: name = '', 2: value = '' }) => {
    const start = index + whole.length - value.length
    return name.endsWith('Protocols') ? mendProtocolsAt(file, name, start, value, ',') : blanksAround(file, name, start, value)
  })
  return [...mendGluedNames(file), ...mendQuotes(file), ...values]
}

function blanksAround(file: SettingsFile, name: string, start: number, value: string): readonly Mending[] {
  const text = value.trim()
  if (text === value) return []
  const end = start + value.length
  const what = `${name} had blanks around it; now it has none.`
  return [{ what, place: placeIn(file, start, end), edits: [{ file: file.path, start, end, text }] }]
}
