import type { Ending } from '../relay.ts'
import { hasControls, textOf, type Lines } from './lines.ts'

/** Octets of a head, RFC 9110 §5.4: what nginx takes, and four times what Tomcat does. */
export const MAX_HEAD: number = 32 * 1024

/** Octets of the first line, RFC 9112 §3: at least 8000. */
export const MAX_START_LINE = 8192

/** A browser sends about twenty. */
export const MAX_FIELDS = 128

/** A field as it was sent, without white space around its value. RFC 9110 §5. */
export interface Field {
  readonly name: string
  readonly value: string
}

/** The start line and the fields of a message, RFC 9112 §2.1. Of a trailer the start line is empty. */
export interface Head {
  readonly start: string
  readonly fields: readonly Field[]
}

/** What cannot be let through, and how a client is told so. */
export interface Flaw {
  readonly status: number
  /** A clause, none of it the client's. */
  readonly why: string
  readonly ending: Ending
}

/** What two programs could read in two ways, so that for one of them another message begins in its middle. */
export function ambiguous(why: string): Flaw {
  return { status: 400, why, ending: 'smuggling' }
}

export function malformed(why: string): Flaw {
  return { status: 400, why, ending: 'not-the-protocol' }
}

export function isFlaw(value: object): value is Flaw {
  return 'ending' in value
}

/** RFC 9110 §5.6.2. No white space stands before the colon: RFC 9112 §5.1. */
const FIELD = /^([!#$%&'*+.^_`|~\dA-Za-z-]+):(.*)$/

/** Takes a head line by line. Each line ends with CRLF: whether a line feed alone ends one, programs do not agree, RFC 9112 §2.2. */
export class HeadReader {
  readonly #fields: Field[] = []
  #start: string | undefined
  #length = 0

  /** `trailer`: there is no start line, RFC 9112 §7.1.2. */
  constructor(trailer: boolean = false) {
    if (trailer) this.#start = ''
  }

  /** Something of it was taken. */
  get isBegun(): boolean {
    return this.#length > 0
  }

  /** Undefined as long as more has to come. */
  read(lines: Lines): Head | Flaw | undefined {
    for (;;) {
      const line = lines.line()
      if (line === undefined) return this.#length + lines.left > this.#longest ? this.#tooLong() : undefined
      if (line === 'too-long') return this.#tooLong()
      this.#length += line.bytes.length
      if (this.#length > this.#longest) return this.#tooLong()
      if (line.end === 'lf') return ambiguous('a line ends with a line feed alone')
      const flaw = this.#take(textOf(line))
      if (flaw === 'end') return { start: this.#start ?? '', fields: this.#fields }
      if (flaw !== undefined) return flaw
    }
  }

  get #longest(): number {
    return this.#start === undefined ? MAX_START_LINE : MAX_HEAD
  }

  #take(text: string): Flaw | 'end' | undefined {
    if (hasControls(text)) return ambiguous('a control character stands in its head')
    if (this.#start === undefined) {
      // RFC 9112 §2.2: one empty line before a request is put up with.
      if (text === '' && this.#length === 2) return undefined
      this.#start = text
      return undefined
    }
    if (text === '') return 'end'
    // RFC 9112 §5.2: what continues a line is for some programs a field of its own.
    if (/^[ \t]/.test(text)) return ambiguous('a field goes on in a second line')
    const [, name, value = ''] = FIELD.exec(text) ?? []
    if (name === undefined) return ambiguous('a line is no field')
    if (this.#fields.length === MAX_FIELDS) return { status: 431, why: 'it has too many fields', ending: 'line-too-long' }
    this.#fields.push({ name, value: withoutBlanks(value) })
    return undefined
  }

  #tooLong(): Flaw {
    if (this.#start === undefined) return { status: 414, why: 'its first line is too long', ending: 'line-too-long' }
    return { status: 431, why: 'its head is too long', ending: 'line-too-long' }
  }
}

/** RFC 9110 §5.6.3. Not by an expression: in the middle of a value it would begin anew at each blank, and blanks may be thousands. */
function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && isBlank(text[from])) from += 1
  while (to > from && isBlank(text[to - 1])) to -= 1
  return text.slice(from, to)
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

/** The values of all fields of a name, which is given in lower case. */
export function valuesOf(fields: readonly Field[], name: string): readonly string[] {
  return fields.filter((field) => field.name.toLowerCase() === name).map(({ value }) => value)
}

/** The members of a list, in lower case: RFC 9110 §5.6.1. */
export function listOf(fields: readonly Field[], name: string): readonly string[] {
  return valuesOf(fields, name).flatMap((value) =>
    value
      .toLowerCase()
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== ''),
  )
}

export function printHead({ start, fields }: Head): string {
  return `${start}\r\n${printFields(fields)}`
}

/** Fields with the empty line behind them. */
export function printFields(fields: readonly Field[]): string {
  return `${fields.map(({ name, value }) => `${name}: ${value}\r\n`).join('')}\r\n`
}
