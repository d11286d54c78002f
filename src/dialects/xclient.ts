import { LISTEN, notOffered, READY, refused, type ClientScript, type Dialect } from './dialect.ts'

/** Whom a server is told that it speaks to. */
export interface Introduced {
  readonly address: string
  readonly port: number
  /** Where the client came to. */
  readonly localAddress: string
  readonly localPort: number
  /** Without them, they are said to be unknown. */
  readonly names?: ClientNames
}

/** A name, or that there is none, or that it could not be found out this time. */
export type LookedUp = { readonly name: string } | 'none' | 'failed'

export interface ClientNames {
  /** It has the address, too. */
  readonly name: LookedUp
  /** What the address is said to be called, whether that is true or not. */
  readonly reverse: LookedUp
}

/** Replies that mean the command and not the client: syntax, a transaction under way, who may say it. */
const COMMAND_REFUSED = ['500', '501', '502', '503', '550']

/**
 * The beginning of SMTP or LMTP with a server that takes XCLIENT of the gate (Postfix, XCLIENT_README): it hears whom it speaks to, and greets once more.
 * The reply in which it does is the last, and for the client; a refusal of the client in its place is, too. `introduced`: without it the script ends where the
 * command is known to be announced. `greeted`: the greeting was heard before TLS.
 *
 * HELO and protocol are not the gate's to say: the client says them itself to a server that has forgotten what the gate has said.
 */
export function xclient(dialect: Dialect, introduced: Introduced | undefined, greeted: boolean): Dialect {
  const hello = dialect.name === 'lmtp' ? 'LHLO' : 'EHLO'
  return { ...dialect, client: ({ clientName }) => script(`${hello} ${clientName}\r\n`, introduced, greeted) }
}

function* script(hello: string, introduced: Introduced | undefined, greeted: boolean): ClientScript {
  if (!greeted) {
    const greeting = yield LISTEN
    if (greeting.code !== '220') return refused(greeting, greeting.code.startsWith('4'))
  }
  const welcome = yield { send: hello }
  if (welcome.code !== '250') return refused(welcome, welcome.code.startsWith('4'))
  const announced = welcome.lines.flatMap((line) => /^XCLIENT\s+(.*)$/i.exec(line)?.[1] ?? [])
  if (announced.length === 0) return notOffered(welcome)
  if (introduced === undefined) return READY
  const reply = yield { send: `XCLIENT ${attributes(announced.join(' '), introduced)}\r\n` }
  return COMMAND_REFUSED.includes(reply.code) ? refused(reply, false) : READY
}

/** What the server announces of what is known. Both names are always said: else the server would keep its own idea of the gate. */
function attributes(announced: string, { address, port, localAddress, localPort, names }: Introduced): string {
  const known: readonly (readonly [name: string, value: string])[] = [
    ['NAME', nameText(names?.name)],
    ['REVERSE_NAME', nameText(names?.reverse)],
    ['ADDR', addressText(address)],
    ['PORT', String(port)],
    ['DESTADDR', addressText(localAddress)],
    ['DESTPORT', String(localPort)],
  ]
  const wanted = announced.toUpperCase().split(/\s+/)
  return known
    .filter(([name]) => wanted.includes(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** A server defers where it could not be found out, and refuses where there is none, if it minds. */
function nameText(name: LookedUp = 'none'): string {
  return typeof name === 'string' ? { none: '[UNAVAILABLE]', failed: '[TEMPUNAVAIL]' }[name] : name.name
}

/** RFC 5321 §4.1.3 has this sign for IPv6. Addresses have none of the characters that xtext (RFC 3461 §4) hides. */
function addressText(address: string): string {
  if (address === '') return '[UNAVAILABLE]'
  return address.includes(':') ? `IPV6:${address}` : address
}
