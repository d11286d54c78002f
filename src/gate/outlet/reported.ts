import { TLSSocket } from 'node:tls'
import type { DaneDemand, StsFound } from '../names/names.ts'
import { stsAllows, type StsPolicy } from '../names/sts-policy.ts'
import { daneApplied, NO_POLICY, stsApplied, type AppliedPolicy, type ResultType, type SessionOutcome } from '../tls-rpt/index.ts'
import { isFailure, type HopFailure } from './hop-failure.ts'
import type { OpenHop } from './open-hop.ts'

/** Told of every session, for reports to the domain that it was meant for (RFC 8460 §4). */
export type Count = (outcome: SessionOutcome) => void

/** For whom a next hop is, and what its domain publishes about TLS. */
export interface About {
  readonly domain: string
  readonly policy: AppliedPolicy
  /** A policy that is tested: nothing is refused for it, but reported (RFC 8461 §5). */
  readonly tested?: StsPolicy
}

/** Under which policy a host is spoken to: DANE comes before MTA-STS (RFC 8461 §2). */
export function aboutHost(domain: string, host: string, dane: DaneDemand, sts: StsFound): About {
  if (dane.kind === 'records') return { domain, policy: daneApplied(dane.records, host) }
  if (sts.kind !== 'policy' || sts.policy.mode === 'none') return { domain, policy: NO_POLICY }
  const { policy } = sts
  return { domain, policy: stsApplied(policy), ...(policy.mode === 'testing' ? { tested: policy } : {}) }
}

/** A policy of MTA-STS that could not be had, as something to report; undefined where nothing is wrong. */
export function troubleWith(domain: string, sts: StsFound): SessionOutcome | undefined {
  if (sts.kind === 'none' || sts.problem === undefined) return undefined
  const policy: AppliedPolicy = sts.kind === 'policy' ? stsApplied(sts.policy) : { type: 'sts', texts: [], mx: [] }
  return { domain, policy, failure: { type: sts.problem.type } }
}

/** A host that is not connected to: nobody can tell whether it has TLSA records, it has none and we want some, or a policy does not allow it. */
export function barred({ domain, policy }: About, host: string, dane: DaneDemand, wantsDane: boolean): SessionOutcome | undefined {
  if (dane.kind !== 'failed') return { domain, policy, failure: { type: wantsDane ? 'dane-required' : 'validation-failure', host } }
  if (dane.why !== 'servfail') return undefined
  return { domain, policy: { type: 'tlsa', texts: [], mx: [host] }, failure: { type: 'dnssec-invalid', host } }
}

/** What became of a session; undefined where it failed for another reason than TLS. */
export function outcomeOf(
  { domain, policy, tested }: About,
  at: { readonly name: string; readonly address: string },
  opened: OpenHop | HopFailure,
): SessionOutcome | undefined {
  if (isFailure(opened) && opened.tls === undefined) return undefined
  const type = isFailure(opened) ? resultOf(opened) : faultOf(opened, at.name, tested)
  return { domain, policy, ...(type === undefined ? {} : { failure: { type, host: at.name, address: at.address } }) }
}

function resultOf({ tls, result, said }: HopFailure): ResultType {
  if (tls === 'not-offered') return 'starttls-not-supported'
  if (tls !== 'certificate') return 'validation-failure'
  return result ?? (/ is not for /.test(said) ? 'certificate-host-mismatch' : resultOfCode(said))
}

/** By the code of OpenSSL within a text. */
function resultOfCode(text: string): ResultType {
  return text.includes('CERT_HAS_EXPIRED') ? 'certificate-expired' : 'certificate-not-trusted'
}

function faultOf({ stream, tls, tlsFailed }: OpenHop, host: string, tested: StsPolicy | undefined): ResultType | undefined {
  if (tls === undefined) return tlsFailed === true ? 'validation-failure' : 'starttls-not-supported'
  if (tested === undefined || !(stream instanceof TLSSocket)) return undefined
  if (!stsAllows(tested, host)) return 'validation-failure'
  if (!stream.authorized) return resultOfCode(String(stream.authorizationError))
  return tls.leaf?.checkHost(host) === undefined ? 'certificate-host-mismatch' : undefined
}
