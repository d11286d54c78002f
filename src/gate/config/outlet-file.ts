import type { StageFile, StageName } from './config-file.ts'

/** How next hops are spoken to, as it is written. */
export interface LegFile {
  /** `recipients`: the mail hosts of each recipient's domain; `host:port`: a relay for all. */
  readonly to?: string
  readonly tls?: 'opportunistic' | 'required' | 'verify'
  /** TLS begins with the first octet; without it, with STARTTLS. */
  readonly implicit?: boolean
  /** A rulebook or a policy file, from the folder of the configuration. */
  readonly policy?: string
  readonly stage?: StageName | readonly StageFile[]
  /** With `tls: verify`: PEM of the authority that has to vouch for them; without it, those of the system. */
  readonly ca?: string
  /** With `tls: verify`: whom a certificate has to be for; without it, the name of the next hop. */
  readonly name?: string
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
  /** Whom names are asked of: `address:port`; without it, the resolver of the system. */
  readonly resolver?: string
}
