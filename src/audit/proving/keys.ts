import { allows, forbiddenBy, type DhPosture, type Thing } from '../../policy/index.ts'
import { signatureScheme, signsTls13, suiteByCode, type Authentication, type ProtocolName } from '../../registry/index.ts'
import { OLD_CURVES, OLD_GROUPS } from '../candidates.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import type { HelloProtocol } from '../hello.ts'
import { dhPosture } from '../facts.ts'
import { observe, type Observation } from '../observation.ts'
import { evidenceIn, evidenceOf, type Check, type Draft } from './check.ts'
import { isHarmless } from './company.ts'
import { isDhe, isSigned } from './pieces.ts'
import { offerForbidden, refusalDraft, together, type Reading } from './refusal.ts'
import { title, type Question, type Scene } from './scene.ts'
import { signIn } from './handshakes.ts'
import { kindsKnown } from './see-certificates.ts'

/** Signatures of the key exchange that the policy does not allow. TLS 1.1 and older leave no choice, RFC 4346 §7.4.3. */
export const checkForbiddenSignatures: Check = async (scene) => {
  const names = forbiddenBy(scene.policy).signatureSchemes
  const codes = names.map((name) => signatureScheme.find(name)).filter((code) => code !== undefined)
  const about = (protocol: ProtocolName) => ({
    id: 'refuses-signatures',
    demand: `forbidden signature schemes are refused in ${title(protocol)}`,
    things: names.map((name): Thing => ({ subject: 'signature', name })),
  })
  const drafts: Promise<Draft>[] = []
  if (codes.length > 0 && scene.allowedBefore13.includes('TLSv1.2')) {
    await scene.otherKindHeard.promise
    const refusals = signers(scene).map((au) => {
      const suites = scene.allowedSuites('TLSv1.2').filter((code) => isSigned(code) && suiteByCode(code)?.au === au)
      const question = { protocol: 'TLSv1.2', suites, groups: scene.allowedGroups('TLSv1.2'), signatureSchemes: codes } as const
      return suites.length === 0 ? [] : [offerForbidden(scene, question, readSignature(codes))]
    })
    const asked = refusals.flat()
    if (asked.length > 0) drafts.push(Promise.all(asked).then((all) => refusalDraft(scene, about('TLSv1.2'), together(all))))
  }
  const newest = codes.filter((code) => signsTls13(code))
  if (newest.length > 0 && scene.protocolsSpoken.includes('TLSv1.3')) drafts.push(refusesInTls13(scene, newest, about('TLSv1.3')))
  return Promise.all(drafts)
}

/**
 * Each kind of key is asked for apart: a server may choose a suite of the one before it sees that it cannot sign for it. RSA and ECDSA
 * are known by what was accepted, and DSA keys are not looked for before.
 */
function signers(scene: Scene): readonly Authentication[] {
  const seen = new Set([...scene.working.map((code) => suiteByCode(code)?.au), ...kindsKnown(scene, 'TLSv1.2')])
  const known = scene.spoken.some(({ protocol }) => protocol === 'TLSv1.2')
  return [...(['RSA', 'ECDSA'] as const).filter((au) => !known || seen.has(au)), 'DSS']
}

function readSignature(forbidden: readonly number[]): Reading {
  return ({ keyExchange, protocol }, question) => {
    const scheme = keyExchange?.signature?.algorithm
    if (protocol !== 'TLSv1.2') return 'instead'
    if (scheme === undefined) return 'unclear'
    if (!forbidden.includes(scheme)) return 'instead'
    const name = signatureScheme.name(scheme)
    const rest = (question.signatureSchemes ?? []).filter((code) => code !== scheme)
    return { name, thing: { subject: 'signature', name }, rest: rest.length === 0 ? undefined : { ...question, signatureSchemes: rest } }
  }
}

async function refusesInTls13(
  scene: Scene,
  signatureSchemes: readonly number[],
  about: Parameters<typeof refusalDraft>[1],
): Promise<Draft> {
  const { signed, bytes, refused } = await signIn(scene, { signatureSchemes })
  const base = { id: about.id, demand: about.demand, rule: scene.ruleOn(about.things), ...evidenceIn(bytes) }
  if (signed !== undefined) {
    const name = signatureScheme.name(signed)
    if (!signatureSchemes.includes(signed)) return { ...base, verdict: 'kept', fact: `Signed with ${name} in their place.` }
    return {
      ...base,
      rule: scene.ruleOn([{ subject: 'signature', name }]),
      verdict: 'broken',
      fact: `Accepted although forbidden: ${name}.`,
    }
  }
  if (refused !== undefined) return { ...base, verdict: 'kept', fact: `Refused: ${refused}.`, byRefusal: true }
  return { ...base, verdict: 'unknown', fact: 'No clear answer to the offer: the handshake broke off.' }
}

