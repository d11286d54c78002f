import { PosternError } from '../errors.ts'
import type { Grammar } from './cutter.ts'

/** One thing that a server says. Text is latin1 everywhere in `dialects`: one character is one byte. */
export interface Reply {
  /** The one word that decides: `250`, `* OK`, `p1 NO`, `+OK`, an LDAP resultCode, the name of an XML element. */
  readonly code: string
  /** What came with it, by lines or by what the protocol has instead. */
  readonly lines: readonly string[]
}

/** How to begin: with plain text and a request for TLS, or with TLS at once. */
export type Beginning = 'starttls' | 'implicit'

/** A port on which a dialect is commonly spoken, and the URL scheme that means it. */
export interface Door {
  readonly port: number
  readonly scheme: string
  readonly tls: Beginning
}

/** Who we say that we are, and whom we want to speak to. */
export interface ClientOptions {
  /** Our own name: the parameter of EHLO and LHLO, `from` of an XMPP server. */
  readonly clientName: string
  /** The name of the service: `to` of XMPP. */
  readonly serverName: string
}

/** What the client says next. */
export interface ClientStep {
  /** Empty where the client only listens. */
  readonly send: string
  /** This asks for TLS: the next reply is the go-ahead or a refusal. */
  readonly starttls?: true
  /** The server says nothing to this: go on at once, with an empty reply. */
  readonly unanswered?: true
}

/** How the way to TLS ends. `heard` is what the server said, escaped so that a terminal may show it. */
export type Outcome =
  /** The ClientHello is next. */
  | { readonly kind: 'ready' }
  /** The server does not know or does not announce TLS. */
  | { readonly kind: 'not-offered'; readonly heard: string }
  /** The server will not speak, or not TLS. `temporary`: this says nothing about its TLS, ask again later. */
  | { readonly kind: 'refused'; readonly heard: string; readonly temporary: boolean }
  /** Something else is spoken on this port. */
  | { readonly kind: 'wrong-protocol'; readonly heard: string }

/** What was said before TLS. */
export interface Clear {
  readonly banner: string
  readonly capabilities: readonly string[]
  readonly starttls: 'offered' | 'missing' | 'refused' | 'unknown'
  /** Ways to log in that are offered before TLS: SASL mechanisms, and commands such as `LOGIN`, `USER`, `APOP`. */
  readonly authBeforeTls: readonly string[]
  /** False where the list above may lack something, because the protocol does not announce every way to log in. */
  readonly authComplete: boolean
  /** Plain text came with or behind the go-ahead. */
  readonly textAfterGoAhead: boolean | 'unknown' | 'not-applicable'
}

/** What a script has seen on its way. */
export type Seen = Partial<Pick<Clear, 'banner' | 'capabilities' | 'starttls' | 'authBeforeTls' | 'authComplete'>>

/** A client's side of a dialect, as a script: it says, and is given the reply. */
export type ClientScript = Generator<ClientStep, Outcome, Reply>

/** A command to smuggle behind the request for TLS. It changes nothing, and an answer to it can be told from what else a server says. */
export interface Injection {
  readonly command: string
  /** Does this text, heard inside TLS before anything was said there, answer the smuggled command? */
  readonly answered: (text: string) => boolean
}

/** How a protocol gets from connect to ClientHello, as a script without a socket. */
export interface Dialect {
  /** Such as `smtp`. */
  readonly name: string
  /** Such as `SMTP`. */
  readonly title: string
  readonly doors: readonly Door[]
  /**
   * Cuts one reply out of the server's text. `asked` is what the client sent last: what a reply looks like may depend on it.
   * Throws `PosternError('peer', 'REPLY_MALFORMED')`.
   */
  readonly reply: (asked: string) => Grammar<Reply>
  /** The client's side up to the go-ahead. */
  readonly client: (options: ClientOptions, note: (seen: Seen) => void) => ClientScript
  /**
   * What a client that comes in behind TLS may hear of a greeting from before: without it, all of it. Empty where the server greets once more there.
   */
  readonly greetingBehindTls?: (greeting: string) => string
  /** What says good-bye, before TLS and just after the handshake, or undefined where one just leaves. */
  readonly quit: string | undefined
  readonly injection: Injection | undefined
}

/** The client only listens. */
export const LISTEN: ClientStep = { send: '' }

export const READY: Outcome = { kind: 'ready' }

export function notOffered(reply: Reply): Outcome {
  return { kind: 'not-offered', heard: said(reply) }
}

export function refused(reply: Reply, temporary: boolean): Outcome {
  return { kind: 'refused', heard: said(reply), temporary }
}

export function wrongProtocol(reply: Reply): Outcome {
  return { kind: 'wrong-protocol', heard: said(reply) }
}

/** A reply as a person would read it. */
export function said(reply: Reply): string {
  return [reply.code, reply.lines.join('\n')].filter((part) => part !== '').join(' ')
}

/** Longer quotations of a stranger's text help nobody. */
const LONGEST_QUOTATION = 120

/** The peer's text does not have the shape that the protocol gives it. */
export function malformed(title: string, text: string): PosternError {
  return new PosternError('peer', 'REPLY_MALFORMED', `Cannot read ${title} reply: ${JSON.stringify(text.slice(0, LONGEST_QUOTATION))}`, {
    remedy: `Check that the port speaks ${title}.`,
  })
}

/** The words of a list, upper case, each once, in order. */
export function words(text: string): string[] {
  return [...new Set(text.toUpperCase().split(/\s+/).filter(Boolean))]
}

/** A text of a stranger in a form that is safe to show: UTF-8 where it is that, control and format characters escaped. */
export function printable(text: string): string {
  const utf8 = Buffer.from(text, 'latin1').toString('utf8')
  return (utf8.includes('\u{fffd}') ? text : utf8).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character === '\n' ? character : escape(character.codePointAt(0) ?? 0),
  )
}

function escape(code: number): string {
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
