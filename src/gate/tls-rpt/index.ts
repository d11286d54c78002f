/**
 * Reports about TLS between mail servers (RFC 8460 §3): what others report is read here, and what an outlet has met is counted and reported.
 * It words nothing: what a result means stands in a table, how it is shown is the command's.
 *
 *     const report = readReport(readFileSync('google.com!example.com!1.json.gz'), 'the report')
 *     report.policies[0].summary['total-failure-session-count'] // 3
 */
export { handOver, type HandOver } from './hand-over.ts'
export { daneApplied, NO_POLICY, stsApplied, type AppliedPolicy, type SessionOutcome } from './outcome.ts'
export { postReport } from './post-report.ts'
export { MOST_BYTES, readReport } from './read-report.ts'
export type { FailureDetails, PolicyResult, TlsReport } from './report.ts'
export { ReportSender } from './report-sender.ts'
export { TallyKeeper } from './tally-keeper.ts'
export { meaningOf, RESULT_TYPES, type ResultMeaning, type ResultType } from './result-types.ts'
