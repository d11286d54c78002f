import { generateKeyShare, type KeyShare } from '../wire/index.ts'
import type { HelloOffer } from './hello.ts'

/** x25519, secp256r1, secp384r1 and secp521r1, RFC 8446 §4.2.7. */
const COMMON: readonly number[] = [0x001d, 0x0017, 0x0018, 0x0019]

const made = new Map<number, KeyShare>()

/**
 * The key share that every connection of this process offers for a group; undefined for groups that cannot be done. Nothing that is said to a server
 * under audit is a secret, so that a key that serves again gives nothing away but that both connections are from one process.
 */
export function shareOf(group: number): KeyShare | undefined {
  const share = made.get(group) ?? generateKeyShare(group)
  if (share !== undefined) made.set(group, share)
  return share
}

/** Key shares for hellos that nobody goes on with. */
export function keySharesOf(groups: readonly number[]): NonNullable<HelloOffer['keyShares']> {
  return groups.map(shareOf).flatMap((share) => (share === undefined ? [] : [{ group: share.group, keyExchange: share.publicValue }]))
}

/** The same for those of these groups that clients send shares of, for servers that refuse a hello without any. */
export function keySharesFor(groups: readonly number[]): NonNullable<HelloOffer['keyShares']> {
  return keySharesOf(COMMON.filter((group) => groups.includes(group)))
}
