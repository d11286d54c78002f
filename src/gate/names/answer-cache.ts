import type { Answer } from './answer.ts'

/** All answers of one type together, in octets as they came. */
const MOST_BYTES = 2 * 1024 * 1024

/** Nothing is kept longer, whatever it says. Of what there is not RFC 2308 §5 advises one to three hours. In seconds. */
const LONGEST = 86_400
const LONGEST_NONE = 3600

interface Kept<R> {
  readonly answer: Exclude<Answer<R>, { kind: 'failed' }>
  /** In milliseconds of the clock. */
  readonly until: number
  readonly size: number
}

/** Answers of DNS about one type as long as they hold; of too many, those that nobody asked for the longest time go. */
export class AnswerCache<R> {
  readonly #kept = new Map<string, Kept<R>>()
  #size = 0

  /** What is left of an answer, its TTL counted down. */
  get(key: string, now: number): Kept<R>['answer'] | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    this.#drop(key, kept)
    if (kept.until <= now) return undefined
    this.#keep(key, kept)
    return { ...kept.answer, ttl: Math.ceil((kept.until - now) / 1000) }
  }

  /** Failures are not kept: the next one who asks may be luckier. `size`: octets. */
  put(key: string, answer: Answer<R>, now: number, size: number): void {
    if (answer.kind === 'failed') return
    const ttl = Math.min(answer.ttl, answer.kind === 'none' ? LONGEST_NONE : LONGEST)
    if (ttl <= 0) return
    const old = this.#kept.get(key)
    if (old !== undefined) this.#drop(key, old)
    this.#keep(key, { answer, until: now + ttl * 1000, size: size + key.length })
    for (const [oldest, one] of this.#kept) {
      if (this.#size <= MOST_BYTES) return
      this.#drop(oldest, one)
    }
  }

  #keep(key: string, kept: Kept<R>): void {
    this.#kept.set(key, kept)
    this.#size += kept.size
  }

  #drop(key: string, kept: Kept<R>): void {
    this.#kept.delete(key)
    this.#size -= kept.size
  }
}
