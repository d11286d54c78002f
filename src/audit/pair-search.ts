import type { ReadyLine } from './lanes.ts'
import { Removal, type Offer } from './removal.ts'
import type { Ask, Search } from './search.ts'
import type { SecondLook } from './second-look.ts'

/** What one hello that offers two lists was answered with. `none`: the server has nothing of this list, and did not mind. */
export type PairAnswer =
  | { readonly kind: 'chosen'; readonly first: number | 'none' | undefined; readonly second: number | 'none' | undefined }
  /** Nothing of at least one list. */
  | { readonly kind: 'refused'; readonly how: string }
  /** Not for the lists: the whole thing is not spoken here. */
  | { readonly kind: 'unsupported'; readonly how: string }
  /** A close without a word; `doubtful` where the server is known to say its refusals, or has had too many connections before. */
  | { readonly kind: 'closed'; readonly how: string; readonly doubtful: boolean }
  /** No answer that counts. */
  | { readonly kind: 'unclear'; readonly how: string }

export interface PairSearchOptions {
  readonly first: readonly number[]
  readonly second: readonly number[]
  readonly neverFirst?: (item: number) => boolean
  /** What nobody minds: offered before everything is taken to be refused, in case that something in the lists is to blame. */
  readonly harmless?: { readonly first: readonly number[]; readonly second: readonly number[] }
  /** Whether what was refused is to be asked for once more, for each list. */
  readonly looks?: { readonly first: SecondLook; readonly second: SecondLook }
  /** Offers both lists on a connection that is ready. */
  readonly ask: (ready: ReadyLine, first: readonly number[], second: readonly number[]) => Promise<PairAnswer>
}

interface Pair {
  readonly first: Offer | undefined
  readonly second: Offer | undefined
  /** Was offered together with the second list, and both were refused. */
  readonly refusedBeside?: Offer
  readonly tries: number
}

const TRIES = 3
/** Where nothing has been found yet, one close is too little to say that there is nothing. */
const CLOSES_TO_BELIEVE = 2

/**
 * Finds two lists with the questions of one: every answer names an item of each, so both shrink at once. A TLS 1.3
 * HelloRetryRequest names a suite and a group (RFC 8446 §4.1.4), a TLS 1.2 ServerKeyExchange a group and a signature scheme.
 */
export class PairSearch implements Search {
  readonly first: Removal
  readonly second: Removal
  readonly #options: PairSearchOptions
  readonly #again: Pair[] = []
  #busy = 0
  #closed: 'no' | 'refused' | 'given-up' = 'no'
  #apart = false
  /** Was refused when nothing had been found, and is asked for in pieces when what nobody minds is accepted. */
  #suspected: Pair | undefined
  #endedByClose = false
  #refusal: string | undefined

  constructor(options: PairSearchOptions) {
    this.#options = options
    const never = options.neverFirst === undefined ? {} : { neverFirst: options.neverFirst }
    this.first = new Removal(options.first, { most: Math.max(1, options.first.length), ...never })
    this.second = new Removal(options.second, { most: Math.max(1, options.second.length) })
  }

  /** Why nothing was found, or why the search was not finished. */
  get refusal(): string | undefined {
    return this.#refusal
  }

  /** What was left was refused by a mere close. */
  get endedByClose(): boolean {
    return this.#endedByClose
  }

  /** Everything was accepted or refused. */
  get complete(): boolean {
    if (!this.done) return false
    return this.#closed === 'refused' || (this.#closed === 'no' && this.first.unknown.length + this.second.unknown.length === 0)
  }

  get expected(): number {
    return this.done ? 0 : Math.max(1, this.first.expected, this.second.expected)
  }

  get done(): boolean {
    return this.#isOver && !this.#wantsSecondLook
  }

