import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { FindingId } from '../findings.ts'
import type { Fact, Posture } from '../posture.ts'
import { suiteIs, type SuiteClass } from '../suite-classes.ts'
import type { Known } from './fact.ts'
import {
  behaviour,
  listed,
  notFoundOut,
  ownVerdict,
  protocolTitle,
  verdictWhenBroken,
  type Check,
  type Observation,
  type Scene,
} from './observation.ts'
import { BEFORE_TLS13, isOffered, isSure, offerOf, type Offer } from './offers.ts'

interface ClassFinding {
  readonly id: FindingId
  /** Before "suites" or "suite". */
  readonly adjective: string
  readonly classes: readonly SuiteClass[]
  readonly among: readonly ProtocolName[]
}

/** Classes of suites that should not be accepted. A suite is reported in each class that it belongs to. */
const WEAK_CLASSES: readonly ClassFinding[] = [
  { id: 'suites-null', adjective: 'NULL', classes: ['null'], among: PROTOCOLS },
  { id: 'suites-anonymous', adjective: 'anonymous', classes: ['anonymous'], among: BEFORE_TLS13 },
  { id: 'suites-export', adjective: 'EXPORT', classes: ['export'], among: BEFORE_TLS13 },
  { id: 'suites-rc4', adjective: 'RC4', classes: ['rc4'], among: BEFORE_TLS13 },
  { id: 'suites-des', adjective: 'DES', classes: ['des'], among: BEFORE_TLS13 },
  { id: 'suites-3des', adjective: '3DES', classes: ['3des'], among: BEFORE_TLS13 },
  { id: 'suites-rare', adjective: 'IDEA, RC2, SEED or GOST', classes: ['rare-cipher'], among: PROTOCOLS },
  { id: 'suites-md5', adjective: 'MD5', classes: ['md5'], among: BEFORE_TLS13 },
  { id: 'suites-cbc', adjective: 'CBC', classes: ['cbc'], among: BEFORE_TLS13 },
  { id: 'suites-static-rsa', adjective: 'static RSA', classes: ['static-rsa'], among: BEFORE_TLS13 },
  { id: 'suites-static-dh', adjective: 'static DH or ECDH', classes: ['static-dh'], among: BEFORE_TLS13 },
  { id: 'suites-dhe', adjective: 'DHE', classes: ['dhe'], among: BEFORE_TLS13 },
  { id: 'suites-ccm8', adjective: 'CCM_8', classes: ['ccm8'], among: PROTOCOLS },
  { id: 'suites-password', adjective: 'PSK, SRP or Kerberos', classes: ['password'], among: BEFORE_TLS13 },
]

const REPORTED: readonly SuiteClass[] = [...WEAK_CLASSES.flatMap(({ classes }) => classes), 'modern', 'unknown']

/** The accepted suites by class. */
export const checkSuites: Check = ({ posture }) => [
  ...WEAK_CLASSES.map((weak) => checkClass(weak, posture)),
  checkUnknownSuites(posture),
  ...checkOtherSuites(posture),
  ...checkModernSuites(posture),
]

function checkClass({ id, adjective, classes, among }: ClassFinding, posture: Posture): Observation {
  const offer = offerOf(posture, among, (suite) => suiteIs(suite, ...classes))
  if (offer.suites.length > 0) return found(id, `${adjective.charAt(0).toUpperCase()}${adjective.slice(1)} suites are accepted`, offer)
  return absent(id, `No ${adjective} suite is accepted.`, `${adjective} suites are accepted`, offer)
}

function found(id: FindingId, what: string, offer: Offer): Observation {
  const fact = `${what} in ${listed(offer.protocols.map(protocolTitle))}: ${listed(offer.suites)}.`
  return { id, verdict: verdictWhenBroken(id), fact, subjects: offer.suites, things: things(offer) }
}

function absent(id: FindingId, none: string, whether: string, offer: Offer): Observation {
  const unsure = listed(offer.unsure.map(protocolTitle))
  return isOffered(offer) === false
    ? { id, verdict: 'good', fact: none, subjects: [], things: [] }
    : { id, verdict: 'unknown', fact: `Whether ${whether} in ${unsure} could not be found out.`, subjects: [], things: [] }
}

function things(offer: Offer): Observation['things'] {
  return offer.suites.map((name) => ({ subject: 'suite', name }))
}

/** Nothing can be said of a suite without a name, so that accepting one is `unknown`. */
function checkUnknownSuites(posture: Posture): Observation {
  const id = 'suites-unknown'
  const offer = offerOf(posture, PROTOCOLS, (suite) => suiteIs(suite, 'unknown'))
  if (offer.suites.length === 0) return absent(id, 'Every accepted suite is a known one.', 'unknown suites are accepted', offer)
  return { ...found(id, 'Suites that no registry names are accepted', offer), verdict: 'unknown' }
}

function checkOtherSuites(posture: Posture): readonly Observation[] {
  const offer = offerOf(posture, PROTOCOLS, (suite) => !suiteIs(suite, ...REPORTED))
  return offer.suites.length === 0 ? [] : [found('suites-other', 'Other suites are accepted', offer)]
}