/** DHE with groups of RFC 7919 and without: servers may have parameters of their own beside them, and others for each of their keys. */
export const checkDh: Check = async (scene) => {
  const protocol = scene.protocolsSpoken.find((one) => one !== 'TLSv1.3') ?? scene.allowedBefore13[0]
  const suites = protocol === undefined ? [] : scene.allowedSuites(protocol).filter(isDhe)
  if (protocol === undefined || suites.length === 0) return []
  const seen = await askDh(scene, protocol, suites)
  const found = dhPosture(seen.flatMap(({ observation }) => (observation === undefined ? [] : [observation])))
  const wrong = found?.all.filter((one) => !allows(scene.policy, { dh: one })) ?? []
  const base = { id: 'dh-size', demand: demandOfDh(scene), rule: ruleOnDh(scene, found) }
  const shown = seen.find(({ answer }) => answer.kind === 'server-hello') ?? seen[0]
  const evidence = evidenceOf(shown?.answer)
  const sizes = (some: DhPosture['all']): string => some.map((one) => `${one.bits} bits (${one.prime})`).join(', ')
  if (wrong.length > 0) return [{ ...base, verdict: 'broken', fact: `DHE with ${sizes(wrong)} is accepted.`, ...evidence }]
  const vague = seen.find(({ clear }) => !clear)
  if (vague !== undefined)
    return [{ ...base, verdict: 'unknown', fact: `No clear answer to the offer: ${describeAnswer(vague.answer)}.`, ...evidence }]
  const fact = found === null ? 'DHE is not accepted.' : `DHE uses ${sizes(found.all)}.`
  return [{ ...base, verdict: 'kept', fact, ...evidence, byRefusal: seen.some(({ answer }) => answer.kind !== 'server-hello') }]
}

interface DhAnswer {
  readonly answer: Answer
  readonly observation: Observation | undefined
  readonly clear: boolean
}

/** Each kind of key by itself: what is taken with one is no longer offered, so that those behind it are seen. */
async function askDh(scene: Scene, protocol: HelloProtocol, suites: readonly number[]): Promise<readonly DhAnswer[]> {
  const first = await Promise.all([OLD_GROUPS, OLD_CURVES].map((groups) => askDhOnce(scene, { protocol, suites, groups })))
  const taken = new Set(first.map(({ observation }) => observation?.suite?.au))
  const others = suites.filter((code) => !taken.has(suiteByCode(code)?.au))
  const goesOn = first.some(({ observation }) => observation !== undefined && suites.includes(observation.answer.hello.cipherSuite))
  return goesOn && others.length > 0 ? [...first, ...(await askDh(scene, protocol, others))] : first
}

async function askDhOnce(scene: Scene, question: Question): Promise<DhAnswer> {
  const [offer, answer] = await scene.ask(question, 'offer')
  const observation = observe(offer, answer)
  if (observation !== undefined) return { answer, observation, clear: observation.keyExchange?.params?.kind === 'DHE' }
  const refused = answer.kind === 'alert' || answer.kind === 'closed'
  return { answer, observation, clear: refused && (scene.breaks === 'not' || (await isHarmless(scene, question))) }
}

function demandOfDh({ policy: { dh } }: Scene): string {
  return `DHE uses ${dh.minBits} bits or more${dh.primes === undefined ? '' : `, of ${dh.primes.join(', ')}`}`
}

function ruleOnDh(scene: Scene, found: DhPosture | null): string {
  const seen = found?.all.filter((one) => !allows(scene.policy, { dh: one })) ?? []
  const things = (seen.length > 0 ? seen : [{ bits: scene.policy.dh.minBits - 1, prime: 'custom' }]).map(({ bits, prime }): Thing => ({
    subject: 'dh',
    bits,
    prime,
  }))
  return scene.ruleOn(things)
}
