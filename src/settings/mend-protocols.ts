import type { Mending } from './adapter.ts'
import { placeIn, type SettingsFile } from './settings-file.ts'

/** Protocols as people write them, and what every program calls them. */
const SPELLINGS: readonly (readonly [spelling: RegExp, name: string])[] = [
  [/^sslv?2hello$/i, 'SSLv2Hello'],
  [/^ssl[ -]?v?2(?:\.0)?$/i, 'SSLv2'],
  [/^ssl[ -]?v?3(?:\.0)?$/i, 'SSLv3'],
  [/^tls[ -]?v?1(?:\.0)?$/i, 'TLSv1'],
  [/^tls[ -]?v?1\.1$/i, 'TLSv1.1'],
  [/^tls[ -]?v?1\.2$/i, 'TLSv1.2'],
  [/^tls[ -]?v?1\.3$/i, 'TLSv1.3'],
]

/** Blanks gone and names in their own spelling; what is no protocol stays. `separators`: what stands between two, such as `,`. */
export function mendedProtocols(value: string, separators: string): string {
  const between = new RegExp(`([${separators}])`)
  return value
    .split(between)
    .map((part) => (between.test(part) ? part : spelled(part.trim())))
    .join('')
}

function spelled(name: string): string {
  return SPELLINGS.find(([spelling]) => spelling.test(name))?.[1] ?? name
}

/** Mends a list of protocols that stands at `start`. */
export function mendProtocolsAt(file: SettingsFile, setting: string, start: number, value: string, separators: string): readonly Mending[] {
  const text = mendedProtocols(value, separators)
  if (text === value) return []
  const end = start + value.length
  const what = `${setting} was ${JSON.stringify(value)}; now it is ${JSON.stringify(text)}.`
  return [{ what, place: placeIn(file, start, end), edits: [{ file: file.path, start, end, text }] }]
}
