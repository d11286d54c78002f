import type { Candidate } from './candidates.ts'
import { isFailure, type HopFailure } from './hop-failure.ts'
import type { Checked } from './hop-trust.ts'
import type { OpenHop } from './open-hop.ts'
import type { Reached } from './reaching.ts'

/** A next hop that was tried, for the log. */
export interface Onward {
  /** As MX records or the configuration name it. */
  readonly host: string
  readonly address: string
  readonly port: number
  /** Who demands TLS, or certificates, of it. */
  readonly demand: string
  /** Absent in the clear, and where it was not reached. */
  readonly tls?: {
    readonly version: string
    /** IANA name. */
    readonly suite: string
    readonly group?: string
    readonly checked: Checked
    /** With a session of a connection before; what was found then of certificates is `checked`. */
    readonly resumed?: true
    /** Why the policy would not allow it; absent where it does. */
    readonly tooWeak?: string
  }
  /** Over a connection of messages before. */
  readonly kept?: true
  /** In the clear, although it has spoken TLS before. */
  readonly downgraded?: true
  /** Why it was not used, as a reply. */
  readonly failed?: string
}

export function onwardOf(
  { name, address, port, demand, knowsTls }: Candidate,
  opened: (OpenHop & Pick<Reached, 'isKept'>) | HopFailure,
): Onward {
  const place = { host: name, address, port, demand: demand.by }
  if (isFailure(opened)) return { ...place, failed: opened.said }
  const where = opened.isKept === true ? { ...place, kept: opened.isKept } : place
  if (opened.tls === undefined) return { ...where, ...(knowsTls ? { downgraded: true } : {}) }
  const { negotiated, checked, tooWeak } = opened.tls
  const { protocol, suite, group, resumed } = negotiated
  const tls = {
    version: protocol,
    suite,
    ...(group === undefined ? {} : { group }),
    checked,
    ...(resumed ? { resumed } : {}),
    ...(tooWeak === undefined ? {} : { tooWeak }),
  }
  return { ...where, tls }
}
