import { isIP } from 'node:net'
import type { BackendTrust } from '../tls/backend-trust.ts'
import type { HopFailure } from './hop-failure.ts'
import type { Leg } from './leg.ts'
import type { OutletNames } from './system-names.ts'

/** A next hop that may be tried, before anybody connects. */
export interface Candidate {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly leg: Leg
  readonly tls: 'try' | 'require'
  readonly trust: BackendTrust
}

/** Who decides how a destination is spoken to. */
export interface Legs {
  /** Undefined: nothing is said of this domain, and the mail host decides. */
  readonly forDomain: (domain: string) => Leg | undefined
  readonly forHost: (host: string) => Leg
}

/** RFC 5321 §5.1: mail hosts listen there. */
const SMTP_PORT = 25

/** No domain has its mail tried at more addresses: RFC 5321 §5.1 leaves the number to us. */
const MOST_ADDRESSES = 10

/** The next hops for a domain (`''`: for all), the preferred one first, each looked up when it is its turn; and in between why one cannot be tried. */
export async function* candidates(domain: string, legs: Legs, names: OutletNames): AsyncGenerator<Candidate | HopFailure, void, undefined> {
  const leg = legs.forDomain(domain)
  if (leg?.to !== undefined) return yield* atHost(leg.to.host, leg.to.port, leg, names)
  if (domain.startsWith('[')) return yield { said: '550 5.1.2 No mail is sent to an address in place of a domain' }
  const route = await names.mailRoute(domain)
  switch (route.kind) {
    case 'null-mx':
      return yield { said: `556 5.1.10 ${domain} takes no mail (null MX)` }
    case 'no-domain':
      return yield { said: `550 5.1.2 No mail can go to ${domain}: ${route.words}` }
    case 'unusable':
      return yield { said: `550 5.4.4 No mail can go to ${domain}: ${route.words}` }
    case 'failed':
      return yield { said: `451 4.4.3 Nobody knows now where mail for ${domain} goes: ${route.words}` }
    case 'hosts':
      break
  }
  let tried = 0
  for (const { host } of route.hosts) {
    for await (const one of atHost(host, SMTP_PORT, leg ?? legs.forHost(host), names)) {
      yield one
      tried += 1
      if (tried === MOST_ADDRESSES) return
    }
  }
}

async function* atHost(host: string, port: number, leg: Leg, names: OutletNames): AsyncGenerator<Candidate | HopFailure, void, undefined> {
  const how = { name: host, port, leg, tls: leg.tls === 'opportunistic' ? 'try' : 'require', trust: trustIn(leg, host) } as const
  if (host === '' || isIP(host) > 0)
    return yield { ...how, name: host === '' ? '127.0.0.1' : host, address: host === '' ? '127.0.0.1' : host }
  const found = await names.host(host, port)
  if (found.kind === 'no-address') return yield { said: `451 4.4.4 ${host} has no address: ${found.words}` }
  if (found.kind === 'failed') return yield { said: `451 4.4.3 The address of ${host} is not known now: ${found.words}` }
  for (const { address } of found.addresses) yield { ...how, address }
}

function trustIn({ tls, ca, name }: Leg, host: string): BackendTrust {
  if (tls !== 'verify') return { kind: 'none' }
  return { kind: 'authority', name: name ?? host, ...(ca === undefined ? {} : { ca: [ca] }) }
}
