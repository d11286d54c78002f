import { forbiddenBy, judge, OWN_RULEBOOK, type Thing } from '../../policy/index.ts'
import { alertDescription, protocolVersion, PROTOCOLS, suiteByCode, suiteName } from '../../registry/index.ts'
import { OLD_CURVES, OLD_GROUPS, TLS13_GROUPS } from '../candidates.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import type { HelloProtocol } from '../hello.ts'
import { observe, type Observation } from '../observation.ts'
import { mayBeBroken } from './accepts.ts'
import { evidenceOf, type Check, type Draft } from './check.ts'
import { commonest, inShortHellos, isForAll, withoutDhe } from './pieces.ts'
import { offerForbidden, refusalDraft, together, type Aside, type Reading } from './refusal.ts'
import { codesOf, title, type Question, type Scene } from './scene.ts'
import { kindsKnown } from './see-certificates.ts'

/** Whatever suite is chosen of forbidden ones is a hit, in whatever version. */
export const readSuite: Reading = ({ answer }, question) => {
  const suite = answer.hello.cipherSuite
  if (!question.suites.includes(suite)) return 'unclear'
  const version = PROTOCOLS.find((name) => protocolVersion.code(name) === answer.version)
  const elsewhere = version === undefined || version === question.protocol ? '' : ` in ${title(version)}`
  const suites = question.suites.filter((code) => code !== suite)
  return {
    name: `${suiteName(suite)}${elsewhere}`,
    thing: { subject: 'suite', name: suiteName(suite) },
    rest: suites.length === 0 ? undefined : { ...question, suites },
  }
}

/**
 * Forbidden suites alone, in each allowed version; beside them what is allowed with the kind of key that has not shown itself. No FFDHE group is among
 * the groups: servers use their own parameters then. DHE with FFDHE groups is asked together with the forbidden groups.
 */
export const checkForbiddenSuites: Check = async (scene) => {
  const { suites } = forbiddenBy(scene.policy)
  const [newest] = scene.allowedBefore13
  if (newest === undefined) scene.otherKindHeard.resolve()
  const older = scene.allowedBefore13.map((protocol) => {
    const question = { protocol, suites: codesOf(suites), groups: OLD_CURVES }
    return protocol === newest ? refusesWithOtherKind(scene, question, suites) : refusesSuites(scene, question, suites)
  })
  const newer = ofTls13(scene)
  const drafts = await Promise.all([...older, ...(newer === undefined ? [] : [refusesSuites(scene, newer.question, newer.names)])])
  return drafts.flat()
}

/** The suites of TLS 1.3 need nothing that is not known before anything was asked: they may stand between two questions that have to be taken. */
export function askForbiddenTls13SuitesAhead(scene: Scene): void {
  const question = scene.breaks === 'not' ? ofTls13(scene)?.question : undefined
  if (question !== undefined) scene.askAhead(question, () => scene.askAsControl(question, () => scene.wordIn(question.protocol)))
}

function ofTls13({ policy }: Scene): { readonly question: Question; readonly names: readonly string[] } | undefined {
  const { tls13Suites: names } = forbiddenBy(policy)
  if (!policy.protocols.allowed.includes('TLSv1.3') || names.length === 0) return undefined
  return { question: { protocol: 'TLSv1.3', suites: codesOf(names), groups: TLS13_GROUPS }, names }
}

async function refusesSuites(scene: Scene, question: Question, names: readonly string[]): Promise<readonly Draft[]> {
  if (question.suites.length === 0) return []
  const reading: Reading = (observation, asked) => readOtherKind(scene, observation, asked) ?? readSuite(observation, asked)
  const first = await offerForbidden(scene, question, reading)
  // HAProxy and Envoy give whoever can read ECDSA that certificate, with which no suite for RSA works.
  const hidden = scene.hidesRsa && first.hits.length === 0 && question.protocol !== 'TLSv1.3' ? question.suites.filter(isForAll) : []
  const second = hidden.length === 0 ? [] : [await offerForbidden(scene, { ...question, suites: hidden }, readSuite)]
  const things = names.map((name): Thing => ({ subject: 'suite', name }))
  const about = { id: 'refuses-suites', demand: `forbidden suites are refused in ${title(question.protocol)}`, things }
  return names.length === 0 ? [] : [refusalDraft(scene, about, together([first, ...second]))]
}

