import { allows } from '../../policy/index.ts'
import { signatureScheme, suiteByCode, suiteName } from '../../registry/index.ts'
import { SIGNATURE_SCHEMES } from '../candidates.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import type { HelloProtocol } from '../hello.ts'
import { observe, type Observation } from '../observation.ts'
import { evidenceOf, type Check, type Draft } from './check.ts'
import { commonest, inHalves, inShortHellos, isForPhones, withoutDhe, SHORT_HELLO } from './pieces.ts'
import { isHarmless } from './company.ts'
import { askWhole } from './handshakes.ts'
import { title, type Question, type Scene } from './scene.ts'
import { isClose, isOfVersion, REFUSALS } from './words.ts'

/** What came of an offer of what is allowed. */
interface Acceptance {
  readonly question: Question
  readonly observation: Observation | undefined
  /** The last answer, where nothing was accepted. */
  readonly answer: Answer
}

/** Offers what the policy allows, so that certificates of both usual kinds are seen: ECDSA first in TLS 1.3, and RSA first before it. */
export async function hearWhatIsAllowed(scene: Scene): Promise<readonly Answer[]> {
  const [newest] = scene.allowedBefore13
  const newer = { ...allowedIn(scene, 'TLSv1.3', everySuite), signatureSchemes: ECDSA_FIRST }
  const [tls13, older] = await Promise.all([
    allows(scene.policy, { protocol: 'TLSv1.3' }) ? accept(scene, newer) : undefined,
    newest === undefined ? [] : acceptKinds(scene, newest),
  ])
  const first = await oncemore(
    scene,
    [tls13, ...older].filter((one) => one !== undefined),
  )
  const unusual = newest === undefined ? undefined : await acceptUnusual(scene, newest, first)
  const all = unusual === undefined ? first : [...first, unusual]
  scene.answered = (all.find((one) => one.observation !== undefined) ?? all.find((one) => isWord(one.answer)))?.question
  scene.spoken = all.map((one) => one.observation).filter((one) => one !== undefined)
  scene.refusedSo = all.some((one) => isRefusedByClose(one, all)) ? describeAnswer(CLOSED) : undefined
  return all.map((one) => one.answer)
}

/** Schemes of ECDSA in front of all others, which are in the usual order. */
const ECDSA_FIRST: readonly number[] = SIGNATURE_SCHEMES.toSorted(
  (one, other) => Number(isOfUsualEcdsa(other)) - Number(isOfUsualEcdsa(one)),
)

/** Those of TLS 1.3 with the curves of RFC 8422 §5.1.1: more in front would push others out of what servers read that read no long list. */
function isOfUsualEcdsa(scheme: number): boolean {
  return /^ecdsa_secp\d+r1_sha(?:256|384|512)$/.test(signatureScheme.name(scheme))
}

/**
 * Suites with RSA in front of those with ECDSA, in one offer. If RSA is taken, ECDSA is asked for with what is forbidden, see
 * `checkForbiddenSuites()`. If it is ECDSA, there may be RSA for those who offer nothing else. Each kind by itself where the offer is not
 * accepted, unless it is refused for its version.
 */
async function acceptKinds(scene: Scene, newest: HelloProtocol): Promise<readonly (Acceptance | undefined)[]> {
  scene.otherKind = []
  scene.otherKindHeard = Promise.withResolvers()
  const [rsa, ecdsa] = (['RSA', 'ECDSA'] as const).map((au) => allowedIn(scene, newest, (code) => suiteByCode(code)?.au === au))
  if (rsa === undefined || ecdsa === undefined) return []
  if (scene.breaks === 'not' && rsa.suites.length > 0 && ecdsa.suites.length > 0) {
    const both = await acceptOnce(scene, { ...rsa, suites: inOrder([...rsa.suites, ...ecdsa.suites]) })
    const taken = both.observation?.suite?.au
    if (taken === 'RSA') scene.otherKind = ecdsa.suites
    if (taken === 'RSA' || (isOfVersion(both.answer) && both.question.suites.length <= SHORT_HELLO)) return [both]
    if (taken === 'ECDSA') return [both, await acceptHidden(scene, rsa)]
    scene.refused.settle([both.question])
  }
  return [await acceptHidden(scene, rsa), await accept(scene, ecdsa)]
}