  get #isOver(): boolean {
    return this.#busy === 0 && (this.#closed !== 'no' || (this.#again.length === 0 && this.first.done && this.second.done))
  }

  get #wantsSecondLook(): boolean {
    const { looks } = this.#options
    return this.#closed !== 'given-up' && looks !== undefined && (looks.first.wanted || looks.second.wanted)
  }

  #lookAgain(): void {
    const { looks } = this.#options
    this.#closed = 'no'
    this.#refusal = undefined
    this.first.add(looks?.first.take() ?? [])
    this.second.add(looks?.second.take() ?? [])
  }

  next(): Ask | undefined {
    if (this.#isOver && this.#wantsSecondLook) this.#lookAgain()
    if (this.#closed !== 'no') return undefined
    const pair = this.#again.shift() ?? this.#pair()
    return pair === undefined ? undefined : this.#ask(pair)
  }

  /** Nothing is guessed: the lists are short, other questions run beside these, and each wrong guess would cost a connection. */
  #pair(): Pair | undefined {
    if (this.#busy > 0) return undefined
    const first = this.first.next(false)
    const second = first !== undefined && this.#apart ? undefined : this.second.next(false)
    return first === undefined && second === undefined ? undefined : { first, second, tries: 1 }
  }

  #ask(pair: Pair): Ask {
    return {
      speculative: false,
      run: async (ready: ReadyLine) => {
        this.#busy++
        try {
          const first = pair.first?.items ?? this.first.found
          this.#judge(pair, await this.#options.ask(ready, first, pair.second?.items ?? this.second.found))
        } finally {
          this.#busy--
        }
      },
    }
  }

  #judge(pair: Pair, answer: PairAnswer): void {
    this.#endedByClose = answer.kind === 'closed'
    const suspected = this.#suspected
    if (suspected !== undefined && answer.kind === 'chosen') this.#askApart(suspected)
    if (answer.kind === 'chosen') {
      tell(this.first, pair.first, answer.first)
      tell(this.second, pair.second, answer.second)
      // It was not for the second list that both were refused.
      if (pair.refusedBeside !== undefined) this.first.refused(pair.refusedBeside)
    } else if (answer.kind === 'unclear') {
      this.#tryAgain(pair, answer.how)
    } else if (answer.kind === 'closed' && pair.tries < this.#closesToBelieve(answer.doubtful)) {
      this.#again.push({ ...pair, tries: pair.tries + 1 })
    } else if (answer.kind !== 'unsupported' && this.#wantsHarmless) {
      this.#askHarmless(pair)
    } else if (answer.kind === 'unsupported' || this.first.found.length === 0) {
      if (suspected !== undefined) this.#refuse(suspected)
      this.#refuse(pair)
      this.#refusal ??= answer.how
      this.#closed = 'refused'
    } else if (pair.first !== undefined && pair.second !== undefined) {
      // Which of the two lists was refused? From now on each is offered beside what is known to work of the other.
      this.#apart = true
      this.#again.push({ first: undefined, second: pair.second, refusedBeside: pair.first, tries: 1 })
    } else {
      this.#refuse(pair)
    }
  }

  get #wantsHarmless(): boolean {
    return this.#options.harmless !== undefined && this.#suspected === undefined && this.first.found.length === 0
  }

  #askHarmless(suspected: Pair): void {
    const { first = [], second = [] } = this.#options.harmless ?? {}
    this.#suspected = suspected
    this.#again.push({ first: offerOf(first), second: second.length > 0 ? offerOf(second) : undefined, tries: 1 })
  }

  /** One by one: what is refused alone is refused for its own sake. */
  #askApart({ first, second }: Pair): void {
    this.#suspected = undefined
    this.#apart = true
    if (first !== undefined) this.first.apart(first, String)
    if (second !== undefined) this.second.apart(second, String)
  }

  #closesToBelieve(doubtful: boolean): number {
    if (doubtful) return TRIES
    return this.first.found.length === 0 ? CLOSES_TO_BELIEVE : 1
  }

  #refuse(pair: Pair): void {
    const { looks } = this.#options
    for (const offer of [pair.first, pair.refusedBeside]) looks?.first.refused(offer?.items ?? [])
    looks?.second.refused(pair.second?.items ?? [])
    if (pair.first !== undefined) this.first.refused(pair.first)
    if (pair.second !== undefined) this.second.refused(pair.second)
    if (pair.refusedBeside !== undefined) this.#again.push({ first: pair.refusedBeside, second: undefined, tries: 1 })
  }

  #tryAgain(pair: Pair, how: string): void {
    if (pair.tries < TRIES) {
      this.#again.push({ ...pair, tries: pair.tries + 1 })
      return
    }
    if (pair.first !== undefined) this.first.unanswered(pair.first)
    if (pair.second !== undefined) this.second.unanswered(pair.second)
    if (pair.refusedBeside !== undefined) this.first.unanswered(pair.refusedBeside)
    this.#refusal ??= how
    this.#closed = 'given-up'
  }
}

function offerOf(items: readonly number[]): Offer {
  return { items, guess: undefined, speculative: false }
}

function tell(removal: Removal, offer: Offer | undefined, chosen: number | 'none' | undefined): void {
  if (offer === undefined) return
  if (chosen === 'none') return removal.refused(offer)
  if (chosen === undefined) removal.unanswered(offer)
  else if (offer.items.includes(chosen)) removal.chosen(offer, chosen)
  else removal.ignored(offer, chosen)
}
