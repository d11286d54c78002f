/**
 * Finds out which of many items a server accepts, and in what order it prefers them, with the fewest questions: offer all
 * that is left, take away what was chosen, until the rest is refused. A sequence of such answers *is* the server's order.
 *
 * Several questions can be under way at once: a question that is asked before the last one is answered leaves out what
 * that one will probably be answered with. When the guess was right nothing is lost; when it was wrong one question was.
 *
 * Pure: it neither sends nor waits. Suites, groups and signature schemes are found with it.
 */

/** One list to offer, in this order. */
export interface Offer {
  readonly items: readonly number[]
  /** What it will probably be answered with. */
  readonly guess: Guessed | undefined
  /** Asked while others are under way: its answer may turn out to be known already. */
  readonly speculative: boolean
  /** Asks only for the order of what is found. */
  readonly comparison?: true
}

/** What is known when a guess is made. */
export interface Known {
  readonly found: readonly number[]
  readonly facts: readonly Answered[]
}

/** One guess. `sure`: things of its kind have been seen, and nothing that might come instead. */
export interface Guessed {
  readonly item: number
  readonly sure: boolean
  /** About how many others of the offer will be chosen later, where there is a notion. */
  readonly more?: number
}

/** Guesses what an offer will be answered with, or undefined when it has no idea (or expects a refusal). */
export type Guess = (items: readonly number[], known: Known) => Guessed | undefined

export interface RemovalOptions {
  /** How many items one offer may hold. */
  readonly most: number
  /** Without it every question waits for the answer to the last one. */
  readonly guess?: Guess
  /** Items that must not stand first in an offer as long as others can (a server may treat the first one specially). */
  readonly neverFirst?: (item: number) => boolean
  /** Among which the client chooses where the server settles something else first: HAProxy takes the ECDSA certificate when it can. */
  readonly kindOf?: (item: number) => string
}

export interface Answered {
  readonly items: readonly number[]
  readonly chosen: number
}

/** Guesses that cost more than one question for so many found items are not worth it: nothing is speculated any more. */
const FOUND_PER_WASTED = 5

/** How many questions may be under way when one of them rests on a guess that is not sure. */
const MOST_BEHIND_UNSURE = 4

/** A server that will not choose among what it chose before is not asked for its order for ever. */
const MOST_VAIN_COMPARISONS = 3

/** Candidates that are neither found nor refused. Disjoint from the other ones. */
type Rest = Set<number>

export class Removal {
  readonly #options: RemovalOptions
  /** Where each candidate stands in the list that was given. */
  readonly #places: ReadonlyMap<number, number>
  #rests: Rest[]
  #most: number
  readonly #found: number[] = []
  readonly #facts: Answered[] = []
  readonly #broken: number[] = []
  readonly #unknown: number[] = []
  readonly #underWay = new Set<Offer>()
  /** Were under way when the items were put apart: that they were refused says nothing, since what hides others was among them. */
  readonly #stale = new WeakSet<Offer>()
  readonly #foreign: number[] = []
  /** How many more questions the last guess about a rest has promised. */
  readonly #forecasts = new WeakMap<Rest, number>()
  #order: { facts: number; found: number; value: Order } | undefined
  #asked = 0
  #wasted = 0
  #vain = 0
  #led = false

  constructor(candidates: readonly number[], options: RemovalOptions) {
    this.#options = options
    this.#places = new Map(candidates.map((item, index) => [item, index]))
    this.#most = options.most
    this.#rests = chunks(candidates, options.most)
  }

  /** In the order found. */
  get found(): readonly number[] {
    return this.#found
  }

  /** Chosen by the server, which then broke down: it names what it cannot do. */
  get broken(): readonly number[] {
    return this.#broken
  }

  /** Never answered for. When this is not empty, the result is not complete. */
  get unknown(): readonly number[] {
    return this.#unknown
  }

  /** Chosen though never offered. */
  get foreign(): readonly number[] {
    return this.#foreign
  }

  get facts(): readonly Answered[] {
    return this.#facts
  }

  /** Questions whose answer was known already. */
  get wasted(): number {
    return this.#wasted
  }

  /** Nothing is left to be asked about membership, and nothing is under way. */
  get searched(): boolean {
    return this.#rests.length === 0 && this.#underWay.size === 0
  }

