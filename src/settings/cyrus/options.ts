import { dirname } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { filesNamed } from '../lines/includes.ts'
import { listenTarget } from '../listens.ts'
import { trimmedEnd } from '../lines/line-ends.ts'
import { placeIn, type Place, type SettingsFile } from '../settings-file.ts'
import { malformed } from '../xml/problem.ts'
import type { NamedValue } from '../lines/named-value.ts'

/** One `name: value` of imapd.conf. */
export type Option = NamedValue

type Reach = Pick<ReadOptions, 'more' | 'list'>

const MOST_DEPTH = 16
/** A backslash at the end of a line folds, in comments too. */
const LOGICAL = /(?:\\\n|[^\n])+/g

/** The options of a file and of all that it includes, in order. Errors: `input` for a line without a name and a colon. */
export function parseOptions(file: SettingsFile, reach: Reach, depth = 0): readonly Option[] {
  return [...file.text.matchAll(LOGICAL)].flatMap(({ index, 0: line }) => {
    const blank = /^(?:\s|\\\n)*/.exec(line)?.[0].length ?? 0
    const start = index + blank
    if (blank === line.length || file.text.charAt(start) === '#') return []
    const head = /^@?[A-Za-z0-9_-]*:(?:[^\S\n]|\\\n)*/.exec(line.slice(blank))
    if (head === null) throw malformed(file, start, 'this is no name with a colon behind it', 'Write name: value, or put # before it.')
    const valueStart = start + head[0].length
    const end = trimmedEnd(file.text, valueStart, index + line.length)
    const name = (/^[^:]*/.exec(head[0])?.[0] ?? '').toLowerCase()
    const value = file.text.slice(valueStart, end).replaceAll('\\\n', '')
    if (name !== '@include') return [{ name, value, file, start, valueStart, end }]
    if (depth === MOST_DEPTH) return []
    return filesNamed(value, dirname(file.path), reach).flatMap((one) => parseOptions(one, reach, depth + 1))
  })
}

export function placeOf({ file, valueStart, end }: Option): Place {
  return placeIn(file, valueStart, end)
}

/** A service of cyrus.conf that may speak TLS. */
export interface Service {
  readonly name: string
  /** The program has TLS from the first byte on. */
  readonly implicit: boolean
  /** Where it can be met. */
  readonly listens: readonly string[]
}

/** What each program speaks; with `-s`, the same with an s. */
const SPOKEN: Readonly<Record<string, string>> = {
  imapd: 'imap',
  proxyd: 'imap',
  pop3d: 'pop3',
  pop3proxyd: 'pop3',
  nntpd: 'nntp',
  lmtpd: 'lmtp',
  lmtpproxyd: 'lmtp',
  timsieved: 'sieve',
}
const PORTS: Readonly<Record<string, string>> = {
  imap: '143',
  imaps: '993',
  pop3: '110',
  pop3s: '995',
  nntp: '119',
  nntps: '563',
  lmtp: '24',
  sieve: '4190',
  https: '443',
}

function listensAt(program: string, implicit: boolean, listen: string): readonly string[] {
  const spoken = SPOKEN[program]
  const scheme = spoken === undefined ? (implicit ? 'tls' : undefined) : `${spoken}${implicit ? 's' : ''}`
  const [, address = '', port = ''] = /^(?:(.*):)?([^:]+)$/.exec(listen) ?? []
  const target = scheme === undefined ? undefined : listenTarget(scheme, address, PORTS[port] ?? port)
  return target === undefined ? [] : [target]
}

const PROGRAMS = /^(?:imapd|proxyd|pop3d|pop3proxyd|nntpd|httpd|lmtpd|lmtpproxyd|timsieved|mupdate|sync_server|backupd)$/

/** Those to which `-s` means TLS at once. */
const IMPLICIT = /^(?:imapd|proxyd|pop3d|pop3proxyd|nntpd|httpd)$/

/** The services in `SERVICES { … }` whose program speaks TLS on the network and reads this imapd.conf. */
export function parseServices({ text }: SettingsFile, imapdConf: string): readonly Service[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, ''))
  const from = lines.findIndex((line) => /^\s*SERVICES\b/i.test(line))
  if (from === -1) return []
  const body = lines
    .slice(from)
    .join('\n')
    .replace(/^[^{]*\{/, '')
  const inside = body.slice(0, Math.max(0, body.search(/^[^"\n]*(?:"[^"\n]*"[^"\n]*)*\}/m)) || body.length)
  return [...inside.matchAll(/^\s*([A-Za-z0-9]+)\s+(.*)$/gm)].flatMap(([, name = '', rest = '']) => {
    const value = (key: string): string => new RegExp(`(?:^|\\s)${key}=(?:"([^"]*)"|(\\S*))`).exec(rest)?.slice(1).find(Boolean) ?? ''
    const [program = '', ...options] = value('cmd').split(/\s+/)
    const other = options[options.indexOf('-C') + 1]
    const elsewhere = options.includes('-C') && other !== imapdConf
    const command = program.replace(/^.*\//, '')
    if (!PROGRAMS.test(command) || value('listen').startsWith('/') || elsewhere) return []
    const implicit = options.includes('-s') && IMPLICIT.test(command)
    return [{ name, implicit, listens: listensAt(command, implicit, value('listen')) }]
  })
}
