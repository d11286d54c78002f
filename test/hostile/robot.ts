import type { Padding } from './script.ts'

/** How a decrypted block differs from PKCS #1 v1.5 with a premaster secret of 48 bytes in it, RFC 8017 §7.2.2, RFC 5246 §7.4.7.1. */
export function classifyPadding(block: Buffer, helloVersion: number): Padding {
  if (block[0] !== 0 || block[1] !== 2) return 'bad-start'
  const zero = block.indexOf(0, 2)
  if (zero < 0) return 'no-zero'
  if (zero !== block.length - 49) return 'misplaced-zero'
  return block.readUInt16BE(zero + 1) === helloVersion ? 'good' : 'bad-version'
}
