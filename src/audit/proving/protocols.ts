import { forbiddenBy, type Thing } from '../../policy/index.ts'
import { protocolVersion, suiteByCode } from '../../registry/index.ts'
import { COMMON_OLD_SUITES, OLD_GROUPS, OLD_SUITES, TLS13_GROUPS, TLS13_SUITES } from '../candidates.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import { encodeSslv2Offer } from '../sslv2-hello.ts'
import type { HelloProtocol } from '../hello.ts'
import type { Check, Draft } from './check.ts'
import { listOf } from './last-offer.ts'
import { offerForbidden, refusalDraft, type OfferOptions, type Reading, type Refusal } from './refusal.ts'
import { withoutDhe } from './pieces.ts'
import { BEFORE_TLS13, title, type Scene } from './scene.ts'
import { kindsKnown } from './see-certificates.ts'
import type { Expected } from './turns.ts'
import { isDenial, isOfVersion, type Subject } from './words.ts'

/** A list of all that are forbidden is refused in as many words, or each is offered by itself. */
export const checkForbiddenProtocols: Check = async (scene) => {
  const forbidden = forbiddenBy(scene.policy).protocols.filter((protocol) => protocol !== 'SSLv2')
  const answer = await refusedInOneList(scene, forbidden)
  if (answer === undefined) return checkOneByOne(scene, forbidden)
  return forbidden.map((protocol) => {
    const thing: Thing = { subject: 'protocol', name: protocol }
    return refusalDraft(scene, aboutProtocol(protocol, thing), refusalOf(answer, undefined))
  })
}

function aboutProtocol(
  protocol: HelloProtocol,
  thing: Thing,
): { readonly id: string; readonly demand: string; readonly things: readonly Thing[] } {
  return { id: 'refuses-protocols', demand: `${title(protocol)} is refused`, things: [thing] }
}

/**
 * Whoever reads `supported_versions` chooses from its list alone, RFC 8446 §4.2.1, whatever holes there are between its versions. GnuTLS reads it for
 * TLS 1.3 only: so the old field says a version that would be taken, and whoever refuses it has read the list. The second time there is none, as in the hello
 * of an old client, which is answered with its version or an older one; or a list of what is allowed is taken, so that those who refuse every list without TLS 1.3 are told. Undefined where an older one is allowed, where the list does not tell, or would cost a question in vain.
 */
async function refusedInOneList(scene: Scene, forbidden: readonly HelloProtocol[]): Promise<Answer | undefined> {
  const carrier = scene.protocolsSpoken.find((protocol) => protocol !== 'TLSv1.3')
  const [newest] = BEFORE_TLS13.filter((protocol) => forbidden.includes(protocol))
  if (carrier === undefined || newest === undefined || forbidden.length < 2) return undefined
  const areOldest = BEFORE_TLS13.slice(BEFORE_TLS13.indexOf(newest)).every((protocol) => forbidden.includes(protocol))
  const tells = scene.breaks === 'not' && scene.protocolsSpoken.includes('TLSv1.3') && areOldest
  if (!tells || !isOfVersion(await scene.askSslv2())) return undefined
  const question = { protocol: carrier, suites: OLD_SUITES, groups: OLD_GROUPS, extensions: [listOf(forbidden.toReversed())] }
  const [, answer] = await scene.askAsControl(question, 'version')
  if (!isOfVersion(answer)) return undefined
  if (!scene.options.twice) scene.lists = 'refused'
  scene.noteRefusal(question, answer, { again: { protocol: newest, suites: OLD_SUITES, groups: OLD_GROUPS }, subject: 'version' })
  return answer
}

/**
 * Each forbidden version is offered as the newest: a server answers with it or with an older one. One question for all would do
 * on most servers, but GnuTLS with a hole between its versions refuses the hole's number and has what lies below.
 */
async function checkOneByOne(scene: Scene, forbidden: readonly HelloProtocol[]): Promise<readonly Draft[]> {
  // An older version than the one that is offered is found with it: once is enough for what a breakdown may have hidden, and for one that
  // shows that the version is there, or another below it.
  const newest = forbidden.findLast((protocol) => protocol !== 'TLSv1.3')
  const first = Promise.withResolvers<Answer | undefined>()
  const isTakenApart = async (answer: Answer): Promise<boolean> => {
    const one = await first.promise
    return one !== undefined && describeAnswer(one) === describeAnswer(answer)
  }
  if (newest === undefined) first.resolve(undefined)
  const refusals = await Promise.all(
    forbidden.map((protocol) => {
      if (protocol === newest)
        return offerProtocol(scene, protocol, forbidden, { hidden: 'apart', whole: first.resolve }).finally(() => first.resolve(undefined))
      const newer = protocol === 'TLSv1.3' ? undefined : first.promise
      return offerProtocol(scene, protocol, forbidden, { hidden: 'not', isTakenApart, newer })
    }),
  )
  return forbidden.map((protocol, index) => {
    const thing: Thing = { subject: 'protocol', name: protocol }
    // An older version in place of what was offered is told where that version is.
    const spoken = refusals.find(({ hits }) => hits.some((hit) => hit.name === title(protocol)))
    const own = refusals[index]
    return refusalDraft(
      scene,
      aboutProtocol(protocol, thing),
      spoken ?? { more: false, unclear: undefined, answer: undefined, asked: [], ...own, hits: [] },
    )
  })
}

