import type { SmtpReply } from '../relays/smtp-reply.ts'

/** A reply of the next hop as whoever sends through the outlet hears it: RFC 5321 §4.2. Lines with their ends, latin1. */
export interface PassedReply {
  readonly code: string
  readonly text: string
}

/** RFC 3463 §2: class, subject, detail. */
const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3}(?:[ \t]|$)/

/**
 * The words of the next hop, as they were said. Three things differ. With 421 it ends its own connection and not this one (RFC 5321 §3.8), so that it
 * becomes 451. Where it gives no enhanced code, one that says no more than the code is put in: the outlet has announced them (RFC 2034 §4). And whatever
 * is no printable character becomes a question mark.
 */
export function passed({ code, lines }: SmtpReply): PassedReply {
  const ours = code === '421' ? '451' : code
  const said = lines.map((line) =>
    line
      .slice(4)
      .replace(/\r?\n$/, '')
      .replaceAll(/[^\P{Cc}\t\x80-\x9f]/gu, '?'),
  )
  return { code: ours, text: said.map((words, index) => one(ours, words, index < said.length - 1)).join('') }
}

/** What a sender was refused with, as the recipient hears it: there, 552 would say that there are too many, and to come again (RFC 5321 §4.5.3.1.10). */
export function passedToRecipient(reply: SmtpReply): PassedReply {
  return passed(reply.code === '552' ? { ...reply, code: '554' } : reply)
}

function one(code: string, words: string, more: boolean): string {
  const enhanced = /^[245]/.test(code) && !ENHANCED.test(words) ? `${code.slice(0, 1)}.0.0 ` : ''
  return `${code}${more ? '-' : ' '}${enhanced}${words}\r\n`
}

/** Words of ours, in which strangers may have had a part: printable, and short enough for a line (RFC 5321 §4.5.3.1.5). */
export function ownReply(said: string): PassedReply {
  const plain = said.replaceAll(/[^\x20-\x7e]+/g, '?')
  return { code: plain.slice(0, 3), text: `${plain.slice(0, LONGEST_REPLY)}\r\n` }
}

const LONGEST_REPLY = 510
