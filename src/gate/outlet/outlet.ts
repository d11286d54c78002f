import { duplexPair, type Duplex } from 'node:stream'
import type { Awaited } from '../../dialects/index.ts'
import type { BackendState } from '../backends.ts'
import { placeText } from '../config/places.ts'
import type { ClientFacts } from '../facts.ts'
import { isAmong } from '../networks.ts'
import { candidates, type Legs } from './candidates.ts'
import { openLeg } from './leg.ts'
import type { OutletConfig } from './outlet-config.ts'
import { OutletSession } from './outlet-session.ts'
import { Reaching, type Patience } from './reaching.ts'
import { systemNames, type OutletNames } from './system-names.ts'

export interface OutletSettings {
  readonly gateName: string
  readonly lmtp: boolean
  /** Octets of a command line. */
  readonly longestLine: number
  readonly now: () => Date
  /** Milliseconds to connect. */
  readonly connect: number
  /** Where names are asked for; without it, as the configuration says. */
  readonly names?: OutletNames
}

/** Milliseconds, RFC 5321 §4.5.3.2: what may be waited for at each place. */
const MINUTE = 60_000
const ANSWERS: Readonly<Record<Exclude<Awaited, 'nothing'>, number>> = {
  mail: 5 * MINUTE,
  rcpt: 5 * MINUTE,
  data: 2 * MINUTE,
  content: 3 * MINUTE,
  message: 10 * MINUTE,
}

/** Greeting, hello and STARTTLS of one next hop, and all next hops of a domain. */
const TALK = MINUTE
const REACH = 4 * MINUTE

/** The servers behind a service are those of the recipients. */
export class Outlets {
  readonly #config: OutletConfig
  readonly #settings: OutletSettings
  readonly #legs: Legs
  readonly #names: OutletNames
  readonly #mayUse: (address: string) => boolean
  readonly #since: Date

  /** Throws `POLICY_UNSPEAKABLE`. */
  constructor(config: OutletConfig, settings: OutletSettings) {
    this.#config = config
    this.#settings = settings
    this.#legs = legsOf(config)
    this.#names = settings.names ?? systemNames(config.resolver, Math.random)
    this.#mayUse = isAmong(config.clients)
    this.#since = settings.now()
  }

  /** Nobody is asked before somebody sends, so that nobody is known to be down. */
  get states(): readonly BackendState[] {
    const { to } = this.#config.leg
    return [{ place: to === undefined ? 'recipients' : placeText(to), up: true, since: this.#since }]
  }

  /** A connection for one client, as if to a server. Never rejects. */
  reach({ address }: ClientFacts): Promise<Duplex> {
    const [outside, inside] = duplexPair()
    if (this.#mayUse(address)) this.#serve(inside)
    else inside.end(`554 5.7.1 ${this.#settings.gateName} sends for its own network alone: see clients of the outlet\r\n`)
    return Promise.resolve(outside)
  }

  #serve(client: Duplex): void {
    const { gateName, lmtp, longestLine, now, connect } = this.#settings
    const patience: Patience = { connect, talk: TALK, reach: REACH }
    new OutletSession(client, {
      name: gateName,
      lmtp,
      oneHop: this.#config.leg.to !== undefined && this.#config.destinations.length === 0,
      longestLine,
      patience: ANSWERS,
      reaching: (domain) => new Reaching(candidates(domain, this.#legs, this.#names), { clientName: gateName, lmtp, now, patience }),
    }).start()
  }
}

function legsOf({ leg, destinations }: OutletConfig): Legs {
  const usual = openLeg(leg)
  const others = destinations.map((one) => ({ domains: one.domains, mx: one.mx, leg: openLeg(one.leg) }))
  return {
    forDomain: (domain) => others.find(({ domains }) => isNamed(domains, domain))?.leg ?? (usual.to === undefined ? undefined : usual),
    forHost: (host) => others.find(({ mx }) => isNamed(mx, host))?.leg ?? usual,
  }
}

/** A star stands for one whole label, the first. */
function isNamed(names: readonly string[], name: string): boolean {
  return names.includes(name) || names.includes(name.replace(/^[^.]+/, '*'))
}
