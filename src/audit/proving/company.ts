import { protocolVersion } from '../../registry/index.ts'
import { encodeSupportedVersionsClientHello, EXTENSION_TYPE } from '../../wire/index.ts'
import { OLD_GROUPS, OLD_SUITES, TLS13_GROUPS, TLS13_SUITES } from '../candidates.ts'
import type { Answer } from '../exchange.ts'
import { encodeOffer } from '../hello.ts'
import { observe } from '../observation.ts'
import { carrierOf, isFine } from './carrier.ts'
import { isTakenAtTheEnd, offerAhead } from './last-offer.ts'
import { withoutDhe } from './pieces.ts'
import type { Question, Scene } from './scene.ts'
import { seeWithoutSni } from './see-certificates.ts'
import { isClose, isDenial } from './words.ts'

/** A refusal proves something only where the same hello is answered as soon as something that is allowed stands in it too. */

/** From here on there are suites without a name, as many as there are with one: RFC 8447 §8 leaves them unassigned. */
const FIRST_UNASSIGNED = 0xe000

/** Everything that is offered in vain, in the longest lists that are offered. */
const LISTS: readonly Question[] = [
  { protocol: 'TLSv1.2', suites: OLD_SUITES, groups: OLD_GROUPS },
  { protocol: 'TLSv1.3', suites: TLS13_SUITES, groups: TLS13_GROUPS },
]

const EVERYTHING: Question = {
  protocol: 'TLSv1.3',
  suites: [...TLS13_SUITES, ...OLD_SUITES],
  groups: [...new Set([...TLS13_GROUPS, ...OLD_GROUPS])],
}

/** See `stillAnswers()`. */
export type Standing = 'yes' | 'no' | 'in-company' | 'at-length'

/**
 * Whether what is allowed is still answered: if so, what the door refused it refused for what it was. It stands behind all that is
 * forbidden, so that offers that break the door are found too: `at-length` because they are long, `in-company` because of something
 * in them.
 */
export async function stillAnswers(scene: Scene): Promise<Standing> {
  if (scene.spoken.length === 0) return (await answersAlone(scene)) ? 'yes' : 'no'
  const broken = await firstUnanswered(scene)
  if (broken === undefined) return 'yes'
  const strangers = [...Array(broken.suites.length).keys()].map((at) => FIRST_UNASSIGNED + at)
  const long = { protocol: broken.protocol, suites: strangers, groups: [] }
  if (broken.protocol !== 'TLSv1.3' && (await isTaken(scene, long))) return 'in-company'
  if (!(await answersAlone(scene))) return 'no'
  return broken.protocol === 'TLSv1.3' ? 'in-company' : 'at-length'
}

/** What clients that name no server get is asked between the two: their refusals have an answer before them that comes from this time, and one behind. */
async function firstUnanswered(scene: Scene): Promise<Question | undefined> {
  if (scene.protocolsSpoken.every((protocol) => protocol === 'TLSv1.3')) {
    // One version takes both lists in one hello.
    if (await isTakenAtTheEnd(scene, EVERYTHING)) {
      await seeWithoutSni(scene)
      return undefined
    }
    // What is too long for everybody says nothing of those that name no server.
    scene.refusesNameless = false
  }
  const lists = LISTS.toSorted((one, other) => Number(showsNameless(scene, other)) - Number(showsNameless(scene, one)))
  const unanswered: Question[] = []
  for (const list of lists) {
    if (!(await isAnsweredInCompany(scene, list))) unanswered.push(list)
    if (scene.options.twice && list === lists[0]) await seeWithoutSni(scene)
  }
  // Both lists may show certificates to those that name no server, and an answer stands behind what they are refused in any case.
  if (!scene.options.twice) await seeWithoutSni(scene)
  return LISTS.find((list) => unanswered.includes(list))
}

