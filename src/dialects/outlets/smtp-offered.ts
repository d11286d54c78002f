import { parseRecipient, parseSender, type EnvelopeFault, type Recipient, type Sender } from './smtp-envelope.ts'
import type { HopAbilities } from './smtp-hop.ts'

/**
 * What the outlet announces before it knows who the next hop is, RFC 5321 §4.1.1.1: what it keeps whoever that is, and what it can refuse truthfully
 * when the next hop is known.
 */
const OFFERED: readonly string[] = ['PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8', 'CHUNKING', 'REQUIRETLS', 'ENHANCEDSTATUSCODES']

/** What is offered beside that. */
export interface Offering {
  /**
   * Notifications, where the one next hop for all is known to take care of them. Who is not offered them says itself that a message was handed on
   * (RFC 3461 §5.2.2), and an outlet cannot.
   */
  readonly dsn: boolean
}

/** A parameter of MAIL or RCPT. */
interface Parameter {
  readonly value: RegExp
  /** The keyword of EHLO that stands for it. */
  readonly keyword: string
}

type Parameters = Readonly<Record<string, Parameter>>

/** RFC 3461 §4: printable characters of ASCII but `+` and `=`, which are written in hex. */
const XTEXT = '(?:[!-*,-<>-~]|\\+[0-9A-F]{2})'

const DSN = 'DSN'

/** Not BINARYMIME: what is no lines cannot go to everybody as it is (RFC 3030 §3). */
const OF_MAIL: Parameters = {
  SIZE: { value: /^\d{1,20}$/, keyword: 'SIZE' },
  BODY: { value: /^(?:7BIT|8BITMIME)$/i, keyword: '8BITMIME' },
  SMTPUTF8: { value: /^$/, keyword: 'SMTPUTF8' },
  REQUIRETLS: { value: /^$/, keyword: 'REQUIRETLS' },
  RET: { value: /^(?:FULL|HDRS)$/i, keyword: DSN },
  ENVID: { value: new RegExp(`^${XTEXT}{1,100}$`), keyword: DSN },
}

const OF_RCPT: Parameters = {
  NOTIFY: { value: /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2})$/i, keyword: DSN },
  ORCPT: { value: new RegExp(`^[A-Za-z0-9-]+;${XTEXT}{1,500}$`), keyword: DSN },
}

/** A sender who asks for nothing that was not offered. `rest`: what stands behind MAIL, latin1. */
export function senderIn(rest: string, offering: Offering): Sender | EnvelopeFault {
  const sender = parseSender(rest)
  return 'said' in sender ? sender : (unknownIn('MAIL', sender, OF_MAIL, offering) ?? sender)
}

/** A recipient, likewise. `rest`: what stands behind RCPT. */
export function recipientIn(rest: string, offering: Offering): Recipient | EnvelopeFault {
  const recipient = parseRecipient(rest)
  return 'said' in recipient ? recipient : (unknownIn('RCPT', recipient, OF_RCPT, offering) ?? recipient)
}

function unknownIn(
  verb: string,
  { parameters }: Pick<Sender, 'parameters'>,
  known: Parameters,
  { dsn }: Offering,
): EnvelopeFault | undefined {
  const isKnown = ([name, value]: readonly [string, string]): boolean => {
    const found = known[name]
    return found !== undefined && found.value.test(value) && (dsn || found.keyword !== DSN)
  }
  const unknown = [...parameters].find((one) => !isKnown(one))
  return unknown === undefined ? undefined : { said: `555 5.5.4 ${verb} takes no ${unknown[0]} here` }
}

/** Why this cannot go to this next hop as it is: nothing is converted (RFC 6152 §3, RFC 6531 §3.5). */
export function unkeepable({ parameters }: Sender, recipient: Recipient, abilities: HopAbilities): string | undefined {
  if (parameters.get('BODY')?.toUpperCase() === '8BITMIME' && !abilities.has('8BITMIME'))
    return '554 5.6.3 The next hop takes no 8-bit content (8BITMIME), and nothing is converted here'
  if (parameters.has('SMTPUTF8') && !abilities.has('SMTPUTF8')) return '550 5.6.7 The next hop takes no addresses in UTF-8 (SMTPUTF8)'
  const wantsDsn = recipient.parameters.size > 0 || parameters.has('RET') || parameters.has('ENVID')
  // It did: whoever comes again is not offered it any more.
  return wantsDsn && !abilities.has(DSN) ? '451 4.5.4 The next hop takes care of no notifications any more (DSN): send again' : undefined
}

/** MAIL as the next hop understands it, RFC 5321 §4.1.1.2. */
export function mailLine({ path, parameters }: Sender, abilities: HopAbilities): string {
  const kept = [...parameters].filter(([name]) => abilities.has(OF_MAIL[name]?.keyword ?? name))
  return `MAIL FROM:${path}${written(kept)}\r\n`
}

/** RCPT, RFC 5321 §4.1.1.3. */
export function rcptLine({ path, parameters }: Recipient): string {
  return `RCPT TO:${path}${written([...parameters])}\r\n`
}

function written(parameters: readonly (readonly [name: string, value: string])[]): string {
  return parameters.map(([name, value]) => ` ${name}${value === '' ? '' : `=${value}`}`).join('')
}

/** The answer to HELO, or to EHLO and LHLO with what is announced, RFC 5321 §4.1.1.1. */
export function helloReply(verb: string, name: string, { dsn }: Offering): string {
  const lines = verb === 'HELO' ? [name] : [name, ...OFFERED, ...(dsn ? [DSN] : [])]
  return lines.map((line, index) => `250${index < lines.length - 1 ? '-' : ' '}${line}`).join('\r\n')
}

/** What is answered wherever it is said. */
export const PLAIN_REPLIES: Readonly<Record<string, string>> = {
  NOOP: '250 2.0.0 Ok',
  VRFY: '252 2.5.0 Cannot verify, send and see',
}
