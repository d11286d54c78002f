import { isIP } from 'node:net'
import { isOwnAddress } from '../config/loops.ts'
import type { Place } from '../config/places.ts'
import { inAscii } from '../names/in-ascii.ts'
import type { DaneDemand, MailRoute, Names } from '../names/names.ts'
import { demandOf, type Demand, type HostAsked } from './demand.ts'
import { isFailure, type HopFailure } from './hop-failure.ts'
import type { Leg } from './leg.ts'
import type { OutletConfig } from './outlet-config.ts'
import { title } from './open-hop.ts'
import { aboutHost, barred, troubleWith, type About, type Count } from './reported.ts'
import type { TlsMemory } from './tls-memory.ts'

/** A next hop that may be tried, before anybody connects. */
export interface Candidate {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly leg: Leg
  readonly demand: Demand
  /** It has spoken TLS before. */
  readonly knowsTls: boolean
  /** Undefined where one relay is for all. */
  readonly about?: About
}

/** Who decides how a destination is spoken to. */
export interface Legs {
  /** Undefined: nothing is said of this domain, and the mail host decides. */
  readonly forDomain: (domain: string) => Leg | undefined
  readonly forHost: (host: string) => Leg
}

/** What is asked, and what is remembered. */
export interface CandidateSource {
  readonly legs: Legs
  readonly names: Pick<Names, 'mailRoute' | 'host' | 'sts'>
  readonly memory: TlsMemory
  /** Where reports are sent. */
  readonly count?: Count | undefined
  /** The message has REQUIRETLS, RFC 8689 §2. */
  readonly requiresTls?: boolean
  /** It says `TLS-Required: No`, RFC 8689 §3. */
  readonly tlsOptional?: boolean
  /** Whether whoever connects there comes back to the outlet. */
  readonly leadsBack?: (place: Place) => boolean
  /** Those of domains, at an address of this machine. */
  readonly mailHostsHere: OutletConfig['mailHostsHere']
}

type Found = AsyncGenerator<Candidate | HopFailure, void, undefined>

/** RFC 5321 §5.1: mail hosts listen there. */
const SMTP_PORT = 25

/** No domain has its mail tried at more addresses: RFC 5321 §5.1 leaves the number to us. */
const MOST_ADDRESSES = 10

/** The next hops for a domain in any letters (`''`: for all), the preferred one first, each looked up when it is its turn; and in between why one cannot be tried. */
export async function* candidates(asked: string, source: CandidateSource): Found {
  const { legs, names } = source
  const domain = inAscii(asked)
  if (domain === '' && asked !== '') return yield { said: `550 5.1.2 No mail can go to ${asked}: it is no domain` }
  const leg = legs.forDomain(domain)
  if (leg?.to !== undefined) return yield* atHost(leg.to.host, leg.to.port, leg, source)
  if (domain.startsWith('[')) return yield { said: '550 5.1.2 No mail is sent to an address in place of a domain' }
  const [route, sts] = await Promise.all([names.mailRoute(domain), names.sts(domain)])
  if (route.kind !== 'hosts') return yield noRoute(domain, route)
  const trouble = troubleWith(domain, sts)
  if (trouble !== undefined) source.count?.(trouble)
  let tried = 0
  for (const { host } of route.hosts) {
    for await (const one of atHost(host, SMTP_PORT, leg ?? legs.forHost(host), source, { domain, route, sts })) {
      yield one
      tried += 1
      if (tried === MOST_ADDRESSES) return
    }
  }
}

function noRoute(domain: string, route: Exclude<MailRoute, { kind: 'hosts' }>): HopFailure {
  switch (route.kind) {
    case 'null-mx':
      return { said: `556 5.1.10 ${domain} takes no mail (null MX)` }
    case 'no-domain':
      return { said: `550 5.1.2 No mail can go to ${domain}: ${route.words}` }
    case 'unusable':
      return { said: `550 5.4.4 No mail can go to ${domain}: ${route.words}` }
    case 'failed':
      return { said: `451 4.4.3 Where mail for ${domain} goes cannot be told now: ${route.words}` }
  }
}

async function* atHost(host: string, port: number, leg: Leg, source: CandidateSource, mail?: HostAsked['mail']): Found {
  const { names, memory, count, requiresTls = false, tlsOptional = false, leadsBack, mailHostsHere } = source
  const knowsTls = memory.has(host)
  const demanded = (dane: DaneDemand): Demand | HopFailure =>
    demandOf(leg, { host, dane, knowsTls, requiresTls, tlsOptional, ...(mail === undefined ? {} : { mail }) })
  // Each connection would make another one. Whoever writes a record for a domain can lead here, to whom local connections are trusted ones.
  const loopTo = (address: string): HopFailure | undefined => {
    const called = title({ name: host === '' ? address : host, address })
    if (leadsBack?.({ host: address, port }) === true)
      return { said: `${mail === undefined ? '451 4' : '554 5'}.4.6 ${called} is this outlet itself, and mail would go round` }
    if (mail === undefined || mailHostsHere === 'allow' || !isOwnAddress(address)) return undefined
    return {
      said: `554 5.4.6 ${called} is this machine itself, and mail would go round: add a destination with to, or mailHostsHere: allow`,
    }
  }
  if (host === '' || isIP(host) > 0) {
    const demand = demanded({ kind: 'none', words: 'an address has no records' })
    const address = host === '' ? '127.0.0.1' : host
    return yield isFailure(demand) ? demand : (loopTo(address) ?? { name: address, address, port, leg, demand, knowsTls })
  }
  const found = await names.host(host, port)
  if (found.kind === 'no-address') return yield { said: `451 4.4.4 ${host} cannot be reached: ${found.words}` }
  if (found.kind === 'failed') return yield { said: `451 4.4.3 Where ${host} is cannot be told now: ${found.words}` }
  const demand = demanded(found.dane)
  const about = mail === undefined ? undefined : aboutHost(mail.domain, host, found.dane, mail.sts)
  if (isFailure(demand)) {
    const outcome = about === undefined ? undefined : barred(about, host, found.dane, leg.tls === 'dane')
    if (outcome !== undefined) count?.(outcome)
    return yield demand
  }
  for (const { address } of found.addresses)
    yield loopTo(address) ?? { name: host, address, port, leg, demand, knowsTls, ...(about === undefined ? {} : { about }) }
}
