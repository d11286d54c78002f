import { Resolver } from 'node:dns/promises'
import { placeText, type Place } from '../config/places.ts'
import type { Failed } from '../names/answer.ts'
import type { HostFound, MailRoute } from '../names/names.ts'

/** What an outlet asks of the DNS. */
export interface OutletNames {
  readonly mailRoute: (domain: string) => Promise<MailRoute>
  readonly host: (host: string, port: number) => Promise<HostFound>
}

/** Milliseconds, and how often. */
const PATIENCE = { timeout: 5000, tries: 2 }

/** By a resolver, or those of the system; nothing that it says is validated. */
export function systemNames(resolver: Place | undefined, random: () => number): OutletNames {
  const dns = new Resolver(PATIENCE)
  if (resolver !== undefined) dns.setServers([placeText(resolver)])
  return {
    mailRoute: async (domain) => {
      try {
        return routeOf(await dns.resolveMx(domain), domain, random)
      } catch (error) {
        if (codeOf(error) === 'ENOTFOUND') return { kind: 'no-domain', words: 'there is no such domain' }
        // RFC 5321 §5.1: without MX the domain itself is the host.
        return codeOf(error) === 'ENODATA' ? implicit(domain) : failed(error)
      }
    },
    host: async (host) => {
      const [six, four] = await Promise.allSettled([dns.resolve6(host), dns.resolve4(host)])
      const addresses = [
        ...(six.status === 'fulfilled' ? six.value : []).map((address) => ({ address, family: 6 as const })),
        ...(four.status === 'fulfilled' ? four.value : []).map((address) => ({ address, family: 4 as const })),
      ]
      if (addresses.length > 0) return { kind: 'found', addresses, dane: { kind: 'none', words: 'nothing that DNS says is validated' } }
      if (four.status === 'rejected' && !NOTHING.includes(codeOf(four.reason))) return failed(four.reason)
      return { kind: 'no-address', words: 'it has no address' }
    },
  }
}

/** There is such a name or not, and nothing of what was asked. */
const NOTHING = ['ENODATA', 'ENOTFOUND']

function routeOf(
  found: readonly { readonly exchange: string; readonly priority: number }[],
  domain: string,
  random: () => number,
): MailRoute {
  if (found.length === 1 && found[0]?.exchange === '') return { kind: 'null-mx' }
  const keyed = found.filter(({ exchange }) => exchange !== '').map((one) => ({ ...one, chance: random() }))
  const sorted = keyed.toSorted((one, other) => one.priority - other.priority || one.chance - other.chance)
  const hosts = sorted.map(({ exchange, priority }) => ({ host: exchange.toLowerCase(), preference: priority }))
  return { ...implicit(domain), hosts, implicit: false }
}

function implicit(domain: string): MailRoute & { kind: 'hosts' } {
  return { kind: 'hosts', hosts: [{ host: domain, preference: 0 }], secure: false, owner: domain, implicit: true }
}

function failed(error: unknown): Failed {
  return { kind: 'failed', why: 'unreachable', words: `DNS did not answer (${codeOf(error)})` }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
}
