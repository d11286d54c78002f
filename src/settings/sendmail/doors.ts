import { basename, dirname, join } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import { lineEndOf } from '../lines/line-ends.ts'
import { listenTarget } from '../listens.ts'
import { addition, type Addition, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { confName, parseSendmail, type Option, type SendmailFile } from './options.ts'

export interface SendmailDoor extends ScopedLeg {
  /** TLS is not offered, by the modifier S. */
  readonly noTls: boolean
  /** Any server may send here. */
  readonly isSmtp: boolean
  readonly listens: readonly string[]
}

export interface Sendmail extends SendmailFile {
  readonly main: SettingsFile
  readonly doors: readonly SendmailDoor[]
  readonly scope: Scope
  /** sendmail.cf beside a .mc. */
  readonly made: SendmailFile | undefined
}

const PORTS: Readonly<Record<string, string>> = { smtp: '25', submission: '587', smtps: '465', submissions: '465' }
const BOTH = ['cipherlist', 'ciphersuites']

export function sendmailOf(main: SettingsFile, reach: Pick<ReadOptions, 'more' | 'list'>): Sendmail {
  const parsed = parseSendmail(main, reach)
  const scope = scopeOf(main, parsed)
  const daemons = basename(main.path).startsWith('submit.') ? [] : daemonsOf(parsed)
  const servers = daemons.map((daemon): SendmailDoor => ({
    ...daemon,
    role: 'server',
    scopes: [scope],
    heeds: (name) => [...BOTH, 'serverssloptions', 'dhparameters'].includes(name),
  }))
  const client: SendmailDoor = {
    door: 'outgoing SMTP',
    role: 'client',
    scopes: [scope],
    heeds: (name) => [...BOTH, 'clientssloptions'].includes(name),
    noTls: sendsPlain(parsed),
    isSmtp: true,
    listens: [],
  }
  const other = parsed.isMc ? reach.more?.(join(dirname(main.path), basename(main.path).replace(/\.mc$/, '.cf'))) : undefined
  const made = other === undefined || other.path === main.path ? undefined : parseSendmail(other, reach)
  return { ...parsed, main, doors: [...servers, client], scope, made }
}

/** The modifier S of `ClientPortOptions`, for every family of addresses that is named. */
function sendsPlain({ options }: SendmailFile): boolean {
  const all = options.filter(({ name }) => name === 'clientportoptions').map(({ value }) => daemonOf(value, 0))
  return all.length > 0 && all.every(({ noTls }) => noTls)
}

type Daemon = Pick<SendmailDoor, 'door' | 'noTls' | 'isSmtp' | 'listens'>

/** Without any, one on port 25. A .mc adds one on port 587 unless told not to. */
function daemonsOf({ options, isMc, m4 }: SendmailFile): readonly Daemon[] {
  const given = options.filter(({ name }) => name === 'daemonportoptions').map(({ value }) => value)
  const first = given.length === 0 ? ['Name=MTA'] : given
  const alone = m4?.calls.some(({ name, args }) => name === 'FEATURE' && args[0]?.text === 'no_default_msa') ?? true
  const values = isMc && !alone ? [...first, 'Name=MSA, Port=587, M=E'] : first
  const daemons = values.map((value, index) => daemonOf(value, index))
  return daemons.map((daemon, index) => {
    const alike = daemons.slice(0, index).filter(({ door }) => door === daemon.door).length
    return alike === 0 ? daemon : { ...daemon, door: `${daemon.door} #${alike + 1}` }
  })
}

/** `Family=inet, Name=MTA, Port=smtp, M=s`: the first letter of a key is enough. */
function daemonOf(text: string, index: number): Daemon {
  const parts = text.split(',').map((part) => /^\s*(\w)\w*\s*=\s*(.*?)\s*$/.exec(part))
  const value = (letter: string): string => parts.find((part) => part?.[1]?.toUpperCase() === letter)?.[2] ?? ''
  const port = value('P') === '' ? '25' : (PORTS[value('P').toLowerCase()] ?? value('P'))
  const modifiers = value('M')
  const target = listenTarget(modifiers.includes('s') ? 'smtps' : 'smtp', value('A'), port)
  const isSmtp = port === '25'
  const listens = target === undefined || modifiers.includes('S') ? [] : [target]
  return { door: value('N') === '' ? `Daemon${index}` : value('N'), noTls: modifiers.includes('S'), isSmtp, listens }
}

/** What these lines say adds up, one after another. */
const ADDED = ['serverssloptions', 'clientssloptions']

function scopeOf(main: SettingsFile, parsed: SendmailFile): Scope {
  return {
    id: main.path,
    find: (name) => {
      const all = parsed.options.filter((option) => option.name === name)
      const last = all.at(-1)
      return last && foundIn(last, ADDED.includes(name) ? all.map(({ value }) => value).join(' ') : last.value)
    },
    add: (name, value) => (parsed.isMc ? addedToMc(main, parsed, name, value) : addedToCf(main, parsed.options, name, value)),
  }
}

/** An empty value begins at the character before it, so that a line that is added behind it does not come before it. */
function foundIn({ file, valueStart, end }: Option, value: string): Found {
  const from = valueStart === end ? valueStart - 1 : valueStart
  return {
    value,
    get place() {
      return placeIn(file, valueStart, end)
    },
    put: (text) => [{ file: file.path, start: from, end, text: `${file.text.slice(from, valueStart)}${text}` }],
  }
}

const NAMES = ['CipherList', 'CipherSuites', 'ServerSSLOptions', 'ClientSSLOptions', 'DHParameters']

/** As sendmail.cf writes it. */
export function nameOf(option: string): string {
  return NAMES.find((name) => name.toLowerCase() === option) ?? option
}

/** Behind the line that the file has for it as a comment, else behind the last option. */
function addedToCf(main: SettingsFile, options: readonly Option[], name: string, value: string): Addition {
  const line = `O ${nameOf(name)}=${value}`
  const comment = new RegExp(`^#[ \\t]*O[ \\t]+${nameOf(name)}\\b.*$`, 'im').exec(main.text)
  return behindLine(main, comment === null ? (options.at(-1)?.end ?? main.text.length) : comment.index, line)
}

function addedToMc(main: SettingsFile, { m4, options }: SendmailFile, name: string, value: string): Addition {
  const conf = confName(name)
  const { text } = main
  const eol = lineEndOf(text)
  if (conf === undefined) {
    const line = `O ${nameOf(name)}=${value}`
    if (m4?.localConfig !== undefined) return insertAt(main, m4.localConfig, line)
    return insertAt(main, text.length, `LOCAL_CONFIG${eol}${line}`)
  }
  const statement = `define(\`${conf}', \`${value}')dnl`
  const last = options.findLast(({ file, start }) => file === main && text.startsWith('define', start))
  // Behind what takes the name out again, too.
  const gone = m4?.calls.findLast(({ name: one, args }) => one === 'undefine' && args[0]?.text === conf)
  const behind = Math.max(last?.end ?? 0, gone?.end ?? 0)
  if (behind > 0) return behindLine(main, behind, statement)
  const mailer = m4?.calls.find(({ name: one, start }) => one === 'MAILER' && (start === 0 || text.charAt(start - 1) === '\n'))
  return mailer === undefined ? insertAt(main, 0, statement) : insertAt(main, mailer.start, statement)
}

function behindLine(file: SettingsFile, at: number, line: string): Addition {
  const end = file.text.indexOf('\n', at)
  return insertAt(file, end < 0 ? file.text.length : end + 1, line)
}

/** A line of its own before the one that begins here. */
function insertAt(file: SettingsFile, at: number, line: string): Addition {
  const eol = lineEndOf(file.text)
  const open = at > 0 && file.text.charAt(at - 1) !== '\n'
  return addition(file, at, `${open ? eol : ''}${line}${eol}`)
}
