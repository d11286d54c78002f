import type { PlainAfterRefusal, StageFile, StageName } from './config-file.ts'

/** How next hops are spoken to, as it is written. */
export interface LegFile {
  /** `recipients`: the mail hosts of each recipient's domain; `host:port`: a relay for all. */
  readonly to?: string
  readonly tls?: 'opportunistic' | 'required' | 'verify' | 'dane'
  /** TLS begins with the first octet; without it, with STARTTLS. */
  readonly implicit?: boolean
  /** A rulebook or a policy file, from the folder of the configuration. */
  readonly policy?: string
  readonly stage?: StageName | readonly StageFile[]
  /** With `tls: verify`: PEM of the authority that has to vouch for them; without it, those of the system. */
  readonly ca?: string
  /** With `tls: verify`: whom a certificate has to be for; without it, the name of the next hop. */
  readonly name?: string
  /** Plain text to a host that has spoken TLS before: recorded, or not sent; default `observe`. With `tls: opportunistic` alone. */
  readonly plainAfterTls?: PlainAfterRefusal
  /** With a relay, and with `tls: verify` or `dane`. */
  readonly login?: LoginFile
}

/** As whom to log in at a relay; one of the three has the secret. */
export interface LoginFile {
  readonly user: string
  readonly passwordFile?: string
  readonly tokenFile?: string
  /** A program and its words. */
  readonly tokenCommand?: readonly string[]
}

/** A user of a service, and with which token or password to log in at the server behind. */
export interface LocalLoginFile {
  readonly user: string
  /** Its first line is the password that the user has here. */
  readonly passwordFile: string
  /** Whom the server behind knows; without it, the same. */
  readonly as?: string
  /** Its first line is the password that the server behind knows. */
  readonly asPasswordFile?: string
  readonly tokenFile?: string
  readonly tokenCommand?: readonly string[]
}

/** What differs for some destinations. */
export interface DestinationFile extends LegFile {
  /** Of recipients. */
  readonly domains?: readonly string[]
  /** Names of mail hosts. */
  readonly mx?: readonly string[]
}

/** In place of a server behind: the next hops of what clients send. */
export interface OutletFile extends LegFile {
  readonly destinations?: readonly DestinationFile[]
  /** Networks of those who may send through it; without it, this machine. */
  readonly clients?: readonly string[]
  /** Mail hosts of domains at an address of this machine, loopback among them; default `refuse`. Not of `to`. */
  readonly mailHostsHere?: 'refuse' | 'allow'
  /** Whom names are asked of: `127.0.0.1`, `tls://9.9.9.9#dns.quad9.net`; without it, the resolver of the system. */
  readonly resolver?: string
  /** A folder, from that of the configuration, in which policies of MTA-STS are kept; without it, they are fetched again after a restart. */
  readonly state?: string
  /** Reports about TLS to the domains that ask for them. */
  readonly reports?: { readonly organization: string; readonly contact: string; readonly mail?: string }
}
