import type { Parting, Refusal } from '../relay.ts'
import { octets } from './lines.ts'

/** What is said of it: with a status of RFC 3463 §3 in protocols of mail, with a condition of RFC 6120 §4.9.3 in XMPP. */
export const PARTINGS: Readonly<Record<Parting, Refusal & { readonly status: string; readonly condition: string }>> = {
  idle: { words: 'Nothing was said for too long', temporary: false, status: '4.2', condition: 'connection-timeout' },
  total: { words: 'The connection has lasted too long', temporary: false, status: '4.2', condition: 'policy-violation' },
  drained: { words: 'The gate closes, try again later', temporary: true, status: '3.2', condition: 'system-shutdown' },
}

/** RFC 5321 §3.8. */
export function inSmtp(why: Parting, gateName: string): Uint8Array {
  const { words, status } = PARTINGS[why]
  return octets(`421 4.${status} ${gateName} closes: ${words}\r\n`)
}
