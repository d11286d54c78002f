import type { OpensslGeneration } from '../../policy/index.ts'
import type { ReadMore } from '../adapter.ts'

/**
 * The size in bits of the group in a PEM file `DH PARAMETERS`, PKCS #3 §9: SEQUENCE { prime INTEGER, base INTEGER, … }.
 * Undefined where there is none. Of several the first one counts.
 */
export function dhBitsOf(text: string): number | undefined {
  const body = BLOCK.exec(text)?.[1]
  return body === undefined ? undefined : bitsOf(body)
}

/** The same for each group in a file. */
export function dhSizesOf(text: string): readonly number[] {
  return [...text.matchAll(new RegExp(BLOCK, 'g'))].flatMap(([, body = '']) => bitsOf(body) ?? [])
}

const BLOCK = /-----BEGIN (?:X9\.42 )?DH PARAMETERS-----([A-Za-z0-9+/=\s]*)-----END/

function bitsOf(body: string): number | undefined {
  const der = Buffer.from(body.replaceAll(/\s/g, ''), 'base64')
  const sequence = element(der, 0, 0x30)
  const prime = sequence === undefined ? undefined : element(der, sequence.start, 0x02)
  if (prime === undefined) return undefined
  const bytes = der.subarray(prime.start, prime.end)
  const first = bytes.findIndex((byte) => byte !== 0)
  const top = bytes[first]
  return top === undefined ? undefined : (bytes.length - first - 1) * 8 + (32 - Math.clz32(top))
}

function element(der: Uint8Array, at: number, tag: number): { readonly start: number; readonly end: number } | undefined {
  const first = der[at + 1]
  if (der[at] !== tag || first === undefined) return undefined
  const count = first < 0x80 ? 0 : first & 0x7f
  let length = count === 0 ? first : 0
  for (const byte of der.subarray(at + 2, at + 2 + count)) length = length * 256 + byte
  const start = at + 2 + count
  return count <= 4 && start + length <= der.length ? { start, end: start + length } : undefined
}

/** The groups of RFC 7919 §A by their size. */
const FFDHE_SIZES = [2048, 3072, 4096, 6144, 8192]
/** What else may stand in a file, and would be lost if another one were written in its place. */
const SOMETHING_ELSE = /-----BEGIN (?!(?:X9\.42 )?DH PARAMETERS-----)/
const PLAIN_PATH = /^\/[\w./@+-]+$/

/**
 * The command that makes a file with parameters of at least so many bits: a group of RFC 7919 §A, which OpenSSL writes at once since 3.0,
 * or a prime of one's own, for which an older one needs minutes. `path`: where the product looks for it; `FILE` stands for it where that is
 * not told, has to be quoted, or has other things in it than parameters.
 */
export function dhFileCommand(bits: number, generation: OpensslGeneration, path?: string, more?: ReadMore): string {
  const known = path !== undefined && PLAIN_PATH.test(path) && !SOMETHING_ELSE.test(more?.(path)?.text ?? '')
  const file = known ? path : 'FILE'
  const size = FFDHE_SIZES.find((one) => one >= bits)
  if (size === undefined || !generation.startsWith('3')) return `openssl dhparam -out ${file} ${size ?? bits}`
  return `openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe${size} -out ${file}`
}
