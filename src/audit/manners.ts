import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import { alertDescription } from '../registry/index.ts'
import { SHORT_GROUPS, SHORT_SCHEMES } from './candidates.ts'
import { Crowd, type Place } from './crowd.ts'
import { describeAnswer, exchange, type Answer } from './exchange.ts'
import { encodeOffer, type HelloOffer } from './hello.ts'
import { UNUSED, type Lanes } from './lanes.ts'
import type { Line } from './line.ts'

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
  readonly lanes: Pick<Lanes, 'throttled' | 'placeOf' | 'alone' | 'crowded' | 'ended'>
}

/** A server that has answered so often is known well enough to wait less for it. */
const ANSWERS_TO_KNOW = 8
/** How much slower than the slowest answer so far an answer may be. */
const SLACK = 10
/** Nobody is given less than this part of the patience for strangers. */
const LEAST_PATIENCE = 0.4
/** So many ends in a row may mean that nobody is served any more. */
const FALTERING = 2
/** RFC 7685 §1: there are servers that hang on hellos of 256 to 511 bytes. */
const LONG_HELLO = 512

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
  /** Whether DHE is refused to clients that name groups of RFC 7919 and none that the server has, §4. `looking`: as above. */
  fields: 'unknown' | 'looking' | 'same' | 'differ' = 'unknown'
  readonly #options: MannersOptions
  #pads = false
  #alerts = false
  #stoodLong = false
  #answers = 0
  #slowest = 0
  #endsInARow = 0
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
    const shaped = shape(offer, form)
    const plain = encodeOffer(shaped)
    const padded = encodeOffer({ ...shaped, pad: true })
    const pads = padded.length > plain.length && (this.#pads || again)
    const answer = await this.say(line, pads ? padded : plain)
    if (pads && answer.kind !== 'silent') this.#pads = true
    this.#options.heard(shaped, answer)
    return answer
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
    const began = performance.now()
    const answer = await exchange(line, hello, patience)
    // It was not the server who ended this one: that would be a refusal.
    if (isEnd(answer) && this.#options.lanes.ended !== undefined) throw this.#options.lanes.ended
    this.#learn(answer, performance.now() - began, hello.length)
    return answer
  }

  #learn(answer: Answer, took: number, length: number): void {
    if (answer.kind === 'alert' && REFUSALS.has(answer.description)) this.#alerts = true
    if (answer.kind === 'server-hello' && length >= LONG_HELLO) this.#stoodLong = true
    this.#endsInARow = isEnd(answer) ? this.#endsInARow + 1 : 0
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
