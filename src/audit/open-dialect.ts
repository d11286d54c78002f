import { Opening, tls, type Clear } from '../dialects/index.ts'
import { cutShort, notReady } from './lane-errors.ts'
import type { Door } from './door.ts'
import type { Line } from './line.ts'

/** A greeting may take long: postscreen waits 6 s on purpose, and a busy Exim longer. RFC 5321 §4.5.3.2.1 allows 5 minutes. */
const OPENING_PATIENCE_MS = 40_000
/** Who we say that we are: a name that is nobody's, RFC 2606 §2. */
const CLIENT_NAME = 'postern.invalid'

export interface OpeningTalk {
  /** Sends the dialect's harmless command behind the request for TLS, in the same segment. */
  readonly smuggle: boolean
  /** Milliseconds until the audit of this door ends. */
  readonly timeLeft: () => number
  /** Told of what was seen, whenever more was seen. */
  readonly noted: (opening: Opening) => void
}

/** Speaks the dialect up to the server's go-ahead. Errors: those of `lane-errors.ts`, and of the dialect. */
export async function openDialect(line: Line, door: Door, { smuggle, timeLeft, noted }: OpeningTalk): Promise<Clear> {
  const dialect = door.beginning === 'implicit' ? tls : door.dialect
  const opening = new Opening(dialect, { clientName: CLIENT_NAME, serverName: door.serverName, textAfterGoAhead: 'record', smuggle })
  line.send(opening.start())
  const until = line.waited + OPENING_PATIENCE_MS
  while (opening.outcome === undefined) {
    const heard = await line.receive(Math.min(until - line.waited, timeLeft()))
    noted(opening)
    if (heard === 'silent') throw cutShort(door.dialect.title, heard)
    if (typeof heard === 'string') opening.end()
    else line.send(opening.push(heard).send)
  }
  noted(opening)
  if (opening.outcome.kind !== 'ready') throw notReady(door.dialect.title, opening.outcome)
  return opening.clear
}
