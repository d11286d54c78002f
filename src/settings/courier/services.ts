import { dirname, join } from 'node:path'
import type { ReadMore } from '../adapter.ts'
import { lineAfter } from '../lines/block-lines.ts'
import { lineEndOf } from '../lines/line-ends.ts'
import { addition, type Addition, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { listenTarget } from '../listens.ts'
import type { Role } from '../words.ts'
import { FILES } from './product.ts'
import { parseShell, wordFor, wordValue, type Assignment, type Environment, type ShellFile } from './shell.ts'

/** Read before the files for TLS, and not made for it. */
const PLAIN = ['imapd', 'pop3d']

/** One service in one way of coming to TLS. */
interface Service {
  readonly door: string
  readonly role: Role
  readonly file: string
  /** What is spoken there, the variables of its address and port, and the port where none is set. */
  readonly listens?: readonly [scheme: string, address: string, port: string, usual: string]
  /** Set to NO, this service does not run. */
  readonly start?: string
  /** Must be YES for TLS to be offered. */
  readonly offer?: string
  /** Standalone Courier-IMAP hands TLS_STARTTLS_PROTOCOL over in place of TLS_PROTOCOL. */
  readonly starttls?: true
}

const SERVICES: readonly Service[] = [
  { door: 'IMAPS', listens: ['imaps', 'SSLADDRESS', 'SSLPORT', '993'], role: 'server', file: 'imapd-ssl', start: 'IMAPDSSLSTART' },
  {
    door: 'IMAP with STARTTLS',
    listens: ['imap', 'ADDRESS', 'PORT', '143'],
    role: 'server',
    file: 'imapd-ssl',
    start: 'IMAPDSTART',
    offer: 'IMAPDSTARTTLS',
    starttls: true,
  },
  { door: 'POP3S', listens: ['pop3s', 'SSLADDRESS', 'SSLPORT', '995'], role: 'server', file: 'pop3d-ssl', start: 'POP3DSSLSTART' },
  {
    door: 'POP3 with STLS',
    listens: ['pop3', 'ADDRESS', 'PORT', '110'],
    role: 'server',
    file: 'pop3d-ssl',
    start: 'POP3DSTART',
    offer: 'POP3_STARTTLS',
    starttls: true,
  },
  { door: 'SMTP', listens: ['smtp', 'ADDRESS', 'PORT', '25'], role: 'server', file: 'esmtpd', start: 'ESMTPDSTART' },
  { door: 'submission', listens: ['smtp', 'ADDRESS', 'PORT', '587'], role: 'server', file: 'esmtpd-msa', start: 'ESMTPDSTART' },
  { door: 'SMTPS', listens: ['smtps', 'SSLADDRESS', 'SSLPORT', '465'], role: 'server', file: 'esmtpd-ssl', start: 'ESMTPDSSLSTART' },
  { door: 'outgoing SMTP', role: 'client', file: 'courierd', offer: 'ESMTP_USE_STARTTLS' },
]

export interface CourierDoor extends ScopedLeg {
  /** The variable that the lowest version is taken from. */
  readonly protocol: 'TLS_PROTOCOL' | 'TLS_STARTTLS_PROTOCOL'
  /** TLS_PROTOCOL, where the other one is nothing but its value. */
  readonly follows: boolean
  /** The switch that turns TLS off here. */
  readonly off: string | undefined
  readonly value: (name: string) => Found | undefined
  /** Only the running shell knows what the variable is. */
  readonly undecided: (name: string) => boolean
  readonly listens: readonly string[]
}

export interface Courier {
  readonly doors: readonly CourierDoor[]
  readonly files: readonly SettingsFile[]
  readonly parsed: readonly ShellFile[]
  /** The package of Courier-IMAP alone, by its folder. */
  readonly standalone: boolean
}

/** Every service whose files lie beside the one that was named. */
export function courierOf(main: SettingsFile, more: ReadMore): Courier {
  const folder = dirname(main.path)
  const own = basenameOf(main.path)
  const parsed = new Map<string, ShellFile>()
  const read = (name: string): ShellFile | undefined => {
    const file = name === own ? main : more(join(folder, name))
    if (file !== undefined && !parsed.has(name)) parsed.set(name, parseShell(file))
    return parsed.get(name)
  }
  const standalone = /(?:^|\/)courier-imap(?:\/|$)/.test(folder)
  const named = Object.hasOwn(FILES, own) || PLAIN.includes(own) ? SERVICES : [{ ...anonymous(own), file: own }]
  const doors = named.flatMap((service) => doorOf(service, read, standalone))
  const files = [main, ...[...parsed.values()].map(({ file }) => file).filter((file) => file !== main)]
  return { doors, files, parsed: [...parsed.values()], standalone }
}

/** A file of another name, such as a copy. */
function anonymous(name: string): Omit<Service, 'file'> {
  return { door: name, role: 'server' }
}

function basenameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}

