import type { PolicyResult, TlsReport } from './report.ts'

/** Who reports. */
export interface Reporter {
  /** Such as `Example GmbH`. */
  readonly organization: string
  /** An address of mail where questions are answered; reports come from it. */
  readonly contact: string
}

/** What a day's results are for the domain that they are about, RFC 8460 §4.4. `day` is that of UTC, `2026-11-22`. */
export function buildReports(
  day: string,
  results: readonly PolicyResult[],
  { organization, contact }: Reporter,
): ReadonlyMap<string, TlsReport> {
  const byDomain = Map.groupBy(results, ({ policy }) => policy['policy-domain'])
  return new Map(
    [...byDomain].map(([domain, policies]) => [
      domain,
      {
        'organization-name': organization,
        'date-range': { 'start-datetime': `${day}T00:00:00Z`, 'end-datetime': `${day}T23:59:59Z` },
        'contact-info': contact,
        // The same whenever it is built, so that a report that comes twice is known to be one.
        'report-id': `${day}_${domain}@${domainOf(contact)}`,
        policies,
      },
    ]),
  )
}

/** Who submits: the domain of the contact. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** The file of a report, RFC 8460 §5.1. */
export function reportFileName({ 'date-range': range, 'contact-info': contact = '' }: TlsReport, domain: string): string {
  const seconds = (time: string): number => Date.parse(time) / 1000
  return `${domainOf(contact)}!${domain}!${seconds(range['start-datetime'])}!${seconds(range['end-datetime'])}!001.json.gz`
}
