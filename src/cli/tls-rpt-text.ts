import { meaningOf, type FailureDetails, type PolicyResult, type TlsReport } from '../gate/tls-rpt/index.ts'
import { few, harmless, plural, sign, styled, titleLine, wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

const FEW = 5
const DAY_MS = 86_400_000

/** A report in words. */
export function reportText(report: TlsReport, verbose: boolean, terminal: Terminal): string {
  const domains = [...new Set(report.policies.map(({ policy }) => policy['policy-domain']))]
  const about = `${report['organization-name']} about mail to ${few(domains, FEW)}, ${time(report['date-range'])}`
  const contact = report['contact-info'] === undefined ? '' : `, contact ${report['contact-info']}`
  const lines = [
    titleLine(harmless(about), terminal),
    ...wrapped(`Report ${report['report-id']}${contact}`, terminal),
    ...report.policies.flatMap((result) => ['', ...policyLines(result, verbose, terminal)]),
  ]
  if (report.policies.length === 0) lines.push('', 'It says nothing about any policy.')
  return `${lines.join('\n')}\n`
}

/** A day where it is one (RFC 8460 §4.1), and otherwise as the report has it. */
function time({ 'start-datetime': start, 'end-datetime': end }: TlsReport['date-range']): string {
  const [from, to] = [Date.parse(start), Date.parse(end)]
  const day = from % DAY_MS === 0 && to - from <= DAY_MS && to > from
  return day ? new Date(from).toISOString().slice(0, 'YYYY-MM-DD'.length) : `${start} to ${end}`
}

function policyLines(
  { policy, summary, 'failure-details': details = [] }: PolicyResult,
  verbose: boolean,
  terminal: Terminal,
): readonly string[] {
  const { 'total-successful-session-count': good, 'total-failure-session-count': bad } = summary
  const share = bad === 0 ? '' : ` (${((bad / (good + bad)) * 100).toFixed(1)} %)`
  const counts = bad === 0 ? `all ${plural(good, 'session')} went well` : `${plural(good, 'session')} went well, ${bad} failed${share}`
  const lines = [
    ...wrapped(`${policy['policy-domain']}, ${policyName(policy)}: ${counts}.`, terminal),
    ...(bad === 0 ? [] : wrapped(consequence(policy), terminal, '  ')),
  ]
  const types = Map.groupBy(details, (one) => one['result-type'])
  const sorted = [...types].toSorted(([, a], [, b]) => failed(b) - failed(a))
  return [...lines, ...sorted.flatMap(([type, ofType]) => typeLines(type, ofType, verbose, terminal))]
}

function failed(details: readonly FailureDetails[]): number {
  return details.reduce((sum, one) => sum + one['failed-session-count'], 0)
}

/** `MTA-STS in mode enforce`. */
function policyName(policy: PolicyResult['policy']): string {
  const type = policy['policy-type']
  if (type === 'tlsa') return 'DANE'
  if (type === 'no-policy-found') return 'without a policy'
  const mode = stsMode(policy)
  return type === 'sts' ? `MTA-STS${mode === undefined ? '' : ` in mode ${mode}`}` : `policy ${type}`
}

function stsMode(policy: PolicyResult['policy']): string | undefined {
  // Some senders put the whole policy into one text.
  const lines = (policy['policy-string'] ?? []).flatMap((text) => text.split(/[\r\n;]+/))
  return lines.flatMap((line) => /^\s*mode\s*[:=]\s*(\w+)/i.exec(line)?.[1]?.toLowerCase() ?? [])[0]
}

function consequence(policy: PolicyResult['policy']): string {
  const type = policy['policy-type']
  const mode = stsMode(policy)
  if (type === 'tlsa' || (type === 'sts' && mode === 'enforce'))
    return 'Where no other host could be used, this mail was not delivered, or came later.'
  if (type === 'sts' && mode === 'testing')
    return 'The mail came all the same, since the policy is in mode testing: with enforce it would not have.'
  return 'The mail may have come all the same, without TLS or without a check of the certificate.'
}

function typeLines(type: string, details: readonly FailureDetails[], verbose: boolean, terminal: Terminal): readonly string[] {
  const { means, remedy } = meaningOf(type)
  const title = `${failed(details)} ${sign('×', 'x', terminal)} ${harmless(type)}`
  const places = Map.groupBy(details, (one) => place(one, verbose))
  const sorted = [...places].toSorted(([, a], [, b]) => failed(b) - failed(a))
  const shown = verbose ? sorted : sorted.slice(0, FEW)
  const rest = sorted.length - shown.length
  return [
    `  ${styled('bold', title, terminal)}`,
    ...wrapped(means, terminal, '    '),
    ...wrapped(remedy, terminal, `    ${styled('green', 'To do:', terminal)} `, '    To do: '.length),
    ...shown.flatMap(([where, ofPlace]) => wrapped(`${where}: ${plural(failed(ofPlace), 'session')}`, terminal, '    at ')),
    ...(rest === 0 ? [] : [`    and at ${rest} more (--verbose shows them)`]),
  ]
}

/** The host, and with `verbose` everything that is known. */
function place(details: FailureDetails, verbose: boolean): string {
  const address = details['receiving-ip']
  const host = details['receiving-mx-hostname'] ?? address ?? 'a host that is not named'
  const code = details['failure-reason-code'] ?? ''
  const where = `${host}${address === undefined || address === host ? '' : ` (${address})`}${code === '' ? '' : `, ${code}`}`
  if (!verbose) return where
  const more = [
    details['sending-mta-ip'] === undefined ? '' : `from ${details['sending-mta-ip']}`,
    details['receiving-mx-helo'] === undefined ? '' : `it calls itself ${details['receiving-mx-helo']}`,
    details['additional-information'] ?? '',
  ]
  return [where, ...more.filter((text) => text !== '')].join(', ')
}
