import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import { alertDescription } from '../registry/index.ts'
import { SHORT_GROUPS, SHORT_SCHEMES } from './candidates.ts'
import { Crowd, type Place } from './crowd.ts'
import { describeAnswer, exchange, type Answer } from './exchange.ts'
import { encodeOffer, type HelloOffer } from './hello.ts'
import { keySharesFor } from './key-shares.ts'
import { UNUSED, type Lanes } from './lanes.ts'
import type { Line } from './line.ts'
import { Stood } from './stood.ts'

/**
 * How much a hello says. `short`: lists of groups and schemes that fit into 255 bytes together with a few suites.
 * `bare`: no extensions at all, for servers from before RFC 3546 §2.
 */
export type HelloForm = 'full' | 'short' | 'bare'

export interface MannersOptions {
  /** Milliseconds to wait for the answer of a server that nothing is known of. */
  readonly patience: number
  /** Told of every answer. */
  readonly heard: (offer: HelloOffer, answer: Answer) => void
  readonly lanes: Pick<Lanes, 'throttled' | 'placeOf' | 'alone' | 'crowded' | 'ended' | 'insist'>
}

/** A server that has answered so often is known well enough to wait less for it. */
const ANSWERS_TO_KNOW = 8
/** How much slower than the slowest answer so far an answer may be. */
const SLACK = 10
/** Nobody is given less than this part of the patience for strangers. */
const LEAST_PATIENCE = 0.4
/** So many ends in a row may mean that nobody is served any more. */
const FALTERING = 2
/** So many questions of all searches for suites may tell of no new one: the oddest servers known need 200. */
const MOST_VAIN = 300
/** So many answers in a row that are no refusals of the known style are rather its refusals. */
const ODD_TO_ASK_ANEW = 8
/** So many refusals in a row, with something accepted behind them, are more than lists have ends at one time. */
const SPELL = 3
/** RFC 7685 §1: there are servers that hang on hellos of 256 to 511 bytes. */
const LONG_HELLO = 512

const PROTOCOL_VERSION = alertDescription.code('protocol_version')
const REFUSALS: ReadonlySet<number> = new Set(
  (['handshake_failure', 'insufficient_security', 'protocol_version'] as const).map((name) => alertDescription.code(name)),
)

/** What all searches on one server share: how it likes its hellos, how it refuses, and how long it takes to answer. */
export class Manners {
  /** The most suites that one hello may have. Shrinks when the server turns out not to stand more. */
  mostSuites: number = Number.POSITIVE_INFINITY
  form: HelloForm = 'full'
  /** How this server refuses a hello that offers nothing it knows, once that has been asked; see `styleOf()`. */
  refusalStyle: string | undefined
  /**
   * Where a refusal looks like a breakdown (Dovecot closes for both): whether suites that break the handshake hide others.
   * `looking`: one search is finding out, the others wait for it.
   */
  hiding: 'unknown' | 'looking' | 'no' | 'yes' = 'unknown'
  /** The search that finds out what to make of an unclear answer: what it learns may settle those of others, which wait. */
  inDoubt: object | undefined
  /** The kinds of suites that do, once it is known that some do. */
  readonly hiders: Set<string> = new Set()
  /** Whether DHE is refused to clients that name groups of RFC 7919 and none that the server has, §4. `looking`: as above. */
  fields: 'unknown' | 'looking' | 'same' | 'differ' = 'unknown'
  /**
   * Whether something accepted was answered behind a list that is refused: refusals are for what is in the list. `always`: that was
   * not so once, and every refusal is controlled. `looking`: as above.
   */
  control: 'unknown' | 'looking' | 'done' | 'always' = 'unknown'
  /** Looks for what has whole lists refused; the others wait. */
  hunter: object | undefined
  /** Suites whose mere presence in a hello has it refused. */
  readonly poison: Set<number> = new Set()
  /** The server refuses what it used to accept: nothing more can be learned from it. */
  hadEnough: boolean = false
  /** Some version that is served was refused for what was offered, as if it were not served. */
  versionsDoubtful: boolean = false
  /** Its way to refuse has been asked for anew, because many answers were of another one. */
  askedStyleAnew: boolean = false
  /** The server takes no hello for TLS 1.3 without key shares, RFC 8446 §4.2.8: they are made for the groups that are offered. */
  needsKeyShares: boolean = false
  readonly #options: MannersOptions
  #vain = 0
  #oddInARow = 0
  #pads = false
  #alerts = false
  #stoodLong = false
  #answers = 0
  #slowest = 0
  #endsInARow = 0
  #refusalsInARow = 0
  #row = 0
  #firstRow = 0
  readonly #spells = new Set<number>()
  readonly #stood = new Stood()
  readonly #crowd = new Crowd()
  #overrunAt = 0

