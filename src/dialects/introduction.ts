import { LISTEN, READY, refused, words, wrongProtocol, type ClientOptions, type ClientScript, type Dialect, type Reply } from './dialect.ts'
import { Opening } from './opening.ts'

/** What a server says of itself to everybody, latin1 with the ends of its lines. Nothing in it belongs to one client. */
export interface Introduction {
  readonly greeting: string
  /** What it says that it can do, to whoever asks before the login. */
  readonly capabilities: string
}

/** Octets of a greeting, or of capabilities, that are worth keeping. */
const LONGEST = 8192

/** How a server introduces itself in one dialect. */
interface Manner {
  /** The code of a greeting that welcomes, and those of one that does not. */
  readonly welcome: string
  readonly refusal: RegExp
  /** Asks for capabilities; undefined where the greeting is their list. */
  readonly question?: (clientName: string) => string
  /** The answer as anybody may hear it; undefined where it says nothing of capabilities. */
  readonly capabilities: (answer: string) => string | undefined
  /** What can be had, by name, of a greeting or of capabilities; of what has a list behind its name, each thing as well. */
  readonly names: (text: string) => readonly string[]
}

/** Nobody is called by name in what is heard here. */
const NOBODY: ClientOptions = { clientName: 'client.example', serverName: 'server.example' }

const smtp: Manner = {
  welcome: '220',
  refusal: /^[45]/,
  question: (clientName) => `EHLO ${clientName}\r\n`,
  capabilities: ofHello,
  names: (text) => keywords(text, /^250[- ]([\w-]+)[ =]?(.*)/),
}

const MANNERS: ReadonlyMap<string, Manner> = new Map([
  ['smtp', smtp],
  ['submission', smtp],
  ['lmtp', { ...smtp, question: (clientName: string) => `LHLO ${clientName}\r\n` }],
  [
    'imap',
    {
      welcome: '* OK',
      refusal: /^\* BYE/,
      question: () => 'p1 CAPABILITY\r\n',
      capabilities: (answer) => /^\* CAPABILITY [^\r\n]*\r?\n/im.exec(answer)?.[0],
      names: (text) => words(/^\* (?:OK \[)?CAPABILITY ([^\]\r\n]*)/im.exec(text)?.[1] ?? ''),
    },
  ],
  [
    'pop3',
    {
      welcome: '+OK',
      refusal: /^-ERR/,
      question: () => 'CAPA\r\n',
      // A server may not know the question: then that is its answer to everybody.
      capabilities: (answer) => answer,
      names: (text) => keywords(text, /^([\w-]+) ?(.*)/),
    },
  ],
  [
    'sieve',
    {
      welcome: 'OK',
      refusal: /^(?:NO|BYE)/,
      capabilities: (answer) => answer,
      names: (text) => keywords(text, /^"([\w-]+)"(?: "([^"]*))?/),
    },
  ],
])

/** Whether a server introduces itself in this dialect before it hears whom it speaks to. */
export function introduces(dialectName: string): boolean {
  return MANNERS.has(dialectName)
}

/** What asks for capabilities; empty where the greeting is their list. Throws nothing: a dialect without introduction has no question. */
export function questionOf({ name }: Dialect, clientName: string): string {
  return MANNERS.get(name)?.question?.(clientName) ?? ''
}

/**
 * The beginning with a server whose introduction is wanted, or is known already: its greeting, unless it was `greeted` before, and the answer to a question,
 * where there is one. The script ends `refused` where the server will not have the client, in whichever of both.
 */
export function introducing(dialect: Dialect, question: string, greeted: boolean): Dialect {
  const manner = MANNERS.get(dialect.name)
  return manner === undefined ? dialect : { ...dialect, client: () => script(manner, question, greeted) }
}

function* script({ welcome, refusal }: Manner, question: string, greeted: boolean): ClientScript {
  const isNo = ({ code }: Reply): boolean => refusal.test(code)
  if (!greeted) {
    const greeting = yield LISTEN
    if (isNo(greeting)) return refused(greeting, true)
    if (greeting.code !== welcome) return wrongProtocol(greeting)
  }
  if (question === '') return READY
  let answer = yield { send: question }
  // IMAP answers in several responses, RFC 9051 §2.2.2.
  while (answer.code.startsWith('* ') && !isNo(answer)) answer = yield LISTEN
  return isNo(answer) && welcome !== '+OK' ? refused(answer, true) : READY
}

/** What a server has said, as everybody may hear it: undefined where it cannot be kept for others. */
export function introductionOf(dialect: Dialect, greeting: string, answer: string): Introduction | undefined {
  const manner = MANNERS.get(dialect.name)
  const capabilities = manner?.capabilities(manner.question === undefined ? greeting : answer)
  if (capabilities === undefined || Math.max(greeting.length, capabilities.length) > LONGEST) return undefined
  return isGreeting(dialect, greeting) ? { greeting, capabilities } : undefined
}

/** Whether it welcomes, and nothing stands behind it. */
function isGreeting(dialect: Dialect, greeting: string): boolean {
  const opening = hearing(dialect, '')
  try {
    opening.push(Buffer.from(greeting, 'latin1'))
  } catch {
    return false
  }
  return opening.outcome?.kind === 'ready'
}

/** Hears a server introduce itself, and asks it what is to be asked. */
export function hearing(dialect: Dialect, question: string): Opening {
  const opening = new Opening(introducing(dialect, question, false), NOBODY)
  opening.start()
  return opening
}

/** Whether a server that greets and answers so can still do all that was announced in its name. `answer`: undefined where nobody has asked. */
export function stillHolds({ name }: Dialect, announced: Introduction, greeting: string, answer: string | undefined): boolean {
  const { names = () => [] } = MANNERS.get(name) ?? {}
  const holds = (before: string, now: string): boolean =>
    names(before).every((one) => names(now).includes(one)) && (largest(before) ?? 0) <= (largest(now) ?? Infinity)
  return holds(announced.greeting, greeting) && (answer === undefined || holds(announced.capabilities, answer))
}

/** RFC 5321 §4.1.1.1: behind the domain stands whatever the server likes to say to this client. */
function ofHello(answer: string): string | undefined {
  const [, sign = '', domain, rest = ''] = /^250([- ])([A-Za-z0-9._:[\]-]+)[^\n]*\n([^]*)$/.exec(answer) ?? []
  return domain === undefined ? undefined : `250${sign}${domain}\r\n${rest}`
}

/** Ways to log in (RFC 4954 §3, RFC 5034 §3), and extensions of Sieve, RFC 5804 §1.7. */
const LISTS = ['AUTH', 'SASL', 'SIEVE']

/** The first word of each line, and behind some the others with it, in upper case. */
function keywords(text: string, word: RegExp): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, name, values = ''] = word.exec(line.trimEnd().toUpperCase()) ?? []
    if (name === undefined) return []
    return LISTS.includes(name) ? [name, ...words(values).map((value) => `${name} ${value}`)] : [name]
  })
}

/** Octets of the largest message, RFC 1870 §4: 0 says that there is no limit. Undefined: nothing is said of it. */
function largest(text: string): number | undefined {
  const [, octets] = /^250[- ]SIZE[ =](\d{1,20})\s*$/im.exec(text) ?? []
  return octets === undefined ? undefined : Number(octets) || Infinity
}
