import type { HttpFact } from '../../dialects/index.ts'
import type { LogLevel } from '../seen/log-level.ts'
import type { LocalLoginFile, OutletFile } from './outlet-file.ts'

/** A gate's configuration as it is written. */
export interface GateFile {
  readonly services: Readonly<Record<string, ServiceFile>>
  readonly identities?: Readonly<Record<string, readonly IdentityFile[]>>
  readonly timeouts?: TimeoutsFile
  readonly limits?: LimitsFile
  /** Processes that serve; without it, as many as the machine has cores. */
  readonly workers?: number
  readonly health?: HealthFile
  readonly log?: LogLevel
  /** Where metrics are told, over HTTP. */
  readonly metrics?: string | MetricsFile
  /** The path of the admin socket, from the folder of this file; false: there is none. */
  readonly admin?: string | false
  readonly links?: LinksFile
  /** Default `handles`. */
  readonly streams?: Streams
}

/** What connections go by: `handles` of Node's where that can be, or `node`, its own streams, everywhere. */
export type Streams = 'handles' | 'node'

/** Tunnels that an inside opens to a gate. */
export interface LinksFile {
  /** At the gate: where insides come. */
  readonly listen?: string
  /** At the gate: the folder of what it knows of them, from that of this file; default `links`. */
  readonly folder?: string
  /** Inside: files that `postern link join` has written, from the folder of this file, by names for `listen`. */
  readonly gates?: Readonly<Record<string, string>>
}

/** Clients come over a link to a gate, by its name under `links`. */
export interface ListenLinkFile {
  readonly link: string
}

export interface MetricsFile {
  readonly listen: string
  /** They are told to others than this machine, too. */
  readonly beyondLoopback?: boolean
}

/** A configuration that stands beside settings of another program, which say the rest. */
export interface BesideFile extends Omit<GateFile, 'services'> {
  /** In place of a service, the server behind it. */
  readonly services?: Readonly<Record<string, string | BesideServiceFile>>
  /** Behind every service that has none of its own. */
  readonly backend?: ServiceFile['backend']
}

export type BesideServiceFile = Partial<ServiceFile>

export interface ServiceFile extends RuleFile {
  /** `host:port`, `:port` for every address, `[::1]:port`. */
  readonly listen: string | ListenLinkFile
  readonly dialect: string
  readonly tls: TlsMode
  readonly policy: string
  /** The names of identities, the one for clients that name nobody first. */
  readonly identities?: readonly string[]
  /** This or `outlet`. */
  readonly backend?: string | BackendFile | readonly (string | BackendFile)[]
  readonly outlet?: OutletFile
  /** For POP3: users that log in here with a password, and behind with a token. */
  readonly logins?: readonly LocalLoginFile[]
  /** HTTP: fields that tell the server behind something of the client, beside those that it is always told with. */
  readonly headers?: Readonly<Record<string, HttpFact>>
  /** With the dialect `tls`: protocols that the server behind speaks, as ALPN names them, the preferred ones first. */
  readonly alpn?: readonly string[]
  /** Other servers for clients that ask for some names. */
  readonly routes?: readonly RouteFile[]
  /** Logins are neither shown nor taken before TLS; default true. */
  readonly hideLogin?: boolean
  /** What becomes of plain text from a client whose TLS was refused lately; default `observe`. With `tls: starttls` alone. */
  readonly plainAfterRefusal?: PlainAfterRefusal
  readonly exceptions?: readonly ExceptionFile[]
  /** Networks of proxies in front, which say in the PROXY protocol whose a connection is. */
  readonly acceptProxy?: readonly string[]
  /** For FTP. */
  readonly passive?: PassiveFile
  /** For FTP: data connections in TLS have to take up a session; default false. */
  readonly requireSessionReuse?: boolean
}

