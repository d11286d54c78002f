import { forbiddenBy } from '../../policy/index.ts'
import { protocolVersion, suiteByCode, type Authentication } from '../../registry/index.ts'
import { encodeSupportedVersionsClientHello, EXTENSION_TYPE, type RawExtension } from '../../wire/index.ts'
import { OLD_CURVES } from '../candidates.ts'
import type { Answer } from '../exchange.ts'
import type { HelloOffer, HelloProtocol } from '../hello.ts'
import { observe, observedGroup, type Observation } from '../observation.ts'
import { carrierOf, isFine } from './carrier.ts'
import { askWholeAsControl } from './handshakes.ts'
import { isDhe, isForAll, isForPhones } from './pieces.ts'
import { isOfClient, passedOver, type Choice } from './preference.ts'
import { codesOf, type Question, type Scene } from './scene.ts'
import { kindOfTls13, kindsKnown, servesAllAlike, unseenFirst, unseenNameless } from './see-certificates.ts'
import { isDenial } from './words.ts'

/**
 * Whether what is allowed is taken when it stands behind all that is forbidden, and in another order than before. Where the client is
 * seen to choose, that bears out some of what was refused: it would have been taken. Clients that name no server are looked at with it, where
 * they get the same; it bears out nothing then where the name is seen to matter.
 */
export async function isTakenAtTheEnd(scene: Scene, list: Question): Promise<boolean> {
  const last = scene.lastOffers.get(list) ?? lastOffer(scene, list)
  if (last === undefined) return false
  const { question, nameless, carrier } = last
  if (nameless !== undefined) {
    const seen = await takenNameless(scene, nameless, carrier)
    if (seen !== undefined && servesAllAlike(scene)) return bearOut(scene, seen)
  }
  const [offer, answer] = await offerLast(scene, question)
  const seen = observe(offer, answer)
  if (seen !== undefined && isFine(scene, seen, carrier)) return bearOut(scene, seen)
  // It may have been refused for its list, which others do without.
  if (scene.lists !== 'refused' || list.protocol === 'TLSv1.3') return false
  scene.lists = 'not-asked'
  scene.lastOffers.delete(list)
  return isTakenAtTheEnd(scene, list)
}

/** Versions as the client's best stands first, RFC 8446 §4.2.1. */
export function listOf(versions: readonly HelloProtocol[]): RawExtension {
  const data = encodeSupportedVersionsClientHello(versions.map((name) => protocolVersion.code(name)))
  return { type: EXTENSION_TYPE.supported_versions, data }
}

/** Offers it before the end, and tells `isTakenAtTheEnd()` then. */
export function offerAhead(scene: Scene, list: Question): void {
  const last = lastOffer(scene, list, kindOfTls13(scene))
  if (last === undefined) return
  scene.lastOffers.set(list, last)
  const question = last.nameless ?? last.question
  scene.askAhead(
    question,
    () => offerLast(scene, question),
    ({ kind }) => kind !== 'server-hello',
  )
}

/** What is offered last, and what was taken before. */
export interface LastOffer {
  readonly question: Question
  /** The same for clients that name no server, where they are looked at. */
  readonly nameless: Question | undefined
  readonly carrier: Observation
}

function lastOffer(scene: Scene, list: Question, first?: Authentication): LastOffer | undefined {
  const carrier = carrierOf(scene, list.protocol)
  if (carrier?.protocol === undefined || carrier.protocol === 'SSLv2') return undefined
  const { protocol } = carrier
  if (list.protocol === 'TLSv1.3' && protocol !== 'TLSv1.3') return undefined
  const offer = atTheEnd(scene, list, carrier, protocol, first)
  const isListed = scene.lists === 'refused' && protocol !== 'TLSv1.3'
  const old = isListed ? { ...offer, extensions: [listOf([protocol])] } : offer
  const question = list.protocol === 'TLSv1.3' ? { ...offer, ...unseenFirst(scene) } : old
  return { question, nameless: namelessOf(scene, question, protocol), carrier }
}

/** Certificates of TLS 1.3 are seen in handshakes, which nobody makes with the lists of older versions. Where those are spoken, they have shown one kind already. */
function namelessOf(scene: Scene, question: Question, protocol: HelloProtocol): Question | undefined {
  const isHandshake = question.signatureSchemes !== undefined
  const isLookedAt = scene.isLookedAtNameless(protocol) && isHandshake === (protocol === 'TLSv1.3')
  if (isLookedAt) return { ...question, serverName: undefined }
  const old = scene.protocolsSpoken.find((one) => one !== 'TLSv1.3')
  const unseen = isHandshake && old !== undefined && scene.asksFor !== undefined ? unseenNameless(scene, old) : undefined
  return unseen === undefined ? undefined : { ...question, ...unseen, serverName: undefined }
}

