import type { Beginning, Dialect } from '../dialects/index.ts'

/** Where a door is, and how TLS begins there. */
export interface Door {
  /** An IP address: names are resolved before. */
  readonly address: string
  readonly port: number
  readonly dialect: Dialect
  /** `implicit`: the ClientHello is the first that is said. */
  readonly beginning: Beginning
  /** The name or address that the server is asked for: in clear (XMPP `to`), and in SNI where it is a name. */
  readonly serverName: string
}

export interface LaneOptions {
  /** At most so many connections are open at once. */
  readonly parallel: number
  /** The whole audit of this door ends after so many milliseconds. */
  readonly timeout: number
  /** The first pause after the server has refused a connection that it used to accept, in milliseconds. Doubles up to 20 s. */
  readonly pause?: number
  /** No more connections than this are opened in all: a last resort, far above what any server calls for. */
  readonly most?: number | undefined
  /** Connections are opened ahead, but used one after the other, in the order in which they were begun. */
  readonly inTurn?: boolean
}
