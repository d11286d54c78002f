import { checkFlaws, checkDerivedAttacks } from './checks/attacks.ts'
import { checkCertificateMaking } from './checks/certificate-making.ts'
import { checkCertificates } from './checks/certificates.ts'
import { checkClear } from './checks/clear.ts'
import { checkAlpn, checkClientCertificate, checkFeatures, checkSessions } from './checks/features.ts'
import { checkDh, checkEcdhReuse, checkGroups, checkSignatures } from './checks/keys.ts'
import type { Check, Observation, Scene } from './checks/observation.ts'
import { refusesEverything } from './checks/offers.ts'
import { checkHellos, checkProtocols } from './checks/protocols.ts'
import { checkChaChaPreference, checkOrder, checkSuites } from './checks/suites.ts'
import type { Finding, RuleVerdict } from './finding.ts'
import { findingKind, FINDINGS, type FindingId } from './findings.ts'
import type { Policy } from './policy.ts'
import type { Posture } from './posture.ts'
import { rulebookOf } from './rulebook-of.ts'
import { judge, type Rulebook, type Thing } from './rulebook.ts'
import { OWN_RULEBOOK } from './rulebooks.ts'

/** Every check. A new one is one function and one line here. */
const CHECKS: readonly Check[] = [
  checkProtocols,
  checkHellos,
  checkSuites,
  checkOrder,
  checkChaChaPreference,
  checkGroups,
  checkDh,
  checkEcdhReuse,
  checkSignatures,
  checkCertificates,
  checkCertificateMaking,
  checkFeatures,
  checkAlpn,
  checkSessions,
  checkClientCertificate,
  checkFlaws,
  checkDerivedAttacks,
  checkClear,
]

/** What a comparison has to know beside the posture. */
export interface Circumstances {
  readonly now: Date
  /** The door is one where senders go on in plain text when TLS fails and check no certificate, as on port 25 (RFC 9325 §5.2). */
  readonly opportunistic?: boolean
}

/**
 * What there is to say of a posture: one finding for each thing that was looked for, in the order of docs/findings.md.
 * The verdict of a finding is Postern's own; what each of the `measures` says stands in its `rules`. A fact that is not known gives `unknown` or nothing, never `good`.
 */
export function compare(measures: readonly (Rulebook | Policy)[], posture: Posture, circumstances: Circumstances): readonly Finding[] {
  const { now, opportunistic = false } = circumstances
  const scene: Scene = { posture, now, opportunistic }
  const rulebooks = measures.map((measure) => ('rules' in measure ? measure : rulebookOf(measure)))
  const findings = CHECKS.flatMap((check) => check(scene)).map((seen) => toFinding(seen, scene, rulebooks))
  const told = neverOffersTls(posture) ? findings.filter(({ verdict }) => verdict !== 'unknown') : findings
  const tried = refusesEverything(posture) ? told.filter(({ id, verdict }) => verdict !== 'good' || WITHOUT_HANDSHAKE.has(id)) : told
  return tried.toSorted((a, b) => place(a.id) - place(b.id))
}

/** What can be good at a door that came to no handshake. Of suites, attacks and the like it would say that nothing was lost because nobody came in. */
const WITHOUT_HANDSHAKE: ReadonlySet<string> = new Set<FindingId>([
  'protocol-sslv2',
  'protocol-sslv3',
  'protocol-tls1-0',
  'protocol-tls1-1',
  'starttls',
  'auth-before-tls',
  'text-after-go-ahead',
])

/** A door without STARTTLS was asked nothing else: a list of everything that is not known of it would say nothing. */
function neverOffersTls({ clear }: Posture): boolean {
  return clear?.starttls === 'missing'
}

const places: ReadonlyMap<string, number> = new Map(FINDINGS.map(({ id }, index) => [id, index]))

function place(id: string): number {
  return places.get(id) ?? FINDINGS.length
}

function toFinding(seen: Observation, scene: Scene, rulebooks: readonly Rulebook[]): Finding {
  const kind = findingKind(seen.id)
  const mild = scene.opportunistic && kind?.mildWhenOpportunistic === true && seen.verdict === 'bad'
  const verdict = mild ? 'weak' : seen.verdict
  const wrong = verdict === 'weak' || verdict === 'bad'
  return {
    id: seen.id,
    verdict,
    fact: seen.fact,
    subjects: seen.subjects,
    ...(wrong && kind?.remedy !== undefined ? { remedy: kind.remedy } : {}),
    rules: rulebooks.flatMap((rulebook) => {
      const rules = verdictsOf(rulebook, seen.things, scene.now)
      // The finding knows circumstances that the rows of a rulebook do not.
      return rulebook === OWN_RULEBOOK && verdict === 'weak' ? rules.map((rule) => ({ ...rule, verdict: milder(rule.verdict) })) : rules
    }),
  }
}

function milder(verdict: RuleVerdict['verdict']): RuleVerdict['verdict'] {
  return verdict === 'bad' ? 'weak' : verdict
}

/** One verdict for each word that a rulebook has, the severest first, with the things it is about where it is not about all. */
function verdictsOf(rulebook: Rulebook, things: readonly Thing[], now: Date): readonly RuleVerdict[] {
  const words = things.flatMap((thing) => {
    const word = judge(rulebook, thing, now)
    return word === undefined ? [] : [{ word, subject: nameOf(thing) }]
  })
  const differ = words.length < things.length || new Set(words.map(({ word }) => `${word.verdict} ${word.says}`)).size > 1
  return [...Map.groupBy(words, ({ word }) => `${word.verdict} ${word.says}`).values()]
    .flatMap((alike) => {
      const [first] = alike
      if (first === undefined) return []
      const { verdict, says, section } = first.word
      const subjects = differ ? [...new Set(alike.map(({ subject }) => subject))] : []
      return [{ rulebook: rulebook.name, edition: rulebook.edition, verdict, says, subjects, source: sourceOf(rulebook, section) }]
    })
    .toSorted((one, other) => SEVERITY.indexOf(other.verdict) - SEVERITY.indexOf(one.verdict))
}

/** RFCs and documents speak for themselves; other sections need the name of their rulebook. */
function sourceOf(rulebook: Rulebook, section: string): string {
  return section.startsWith('RFC ') || section === rulebook.source ? section : `${rulebook.title} ${rulebook.edition}, ${section}`
}

const SEVERITY = ['good', 'unknown', 'weak', 'bad']

function nameOf(thing: Thing): string {
  switch (thing.subject) {
    case 'dh':
      return `${thing.bits} bits (${thing.prime})`
    case 'certificate-key':
      return `${thing.type} ${thing.curve ?? `${thing.bits} bits`}`
    case 'certificate-lifetime':
      return `${thing.days} days`
    case 'behaviour':
      return thing.id
    case 'protocol':
    case 'protocol-missing':
    case 'suite':
    case 'group':
    case 'certificate-hash':
    case 'signature':
      return thing.name
  }
}
