import type { Introduction } from '../introduction.ts'
import { parseCommand } from './smtp-command.ts'

/** What a client may hear in place of the server depends on. */
export interface Standing {
  readonly introduction: Introduction
  /** TLS stands. What the server can do there it says itself. */
  readonly secure: boolean
  /** The server hears nothing before TLS: whatever is asked is answered. */
  readonly alone: boolean
  /** What the server can do may be said in its place. */
  readonly announces: boolean
}

/** An answer in place of the server; `question`: it was to this, and in the clear the server has to be asked so, too, before anything else. */
export interface Answered {
  readonly said: string
  readonly question?: string
}

/** Speaks in place of a server that nobody has connected to. */
export interface StandIn {
  /** Undefined: that is the server's to answer. `line`: latin1, without its end. */
  readonly answer: Answer
  /** The last line, to a client that asks and asks. */
  readonly farewell: string
}

type Answer = (line: string, standing: Standing) => Answered | undefined

/** RFC 9051 §6.1. */
const imap: Answer = (line, { introduction, secure, alone, announces }) => {
  const [, tag = '*', name = '', rest = ''] = /^(\S+) (\S+)(?: (.*))?$/.exec(line) ?? []
  const command = rest === '' ? name.toUpperCase() : ''
  if (command === 'NOOP') return { said: `${tag} OK Done\r\n` }
  if (command === 'LOGOUT') return { said: `* BYE Good-bye\r\n${tag} OK Done\r\n` }
  if (secure) return undefined
  if (command === 'CAPABILITY' && announces)
    return { said: `${introduction.capabilities}${tag} OK Done\r\n`, question: 'p1 CAPABILITY\r\n' }
  if (!alone) return undefined
  // RFC 2971 §3.2: a server that says nothing of itself says NIL.
  const isId = name.toUpperCase() === 'ID' && /(?:^| )ID(?:\s|$)/i.test(introduction.capabilities)
  return { said: isId ? `* ID NIL\r\n${tag} OK Done\r\n` : `${tag} BAD This is not a command\r\n` }
}

/** RFC 1939 §4, RFC 2449 §5. */
const pop3: Answer = (line, { introduction, secure, alone, announces }) => {
  const command = line.trim().toUpperCase()
  if (command === 'QUIT') return { said: '+OK Good-bye\r\n' }
  if (secure) return undefined
  if (command === 'CAPA' && announces) return { said: introduction.capabilities, question: 'CAPA\r\n' }
  return alone ? { said: '-ERR Unknown command\r\n' } : undefined
}

/** RFC 5804 §2.4, §2.3 and §2.13. */
const sieve: Answer = (line, { introduction, secure, alone, announces }) => {
  const [, name = '', rest = ''] = /^(\S+)(?: (.*))?$/.exec(line) ?? []
  const [tag] = /^"[^"\\]*"$/.exec(rest) ?? []
  const command = name.toUpperCase()
  if (command === 'LOGOUT' && rest === '') return { said: 'OK "Good-bye"\r\n' }
  if (command === 'NOOP' && rest === '') return { said: 'OK "Done"\r\n' }
  if (command === 'NOOP' && tag !== undefined) return { said: `OK (TAG ${tag}) "Done"\r\n` }
  if (secure) return undefined
  if (command === 'CAPABILITY' && rest === '' && announces) return { said: introduction.capabilities, question: 'CAPABILITY\r\n' }
  return alone ? { said: 'NO "This is not a command"\r\n' } : undefined
}

/** RFC 5321 §4.1.1.1 and RFC 2033 §4.1; the others change nothing. */
const HELLOS: ReadonlyMap<'smtp' | 'lmtp', readonly string[]> = new Map([
  ['smtp', ['EHLO', 'HELO']],
  ['lmtp', ['LHLO']],
])

/** A name, or an address literal, RFC 5321 §4.1.3. What else clients call themselves, such as printers by their model, servers judge in different ways. */
const NAME = /^[A-Za-z0-9._:[\]-]+[ \t]*$/

function smtpOr(dialect: 'smtp' | 'lmtp'): Answer {
  return (line, { introduction, secure, alone, announces }) => {
    const { verb, rest } = parseCommand(line)
    if (verb === 'NOOP' || (verb === 'RSET' && rest.trim() === '')) return { said: '250 2.0.0 Ok\r\n' }
    if (verb === 'QUIT' && rest.trim() === '') return { said: '221 2.0.0 Bye\r\n' }
    if (secure) return undefined
    const isHello = HELLOS.get(dialect)?.includes(verb) === true
    // Where the server hears nothing of it, nobody has to like the name.
    const isTaken = alone ? rest.trim() !== '' : NAME.test(rest)
    if (isHello && isTaken && announces) return { said: hello(verb, introduction), question: `${line}\r\n` }
    if (!alone) return undefined
    return { said: isHello ? `501 5.5.4 Syntax: ${verb} hostname\r\n` : '502 5.5.2 Command not recognized\r\n' }
  }
}

/** RFC 5321 §4.1.1.1: to HELO the domain is all. */
function hello(verb: string, { capabilities }: Introduction): string {
  return verb === 'HELO' ? `${capabilities.replace(/^250[- ](\S*)[^]*$/, '250 $1')}\r\n` : capabilities
}

const IN_SMTP = '421 4.7.0 Too many commands before TLS\r\n'

/** By the name of the dialect. */
export const STAND_INS: Readonly<Record<string, StandIn>> = {
  smtp: { answer: smtpOr('smtp'), farewell: IN_SMTP },
  submission: { answer: smtpOr('smtp'), farewell: IN_SMTP },
  lmtp: { answer: smtpOr('lmtp'), farewell: IN_SMTP },
  imap: { answer: imap, farewell: '* BYE Too many commands before TLS\r\n' },
  pop3: { answer: pop3, farewell: '-ERR Too many commands before TLS\r\n' },
  sieve: { answer: sieve, farewell: 'BYE "Too many commands before TLS"\r\n' },
}