async function acceptHidden(scene: Scene, rsa: Question): Promise<Acceptance | undefined> {
  const alone = await accept(scene, rsa)
  if (scene.breaks === 'not') scene.hidesRsa = alone?.observation !== undefined
  return alone
}

/**
 * Where the usual suites of a version were not accepted: suites without a certificate, and where nothing at all was accepted, every suite
 * once more, as far as it takes.
 */
async function acceptUnusual(scene: Scene, newest: HelloProtocol, heard: readonly Acceptance[]): Promise<Acceptance | undefined> {
  const taken = heard.flatMap(({ observation }) => observation?.protocol ?? [])
  if (taken.some((protocol) => protocol !== 'TLSv1.3')) return undefined
  return taken.length > 0 ? accept(scene, allowedIn(scene, newest, isUnusual)) : accept(scene, allowedIn(scene, newest, everySuite), 'all')
}

function isUnusual(code: number): boolean {
  const au = suiteByCode(code)?.au
  return au !== 'RSA' && au !== 'ECDSA'
}

function everySuite(): boolean {
  return true
}

const CLOSED: Answer = { kind: 'closed', bytes: new Uint8Array(0) }

/** Where nothing at all was accepted, what was closed is asked again: the door may have been busy. */
async function oncemore(scene: Scene, all: readonly Acceptance[]): Promise<readonly Acceptance[]> {
  if (all.some((one) => one.observation !== undefined)) return all
  return Promise.all(all.map(async (one) => (isClose(one.answer) ? acceptOnce(scene, one.question) : one)))
}

/** Closed, in a version that is spoken with other suites: the door has no certificate of that kind. */
function isRefusedByClose({ question, answer }: Acceptance, all: readonly Acceptance[]): boolean {
  return (
    answer.kind === 'closed' &&
    question.protocol !== 'TLSv1.3' &&
    all.some(({ observation }) => observation?.protocol === question.protocol)
  )
}

function allowedIn(scene: Scene, protocol: HelloProtocol, fits: (code: number) => boolean): Question {
  return { protocol, suites: inOrder(scene.allowedSuites(protocol).filter(fits)), groups: scene.allowedGroups(protocol) }
}

function inOrder(suites: readonly number[]): readonly number[] {
  return [...suites.filter((code) => !isForPhones(code)), ...suites.filter(isForPhones)]
}

/**
 * Undefined where there is nothing to offer. `all`: where a long list is refused, all of it is offered again in pieces, not only the suites that most servers have. What is answered with what may be a breakdown is offered without DHE, which breaks down
 * on servers that have no parameters for it, and long lists in pieces.
 */
async function accept(scene: Scene, question: Question, howFar: 'usual' | 'all' = 'usual'): Promise<Acceptance | undefined> {
  if (question.suites.length === 0) return undefined
  const whole = await acceptOnce(scene, question)
  if (whole.observation !== undefined) return whole
  if (!mayBeBroken(whole.answer)) return acceptDenied(scene, whole, howFar)
  const sure = withoutDhe(question.suites)
  if (sure.length > 0 && sure.length < question.suites.length) {
    const rest = await acceptOnce(scene, { ...question, suites: sure })
    if (rest.observation !== undefined) return rest
  }
  if (question.suites.length <= SHORT_HELLO) return whole
  for (let at = 0; at < question.suites.length; at += SHORT_HELLO) {
    const piece = await acceptOnce(scene, { ...question, suites: question.suites.slice(at, at + SHORT_HELLO) })
    if (piece.observation !== undefined) return piece
  }
  return whole
}

/** What is refused in a word may have been refused for its length, or for something in it. */
async function acceptDenied(scene: Scene, whole: Acceptance, howFar: 'usual' | 'all'): Promise<Acceptance> {
  const { question, answer } = whole
  if (answer.kind !== 'alert') return whole
  if (scene.breaks !== 'not' && scene.spoken.length > 0) return (await acceptInHalves(scene, question)) ?? whole
  if (question.suites.length <= SHORT_HELLO) return whole
  const common = commonest(question.suites, SHORT_HELLO)
  const others = question.suites.filter((code) => !common.includes(code))
  const lists = [
    common,
    ...(howFar === 'usual' ? [] : inShortHellos({ ...question, suites: others }).map((piece) => piece.question.suites)),
  ]
  for (const suites of lists) {
    const short = await acceptOnce(scene, { ...question, suites })
    if (short.observation !== undefined) return short
  }
  return whole
}

