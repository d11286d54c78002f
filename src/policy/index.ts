/**
 * What TLS is wanted and what TLS there is, in one set of terms, and the pure functions between them.
 *
 * A **posture** is measured or read from a settings file, a **policy** is wanted, a **rulebook** is a named,
 * dated policy of others, and `compare` gives **findings**. Nothing here opens a socket or a file.
 */
export type * from './posture.ts'
export type * from './finding.ts'
export { UNKNOWN_PROTOCOL, forEachProtocol, offeredProtocols, refusedProtocol, unknownPosture } from './unknown-posture.ts'
