import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import type { Policy } from '../policy/index.ts'
import type { AuditDoor } from './audit.ts'
import type { Answer } from './exchange.ts'
import { Lanes } from './lanes.ts'
import { checkAcceptsAllowed, checkRequired, hearWhatIsAllowed } from './proving/accepts.ts'
import { certificateRemarks, checkCertificates } from './proving/certificates.ts'
import type { Check, Draft, ProofCheck } from './proving/check.ts'
import { answersAlone, lastOffersAhead, stillAnswers, type Standing } from './proving/company.ts'
import { checkFeatures } from './proving/features.ts'
import { checkFlaws } from './proving/flaws.ts'
import { checkForbiddenGroups } from './proving/groups.ts'
import { checkDh, checkForbiddenSignatures } from './proving/keys.ts'
import { checkNameless } from './proving/nameless.ts'
import { checkForbiddenProtocols, checkSslv2, checkSslv2Hello } from './proving/protocols.ts'
import { Scene } from './proving/scene.ts'
import { bearOutKeys, seeCertificates, seeTheRestInTls13, seeWithoutSni } from './proving/see-certificates.ts'
import { refusesEverybody, strangerAt } from './proving/stranger.ts'
import { askForbiddenTls13SuitesAhead, checkForbiddenSuites, checkOrder } from './proving/suites.ts'
import type { Cost } from './result.ts'
import type { TrustStore } from './trust.ts'

export type { ProofCheck } from './proving/check.ts'

/** Whether a door keeps to a policy. `unknown` in any check is never a pass. */
export interface Proof {
  /** As a URL, such as `smtp://mail.example.com:25`. */
  readonly target: string
  readonly address: string | null
  readonly policy: ProofPolicy
  readonly keeps: 'yes' | 'no' | 'unknown'
  readonly checks: readonly ProofCheck[]
  /** What is wrong although the policy says nothing of it. */
  readonly remarks: readonly string[]
  /** Why nothing, or not all, could be asked. */
  readonly problem: { readonly code: string; readonly message: string; readonly remedy?: string } | null
  readonly cost: Cost
}

export interface ProofPolicy {
  readonly name: string
  readonly title: string
  readonly edition: string
}

/** Everything that one `postern prove` found. */
export interface ProofReport {
  /** Of this JSON shape. */
  readonly version: 1
  readonly postern: string
  /** ISO 8601. */
  readonly started: string
  readonly proofs: readonly Proof[]
}

export interface ProveOptions {
  readonly parallel: number
  /** Milliseconds for the door. */
  readonly timeout: number
  readonly trust: TrustStore
  readonly now: Date
  /** The first pause after the door has refused a connection, in milliseconds. */
  readonly pause?: number
  /** An answer is waited for so long, in milliseconds. Default 5,000. */
  readonly patience?: number
  /** Every refusal is heard twice that nothing else bears out, whatever stands around it. Default false. */
  readonly twice?: boolean
  /** Told after each answer how many there are. */
  readonly progress?: ((answered: number) => void) | undefined
}

const PATIENCE_MS = 5000
/** Where one question is asked after the other, so many connections are open: STARTTLS takes four round trips, a hello one. */
const AHEAD = 4

/** Every check, in the order in which it is told. A new one is one function and one line here. */
const CHECKS: readonly Check[] = [
  checkRequired,
  checkForbiddenProtocols,
  checkSslv2,
  checkSslv2Hello,
  checkForbiddenSuites,
  checkForbiddenGroups,
  checkForbiddenSignatures,
  checkDh,
  checkOrder,
]

/** Those that need what the others have heard. */
const LAST_CHECKS: readonly Check[] = [checkFeatures, checkFlaws]

/**
 * Answers only whether a door keeps to a policy, with ten to twenty-five connections however many suites it has: what is forbidden is
 * offered alone and must be refused; what is allowed is offered and must be accepted, at last behind all that is forbidden. A refusal is believed
 * that stands between two answers of another kind, and what is not borne out so is refused twice, as everything is with `twice`. Whoever wants the whole
 * picture audits. Never throws for what the door does: that is in `problem`.
 */
export async function prove(door: AuditDoor, policy: Policy, options: ProveOptions): Promise<Proof> {
  const began = performance.now()
  const { trust, now, patience = PATIENCE_MS, progress, twice = false } = options
  const lanes = new Lanes(door, twice ? options : { ...options, inTurn: true, parallel: Math.min(options.parallel, AHEAD) })
  const scene = new Scene(door, policy, lanes, { trust, now, patience, progress, twice })
  const drafts: Draft[] = []
  let problem: PosternError | undefined
  try {
    await ask(scene, drafts)
  } catch (error) {
    if (!(error instanceof PosternError) || error.fault === 'bug') throw error
    problem = error
    if (error.code === 'STARTTLS_MISSING') drafts.push(noTls(scene))
  } finally {
    lanes.close()
  }
  const checks = drafts.map(finished)
  return {
    target: door.url,
    address: door.address,
    policy: policyOfProof(policy),
    keeps: verdictOf(checks, problem),
    checks,
    remarks: certificateRemarks(scene),
    problem: problem === undefined ? null : problemOf(problem),
    cost: { connections: lanes.connections, milliseconds: Math.round(performance.now() - began) },
  }
}

/** The proof of a target that could not even be looked up: it proves nothing. */
export function unproved(target: string, policy: Policy, error: PosternError): Proof {
  return {
    target,
    address: null,
    policy: policyOfProof(policy),
    keeps: 'unknown',
    checks: [],
    remarks: [],
    problem: problemOf(error),
    cost: { connections: 0, milliseconds: 0 },
  }
}

