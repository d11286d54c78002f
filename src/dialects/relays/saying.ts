import type { DataRequest, Ending, RelayStep } from '../relay.ts'
import { octets } from './lines.ts'

/** Collects what has to be done until somebody asks for it. */
export class Saying {
  #toServer: Uint8Array[] = []
  #toClient: Uint8Array[] = []
  #data: DataRequest[] = []
  #rest: Uint8Array | undefined
  #ending: Ending | undefined

  toServer(bytes: Uint8Array | string): void {
    add(this.#toServer, bytes)
  }

  toClient(bytes: Uint8Array | string): void {
    add(this.#toClient, bytes)
  }

  data(request: DataRequest): void {
    this.#data.push(request)
  }

  /** TLS begins, with what came of it already. */
  tls(rest: Uint8Array): void {
    this.#rest = rest
  }

  end(ending: Ending): void {
    this.#ending = ending
  }

  /** All that was said since the last time. */
  step(): RelayStep {
    const step = {
      ...(this.#toServer.length > 0 && { toServer: join(this.#toServer) }),
      ...(this.#toClient.length > 0 && { toClient: join(this.#toClient) }),
      ...(this.#data.length > 0 && { data: this.#data }),
      ...(this.#rest !== undefined && { tls: { rest: this.#rest } }),
      ...(this.#ending !== undefined && { end: this.#ending }),
    }
    this.#toServer = []
    this.#toClient = []
    this.#data = []
    this.#rest = undefined
    this.#ending = undefined
    return step
  }
}

function add(pieces: Uint8Array[], bytes: Uint8Array | string): void {
  const piece = typeof bytes === 'string' ? octets(bytes) : bytes
  if (piece.length > 0) pieces.push(piece)
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = pieces
  return first !== undefined && others.length === 0 ? first : Buffer.concat(pieces)
}
