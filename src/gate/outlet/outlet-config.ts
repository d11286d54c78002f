import type { Policy } from '../../policy/index.ts'
import type { TlsWishes } from '../config/config.ts'
import type { Network, Place } from '../config/places.ts'
import type { ResolverPlace } from '../names/resolver-place.ts'
import type { LoginConfig } from './secret.ts'
import type { Stage } from '../verdict.ts'

/** `opportunistic`: where it is offered; `required`: whoever is at the other end; `verify`: with whom it is meant to be, by authorities; `dane`: by DANE alone. */
export type OutletTls = 'opportunistic' | 'required' | 'verify' | 'dane'

/** How next hops are spoken to. */
export interface LegConfig {
  /** Where it stands in the configuration, for replies. */
  readonly title: string
  readonly tls: OutletTls
  /** TLS begins with the first octet. */
  readonly implicit: boolean
  readonly policy: Policy
  readonly wishes: TlsWishes
  readonly stages: readonly { readonly from: Date | undefined; readonly stage: Stage }[]
  /** Nothing was said of it, so that whoever demands TLS gets the policy, too. */
  readonly usualStage?: true
  /** PEM of the authorities; undefined: those of the system. */
  readonly ca: string | undefined
  /** Whom a certificate has to be for; undefined: the name of the next hop. */
  readonly name: string | undefined
  /** What becomes of plain text to a host that has spoken TLS before, where TLS is opportunistic. */
  readonly plainAfterTls: 'observe' | 'refuse'
  /** The next hop of all that goes this way; undefined: that of the domain of the recipient. */
  readonly to: Place | undefined
  /** As whom to log in there; undefined: nobody does. */
  readonly login?: LoginConfig
}

/** What differs for some destinations. */
export interface DestinationConfig {
  /** Of recipients, in lower case; `*.example.com` for one label more. */
  readonly domains: readonly string[]
  /** Names of mail hosts, in the same way. */
  readonly mx: readonly string[]
  readonly leg: LegConfig
}

/** Who reports about TLS, RFC 8460 §4.4. */
export interface ReportsConfig {
  readonly organization: string
  /** An address of mail. */
  readonly contact: string
  /** A server of ours that signs with DKIM; undefined: none goes by mail. */
  readonly mail: Place | undefined
}

export interface OutletConfig {
  readonly leg: LegConfig
  /** The first that fits counts. */
  readonly destinations: readonly DestinationConfig[]
  /** Who may send through it. */
  readonly clients: readonly Network[]
  /** Those of domains, at an address of this machine. */
  readonly mailHostsHere: 'refuse' | 'allow'
  /** Whom names are asked of; undefined: the resolver of the system. */
  readonly resolver: ResolverPlace | undefined
  /** A path: the folder of what outlives the process; undefined: nothing does. */
  readonly state: string | undefined
  /** Undefined: nothing is counted. Only with `state`. */
  readonly reports: ReportsConfig | undefined
}
