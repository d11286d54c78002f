import { alertDescription, protocolVersion, suiteByCode } from '../registry/index.ts'
import { describeAnswer, exchange, type Answer } from './exchange.ts'
import { encodeOffer, type HelloOffer, type HelloProtocol } from './hello.ts'
import type { ReadyLine } from './lanes.ts'
import { Removal, type Guess, type Offer } from './removal.ts'
import type { Ask, Search } from './search.ts'

/** What all searches on one server share: how it likes its hellos, and how long it takes to answer. */
export interface Manners {
  /** The most suites that one hello may have. Shrinks when the server turns out not to stand more. */
  mostSuites: number
  /** Milliseconds to wait for an answer. */
  readonly patience: number
  /** How this server refuses a hello that offers nothing it knows, once that has been asked. */
  refusalStyle: string | undefined
  /**
   * Where a refusal looks like a breakdown (Dovecot closes for both): whether suites that break the handshake hide others.
   * `looking`: one search is finding out, the others wait for it.
   */
  hiding: 'unknown' | 'looking' | 'no' | 'yes'
  /** Told of every answer. */
  readonly heard: (offer: HelloOffer, answer: Answer) => void
}

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
  readonly newer: readonly { readonly searched: boolean }[]
}

/** A question that got no clear answer is asked so many times in all. */
const TRIES = 3
/** Choices that were never offered: beyond this the server is not worth asking. */
const MAX_FOREIGN = 3
const HANDSHAKE_FAILURE = alertDescription.code('handshake_failure')
const INSUFFICIENT_SECURITY = alertDescription.code('insufficient_security')
const DECODE_ERROR = alertDescription.code('decode_error')
const PROTOCOL_VERSION = alertDescription.code('protocol_version')
/** TLS_NULL_WITH_NULL_NULL must never be negotiated, RFC 5246 §A.5: whoever offers only this is refused. */
const NEVER_ACCEPTED = 0x0000

type Step = 'search' | 'common' | 'style'

/** Finds the suites of one protocol. */
export class SuiteSearch implements Search {
  readonly removal: Removal
  readonly #options: SuiteSearchOptions
  readonly #again: Offer[] = []
  /** Unclear answers that came while another one was looked into. */
  readonly #unjudged: { offer: Offer; answer: Answer }[] = []
  readonly #tries = new Map<Offer, number>()
  /** An offer that was answered unclearly, and what is asked to understand it. */
  #doubt: { offer: Offer; step: Step; answer: Answer; busy: boolean } | undefined
  #refusal: string | undefined
  /** What was found before the kinds were asked apart; undefined while they are not. */
  #foundBefore: number | undefined
  /** Waits until another search knows whether anything hides. */
  #parked: Offer | undefined
  #busy = 0
  #closed = false

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

