import type { ReadyLine } from './lanes.ts'

/** What is done on one connection. `UNUSED` gives the connection back: there is nothing to ask any more. */
export type Talk<T> = (ready: ReadyLine) => Promise<T>

/** Who waits for a connection to talk on. */
export interface Waiting {
  /** Wants a connection of its own: opened with a command smuggled behind the request for TLS, or while no other one is open. */
  readonly own: 'smuggle' | 'alone' | undefined
  /** How often such a connection was tried for it. */
  readonly tries: number
  readonly run: (ready: ReadyLine) => Promise<void>
  readonly reject: (error: unknown) => void
}
