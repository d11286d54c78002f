import { z } from 'zod'

/** Sessions that failed in one way, RFC 8460 §4.4. What is not known is left out. */
export interface FailureDetails {
  readonly 'result-type': string
  readonly 'sending-mta-ip'?: string | undefined
  readonly 'receiving-mx-hostname'?: string | undefined
  readonly 'receiving-mx-helo'?: string | undefined
  readonly 'receiving-ip'?: string | undefined
  readonly 'failed-session-count': number
  readonly 'additional-information'?: string | undefined
  readonly 'failure-reason-code'?: string | undefined
}

/** What became of the sessions under one policy. */
export interface PolicyResult {
  readonly policy: {
    /** `tlsa`, `sts` or `no-policy-found`. */
    readonly 'policy-type': string
    readonly 'policy-string'?: readonly string[] | undefined
    readonly 'policy-domain': string
    readonly 'mx-host'?: readonly string[] | undefined
  }
  readonly summary: { readonly 'total-successful-session-count': number; readonly 'total-failure-session-count': number }
  readonly 'failure-details'?: readonly FailureDetails[] | undefined
}

/** An aggregate report, RFC 8460 §4.4, by the names that it has in JSON. */
export interface TlsReport {
  readonly 'organization-name': string
  readonly 'date-range': { readonly 'start-datetime': string; readonly 'end-datetime': string }
  readonly 'contact-info'?: string | undefined
  readonly 'report-id': string
  readonly policies: readonly PolicyResult[]
}

const MOST_POLICIES = 1000
const MOST_DETAILS = 10_000
const LONGEST_TEXT = 4096

const text = z.string().max(LONGEST_TEXT)
/** Some senders write null for what they do not know. */
const maybe = text.nullish().transform((value) => value ?? undefined)
/** Some write numbers as text. */
const count = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.int().nonnegative())
/** Some write one text where there may be several. */
const texts = z
  .union([z.array(text).max(MOST_POLICIES), text.transform((one) => [one])])
  .nullish()
  .transform((value) => value ?? undefined)

const DETAILS = z.object({
  'result-type': text,
  'sending-mta-ip': maybe,
  'receiving-mx-hostname': maybe,
  'receiving-mx-helo': maybe,
  'receiving-ip': maybe,
  'failed-session-count': count,
  'additional-information': maybe,
  'failure-reason-code': maybe,
})

/** Fields that nobody knows are let pass, as RFC 7493 §4.2 advises. */
const RESULT: z.ZodType<PolicyResult> = z.object({
  policy: z.object({ 'policy-type': text, 'policy-string': texts, 'policy-domain': text, 'mx-host': texts }),
  summary: z.object({ 'total-successful-session-count': count, 'total-failure-session-count': count }),
  'failure-details': z
    .array(DETAILS)
    .max(MOST_DETAILS)
    .nullish()
    .transform((value) => value ?? undefined),
})

/** Results in any number, as they are kept. */
export const RESULTS: z.ZodType<readonly PolicyResult[]> = z.array(RESULT)

/** A report as it is in JSON. */
export const REPORT: z.ZodType<TlsReport> = z.object({
  'organization-name': text,
  'date-range': z.object({ 'start-datetime': text, 'end-datetime': text }),
  'contact-info': maybe,
  'report-id': text,
  policies: z.array(RESULT).max(MOST_POLICIES),
})

/** Reads a report out of JSON. Gives in a clause why it is none. */
export function parseReport(json: string): TlsReport | string {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return 'it is not JSON'
  }
  const read = REPORT.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  // The names are those of the schema, and numbers: nothing of them is a stranger's.
  const place = issue?.path.map(String).join('.') ?? ''
  return place === '' ? 'it is not an object' : `${place} is missing or wrong`
}