  get expected(): number {
    return this.done ? 0 : Math.max(this.#busy > 0 ? 0 : 1, this.removal.expected + this.#again.length)
  }

  get done(): boolean {
    const over =
      this.#busy === 0 &&
      (this.#closed || (this.#doubt === undefined && this.#again.length === 0 && this.#parked === undefined && this.removal.done))
    if (over) this.#conclude()
    return over
  }

  next(speculative: boolean): Ask | undefined {
    if (this.#closed) return undefined
    if (this.#doubt !== undefined) {
      if (this.#doubt.busy) return undefined
      this.#doubt.busy = true
      return this.#ask(this.#doubt.step === 'style' ? [NEVER_ACCEPTED] : this.#options.common, (answer) => this.#understand(answer))
    }
    this.#unpark()
    const offer = this.#again.shift() ?? this.removal.next(speculative && this.#options.newer.every((search) => search.searched))
    if (offer === undefined) return undefined
    return { ...this.#ask(offer.items, (answer) => this.#judge(offer, answer)), speculative: offer.speculative }
  }

  #ask(suites: readonly number[], told: (answer: Answer) => void): Ask {
    return {
      speculative: false,
      run: async (ready: ReadyLine) => {
        this.#busy++
        try {
          const { protocol, base, manners } = this.#options
          const offer = { ...base, protocol, suites }
          const answer = await exchange(ready.line, encodeOffer(offer), manners.patience)
          manners.heard(offer, answer)
          told(answer)
        } finally {
          this.#busy--
        }
      },
    }
  }

  #judge(offer: Offer, answer: Answer): void {
    if (answer.kind === 'server-hello') return this.#judgeHello(offer, answer)
    if (answer.kind === 'reset' || answer.kind === 'silent' || answer.kind === 'not-tls') return this.#tryAgain(offer, answer)
    if (this.#isRefusal(answer)) return this.#refused(offer, answer)
    if (describeAnswer(answer) === this.#options.manners.refusalStyle) return this.#refusedUnclearly(offer)
    // One doubt at a time: what it teaches may settle this one too.
    if (this.#doubt !== undefined) this.#unjudged.push({ offer, answer })
    else this.#doubt = { offer, answer, busy: false, step: this.removal.found.length === 0 ? 'common' : 'style' }
  }

  #judgeHello(offer: Offer, answer: Answer & { kind: 'server-hello' }): void {
    const version = protocolVersion.code(this.#options.protocol)
    if (answer.version === version) {
      this.removal.chosen(offer, answer.hello.cipherSuite)
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
  #understand(answer: Answer): void {
    const doubt = this.#doubt
    if (doubt === undefined) return
    this.#doubt = undefined
    this.#learn(doubt, answer)
    for (const { offer, answer: other } of this.#unjudged.splice(0)) this.#judge(offer, other)
  }

  #learn(doubt: { offer: Offer; step: Step; answer: Answer }, answer: Answer): void {
    if (doubt.step === 'style') return this.#understandStyle(doubt, answer)
    const known = answer.kind === 'server-hello' && answer.version === protocolVersion.code(this.#options.protocol)
    if (known) return this.#tooLong(doubt)
    const same = describeAnswer(answer) === describeAnswer(doubt.answer)
    if (same || this.#isRefusal(answer)) return this.#close(describeAnswer(answer), doubt.offer)
    this.#tryAgain(doubt.offer, answer)
  }

  /** The usual suites alone were accepted: the long list itself was the trouble, or something in it. */
  #tooLong(doubt: { offer: Offer; answer: Answer }): void {
    const { manners } = this.#options
    if (doubt.answer.kind === 'closed') {
      manners.hiding = 'yes'
      this.#foundBefore = 0
      this.removal.apart(doubt.offer, hidingKind)
      return
    }
    this.removal.broke(doubt.offer)
    if (doubt.answer.kind === 'alert' && doubt.answer.description === DECODE_ERROR) {
      manners.mostSuites = Math.min(manners.mostSuites, Math.ceil(doubt.offer.items.length / 2))
    }
  }

  /** Is it the way this server refuses everything, or did something in the offer break it? */
  #understandStyle(doubt: { offer: Offer; answer: Answer }, answer: Answer): void {
    this.#options.manners.refusalStyle = describeAnswer(answer)
    if (describeAnswer(doubt.answer) === this.#options.manners.refusalStyle) this.#refusedUnclearly(doubt.offer)
    else this.removal.broke(doubt.offer)
  }

  /** It looks like this server's refusals, and perhaps like its breakdowns too. */
  #refusedUnclearly(offer: Offer): void {
    const { manners } = this.#options
    if (manners.hiding === 'no' || this.#foundBefore !== undefined) return this.removal.refused(offer)
    if (manners.hiding === 'looking') {
      if (this.#parked === undefined) this.#parked = offer
      else this.#again.push(offer)
      return
    }
    if (manners.hiding === 'unknown') manners.hiding = 'looking'
    this.#foundBefore = this.removal.found.length
    this.removal.apart(offer, hidingKind)
  }

  #unpark(): void {
    const offer = this.#parked
    if (offer === undefined || this.#options.manners.hiding === 'looking') return
    this.#parked = undefined
    this.#refusedUnclearly(offer)
  }

  /** What asking apart has shown holds for the whole server. */
  #conclude(): void {
    const { manners } = this.#options
    if (this.#foundBefore === undefined || manners.hiding !== 'looking') return
    manners.hiding = this.removal.found.length > this.#foundBefore ? 'yes' : 'no'
  }

  #tryAgain(offer: Offer, answer: Answer): void {
    const tries = (this.#tries.get(offer) ?? 1) + 1
    this.#tries.set(offer, tries)
    if (tries <= TRIES) this.#again.push(offer)
    else if (this.removal.found.length === 0) this.#giveUp(offer, describeAnswer(answer))
    // What gets no answer even alone stays unknown: only an alert or a close is a no.
    else this.removal.broke(offer, 'unknown')
  }

  /** All that is left stays unknown. */
  #giveUp(offer: Offer, why?: string): void {
    this.removal.unanswered(offer)
    this.#refusal ??= why
    this.#closed = true
  }

  /** The protocol as a whole is refused. */
  #close(how: string, offer: Offer): void {
    this.removal.refused(offer)
    this.#refusal = how
    this.#closed = true
  }
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
