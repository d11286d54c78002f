import type { Thing } from '../../policy/index.ts'
import { alertDescription, suiteByCode } from '../../registry/index.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import { observe, type Observation } from '../observation.ts'
import { evidenceOf, type Draft } from './check.ts'
import type { Question, Scene } from './scene.ts'

/** Something forbidden that was taken, and the question that is left when it is taken away; undefined when nothing is. */
export interface Hit {
  readonly name: string
  readonly thing: Thing
  readonly rest: Question | undefined
}

/**
 * What a ServerHello means for a question that has to be refused: a hit; `instead`, when the door took something that is not
 * forbidden in its place; `unclear`, when nobody can tell what it took.
 */
export type Reading = (observation: Observation, question: Question) => Hit | 'instead' | 'unclear'

/** What a door made of an offer that it has to refuse. */
export interface Refusal {
  readonly hits: readonly Hit[]
  /** There may be more hits: the search was ended. */
  readonly more: boolean
  /** Some part of the offer got no clear answer. */
  readonly unclear: Answer | undefined
  /** Some part was refused by closing or with an unusual alert. */
  readonly byClose: boolean
  /** The answer that shows it. */
  readonly answer: Answer | undefined
}

/** Alerts that say that nothing of the offer will do, RFC 8446 §6.2. */
const REFUSALS: ReadonlySet<number> = new Set(
  (['handshake_failure', 'insufficient_security', 'protocol_version'] as const).map((name) => alertDescription.code(name)),
)
/** Whoever wants to know them all audits. */
const MOST_HITS = 12
/** Servers on which many suites break the handshake one by one are not taken apart further. */
const MOST_QUESTIONS = 150

/** Offers only what is forbidden, until it is refused or enough of it was taken. What looks like a breakdown is asked in parts. */
export async function offerForbidden(
  scene: Scene,
  question: Question,
  reading: Reading,
  parts: (suites: readonly number[]) => readonly (readonly number[])[],
): Promise<Refusal> {
  const search = new RefusalSearch(scene, reading, parts)
  await search.ask(question)
  return search
}

class RefusalSearch implements Refusal {
  readonly hits: Hit[] = []
  more = false
  unclear: Answer | undefined
  byClose = false
  answer: Answer | undefined
  readonly #scene: Scene
  readonly #reading: Reading
  readonly #parts: (suites: readonly number[]) => readonly (readonly number[])[]
  readonly #queue: Question[] = []
  #inParts = false
  #asked = 0

  constructor(scene: Scene, reading: Reading, parts: (suites: readonly number[]) => readonly (readonly number[])[]) {
    this.#scene = scene
    this.#reading = reading
    this.#parts = parts
  }

  async ask(first: Question): Promise<void> {
    this.#queue.push(first)
    for (let question = this.#queue.shift(); question !== undefined; question = this.#queue.shift()) {
      if (this.hits.length >= MOST_HITS || this.#asked >= MOST_QUESTIONS) {
        this.more = true
        return
      }
      this.#asked++
      // The whole was closed twice before it is asked in parts.
      const [offer, answer] = await this.#scene.ask(question, { closeIsEnough: this.#inParts })
      const observation = observe(offer, answer)
      if (observation === undefined) await this.#noHello(question, answer)
      else this.#hello(question, observation)
    }
  }

  #hello(question: Question, observation: Observation): void {
    const found = this.#reading(observation, question)
    if (found === 'unclear') this.unclear ??= observation.answer
    else if (found === 'instead') this.answer ??= observation.answer
    else {
      if (this.hits.length === 0) this.answer = observation.answer
      this.hits.push(found)
      if (found.rest !== undefined) this.#queue.unshift(found.rest)
    }
  }

  async #noHello(question: Question, answer: Answer): Promise<void> {
    if (answer.kind === 'alert' && REFUSALS.has(answer.description)) this.answer ??= answer
    else if (answer.kind === 'reset' || answer.kind === 'silent' || answer.kind === 'not-tls') this.unclear ??= answer
    else await this.#breakdown(question, answer)
  }

  /** It may be the way this door refuses everything, or something in the offer broke it: then the rest has to be asked without that. */
  async #breakdown(question: Question, answer: Answer): Promise<void> {
    const { suites } = question
    const usual = describeAnswer(answer) === (await this.#scene.style())
    if (suites.length > 1 && !usual) return this.#askInstead(question, halves(suites))
    const parts = this.#inParts ? [] : this.#parts(suites)
    this.#inParts ||= usual
    if (parts.some((part) => part.length < suites.length)) return this.#askInstead(question, parts)
    this.byClose = true
    this.answer ??= answer
  }

  #askInstead(question: Question, lists: readonly (readonly number[])[]): void {
    this.#queue.push(...lists.filter((suites) => suites.length > 0).map((suites) => ({ ...question, suites })))
  }
}

function halves(suites: readonly number[]): readonly (readonly number[])[] {
  const middle = Math.ceil(suites.length / 2)
  return [suites.slice(0, middle), suites.slice(middle)]
}

/** Key exchanges that lack something on a server (DH parameters, a certificate that is not RSA) break as a whole. */
export function byKind(suites: readonly number[]): readonly (readonly number[])[] {
  const kind = (code: number): string => {
    const suite = suiteByCode(code)
    if (suite === undefined || suite.exportGrade || !['ECDHE', 'DHE', 'RSA'].includes(suite.kx)) return 'rare'
    return suite.kx === 'ECDHE' && suite.au !== 'RSA' ? 'ECDHE, not RSA' : suite.kx
  }
  return [...Map.groupBy(suites, kind).values()]
}

/** The check that a refusal makes. `things`: what the demand is about, for the rule where nothing was taken. */
export function refusalDraft(
  scene: Scene,
  about: { readonly id: string; readonly demand: string; readonly things: readonly Thing[] },
  refusal: Refusal,
): Draft {
  const { id, demand, things } = about
  const { hits, more, unclear, byClose, answer } = refusal
  if (hits.length > 0) {
    const names = [...new Set(hits.map((hit) => hit.name))].join(', ')
    const fact = `Accepted: ${names}${more ? ', and perhaps more' : ''}.`
    return { id, demand, rule: scene.ruleOn(hits.map((hit) => hit.thing)), verdict: 'broken', fact, ...evidenceOf(answer) }
  }
  const base = { id, demand, rule: scene.ruleOn(things) }
  if (unclear !== undefined || more || answer === undefined) {
    const how = unclear === undefined ? 'too many questions broke off' : describeAnswer(unclear)
    return { ...base, verdict: 'unknown', fact: `No clear answer: ${how}.`, ...evidenceOf(unclear) }
  }
  const how = answer.kind === 'server-hello' ? 'something else was chosen' : describeAnswer(answer)
  return { ...base, verdict: 'kept', fact: `Refused: ${how}.`, ...evidenceOf(answer), ...(byClose ? { byClose } : {}) }
}
