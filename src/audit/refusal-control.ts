import { protocolVersion } from '../registry/index.ts'
import { HARMLESS_SUITES } from './candidates.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import type { HelloOffer, HelloProtocol } from './hello.ts'
import type { HelloForm, Manners } from './manners.ts'
import { leadWith, type Offer, type Removal } from './removal.ts'
import { REFUSED_VERSION } from './refusals.ts'
import { isChaCha } from './suite-kinds.ts'

/**
 * Whether a refusal is for what was offered: it may be for the length of the list, for the mere presence of something in it, or come
 * from a server that has had enough.
 */

/**
 * What is asked before a refusal is believed. `opinion`: the common suites in a short hello; `harmless` and `harmless-ecdsa`: suites
 * that no filter minds, one after the other; `usual`: what that was answered with, in a
 * usual hello; `behind`: something accepted behind the refused list; `again`: that alone; `filler`: the same before numbers that mean
 * nothing, as many as were refused.
 */
export type ControlStep = 'opinion' | 'harmless' | 'harmless-ecdsa' | 'usual' | 'behind' | 'again' | 'filler'

/**
 * `believe`: it is for what was offered. `break`: something else is to blame, and halves are asked apart. `part`: something in it is
 * known to be, and the others are asked apart. `wait`: another search is finding out. `give-up`: nothing more
 * can be learned.
 */
export type Verdict = 'believe' | 'break' | 'part' | 'wait' | 'give-up'

export interface ControlOptions {
  readonly protocol: HelloProtocol
  readonly base: Omit<HelloOffer, 'protocol' | 'suites'>
  readonly manners: Manners
  readonly common: readonly number[]
  /** Another search may wait for what this one finds out: then this one waits for nobody, lest each waits for the other. */
  readonly awaited: () => boolean
}

/** So many refusals in a row raise the suspicion that everything is refused by now. */
const SUSPICIOUS = 4
/** Numbers without a suite. */
const FILLER = 0x5700

function refusesVersion(answer: Answer): boolean {
  return describeAnswer(answer) === REFUSED_VERSION
}

/** Controls the refusals in one search. */
export class RefusalControl {
  readonly #options: ControlOptions
  readonly #removal: Removal
  #hasOpinion = false
  #hasSecond = false
  #looking = false

  constructor(options: ControlOptions, removal: Removal) {
    this.#options = options
    this.#removal = removal
  }

