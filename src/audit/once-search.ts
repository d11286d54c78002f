import type { Answer } from './exchange.ts'
import type { ReadyLine } from './lanes.ts'
import type { Ask, Search } from './search.ts'

const TRIES = 2

/** A single question, asked again when it got no answer that counts. */
export class OnceSearch implements Search {
  readonly #question: (ready: ReadyLine) => Promise<Answer>
  #tries = 0
  #busy = false
  #answer: Answer | undefined

  constructor(question: (ready: ReadyLine) => Promise<Answer>) {
    this.#question = question
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
    return this.#tries >= TRIES || (this.#answer.kind !== 'reset' && this.#answer.kind !== 'silent')
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
