import { certificateTitle } from '../certificate-title.ts'
import type { FindingId } from '../findings.ts'
import type { CertificatePosture, ChainPosture, Fact } from '../posture.ts'
import { allOf, opposite, type Known } from './fact.ts'
import {
  behaviour,
  listed,
  notFoundOut,
  verdictWhenBroken,
  type BehaviourWords,
  type Check,
  type Observation,
  type Scene,
} from './observation.ts'

/** A chain with the server's own certificate, which stands first. */
export interface Served {
  readonly chain: ChainPosture
  readonly leaf: CertificatePosture
}

const DAY = 24 * 60 * 60 * 1000
/** A renewal that has not happened by then has failed: programs renew when a third or a fifth of the life is left. */
const SOON = 14 * DAY
/** Certificate Transparency needs two logs at least: RFC 6962 §3 leaves the number to clients, which ask for two or more. */
const SCTS_WANTED = 2

/** Validity, names, trust and chains of the certificates. */
export const checkCertificates: Check = (scene) => {
  const { posture } = scene
  if (posture.role === 'client') return []
  const served = relevant(posture.certificates)
  if (served.length === 0) return checkNone(scene)
  const unread = posture.certificates.some(({ certificates }) => certificates.length === 0)
  return [
    {
      id: 'certificates',
      verdict: unread ? 'unknown' : 'good',
      fact: `Certificates: ${served.map(describe).join('; ')}${unread ? '; and one that cannot be read' : ''}.`,
      subjects: served.map(name),
      things: [],
    },
    ...checkDates(served, scene.now),
    ...checkTrust(served),
    ...checkStatus(served, scene),
    ...checkChain(served),
  ]
}

/** The chains that clients which name the server get; without any, those of clients that do not. */
function relevant(chains: readonly ChainPosture[]): readonly Served[] {
  const served = withLeaf(chains)
  for (const hello of ['sni', 'no-sni'] as const) {
    const these = served.filter(({ chain }) => chain.servedFor.includes(hello))
    if (these.length > 0) return these
  }
  return served
}

/** The chains that any client gets, whether it names the server, as many mail senders do not, or does; not those of wrong names alone. */
export function servedToAny(chains: readonly ChainPosture[]): readonly Served[] {
  const served = withLeaf(chains)
  const these = served.filter(({ chain }) => chain.servedFor.includes('sni') || chain.servedFor.includes('no-sni'))
  return these.length > 0 ? these : served
}

function withLeaf(chains: readonly ChainPosture[]): readonly Served[] {
  return chains.flatMap((chain) => {
    const [leaf] = chain.certificates
    return leaf === undefined ? [] : [{ chain, leaf }]
  })
}

function checkNone({ posture }: Scene): readonly Observation[] {
  const dead = Object.values(posture.protocols).every(({ offered }) => offered === false)
  const fact = posture.certificates.length > 0 ? 'The certificate of the server cannot be read.' : 'No certificate was seen.'
  return dead ? [] : [{ id: 'certificates', verdict: 'unknown', fact, subjects: [], things: [] }]
}

/** How a certificate is called in findings. */
export function name({ leaf }: Pick<Served, 'leaf'>): string {
  return `${leaf.keyType} ${certificateTitle(leaf)}`
}

function describe({ leaf }: Served): string {
  const size = leaf.curve ?? (leaf.keyBits > 0 ? `${leaf.keyBits} bits` : 'unknown size')
  return `${leaf.keyType} (${size}) for ${listed(leaf.names.length > 0 ? leaf.names : [certificateTitle(leaf)], 4)}`
}

/** One finding for all chains: broken when it is in one, unknown when it is unknown in one and not broken in any. */
function forAll(
  id: FindingId,
  served: readonly Served[],
  kept: (one: Served) => Fact,
  words: (broken: readonly string[]) => BehaviourWords,
): readonly Observation[] {
  const facts = served.map(kept)
  const inState = (state: Fact) => served.filter((_, index) => facts[index] === state).map(name)
  const broken = inState(false)
  const concerned = broken.length > 0 ? broken : facts.includes('unknown') ? inState('unknown') : inState(true)
  return behaviour(id, allOf(facts), words(broken), concerned)
}

