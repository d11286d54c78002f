/** Part of a mail that holds no other parts, RFC 2045 §5 to §6. */
export interface MailPart {
  /** In lower case, such as `application/tlsrpt+gzip`. */
  readonly type: string
  /** Of the file, in lower case; empty where it has none. */
  readonly name: string
  readonly content: Uint8Array
}

const MOST_DEPTH = 5
const MOST_PARTS = 100
/** Behind a boundary there may be blanks. */
const LONGEST_REST = 100
/** Longer headers have no honest mails. */
const LONGEST_HEAD = 64 * 1024

interface Entity {
  readonly fields: ReadonlyMap<string, string>
  readonly body: string
}

/** The parts of a mail in order, those within parts too. `mail` holds an octet in each letter (latin1). Never throws. */
export function mailParts(mail: string): readonly MailPart[] {
  const parts: MailPart[] = []
  collect(openEntity(mail), 0, parts)
  return parts
}

function collect({ fields, body }: Entity, depth: number, parts: MailPart[]): void {
  const field = fields.get('content-type') ?? 'text/plain'
  const type = (field.split(';', 1)[0] ?? '').trim().toLowerCase()
  const boundary = parameter(field, 'boundary')
  if (type.startsWith('multipart/') && boundary !== undefined && depth < MOST_DEPTH) {
    for (const inner of cut(body, boundary)) {
      if (parts.length >= MOST_PARTS) return
      collect(openEntity(inner), depth + 1, parts)
    }
    return
  }
  const name = parameter(fields.get('content-disposition') ?? '', 'filename') ?? parameter(field, 'name') ?? ''
  parts.push({ type, name: name.toLowerCase(), content: decoded(body, fields.get('content-transfer-encoding') ?? '') })
}

function openEntity(text: string): Entity {
  const end = /\r?\n\r?\n/.exec(text.slice(0, LONGEST_HEAD))
  // A part may begin with the empty line.
  const bare = /^\r?\n/.exec(text)
  const head = bare === null ? text.slice(0, end?.index ?? 0) : ''
  const start = bare === null ? (end === null ? text.length : end.index + end[0].length) : bare[0].length
  const fields = new Map<string, string>()
  for (const line of head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    if (name !== '' && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim())
  }
  return { fields, body: text.slice(start) }
}

/** `name=value` or `name="value"`. */
function parameter(field: string, name: string): string | undefined {
  for (const piece of field.slice(0, 2000).split(';').slice(1)) {
    const [, key = '', quoted, plain] = /^\s*([^\s=]+)\s*=\s*(?:"([^"]*)"|(\S+))/.exec(piece) ?? []
    if (key.toLowerCase() === name) return quoted ?? plain
  }
  return undefined
}

/** What stands between the lines of a boundary, RFC 2046 §5.1.1. Behind the last line nothing counts; a last part without an end does. */
function cut(body: string, boundary: string): readonly string[] {
  const parts: string[] = []
  const text = `\n${body}`
  let start: number | undefined
  for (const { at, behind, last } of boundaryLines(text, `\n--${boundary}`)) {
    if (start !== undefined) parts.push(text.slice(start, at))
    start = behind
    if (last || parts.length >= MOST_PARTS) return parts
  }
  if (start !== undefined) parts.push(text.slice(start))
  return parts
}

function* boundaryLines(text: string, mark: string): Iterable<{ readonly at: number; readonly behind: number; readonly last: boolean }> {
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
    const line = text.indexOf('\n', at + mark.length)
    const behind = line < 0 ? text.length : line + 1
    // A longer boundary may begin with a shorter one.
    const rest = text.slice(at + mark.length, Math.min(behind, at + mark.length + LONGEST_REST)).trim()
    if (rest === '' || rest === '--') yield { at, behind, last: rest === '--' }
  }
}

function decoded(body: string, encoding: string): Uint8Array {
  const word = encoding.toLowerCase()
  if (word === 'base64') return Buffer.from(body, 'base64')
  if (word !== 'quoted-printable') return Buffer.from(body, 'latin1')
  const soft = body.replaceAll(/=[ \t]*\r?\n/g, '')
  return Buffer.from(
    soft.replaceAll(/=([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