function doorOf(
  { door, role, file, start, offer, starttls, listens: place }: Service,
  read: (name: string) => ShellFile | undefined,
  standalone: boolean,
): readonly CourierDoor[] {
  const last = read(file)
  if (last === undefined) return []
  const sources = [...(FILES[file] ?? []).flatMap((name) => read(name) ?? []), last]
  const environment = environmentOf(sources)
  const undecided = (name: string): boolean => sources.some((source) => source.undecided.has(name))
  if (start !== undefined && !undecided(start) && /^no$/i.test(environment.get(start)?.value ?? '')) return []
  const scopes = sources.toReversed().map((source) => scopeOf(source, environment))
  const value = (name: string): Found | undefined => scopes.map((scope) => scope.find(name)).find((found) => found !== undefined)
  const protocol = standalone && starttls === true ? 'TLS_STARTTLS_PROTOCOL' : 'TLS_PROTOCOL'
  const follows = protocol === 'TLS_STARTTLS_PROTOCOL' && environment.get(protocol)?.follows === 'TLS_PROTOCOL'
  const offered = offer === undefined ? 'YES' : (value(offer)?.value ?? 'NO')
  const off = /^(?:yes|1)$/i.test(offered) || (offer !== undefined && undecided(offer)) ? undefined : offer
  const heeds = (name: string): boolean => {
    if (off !== undefined) return false
    return name === protocol || (name === 'TLS_PROTOCOL' && follows) || !/^TLS_(?:STARTTLS_)?PROTOCOL$/.test(name)
  }
  const listens = off === undefined && place !== undefined ? listensAt(place, (name) => value(name)?.value) : []
  return [{ door, role, scopes, protocol, follows, off, value, undecided, heeds, listens }]
}

/** `143`, `127.0.0.1.143`, several of them with commas, and names of services, couriertcpd(1). */
function listensAt(
  [scheme, address, port, usual]: NonNullable<Service['listens']>,
  value: (name: string) => string | undefined,
): readonly string[] {
  return (value(port) || usual).split(',').flatMap((one) => {
    const [, own = '', number = ''] = /^(?:(.*)\.)?([^.]+)$/.exec(one.trim()) ?? []
    const at = own || (value(address) ?? '').replace(/^0$/, '')
    return listenTarget(scheme, at, /^\d+$/.test(number) ? number : usual) ?? []
  })
}

interface Variable {
  readonly value: string | undefined
  readonly assignment: Assignment
  /** The variable that it is a copy of and that nobody has set since. */
  readonly follows: string | undefined
}

type Values = ReadonlyMap<string, Variable> & { readonly each: ReadonlyMap<Assignment, string | undefined> }

/** Reads the files as sh does, one after another. */
function environmentOf(sources: readonly ShellFile[]): Values {
  const variables = new Map<string, Variable>()
  const each = new Map<Assignment, string | undefined>()
  const now = new Map<string, string | undefined>()
  for (const assignment of sources.flatMap(({ assignments }) => assignments)) {
    const { name, file, valueStart, end } = assignment
    const word = file.text.slice(valueStart, end)
    const value = wordValue(word, now satisfies Environment)
    each.set(assignment, value)
    now.set(name, value)
    for (const [other, variable] of variables) if (variable.follows === name) variables.set(other, { ...variable, follows: undefined })
    variables.set(name, {
      value,
      assignment,
      follows: /^"?\$(?:(\w+)|\{\w+\})"?$/.exec(word) === null ? undefined : word.replaceAll(/\W/g, ''),
    })
  }
  return Object.assign(variables, { each })
}

function scopeOf({ file, assignments }: ShellFile, { each }: Values): Scope {
  return {
    id: file.path,
    find: (name) => {
      const last = assignments.findLast((one) => one.name === name)
      return last && foundIn(last, each.get(last))
    },
    // What is about TLS belongs into the file that is made for it.
    add: (name, value) =>
      PLAIN.includes(basenameOf(file.path)) ? undefined : placeFor(file, assignments, name, `${name}=${wordFor(value, '')}`),
  }
}

/** An empty word begins at its sign, so that a line that is added behind it does not come before it. */
function foundIn({ file, valueStart, end }: Assignment, value: string | undefined): Found {
  const word = file.text.slice(valueStart, end)
  return {
    value: value ?? word,
    get place() {
      return placeIn(file, valueStart, end)
    },
    put: (put) => [
      { file: file.path, start: word === '' ? valueStart - 1 : valueStart, end, text: `${word === '' ? '=' : ''}${wordFor(put, word)}` },
    ],
  }
}

/**
 * Where a new variable goes: the end of the part that the file has for it, so that its upgrade keeps it; else behind the last variable of TLS.
 * Never behind a line that takes its value.
 */
function placeFor(file: SettingsFile, assignments: readonly Assignment[], name: string, statement: string): Addition {
  const { text } = file
  const eol = lineEndOf(text)
  const user = assignments.find(({ valueStart, end }) => new RegExp(`\\$\\{?${name}\\b`).test(text.slice(valueStart, end)))
  const head = new RegExp(`^##NAME: ${name}:.*$`, 'm').exec(text)
  const next = head === null ? -1 : text.indexOf('\n##', head.index)
  const block = head === null ? undefined : next < 0 ? text.length : next + 1
  if (block !== undefined && (user === undefined || block <= user.start))
    return addition(file, block, `${block === text.length && !text.endsWith('\n') ? eol : ''}${statement}${eol}`)
  if (user !== undefined) return addition(file, user.start, `${statement}${eol}`)
  const neighbour = assignments.findLast((one) => /^(?:TLS_|COURIERTLS)/.test(one.name))
  if (neighbour !== undefined && /^[ \t]*(?:[\r\n]|$)/.test(text.slice(neighbour.end))) return lineAfter(file, neighbour, statement)
  return addition(file, text.length, `${text === '' || text.endsWith('\n') ? '' : eol}${statement}${eol}`)
}
