import type { Ending, Refusal, RelayOptions } from '../relay.ts'
import { hasControls } from './lines.ts'

/** One line of a client, read as a command: RFC 5321 §4.1.1. */
export interface Command {
  /** Upper case, such as `MAIL`; empty where the line cannot be one. */
  readonly verb: string
  /** What stands behind it and the blanks. */
  readonly rest: string
}

/** What a client may do depends on. */
export interface Situation {
  readonly tls: RelayOptions['tls']
  readonly whyTls?: RelayOptions['whyTls'] | undefined
  readonly secure: boolean
  readonly hidesLogin: boolean
  /** TLS has made void what the client said of itself, and it has not said it again: RFC 3207 §4.2. */
  readonly helloDue: boolean
  /** The command with which the client says what it is. */
  readonly hello: 'EHLO' | 'LHLO'
  /** The server has announced CHUNKING in its last answer to EHLO. */
  readonly chunking: boolean
  /** The client has logged in. */
  readonly loggedIn: boolean
  readonly refusal: Refusal | undefined
}

/** What becomes of a command. `said` are the words of a reply, without the end of the line. */
export type Judgement =
  | { readonly kind: 'pass' }
  | { readonly kind: 'starttls' }
  | { readonly kind: 'refuse'; readonly said: string; readonly because: 'error' | 'turned-away' }
  | { readonly kind: 'end'; readonly said: string; readonly ending: Ending }

/** A BDAT command, RFC 3030 §2. */
export interface Chunk {
  readonly size: number
  readonly last: boolean
}

/** What a web browser says that was led here: what follows is written by whoever wrote the page. */
const OF_HTTP = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'PATCH', 'PRI']

/**
 * What the server would take from us and may not take from everybody: whom it speaks to (XCLIENT, XFORWARD, PROXY), a connection whose ends
 * change places (TURN, and ATRN of RFC 2645 §5.3), and a way to begin TLS that would begin it behind us.
 */
const OURS = ['XCLIENT', 'XFORWARD', 'PROXY', 'TURN', 'ATRN', 'X-ANONYMOUSTLS']

/** AUTH is of RFC 4954 §4, the other is what Exchange has beside it. */
export const LOGINS: readonly string[] = ['AUTH', 'X-EXPS']

/** A message that asks for TLS on its way is to be asked for in TLS, RFC 8689 §2. */
export const REQUIRETLS = 'REQUIRETLS'

/** Keywords that a server announces to the gate alone. */
export const FOR_THE_GATE: readonly string[] = ['STARTTLS', ...OURS]

const HELLOS = ['EHLO', 'LHLO', 'HELO']

/** RFC 3207 §4, and RSET, which changes nothing that has not been said. */
const BEFORE_TLS = [...HELLOS, 'NOOP', 'RSET', 'QUIT']

/** What carries no mail: who is turned away is answered it to the end. */
const HARMLESS = [...HELLOS, 'NOOP', 'RSET', 'QUIT']

/** What the server would grant for what it was told in the clear. */
const NEEDS_HELLO = ['MAIL', ...LOGINS]

/** `line` is latin1, without its end. Servers skip blanks before a verb, so what is not to be passed on is recognised behind them too. */
export function parseCommand(line: string): Command {
  const [, verb = '', rest = ''] = /^[ \t]*([A-Za-z][A-Za-z0-9-]*)(?![^ \t])[ \t]*(.*)$/s.exec(line) ?? []
  return { verb: hasControls(line) ? '' : verb.toUpperCase(), rest }
}

/**
 * Undefined where it is none that every server reads in the same way: a number with leading zeros may be octal, one that does not fit
 * into 32 bits may be another.
 */
export function parseChunk(rest: string): Chunk | undefined {
  const [, size, last] = /^(0|[1-9]\d{0,9})(?:[ \t]+(LAST))?[ \t]*$/i.exec(rest) ?? []
  if (size === undefined || Number(size) > 0x7fffffff) return undefined
  return { size: Number(size), last: last !== undefined }
}

/** What becomes of a command where things stand so. One that nobody here knows is the server's to refuse. */
export function judge(command: Command, situation: Situation): Judgement {
  const { verb, rest } = command
  if (OF_HTTP.includes(verb)) return { kind: 'end', said: '554 5.5.1 This is no web server', ending: 'not-the-protocol' }
  if (verb === '') return error('500 5.5.2 Syntax error')
  if (verb === 'STARTTLS') return starttls(rest, situation)
  if (OURS.includes(verb)) return error('502 5.5.1 Command not implemented')
  if (verb === 'BDAT') {
    // What follows is content, or so the client thinks; nobody may read it as commands: RFC 3030 §2.
    const said = !situation.chunking ? '503 5.5.1 CHUNKING is not offered' : '501 5.5.4 Syntax: BDAT size [LAST]'
    if (!situation.chunking || parseChunk(rest) === undefined) return { kind: 'end', said, ending: 'not-the-protocol' }
  }
  return permission(command, situation)
}

/** RFC 3207 §4: no parameters; §4.2: not twice. */
function starttls(rest: string, { tls, secure, loggedIn }: Situation): Judgement {
  if (secure) return error('503 5.5.1 TLS already active')
  if (tls === 'none') return error('502 5.5.1 STARTTLS is not offered')
  if (rest.trim() !== '') return error('501 5.5.4 Syntax error (no parameters allowed)')
  // The server behind cannot be made to forget who logged in, and RFC 3207 §4.2 wants it forgotten: whoever sat between could have been it.
  if (loggedIn) return error('503 5.5.1 STARTTLS comes before AUTH')
  return { kind: 'starttls' }
}

function permission({ verb, rest }: Command, situation: Situation): Judgement {
  const { refusal, secure, tls } = situation
  if (refusal !== undefined && !HARMLESS.includes(verb)) {
    return { kind: 'refuse', said: `${refusal.temporary ? '450 4' : '550 5'}.7.10 ${refusal.words}`, because: 'turned-away' }
  }
  if (tls === 'required' && !secure && !BEFORE_TLS.includes(verb)) return error(needsTls(situation))
  // RFC 4954 §6.
  if (situation.hidesLogin && !secure && LOGINS.includes(verb)) {
    return error('538 5.7.11 Encryption required for requested authentication mechanism')
  }
  if (verb === 'MAIL' && !secure && /[ \t]REQUIRETLS(?:[ \t]|$)/i.test(rest)) return error('530 5.7.10 REQUIRETLS is taken in TLS alone')
  if (situation.helloDue && NEEDS_HELLO.includes(verb)) return error(`503 5.5.1 Say ${situation.hello} first: TLS has begun`)
  return { kind: 'pass' }
}

/** RFC 3207 §4, or the reason that there is for this client. */
function needsTls({ whyTls }: Situation): string {
  if (whyTls === undefined) return '530 5.7.0 Must issue a STARTTLS command first'
  return `${whyTls.temporary ? '450 4' : '550 5'}.7.10 ${whyTls.words}`
}

function error(said: string): Judgement {
  return { kind: 'refuse', said, because: 'error' }
}