async function acceptInHalves(scene: Scene, question: Question): Promise<Acceptance | undefined> {
  if (question.suites.length <= 1 || (await isHarmless(scene, question))) return undefined
  for (const { question: half } of inHalves(question)) {
    const some = await acceptOnce(scene, half)
    if (some.observation !== undefined) return some
    const less = await acceptInHalves(scene, half)
    if (less !== undefined) return less
  }
  return undefined
}

async function acceptOnce(scene: Scene, question: Question): Promise<Acceptance> {
  const [offer, answer] = await (question.protocol === 'TLSv1.3' ? askWhole(scene, question) : scene.ask(question))
  const observation = observe(offer, answer)
  const allowed = observation?.protocol !== undefined && allows(scene.policy, { protocol: observation.protocol })
  const offered = observation !== undefined && question.suites.includes(observation.answer.hello.cipherSuite)
  return { question, observation: allowed && offered ? observation : undefined, answer }
}

/** Something that was chosen may have broken the handshake; others may do. */
export function mayBeBroken(answer: Answer): boolean {
  return isClose(answer) || answer.kind === 'not-tls' || (answer.kind === 'alert' && !REFUSALS.has(answer.description))
}

/** Something that is allowed has to be accepted: a door that refuses everything is no door. */
export function checkAcceptsAllowed(scene: Scene, answers: readonly Answer[]): Draft {
  const shown = scene.spoken.map((one) => `${title(one.protocol ?? one.offer.protocol)} with ${suiteName(one.answer.hello.cipherSuite)}`)
  const base = { id: 'accepts-allowed', demand: 'something that is allowed is accepted', rule: scene.policy.title }
  const [first] = scene.spoken
  if (first !== undefined) return { ...base, verdict: 'kept', fact: `Accepted: ${shown.join(', ')}.`, ...evidenceOf(first.answer) }
  const vague = answers.find((answer) => !isWord(answer))
  if (vague !== undefined || answers.length === 0)
    return {
      ...base,
      verdict: 'unknown',
      fact: `No clear answer to the offer: ${vague === undefined ? 'nothing was asked' : describeAnswer(vague)}.`,
    }
  const how = [...new Set(answers.map(describeAnswer))].join(', ')
  const byRefusal = answers.every(({ kind }) => kind === 'alert')
  return { ...base, verdict: 'broken', fact: `Nothing that the policy allows is accepted: ${how}.`, ...evidenceOf(answers[0]), byRefusal }
}

/** A ServerHello with something else, or an alert. A connection that is closed may have been closed for any reason. */
function isWord(answer: Answer): boolean {
  return answer.kind === 'server-hello' || (answer.kind === 'alert' && !isClose(answer))
}

/** Versions that must be there. Those that have not shown themselves yet are asked for alone. */
export const checkRequired: Check = async (scene) =>
  Promise.all(
    scene.policy.protocols.required
      .filter((protocol) => protocol !== 'SSLv2')
      .map(async (protocol): Promise<Draft> => {
        const heard = scene.spoken.find((one) => one.protocol === protocol)
        const found = heard === undefined ? await accept(scene, allowedIn(scene, protocol, everySuite), 'all') : undefined
        const observation = heard ?? (found?.observation?.protocol === protocol ? found.observation : undefined)
        const base = {
          id: 'accepts-protocol',
          demand: `${title(protocol)} is accepted with a suite that is allowed`,
          rule: scene.ruleOn([{ subject: 'protocol-missing', name: protocol, newer: protocol !== 'TLSv1.3' }]),
        }
        if (observation !== undefined) {
          const fact = `${title(protocol)} is accepted with ${suiteName(observation.answer.hello.cipherSuite)}.`
          return { ...base, verdict: 'kept', fact, ...evidenceOf(observation.answer) }
        }
        const answer = found?.answer
        if (answer === undefined) return { ...base, verdict: 'unknown', fact: 'The policy allows no suite for it.' }
        if (!isWord(answer) && !isClose(answer))
          return { ...base, verdict: 'unknown', fact: `No clear answer to the offer: ${describeAnswer(answer)}.` }
        const fact = `${title(protocol)} is refused: ${describeAnswer(answer)}.`
        return { ...base, verdict: 'broken', fact, ...evidenceOf(answer), byRefusal: true }
      }),
  )
