import type { FailureReason } from './tls/handshake-failure.ts'

/** Why TLS with a client did not come about. */
export interface RefusedTls {
  /** A sentence for people, in ASCII. */
  readonly words: string
  /** The policy did not let it: another attempt in the same way ends the same. Else it may have been bad luck. */
  readonly lasting: boolean
}

/** An opportunistic sender comes back in plain text at once, and after that begins with TLS again each time. */
const REMEMBERED_MS = 60 * 60 * 1000

/** Whoever was refused longest ago is forgotten first. */
const MOST = 20_000

interface RefusedOptions {
  /** How many are remembered. */
  readonly most?: number
  /** Told of everybody who is noted, and of everybody who is forgotten because it has done better. */
  readonly changed?: (client: string, refused: RefusedTls | undefined) => void
}

/** Clients whose TLS was refused in the last hour. */
export class RefusedLately {
  readonly #clients = new Map<string, RefusedTls & { readonly until: number }>()
  readonly #now: () => number
  readonly #most: number
  readonly #changed: NonNullable<RefusedOptions['changed']>

  /** `now`: milliseconds. */
  constructor(now: () => number, { most = MOST, changed = () => undefined }: RefusedOptions = {}) {
    this.#now = now
    this.#most = most
    this.#changed = changed
  }

  get size(): number {
    return this.#clients.size
  }

  note(client: string, refused: RefusedTls): void {
    this.hear(client, refused)
    this.#changed(client, refused)
  }

  /** It has shown that it can do better. */
  forget(client: string): void {
    if (this.#clients.delete(client)) this.#changed(client, undefined)
  }

  /** Another process has noted a client, or forgotten it. */
  hear(client: string, refused: RefusedTls | undefined): void {
    this.#clients.delete(client)
    if (refused === undefined) return
    this.#clients.set(client, { ...refused, until: this.#now() + REMEMBERED_MS })
    const [oldest] = this.#clients.keys()
    if (this.#clients.size > this.#most && oldest !== undefined) this.#clients.delete(oldest)
  }

  of(client: string): RefusedTls | undefined {
    const found = this.#clients.get(client)
    if (found === undefined || found.until > this.#now()) return found
    this.#clients.delete(client)
    return undefined
  }
}

/** Failures after which senders go on in plain text. Whoever only went away may have been a monitor, or the network. */
const TELLING: readonly string[] = [
  'version',
  'suites',
  'groups',
  'signatures',
  'alpn',
  'fallback',
  'server-name',
  'client-certificate',
  'client-refused-us',
] satisfies readonly FailureReason[]

/** Whether a handshake that ended so is a reason to remember its client. */
export function isTelling(reason: string): boolean {
  return TELLING.includes(reason) || reason === 'sslv2-hello'
}
