import { octets } from '../relays/lines.ts'
import type { OutletStep, Reach } from './outlet.ts'

/** Collects what has to be done until somebody asks for it. */
export class OutletSaying {
  #toHop: Uint8Array[] = []
  #toClient: string[] = []
  #leave: OutletStep['leave']
  #reach: Reach | undefined
  #ended = false

  toHop(bytes: Uint8Array | string): void {
    this.#toHop.push(typeof bytes === 'string' ? octets(bytes) : bytes)
  }

  /** Lines with their ends. */
  toClient(text: string): void {
    this.#toClient.push(text)
  }

  reach(reach: Reach): void {
    this.#reach = reach
  }

  /** What is on its way behind a good-bye, and without one nothing more. */
  leave(how: 'keep' | 'quit' | 'abort'): void {
    if (how === 'quit') this.toHop('QUIT\r\n')
    else if (how === 'abort') this.#toHop = []
    this.#leave = how
  }

  end(): void {
    this.#ended = true
  }

  /** All that was said since the last time. */
  step(): OutletStep {
    const step: OutletStep = {
      ...(this.#toHop.length > 0 && { toHop: joined(this.#toHop) }),
      ...(this.#leave !== undefined && { leave: this.#leave }),
      ...(this.#reach !== undefined && { reach: this.#reach }),
      ...(this.#toClient.length > 0 && { toClient: octets(this.#toClient.join('')) }),
      ...(this.#ended && { end: true }),
    }
    this.#toHop = []
    this.#toClient = []
    this.#leave = undefined
    this.#reach = undefined
    this.#ended = false
    return step
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = pieces
  return first !== undefined && others.length === 0 ? first : Buffer.concat(pieces)
}
