import { alertDescription, protocolVersion, suiteByCode } from '../registry/index.ts'
import { OLD_CURVES } from './candidates.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import type { ReadyLine } from './lanes.ts'
import { styleOf, type HelloForm } from './manners.ts'
import { REFUSED_VERSION, refusesName } from './refusals.ts'
import { FieldsQuestion } from './fields-question.ts'
import { Hiding } from './hiding.ts'
import { RefusalControl, type ControlStep, type Verdict } from './refusal-control.ts'
import { Removal, type Offer } from './removal.ts'
import { Retries } from './retries.ts'
import type { Ask, Search } from './search.ts'
import { FORMS, isControl, isRefusal, NEVER_ACCEPTED, SIMPLER, type Doubt, type Heard } from './suite-doubt.ts'
import { isChaCha, isDhe } from './suite-kinds.ts'
import { SecondLook } from './second-look.ts'
import type { SuiteSearchOptions } from './suite-search-options.ts'

/** A question that got no clear answer is asked so many times in all. */
const TRIES = 3
/** A server that keeps still so often, or resets, whatever it is offered, is not asked any further. */
const MAX_UNHEARD = 16
/** Choices that were never offered: beyond this the server is not worth asking. */
const MAX_FOREIGN = 3
const DECODE_ERROR = alertDescription.code('decode_error')

/** Finds the suites of one protocol. */
export class SuiteSearch implements Search {
  readonly removal: Removal
  readonly fields: FieldsQuestion
  readonly #options: SuiteSearchOptions
  readonly #again = new Retries(TRIES)
  /** Unclear answers that came while another one was looked into. */
  readonly #unjudged: Heard[] = []
  /** An offer that was answered unclearly, and what is asked to understand it. */
  #doubt: Doubt | undefined
  #doubting = false
  #refusal: string | undefined
  readonly #hiding: Hiding
  readonly #secondLook: SecondLook
  /** Waits until another search knows whether anything hides. */
  #parked: Offer | undefined
  #busy = 0
  /** Offers that no answer came for, however often they were made. */
  #unheard = 0
  #closed: 'no' | 'refused' | 'given-up' = 'no'
  readonly #control: RefusalControl
  /** Refused, and believed when another search has found out whether refusals can be. */
  readonly #waiting: Heard[] = []

