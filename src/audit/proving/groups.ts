import { forbiddenBy, type Thing } from '../../policy/index.ts'
import { suiteByCode, supportedGroup } from '../../registry/index.ts'
import { parseCertificate } from '../certificate.ts'
import { OLD_CURVES, OLD_GROUPS, TLS13_GROUPS } from '../candidates.ts'
import type { HelloProtocol } from '../hello.ts'
import { groupName, observedGroup } from '../observation.ts'
import type { Check, Draft } from './check.ts'
import { isDhe } from './pieces.ts'
import { offerForbidden, refusalDraft, together, type Reading } from './refusal.ts'
import { codesOf, title, type Question, type Scene } from './scene.ts'
import { readSuite } from './suites.ts'

const FFDHE: readonly number[] = OLD_GROUPS.filter((group) => !OLD_CURVES.includes(group))

/** Allowed suites with forbidden groups; up to TLS 1.2 beside forbidden DHE suites, which some servers have only with FFDHE groups. */
export const checkForbiddenGroups: Check = async (scene) => {
  const { groups, suites } = forbiddenBy(scene.policy)
  const forbidden = groups.map((name) => supportedGroup.find(name)).filter((code) => code !== undefined)
  const [newest] = scene.allowedBefore13
  const drafts: Promise<readonly Draft[]>[] = []
  if (newest !== undefined) {
    const dhe = codesOf(suites).filter(isDhe)
    const ecdhe = scene.allowedSuites(newest).filter((code) => suiteByCode(code)?.kx === 'ECDHE')
    const curves = ecdhe.length === 0 ? [] : OLD_CURVES.filter((group) => forbidden.includes(group))
    const question = {
      protocol: newest,
      suites: [...(curves.length > 0 ? ecdhe : []), ...dhe],
      groups: [...curves, ...(dhe.length > 0 ? FFDHE : [])],
    }
    drafts.push(refusesGroups(scene, [question, ...besideSigner(scene, newest, curves)], forbidden))
  }
  if (scene.policy.protocols.allowed.includes('TLSv1.3')) {
    const question = {
      protocol: 'TLSv1.3',
      suites: scene.allowedSuites('TLSv1.3'),
      groups: TLS13_GROUPS.filter((group) => forbidden.includes(group)),
    } as const
    drafts.push(refusesGroups(scene, [question], forbidden))
  }
  return (await Promise.all(drafts)).flat()
}

/**
 * Up to TLS 1.2 the list of groups says too with which curves a client can verify, RFC 8422 §5.1.1: a server whose only certificate is on a curve
 * refuses whoever leaves it out, whatever groups it has. So its curve stands behind those that are forbidden. A server that chooses it
 * there by an order of its own has chosen it for everybody: nobody gets the others, who can be served at all.
 */
function besideSigner(scene: Scene, protocol: HelloProtocol, curves: readonly number[]): readonly Question[] {
  const signers = new Set(scene.working.map((code) => suiteByCode(code)).flatMap((suite) => (suite?.kx === 'ECDHE' ? [suite.au] : [])))
  if (curves.length === 0 || !signers.has('ECDSA') || signers.has('RSA')) return []
  const suites = scene.allowedSuites(protocol).filter((code) => suiteByCode(code)?.kx === 'ECDHE' && suiteByCode(code)?.au === 'ECDSA')
  const own = curvesOfSigners(scene).filter((curve) => !curves.includes(curve))
  return own.map((curve) => ({ protocol, suites, groups: [...curves, curve] }))
}

/** The curves of the servers' own certificates that were seen so far. */
function curvesOfSigners({ notes }: Scene): readonly number[] {
  const names = notes.chains.map(({ ders: [leaf] }) => (leaf === undefined ? undefined : parseCertificate(leaf)?.posture.curve))
  return [...new Set(names.flatMap((name) => (name === undefined ? [] : [supportedGroup.find(name)])))].filter((code) => code !== undefined)
}

/** The first question offers nothing that is allowed; each other one has the curve of a certificate in it. */
async function refusesGroups(scene: Scene, questions: readonly Question[], forbidden: readonly number[]): Promise<readonly Draft[]> {
  const [question] = questions
  if (question === undefined || question.suites.length === 0 || question.groups.length === 0) return []
  const reading: Reading = (observation, asked) => {
    const suite = observation.answer.hello.cipherSuite
    if (isDhe(suite)) return readSuite(observation, asked)
    const group = observedGroup(observation)
    if (group === undefined) return 'unclear'
    if (!forbidden.includes(group)) return question.groups.includes(group) ? 'unclear' : 'instead'
    const groups = asked.groups.filter((one) => one !== group)
    const rest = groups.some((one) => question.groups.includes(one)) ? { ...asked, groups } : undefined
    return { name: groupName(group), thing: { subject: 'group', name: groupName(group) }, rest }
  }
  const refusal = together(
    await Promise.all(questions.map((one) => offerForbidden(scene, one, reading, one === question ? {} : { expected: 'taken' }))),
  )
  const suites = refusal.hits.filter((hit) => hit.thing.subject === 'suite')
  const groups = refusal.hits.filter((hit) => hit.thing.subject !== 'suite')
  const where = title(question.protocol)
  const things = question.groups.map((code): Thing => ({ subject: 'group', name: groupName(code) }))
  const about = { id: 'refuses-groups', demand: `forbidden groups are refused in ${where}`, things }
  const drafts: Draft[] = []
  if (groups.length > 0 || suites.length === 0) drafts.push(refusalDraft(scene, about, { ...refusal, hits: groups }))
  if (suites.length > 0) {
    const dhe = { id: 'refuses-suites', demand: `forbidden DHE suites are refused in ${where} to clients with FFDHE groups`, things: [] }
    drafts.push(refusalDraft(scene, dhe, { ...refusal, hits: suites }))
  }
  return drafts
}
