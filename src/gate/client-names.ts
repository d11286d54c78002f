import dns from 'node:dns/promises'
import { isIP } from 'node:net'
import type { ClientNames, LookedUp } from '../dialects/index.ts'
import { ipOctets } from '../wire/index.ts'

/** As mail servers wait for it, in milliseconds, for all questions together. */
const PATIENCE_MS = 5000

/** Longer ones have no room in a line of SMTP beside another. */
const LONGEST_NAME = 180

/** RFC 1123 §2.1, one label or more, with the sign that many have although it is none of theirs. */
const HOST_NAME = /^(?=.*[a-z])[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i

/**
 * The names of an address, as mail servers look them up: what its PTR record says, and the same if that name has the address. `patience`: milliseconds;
 * whatever is not known then is `failed`. Never rejects.
 */
export async function lookUpClient(address: string, patience: number): Promise<ClientNames> {
  const late = Promise.withResolvers<LookedUp>()
  const timer = setTimeout(() => late.resolve('failed'), Math.min(patience, PATIENCE_MS))
  const known = await Promise.race([reverseName(address), late.promise])
  const confirmed = typeof known === 'string' ? known : await Promise.race([confirm(known, address), late.promise])
  clearTimeout(timer)
  return { name: confirmed, reverse: known }
}

async function reverseName(address: string): Promise<LookedUp> {
  // Not `reverse()`, which takes a resolver that cannot say for one that knows of no name.
  const names = await asked(dns.resolvePtr(pointerName(address)))
  if (typeof names === 'string') return names
  const [name = ''] = names
  return name.length <= LONGEST_NAME && HOST_NAME.test(name) ? { name } : 'none'
}

/** Whoever owns an address can say any name of it; whoever owns the name says whose address it has. */
async function confirm(known: Exclude<LookedUp, string>, address: string): Promise<LookedUp> {
  const addresses = await asked(isIP(address) === 6 ? dns.resolve6(known.name) : dns.resolve4(known.name))
  if (typeof addresses === 'string') return addresses
  return addresses.some((one) => pointerName(one) === pointerName(address)) ? known : 'none'
}

async function asked(answer: Promise<readonly string[]>): Promise<readonly string[] | 'none' | 'failed'> {
  try {
    return await answer
  } catch (error) {
    return error instanceof Error && 'code' in error && NOTHING_THERE.includes(String(error.code)) ? 'none' : 'failed'
  }
}

const NOTHING_THERE = ['ENOTFOUND', 'ENODATA']

/** Where the name of an address stands in the DNS: RFC 1035 §3.5, RFC 3596 §2.5. */
function pointerName(address: string): string {
  const octets = Buffer.from(ipOctets(address) ?? [])
  if (octets.length === 4) return `${[...octets].toReversed().join('.')}.in-addr.arpa`
  return `${octets.toString('hex').split('').toReversed().join('.')}.ip6.arpa`
}
