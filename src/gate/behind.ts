import type { ByteStream } from './byte-stream.ts'
import type { ClientFacts } from './facts.ts'
import type { Front } from './front.ts'

/** The connections to the server behind that are made for one client. */
export class Behind {
  readonly #front: Front
  #lost: string | undefined

  constructor(front: Front) {
    this.#front = front
  }

  /** Why no server could be reached; undefined where one could, or nobody wanted one. */
  get lost(): string | undefined {
    return this.#lost
  }

  /** Undefined where no server can be reached. */
  connect(facts: ClientFacts, serverName: string | undefined): Promise<ByteStream | undefined> {
    return this.#reached(() => this.#front.connect(facts, serverName))
  }

  /** The same, of a server that is ready for TLS of the client. */
  connectForTls(facts: ClientFacts): Promise<ByteStream | undefined> {
    return this.#reached(() => this.#front.connectForTls(facts))
  }

  async #reached(connect: () => Promise<ByteStream>): Promise<ByteStream | undefined> {
    try {
      return await connect()
    } catch (error) {
      this.#lost = error instanceof Error ? error.message : String(error)
      this.#front.seen.unreached()
      return undefined
    }
  }

  /** Another connection to the server where that hears of TLS before the first word alone. */
  async connectAgain(facts: ClientFacts): Promise<ByteStream | 'same' | 'lost'> {
    const { reconnect, seen } = this.#front
    if (reconnect === undefined) return 'same'
    try {
      return await reconnect(facts)
    } catch {
      seen.unreached()
      return 'lost'
    }
  }
}
