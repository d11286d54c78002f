/**
 * What TLS is wanted and what TLS there is, in one set of terms, and the pure functions between them.
 *
 * A **posture** is measured or read from a settings file, a **policy** is wanted, a **rulebook** is a named,
 * dated policy of others, and `compare` gives **findings**. Nothing here opens a socket or a file.
 */
export type * from './posture.ts'
export type * from './finding.ts'
export { UNKNOWN_PROTOCOL, forEachProtocol, offeredProtocols, refusedProtocol, unknownPosture } from './unknown-posture.ts'
export { OPENSSL_GENERATIONS, type OpensslGeneration } from './ciphers/generation.ts'
export { opensslName } from './ciphers/build.ts'
export { resolveCipherList, withoutPskAndSrp, type Resolution, type ResolveOptions } from './ciphers/resolve.ts'
export type { Refusal } from './ciphers/refusal.ts'
export { allowedAtLevel } from './ciphers/security-level.ts'
export { explainCipherList, type Effect, type Explanation, type Idle, type TermExplanation } from './ciphers/explain.ts'
export type { UnknownWord } from './ciphers/unknown-word.ts'
export type { CipherWarning, WarningId } from './ciphers/warnings.ts'
export { translateSuiteNames, type Translation } from './ciphers/translate.ts'
export { describeSuite, type ListedSuite } from './ciphers/describe.ts'