function checkModernSuites(posture: Posture): readonly Observation[] {
  const id = 'suites-modern'
  const offer = offerOf(posture, PROTOCOLS, (suite) => suiteIs(suite, 'modern'))
  if (offer.suites.length > 0) return [{ ...found(id, 'Forward-secret AEAD suites are accepted', offer), verdict: 'good' }]
  if (offer.unsure.length === 0 && PROTOCOLS.every((protocol) => posture.protocols[protocol].offered === false)) return []
  const lesser = offerOf(posture, PROTOCOLS, isLesserAead).suites
  const none =
    lesser.length === 0
      ? absent(id, 'No forward-secret AEAD suite is accepted.', 'forward-secret AEAD suites are accepted', offer)
      : absent(
          id,
          `The forward-secret AEAD suites that are accepted lack ECDHE, a certificate, a full tag or a common cipher: ${listed(lesser)}.`,
          `better forward-secret AEAD suites than ${listed(lesser)} are accepted`,
          offer,
        )
  return [none.verdict === 'good' ? { ...none, verdict: verdictWhenBroken(id) } : none]
}

/** Forward secret and AEAD, but not what every client has or what protects as it should. */
function isLesserAead(suite: string): boolean {
  return suiteIs(suite, 'aead') && suiteIs(suite, 'dhe', 'ecdhe', 'tls1.3') && !suiteIs(suite, 'modern', 'null')
}

/** Who chooses, and whether a weak suite can win over a strong one. */
export const checkOrder: Check = (scene) => {
  const { posture } = scene
  if (posture.role === 'client') return []
  const states = PROTOCOLS.map((protocol) => strongFirst(protocol, scene))
  const broken = PROTOCOLS.filter((_, index) => states[index] === false)
  const kept: Known = broken.length > 0 ? false : states.includes('unknown') ? 'unknown' : true
  return behaviour(
    'suite-order',
    kept,
    {
      kept: `A better suite is never passed over for a worse one${orders(posture)}.`,
      broken: `In ${listed(broken.map(protocolTitle))} a worse suite can be chosen although both ends have a better one${orders(posture)}.`,
      whether: 'the better suites are chosen first',
    },
    broken,
  )
}

/** True where all suites of a version are of one quality, or the server chooses and puts the better ones first. */
function strongFirst(protocol: ProtocolName, { posture, now }: Scene): Known {
  const { offered, suites, order } = posture.protocols[protocol]
  if (offered === false) return true
  const ranks = suites.map((name) => QUALITY.indexOf(ownVerdict({ subject: 'suite', name }, now)))
  if (new Set(ranks).size > 1) {
    if (order === 'client') return false
    const descending = ranks.every((rank, index) => index === 0 || rank <= (ranks[index - 1] ?? rank))
    if (order === 'server' && !descending) return false
    if (order === 'unknown') return 'unknown'
  }
  return isSure(posture, protocol) ? true : 'unknown'
}

const QUALITY = ['bad', 'weak', 'good']

function orders(posture: Posture): string {
  const offered = PROTOCOLS.filter((protocol) => posture.protocols[protocol].offered === true)
  const by = (who: string) => offered.filter((protocol) => posture.protocols[protocol].order === who)
  const parts = ['server', 'client'].flatMap((who) =>
    by(who).length > 0 ? [`the ${who} chooses in ${listed(by(who).map(protocolTitle))}`] : [],
  )
  // Who would have chosen from a list of one is no question.
  const unknown = by('unknown').filter((protocol) => posture.protocols[protocol].suites.length > 1)
  if (unknown.length > 0) parts.push(`who chooses in ${listed(unknown.map(protocolTitle))} is unknown`)
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`
}

/** Whether the server moves ChaCha20 up for clients that want it. No verdict depends on it. */
export const checkChaChaPreference: Check = ({ posture }) => {
  const id = 'chacha-preference'
  const inState = (state: Fact): readonly string[] =>
    PROTOCOLS.filter((protocol) => posture.protocols[protocol].offered !== false)
      .filter((protocol) => posture.protocols[protocol].prefersClientChaCha === state)
      .map(protocolTitle)
  const [yes, no, unsure] = [inState(true), inState(false), inState('unknown')]
  if (yes.length > 0) {
    const where = no.length + unsure.length > 0 ? ` in ${listed(yes)}` : ''
    const not = no.length > 0 ? `, but not in ${listed(no)}` : ''
    const rest = unsure.length > 0 ? `; whether in ${listed(unsure)} could not be found out` : ''
    const fact = `Clients that put ChaCha20 first get it${where}${not}${rest}.`
    return [{ id, verdict: unsure.length > 0 ? 'unknown' : 'good', fact, subjects: [], things: [] }]
  }
  if (unsure.length > 0) {
    return [{ id, verdict: 'unknown', fact: notFoundOut('clients that put ChaCha20 first get it'), subjects: [], things: [] }]
  }
  if (no.length === 0) return []
  return [{ id, verdict: 'good', fact: 'ChaCha20 keeps its place whatever the client prefers.', subjects: [], things: [] }]
}
