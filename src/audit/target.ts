import { doorOfScheme, guessDoor, schemes, tls, type Beginning, type Dialect } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import { bracketed, readHost } from './host.ts'

/** One port of one host, and what is spoken there. */
export interface DoorTarget {
  readonly kind: 'door'
  /** As it was typed. */
  readonly text: string
  /** The URL scheme: `smtp`, `imaps`. */
  readonly scheme: string
  readonly dialect: Dialect
  readonly tls: Beginning
  /** An IP address without brackets, or a name in lower case ASCII without a final dot. */
  readonly host: string
  readonly port: number
  /** `no`: a URL said it; `port`: the port is known for it; `banner`: nothing is known, and the banner may tell. */
  readonly guessed: 'no' | 'port' | 'banner'
}

/** A domain, host or address alone: every door that mail commonly uses there. */
export interface DomainTarget {
  readonly kind: 'domain'
  readonly text: string
  readonly host: string
}

export type Target = DoorTarget | DomainTarget

/** Where a text stands: in a file, or where `line` is undefined on the command line. */
interface Place {
  readonly file?: string
  readonly line?: number
}

const HIGHEST_PORT = 65535

/**
 * Reads one target: `smtp://mail.example.com`, `imaps://[2001:db8::1]:993`, `mail.example.com:25`, `mail.example.com:25,465,993`,
 * `example.com`, `192.0.2.1`. More than one comes of a list of ports.
 *
 * @throws PosternError `TARGET_SYNTAX` of the input, with a caret under the culprit.
 */
export function parseTarget(text: string): Target[] {
  return parseAt(text, {})
}

/** What a file of targets holds: those that can be read, and an error for each line that cannot. */
export interface TargetFile {
  readonly targets: readonly Target[]
  /** `TARGET_SYNTAX` of the input, each with `file:line` and a caret. */
  readonly errors: readonly PosternError[]
}

