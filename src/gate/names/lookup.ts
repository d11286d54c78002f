import type { LookupFunction } from 'node:net'
import type { Answer, Dns } from './answer.ts'
import type { HostAddress } from './names.ts'

/** The addresses of a host, IPv6 first; none where it has none, or where nobody can say. */
export async function addressesOf(dns: Dns, host: string): Promise<readonly HostAddress[]> {
  const [a, aaaa] = await Promise.all([dns.ask(host, 'A'), dns.ask(host, 'AAAA')])
  return [...ofFamily(aaaa, 6), ...ofFamily(a, 4)]
}

/** Those of an answer. */
export function ofFamily(answer: Answer<string>, family: 4 | 6): readonly HostAddress[] {
  return answer.kind === 'records' ? answer.records.map((address) => ({ address, family })) : []
}

/** For connections of Node, which asks for one address or for all. */
export function lookupOf(addresses: readonly HostAddress[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses
    if (all === true) answer(null, [...addresses])
    else answer(null, first?.address ?? '', first?.family)
  }
}
