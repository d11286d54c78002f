import { suiteByCode, type CipherSuite } from '../registry/index.ts'
import type { Answered, Guess, Guessed, Known } from './removal.ts'

/**
 * Guesses what a server chooses next, so that the next question can be asked before this one is answered. Servers keep to
 * the order of the library they are built on, and accept or refuse suites by key exchange and cipher, not one by one.
 */

/** The order in which the libraries list suites that nobody has reordered, as code points. */
export type Ranking = readonly number[]

/** What a search for a newer protocol on the same server has found so far: an older one can hardly have more. */
export interface Sibling {
  readonly ordered: readonly number[]
  readonly searched: boolean
}

/** Kinds of suites that are rare: not expected until the server has shown one. */
const RARE_EXCHANGES: ReadonlySet<string> = new Set([
  'PSK',
  'RSA_PSK',
  'DHE_PSK',
  'ECDHE_PSK',
  'SRP',
  'KRB5',
  'GOST',
  'ECCPWD',
  'CECPQ1',
  'DH',
  'ECDH',
  'NULL',
])
const RARE_AUTHENTICATIONS: ReadonlySet<string> = new Set(['DSS', 'anon', 'PSK', 'SRP', 'KRB5', 'GOST', 'NULL'])
const COMMON_CIPHER = /^(?:AES|CHACHA20)/

/** A guess that learns: the siblings' order, else the best fitting ranking less the kinds of suites that the server has passed over. */
export function suiteGuess(rankings: readonly Ranking[], siblings: readonly Sibling[] = []): Guess {
  const fits = rankings.map((ranking) => new Fit(ranking))
  return (items, known) => {
    for (const sibling of siblings) {
      const next = sibling.ordered.find((item) => items.includes(item))
      if (next !== undefined) return { item: next, sure: true }
      if (sibling.searched && sibling.ordered.length > 0) return undefined
    }
    for (const fit of fits) fit.learn(known.facts)
    const best = [...fits, Fit.ofOffers(items, known.facts)].reduce((one, other) =>
      other.wrong(known.found) < one.wrong(known.found) ? other : one,
    )
    return best.first(items, known)
  }
}

/** How well a ranking explains what a server chose. */
class Fit {
  readonly #places: ReadonlyMap<number, number>
  /** Offered, ranked before the chosen one, and not chosen. */
  readonly #passed = new Set<number>()
  #learned = 0

  constructor(ranking: Ranking) {
    this.#places = new Map(ranking.map((item, index) => [item, index]))
  }

  /** A client's order changes with every offer: what counts is who stood before the chosen one in its own offer. */
  static ofOffers(items: readonly number[], facts: readonly Answered[]): Fit {
    const fit = new Fit(items)
    for (const fact of facts) for (const item of fact.items.slice(0, fact.items.indexOf(fact.chosen))) fit.#passed.add(item)
    return fit
  }

  learn(facts: readonly Answered[]): void {
    for (const fact of facts.slice(this.#learned)) {
      const chosen = this.#rank(fact.chosen)
      for (const item of fact.items) if (this.#rank(item) < chosen) this.#passed.add(item)
    }
    this.#learned = facts.length
  }

  /** How many found items it says the server does not have. */
  wrong(found: readonly number[]): number {
    return found.reduce((count, item) => count + (this.#passed.has(item) ? 1 : 0), 0)
  }

  /** The best of the items that the server probably has. Not sure when something better, of a kind not seen yet, might come instead. */
  first(items: readonly number[], known: Known): Guessed | undefined {
    const passed = this.#passed.difference(new Set(known.found))
    const likelihoodOf = likelihood(known.found, passed)
    let sure = true
    for (const item of items
      .filter((one) => this.#places.has(one) && !passed.has(one))
      .toSorted((one, other) => this.#rank(one) - this.#rank(other))) {
      const likely = likelihoodOf(item)
      if (likely === 'yes' || likely === 'perhaps') return { item, sure: sure && likely === 'yes' }
      if (likely === 'hardly') sure = false
    }
    return undefined
  }

  #rank(item: number): number {
    return this.#places.get(item) ?? this.#places.size
  }
}

interface Kind {
  readonly exchange: string
  readonly cipher: string
  readonly usual: boolean
}

const kinds = new Map<number, Kind | undefined>()

function kindOf(code: number): Kind | undefined {
  if (!kinds.has(code)) {
    const suite = suiteByCode(code)
    kinds.set(code, suite === undefined ? undefined : describe(suite))
  }
  return kinds.get(code)
}

function describe(suite: CipherSuite): Kind {
  const usual = !RARE_EXCHANGES.has(suite.kx) && !RARE_AUTHENTICATIONS.has(suite.au) && !suite.exportGrade
  return { exchange: `${suite.kx} ${suite.au} ${suite.exportGrade}`, cipher: `${suite.enc} ${suite.mac}`, usual }
}

/** `yes` and `no` for kinds that the server has shown or passed over, `perhaps` and `hardly` for usual and rare kinds it had no occasion to. */
type Likelihood = 'yes' | 'perhaps' | 'hardly' | 'no'

/** Whether the server probably has a suite, by what it showed of the same kinds. */
function likelihood(found: readonly number[], passed: ReadonlySet<number>): (item: number) => Likelihood {
  const shown = found.map(kindOf).filter((kind) => kind !== undefined)
  const exchanges = new Set(shown.map((kind) => kind.exchange))
  const ciphers = new Set(shown.map((kind) => kind.cipher))
  const missed = [...passed].map(kindOf).filter((kind) => kind !== undefined)
  const deadExchanges = new Set(missed.map((kind) => kind.exchange)).difference(exchanges)
  // A suite that was passed over for its key exchange says nothing about its cipher.
  const fair = missed.filter((kind) => exchanges.has(kind.exchange))
  const deadCiphers = new Set(fair.map((kind) => kind.cipher)).difference(ciphers)
  return (item) => {
    const kind = kindOf(item)
    if (kind === undefined || deadExchanges.has(kind.exchange) || deadCiphers.has(kind.cipher)) return 'no'
    if (exchanges.has(kind.exchange) && ciphers.has(kind.cipher)) return 'yes'
    return (exchanges.has(kind.exchange) || kind.usual) && (ciphers.has(kind.cipher) || COMMON_CIPHER.test(kind.cipher))
      ? 'perhaps'
      : 'hardly'
  }
}