/** What is allowed with the other kind of key stands behind what is forbidden. */
async function refusesWithOtherKind(scene: Scene, question: Question, names: readonly string[]): Promise<readonly Draft[]> {
  const unheard = unheardKind(scene, question.protocol)
  if (unheard.length === 0) scene.otherKindHeard.resolve()
  try {
    return await refusesSuites(scene, { ...question, suites: [...question.suites, ...unheard] }, names)
  } finally {
    scene.otherKindHeard.resolve()
  }
}

/** If it is taken, it has been heard, and what is forbidden is asked without it. */
function readOtherKind(scene: Scene, observation: Observation, question: Question): Aside | undefined {
  if (!scene.otherKind.includes(observation.answer.hello.cipherSuite)) return undefined
  if (observation.protocol === question.protocol) scene.spoken = [...scene.spoken, observation]
  const suites = question.suites.filter((code) => !scene.otherKind.includes(code))
  return { aside: suites.length === 0 ? undefined : { ...question, suites } }
}

/** Keys that sign in TLS 1.3 have been seen there. */
function unheardKind(scene: Scene, protocol: HelloProtocol): readonly number[] {
  return kindsKnown(scene, protocol).includes('ECDSA') ? [] : scene.otherKind
}

/** Whether the policy's demand on who chooses is kept, in each version that is allowed and spoken. */
export const checkOrder: Check = async (scene) => {
  const { order } = scene.policy
  if (order === 'any') return []
  const drafts = await Promise.all(
    [...scene.policy.protocols.allowed]
      .filter((protocol) => protocol !== 'SSLv2')
      .map((protocol) => (order === 'server' ? strongFirst(scene, protocol) : clientChooses(scene, protocol))),
  )
  return drafts.filter((draft) => draft !== undefined)
}

/** A door that chooses the best whatever the client puts first: the worst of the allowed suites are offered first. */
async function strongFirst(scene: Scene, protocol: HelloProtocol): Promise<Draft | undefined> {
  const rank = (code: number): number => quality(code, scene.options.now)
  const suites = (await choices(scene, protocol)).toSorted((one, other) => rank(one) - rank(other))
  if (new Set(suites.map(rank)).size < 2) return undefined
  const base = {
    id: 'suite-order',
    demand: `in ${title(protocol)} no suite is chosen over a better one`,
    rule: scene.ruleOn([{ subject: 'behaviour', id: 'suite-order', kept: false }]),
  }
  const [worst, answer] = await chosen(scene, protocol, suites)
  if (worst === undefined)
    return isRefusal(answer) ? undefined : { ...base, verdict: 'unknown', fact: `No clear answer to the offer: ${describeAnswer(answer)}.` }
  const name = suiteName(worst.answer.hello.cipherSuite)
  const better = suites.filter((code) => rank(code) > rank(worst.answer.hello.cipherSuite))
  if (better.length === 0)
    return { ...base, verdict: 'kept', fact: `${name} is chosen even when it is offered last.`, ...evidenceOf(answer) }
  const [passedOver, refusal] = await chosen(scene, protocol, better)
  if (passedOver !== undefined) {
    const fact = `${name} is chosen although ${suiteName(passedOver.answer.hello.cipherSuite)} could be.`
    return { ...base, verdict: 'broken', fact, ...evidenceOf(answer) }
  }
  if (refusal.kind === 'alert' || refusal.kind === 'closed')
    return { ...base, verdict: 'kept', fact: `${name} is chosen, and nothing better is there.`, ...evidenceOf(answer), byRefusal: true }
  return { ...base, verdict: 'unknown', fact: `No clear answer to the offer: ${describeAnswer(refusal)}.` }
}

