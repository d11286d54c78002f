import { addition, type Found, type Scope } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'

/** A line `name=value`. Blanks before the name count for nothing; all others belong to what they stand in. */
export interface Statement {
  readonly name: string
  /** Up to the end of the line, as it stands there. */
  readonly value: string
  readonly start: number
  readonly end: number
  /** Where the value begins, behind the equals sign. */
  readonly valueStart: number
}

const LINE = /^(?![#\n])([^\S\n]*)([^\n=]*)(=?)([^\n]*)$/gm
const NAME = /^[a-z]\w*\s*$/i

/**
 * The settings of a file, in order. A line that is empty or begins with # is a comment; one that begins with blanks and # is none.
 * Errors: `input` for a line that begins with no name, such as `ssl_enable YES`.
 */
export function parseVsftpd(file: SettingsFile): readonly Statement[] {
  return [...file.text.matchAll(LINE)].flatMap((match) => {
    const [whole, blanks = '', name = '', sign = '', value = ''] = match
    if (whole.trim() === '') return []
    const start = match.index + blanks.length
    if (name.startsWith('#')) throw malformed(file, start, 'a comment begins in the first column', 'Take the blanks before it out.')
    if (!NAME.test(name))
      throw malformed(file, start, 'there is no name=value in this line', 'Write name=value, without blanks around the =.')
    const valueStart = start + name.length + sign.length
    return [{ name, value, start, end: match.index + whole.length, valueStart }]
  })
}

/** The whole file. The last of several lines with one name counts. */
export function fileScope(file: SettingsFile, statements: readonly Statement[]): Scope {
  const anchor = statements.findLast(({ name }) => name === 'ssl_enable')
  return {
    id: file.path,
    find: (setting) => {
      const found = statements.findLast(({ name }) => name === setting)
      return found && foundAt(file, found)
    },
    // Behind the line that is never changed, so that no value grows into another line.
    add: (setting, value) => anchor && addition(file, anchor.end, `\n${setting}=${value}`),
  }
}

function foundAt(file: SettingsFile, { value, valueStart, end }: Statement): Found {
  return {
    value,
    get place() {
      return placeIn(file, valueStart, end)
    },
    put: (text) => [{ file: file.path, start: valueStart, end, text: file.text.charAt(valueStart - 1) === '=' ? text : `=${text}` }],
  }
}

const YES = ['YES', 'TRUE', '1']
const NO = ['NO', 'FALSE', '0']

/** Undefined: vsftpd refuses it and does not start. Blanks are refused as well, and so is the CR of a line end of Windows. */
export function booleanOf(value: string): boolean | undefined {
  const upper = value.toUpperCase()
  return YES.includes(upper) ? true : NO.includes(upper) ? false : undefined
}
