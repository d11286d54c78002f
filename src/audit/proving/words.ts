import { alertDescription } from '../../registry/index.ts'
import type { Answer } from '../exchange.ts'

/** Alerts that say that nothing of the offer will do, RFC 8446 §6.2: hellos of SSL 3.0 cannot name a server, so that some get the last of them. */
export const REFUSALS: ReadonlySet<number> = new Set(
  (['handshake_failure', 'insufficient_security', 'protocol_version', 'unrecognized_name'] as const).map((name) =>
    alertDescription.code(name),
  ),
)
const OF_VERSION = alertDescription.code('protocol_version')
/** Alerts with which a connection ends as with a plain close: they say nothing of the offer, RFC 8446 §6.1. */
const GOODBYES: ReadonlySet<number> = new Set((['close_notify', 'user_canceled'] as const).map((name) => alertDescription.code(name)))

/** The connection was ended without a word on why. */
export function isClose(answer: Answer): boolean {
  return answer.kind === 'closed' || (answer.kind === 'alert' && GOODBYES.has(answer.description))
}

/** In as many words: whatever else ends a handshake may be a breakdown. */
export function isDenial(answer: Answer | undefined): boolean {
  return answer?.kind === 'alert' && REFUSALS.has(answer.description)
}

/** What an offer is refused for. */
export type Subject = 'version' | 'offer'

const SUITABLE: Readonly<Record<Subject, ReadonlySet<number>>> = {
  version: new Set([OF_VERSION]),
  offer: new Set((['handshake_failure', 'insufficient_security'] as const).map((name) => alertDescription.code(name))),
}

/** It was refused in a word that is for this, and for nothing that a server says when it is busy. */
export function suits(answer: Answer, subject: Subject): boolean {
  return answer.kind === 'alert' && SUITABLE[subject].has(answer.description)
}

/** In the word that is for versions alone. */
export function isOfVersion(answer: Answer | undefined): boolean {
  return answer?.kind === 'alert' && answer.description === OF_VERSION
}
