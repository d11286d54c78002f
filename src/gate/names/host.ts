import type { Answer, Dns } from './answer.ts'
import { ofFamily } from './lookup.ts'
import type { DaneDemand, HostFound } from './names.ts'

/** Where a host is, and what DANE demands of connections to it, RFC 7672 §2.2.2. `host`: a name that was found by MX or was given. */
export async function findHost(dns: Dns, host: string, port: number): Promise<HostFound> {
  const name = host.toLowerCase().replace(/\.$/, '')
  const [a, aaaa] = await Promise.all([dns.ask(name, 'A'), dns.ask(name, 'AAAA')])
  const addresses = [...ofFamily(aaaa, 6), ...ofFamily(a, 4)]
  if (addresses.length > 0) return { kind: 'found', addresses, dane: await findDemand(dns, name, [a, aaaa], port) }
  const failed = [a, aaaa].find((answer) => answer.kind === 'failed')
  return (
    failed ?? {
      kind: 'no-address',
      words: a.kind === 'none' && a.why === 'nxdomain' ? 'there is no such host (NXDOMAIN)' : 'it has no address',
    }
  )
}

/**
 * The names at which TLSA records may be, RFC 7672 §2.2.2: behind all aliases, and at the name itself. Where its addresses are not validated nobody asks: servers of
 * such zones are known to break at the question (RFC 7672 §2.2.2), and their answer would prove nothing.
 */
async function findDemand(dns: Dns, host: string, answers: readonly Answer<string>[], port: number): Promise<DaneDemand> {
  if (!dns.trusted) return { kind: 'none', words: 'what the resolver says of DNSSEC cannot be trusted' }
  const found = answers.filter((answer) => answer.kind === 'records')
  const secure = found.find((answer) => answer.secure)
  if (secure !== undefined) return findRecords(dns, secure.aliased ? [secure.owner, host] : [host], port)
  if (found.some(({ aliased }) => aliased)) {
    const alias = await dns.ask(host, 'CNAME')
    if (alias.kind === 'failed') return alias
    if (alias.kind === 'records' && alias.secure) return findRecords(dns, [host], port)
  }
  return { kind: 'none', words: 'its addresses are not signed (DNSSEC)' }
}

async function findRecords(dns: Dns, bases: readonly string[], port: number): Promise<DaneDemand> {
  for (const base of bases) {
    const answer = await dns.ask(`_${port}._tcp.${base}`, 'TLSA')
    if (answer.kind === 'failed') return answer
    if (answer.kind === 'records' && answer.secure) return { kind: 'records', records: answer.records, base }
  }
  return { kind: 'none', words: 'it has no TLSA record' }
}
