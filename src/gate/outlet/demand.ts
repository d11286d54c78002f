import { stsAllows } from '../names/sts-policy.ts'
import type { DaneDemand, MailRoute, StsFound } from '../names/names.ts'
import type { TlsaRecord } from '../names/answer.ts'
import { isFailure, type HopFailure } from './hop-failure.ts'
import type { Leg } from './leg.ts'
import { requireTls } from './require-tls.ts'

/** What a certificate of a next hop is measured by. */
export type HopCheck =
  /** It is not looked at: whoever stands between can read and change everything. */
  | { readonly kind: 'none' }
  /** An authority vouches for it, in PEM or one that Node comes with, and it is for this name: RFC 9525 §6.3. */
  | { readonly kind: 'authority'; readonly ca: string | undefined; readonly name: string }
  /** RFC 7672 §3.1. `names`: those that it may have, the one to ask for first. */
  | { readonly kind: 'dane'; readonly records: readonly TlsaRecord[]; readonly names: readonly string[] }

/** What is demanded of TLS with a next hop, before anybody connects. */
export interface Demand {
  /** `require`: nothing goes in the clear. */
  readonly tls: 'try' | 'require'
  readonly check: HopCheck
  /** Who demands it, for replies. */
  readonly by: string
  /** Whoever demands it can count on the policy, too, whatever the stage. */
  readonly keepsPolicy?: true
  /** The message has REQUIRETLS, RFC 8689 §2. */
  readonly requiresTls?: true
  /** The domain of the recipient demands it, by DANE or MTA-STS, and a message may say that it need not (RFC 8689 §3). */
  readonly byDomain?: true
}

/** What is known of a mail host. */
export interface HostAsked {
  readonly host: string
  readonly dane: DaneDemand
  /** Undefined where one relay is for all. */
  readonly mail?: { readonly domain: string; readonly route: MailRoute & { readonly kind: 'hosts' }; readonly sts: StsFound }
  /** It has spoken TLS before. */
  readonly knowsTls: boolean
  /** The message has REQUIRETLS, RFC 8689 §2. */
  readonly requiresTls?: boolean
  /** It says `TLS-Required: No`, RFC 8689 §3. */
  readonly tlsOptional?: boolean
}

/** What is demanded, or why the host must not be used: DANE before MTA-STS (RFC 8461 §2), and both before what is configured, unless that is more. */
export function demandOf(leg: Leg, asked: HostAsked): Demand | HopFailure {
  if (asked.tlsOptional === true && leg.tls !== 'dane') return withoutDomain(configured(leg, asked.host, asked.knowsTls))
  const demand = anyway(leg, asked)
  return isFailure(demand) || asked.requiresTls !== true ? demand : requireTls(demand, asked)
}

function anyway(leg: Leg, { host, dane, mail, knowsTls }: HostAsked): Demand | HopFailure {
  const byDomain = mail === undefined || leg.tls === 'dane' ? {} : { byDomain: true as const }
  const keepsPolicy = leg.usualStage === true ? { keepsPolicy: true as const } : {}
  if (dane.kind === 'failed')
    return {
      said: `451 4.7.5 Whether ${host} wants DANE cannot be told now (${dane.words}), so that it is not used`,
      tls: 'certificate',
      ...byDomain,
    }
  if (dane.kind === 'records') {
    const { route, domain } = mail ?? {}
    const names = [dane.base, ...(route?.secure === true && domain !== undefined ? [route.owner, domain] : [])]
    return {
      tls: 'require',
      check: { kind: 'dane', records: dane.records, names: [...new Set(names)] },
      by: `TLSA records of ${host}`,
      ...byDomain,
      ...keepsPolicy,
    }
  }
  if (leg.tls === 'dane')
    return { said: `451 4.7.5 ${host} has no DANE (${dane.words}), and tls: dane of ${leg.title} sends nowhere else`, tls: 'certificate' }
  const own = configured(leg, host, knowsTls)
  const sts = mail?.sts
  if (mail === undefined || sts?.kind !== 'policy' || sts.policy.mode !== 'enforce') return own
  const by = `the MTA-STS policy of ${mail.domain}`
  if (!stsAllows(sts.policy, host))
    return { said: `451 4.7.5 ${host} is not among the mail hosts of ${by}`, tls: 'certificate', ...byDomain }
  return own.check.kind === 'authority'
    ? own
    : { tls: 'require', check: { kind: 'authority', ca: undefined, name: host }, by, ...byDomain, ...keepsPolicy }
}

/** Nothing is left but what the configuration demands. */
function withoutDomain(own: Demand): Demand {
  return { ...own, by: `${own.by}, with TLS-Required: No of the message` }
}

function configured(leg: Leg, host: string, knowsTls: boolean): Demand {
  const { tls, ca, name, title, plainAfterTls } = leg
  const by = `tls: ${tls} of ${title}`
  if (tls === 'verify') return { tls: 'require', check: { kind: 'authority', ca, name: name ?? host }, by }
  if (tls === 'required') return { tls: 'require', check: { kind: 'none' }, by }
  const isDowngraded = knowsTls && plainAfterTls === 'refuse'
  return isDowngraded
    ? { tls: 'require', check: { kind: 'none' }, by: `plainAfterTls: refuse of ${title}, since it has spoken TLS before` }
    : { tls: 'try', check: { kind: 'none' }, by }
}
