import { foldedLines } from '../lines/folded-lines.ts'
import { trimmedEnd } from '../lines/line-ends.ts'
import { addition, type Found, type Scope } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'

interface Part {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** One line of a TLS policy table: a destination, a level, and what differs for it; postconf(5) smtp_tls_policy_maps. */
export interface PolicyLine {
  readonly destination: string
  readonly level: string
  readonly attributes: ReadonlyMap<string, Part>
  readonly start: number
  readonly end: number
}

/** Lines that are no policy are left out, as destinations without a level are. */
export function parsePolicyMap({ text }: SettingsFile): readonly PolicyLine[] {
  return foldedLines(text).flatMap(({ pieces }) => {
    const words = pieces.flatMap(({ start, end }) =>
      [...text.slice(start, end).matchAll(/[^\s,]+/g)].map((match) => ({ value: match[0], start: start + match.index })),
    )
    const [destination, level, ...rest] = words
    const last = pieces.at(-1)
    if (destination === undefined || level === undefined || last === undefined) return []
    const attributes = rest.flatMap(({ value, start }): readonly (readonly [string, Part])[] => {
      const equals = value.indexOf('=')
      if (equals < 0) return []
      const part = { value: value.slice(equals + 1), start: start + equals + 1, end: start + value.length }
      return [[value.slice(0, equals).toLowerCase(), part]]
    })
    return [
      {
        destination: destination.value,
        level: level.value.toLowerCase(),
        attributes: new Map(attributes),
        start: destination.start,
        end: trimmedEnd(text, last.start, last.end),
      },
    ]
  })
}

/** The attribute of a line that stands for a parameter of main.cf. */
function attributeOf(setting: string): string | undefined {
  if (/_tls_(?:mandatory_)?protocols$/.test(setting)) return 'protocols'
  if (/_tls_(?:mandatory_)?exclude_ciphers$/.test(setting)) return 'exclude'
  return /_tls_(?:mandatory_)?ciphers$/.test(setting) ? 'ciphers' : undefined
}

/** What a line says of parameters: `exclude` takes the place of both lists of main.cf, and counts as the first of them. */
export function policyScope(file: SettingsFile, line: PolicyLine): Scope {
  return {
    id: `${file.path} ${line.start}`,
    find: (setting) => {
      const attribute = attributeOf(setting)
      const part = attribute === undefined ? undefined : line.attributes.get(attribute)
      return part && foundIn(file, part, setting)
    },
    add: (setting, value) => {
      const attribute = attributeOf(setting)
      return attribute === undefined ? undefined : addition(file, line.end, ` ${attribute}=${withColons(value)}`)
    },
  }
}

function foundIn(file: SettingsFile, { value, start, end }: Part, setting: string): Found {
  return {
    value: setting.endsWith('mandatory_exclude_ciphers') ? '' : value,
    get place() {
      return placeIn(file, start, end)
    },
    put: (text) => [{ file: file.path, start, end, text: withColons(text) }],
  }
}

/** Blanks and commas would begin the next attribute. */
function withColons(value: string): string {
  return value.replaceAll(/[\s,]+/g, ':')
}