/** What is known when a question cannot be asked any more stays in `drafts`. */
async function ask(scene: Scene, drafts: Draft[]): Promise<void> {
  for (let time = 1; ; time++) {
    const { answers, stands } = await askAll(scene, drafts)
    const why = await whyInDoubt(scene, drafts, stands)
    const refusing = refusesEverybody(scene, answers, drafts)
    if (why !== undefined) {
      doubt(drafts, why)
      if (refusing !== undefined) throw refusing
      return
    }
    scene.believeHeardOnce()
    // What was accepted although forbidden is so, whatever becomes of the rest.
    const second = drafts.some(isBeyondDoubt) ? 'alike' : await scene.refused.askAgain()
    if (second === 'alike' || (second === 'otherwise' && time === MOST_TIMES)) {
      if (refusing !== undefined) throw refusing
      return
    }
    if (time === MOST_TIMES) return doubt(drafts, 'the same is refused at one time and accepted at another')
    scene.beginAnew()
    drafts.splice(0)
  }
}

/** A door that has refused for a while is asked everything once more, and believed if it refuses the same twice then. */
const MOST_TIMES = 2

/** Why refusals of this door prove nothing; undefined where they do. It may take asking it all in another way. */
async function whyInDoubt(scene: Scene, drafts: Draft[], answering: Standing): Promise<string | undefined> {
  if (answering === 'yes' || (scene.refused.none && !drafts.some(restsOnRefusal))) return undefined
  if (answering !== 'no' && drafts.every((draft) => draft.verdict === 'kept' || restsOnRefusal(draft))) {
    scene.breaks = answering
    scene.beginAnew()
    await askAll(scene, drafts)
    if (await answersAlone(scene)) return undefined
  }
  return `what is allowed is ${answering === 'no' || scene.breaks !== 'not' ? 'not answered any more either' : 'refused in such an offer too'}`
}

interface Heard {
  /** What was answered to what is allowed. */
  readonly answers: readonly Answer[]
  /** Whether it is still answered when all that is forbidden stands beside it. */
  readonly stands: Standing
}

async function askAll(scene: Scene, drafts: Draft[]): Promise<Heard> {
  const { twice } = scene.options
  if (!twice) askForbiddenTls13SuitesAhead(scene)
  const answers: readonly Answer[] = await hearWhatIsAllowed(scene)
  const stranger = strangerAt(scene, answers)
  if (stranger !== undefined) throw stranger
  scene.takable = twice || scene.breaks !== 'not' ? [] : lastOffersAhead(scene)
  drafts.splice(0, Infinity, checkAcceptsAllowed(scene, answers))
  const told = await Promise.allSettled(CHECKS.map((check) => check(scene)))
  drafts.push(...told.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [])))
  for (const outcome of told) if (outcome.status === 'rejected') throw outcome.reason
  for (const check of LAST_CHECKS) drafts.push(...(await check(scene)))
  const seen = await seeCertificates(scene)
  const stands = scene.breaks === 'not' ? await stillAnswers(scene) : scene.breaks
  if (scene.breaks !== 'not') await seeWithoutSni(scene)
  const { size } = scene.refused
  await seeTheRestInTls13(scene)
  // What is refused behind the last answer is refused at one time with what is asked again, where that is done.
  const isBetween = twice ? scene.refused.size === size : scene.refused.none || scene.turns.endsWell || drafts.some(isBeyondDoubt)
  const goesOn = isBetween || (await answersAlone(scene))
  bearOutKeys(scene)
  drafts.push(...checkNameless(scene, drafts), ...checkCertificates(scene, seen))
  return { answers, stands: goesOn ? stands : 'no' }
}

function isBeyondDoubt(draft: Draft): boolean {
  return draft.verdict === 'broken' && !restsOnRefusal(draft)
}

function restsOnRefusal({ byRefusal }: Draft): boolean {
  return byRefusal === true
}

/** A door that refuses what it used to accept has said nothing by refusing. */
function doubt(drafts: Draft[], why: string): void {
  drafts.forEach((draft, index) => {
    if (!restsOnRefusal(draft) || draft.verdict === 'unknown') return
    drafts[index] = { ...draft, verdict: 'unknown', fact: `${draft.fact} That proves nothing: ${why}.` }
  })
}

function finished({ id, demand, rule, verdict, fact, evidence }: Draft): ProofCheck {
  return { id, demand, rule, verdict, fact, ...(evidence === undefined ? {} : { evidence }) }
}

function noTls(scene: Scene): Draft {
  const fact = 'The server offers no STARTTLS: everything is said in plain text.'
  return { id: 'accepts-allowed', demand: 'something that is allowed is accepted', rule: scene.policy.title, verdict: 'broken', fact }
}

function verdictOf(checks: readonly ProofCheck[], problem: PosternError | undefined): Proof['keeps'] {
  if (checks.some((check) => check.verdict === 'broken')) return 'no'
  if (problem !== undefined || checks.length === 0 || checks.some((check) => check.verdict === 'unknown')) return 'unknown'
  return 'yes'
}

function policyOfProof({ name, title, edition }: Policy): ProofPolicy {
  return { name, title, edition }
}

function problemOf({ code, message, remedy }: PosternError): NonNullable<Proof['problem']> {
  return { code, message, ...(remedy === undefined ? {} : { remedy }) }
}