  constructor(options: MannersOptions) {
    this.#options = options
  }

  /** Milliseconds to wait for an answer: less for a server that is known to be quick. */
  get patience(): number {
    const { patience } = this.#options
    if (this.#answers < ANSWERS_TO_KNOW) return patience
    return Math.min(patience, Math.max(patience * LEAST_PATIENCE, this.#slowest * SLACK))
  }

  /** A hello of 512 bytes or more was answered with a ServerHello: its length is no trouble. */
  get stoodLong(): boolean {
    return this.#stoodLong
  }

  /** Nothing but ends was heard of late. */
  get falters(): boolean {
    return this.#endsInARow >= FALTERING
  }

  /** How many answers in a row, up to the last one, were no more than refusals or ends. That a version is not spoken is a clear word. */
  get refusalsInARow(): number {
    return this.#refusalsInARow
  }

  /** Whether hellos that were answered show that this one is refused for what it offers: neither for a suite in it, nor for its length. */
  stood(offer: HelloOffer): boolean {
    return this.#stood.whole(...this.#measured(offer))
  }

  /** Whether a hello that was no shorter was answered. */
  stoodLength(offer: HelloOffer): boolean {
    return this.#stood.length(...this.#measured(offer))
  }

  /** A question of a search for suites has told of no new one. Beyond a bound whatever is still open stays so. */
  inVain(): void {
    if (++this.#vain > MOST_VAIN) this.hadEnough = true
  }

  /** An answer was one of the server's refusals, as far as they are known, or was none. Too many that are none speak against what is known. */
  styled(odd: boolean): void {
    this.#oddInARow = odd ? this.#oddInARow + 1 : 0
    if (this.#oddInARow < ODD_TO_ASK_ANEW || this.askedStyleAnew) return
    this.askedStyleAnew = true
    this.refusalStyle = undefined
  }

  /** Why the searches for suites gave up, when they did. */
  get problem(): PosternError | undefined {
    if (!this.hadEnough) return undefined
    const seen = this.#vain > MOST_VAIN ? `${MOST_VAIN} questions told nothing new` : 'the server refused what it had accepted'
    return new PosternError('peer', 'ANSWERS_CHANGE', `Cannot find every suite: answers change from connection to connection (${seen})`, {
      remedy: 'Several servers behind one address? Audit each by its own address. Else try again later, or with --parallel 1.',
    })
  }

  /** A hello was answered with a ServerHello, or with no more than a refusal or an end. */
  met({ served }: { readonly served: boolean }): void {
    if (served && this.#refusalsInARow >= SPELL && this.#row >= this.#firstRow) this.#spells.add(this.#row)
    if (served) this.#row++
    this.#refusalsInARow = served ? 0 : this.#refusalsInARow + 1
  }

  /** Counts the rows of answers that were no more than refusals or ends. */
  get row(): number {
    return this.#row
  }

  /** The searches so far are over: whatever is accepted from now on makes no spell of what they heard. */
  settleRows(): void {
    this.#firstRow = this.#row + 1
  }

  /** So much was refused in this row, and then accepted again, that the server may have refused everything for a spell. */
  wasSpell(row: number): boolean {
    return this.#spells.has(row)
  }

  get throttled(): boolean {
    return this.#options.lanes.throttled > 0
  }

  /**
   * Whether an answer may come from a server that has had enough, and not from one that refuses: a mere close, where it has
   * turned others away, or where it says its refusals in alerts.
   */
  doubts(answer: Answer): boolean {
    return answer.kind === 'closed' && this.refusalStyle !== 'closed' && (this.#alerts || this.throttled)
  }

  /** Says a hello in the form that the server stands, and hears the answer. `again`: the same was met with no answer before. */
  async ask(
    line: Line,
    offer: HelloOffer,
    { again = false, form = this.form }: { again?: boolean; form?: HelloForm } = {},
  ): Promise<Answer> {
    const shaped = this.#shape(offer, form)
    const plain = encodeOffer(shaped)
    const padded = encodeOffer({ ...shaped, pad: true })
    const pads = padded.length > plain.length && (this.#pads || again)
    const answer = await this.say(line, pads ? padded : plain)
    if (pads && answer.kind !== 'silent') this.#pads = true
    if (answer.kind === 'server-hello') this.#stood.answered(shaped, plain.length)
    this.#options.heard(shaped, answer)
    return answer
  }

  #shape(offer: HelloOffer, form: HelloForm): HelloOffer {
    const shaped = shape(offer, form)
    if (!this.needsKeyShares || offer.protocol !== 'TLSv1.3' || (offer.keyShares ?? []).length > 0) return shaped
    return { ...shaped, keyShares: keySharesFor(shaped.groups) }
  }

  #measured(offer: HelloOffer): [offer: HelloOffer, bytes: number] {
    const shaped = this.#shape(offer, this.form)
    return [shaped, encodeOffer(shaped).length]
  }

  /** Says these bytes and hears the answer. An end that may have come because too many connections were open is made sure of alone. */
  async say(line: Line, hello: Uint8Array, patience: number = this.patience): Promise<Answer> {
    const { lanes } = this.#options
    const began = performance.now()
    const place = lanes.placeOf(line)
    const answer = await this.#exchange(line, hello, patience)
    if (!isEnd(answer) && answer.kind !== 'silent') this.#crowd.answered(place)
    if (!isEnd(answer) || !this.#suspects(place)) return answer
    try {
      const again = await lanes.alone(line, async (ready) => (this.#suspects(place) ? this.#exchange(ready.line, hello, patience) : UNUSED))
      if (again === UNUSED) return answer
      if (again.kind !== answer.kind) this.#overrun(began)
      return again
    } catch (error) {
      if (!(error instanceof PosternError) || error.fault === 'bug' || lanes.ended !== undefined) throw error
      return { kind: 'reset', bytes: new Uint8Array(0) }
    }
  }

  #suspects(place: Place): boolean {
    return this.throttled || this.#crowd.isTooLarge(place)
  }

  /** Slows down, once for all questions that were under way together. */
  #overrun(began: number): void {
    if (began > this.#overrunAt) this.#options.lanes.crowded()
    this.#overrunAt = performance.now()
  }

  async #exchange(line: Line, hello: Uint8Array, patience: number): Promise<Answer> {
    let began = 0
    const answer = await this.#options.lanes.insist(line, (one) => {
      began = performance.now()
      return exchange(one, hello, patience)
    })
    // It was not the server who ended this one: that would be a refusal.
    if (isEnd(answer) && this.#options.lanes.ended !== undefined) throw this.#options.lanes.ended
    this.#learn(answer, performance.now() - began, hello.length)
    return answer
  }

  #learn(answer: Answer, took: number, length: number): void {
    if (answer.kind === 'alert' && REFUSALS.has(answer.description)) this.#alerts = true
    if (answer.kind === 'server-hello' && length >= LONG_HELLO) this.#stoodLong = true
    this.#endsInARow = isEnd(answer) ? this.#endsInARow + 1 : 0
    if (answer.kind !== 'alert' || answer.description !== PROTOCOL_VERSION) this.met({ served: answer.kind === 'server-hello' })
    if (answer.kind === 'silent') return
    this.#answers++
    this.#slowest = Math.max(this.#slowest, took)
  }
}

function isEnd({ kind }: Answer): boolean {
  return kind === 'closed' || kind === 'reset'
}

/** An answer as a way to refuse: two answers with the same style are the same to us. */
export function styleOf(answer: Answer): string {
  return answer.kind === 'alert' ? describeAnswer(answer) : answer.kind
}

function shape(offer: HelloOffer, form: HelloForm): HelloOffer {
  if (form === 'full') return offer
  if (form === 'bare') return { ...offer, bare: true }
  return {
    ...offer,
    groups: offer.groups.filter((group) => SHORT_GROUPS.includes(group)),
    signatureSchemes: offer.signatureSchemes.filter((scheme) => SHORT_SCHEMES.includes(scheme)),
  }
}