  /** Nothing at all is left to be asked. */
  get done(): boolean {
    return this.searched && this.#nextComparison() === undefined
  }

  /** How many questions are under way. */
  get underWay(): number {
    return this.#underWay.size
  }

  /** About how many more questions there will be beside those under way. */
  get expected(): number {
    let left = 0
    for (const rest of this.#rests) left += this.#forecasts.get(rest) ?? Math.max(1, Math.min(rest.size, this.#found.length))
    return left
  }

  /**
   * The next offer, or undefined when there is none now. With `speculative` false only what is needed in any case is asked:
   * nothing that hangs on an answer under way.
   */
  next(speculative: boolean): Offer | undefined {
    const trusted = speculative && this.#wasted * FOUND_PER_WASTED <= this.#found.length + FOUND_PER_WASTED
    const offer = this.#nextSearch(trusted) ?? this.#nextComparison()
    if (offer !== undefined) {
      this.#underWay.add(offer)
      this.#asked++
    }
    return offer
  }

  /** The server chose `item`. */
  chosen(offer: Offer, item: number): void {
    this.#underWay.delete(offer)
    if (!offer.items.includes(item)) {
      this.#foreign.push(item)
      this.broke(offer)
      return
    }
    if (this.#found.includes(item)) {
      if (this.#restOf(offer) !== undefined) this.#wasted++
    } else {
      this.#found.push(item)
    }
    // Whether the client chooses, or the server moves this item up for whoever puts it first: that is no word about the order.
    if (offer.comparison === true && item === offer.items[0] && this.#options.neverFirst?.(item) === true) this.#led = true
    else this.#facts.push({ items: offer.items, chosen: item })
    this.#forget([item])
  }

  /** More candidates, or some that were refused under other circumstances. What is found already stays found. */
  add(items: readonly number[]): void {
    const known = new Set([...this.#found, ...this.#rests.flatMap((rest) => [...rest])])
    const rest = new Set(items.filter((item) => !known.has(item)))
    if (rest.size > 0) this.#rests = [...this.#rests, rest]
  }

  /** The server wants none of these. */
  refused(offer: Offer): void {
    this.#settle(offer)
    if (!this.#stale.has(offer)) this.#forget(offer.items)
  }

  /** The server took something that was not offered, as servers do that do not read this list: nothing more can be learned. */
  ignored(offer: Offer, item: number): void {
    this.#foreign.push(item)
    this.refused(offer)
  }

  /** The server neither chose nor refused cleanly: something among the items breaks it. Halves are asked apart; one alone is `alone`. */
  broke(offer: Offer, alone: 'broken' | 'unknown' = 'broken'): void {
    this.#settle(offer)
    const touched = this.#rests.filter((rest) => offer.items.some((item) => rest.has(item)))
    const [rest] = touched
    // What was split since then is asked in smaller pieces anyway, and which of them was to blame is not known.
    if (rest === undefined || touched.length > 1) return
    const items = offer.items.filter((item) => rest.has(item))
    if (offer.items.length === 1) {
      if (alone === 'broken') this.#broken.push(...items)
      else this.#unknown.push(...items)
      this.#forget(items)
      return
    }
    if (items.length === 1 && rest.size === 1) return
    for (const item of items) rest.delete(item)
    const middle = Math.ceil(items.length / 2)
    const halves = [new Set(items.slice(0, middle)), new Set(items.slice(middle))]
    this.#rests = [...this.#rests, ...halves].filter((one) => one.size > 0)
  }

  /** No offer holds more than so many from now on: what is left is asked in pieces. */
  limit(most: number): void {
    if (most >= this.#most) return
    this.#most = most
    this.#rests = this.#rests.flatMap((rest) => chunks([...rest], most))
  }

  /** What is left is asked apart by kind: something of one kind may hide all others. Gives the number of kinds. */
  apart(offer: Offer, kindOf: (item: number) => string): number {
    this.#underWay.delete(offer)
    for (const other of this.#underWay) this.#stale.add(other)
    const rest = this.#restOf(offer)
    if (rest === undefined) return 0
    const kinds = new Map<string, Rest>()
    for (const item of offer.items.filter((one) => rest.has(one))) {
      rest.delete(item)
      kinds.set(kindOf(item), (kinds.get(kindOf(item)) ?? new Set<number>()).add(item))
    }
    this.#rests = [...this.#rests.filter((one) => one.size > 0), ...kinds.values()]
    return kinds.size
  }

  /** The question could not be answered, however often it was asked. */
  unanswered(offer: Offer): void {
    this.#settle(offer)
    const items = offer.items.filter((item) => this.#rests.some((rest) => rest.has(item)))
    this.#unknown.push(...items)
    this.#forget(items)
  }

  /** Takes an offer back that was never asked. */
  withdraw(offer: Offer): void {
    this.#underWay.delete(offer)
    this.#asked--
  }

  /** The found items in the server's order where it has one; else in that of the candidates, so that the result does not depend on chance. */
  get ordered(): readonly number[] {
    const { consistent, sorted } = this.#sort()
    if (consistent && this.chooser !== 'client') return sorted
    return this.#found.toSorted((one, other) => (this.#places.get(one) ?? 0) - (this.#places.get(other) ?? 0))
  }

  /**
   * Who chooses. `server`: one order explains every answer, and at least one of them contradicts the order of the offer.
   * `client`: always the first of the offer (of its kind), and no single order explains it. Else `unknown`.
   */
  get chooser(): 'server' | 'client' | 'unknown' {
    const { consistent } = this.#sort()
    const follows = this.#follows(this.#kindOf)
    if (!consistent) return follows ? 'client' : 'unknown'
    if (!follows) return 'server'
    if (this.#led) return this.#follows(() => '') ? 'client' : 'unknown'
    return this.#bestOfAKind() === undefined && !this.#follows(() => '') ? 'server' : 'unknown'
  }

  get #kindOf(): (item: number) => string {
    return this.#options.kindOf ?? (() => '')
  }

  /** The best of the first kind that has two items, and the next of it: one that may stand before it, where there is one. */
  #bestOfAKind(): readonly [best: number, second: number] | undefined {
    return this.#pairOfAKind((item) => this.#options.neverFirst?.(item) !== true) ?? this.#pairOfAKind(() => true)
  }

  #pairOfAKind(mayLead: (item: number) => boolean): readonly [best: number, second: number] | undefined {
    const { sorted } = this.#sort()
    for (const [index, best] of sorted.entries()) {
      const second = sorted.slice(index + 1).find((item) => mayLead(item) && this.#kindOf(item) === this.#kindOf(best))
      if (second !== undefined) return [best, second]
    }
    return undefined
  }

  /** Every answer was the first of its offer that has the same kind. */
  #follows(kindOf: (item: number) => string): boolean {
    return this.#facts.every((fact) => {
      const kind = kindOf(fact.chosen)
      return fact.items.find((item) => this.#found.includes(item) && kindOf(item) === kind) === fact.chosen
    })
  }

  /** Sorting takes a while, and it is asked for after every answer: it is done once for each state of knowledge. */
  #sort(): Order {
    if (this.#order?.facts !== this.#facts.length || this.#order.found !== this.#found.length) {
      this.#order = { facts: this.#facts.length, found: this.#found.length, value: order(this.#found, this.#facts) }
    }
    return this.#order.value
  }

  #nextSearch(speculative: boolean): Offer | undefined {
    for (const rest of this.#rests) {
      const guesses = this.#guessesFor(rest)
      if (guesses === undefined || (!speculative && guesses.size > 0)) continue
      const items = [...rest].filter((item) => !guesses.has(item))
      if (items.length === 0) continue
      const offer = this.#offer(items, guesses.size > 0)
      this.#forecast(rest, offer)
      return offer
    }
    return undefined
  }

  /** What the questions under way for a rest will take out of it; undefined when one of them gives no guess. */
  #guessesFor(rest: Rest): Set<number> | undefined {
    const guesses = new Set<number>()
    let unsure = false
    for (const offer of this.#underWay) {
      if (!offer.items.some((item) => rest.has(item))) continue
      if (offer.guess === undefined) return undefined
      unsure ||= !offer.guess.sure
      guesses.add(offer.guess.item)
    }
    return unsure && guesses.size >= MOST_BEHIND_UNSURE ? undefined : guesses
  }

  /** Whoever guesses that nothing will be chosen expects no more questions; else the last one is the one that is refused. */
  #forecast(rest: Rest, { guess }: Offer): void {
    if (this.#options.guess === undefined) return
    if (guess === undefined) this.#forecasts.set(rest, 0)
    else if (guess.more === undefined) this.#forecasts.delete(rest)
    else this.#forecasts.set(rest, guess.more + 1)
  }

  #offer(items: readonly number[], speculative: boolean): Offer {
    const turned = this.#asked % 2 === 0 ? [...items] : items.toReversed()
    const sent = leadWith(turned, this.#options.neverFirst)
    const guess = this.#options.guess?.(sent, { found: this.#found, facts: this.#facts })
    return { items: sent, guess: guess !== undefined && items.includes(guess.item) ? guess : undefined, speculative }
  }

  /** Something among the found ones whose order is still open, or the last doubt about who chooses. */
  #nextComparison(): Offer | undefined {
    if (this.#found.length < 2 || this.#underWay.size > 0 || this.#vain >= MOST_VAIN_COMPARISONS) return undefined
    const { undecided, consistent, sorted } = this.#sort()
    if (!consistent) return undefined
    if (undecided !== undefined) return { ...this.#offer(undecided.slice(0, this.#most), false), comparison: true }
    if (this.#led || this.chooser !== 'unknown') return undefined
    const pair = this.#bestOfAKind() ?? sorted
    // Every answer so far was the first of its offer (and kind): the best one is now offered last.
    const [best, second] = pair
    if (best === undefined || second === undefined) return undefined
    if (this.#facts.some((fact) => fact.items.length === 2 && fact.items[1] === best)) return undefined
    return { items: [second, best], guess: undefined, speculative: false, comparison: true }
  }

  /** It is over, and nothing was chosen. */
  #settle(offer: Offer): void {
    this.#underWay.delete(offer)
    if (offer.comparison === true) this.#vain++
  }

  #restOf(offer: Offer): Rest | undefined {
    return this.#rests.find((rest) => offer.items.some((item) => rest.has(item)))
  }

  #forget(items: readonly number[]): void {
    for (const rest of this.#rests) for (const item of items) rest.delete(item)
    this.#rests = this.#rests.filter((rest) => rest.size > 0)
  }
}

function chunks(items: readonly number[], most: number): Rest[] {
  const count = Math.ceil(items.length / most)
  // Dealt out like cards: what belongs together stands together in a list, and each piece should hold some of it.
  return Array.from({ length: count }, (_, start) => new Set(items.filter((_item, index) => index % count === start)))
}

/** The same items, so that one which may come first does, where there is one. */
export function leadWith(items: readonly number[], neverFirst: ((item: number) => boolean) | undefined): readonly number[] {
  const lead = items.findIndex((item) => neverFirst?.(item) !== true)
  return lead <= 0 ? items : [...items.slice(lead, lead + 1), ...items.slice(0, lead), ...items.slice(lead + 1)]
}

/** What the answers say about the order of the found items. */
export interface Order {
  readonly sorted: readonly number[]
  /** One order explains every answer. */
  readonly consistent: boolean
  /** Items of which none is known to beat the others, and the next place is theirs. */
  readonly undecided: readonly number[] | undefined
}

/** Sorts the found items by the answers: whoever was chosen beats whoever else was offered. */
export function order(found: readonly number[], facts: readonly Answered[]): Order {
  const beaten = new Map<number, Set<number>>(found.map((item) => [item, new Set()]))
  for (const fact of facts) {
    for (const item of fact.items) if (item !== fact.chosen) beaten.get(item)?.add(fact.chosen)
  }
  const left = new Set(found)
  const sorted: number[] = []
  let undecided: readonly number[] | undefined
  while (left.size > 0) {
    const heads = [...left].filter((item) => beaten.get(item)?.isDisjointFrom(left) === true)
    if (heads.length > 1) undecided ??= heads
    const [head] = heads
    if (head === undefined) return { sorted: [...sorted, ...left], consistent: false, undecided }
    sorted.push(head)
    left.delete(head)
  }
  return { sorted, consistent: true, undecided }
}
