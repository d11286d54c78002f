import type { HttpFact } from '../../dialects/index.ts'
import type { Policy } from '../../policy/index.ts'
import type { Stage } from '../verdict.ts'
import type { LogLevel } from '../seen/log-level.ts'
import type { PlainAfterRefusal, Streams, TlsMode } from './config-file.ts'
import type { LocalLogin } from '../outlet/login-outlet.ts'
import type { OutletConfig } from '../outlet/outlet-config.ts'
import type { Network, Place, PortRange } from './places.ts'

/** What a gate has to do, with every policy read and every key at hand. */
export interface GateConfig {
  readonly services: readonly ServiceConfig[]
  /** Processes that serve; undefined: as many as the machine has cores. */
  readonly workers: number | undefined
  /** Where metrics are told; undefined: nowhere. */
  readonly metrics: Place | undefined
  /** The path of the admin socket; undefined: the usual one, false: none. */
  readonly admin: string | false | undefined
  readonly links: LinksConfig
}

/** Tunnels to insides, and to gates of which this one is an inside. */
export interface LinksConfig {
  /** Undefined: none come here. */
  readonly door: LinkDoorConfig | undefined
  /** The gates to which this one opens links, by names of its own. `file`: an absolute path. */
  readonly gates: readonly { readonly name: string; readonly file: string }[]
}

/** Where insides come. */
export interface LinkDoorConfig {
  readonly place: Place
  /** An absolute path: what the gate knows of them. */
  readonly folder: string
}

export interface ServiceConfig {
  readonly name: string
  readonly listen: Place
  /** The descriptor of a socket that listens already, in the main process. */
  readonly fd?: number
  /** Clients come over this link, and `listen` says nothing. */
  readonly link?: string
  readonly dialect: string
  readonly tls: TlsMode
  /** The first that fits a client counts; the last fits everybody. */
  readonly rules: readonly RuleConfig[]
  readonly identities: readonly IdentityConfig[]
  /** None where there is an outlet. */
  readonly backends: readonly BackendConfig[]
  /** In place of servers behind: the next hops of what clients send. */
  readonly outlet?: OutletConfig
  /** Users that log in here with a password, and at the server behind with a token. */
  readonly logins?: readonly LocalLogin[]
  /** How often somebody looks whether they are up, in milliseconds. Undefined: only at those that are not. */
  readonly healthInterval: number | undefined
  /** Proxies in front, which say of each connection whose it is. */
  readonly acceptProxy: readonly Network[]
  /** The first that has the name counts; who asks for another, or for nobody, goes to `backends`. */
  readonly routes: readonly { readonly names: readonly string[]; readonly backends: readonly BackendConfig[] }[]
  readonly hideLogin: boolean
  /** Of HTTP alone. */
  readonly headers: Readonly<Record<string, HttpFact>>
  /** What clients may choose from, and the server behind is asked for; empty where ALPN is left alone. */
  readonly alpn: readonly string[]
  readonly log: LogLevel
  readonly streams: Streams
  /** Of data connections, in a dialect that has them. */
  readonly data?: DataConfig
  readonly plainAfterRefusal: PlainAfterRefusal
  /** Milliseconds. */
  readonly timeouts: {
    readonly hello: number
    readonly handshake: number
    readonly head: number
    readonly idle: number
    /** The same before somebody is logged in. */
    readonly idleBeforeLogin: number
    readonly total: number
    readonly connect: number
  }
  readonly limits: { readonly connections: number; readonly perClient: number; readonly ipv6Prefix: number; readonly line: number }
}

export interface DataConfig {
  /** What clients are told instead of the address that they came to, IPv4. */
  readonly announce?: string
  /** Without it, any port that is free. */
  readonly ports?: PortRange
  /** In TLS a client has to take up a session again. */
  readonly needsResumption: boolean
}

/** What settings of other programs decide beside what a policy does. */
export interface TlsWishes {
  /** The size of the parameters for DHE, in bits. */
  readonly dhBits?: number
  /** False: no empty records before those of CBC suites in TLS 1.0. */
  readonly emptyFragments?: boolean
}

export interface RuleConfig {
  /** Undefined: everybody. */
  readonly networks: readonly Network[] | undefined
  readonly policy: Policy
  /** What a policy has no words for. */
  readonly wishes?: TlsWishes
  /** Undefined: clients are not asked for certificates. */
  readonly clientCertificates?: ClientCertificates
  /** Each is in force from its day on. */
  readonly stages: readonly { readonly from: Date | undefined; readonly stage: Stage }[]
}

/** Certificates of clients, and who vouches for them. */
export interface ClientCertificates {
  /** PEM. */
  readonly ca: string
  readonly mode: 'request' | 'require'
}

/** One key or several of one server, as PEM. */
export interface IdentityConfig {
  readonly name: string
  readonly pairs: readonly PairConfig[]
}

/** A certificate with those that certify it, and its key, in PEM. */
export interface PairConfig {
  readonly certificate: string
  readonly key: string
  /** Paths, that of the certificate first. */
  readonly files: readonly string[]
  /** The group that may read the key, where one is named. */
  readonly keyGroup?: string | number
  /** Where its staples come from; undefined: it has none. */
  readonly ocsp?: OcspConfig
}

/** Where a staple comes from: a file that somebody else keeps new, or a responder. */
export interface OcspConfig {
  /** A path: a response in DER. */
  readonly staple?: string
  /** A URL; `certificate`: the one that the certificate names. Undefined: nobody is asked. */
  readonly responder?: string
}

export interface BackendConfig {
  readonly place: Place
  /** It is reached over a link, and `place` says nothing. */
  readonly link?: LinkedConfig
  readonly tls: 'none' | 'implicit' | 'starttls'
  readonly policy: Policy | undefined
  readonly name: string | undefined
  /** PEM. */
  readonly ca: string | undefined
  /** As `readPin()` gives them; with some of them nothing else counts. */
  readonly pins: readonly string[]
  /** The server is told of the client by the PROXY protocol, version 2. */
  readonly proxy: boolean
  /** It is told by XCLIENT. */
  readonly xclient: boolean
  /** And by which names the client goes, which the gate looks up. */
  readonly xclientNames: boolean
}

/** A service of an inside. */
export interface LinkedConfig {
  /** By the names that they were invited with. */
  readonly insides: readonly string[]
  readonly service: string
}

/** The stage that is in force: that of the last day that has come. Before the first, `observe`: nobody is cut off by a date to come. */
export function stageAt(stages: RuleConfig['stages'], now: Date): Stage {
  const come = stages.filter(({ from }) => from === undefined || from <= now)
  return come.toSorted((one, other) => (one.from?.getTime() ?? -Infinity) - (other.from?.getTime() ?? -Infinity)).at(-1)?.stage ?? 'observe'
}

/** The same service with some identities as they are now; itself where it goes by none of them. */
export function withIdentities(service: ServiceConfig, renewed: readonly IdentityConfig[]): ServiceConfig {
  const identities = service.identities.map((identity) => renewed.find(({ name }) => name === identity.name) ?? identity)
  return identities.every((identity, index) => identity === service.identities[index]) ? service : { ...service, identities }
}

/** Every identity that a service goes by, once. */
export function identitiesOf({ services }: GateConfig): readonly IdentityConfig[] {
  return [...new Map(services.flatMap(({ identities }) => identities.map((identity) => [identity.name, identity] as const))).values()]
}