/** The allowed suites in one order and in the other: whoever lets the client choose takes two. */
async function clientChooses(scene: Scene, protocol: HelloProtocol): Promise<Draft | undefined> {
  const suites = await choices(scene, protocol)
  if (suites.length === 0) return undefined
  const [[one, answer], [other]] = await Promise.all([chosen(scene, protocol, suites), chosen(scene, protocol, suites.toReversed())])
  const base = { id: 'suite-order', demand: `in ${title(protocol)} the client chooses the suite`, rule: scene.policy.title }
  if (one === undefined && isRefusal(answer)) return undefined
  if (one === undefined || other === undefined)
    return { ...base, verdict: 'unknown', fact: `No clear answer to the offer: ${describeAnswer(answer)}.` }
  const [first, last] = [one, other].map((each) => each.answer.hello.cipherSuite)
  if (first === undefined || first !== last)
    return { ...base, verdict: 'kept', fact: `The choice follows the order of the client.`, ...evidenceOf(answer) }
  const others = suites.filter((code) => code !== first)
  const [more] = others.length === 0 ? [undefined] : await chosen(scene, protocol, others)
  if (more === undefined) return undefined
  const fact = `${suiteName(first)} is chosen first and last, although ${suiteName(more.answer.hello.cipherSuite)} is there too.`
  return { ...base, verdict: 'broken', fact, ...evidenceOf(answer) }
}

/** What is allowed. Where it may not be offered all at once, those of it that are taken, one by one out of short lists. */
async function choices(scene: Scene, protocol: HelloProtocol): Promise<readonly number[]> {
  const suites = scene.allowedSuites(protocol)
  if (scene.breaks === 'not' || suites.length === 0) return suites
  const found: number[] = []
  for (const piece of inShortHellos({ protocol, suites, groups: [] })) {
    let rest = piece.question.suites
    while (rest.length > 0) {
      const [taken] = await chosen(scene, protocol, rest)
      if (taken === undefined) break
      found.push(taken.answer.hello.cipherSuite)
      rest = rest.filter((code) => code !== taken.answer.hello.cipherSuite)
    }
  }
  return found
}

async function chosen(
  scene: Scene,
  protocol: HelloProtocol,
  suites: readonly number[],
): Promise<readonly [Observation | undefined, Answer]> {
  const groups = protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_GROUPS
  const [offer, answer] = await scene.ask({ protocol, suites, groups }, scene.protocolsSpoken.includes(protocol) ? 'taken' : 'version')
  const seen = observe(offer, answer)
  const sure = withoutDhe(suites)
  if (seen === undefined && mayBeBroken(answer) && sure.length > 0 && sure.length < suites.length) return chosen(scene, protocol, sure)
  const common = commonest(suites, LONGEST)
  if (seen === undefined && common.length < suites.length && isTooLong(answer)) return chosen(scene, protocol, common)
  return [seen?.protocol === protocol && suites.includes(seen.answer.hello.cipherSuite) ? seen : undefined, answer]
}

/** The version is not spoken, or nothing in it that is allowed: then there is no order in it. */
function isRefusal({ kind }: Answer): boolean {
  return kind === 'alert' || kind === 'closed' || kind === 'server-hello'
}

/** wolfSSL stands no more than 150 suites. */
const LONGEST = 128

function isTooLong(answer: Answer): boolean {
  return answer.kind === 'alert' && answer.description === alertDescription.code('decode_error')
}

const QUALITY = ['bad', 'weak', 'good']

/** As good as Postern's own rulebook calls it, like the finding `suite-order`. */
function quality(code: number, now: Date): number {
  const name = suiteByCode(code)?.iana
  return name === undefined ? 0 : QUALITY.indexOf(judge(OWN_RULEBOOK, { subject: 'suite', name }, now)?.verdict ?? 'good')
}