/** Reads a file of targets, one a line; `#` begins a comment, blank lines mean nothing. One bad line never hides the others. */
export function parseTargetFile(text: string, file: string): TargetFile {
  const targets: Target[] = []
  const errors: PosternError[] = []
  for (const [index, line] of text
    .replace(/^\u{feff}/u, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const content = line.replace(/(?:^|\s)#.*$/, '').trimEnd()
    if (content.trim() === '') continue
    try {
      targets.push(...parseAt(content, { file, line: index + 1 }))
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      errors.push(error)
    }
  }
  return { targets, errors }
}

/** A door as a URL: `smtp://mail.example.com:25`. */
export function targetUrl({ scheme, host, port }: Pick<DoorTarget, 'scheme' | 'host' | 'port'>): string {
  return `${scheme}://${bracketed(host)}:${port}`
}

function parseAt(text: string, place: Place): Target[] {
  const parts = split(text, place)
  const entrance = parts.scheme === undefined ? undefined : doorOfScheme(parts.scheme.toLowerCase())
  if (parts.scheme !== undefined && entrance === undefined) {
    throw refuse(
      place,
      text,
      parts.start,
      parts.scheme.length,
      `there is no protocol ${quote(parts.scheme)}`,
      `Use one of ${schemes().join(', ')}.`,
    )
  }
  const { host, ports } = readAuthority(text, parts, place)
  const target = { kind: 'door', text: text.trim(), host } as const
  if (entrance !== undefined) {
    const { dialect, door } = entrance
    const all = ports.length === 0 ? [door.port] : ports
    return all.map((port) => ({ ...target, scheme: door.scheme, dialect, tls: door.tls, port, guessed: 'no' }))
  }
  if (ports.length === 0) return [{ kind: 'domain', text: target.text, host }]
  return ports.map((port) => guess(target, port))
}

function guess(target: Pick<DoorTarget, 'kind' | 'text' | 'host'>, port: number): DoorTarget {
  const known = guessDoor(port)
  if (known === undefined) return { ...target, scheme: 'tls', dialect: tls, tls: 'implicit', port, guessed: 'banner' }
  return { ...target, scheme: known.door.scheme, dialect: known.dialect, tls: known.door.tls, port, guessed: 'port' }
}

/** Scheme, and where host and ports stand in the text. */
interface Parts {
  readonly scheme: string | undefined
  readonly start: number
  /** Where host and ports begin and end. */
  readonly from: number
  readonly to: number
}

function split(text: string, place: Place): Parts {
  const start = text.length - text.trimStart().length
  const scheme = /^([A-Za-z][\w+.-]*):\/\//.exec(text.slice(start))?.[1]
  const from = scheme === undefined ? start : start + scheme.length + '://'.length
  const end = from + text.slice(from).search(/[/?#]|\s*$/)
  const at = text.slice(from, end).lastIndexOf('@')
  if (at >= 0) {
    // What stands there may be a password: the text is not shown.
    throw new PosternError('input', 'TARGET_SYNTAX', `${reading(place)}: it holds an @`, {
      remedy: 'Leave out the @ and what stands before it.',
    })
  }
  // The path of a URL changes nothing about the door; elsewhere a slash is a slip.
  if (scheme === undefined && /[/?#]/.test(text.charAt(end))) {
    throw refuse(
      place,
      text,
      end,
      1,
      'a path needs a protocol',
      `Write it as a URL, such as https://${text.slice(from, end)}, or leave out the path.`,
    )
  }
  return { scheme, start, from, to: end }
}

function readAuthority(text: string, { from, to }: Parts, place: Place): { host: string; ports: number[] } {
  const authority = text.slice(from, to)
  if (authority === '') throw refuse(place, text, from, 1, 'there is no host', 'Name a host, such as smtp://mail.example.com.')
  const [, inside, behind] = /^\[([^\]]*)\](.*)$/s.exec(authority) ?? []
  const isBare = inside === undefined && authority.split(':').length > 2
  const end = inside === undefined ? (isBare ? authority.length : (authority + ':').indexOf(':')) : authority.length - (behind ?? '').length
  const name = inside ?? authority.slice(0, end)
  const reading = readHost(name)
  const wrong = 'problem' in reading ? reading : inside !== undefined && !reading.host.includes(':') ? NO_BRACKETS : undefined
  if (wrong !== undefined) throw refuse(place, text, from, end, `${quote(name)} ${wrong.problem}`, wrong.remedy)
  const host = 'host' in reading ? reading.host : name
  return { host, ports: readPorts(text, from + end, to, place) }
}

const NO_BRACKETS = { problem: 'is not an IPv6 address', remedy: 'Put brackets around IPv6 addresses only.' }

/** `:25` or `:25,465`, or nothing. */
function readPorts(text: string, from: number, to: number, place: Place): number[] {
  const list = text.slice(from, to)
  if (list === '') return []
  const remedy = 'Write ports as numbers from 1 to 65535, such as mail.example.com:25 or mail.example.com:25,465.'
  if (!list.startsWith(':')) throw refuse(place, text, from, list.length, `${quote(list)} does not belong behind a host`, remedy)
  const ports: number[] = []
  let at = from + 1
  for (const word of list.slice(1).split(',')) {
    const port = /^\d{1,5}$/.test(word) ? Number(word) : 0
    if (port < 1 || port > HIGHEST_PORT) throw refuse(place, text, at, word.length, `${quote(word)} is not a port`, remedy)
    if (!ports.includes(port)) ports.push(port)
    at += word.length + 1
  }
  return ports
}

/** The message, and below it the text with carets under the culprit. */
function refuse(place: Place, text: string, at: number, length: number, problem: string, remedy: string): PosternError {
  const caret = `${' '.repeat(at)}${'^'.repeat(Math.max(1, Math.min(length, text.length - at)))}`
  return new PosternError('input', 'TARGET_SYNTAX', `${reading(place)}: ${problem}\n  ${show(text)}\n  ${caret}`, { remedy })
}

/** Without characters that take no column, or that would move the cursor. */
function show(text: string): string {
  return text.replaceAll(/[\p{C}\p{M}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}

function quote(text: string): string {
  return JSON.stringify(show(text))
}

function reading({ file, line }: Place): string {
  return file === undefined ? 'Cannot read target' : `Cannot read target at ${file}:${line}`
}
