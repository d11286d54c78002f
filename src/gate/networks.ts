import { BlockList } from 'node:net'
import type { Network } from './config/places.ts'
import { plainAddress } from './facts.ts'

/** Whether an address is in one of these networks. */
export function isAmong(networks: readonly Network[]): (address: string) => boolean {
  if (networks.length === 0) return () => false
  const list = new BlockList()
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family)
  return (address) => {
    const plain = plainAddress(address)
    return list.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4')
  }
}