  constructor(options: SuiteSearchOptions) {
    this.#options = options
    this.removal = new Removal(options.candidates, {
      most: Math.min(options.manners.mostSuites, options.candidates.length),
      guess: options.guess,
      // OpenSSL's SSL_OP_PRIORITIZE_CHACHA moves ChaCha20 up for clients that put it first.
      neverFirst: isChaCha,
      kindOf: (code) => suiteByCode(code)?.au ?? '',
    })
    this.fields = new FieldsQuestion(options, this.removal, () => ({ refusal: this.#refusal, givenUp: this.#closed === 'given-up' }))
    this.#secondLook = new SecondLook(options.manners)
    this.#hiding = new Hiding(options.manners, this.removal, options.candidates)
    this.#control = new RefusalControl({ ...options, awaited: () => this.#hiding.looking }, this.removal)
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
    this.#heed()
    const over =
      this.#busy === 0 &&
      (this.#closed !== 'no' || (this.#doubt === undefined && this.#again.length === 0 && this.#parked === undefined && this.removal.done))
    return over && this.#hiding.concluded() && !this.fields.wanted && !this.#secondLook.wanted
  }

  next(speculative: boolean): Ask | undefined {
    this.#heed()
    if (this.#closed === 'given-up') return undefined
    if (this.#doubt !== undefined) return this.#doubting ? undefined : this.#askInDoubt(this.#doubt)
    if (this.#busy === 0 && this.removal.done && !this.#hiding.concluded()) return this.#askWhatHides()
    if (this.fields.wanted && this.#busy === 0 && (this.#closed !== 'no' || this.removal.done)) return this.#askCurvesOnly()
    if (this.#secondLook.wanted && this.#busy === 0 && (this.#closed !== 'no' || this.removal.done)) this.#lookAgain()
    if (this.#closed !== 'no') return undefined
    this.#unpark()
    // Whatever is found out about the answers that wait would be guessed wrongly now.
    if (this.#unjudged.length + this.#waiting.length > 0 || this.#parked !== undefined) return undefined
    const offer = this.#again.shift() ?? this.removal.next(speculative && this.#options.newer.every((search) => search.removal.searched))
    if (offer === undefined) return undefined
    return {
      ...this.#ask(offer.items, { again: this.#again.has(offer) }, (answer) => this.#judge(offer, answer)),
      speculative: offer.speculative,
    }
  }

  #ask(suites: readonly number[], how: { again?: boolean; form?: HelloForm }, told: (answer: Answer) => void): Ask {
    return {
      speculative: false,
      run: async (ready: ReadyLine) => {
        this.#busy++
        try {
          const { protocol, base, manners } = this.#options
          const groups = this.fields.asked ? OLD_CURVES : base.groups
          const before = this.removal.found.length
          told(await manners.ask(ready.line, { ...base, groups, protocol, suites }, how))
          if (this.removal.found.length === before) manners.inVain()
        } finally {
          this.#busy--
        }
      },
    }
  }

  #askWhatHides(): Ask | undefined {
    const suites = this.#hiding.question
    if (suites === undefined) return undefined
    return this.#ask(suites, {}, (answer) => {
      this.#hiding.answered(answer.kind === 'server-hello' && answer.version === protocolVersion.code(this.#options.protocol))
    })
  }

  #askInDoubt({ step, offer }: Doubt): Ask {
    this.#doubting = true
    const form = FORMS[step]
    const usual = { suites: step === 'style' ? [NEVER_ACCEPTED] : this.#options.common, ...(form === undefined ? {} : { form }) }
    const { suites, ...how } = isControl(step) ? this.#control.question(step, offer) : usual
    return this.#ask(suites, how, (answer) => this.#understand(suites, answer))
  }

  #judge(offer: Offer, answer: Answer): void {
    const { manners } = this.#options
    if (answer.kind === 'server-hello') return this.#judgeHello(offer, answer)
    if (isRefusal(answer, this.removal)) return this.#judgeRefusal(offer, answer)
    // Hellos that say less would not name the server either: whoever answers those is another one to us.
    if (refusesName(answer) && this.removal.found.length === 0) return this.#close(describeAnswer(answer), offer)
    const unheard = answer.kind === 'reset' || answer.kind === 'silent' || answer.kind === 'not-tls'
    // Where something is found already, halves are asked next: only what cannot be halved is asked again.
    const odd = manners.doubts(answer) && (manners.throttled || this.removal.found.length === 0 || offer.items.length === 1)
    if ((unheard || odd) && this.#again.onceMore(offer)) return
    if (unheard && ++this.#unheard > MAX_UNHEARD) return this.#giveUp(offer, describeAnswer(answer))
    if (unheard && this.removal.found.length === 0) return this.#giveUp(offer, describeAnswer(answer))
    if (manners.refusalStyle !== undefined) manners.styled(styleOf(answer) !== manners.refusalStyle)
    if (styleOf(answer) === manners.refusalStyle) return this.#refusedUnclearly(offer, answer)
    if (this.removal.found.length > 0 && manners.refusalStyle !== undefined) return this.#broke(offer, answer)
    // One doubt at a time: what it teaches may settle this one too.
    manners.inDoubt ??= this
    if (this.#doubt !== undefined || manners.inDoubt !== this) this.#unjudged.push({ offer, answer })
    else this.#doubt = { offer, answer, tries: 1, step: this.removal.found.length === 0 ? 'common' : 'style' }
  }

  #judgeHello(offer: Offer, answer: Answer & { kind: 'server-hello' }): void {
    const { protocol } = this.#options
    if (answer.version === protocolVersion.code(protocol)) {
      this.#chosen(offer, answer.hello.cipherSuite)
      if (this.removal.foreign.length > MAX_FOREIGN) this.#giveUp(offer)
    } else if (this.removal.found.length === 0) {
      this.#close(`answered with ${protocolVersion.name(answer.version)}`, offer)
    } else {
      this.removal.broke(offer)
    }
  }

  #chosen(offer: Offer, suite: number): void {
    const { manners } = this.#options
    this.removal.chosen(offer, suite)
    if (manners.fields === 'unknown' && isDhe(suite)) manners.fields = 'same'
  }

  #judgeRefusal(offer: Offer, answer: Answer): void {
    if (offer.comparison === true) return this.#refused(offer, answer)
    if (this.#doubt !== undefined) this.#unjudged.push({ offer, answer })
    else this.#settle(offer, answer, describeAnswer(answer) === REFUSED_VERSION ? this.#ofVersion() : this.#control.of(offer))
  }

  /** That a version is not spoken is a clear word, and asked again only for the newest; for others where that was not to be trusted. */
  #ofVersion(): Verdict | ControlStep {
    const { protocol, newer, manners } = this.#options
    if (newer.slice(0, 1).some((newest) => !newest.#isSettled)) return 'wait'
    return protocol === 'TLSv1.2' || manners.versionsDoubtful ? (this.#control.second ?? 'believe') : 'believe'
  }

  get #isSettled(): boolean {
    return this.removal.found.length > 0 || this.#closed !== 'no' || this.removal.done
  }

  #settle(offer: Offer, answer: Answer, verdict: Verdict | ControlStep): void {
    switch (verdict) {
      case 'believe':
        if (this.removal.found.length === 0 && !isRefusal(answer, this.removal)) return this.#close(describeAnswer(answer), offer)
        return this.#refused(offer, answer)
      case 'break':
        this.#control.blame(offer)
        return this.removal.broke(offer)
      case 'part':
        this.removal.apart(offer, (suite) => (this.#options.manners.poison.has(suite) ? 'poison' : ''))
        return
      case 'wait':
        this.#waiting.push({ offer, answer })
        return
      case 'give-up':
        return this.#giveUp(offer, describeAnswer(answer))
      default:
        this.#doubt = { offer, answer, step: verdict, tries: 1 }
    }
  }

  #lookAgain(): void {
    this.#closed = 'no'
    this.#refusal = undefined
    this.removal.add(this.#secondLook.take())
  }

  #refused(offer: Offer, answer: Answer): void {
    this.#secondLook.refused(offer.items)
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
    if (isControl(doubt.step)) this.#understandControl(doubt, doubt.step, suites, answer)
    else if (doubt.step === 'style') this.#understandStyle(doubt, answer)
    else this.#learn(doubt, suites, answer)
    if (this.#doubt !== undefined) return
    this.#heed()
  }

  #understandControl({ offer, answer: refusal }: Doubt, step: ControlStep, suites: readonly number[], answer: Answer): void {
    const { protocol } = this.#options
    if (answer.kind === 'server-hello' && answer.version === protocolVersion.code(protocol) && step !== 'filler') {
      this.#chosen({ items: suites, guess: undefined, speculative: false }, answer.hello.cipherSuite)
    }
    const verdict = this.#control.heard(step, offer, answer)
    const asks = verdict === 'usual' || verdict === 'harmless-ecdsa'
    // Only alerts that refuse can be controlled any further.
    if (!asks && this.removal.found.length > 0 && !isRefusal(refusal, this.removal)) return this.#judge(offer, refusal)
    this.#settle(offer, refusal, verdict)
  }

  #learn(doubt: Doubt, suites: readonly number[], answer: Answer): void {
    const { manners, protocol } = this.#options
    if (answer.kind === 'server-hello' && answer.version === protocolVersion.code(protocol)) {
      manners.form = FORMS[doubt.step] ?? manners.form
      this.#chosen({ items: suites, guess: undefined, speculative: false }, answer.hello.cipherSuite)
      // Now that something is found it can be told whether the answer in doubt is how this server refuses.
      return this.#judge(doubt.offer, doubt.answer)
    }
    const simpler = manners.stoodLong || isRefusal(answer, this.removal) ? undefined : SIMPLER[doubt.step]
    if (simpler !== undefined && protocol !== 'SSLv3') {
      this.#doubt = { ...doubt, step: simpler, tries: 1 }
      return
    }
    if (styleOf(answer) === styleOf(doubt.answer) || isRefusal(answer, this.removal))
      return this.#settle(doubt.offer, answer, this.#control.second ?? 'believe')
    if (!this.#again.onceMore(doubt.offer)) this.#giveUp(doubt.offer, describeAnswer(answer))
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
    // Who resets or keeps still, whatever it is offered, has refused nothing: what is left stays unknown.
    if (answer.kind !== 'closed' && answer.kind !== 'alert') return this.removal.unanswered(offer)
    const hidden = this.#hiding.of(offer)
    if (hidden === 'believe') return this.#refused(offer, answer)
    if (hidden === 'apart') return
    if (this.#parked === undefined) this.#parked = offer
    else this.#again.push(offer)
  }

  /** What the other searches have found out in the meantime. */
  #heed(): void {
    const { manners } = this.#options
    if (manners.hadEnough && this.#closed === 'no' && !this.removal.done) this.#closed = 'given-up'
    if (this.#closed === 'given-up') for (const one of [this.#hiding, this.#secondLook]) one.giveUp()
    if (this.#closed !== 'no' || (this.removal.done && this.#doubt === undefined)) this.#control.release()
    if (manners.inDoubt === this && (this.#doubt === undefined || this.#closed !== 'no')) manners.inDoubt = undefined
    if (manners.inDoubt === undefined && this.#doubt === undefined) {
      for (const { offer, answer } of this.#unjudged.splice(0)) this.#judge(offer, answer)
    }
    this.removal.limit(manners.mostSuites)
    if (this.#waiting.length > 0 && !this.#control.mustWait)
      for (const { offer, answer } of this.#waiting.splice(0)) this.#judge(offer, answer)
  }

  #unpark(): void {
    const offer = this.#parked
    if (offer === undefined || this.#options.manners.hiding === 'looking') return
    this.#parked = undefined
    this.#refusedUnclearly(offer, { kind: 'closed', bytes: new Uint8Array(0) })
  }

  /** All that is left stays unknown. */
  #giveUp(offer: Offer, why?: string): void {
    this.removal.unanswered(offer)
    this.#refusal ??= why
    this.#closed = 'given-up'
  }

  /** The protocol as a whole is refused. */
  #close(how: string, offer: Offer): void {
    this.#secondLook.refused(offer.items)
    this.removal.refused(offer)
    this.#refusal = how
    this.#closed = 'refused'
  }

  #askCurvesOnly(): Ask | undefined {
    const suites = this.fields.begin()
    if (suites === undefined) return undefined
    return this.#ask(suites, {}, (answer) => {
      const differs = answer.kind === 'server-hello' && answer.version === protocolVersion.code(this.#options.protocol)
      this.fields.answered(differs)
      if (!differs) return
      this.#closed = 'no'
      this.removal.add(suites)
      this.#chosen({ items: suites, guess: undefined, speculative: false }, answer.hello.cipherSuite)
    })
  }
}