/** Where they are refused in as many words, that has to be borne out like every refusal. */
async function takenNameless(scene: Scene, nameless: Question, carrier: Observation): Promise<Observation | undefined> {
  const [offer, answer] = await offerLast(scene, nameless)
  const seen = observe(offer, answer)
  if (isDenial(answer) && scene.isLookedAtNameless(nameless.protocol)) {
    scene.refusesNameless = true
    scene.noteRefusal(nameless, answer)
  }
  if (seen === undefined) return undefined
  scene.seenNameless.push(seen)
  if (!isFine(scene, seen, carrier)) return undefined
  scene.passedOverNameless = new Set([...scene.passedOverNameless, ...passedOverIn(scene, seen, suiteChoice)])
  return seen
}

/** A whole handshake for those lists with which one is made, see `unseenFirst()`. */
function offerLast(scene: Scene, question: Question): Promise<readonly [HelloOffer, Answer]> {
  return question.signatureSchemes === undefined ? scene.askAsControl(question) : askWholeAsControl(scene, question)
}

/** `first`: which kind of key stands before the other, where this is not to show who chooses. */
function atTheEnd(scene: Scene, list: Question, carrier: Observation, protocol: HelloProtocol, first?: Authentication): Question {
  const groups = [...new Set([...scene.allowedGroups(protocol), ...carrier.offer.groups])].toReversed()
  const allowed = new Set([...scene.allowedSuites(protocol), carrier.answer.hello.cipherSuite])
  const known = new Set(kindsKnown(scene, protocol))
  const own = first ?? carrier.suite?.au
  // What has not been taken so far stands in front of what has, and what was taken first in front of the other kind: two choices with one key show who chooses.
  const rankOfKind = (au: Authentication | undefined): number => (known.has(au) ? (au === own ? 4 : 8) : 0)
  const rank = (code: number): number => rankOfKind(suiteByCode(code)?.au) + (isDhe(code) ? 0 : 2) + (isForPhones(code) ? 1 : 0)
  const suites = [...allowed].toReversed().toSorted((one, other) => rank(one) - rank(other))
  const { suites: old, tls13Suites } = forbiddenBy(scene.policy)
  const forbidden = codesOf(protocol === 'TLSv1.3' ? tls13Suites : old)
  return {
    protocol,
    suites: [...[...new Set([...list.suites, ...forbidden])].filter((code) => !allowed.has(code)), ...suites],
    groups: [...list.groups.filter((code) => !groups.includes(code)), ...groups],
  }
}

/** Whatever stood before what the client chose would have been chosen in its place. */
function bearOut(scene: Scene, last: Observation): true {
  if (scene.lists === 'refused' && last.protocol !== 'TLSv1.3' && last.offer.extensions !== undefined) scene.lists = 'read'
  const suites = passedOverIn(scene, last, suiteChoice)
  const groups = passedOverIn(scene, last, groupChoice)
  scene.refused.settleAll((question) => {
    if (question.protocol !== last.protocol || Object.keys(question).some((key) => !ORDINARY.has(key))) return false
    const others = question.suites.filter((code) => !suites.has(code))
    if (others.length === 0 && mayBePassedOver(scene, question)) return true
    // Finite fields are for DHE alone, RFC 7919 §4.
    const needed = question.groups.filter((code) => others.some(isDhe) || OLD_CURVES.includes(code))
    return needed.length > 0 && needed.every((code) => groups.has(code))
  })
  return true
}

/**
 * The client may be the one who chooses among the best suites alone, as BoringSSL lets it up to TLS 1.2: then what is worse was passed over
 * although it is there. So it does not bear out that everything forbidden is refused, but only what may have been hidden in that by DHE, which
 * BoringSSL has not.
 */
function mayBePassedOver(scene: Scene, { protocol, suites }: Question): boolean {
  const forbidden = codesOf(forbiddenBy(scene.policy).suites).filter(isForAll)
  return protocol === 'TLSv1.3' || !forbidden.every((code) => suites.includes(code))
}

/** Questions with anything else are about that. */
const ORDINARY: ReadonlySet<string> = new Set(['protocol', 'suites', 'groups'] satisfies (keyof Question)[])

function passedOverIn(scene: Scene, last: Observation, choiceIn: (seen: Observation) => Choice | undefined): ReadonlySet<number> {
  const choice = choiceIn(last)
  if (choice === undefined) return new Set()
  // The key that signs may have a say in the group.
  const earlier = scene.spoken.filter(({ protocol, suite }) => protocol === last.protocol && suite?.au === last.suite?.au).map(choiceIn)
  return earlier.some((one) => one !== undefined && isOfClient(one, choice)) ? passedOver(choice) : new Set()
}

function suiteChoice({ offer, answer }: Observation): Choice | undefined {
  const taken = answer.hello.cipherSuite
  return isForPhones(taken) ? undefined : { list: offer.suites, taken }
}

/** In TLS 1.3 those groups go first for which the hello has a key share: that is no order of the list. */
function groupChoice(seen: Observation): Choice | undefined {
  const taken = observedGroup(seen)
  return taken === undefined || seen.protocol === 'TLSv1.3' ? undefined : { list: seen.offer.groups, taken }
}
