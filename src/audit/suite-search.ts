import { alertDescription, protocolVersion, suiteByCode } from '../registry/index.ts'
import { OLD_CURVES } from './candidates.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import type { HelloOffer, HelloProtocol } from './hello.ts'
import type { ReadyLine } from './lanes.ts'
import { styleOf, type HelloForm, type Manners } from './manners.ts'
import { NAME_REFUSAL, refusesName } from './refusals.ts'
import { Removal, type Guess, type Offer } from './removal.ts'
import type { Ask, Search } from './search.ts'

export interface SuiteSearchOptions {
  readonly protocol: HelloProtocol
  readonly candidates: readonly number[]
  /** What is in every hello of this search beside the suites. */
  readonly base: Omit<HelloOffer, 'protocol' | 'suites'>
  readonly guess: Guess
  readonly manners: Manners
  /** Asked when a long hello was answered neither way: suites that every server of this protocol knows. */
  readonly common: readonly number[]
  /** Searches for newer protocols: what they find is what this one will be guessed from, so it does not guess before. */
  readonly newer: readonly SuiteSearch[]
  /** Whether DHE is looked for without groups of RFC 7919 too. */
  readonly fields: boolean
}

/** A question that got no clear answer is asked so many times in all. */
const TRIES = 3
/** A server that keeps still so often, or resets, whatever it is offered, is not asked any further. */
const MAX_UNHEARD = 16
/** Choices that were never offered: beyond this the server is not worth asking. */
const MAX_FOREIGN = 3
const HANDSHAKE_FAILURE = alertDescription.code('handshake_failure')
const INSUFFICIENT_SECURITY = alertDescription.code('insufficient_security')
const DECODE_ERROR = alertDescription.code('decode_error')
const PROTOCOL_VERSION = alertDescription.code('protocol_version')
/** TLS_NULL_WITH_NULL_NULL must never be negotiated, RFC 5246 §A.5: whoever offers only this is refused. */
const NEVER_ACCEPTED = 0x0000

/**
 * What is asked to understand an unclear answer: the usual suites; the same in a hello that says less; or something that is
 * never accepted, which shows what a refusal looks like.
 */
type Step = 'common' | 'short' | 'bare' | 'style'

const SIMPLER: Readonly<Partial<Record<Step, Step>>> = { common: 'short', short: 'bare' }
const FORMS: Readonly<Partial<Record<Step, HelloForm>>> = { short: 'short', bare: 'bare' }

interface Doubt {
  readonly offer: Offer
  readonly answer: Answer
  readonly step: Step
  readonly tries: number
}

/** Finds the suites of one protocol. */
export class SuiteSearch implements Search {
  readonly removal: Removal
  readonly #options: SuiteSearchOptions
  readonly #again: Offer[] = []
  /** Unclear answers that came while another one was looked into. */
  readonly #unjudged: { offer: Offer; answer: Answer }[] = []
  readonly #tries = new Map<Offer, number>()
  /** An offer that was answered unclearly, and what is asked to understand it. */
  #doubt: Doubt | undefined
  #doubting = false
  #refusal: string | undefined
  /** What was found before the kinds were asked apart; undefined while they are not. */
  #foundBefore: number | undefined
  /** Waits until another search knows whether anything hides. */
  #parked: Offer | undefined
  #busy = 0
  /** Offers that no answer came for, however often they were made. */
  #unheard = 0
  #closed: 'no' | 'refused' | 'given-up' = 'no'
  /** Asks without groups of RFC 7919 from now on. */
  #curvesOnly = false
  #askedCurvesOnly = false

  constructor(options: SuiteSearchOptions) {
    this.#options = options
    this.removal = new Removal(options.candidates, {
      most: Math.min(options.manners.mostSuites, options.candidates.length),
      guess: options.guess,
      // OpenSSL's SSL_OP_PRIORITIZE_CHACHA moves ChaCha20 up for clients that put it first.
      neverFirst: isChaCha,
      kindOf: (code) => suiteByCode(code)?.au ?? '',
    })
  }

  /** How the protocol was refused as a whole, when it was. */
  get refusal(): string | undefined {
    return this.#refusal
  }

  /** What was left was refused by a mere close. */
  get endedByClose(): boolean {
    return this.#options.manners.refusalStyle === 'closed' && this.removal.found.length > 0
  }

