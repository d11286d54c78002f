import { PosternError, type Fault } from '../../errors.ts'
import type { GateConfig, IdentityConfig } from '../config/config.ts'
import type { OpenService } from '../gate.ts'
import type { LiveConnection, Snapshot } from '../seen/snapshot.ts'
import type { StapleList } from '../tls/staples.ts'
import type { RefusedTls } from '../refused-lately.ts'
import type { CrowdChange } from './elsewhere.ts'

/** What the main process wants of a worker, which says when it is done. */
export type Order =
  /** Listen and serve. Its answer is where. */
  | {
      readonly do: 'open'
      readonly config: GateConfig
      readonly name: string
      readonly ticketKeys: Uint8Array
      /** Others serve already. */
      readonly joins: boolean
    }
  /** Make ready for another configuration, and listen where it wants to. */
  | { readonly do: 'prepare'; readonly config: GateConfig }
  /** Take up what was prepared. Its answer is where it listens now. `drain`: milliseconds for the clients of services that are no more. */
  | { readonly do: 'commit'; readonly drain: number }
  /** Forget what was prepared. */
  | { readonly do: 'abandon' }
  /** Say what was counted, and of so many connections who is there. */
  | { readonly do: 'look'; readonly connections: number }
  /** Take up other certificates. */
  | { readonly do: 'renew'; readonly identities: readonly IdentityConfig[] }
  /** Take no new clients, and give those that are there so many milliseconds. */
  | { readonly do: 'close'; readonly patience: number }

/** To a worker. What has no number is not answered. */
export type ToWorker =
  | { readonly kind: 'order'; readonly number: number; readonly order: Order }
  | { readonly kind: 'ticket-keys'; readonly keys: Uint8Array }
  | { readonly kind: 'elsewhere'; readonly changes: readonly CrowdChange[] }
  | { readonly kind: 'staples'; readonly staples: StapleList }
  /** The gate is so many processes from now on; 0: this one is none of them any more. */
  | { readonly kind: 'processes'; readonly count: number }
  /** Whether it still does anything. Its answer is the same word. */
  | { readonly kind: 'alive' }
  | ClientRefused

/** TLS with a client did not come about, or did so after all. */
export interface ClientRefused {
  readonly kind: 'refused'
  readonly client: string
  readonly refused: RefusedTls | undefined
}

/** From a worker. */
export type FromWorker =
  | { readonly kind: 'done'; readonly number: number; readonly services: readonly OpenService[]; readonly seen?: Seen }
  | { readonly kind: 'failed'; readonly number: number; readonly error: ErrorWords }
  | { readonly kind: 'crowd'; readonly changes: readonly CrowdChange[] }
  | { readonly kind: 'alive' }
  | ClientRefused

/** What is seen of a gate from outside. */
export interface Seen {
  readonly snapshot: Snapshot
  readonly connections: readonly LiveConnection[]
}

/** An error as it goes from one process to another. */
export interface ErrorWords {
  readonly message: string
  readonly stack: string | undefined
  /** Undefined: none of Postern's. */
  readonly code: string | undefined
  readonly fault: Fault
  readonly remedy: string | undefined
  readonly cause: ErrorWords | undefined
}

export function wordsOf(error: unknown): ErrorWords {
  const own = error instanceof PosternError ? error : undefined
  const any = error instanceof Error ? error : new Error(String(error))
  return {
    message: any.message,
    stack: any.stack,
    code: own?.code,
    fault: own?.fault ?? 'bug',
    remedy: own?.remedy,
    cause: any.cause instanceof Error ? wordsOf(any.cause) : undefined,
  }
}

export function errorOf({ message, stack, code, fault, remedy, cause }: ErrorWords): Error {
  const behind = cause === undefined ? {} : { cause: errorOf(cause) }
  if (code !== undefined) return new PosternError(fault, code, message, { remedy, ...behind })
  const error = new Error(message, behind)
  if (stack !== undefined) error.stack = stack
  return error
}

/** Both ends are one program: a look at what it is meant to be is enough. */
export function isToWorker(message: unknown): message is ToWorker {
  return ['order', 'ticket-keys', 'elsewhere', 'refused', 'staples', 'processes', 'alive'].includes(kindOf(message))
}

export function isFromWorker(message: unknown): message is FromWorker {
  return ['done', 'failed', 'crowd', 'refused', 'alive'].includes(kindOf(message))
}

function kindOf(message: unknown): string {
  return typeof message === 'object' && message !== null && 'kind' in message && typeof message.kind === 'string' ? message.kind : ''
}
