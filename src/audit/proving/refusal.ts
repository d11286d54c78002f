import type { Thing } from '../../policy/index.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import { observe, type Observation } from '../observation.ts'
import { evidenceOf, type Draft } from './check.ts'
import { harmlessGroups, isHarmless } from './company.ts'
import { byLoss, inHalves, inPieces, inShortHellos, isDhe, sureOnes, type Piece, SHORT_HELLO } from './pieces.ts'
import type { Question, Scene } from './scene.ts'
import type { Expected } from './turns.ts'
import { isDenial, type Subject } from './words.ts'

/** Something forbidden that was taken, and the question that is left when it is taken away; undefined when nothing is. */
export interface Hit {
  readonly name: string
  readonly thing: Thing
  readonly rest: Question | undefined
}

/** Something was taken that stood there because it is asked for as well, and the question that is left without it; undefined when nothing is. */
export interface Aside {
  readonly aside: Question | undefined
}

/**
 * What a ServerHello means for a question that has to be refused: a hit; `instead`, when the door took something that is not
 * forbidden in its place; something aside; `unclear`, when nobody can tell what it took.
 */
export type Reading = (observation: Observation, question: Question) => Hit | Aside | 'instead' | 'unclear'

/** What a door made of an offer that it has to refuse. */
export interface Refusal {
  readonly hits: readonly Hit[]
  /** There may be more hits: the search was ended. */
  readonly more: boolean
  /** Some part of the offer got no clear answer. */
  readonly unclear: Answer | undefined
  /** The answer that shows it. */
  readonly answer: Answer | undefined
  /** Everything that was asked for it. */
  readonly asked: readonly Question[]
}

/** Whoever wants to know them all audits. */
const MOST_HITS = 3
/** Servers on which many suites break the handshake one by one are not taken apart further. */
const MOST_QUESTIONS = 32

export interface OfferOptions {
  /**
   * Where the offer is refused by closing, how key exchanges that another may have hidden by breaking down are offered again: `together`
   * where they have been seen to work, `apart` where they may break down as well. Default `together`.
   */
  readonly hidden?: 'together' | 'apart' | 'not'
  /** What it is refused for, and how it will be answered. Default `offer`, where the version is known to be spoken. */
  readonly subject?: Subject
  readonly expected?: Expected
  /** Told what the whole offer was answered with. */
  readonly whole?: (answer: Answer) => void
  /** Whether another search takes what breaks down so apart: then it is a refusal for this one. */
  readonly isTakenApart?: (answer: Answer) => Promise<boolean>
}

/**
 * Offers only what is forbidden, until it is refused or enough of it was taken. What looks like a breakdown is asked in pieces; a close
 * counts as a refusal where that is how the door refuses, and `stillAnswers()` tells in the end whether it was one.
 */
export async function offerForbidden(scene: Scene, question: Question, reading: Reading, options: OfferOptions = {}): Promise<Refusal> {
  const search = new RefusalSearch(scene, reading, options)
  await search.ask(question)
  return search
}

class RefusalSearch implements Refusal {
  readonly hits: Hit[] = []
  more = false
  unclear: Answer | undefined
  answer: Answer | undefined
  readonly asked: Question[] = []
  readonly #scene: Scene
  readonly #reading: Reading
  readonly #options: OfferOptions
  readonly #queue: Piece[] = []
  /** Suites of key exchanges that break down whatever the cipher. */
  readonly #broken: number[] = []

  constructor(scene: Scene, reading: Reading, options: OfferOptions) {
    this.#scene = scene
    this.#reading = reading
    this.#options = options
  }