  /** Every candidate was accepted or refused. */
  get complete(): boolean {
    if (!this.done) return false
    return this.#closed === 'refused' || (this.#closed === 'no' && this.removal.unknown.length === 0)
  }

  get expected(): number {
    return this.done ? 0 : Math.max(this.#busy > 0 ? 0 : 1, this.removal.expected + this.#again.length)
  }

  get done(): boolean {
    const over =
      this.#busy === 0 &&
      (this.#closed !== 'no' || (this.#doubt === undefined && this.#again.length === 0 && this.#parked === undefined && this.removal.done))
    if (over) this.#conclude()
    return over && !this.#wantsCurvesOnly
  }

  next(speculative: boolean): Ask | undefined {
    if (this.#closed === 'given-up') return undefined
    if (this.#doubt !== undefined) return this.#doubting ? undefined : this.#askInDoubt(this.#doubt)
    if (this.#wantsCurvesOnly && this.#busy === 0 && (this.#closed !== 'no' || this.removal.done)) return this.#askCurvesOnly()
    if (this.#closed !== 'no') return undefined
    this.#unpark()
    const offer = this.#again.shift() ?? this.removal.next(speculative && this.#options.newer.every((search) => search.removal.searched))
    if (offer === undefined) return undefined
    const again = this.#tries.has(offer)
    return { ...this.#ask(offer.items, { again }, (answer) => this.#judge(offer, answer)), speculative: offer.speculative }
  }

  #ask(suites: readonly number[], how: { again?: boolean; form?: HelloForm }, told: (answer: Answer) => void): Ask {
    return {
      speculative: false,
      run: async (ready: ReadyLine) => {
        this.#busy++
        try {
          const { protocol, base, manners } = this.#options
          const groups = this.#curvesOnly ? OLD_CURVES : base.groups
          told(await manners.ask(ready.line, { ...base, groups, protocol, suites }, how))
        } finally {
          this.#busy--
        }
      },
    }
  }

  #askInDoubt({ step }: Doubt): Ask {
    this.#doubting = true
    const form = FORMS[step]
    const suites = step === 'style' ? [NEVER_ACCEPTED] : this.#options.common
    return this.#ask(suites, form === undefined ? {} : { form }, (answer) => this.#understand(suites, answer))
  }

  #judge(offer: Offer, answer: Answer): void {
    const { manners } = this.#options
    if (answer.kind === 'server-hello') return this.#judgeHello(offer, answer)
    if (this.#isRefusal(answer)) return this.#refused(offer, answer)
    // Hellos that say less would not name the server either: whoever answers those is another one to us.
    if (refusesName(answer) && this.removal.found.length === 0) return this.#close(describeAnswer(answer), offer)
    const unheard = answer.kind === 'reset' || answer.kind === 'silent' || answer.kind === 'not-tls'
    // Where something is found already, halves are asked next: only what cannot be halved is asked again.
    const odd = manners.doubts(answer) && (manners.throttled || this.removal.found.length === 0 || offer.items.length === 1)
    if ((unheard || odd) && this.#onceMore(offer)) return
    if (unheard && ++this.#unheard > MAX_UNHEARD) return this.#giveUp(offer, describeAnswer(answer))
    if (unheard && this.removal.found.length === 0) return this.#giveUp(offer, describeAnswer(answer))
    if (styleOf(answer) === manners.refusalStyle) return this.#refusedUnclearly(offer, answer)
    if (this.removal.found.length > 0 && manners.refusalStyle !== undefined) return this.#broke(offer, answer)
    // One doubt at a time: what it teaches may settle this one too.
    if (this.#doubt !== undefined) this.#unjudged.push({ offer, answer })
    else this.#doubt = { offer, answer, tries: 1, step: this.removal.found.length === 0 ? 'common' : 'style' }
  }

  #onceMore(offer: Offer): boolean {
    const tries = (this.#tries.get(offer) ?? 1) + 1
    this.#tries.set(offer, tries)
    if (tries <= TRIES) this.#again.push(offer)
    return tries <= TRIES
  }

  #judgeHello(offer: Offer, answer: Answer & { kind: 'server-hello' }): void {
    const { manners, protocol } = this.#options
    if (answer.version === protocolVersion.code(protocol)) {
      this.removal.chosen(offer, answer.hello.cipherSuite)
      if (manners.fields === 'unknown' && isDhe(answer.hello.cipherSuite)) manners.fields = 'same'
      if (this.removal.foreign.length > MAX_FOREIGN) this.#giveUp(offer)
    } else if (this.removal.found.length === 0) {
      this.#close(`answered with ${protocolVersion.name(answer.version)}`, offer)
    } else {
      this.removal.broke(offer)
    }
  }

  #isRefusal(answer: Answer): boolean {
    if (answer.kind !== 'alert') return false
    const { description } = answer
    if (description === PROTOCOL_VERSION) return this.removal.found.length === 0
    return description === HANDSHAKE_FAILURE || description === INSUFFICIENT_SECURITY
  }

  #refused(offer: Offer, answer: Answer): void {
    if (this.removal.found.length === 0) this.#refusal ??= describeAnswer(answer)
    this.removal.refused(offer)
  }

  /** The answer to the question that was asked because of a doubt. */
  #understand(suites: readonly number[], answer: Answer): void {
    const doubt = this.#doubt
    this.#doubting = false
    if (doubt === undefined) return
    const unheard = answer.kind === 'reset' || answer.kind === 'silent' || this.#options.manners.doubts(answer)
    if (unheard && doubt.tries < TRIES) {
      this.#doubt = { ...doubt, tries: doubt.tries + 1 }
      return
    }
    this.#doubt = undefined
    if (doubt.step === 'style') this.#understandStyle(doubt, answer)
    else this.#learn(doubt, suites, answer)
    if (this.#doubt !== undefined) return
    for (const { offer, answer: other } of this.#unjudged.splice(0)) this.#judge(offer, other)
  }

  #learn(doubt: Doubt, suites: readonly number[], answer: Answer): void {
    const { manners, protocol } = this.#options
    if (answer.kind === 'server-hello' && answer.version === protocolVersion.code(protocol)) {
      manners.form = FORMS[doubt.step] ?? manners.form
      this.removal.chosen({ items: suites, guess: undefined, speculative: false }, answer.hello.cipherSuite)
      // Now that something is found it can be told whether the answer in doubt is how this server refuses.
      return this.#judge(doubt.offer, doubt.answer)
    }
    const simpler = manners.stoodLong || this.#isRefusal(answer) ? undefined : SIMPLER[doubt.step]
    if (simpler !== undefined && protocol !== 'SSLv3') {
      this.#doubt = { ...doubt, step: simpler, tries: 1 }
      return
    }
    if (styleOf(answer) === styleOf(doubt.answer) || this.#isRefusal(answer)) return this.#close(describeAnswer(answer), doubt.offer)
    if (!this.#onceMore(doubt.offer)) this.#giveUp(doubt.offer, describeAnswer(answer))
  }

  /** Is it the way this server refuses everything, or did something in the offer break it? */
  #understandStyle({ offer, answer: doubted }: Doubt, answer: Answer): void {
    const { manners } = this.#options
    manners.refusalStyle = styleOf(answer)
    if (styleOf(doubted) === manners.refusalStyle) return this.#refusedUnclearly(offer, doubted)
    this.#broke(offer, doubted)
  }

  #broke(offer: Offer, answer: Answer): void {
    const { manners } = this.#options
    // What gets no answer even alone stays unknown: only an alert or a close is a no.
    this.removal.broke(offer, answer.kind === 'alert' || answer.kind === 'closed' ? 'broken' : 'unknown')
    const tooLong = answer.kind === 'alert' && answer.description === DECODE_ERROR
    if (tooLong) manners.mostSuites = Math.min(manners.mostSuites, Math.ceil(offer.items.length / 2))
  }

  /** It looks like this server's refusals, and perhaps like its breakdowns too. */
  #refusedUnclearly(offer: Offer, answer: Answer): void {
    const { manners } = this.#options
    // Who resets or keeps still, whatever it is offered, has refused nothing: what is left stays unknown.
    if (answer.kind !== 'closed' && answer.kind !== 'alert') return this.removal.unanswered(offer)
    if (manners.hiding === 'no' || this.#foundBefore !== undefined) return this.#refused(offer, answer)
    if (manners.hiding === 'looking') {
      if (this.#parked === undefined) this.#parked = offer
      else this.#again.push(offer)
      return
    }
    if (manners.hiding === 'unknown') manners.hiding = 'looking'
    this.#foundBefore = this.removal.found.length
    // A kind of which something is found does not break down as a whole, and hides nothing.
    const whole = new Set(this.removal.found.map(hidingKind))
    this.removal.apart(offer, (code) => (whole.has(hidingKind(code)) ? 'found' : hidingKind(code)))
  }

  #unpark(): void {
    const offer = this.#parked
    if (offer === undefined || this.#options.manners.hiding === 'looking') return
    this.#parked = undefined
    this.#refusedUnclearly(offer, { kind: 'closed', bytes: new Uint8Array(0) })
  }

  /** What asking apart has shown holds for the whole server. */
  #conclude(): void {
    const { manners } = this.#options
    if (this.#foundBefore === undefined || manners.hiding !== 'looking') return
    manners.hiding = this.removal.found.length > this.#foundBefore ? 'yes' : 'no'
  }

  /** All that is left stays unknown. */
  #giveUp(offer: Offer, why?: string): void {
    this.removal.unanswered(offer)
    this.#refusal ??= why
    this.#closed = 'given-up'
  }

  /** The protocol as a whole is refused. */
  #close(how: string, offer: Offer): void {
    this.removal.refused(offer)
    this.#refusal = how
    this.#closed = 'refused'
  }

  /** RFC 7919 §4: a server that has none of the groups which a client names refuses DHE to it, and to nobody else. */
  get #wantsCurvesOnly(): boolean {
    const { manners, fields } = this.#options
    if (!fields || this.#askedCurvesOnly || this.#cannotAskFields || manners.fields === 'same') return false
    return !this.removal.found.some(isDhe)
  }

  get #cannotAskFields(): boolean {
    const { manners, protocol } = this.#options
    const vain = this.#refusal === REFUSED_VERSION || this.#refusal === NAME_REFUSAL
    return this.#closed === 'given-up' || protocol === 'SSLv3' || manners.form === 'bare' || vain
  }

  #askCurvesOnly(): Ask | undefined {
    const { manners, protocol, candidates, newer } = this.#options
    // The newest protocol that can tell is asked; the others follow only where it makes a difference.
    if (manners.fields === 'looking') return undefined
    if (manners.fields === 'unknown' && !newer.every((search) => search.#cannotAskFields)) return undefined
    const suites = candidates.filter(isDhe)
    if (manners.fields === 'unknown') manners.fields = 'looking'
    this.#askedCurvesOnly = true
    this.#curvesOnly = true
    return this.#ask(suites, {}, (answer) => {
      const differs = answer.kind === 'server-hello' && answer.version === protocolVersion.code(protocol)
      if (manners.fields === 'looking') manners.fields = differs ? 'differ' : 'same'
      if (!differs) return
      this.#closed = 'no'
      this.removal.add(suites)
      this.removal.chosen({ items: suites, guess: undefined, speculative: false }, answer.hello.cipherSuite)
    })
  }
}

const REFUSED_VERSION = `alert ${alertDescription.name(PROTOCOL_VERSION)}`

function isDhe(code: number): boolean {
  return suiteByCode(code)?.kx === 'DHE'
}

/** Key exchanges that lack something on a server (DH parameters, a certificate of that type) break as a whole. */
function hidingKind(code: number): string {
  const suite = suiteByCode(code)
  const usual = suite !== undefined && USUAL_EXCHANGES.has(suite.kx) && USUAL_AUTHENTICATIONS.has(suite.au) && !suite.exportGrade
  return usual ? `${suite.kx} ${suite.au}` : 'rare'
}

const USUAL_EXCHANGES: ReadonlySet<string> = new Set(['ECDHE', 'DHE', 'RSA'])
const USUAL_AUTHENTICATIONS: ReadonlySet<string> = new Set(['RSA', 'ECDSA', 'DSS', 'anon'])

function isChaCha(suite: number): boolean {
  return (suite >= 0xcca8 && suite <= 0xccae) || (suite >= 0xcc13 && suite <= 0xcc15) || suite === 0x1303
}