/** The offers of `stillAnswers()`, to be made ahead: not where what is forbidden has broken down, for it stands in them too, and they would be made again. */
export function lastOffersAhead(scene: Scene): (() => void)[] {
  const isAlone = scene.protocolsSpoken.every((protocol) => protocol === 'TLSv1.3')
  return (isAlone ? [EVERYTHING] : LISTS).map((list) => () => {
    if (!scene.broken.has(list.protocol)) offerAhead(scene, list)
  })
}

function showsNameless(scene: Scene, { protocol }: Question): boolean {
  return (protocol === 'TLSv1.3') === scene.protocolsSpoken.every((one) => one === 'TLSv1.3')
}

/** Whether what was answered at first still is: with a word, where nothing was taken. */
export async function answersAlone(scene: Scene): Promise<boolean> {
  if (scene.answered === undefined) return false
  const [offer, answer] = await scene.askAsControl(scene.answered)
  return isFine(scene, observe(offer, answer)) || (scene.spoken.length === 0 && answer.kind === 'alert' && !isClose(answer))
}

/** Whether something that is allowed is taken out of this company. Asked once for each. */
export function isHarmless(scene: Scene, { protocol, suites, groups }: Question): Promise<boolean> {
  const [carrier] = scene.spoken
  if (carrier === undefined) return Promise.resolve(true)
  const key = JSON.stringify([carrierOf(scene, protocol)?.protocol, suites, groups])
  const known = scene.controls.get(key) ?? isTaken(scene, { protocol, suites, groups })
  scene.controls.set(key, known)
  return known
}

/** Those of the groups with which an offer of something that is allowed is not refused: nobody gets on with the others, whatever stands beside them. */
export async function harmlessGroups(scene: Scene, { protocol, groups }: Question): Promise<readonly number[]> {
  if (await isHarmless(scene, { protocol, suites: [], groups })) return groups
  if (groups.length <= 1) return []
  const middle = Math.ceil(groups.length / 2)
  const halves = [groups.slice(0, middle), groups.slice(middle)]
  return (await Promise.all(halves.map((half) => harmlessGroups(scene, { protocol, suites: [], groups: half })))).flat()
}

async function isAnsweredInCompany(scene: Scene, list: Question): Promise<boolean> {
  if (await isTakenAtTheEnd(scene, list)) return true
  const [answer, fine] = await askInCompany(scene, list)
  // What breaks down has been offered again without DHE: see `sureOnes()`.
  return fine || (!isDenial(answer) && (await isTaken(scene, { ...list, suites: withoutDhe(list.suites) })))
}

async function isTaken(scene: Scene, list: Question): Promise<boolean> {
  const [, fine] = await askInCompany(scene, list)
  return fine
}

/** What was taken before, in the same version where it is spoken, so that it has to be picked out of this list. */
async function askInCompany(scene: Scene, list: Question): Promise<readonly [Answer | undefined, boolean]> {
  const carrier = carrierOf(scene, list.protocol)
  if (carrier?.protocol === undefined || carrier.protocol === 'SSLv2') return [undefined, false]
  const own = carrier.answer.hello.cipherSuite
  const suites = [...list.suites.filter((suite) => suite !== own), own]
  const groups = [...new Set([...list.groups, ...carrier.offer.groups])]
  if (list.protocol !== 'TLSv1.3' || carrier.protocol === 'TLSv1.3') {
    const [offer, answer] = await scene.askAsControl({ protocol: carrier.protocol, suites, groups })
    return [answer, isFine(scene, observe(offer, answer), carrier)]
  }
  const versions = ['TLSv1.3', carrier.protocol] as const
  const both = encodeSupportedVersionsClientHello(versions.map((name) => protocolVersion.code(name)))
  const offer = scene.offerOf({
    protocol: 'TLSv1.3',
    suites,
    groups,
    extensions: [{ type: EXTENSION_TYPE.supported_versions, data: both }],
  })
  const answer = await scene.sayAsControl(encodeOffer(offer))
  return [answer, isFine(scene, observe(offer, answer), carrier)]
}
