import { PosternError } from '../../errors.ts'
import { placeIn, showPlace, type Place, type SettingsFile, type TextPart } from '../settings-file.ts'

/** The error for something in a file: line, column, the line with a caret, and what to do. Secrets on that line are not shown. */
export function malformed(file: SettingsFile, at: number, what: string, remedy: string): PosternError {
  const place = placeIn(file, at, at)
  const shown = showPlace({ path: file.path, text: withoutSecrets(file.text) }, place)
  const message = `Cannot read settings ${file.path}: line ${place.line}, column ${place.column}: ${what}\n${shown}`
  return new PosternError('input', 'SETTINGS_MALFORMED', message, { remedy })
}

/** The same text, as long, with `*` in place of what must not be shown. Works on what is not well-formed too. */
export function withoutSecrets(text: string): string {
  let masked = ''
  let at = 0
  for (const [start, end] of secretSpans(text)) {
    masked += text.slice(at, start) + '*'.repeat(end - start)
    at = end
  }
  return masked + text.slice(at)
}

/** Cipher lists have `SHA:` and `AES:` in them, too, but never as many letters and digits behind it. */
const SECRET_VALUE = /(?<![\w-])(?:D3S:([^\s"'<>]+)|(?:DES|SHA\d*|SSHA|MD5|AES):([\w+/=]{16,})(?=[\s"'<>]|$))/g
const SECRET_WORD = '(?:pass(?:word|phrase|wd)?|pwd|secret|credential|licen[sc]e|private_?key|keypass)'
/** Both are looked for by the last word of their names: a large file has many variables and attributes, and few of these. */
const SECRET_VARIABLE = new RegExp(
  String.raw`\bname\s*=\s*(?:"[^"<>]*${SECRET_WORD}"|'[^'<>]*${SECRET_WORD}'|\S?\S?\S?[\w.-]*${SECRET_WORD}(?![\w.-])[^>]*)>([^<]+)`,
  'gi',
)
const SECRET_ATTRIBUTE = new RegExp(String.raw`${SECRET_WORD}\s*=\s*(?:"([^"]*)|'([^']*)|([^\s"'<>]+))`, 'gi')

/** Where values stand that nobody should see: hashes and encrypted passwords, and whatever is called a password. */
export function secretSpans(
  text: string,
  part: TextPart = { start: 0, end: text.length },
): readonly (readonly [start: number, end: number])[] {
  const spans: [number, number][] = []
  const add = (start: number, end: number): void => {
    if (end > part.start && start < part.end) spans.push([start, end])
  }
  for (const { index, 0: whole, 1: always, 2: long = '' } of text.matchAll(SECRET_VALUE)) {
    const value = always ?? long
    add(index + whole.length - value.length, index + whole.length)
  }
  for (const { index, 0: whole, 1: value = '' } of text.matchAll(SECRET_VARIABLE)) {
    add(index + whole.length - value.length, index + whole.length)
  }
  for (const { index, 0: whole, 1: one, 2: other, 3: bare } of text.matchAll(SECRET_ATTRIBUTE)) {
    const value = one ?? other ?? bare ?? ''
    if (value !== '') add(index + whole.length - value.length, index + whole.length)
  }
  return merged(spans)
}

/** The same as places, all of them or those that touch a part of the file. */
export function secretPlaces(file: SettingsFile, part?: TextPart): readonly Place[] {
  return secretSpans(file.text, part).map(([start, end]) => placeIn(file, start, end))
}

function merged(spans: readonly [number, number][]): readonly (readonly [number, number])[] {
  const result: [number, number][] = []
  for (const [start, end] of spans.toSorted(([one], [other]) => one - other)) {
    const last = result.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else result.push([start, end])
  }
  return result
}
