import type { TlsaRecord } from '../names/answer.ts'
import type { StsPolicy } from '../names/sts-policy.ts'
import type { PolicyResult } from './report.ts'
import type { ResultType } from './result-types.ts'

/** Under which policy a session was, RFC 8460 §4.4. */
export interface AppliedPolicy {
  readonly type: 'tlsa' | 'sts' | 'no-policy-found'
  /** The policy as it was found. */
  readonly texts: readonly string[]
  readonly mx: readonly string[]
}

export const NO_POLICY: AppliedPolicy = { type: 'no-policy-found', texts: [], mx: [] }

/** A session with a mail host. */
export interface SessionOutcome {
  /** Of the recipients. */
  readonly domain: string
  readonly policy: AppliedPolicy
  /** Absent where TLS came about as the policy wants it, or as it could where there is none. */
  readonly failure?: {
    readonly type: ResultType
    /** The MX record that led there; absent where it did not come to that. */
    readonly host?: string
    readonly address?: string
    /** Of ours. */
    readonly from?: string
  }
}

/** No policy that anybody publishes is longer; what is cut off is only not reported. */
const MOST_TEXTS = 40
const LONGEST_TEXT = 300

export function stsApplied({ mode, mx, maxAge }: StsPolicy): AppliedPolicy {
  const texts = ['version: STSv1', `mode: ${mode}`, ...mx.map((one) => `mx: ${one}`), `max_age: ${maxAge}`]
  return { type: 'sts', texts: texts.slice(0, MOST_TEXTS), mx: mx.slice(0, MOST_TEXTS) }
}

/** `host`: that the records are of. */
export function daneApplied(records: readonly TlsaRecord[], host: string): AppliedPolicy {
  const texts = records.map(
    ({ usage, selector, matchingType, data }) => `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString('hex')}`,
  )
  return { type: 'tlsa', texts: texts.slice(0, MOST_TEXTS).map((text) => text.slice(0, LONGEST_TEXT)), mx: [host] }
}

/** One session, as a report has it. */
export function resultOf({ domain, policy, failure }: SessionOutcome): PolicyResult {
  return {
    policy: { 'policy-type': policy.type, 'policy-string': policy.texts, 'policy-domain': domain, 'mx-host': policy.mx },
    summary: {
      'total-successful-session-count': failure === undefined ? 1 : 0,
      'total-failure-session-count': failure === undefined ? 0 : 1,
    },
    'failure-details':
      failure === undefined
        ? []
        : [
            {
              'result-type': failure.type,
              'sending-mta-ip': failure.from,
              'receiving-mx-hostname': failure.host,
              'receiving-ip': failure.address,
              'failed-session-count': 1,
            },
          ],
  }
}
