import type { Certainty, PeerUse, RefusalReason } from '../../policy/negotiate/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import type { Role } from '../words.ts'

/** What a handshake will end in, as far as settings tell. `unknown` is never a pass. */
export type Foretold =
  /** Several where that hangs on what settings do not say, or on the peer; none where it is not known at all. */
  | {
      readonly verdict: 'connects'
      readonly versions: readonly ProtocolName[]
      readonly suites: readonly string[]
      readonly groups: readonly string[]
    }
  | { readonly verdict: 'fails'; readonly by: 'client' | 'server'; readonly reason: RefusalReason; readonly why: string }
  | { readonly verdict: 'unknown'; readonly why: string }

/** What a change of settings does to a peer. `unclear`: one of the two is not known, and nobody is cut off by what is. */
export type PeerChange = 'cut-off' | 'maybe-cut-off' | 'saved' | 'changed' | 'unclear' | 'same'

/** Before and after, for one kind of certificate. */
export interface PeerCase {
  /** Which key the server's certificate has to have for this; `any` where it makes no difference, or is known. */
  readonly key: 'RSA' | 'ECDSA' | 'any'
  readonly before: Foretold
  readonly after: Foretold
  readonly change: PeerChange
}

/** One known peer at one leg. */
export interface ForetoldPeer {
  readonly name: string
  readonly certainty: Certainty
  readonly note?: string
  /** One, or one for each kind of certificate where they differ. */
  readonly cases: readonly PeerCase[]
  /** The worst of its cases. */
  readonly change: PeerChange
}

/** What a change does to everybody who is known to come to a leg, or whom it goes to. */
export interface ForetoldLeg {
  readonly door: string
  readonly role: Role
  /** Peers go on in plain text when TLS fails, if they are made so. */
  readonly opportunistic: boolean
  /** Who was looked at; none where it is not known who comes. */
  readonly uses: readonly PeerUse[]
  readonly peers: readonly ForetoldPeer[]
}
