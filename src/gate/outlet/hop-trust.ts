import type { X509Certificate } from 'node:crypto'
import { judgeDane, type DaneFailure } from '../names/dane.ts'
import type { BackendTrust } from '../tls/backend-trust.ts'
import type { HopCheck } from './demand.ts'

/** Why a next hop is not the one that is meant, as a clause. */
export interface Untrusted {
  readonly why: string
  readonly result?: DaneFailure
}

/** How a certificate was found to be the right one; `none`: nobody looked, or nothing of it could be checked. */
export type Checked = 'none' | 'authority' | 'dane'

/** What can be left to the handshake of a connection behind the gate. */
export function trustFor(check: HopCheck): BackendTrust {
  if (check.kind !== 'authority') return { kind: 'none' }
  return { kind: 'authority', name: check.name, ...(check.ca === undefined ? {} : { ca: [check.ca] }) }
}

/** Whom to ask for: RFC 7672 §8.1, RFC 8461 §4. */
export function askedFor(check: HopCheck, host: string): string {
  return check.kind === 'dane' ? (check.names[0] ?? host) : host
}

/** What the certificates of a next hop say of it, or why it is not the one that is meant, as a clause. */
export function judgeHop(chain: readonly X509Certificate[], check: HopCheck, now: Date): { readonly checked: Checked } | Untrusted {
  if (check.kind !== 'dane') return { checked: check.kind }
  const verdict = judgeDane(check.records, { chain, names: check.names, now })
  switch (verdict.kind) {
    case 'verified':
      return { checked: 'dane' }
    // RFC 7672 §2.2: TLS is a must then, with whomever.
    case 'unusable':
      return { checked: 'none' }
    case 'failed':
      return { why: verdict.words, result: verdict.type }
  }
}