interface ProtocolOptions extends OfferOptions {
  /** What the newest of the versions up to TLS 1.2 was answered with; undefined for itself and for TLS 1.3. */
  readonly newer?: Promise<Answer | undefined> | undefined
}

async function offerProtocol(
  scene: Scene,
  protocol: HelloProtocol,
  forbidden: readonly HelloProtocol[],
  options: ProtocolOptions,
): Promise<Refusal> {
  const newest = protocol === 'TLSv1.3'
  const reading: Reading = ({ answer }) => {
    const found = forbidden.find((one) => protocolVersion.code(one) === answer.version)
    return found === undefined ? 'instead' : { name: title(found), thing: { subject: 'protocol', name: found }, rest: undefined }
  }
  const question = { protocol, suites: newest ? TLS13_SUITES : OLD_SUITES, groups: newest ? TLS13_GROUPS : OLD_GROUPS }
  const usual = { protocol, suites: newest ? TLS13_SUITES : COMMON_OLD_SUITES, groups: USUAL_GROUPS }
  const word = wordFor(protocol, options)
  const refusal = await offerForbidden(scene, question, reading, { ...options, ...word })
  const { hits, unclear, more, answer, asked } = refusal
  if (hits.length > 0 || more || unclear !== undefined || answer === undefined || answer.kind === 'server-hello') return refusal
  const { newer } = options
  // Another word may have been meant for the hello and not for the version, unless it is known that none so old is there.
  const vague = isDenial(answer) && !isOfVersion(answer) && !(protocol === 'SSLv3' && isOfVersion(await newer))
  const short = vague ? await offerForbidden(scene, usual, reading, { hidden: 'not', ...word }) : undefined
  if (short !== undefined && (short.hits.length > 0 || short.unclear !== undefined)) return short
  // What is refused to the newest is refused to all that are older, too: it alone has to be borne out, unless something else was chosen.
  const isBorneOut = newer !== undefined && (await newer)?.kind !== 'server-hello'
  const isTakenApart = scene.breaks !== 'not' || !scene.refused.isNoted(question)
  const again = isBorneOut ? [] : asked.filter((one) => !isTakenApart || (scene.breaks === 'not' && one.suites.every(isRsa)))
  scene.refused.settle([...asked, ...(short?.asked ?? [])].filter((one) => !again.includes(one)))
  // What is said of the version goes for few words and many, and what was taken apart is believed in few.
  if (!isBorneOut && (isTakenApart || isOfVersion(answer))) scene.noteRefusal(question, answer, { again: usual, ...word })
  return refusal
}

/** SSL 3.0 has no word for versions, RFC 6101 §5.4.2. */
function wordFor(protocol: HelloProtocol, { newer }: ProtocolOptions): { readonly subject: Subject; readonly expected: Expected } {
  if (protocol === 'SSLv3') return { subject: 'offer', expected: 'offer' }
  return { subject: 'version', expected: newer === undefined ? 'version' : 'older' }
}

/** It needs neither signature nor parameters nor group, which may all break down and hide it. */
function isRsa(code: number): boolean {
  return suiteByCode(code)?.kx === 'RSA'
}

/** x25519 and secp256r1. */
const USUAL_GROUPS: readonly number[] = [0x001d, 0x0017]

/** SSL 2.0 itself, which nothing allows. */
export const checkSslv2: Check = async (scene) => {
  const thing: Thing = { subject: 'protocol', name: 'SSLv2' }
  const answer = await scene.askSslv2()
  const taken = answer.kind === 'sslv2-server-hello' ? { name: title('SSLv2'), thing } : undefined
  return [refusalDraft(scene, { id: 'refuses-sslv2', demand: 'SSL 2.0 is refused', things: [thing] }, refusalOf(answer, taken))]
}

/** A hello in the format of SSL 2.0 that offers what this door is known to take, so that only the format can be the reason. */
export const checkSslv2Hello: Check = async (scene) => {
  if (scene.policy.sslv2Hello) return []
  const thing: Thing = { subject: 'behaviour', id: 'sslv2-hello', kept: false }
  const about = { id: 'refuses-sslv2-hello', demand: 'a hello in SSL 2.0 format is refused', things: [thing] }
  await scene.otherKindHeard.promise
  // A key that was seen in TLS 1.3 alone may be the one for those who name no server, as nobody can in this format.
  const known = kindsKnown(scene, 'TLSv1.2')
  const others = withoutDhe(scene.otherKind).filter((code) => known.includes(suiteByCode(code)?.au))
  const answer = await scene.say(encodeSslv2Offer('TLSv1.2', [...new Set([...scene.working, ...others])]))
  const taken = answer.kind === 'server-hello' ? { name: 'a hello in SSL 2.0 format', thing } : undefined
  return [refusalDraft(scene, about, refusalOf(answer, taken))]
}

/** Whoever knows nothing of the format closes, or says what it thinks of the bytes: every alert is a refusal here. */
function refusalOf(answer: Answer, taken: { readonly name: string; readonly thing: Thing } | undefined): Refusal {
  const refused = answer.kind === 'alert' || answer.kind === 'closed' || answer.kind === 'sslv2-error'
  return {
    hits: taken === undefined ? [] : [{ ...taken, rest: undefined }],
    more: false,
    unclear: refused || taken !== undefined ? undefined : answer,
    answer,
    asked: [],
  }
}
