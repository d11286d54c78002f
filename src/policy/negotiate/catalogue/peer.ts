import type { HandshakeClient, HandshakeServer } from '../ends.ts'

/**
 * How it is known what a peer can do: its hello was seen, its maker says so, or it follows from what is known of its parts or was told
 * by others.
 */
export type Certainty = 'measured' | 'documented' | 'inferred'

/**
 * What a peer comes for. `mail`: the programs and devices of people, which submit and fetch. `smtp`: servers that deliver to each
 * other. `web`: HTTPS. `ftp`: FTP over TLS.
 */
export type PeerUse = 'web' | 'mail' | 'smtp' | 'ftp'

/** What both kinds of peers have in common. */
export interface CataloguedPeer {
  readonly name: string
  readonly uses: readonly PeerUse[]
  readonly certainty: Certainty
  /** Where its settings are written, at least one address each. */
  readonly sources: readonly string[]
  /** What one has to know about it, in a sentence. */
  readonly note?: string
  /** What it may have beside what stands here: nobody may be said to be cut off for the lack of it. */
  readonly more?: readonly ('suites' | 'versions')[]
  /** The order of its suites is not known. */
  readonly orderUnknown?: true
}

/** A client or sending server as it is when nobody has changed its settings. */
export interface CataloguedClient extends CataloguedPeer {
  readonly client: HandshakeClient
}

/** A receiving server as it is when nobody has changed its settings. */
export interface CataloguedServer extends CataloguedPeer {
  readonly server: HandshakeServer
}
