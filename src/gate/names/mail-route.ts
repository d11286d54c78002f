import type { Dns, MxRecord, Records } from './answer.ts'
import { isHost } from './dns-message.ts'
import type { MailHost, MailRoute } from './names.ts'

/** The largest domains name five. Each may cost several questions and connections. */
const MOST_HOSTS = 32

/** A number from 0 up to, not including, 1. */
export type Random = () => number

/** Who takes the mail of a domain, RFC 5321 §5.1. */
export async function findMailRoute(dns: Dns, domain: string, random: Random): Promise<MailRoute> {
  const answer = await dns.ask(domain, 'MX')
  if (answer.kind === 'failed') return answer
  if (answer.kind === 'records') return routeOf(answer, random)
  if (answer.why === 'nxdomain') return { kind: 'no-domain', words: 'there is no such domain (NXDOMAIN)' }
  const host = domain.toLowerCase().replace(/\.$/, '')
  const [a, aaaa] = await Promise.all([dns.ask(host, 'A'), dns.ask(host, 'AAAA')])
  const failed = [a, aaaa].find((one) => one.kind === 'failed')
  if (a.kind === 'records' || aaaa.kind === 'records') {
    return { kind: 'hosts', hosts: [{ host, preference: 0 }], secure: answer.secure, owner: host, implicit: true }
  }
  return failed ?? { kind: 'no-domain', words: 'it has neither an MX record nor an address' }
}

function routeOf({ records, owner, secure }: Records<MxRecord>, random: Random): MailRoute {
  // RFC 7505 §3. Beside other records it means nothing.
  if (records.every(({ exchange }) => exchange === '')) return { kind: 'null-mx' }
  const named = records.filter(({ exchange }) => isHost(exchange) && !/(?:^|\.)\d+$/.test(exchange))
  if (named.length === 0) return { kind: 'unusable', words: 'its MX records name no host' }
  return { kind: 'hosts', hosts: inOrder(named, random), secure, owner, implicit: false }
}

/** By preference; those of one preference share the load (RFC 5321 §5.1). Each host once. */
function inOrder(records: readonly MxRecord[], random: Random): readonly MailHost[] {
  const drawn = records.map(({ exchange, preference }) => ({ host: exchange, preference, lot: random() }))
  const sorted = drawn.toSorted((a, b) => a.preference - b.preference || a.lot - b.lot)
  const hosts = new Map<string, MailHost>()
  for (const { host, preference } of sorted) if (!hosts.has(host)) hosts.set(host, { host, preference })
  return [...hosts.values()].slice(0, MOST_HOSTS)
}