/** Where clients come for data. */
export interface PassiveFile {
  /** The IPv4 address that they are told; without it, the one that they came to. */
  readonly address?: string
  /** `50000-50100`; without it, any port that is free. */
  readonly ports?: string
}

/**
 * `starttls`: offered; `required`: nothing that matters goes before it; `implicit`: from the first byte; `passthrough`: so too, and it is the server's own;
 * `starttls-passthrough`: offered, and the server's own; `none`: there is none.
 */
export type TlsMode = 'starttls' | 'required' | 'implicit' | 'passthrough' | 'starttls-passthrough' | 'none'

/** It is recorded, or refused in the words of the protocol. */
export type PlainAfterRefusal = 'observe' | 'refuse'

/** What may differ for some clients. */
interface RuleFile {
  /** A rulebook or a policy file, from the folder of this file. */
  readonly policy?: string
  readonly stage?: StageName | readonly StageFile[]
  /** False: clients are not asked for certificates. */
  readonly clientCertificates?: ClientCertificatesFile | false
}

/** Certificates of clients. */
export interface ClientCertificatesFile {
  /** PEM of the authorities that vouch for them. */
  readonly ca: string
  /** `request`: whoever has one shows it; `require`: whoever has none is treated as the stage says. */
  readonly mode: 'request' | 'require'
}

export type StageName = 'observe' | 'explain' | 'refuse'

export interface StageFile {
  /** A day, `2027-01-01`, at its beginning in UTC; without it, since ever. */
  readonly from?: string
  readonly stage: StageName
}

export interface RouteFile {
  /** `mail.example.com`; `*.example.com` for one label more. */
  readonly names: readonly string[]
  readonly backend: NonNullable<ServiceFile['backend']>
}

export interface ExceptionFile extends RuleFile {
  /** Addresses of clients: `10.1.0.0/16`, `2001:db8::/32`, `10.1.2.3`. */
  readonly networks: readonly string[]
}

export interface IdentityFile {
  /** PEM, the server's own certificate first. */
  readonly certificate: string
  /** PEM; without it, in the same file. */
  readonly key?: string
  /** The group that may read the key, by its name or number; default `ssl-cert`. */
  readonly keyGroup?: string | number
  readonly ocsp?: OcspFile
}

/** Where responses of OCSP come from; both may be named. */
export interface OcspFile {
  /** DER; read again when it changes. */
  readonly staple?: string
  /** A URL, or `certificate` for that which the certificate names. */
  readonly responder?: string
}

export interface BackendFile {
  /** `host:port`; this or `link`. */
  readonly address?: string
  /** An inside by its name, or several. */
  readonly link?: string | readonly string[]
  /** What the inside calls the service; without it, as this one is called. */
  readonly service?: string
  readonly tls?: 'none' | 'implicit' | 'starttls'
  readonly policy?: string
  /** Whom the certificate has to be for; without it, it is not looked at. With `pins`, whom to ask for. */
  readonly name?: string
  /** PEM of the authority that has to vouch for it; without it, those of the system. */
  readonly ca?: string
  /** SHA-256 of the keys that it may have. */
  readonly pins?: readonly string[]
  readonly proxy?: 'v2'
  readonly xclient?: boolean | 'names'
}

export interface HealthFile {
  /** Seconds. */
  readonly interval?: number
}

/** Seconds. */
export interface TimeoutsFile {
  /** For the whole hello. */
  readonly hello?: number
  /** From the hello to TLS. */
  readonly handshake?: number
  /** For the whole head of a request of HTTP. */
  readonly head?: number
  /** In which nothing was carried either way. */
  readonly idle?: number
  /** The longest life of a connection. */
  readonly total?: number
  readonly connect?: number
}

export interface LimitsFile {
  /** Connections at once. */
  readonly connections?: number
  readonly perClient?: number
  /** By so many bits IPv6 clients are told apart. */
  readonly ipv6Prefix?: number
  /** Octets of a command line. */
  readonly line?: number
}
