/**
 * Finds out what TLS a server really speaks: probes give a posture, compared with rulebooks it gives findings, a grade and reports.
 *
 * It asks and never changes anything; what a server should be set to is not decided here. A probe opens at most one connection for
 * each of its questions, and what could not be found out is `unknown`.
 *
 *     const [result] = await auditAll([{ url, address, port, dialect, beginning, serverName }], { parallel: 8, doors: 4, … })
 *     console.log(printTerminal(reportOf([result], …), { colour: false, columns: 100 }))
 */
export { eachAtOnce } from './at-once.ts'
export { auditAll, auditDoor, reportOf, unreachable, type AuditDoor, type AuditOptions } from './audit.ts'
export { doorOf } from './doors.ts'
export {
  handshake,
  type Handshake,
  type HandshakeFailure,
  type HandshakeOptions,
  type TemporaryKey,
  type Verification,
} from './handshake.ts'
export { findOpenDoors, type KnockOptions } from './open-doors.ts'
export { readServerName } from './host.ts'
export { measure, type Measurement, type MeasureOptions } from './measure.ts'
export { prove, unproved, type Proof, type ProofCheck, type ProofPolicy, type ProofReport, type ProveOptions } from './prove.ts'
export { receive, receivePlace, type Received, type ReceiveOptions } from './receiving/receive.ts'
export { answering, parseOverride, resolveTarget, type Endpoint, type Override, type ResolveProblem } from './resolve.ts'
export { systemResolver, type Resolver } from './resolver.ts'
export { parseTarget, parseTargetFile, targetUrl, type DoorTarget, type Target, type TargetFile } from './target.ts'
export { trustStore, TrustStore } from './trust.ts'
export type { AuditReport, AuditResult, Cost, Evidence, Grade } from './result.ts'
export * from './report/report.ts'
