/**
 * What TLS is wanted and what TLS there is, in one set of terms, and the pure functions between them.
 *
 * A **posture** is measured or read from a settings file, a **policy** is wanted, a **rulebook** is a named,
 * dated policy of others, and `compare` gives **findings**. Nothing here opens a socket or a file.
 *
 *     const findings = compare(RULEBOOKS, posture, { now, opportunistic: port === 25 })
 *     const { grade: letter, reasons } = grade(findings, { opportunistic: port === 25 })
 */
export type * from './posture.ts'
export type * from './finding.ts'
export { UNKNOWN_PROTOCOL, forEachProtocol, offeredProtocols, refusedProtocol, unknownPosture } from './unknown-posture.ts'
export { OPENSSL_GENERATIONS, type OpensslGeneration } from './ciphers/generation.ts'
export { opensslName } from './ciphers/build.ts'
export { resolveCipherList, withoutPskAndSrp, type Resolution, type ResolveOptions } from './ciphers/resolve.ts'
export { suitesInForce } from './ciphers/in-force.ts'
export type { Refusal } from './ciphers/refusal.ts'
export { allowedAtLevel } from './ciphers/security-level.ts'
export { explainCipherList, type Effect, type Explanation, type Idle, type TermExplanation } from './ciphers/explain.ts'
export type { UnknownWord } from './ciphers/unknown-word.ts'
export type { CipherWarning, WarningId } from './ciphers/warnings.ts'
export { translateSuiteNames, type Translation } from './ciphers/translate.ts'
export { describeSuite, type ListedSuite } from './ciphers/describe.ts'
export { certificateTitle } from './certificate-title.ts'
export { compare, type Circumstances } from './compare.ts'
export type { Cap, FindingKind, Grade } from './finding-kind.ts'
export { FINDING_THEMES, findingKind, FINDINGS, type FindingId } from './findings.ts'
export { grade, LETTERS, type Graded } from './grade.ts'
export { judge, type Rule, type Rulebook, type Subject, type Thing, type Word } from './rulebook.ts'
export { OWN_RULEBOOK, rulebookByName, RULEBOOKS } from './rulebooks.ts'
export { allows, forbiddenBy, type AllowedKey, type CertificateDemand, type Forbidden, type Policy, type PolicyQuestion } from './policy.ts'
export { policyOf } from './policy-of.ts'
export { rulebookOf } from './rulebook-of.ts'
export { FEATURES, FLAWS, type Feature, type FeatureName, type Flaw, type FlawName } from './features.ts'
export { isAnyNeeded, withNeededBy, type NeedyPeer } from './needed-by.ts'
// Data alone: whoever asks what a library can be told need not load what foretells handshakes.
export { STACKS, type StackName } from './negotiate/stacks.ts'
export { suiteClasses, suiteIs, type SuiteClass } from './suite-classes.ts'
export { findingsPage } from './findings-page.ts'
export { parseGnutlsPriority, type GnutlsPriority, type GnutlsRefusal } from './ciphers/gnutls.ts'
export type { GnutlsLists } from './ciphers/gnutls-items.ts'
export { looksLikeGnutls, printGnutlsPriority, type GnutlsPrint, type GnutlsWish } from './ciphers/gnutls-print.ts'
export { parseJsse, printJsse, type JsseList, type JssePrint } from './ciphers/jsse.ts'
export { parsePolicies, parsePolicy } from './parse-policy.ts'
export { everywhere, policyAt, type Policies } from './policies.ts'
export type { PolicyFile, PolicyWords } from './policy-file.ts'
