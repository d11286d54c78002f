import { createECDH, generateKeyPairSync } from 'node:crypto'
import type { HelloOffer } from './hello.ts'

/** Key shares as clients send them, for servers that refuse a hello without any. */

type Shares = NonNullable<HelloOffer['keyShares']>

const X25519 = 0x001d
/** NamedGroup, RFC 8446 §4.2.7, with the name that node:crypto has for the curve. */
const CURVES: readonly (readonly [group: number, curve: string])[] = [
  [0x0017, 'prime256v1'],
  [0x0018, 'secp384r1'],
  [0x0019, 'secp521r1'],
]

let made: Shares | undefined

/** A share for each of these groups for which one is made here: x25519, secp256r1, secp384r1 and secp521r1. The keys are thrown away. */
export function keySharesFor(groups: readonly number[]): Shares {
  made ??= [x25519(), ...CURVES.map(([group, curve]) => ({ group, keyExchange: new Uint8Array(createECDH(curve).generateKeys()) }))]
  return made.filter(({ group }) => groups.includes(group))
}

function x25519(): Shares[number] {
  const { x = '' } = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })
  return { group: X25519, keyExchange: new Uint8Array(Buffer.from(x, 'base64url')) }
}