  /** What is to be made of the refusal of an offer, or to be asked before. */
  of(offer: Offer): ControlStep | Verdict {
    const { manners, protocol } = this.#options
    const poisonous = offer.items.filter((suite) => manners.poison.has(suite)).length
    if (poisonous > 0) return poisonous === offer.items.length ? 'believe' : 'part'
    if (this.#othersHunt) return 'wait'
    const stood = manners.stood(this.#hello(offer.items))
    const [one] = this.#removal.found
    // A hello of SSL 3.0 has no extensions: what was shown by others holds for all of it.
    if (one === undefined) return this.#hasOpinion || (protocol === 'SSLv3' && stood) ? 'believe' : 'opinion'
    if (offer.items.some((suite) => this.#removal.found.includes(suite))) return this.#suspect(offer)
    if (stood && manners.control === 'done') return 'believe'
    if (stood && this.mustWait) return 'wait'
    if (manners.control === 'unknown') {
      manners.control = 'looking'
      this.#looking = true
    }
    return 'behind'
  }

  /** What is to be asked before a version is taken to be refused as a whole. */
  get second(): ControlStep | undefined {
    return this.#hasSecond ? undefined : 'harmless'
  }

  /** Another search is finding out what this one needs to know. */
  get mustWait(): boolean {
    const looked = this.#options.manners.control === 'looking' && !this.#looking && !this.#options.awaited()
    return looked || this.#othersHunt
  }

  get #othersHunt(): boolean {
    const { manners, awaited } = this.#options
    return manners.hunter !== undefined && manners.hunter !== this && !awaited()
  }

  /** What is offered in a step, and how. */
  question(step: ControlStep, { items }: Offer): { readonly suites: readonly number[]; readonly form?: HelloForm } {
    const known = this.#known
    switch (step) {
      case 'opinion':
        return this.#options.protocol === 'SSLv3' ? { suites: this.#options.common } : { suites: this.#options.common, form: 'short' }
      case 'harmless':
      case 'harmless-ecdsa': {
        const suites = HARMLESS_SUITES[this.#options.protocol === 'TLSv1.2' ? 'TLSv1.2' : 'older'][step]
        return this.#options.protocol === 'SSLv3' ? { suites } : { suites, form: 'short' }
      }
      case 'behind':
        return { suites: leadWith([...items, ...known], isChaCha) }
      case 'filler':
        return { suites: leadWith([...known, ...items.slice(known.length).map((_item, index) => FILLER + index)], isChaCha) }
      default:
        return { suites: known }
    }
  }

  /** What the answer to a step makes of the refusal, or what is to be asked next. */
  heard(step: ControlStep, offer: Offer, answer: Answer): ControlStep | Verdict {
    const { manners, protocol } = this.#options
    const accepted = answer.kind === 'server-hello' && answer.version === protocolVersion.code(protocol)
    switch (step) {
      case 'opinion':
        this.#hasOpinion = true
        if (!accepted) return answer.kind === 'silent' || answer.kind === 'reset' ? 'give-up' : (this.second ?? 'believe')
        return manners.form === 'full' && protocol !== 'SSLv3' ? 'usual' : this.of(offer)
      case 'harmless':
      case 'harmless-ecdsa':
        this.#hasSecond = true
        if (!accepted) return step === 'harmless' && !refusesVersion(answer) ? 'harmless-ecdsa' : 'believe'
        // A version that is served was refused as if it were not: others may have been too.
        manners.versionsDoubtful = true
        return manners.form === 'full' && protocol !== 'SSLv3' ? 'usual' : this.of(offer)
      case 'usual':
        if (!accepted) manners.form = 'short'
        return this.of(offer)
      case 'behind':
        this.#looked(accepted)
        if (!accepted) return this.#suspect(offer)
        // It is accepted after all: what else is left is asked once more.
        return offer.items.includes(answer.hello.cipherSuite) ? 'break' : 'believe'
      case 'again':
        if (accepted) return this.#tooLong(offer)
        manners.hadEnough = true
        return 'give-up'
      case 'filler':
        if (accepted) return this.#broken()
        manners.mostSuites = Math.min(manners.mostSuites, Math.max(1, Math.ceil(offer.items.length / 2)))
        return 'break'
    }
  }

  /** What is refused alone, and behind which nothing is accepted, is to blame itself. */
  blame({ items }: Offer): void {
    const [suite] = items
    if (suite === undefined || items.length > 1 || this.#removal.found.includes(suite)) return
    this.#options.manners.poison.add(suite)
    this.release()
  }

  /** Whoever waits for this search to find out waits no longer: it has ended, or found a suite that is to blame. */
  release(): void {
    this.#looked(false)
    if (this.#options.manners.hunter === this) this.#options.manners.hunter = undefined
  }

  #looked(harmless: boolean): void {
    const { manners } = this.#options
    if (manners.control !== 'always' && (harmless || this.#looking)) manners.control = harmless ? 'done' : 'unknown'
    this.#looking = false
  }

  #suspect(offer: Offer): ControlStep | Verdict {
    return this.#options.manners.refusalsInARow >= SUSPICIOUS ? 'again' : this.#tooLong(offer)
  }

  #tooLong({ items }: Offer): ControlStep | Verdict {
    return this.#options.manners.stoodLength(this.#hello(items)) ? this.#broken() : 'filler'
  }

  /** Something in the list is to blame. */
  #broken(): Verdict {
    const { manners } = this.#options
    manners.control = 'always'
    manners.hunter ??= this
    return 'break'
  }

  /** What the server likes least of all that it accepts, so that it stands behind anything else. */
  get #known(): readonly number[] {
    return this.#removal.ordered.slice(-1)
  }

  #hello(suites: readonly number[]): HelloOffer {
    const { base, protocol } = this.#options
    return { ...base, protocol, suites }
  }
}
