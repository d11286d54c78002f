import { domainOf, reportFileName } from './build-report.ts'
import type { TlsReport } from './report.ts'

/** What a mail with a report needs beside the report. */
export interface ReportMail {
  /** The domain that it is about. */
  readonly domain: string
  readonly to: string
  /** The report in gzip. */
  readonly gzip: Uint8Array
  readonly date: Date
}

const LINE = 76

/**
 * A report as a mail, RFC 8460 §5.3, in lines with CR LF. It asks to be delivered whatever TLS says of it (RFC 8689 §3): it is about TLS that does not work.
 * Whoever sends it has to sign it with DKIM (RFC 8460 §3).
 */
export function printReportMail(report: TlsReport, { domain, to, gzip, date }: ReportMail): string {
  const from = report['contact-info'] ?? ''
  const submitter = domainOf(from)
  const name = reportFileName(report, domain)
  // Of letters that base64 has not, so that it stands in no part.
  const boundary = '=_postern_tls_report'
  const id = report['report-id']
  const lines = [
    `Message-ID: <tls-report.${id}>`,
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: Report Domain: ${domain}\r\n Submitter: ${submitter}\r\n Report-ID: <${id}>`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `TLS-Report-Domain: ${domain}`,
    `TLS-Report-Submitter: ${submitter}`,
    'TLS-Required: No',
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type="tlsrpt";\r\n boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `This is a report about TLS with the mail servers of ${domain}`,
    `on ${report['date-range']['start-datetime'].slice(0, 'YYYY-MM-DD'.length)}. See https://www.rfc-editor.org/rfc/rfc8460.`,
    '',
    `--${boundary}`,
    'Content-Type: application/tlsrpt+gzip',
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment;\r\n filename="${name}"`,
    '',
    ...(Buffer.from(gzip)
      .toString('base64')
      .match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []),
    '',
    `--${boundary}--`,
    '',
  ]
  return lines.join('\r\n')
}
