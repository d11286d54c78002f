/**
 * The reports of an audit: pure functions from an `AuditReport` to text, and to an exit status. None of them judges anything: they
 * show the verdicts that the findings have, and `unknown` never as a pass. What came from the network is made harmless on the way out.
 *
 * The schema of the JSON (schema.ts) is not among these exports, since loading zod takes longer than printing a report.
 */
export { exitStatus, FAIL_ON, isAtOrAbove, type FailOn } from './exit-status.ts'
export { printHtml } from './html.ts'
export { jsonPieces, printJson } from './json.ts'
export { printProofJson, printProofs } from './proof.ts'
export { handshakeReportOf, printHandshakeJson, type HandshakeReport } from './handshake.ts'
export { printJunit } from './junit.ts'
export { printMarkdown } from './markdown.ts'
export { INCOMPLETE, printSarif } from './sarif.ts'
export { printTerminal, type TerminalOptions } from './terminal.ts'
export { plain } from './words.ts'
