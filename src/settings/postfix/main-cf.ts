import { withoutLine } from '../lines/block-lines.ts'
import { foldedHeads, foldedLineAt, type FoldedLine } from '../lines/folded-lines.ts'
import { lineEndOf, trimmedEnd, trimmedStart } from '../lines/line-ends.ts'
import { addition, type Found, type Scope } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'

/** One `name = value` of main.cf. */
export interface Parameter {
  readonly name: string
  readonly value: string
  /** Where parts of the value stand, one for each physical line, the first one on the line of the name even where it is empty. */
  readonly parts: readonly { readonly start: number; readonly end: number }[]
}

const indices = new WeakMap<SettingsFile, ReadonlyMap<string, readonly number[]>>()

/** Where the lines of each parameter begin. Only those that are asked for are looked into: few of a long main.cf are about TLS. */
function indexOf(file: SettingsFile): ReadonlyMap<string, readonly number[]> {
  const known = indices.get(file)
  if (known !== undefined) return known
  const index = new Map<string, number[]>()
  const name = /[^\s=]+/y
  for (const head of foldedHeads(file.text)) {
    name.lastIndex = head
    const found = name.exec(file.text)?.[0] ?? ''
    const heads = index.get(found)
    if (heads === undefined) index.set(found, [head])
    else heads.push(head)
  }
  indices.set(file, index)
  return index
}

function parametersAt({ text }: SettingsFile, heads: readonly number[]): readonly Parameter[] {
  return heads.flatMap((head) => parameterOf(text, foldedLineAt(text, head)))
}

/** The parameters that are given more than once and whose name has this in it, postconf(5). */
export function givenTwice(file: SettingsFile, part: string): readonly { readonly name: string; readonly all: readonly Parameter[] }[] {
  return [...indexOf(file)].flatMap(([name, heads]) => {
    if (heads.length < 2 || !name.includes(part)) return []
    const all = parametersAt(file, heads)
    return all.length < 2 ? [] : [{ name, all }]
  })
}

function parameterOf(text: string, { pieces: [first, ...more] }: FoldedLine): readonly Parameter[] {
  const head = /^([^\s=]+)\s*=/.exec(text.slice(first.start, first.end))
  if (head === null) return []
  const [whole, name = ''] = head
  const parts = [{ start: first.start + whole.length, end: first.end }, ...more].map(({ start, end }) => {
    const from = trimmedStart(text, start, end)
    return { start: from, end: trimmedEnd(text, from, end) }
  })
  const value = parts.map((part) => text.slice(part.start, part.end)).filter((part) => part !== '')
  return [{ name, value: value.join(' '), parts }]
}

/** main.cf as the place where all services take their parameters from. */
export function mainScope(file: SettingsFile): Scope {
  const parameters = new Map<string, Found | undefined>()
  return {
    id: file.path,
    // Where a name is given twice, the last one wins.
    find: (setting) => {
      if (parameters.has(setting)) return parameters.get(setting)
      const last = parametersAt(file, indexOf(file).get(setting) ?? []).at(-1)
      const found = last && foundIn(file, last)
      parameters.set(setting, found)
      return found
    },
    add: (setting, value) => {
      const end = file.text.length
      const eol = lineEndOf(file.text)
      const before = end === 0 || file.text.endsWith('\n') ? '' : eol
      return addition(file, end, `${before}${setting} = ${value}${eol}`)
    },
  }
}

function foundIn(file: SettingsFile, { value, parts }: Parameter): Found {
  const filled = parts.find(({ start, end }) => end > start) ?? parts[0]
  const { start, end } = filled ?? { start: 0, end: 0 }
  // An empty value begins at its sign: at the end of the file a line that is added there must not come before it.
  const from = start === end ? file.text.lastIndexOf('=', start) : start
  return {
    value,
    get place() {
      return placeIn(file, start, end)
    },
    put: (text) => [
      { file: file.path, start: from, end, text: start === end ? `= ${text}` : text },
      ...parts.filter((part) => part.start > start).map((part) => withoutLine(file, part)),
    ],
  }
}
