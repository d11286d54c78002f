import type { Policy } from '../policy/index.ts'
import { groupByCode, PROTOCOLS, protocolVersion, signatureScheme, suiteName, type ProtocolName } from '../registry/index.ts'
import {
  negotiate,
  type HandshakeCertificate,
  type HandshakeClient,
  type HandshakeServer,
  type Outcome,
  type Refusal,
} from '../policy/negotiate/index.ts'
import type { Offer } from '../wire/index.ts'
import type { ConnectionRecord } from './record.ts'

/** How strictly a service enforces: `observe` lets pass and records, `explain` answers in words behind the handshake, `refuse` has no handshake. */
export type Stage = 'observe' | 'explain' | 'refuse'

/** What becomes of a client, found out from its hello alone. */
export type Verdict =
  /** It can do what the policy wants, and is served so. */
  | { readonly kind: 'meets' }
  /** It cannot. `served`: with what it can do, whether it may go on or is told why not; else the handshake is refused. */
  | { readonly kind: 'fails'; readonly stage: Stage; readonly served: boolean; readonly refusal: Refusal }

/** A policy as the gate carries it out: one end of a handshake, the same for every client. `dhBits`: of its parameters for DHE; without it there are none. */
export function serverOf(policy: Policy, certificates: readonly HandshakeCertificate[], dhBits?: number): HandshakeServer {
  return {
    stack: 'openssl-3.5',
    versions: policy.protocols.allowed.filter((version) => version !== 'SSLv2' && version !== 'SSLv3'),
    suites: policy.suites,
    groups: policy.groups,
    signatureSchemes: policy.signatureSchemes,
    order: policy.order === 'client' ? 'client' : 'server',
    certificates,
    ...(dhBits === undefined ? {} : { dh: dhBits }),
    sslv2Hello: policy.sslv2Hello,
    securityLevel: 0,
  }
}

/** What a hello says of its client. Up to TLS 1.2 it names the newest version alone: older ones are taken to be there. */
export function clientOf(offer: Offer): HandshakeClient {
  return {
    stack: 'specification',
    versions: versionsIn(offer),
    suites: offer.suites.map(suiteName),
    ...(offer.groups === undefined ? {} : { groups: offer.groups.flatMap((code) => groupByCode(code)?.name ?? []) }),
    ...(offer.signatureSchemes === undefined ? {} : { signatureSchemes: offer.signatureSchemes.map((code) => signatureScheme.name(code)) }),
    ...(offer.serverName === undefined ? {} : { serverName: offer.serverName }),
    ...(offer.fallback ? { fallback: true } : {}),
    ...(offer.sslv2Format ? { sslv2Hello: true } : {}),
    ...(offer.secureRenegotiation ? {} : { secureRenegotiation: 'off' as const }),
  }
}

function versionsIn({ versions, newest }: Offer): readonly ProtocolName[] {
  return PROTOCOLS.filter((name) => {
    const code = protocolVersion.code(name)
    return name !== 'SSLv2' && (versions?.includes(code) ?? code <= newest)
  })
}

/** Hellos that are alike are one object, see `FamiliarHellos`. */
const outcomes = new WeakMap<Offer, WeakMap<HandshakeServer, Outcome>>()

/** What a handshake with this hello comes to, found out once for all that are alike. */
export function outcomeOf(offer: Offer, server: HandshakeServer): Outcome {
  const known = outcomes.get(offer) ?? new WeakMap<HandshakeServer, Outcome>()
  const outcome = known.get(server) ?? negotiate(clientOf(offer), server)
  outcomes.set(offer, known.set(server, outcome))
  return outcome
}

/** What becomes of a client with this hello at a service with this policy, in this stage. */
export function verdictOn(offer: Offer, server: HandshakeServer, stage: Stage): Verdict {
  const outcome = outcomeOf(offer, server)
  if (outcome.agreed) return { kind: 'meets' }
  return { kind: 'fails', stage, served: stage !== 'refuse', refusal: outcome }
}

const MEETS: NonNullable<ConnectionRecord['verdict']> = { meets: true }

/** As it is logged. */
export function verdictInRecord(verdict: Verdict): NonNullable<ConnectionRecord['verdict']> {
  return verdict.kind === 'meets' ? MEETS : { meets: false, reason: verdict.refusal.reason, why: verdict.refusal.why }
}
