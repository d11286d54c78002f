import { isIPv6 } from 'node:net'
import { plainAddress } from './facts.ts'

/** Bits of an IPv6 address by which clients are told apart: a customer of a provider has at least a /64, and every address in it. RFC 4291 §2.5.4. */
export const CLIENT_PREFIX = 64

const GROUP_BITS = 16
const GROUPS = 8

/** Whom an address stands for: itself in IPv4, and its network in IPv6. Gives the address where it is none. */
export function clientKey(address: string, prefix: number = CLIENT_PREFIX): string {
  const plain = plainAddress(address)
  if (!plain.includes(':') || !isIPv6(plain)) return plain
  const groups = groupsOf(plain).map((group, index) => {
    const bits = Math.min(Math.max(prefix - index * GROUP_BITS, 0), GROUP_BITS)
    return (group & (0xffff << (GROUP_BITS - bits)) & 0xffff).toString(16)
  })
  return `${groups.join(':')}/${prefix}`
}

/** RFC 4291 §2.2. A zone is no part of the network. */
function groupsOf(address: string): readonly number[] {
  const [plain = ''] = address.split('%')
  const [before = '', after] = plain.replace(/\d+\.\d+\.\d+\.\d+$/, dottedGroups).split('::')
  const [head, tail] = [numbers(before), numbers(after ?? '')]
  return after === undefined ? head : [...head, ...Array.from({ length: GROUPS - head.length - tail.length }, () => 0), ...tail]
}

function numbers(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function dottedGroups(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
