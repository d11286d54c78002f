import { FEATURES, type Finding } from '../policy/index.ts'
import { PROTOCOLS } from '../registry/index.ts'
import { hex } from './facts.ts'
import type { Proof } from './proof.ts'
import type { Evidence } from './result.ts'

/** Bytes of an answer that are kept as evidence: the record header, and the ServerHello or the alert in it. */
const EVIDENCE_LENGTH = 160
/** Characters that say what was asked. */
const ASKED_LENGTH = 600

/** A proof as a report keeps it. */
export function evidenceOf({ fact, asked, answer }: Proof): Evidence {
  const words = asked.length <= ASKED_LENGTH ? asked : `${asked.slice(0, ASKED_LENGTH)}…`
  return { fact, asked: words, answer: hex(answer.subarray(0, EVIDENCE_LENGTH)) }
}

/** Kinds of facts in the order in which a posture has them. */
const KINDS: readonly string[] = [
  'protocols',
  'sslv2Hello',
  'groups',
  'dh',
  'signatureSchemes',
  'certificates',
  'features',
  'tolerance',
  'flaws',
  'probes',
]

/**
 * One exchange for each fact, the first; in the order of the posture, protocols from the oldest, what was accepted before how the rest
 * was refused. That does not depend on what was heard first.
 */
export function inOrder(evidence: readonly Evidence[]): readonly Evidence[] {
  const first = new Map(evidence.toReversed().map((one) => [one.fact, one]))
  const ranks = new Map([...first.values()].map((one) => [one, rank(one.fact)]))
  return [...ranks.keys()].toSorted((one, other) => {
    const [a, b] = [ranks.get(one) ?? '', ranks.get(other) ?? '']
    return a < b ? -1 : a > b ? 1 : 0
  })
}

function rank(fact: string): string {
  const kind = KINDS.findIndex((name) => fact === name || fact.startsWith(`${name}.`))
  const protocol = PROTOCOLS.findIndex((name) => fact.startsWith(`protocols.${name}.`) && !isProtocol(fact, `${name}.`))
  const order = fact.includes('.suites.') ? 0 : fact.endsWith('.refusal') ? 1 : 2
  return [kind < 0 ? KINDS.length : kind, protocol + 1, order].map((number) => String(number).padStart(2, '0')).join(' ') + fact
}

/** `TLSv1.` begins the names of `TLSv1.1` and its successors too. */
function isProtocol(fact: string, beginning: string): boolean {
  return PROTOCOLS.some((name) => name.startsWith(beginning) && fact.startsWith(`protocols.${name}.`))
}

const RESUMPTION: ReadonlySet<string> = new Set(
  ['sessionIdResumption', 'ticketResumption', 'pskResumption'].map((name) => `features.${name}`),
)

/** What a finding without subjects of its own is about. */
const FACT_OF_FINDING: ReadonlyMap<string, string> = new Map([
  ...FEATURES.map(({ name, finding }) => [finding, `features.${name}`] as const),
  ['sslv2-hello', 'sslv2Hello'],
  ['version-intolerance', 'tolerance.futureVersion'],
  ['grease-intolerance', 'tolerance.grease'],
  ['long-hello-intolerance', 'tolerance.longHello'],
  ['many-suites-intolerance', 'tolerance.manySuites'],
  ['beast', 'features.recordSplitting'],
  ['alpn', 'features.alpn'],
  ['ticket-lifetime', 'features.ticketLifetime'],
  ['client-certificate', 'features.clientCertificate'],
  ['ecdh-reuse', 'features.ecdhReuse'],
  ['dh-size', 'dh'],
  ['dh-prime', 'dh'],
  ['dh-reuse', 'dh'],
  ['logjam', 'dh'],
  ['heartbleed', 'flaws.heartbleed'],
  ['ccs-injection', 'flaws.ccsInjection'],
  ['ticketbleed', 'flaws.ticketbleed'],
  ['robot', 'flaws.robot'],
  ['starttls-injection', 'flaws.starttlsInjection'],
])

/** A refusal of everything that is left shows that it is not accepted; those of the protocols that most may be said in come first. */
const REFUSALS: readonly string[] = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3', 'TLSv1.3'].map((name) => `protocols.${name}.refusal`)

/** Findings that follow from suites: what is accepted when they are bad. */
const OF_SUITES: ReadonlyMap<string, RegExp> = new Map([
  ['poodle', /^protocols\.SSLv3\.suites\..*_CBC_/],
  ['sweet32', /\.suites\..*_(?:3DES|DES|DES40|IDEA|RC2)_/],
  ['freak', /\.suites\.TLS_RSA_EXPORT/],
  ['drown', /^protocols\.SSLv2\.suites/],
])
const REFUSAL_OF_FINDING: ReadonlyMap<string, string> = new Map([
  ['poodle', 'protocols.SSLv3.refusal'],
  ['drown', 'protocols.SSLv2.refusal'],
])

function ofSuites({ id, verdict }: Finding, evidence: readonly Evidence[]): Evidence | undefined {
  const bad = OF_SUITES.get(id)
  if (bad === undefined && !id.startsWith('suites-')) return undefined
  if (verdict !== 'good') return bad === undefined ? undefined : evidence.find(({ fact }) => bad.test(fact))
  const wanted = REFUSAL_OF_FINDING.get(id)
  for (const refusal of wanted === undefined ? REFUSALS : [wanted]) {
    const found = evidence.find(({ fact }) => fact === refusal)
    if (found !== undefined) return found
  }
  return undefined
}

/** Each finding with the first exchange that shows what it is about; silence and ends in words, everything else in hex. */
export function withEvidence(findings: readonly Finding[], evidence: readonly Evidence[]): readonly Finding[] {
  return findings.map((finding) => {
    if (finding.evidence !== undefined) return finding
    const fact = FACT_OF_FINDING.get(finding.id)
    const own = evidence.find((one) => one.fact === fact || (finding.id === 'session-resumption' && RESUMPTION.has(one.fact)))
    const proof = own ?? evidence.find((one) => one.answer !== '' && isAbout(one.fact, finding)) ?? ofSuites(finding, evidence)
    return proof === undefined ? finding : { ...finding, evidence: proof.answer === '' ? proof.asked : proof.answer }
  })
}

function isAbout(fact: string, { subjects }: Finding): boolean {
  return subjects.some(
    (subject) =>
      fact.endsWith(`.suites.${subject}`) ||
      fact === `groups.${subject}` ||
      (fact.startsWith('signatureSchemes.') && fact.endsWith(`.${subject}`)) ||
      (fact.startsWith(`protocols.${subject}.`) && !isProtocol(fact, `${subject}.`)),
  )
}
