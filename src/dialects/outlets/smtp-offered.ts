import { parseSender, type EnvelopeFault, type Recipient, type Sender } from './smtp-envelope.ts'
import type { HopAbilities } from './smtp-hop.ts'

/**
 * What the outlet announces before it knows who the next hop is, RFC 5321 §4.1.1.1: what it keeps whoever that is, and what it can refuse truthfully
 * when the next hop is known. Not DSN: who is not offered it says itself that a message was handed on (RFC 3461 §5.2.2), and an outlet cannot.
 */
export const OFFERED: readonly string[] = ['PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8', 'CHUNKING', 'REQUIRETLS', 'ENHANCEDSTATUSCODES']

/** Of MAIL, with their values. Not BINARYMIME: what is no lines cannot go to everybody as it is (RFC 3030 §3). */
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  SIZE: /^\d{1,20}$/,
  BODY: /^(?:7BIT|8BITMIME)$/i,
  SMTPUTF8: /^$/,
  REQUIRETLS: /^$/,
}

/** A sender who asks for nothing that was not offered. `rest`: what stands behind MAIL, latin1. */
export function senderIn(rest: string): Sender | EnvelopeFault {
  const sender = parseSender(rest)
  if ('said' in sender) return sender
  const unknown = [...sender.parameters].find(([name, value]) => PARAMETERS[name]?.test(value) !== true)
  return unknown === undefined ? sender : { said: `555 5.5.4 MAIL takes no ${unknown[0]} here` }
}

/** Why this sender's message cannot go to this next hop as it is: nothing is converted (RFC 6152 §3, RFC 6531 §3.5). */
export function unkeepable({ parameters }: Sender, abilities: HopAbilities): string | undefined {
  if (parameters.get('BODY')?.toUpperCase() === '8BITMIME' && !abilities.has('8BITMIME'))
    return '554 5.6.3 The next hop takes no 8-bit content (8BITMIME), and nothing is converted here'
  if (parameters.has('SMTPUTF8') && !abilities.has('SMTPUTF8')) return '550 5.6.7 The next hop takes no addresses in UTF-8 (SMTPUTF8)'
  return undefined
}

/** MAIL as the next hop understands it, RFC 5321 §4.1.1.2. */
export function mailLine({ path, parameters }: Sender, abilities: HopAbilities): string {
  const kept = [...parameters].filter(([name]) => abilities.has(name === 'BODY' ? '8BITMIME' : name))
  return `MAIL FROM:${path}${kept.map(([name, value]) => ` ${name}${value === '' ? '' : `=${value}`}`).join('')}\r\n`
}

/** RCPT, RFC 5321 §4.1.1.3. */
export function rcptLine({ path }: Recipient): string {
  return `RCPT TO:${path}\r\n`
}

/** The answer to HELO, or to EHLO and LHLO with what is announced, RFC 5321 §4.1.1.1. */
export function helloReply(verb: string, name: string): string {
  const lines = verb === 'HELO' ? [name] : [name, ...OFFERED]
  return lines.map((line, index) => `250${index < lines.length - 1 ? '-' : ' '}${line}`).join('\r\n')
}

/** What is answered wherever it is said. */
export const PLAIN_REPLIES: Readonly<Record<string, string>> = {
  NOOP: '250 2.0.0 Ok',
  VRFY: '252 2.5.0 Cannot verify, send and see',
}
