import { MalformedError } from './reader.ts'
import { octetsToText, textToOctets } from './octet-string.ts'

/** The longest line with its end, "The PROXY protocol" section 2.1. */
export const LONGEST_PROXY_LINE = 107

/** A header of version 1, as text. */
export interface ProxyLine {
  /** Such as `TCP4`, `TCP6`, `UNKNOWN`. */
  readonly protocol: string
  /** What stands behind it, word by word: source, destination, source port, destination port. */
  readonly words: readonly string[]
}

/** `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443` CR LF, exactly: one blank between words. Throws `MalformedError`. */
export function decodeProxyLine(bytes: Uint8Array): ProxyLine {
  const text = octetsToText(bytes)
  const [, protocol, rest = ''] = /^PROXY ([!-~]+)((?: [!-~]+)*)\r\n$/.exec(text) ?? []
  if (protocol === undefined || text.length > LONGEST_PROXY_LINE) throw new MalformedError('ProxyLine', 0, 'not such a line')
  return { protocol, words: rest.split(' ').slice(1) }
}

export function encodeProxyLine({ protocol, words }: ProxyLine): Uint8Array {
  return textToOctets(`${['PROXY', protocol, ...words].join(' ')}\r\n`)
}
