import type { DataPlace } from '../relay.ts'

/** The port in `227 … (h1,h2,h3,h4,p1,p2)`, wherever it stands (RFC 1123 §4.1.2.6), or in `229 … (|||port|)` (RFC 2428 §3). */
export function portIn(reply: string): number | undefined {
  const [, , extended = ''] = /^229 .*\(([!-~])\1\1(\d{1,5})\1\)/.exec(reply) ?? []
  const [, high = '', low = ''] = /^227 .*?\d{1,3}(?:,\d{1,3}){3},(\d{1,3}),(\d{1,3})(?!\d)/.exec(reply) ?? []
  const port = extended === '' ? 256 * Number(high) + Number(low) : Number(extended)
  return port > 0 && port < 65_536 && Number(low) < 256 ? port : undefined
}

/** RFC 959 §4.1.2. */
export function passiveReply({ address, port }: DataPlace): string {
  return `227 Entering Passive Mode (${address.replaceAll('.', ',')},${port >> 8},${port & 255})\r\n`
}

/** RFC 2428 §3. */
export function extendedPassiveReply({ port }: DataPlace): string {
  return `229 Entering Extended Passive Mode (|||${port}|)\r\n`
}

/** What a server says of its own TLS, RFC 4217 §6, and of its ways around PASV. */
const NOT_SHOWN = /^ *(?:AUTH|PBSZ|PROT|CCC|ADAT|MIC|CONF|ENC|REIN|LPRT|LPSV|SPSV|CPSV|SSCN)\b/i

/** The answer to FEAT, RFC 2389 §3.2, with our features in place of the server's. `lines`: as they came, the first and the last with them. */
export function featuresReply(lines: readonly string[], ours: readonly string[]): string {
  const theirs = lines.slice(1, -1).filter((line) => !NOT_SHOWN.test(line))
  const shown = [...theirs, ...ours.map((feature) => ` ${feature}`)]
  if (shown.length === 0) return '211 No features\r\n'
  return ['211-Features:', ...shown, '211 End', ''].join('\r\n')
}
