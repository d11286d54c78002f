import type { SessionEvent, Unsupported } from './session-event.ts'
import { MalformedError } from '../reader.ts'

/** Ends a session from anywhere in the reading of a record. It never leaves this folder: `push()` makes an event of it. */
export class SessionEnd extends Error {
  readonly event: SessionEvent

  constructor(event: SessionEvent) {
    super(`Cannot go on with the session: ${event.kind}`)
    this.event = event
  }
}

/** This client cannot do what the server chose. */
export function unsupported(what: Unsupported, detail: string): SessionEnd {
  return new SessionEnd({ kind: 'unsupported', what, detail })
}

/** The values of a well-formed message make no sense. */
export function malformed(field: string, why: string): SessionEnd {
  return new SessionEnd({ kind: 'malformed', error: new MalformedError(field, 0, why) })
}
