import { PROTOCOLS, suiteByCode, type CipherSuite, type ProtocolName } from '../registry/index.ts'
import type { Answered, Guess, Guessed, Known } from './removal.ts'

/**
 * Guesses what a server chooses next, so that the next question can be asked before this one is answered. Servers keep to
 * the order of the library they are built on, and accept or refuse suites by key exchange and cipher, not one by one.
 */

/** The order in which the libraries list suites that nobody has reordered, as code points. */
export type Ranking = readonly number[]

/** What the search for another protocol on the same server has found so far. */
export interface Sibling {
  readonly found: readonly number[]
  readonly ordered: readonly number[]
  readonly searched: boolean
}

/** What is known about the search that guesses, and about those beside it. */
export interface Family {
  readonly protocol: ProtocolName
  /** Newer protocols, the newest first: this one can hardly have more than they have. */
  readonly newer: readonly Sibling[]
  /** Whatever they have shows what kinds of suites to expect. */
  readonly all: () => readonly Sibling[]
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
const COMMON_FAMILIES: ReadonlySet<string> = new Set(['AES', 'CHACHA20'])

/** A guess that learns: the order of a newer protocol, else the best fitting ranking less the kinds of suites that the server has passed over. */
export function suiteGuess(rankings: readonly Ranking[], family?: Family): Guess {
  const fits = rankings.map((ranking) => new Fit(ranking))
  return (items, known) => {
    for (const fit of fits) fit.learn(known.facts)
    const model = family?.newer.find((sibling) => sibling.searched && sibling.found.length > 0)
    if (family !== undefined && model !== undefined) return likeNewer(model, family.protocol, items, known)
    const best = [...fits, Fit.ofOffers(items, known.facts)].reduce((one, other) =>
      other.wrong(known.found) < one.wrong(known.found) ? other : one,
    )
    const seen = [...known.found, ...(family?.all() ?? []).flatMap((sibling) => sibling.found)]
    return best.first(items, seen)
  }
}

/** What the newer protocol prefers of those that this one may use and that were not passed over before. */
function likeNewer({ ordered }: Sibling, protocol: ProtocolName, items: readonly number[], { facts }: Known): Guessed | undefined {
  const [item, ...others] = ordered.filter(
    (one) => items.includes(one) && isFor(one, protocol) && !facts.some((fact) => passedOver(one, fact, ordered)),
  )
  return item === undefined ? undefined : { item, sure: true, more: others.length }
}

function passedOver(item: number, { items, chosen }: Answered, order: readonly number[]): boolean {
  return item !== chosen && items.includes(item) && order.indexOf(item) < order.indexOf(chosen)
}

function isFor(code: number, protocol: ProtocolName): boolean {
  const suite = suiteByCode(code)
  return suite === undefined || PROTOCOLS.indexOf(suite.protocol) <= PROTOCOLS.indexOf(protocol)
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
  first(items: readonly number[], seen: readonly number[]): Guessed | undefined {
    const passed = this.#passed.difference(new Set(seen))
    const likelihoodOf = likelihood(seen, passed)
    let sure = true
    let best: Guessed | undefined
    let more = 0
    const ranked = items
      .filter((one) => this.#places.has(one) && !passed.has(one))
      .toSorted((one, other) => this.#rank(one) - this.#rank(other))
    for (const item of ranked) {
      const likely = likelihoodOf(item)
      if (likely === 'hardly') sure = false
      if (likely !== 'yes' && likely !== 'perhaps') continue
      if (best === undefined) best = { item, sure: sure && likely === 'yes' }
      else more++
    }
    return best === undefined ? undefined : { ...best, more }
  }

  #rank(item: number): number {
    return this.#places.get(item) ?? this.#places.size
  }
}

interface Kind {
  readonly exchange: string
  readonly cipher: string
  /** Such as `ARIA`: whoever has one cipher of a family mostly has the others. */
  readonly family: string
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
  const [family = ''] = suite.enc.split('_')
  return { exchange: `${suite.kx} ${suite.au} ${suite.exportGrade}`, cipher: `${suite.enc} ${suite.mac}`, family, usual }
}

/** `yes` and `no` for kinds that the server has shown or passed over, `perhaps` and `hardly` for usual and rare kinds it had no occasion to. */
type Likelihood = 'yes' | 'perhaps' | 'hardly' | 'no'

/** Whether the server probably has a suite, by what it showed of the same kinds. */
function likelihood(found: readonly number[], passed: ReadonlySet<number>): (item: number) => Likelihood {
  const shown = found.map(kindOf).filter((kind) => kind !== undefined)
  const exchanges = new Set(shown.map((kind) => kind.exchange))
  const ciphers = new Set(shown.map((kind) => kind.cipher))
  const families = new Set([...COMMON_FAMILIES, ...shown.map((kind) => kind.family)])
  const missed = [...passed].map(kindOf).filter((kind) => kind !== undefined)
  const deadExchanges = new Set(missed.map((kind) => kind.exchange)).difference(exchanges)
  // A suite that was passed over for its key exchange says nothing about its cipher.
  const fair = missed.filter((kind) => exchanges.has(kind.exchange))
  const deadCiphers = new Set(fair.map((kind) => kind.cipher)).difference(ciphers)
  return (item) => {
    const kind = kindOf(item)
    if (kind === undefined || deadExchanges.has(kind.exchange) || deadCiphers.has(kind.cipher)) return 'no'
    if (exchanges.has(kind.exchange) && ciphers.has(kind.cipher)) return 'yes'
    return (exchanges.has(kind.exchange) || kind.usual) && (ciphers.has(kind.cipher) || families.has(kind.family)) ? 'perhaps' : 'hardly'
  }
}
