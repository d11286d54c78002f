import type { Answer } from './exchange.ts'
import type { ReadyLine } from './lanes.ts'
import type { Ask, Search } from './search.ts'

const TRIES = 2
/** Where a close may mean that there are too many connections, it counts only when it comes every time. */
const TRIES_WHEN_THROTTLED = 4

/** A single question, asked again when it got no answer that counts. */
export class OnceSearch implements Search {
  readonly #question: (ready: ReadyLine) => Promise<Answer>
  readonly #throttled: () => boolean
  #tries = 0
  #busy = false
  #answer: Answer | undefined

  constructor(question: (ready: ReadyLine) => Promise<Answer>, throttled: () => boolean = () => false) {
    this.#question = question
    this.#throttled = throttled
  }

  /** The last answer. */
  get answer(): Answer | undefined {
    return this.#answer
  }

  get expected(): number {
    return this.done || this.#busy ? 0 : 1
  }

  get done(): boolean {
    if (this.#busy) return false
    if (this.#answer === undefined) return false
    const { kind } = this.#answer
    if (kind === 'closed' && this.#throttled()) return this.#tries >= TRIES_WHEN_THROTTLED
    return this.#tries >= TRIES || (kind !== 'reset' && kind !== 'silent')
  }

  next(): Ask | undefined {
    if (this.#busy || this.done) return undefined
    this.#busy = true
    this.#tries++
    return {
      speculative: false,
      run: async (ready) => {
        try {
          this.#answer = await this.#question(ready)
        } finally {
          this.#busy = false
        }
      },
    }
  }
}