function checkDates(served: readonly Served[], now: Date): readonly Observation[] {
  const today = now.getTime()
  const expires = ({ leaf }: Served) => Date.parse(leaf.notAfter)
  const begins = ({ leaf }: Served) => Date.parse(leaf.notBefore)
  const until = (one: Served) => `${name(one)} until ${one.leaf.notAfter.slice(0, 10)}`
  const soon = (one: Served) => expires(one) - Math.min(SOON, (expires(one) - begins(one)) / 5)
  return [
    ...forAll(
      'certificate-expired',
      served,
      (one) => isNotBefore(expires(one), today),
      (broken) => ({
        kept: `No certificate has expired: ${listed(served.map(until))}.`,
        broken: `Expired: ${listed(served.filter((one) => broken.includes(name(one))).map(until))}.`,
        whether: 'a certificate has expired',
      }),
    ),
    ...forAll(
      'certificate-not-yet-valid',
      served,
      (one) => isNotBefore(today, begins(one)),
      (broken) => ({
        kept: 'Every certificate is valid already.',
        broken: `Not yet valid: ${listed(broken)}.`,
        whether: 'every certificate is valid already',
      }),
    ),
    ...forAll(
      'certificate-expires-soon',
      served,
      (one) => (expires(one) < today ? 'not-applicable' : isNotBefore(soon(one), today)),
      (broken) => ({
        kept: 'No certificate expires soon.',
        broken: `Expires soon: ${listed(served.filter((one) => broken.includes(name(one))).map(until))}.`,
        whether: 'a certificate expires soon',
      }),
    ),
  ]
}

/** Dates that cannot be read prove nothing. */
function isNotBefore(later: number, earlier: number): Known {
  return Number.isNaN(later) || Number.isNaN(earlier) ? 'unknown' : later >= earlier
}

function checkTrust(served: readonly Served[]): readonly Observation[] {
  const errors = [...new Set(served.flatMap(({ chain }) => (chain.trustError === undefined ? [] : [chain.trustError])))]
  const why = errors.length === 0 ? '' : ` (${errors.join('; ')})`
  return [
    ...forAll(
      'certificate-name',
      served,
      ({ chain }) => chain.nameMatches,
      (broken) => ({
        kept: 'The certificates are for the name that was asked for.',
        broken: `Not for the name that was asked for: ${listed(broken)}.${namelessWords(served, broken)}`,
        whether: 'the certificates are for the name that was asked for',
      }),
    ),
    ...forAll(
      'certificate-trust',
      served,
      ({ chain }) => chain.trusted,
      (broken) => ({
        kept: 'The certificates are trusted.',
        broken: `Not trusted: ${listed(broken)}${why}.`,
        whether: 'the certificates are trusted',
      }),
    ),
    ...forAll('certificate-self-signed', served, selfSignedIsFine, (broken) => ({
      kept: 'No certificate is merely self-signed.',
      broken: `Self-signed: ${listed(broken)}.`,
      whether: 'a certificate is merely self-signed',
    })),
  ]
}

/** RFC 9525 §6: clients look at no common name, not even where there is nothing else. */
function namelessWords(served: readonly Served[], broken: readonly string[]): string {
  const nameless = served.filter((one) => one.leaf.names.length === 0 && broken.includes(name(one)))
  const subjects = nameless.map(({ leaf }) => leaf.subject)
  return nameless.length === 0
    ? ''
    : ` No host name is in the subjectAltName of ${listed(subjects)}, and clients do not look at the common name.`
}

/** A self-signed certificate that has been made known is as good as any. */
function selfSignedIsFine({ chain, leaf }: Served): Fact {
  return leaf.selfSigned ? chain.trusted : true
}

function checkStatus(served: readonly Served[], { opportunistic }: Scene): readonly Observation[] {
  return [
    ...checkRevocation(served),
    ...forAll('certificate-must-staple', served, mustStapleIsKept, (broken) => ({
      kept: 'The certificates that must come with a stapled response do.',
      broken: `Must come with a stapled response and does not: ${listed(broken)}.`,
      whether: 'the certificates that must come with a stapled response do',
    })),
    ...checkStapling(served),
    ...(opportunistic ? [] : checkTransparency(served)),
  ]
}