  async ask(first: Question): Promise<void> {
    const safe = await this.#safely(first)
    const { subject = 'offer', expected = this.#scene.wordIn(first.protocol) } = this.#options
    if (safe !== undefined) this.#queue.push({ kind: 'whole', question: safe })
    for (let piece = this.#queue.shift(); piece !== undefined; piece = this.#queue.shift()) {
      if (this.hits.length >= MOST_HITS || this.asked.length >= MOST_QUESTIONS) {
        this.more = true
        return
      }
      this.asked.push(piece.question)
      const [offer, answer] = await this.#scene.ask(piece.question, expected, subject)
      if (piece.question === safe) this.#options.whole?.(answer)
      const observation = observe(offer, answer)
      if (observation !== undefined) this.#hello(piece, observation)
      else if (isDenial(answer)) await this.#denied(piece, answer)
      else if (answer.kind === 'reset' || answer.kind === 'silent' || answer.kind === 'not-tls') this.unclear ??= answer
      else if (describeAnswer(answer) === (await this.#scene.style())) this.#refused(piece, answer)
      else if (piece.kind === 'whole' && (await this.#options.isTakenApart?.(answer)) === true) this.#count(answer)
      else this.#brokeDown(piece, answer)
    }
  }

  #hello(piece: Piece, observation: Observation): void {
    const found = this.#reading(observation, piece.question)
    if (found === 'unclear') this.unclear ??= observation.answer
    else if (found === 'instead') this.answer ??= observation.answer
    else if ('aside' in found) this.#queue.unshift(...(found.aside === undefined ? [] : [{ kind: piece.kind, question: found.aside }]))
    else {
      if (this.hits.length === 0) this.answer = observation.answer
      this.hits.push(found)
      this.#scene.takesForbidden ||= found.thing.subject === 'suite'
      if (found.rest !== undefined) this.#queue.unshift({ kind: piece.kind, question: found.rest })
    }
  }

  /** On a door that refuses some hellos whatever they offer, without the groups for which it does so. */
  async #safely(question: Question): Promise<Question | undefined> {
    const scene = this.#scene
    if (scene.breaks === 'not') return question
    const groups = await harmlessGroups(scene, question)
    if (groups.length > 0 || question.groups.length === 0) return { ...question, groups }
    const [, answer] = await scene.ask(question)
    this.unclear ??= answer
    return undefined
  }

  /** In a word: that is believed where the same company is answered, and of what is never answered in any company. */
  async #denied({ kind, question }: Piece, answer: Answer): Promise<void> {
    const scene = this.#scene
    const { suites } = question
    if (scene.breaks === 'not') this.answer ??= answer
    else if (suites.length > SHORT_HELLO) this.#queue.push(...inShortHellos(question))
    else if (await isHarmless(scene, question)) this.answer ??= answer
    else if (suites.length > 1) this.#queue.push(...inHalves(question, kind === 'whole' ? 'any' : kind))
    else if (await isHarmless(scene, { ...question, suites: [] })) this.answer ??= answer
    else this.unclear ??= answer
  }

  /** In the way in which this door refuses everything, which may be the way in which it breaks down too. */
  #refused({ kind, question }: Piece, answer: Answer): void {
    const { breaks, working } = this.#scene
    if (breaks === 'at-length' && question.suites.length > SHORT_HELLO) {
      this.#queue.push(...(kind === 'whole' ? inPieces(question) : inHalves(question)))
      return
    }
    const { hidden = 'together' } = this.#options
    if (kind === 'whole' && hidden !== 'not') {
      const others =
        breaks === 'in-company' ? inPieces(question).map((piece) => piece.question) : sureOnes(question, working, hidden === 'apart')
      this.#queue.push(
        ...others.filter(({ suites }) => suites.length < question.suites.length).map((one) => ({ kind: 'any' as const, question: one })),
      )
    }
    this.#count(answer)
  }

  /** Something in the offer broke the handshake, and may hide the rest. */
  #brokeDown({ kind, question }: Piece, answer: Answer): void {
    const { suites } = question
    const lost = kind === 'dhe' && this.#broken.some(isDhe)
    if (kind === 'ordinary' || (kind === 'dhe' && suites.length === 1)) this.#broken.push(...suites)
    if (lost || kind === 'ordinary' || kind === 'lost' || suites.length === 1) return this.#count(answer)
    // They are asked for in pieces now, which are what counts.
    this.#scene.refused.settle([question])
    if (kind === 'whole') {
      this.#scene.broken.add(question.protocol)
      this.#queue.push(...inPieces(question))
    } else if (kind === 'strange') this.#queue.push(...byLoss(question, this.#broken))
    else this.#queue.push(...inHalves(question, kind))
  }

  #count(answer: Answer): void {
    this.answer ??= answer
  }
}

/** What several offers came to, as one. */
export function together(all: readonly Refusal[]): Refusal {
  const hits = all.flatMap((one) => one.hits)
  const shown = all.find((one) => one.hits.length > 0) ?? all.find(({ answer }) => answer?.kind !== 'server-hello') ?? all[0]
  return {
    hits,
    more: all.some(({ more }) => more),
    unclear: all.find(({ unclear }) => unclear !== undefined)?.unclear,
    answer: shown?.answer,
    asked: all.flatMap(({ asked }) => asked),
  }
}

/** The check that a refusal makes. `things`: what the demand is about, for the rule where nothing was taken. */
export function refusalDraft(
  scene: Scene,
  about: { readonly id: string; readonly demand: string; readonly things: readonly Thing[] },
  refusal: Refusal,
): Draft {
  const { id, demand, things } = about
  const { hits, more, unclear, answer } = refusal
  if (hits.length > 0) {
    const names = [...new Set(hits.map((hit) => hit.name))].join(', ')
    const fact = `Accepted although forbidden: ${names}${more ? ', and perhaps more: it was searched no further' : ''}.`
    return { id, demand, rule: scene.ruleOn(hits.map((hit) => hit.thing)), verdict: 'broken', fact, ...evidenceOf(answer) }
  }
  const base = { id, demand, rule: scene.ruleOn(things) }
  if (unclear !== undefined || more || answer === undefined) {
    const how = unclear === undefined ? `${MOST_QUESTIONS} offers broke off, and it was searched no further` : describeAnswer(unclear)
    return { ...base, verdict: 'unknown', fact: `No clear answer to the offer: ${how}.`, ...evidenceOf(unclear) }
  }
  const how = answer.kind === 'server-hello' ? 'something else was chosen' : describeAnswer(answer)
  return { ...base, verdict: 'kept', fact: `Refused: ${how}.`, ...evidenceOf(answer), byRefusal: answer.kind !== 'server-hello' }
}