/** Without a response nothing can be said, and nothing good of all where one of them is not known. `ocsp-stapling` tells of both. */
function checkRevocation(served: readonly Served[]): readonly Observation[] {
  const stapled = ({ chain }: Served) => chain.stapledOcsp
  const answered = served.filter((one) => stapled(one) === 'good' || stapled(one) === 'revoked')
  if (served.some((one) => stapled(one) === 'unknown') && !answered.some((one) => stapled(one) === 'revoked')) return []
  return forAll(
    'certificate-revoked',
    answered,
    (one) => stapled(one) === 'good',
    (broken) => ({
      kept: `Not revoked, says the stapled response: ${listed(answered.map(name))}.`,
      broken: `Revoked, says the stapled response: ${listed(broken)}.`,
      whether: 'a certificate is revoked',
    }),
  )
}

function mustStapleIsKept({ chain, leaf }: Served): Fact {
  const { stapledOcsp } = chain
  if (!leaf.mustStaple) return 'not-applicable'
  return stapledOcsp === 'unknown' || stapledOcsp === 'not-applicable' ? 'unknown' : stapledOcsp === 'good'
}

/** A missing response hurts nobody; one that has run out or says nothing does. */
function checkStapling(served: readonly Served[]): readonly Observation[] {
  const id = 'ocsp-stapling'
  const states = served.map(({ chain }) => chain.stapledOcsp)
  const useless = served.filter(({ chain }) => chain.stapledOcsp === 'expired' || chain.stapledOcsp === 'unknown-status').map(name)
  if (states.every((state) => state === 'not-applicable')) return []
  if (useless.length > 0) {
    const fact = `The stapled OCSP response has run out or says nothing: ${listed(useless)}.`
    return [{ id, verdict: verdictWhenBroken(id), fact, subjects: useless, things: [{ subject: 'behaviour', id, kept: false }] }]
  }
  if (states.includes('unknown'))
    return [{ id, verdict: 'unknown', fact: notFoundOut('OCSP responses are stapled'), subjects: [], things: [] }]
  const bare = served.filter(({ chain }) => chain.stapledOcsp === 'absent').map(name)
  const some = states.some((state) => state === 'good' || state === 'revoked')
  const which = some ? `OCSP responses are stapled, but none for ${listed(bare)}.` : 'No OCSP response is stapled.'
  const fact = bare.length > 0 ? which : 'OCSP responses are stapled.'
  return [{ id, verdict: 'good', fact, subjects: served.map(name), things: [] }]
}

/** Only certificates of public authorities are logged: a company's own authority cannot follow the remedy, and nobody asks it to. */
function checkTransparency(served: readonly Served[]): readonly Observation[] {
  const logged = ({ chain, leaf }: Served): Fact => {
    if (leaf.scts + chain.sctsInHandshake >= SCTS_WANTED) return true
    const isPublic = chain.publiclyTrusted === undefined ? false : allOf([chain.trusted, chain.publiclyTrusted])
    return isPublic === false ? 'not-applicable' : opposite(isPublic)
  }
  return forAll('certificate-sct', served, logged, (broken) => ({
    kept: 'The certificates are in the logs of Certificate Transparency.',
    broken: `Without signed certificate timestamps: ${listed(broken)}.`,
    whether: 'the certificates are in the logs of Certificate Transparency',
  }))
}

function checkChain(served: readonly Served[]): readonly Observation[] {
  const subjects = (of: (chain: ChainPosture) => readonly string[]) => [...new Set(served.flatMap(({ chain }) => of(chain)))]
  return [
    ...forAll(
      'chain-order',
      served,
      ({ chain }) => chain.ordered,
      (broken) => ({
        kept: 'Each certificate certifies the one before it.',
        broken: `Not in order: the chain of ${listed(broken)}.`,
        whether: 'the chains are in order',
      }),
    ),
    ...forAll('chain-missing', served, chainIsComplete, () => ({
      kept: 'No certificate is missing from the chains.',
      broken: `Missing from the chain: ${listed(subjects((chain) => chain.missing))}.`,
      whether: 'the chains are complete',
    })),
    ...forAll(
      'chain-needless',
      served,
      ({ chain }) => chain.needless.length === 0,
      () => ({
        kept: 'Nothing needless is in the chains.',
        broken: `Sent without need: ${listed(subjects((chain) => chain.needless))}.`,
        whether: 'the chains have anything needless',
      }),
    ),
  ]
}

function chainIsComplete({ chain }: Served): Fact {
  return chain.missing.length === 0
}
