import { alertDescription } from '../registry/index.ts'
import { CONTENT_TYPE, encodeAlert, type SessionEvent } from '../wire/index.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import type { Ending } from './line.ts'

/** What came back, in words and in the bytes that say it; none where nothing came. */
export interface Heard {
  readonly how: string
  readonly bytes: Uint8Array
  /** Nothing came, and the connection stood. */
  readonly silent?: boolean
}

/** What was heard that shows a fact. */
export interface Proof {
  /** Path in the posture, such as `flaws.heartbleed`. */
  readonly fact: string
  /** What was asked and what came of it, in a few words. */
  readonly asked: string
  readonly answer: Uint8Array
}

const ALERT_RECORD_LENGTH = 7
const NOTHING: Uint8Array = new Uint8Array(0)

/** The answer to a hello as proof. */
export function answered(answer: Answer): Heard {
  return { how: describeAnswer(answer), bytes: answer.bytes }
}

/** `patience`: milliseconds that were waited. */
export function heardAtEnd(ending: Ending, patience: number): Heard {
  const bytes = NOTHING
  if (ending === 'silent') return { how: describeAnswer({ kind: ending, afterMs: patience, bytes }), bytes, silent: true }
  return { how: describeAnswer({ kind: ending, bytes }), bytes }
}

/** An event of a session, `last` being the bytes that it came with. Of what came under keys the bytes are those that they opened to. */
export function heardIn(event: SessionEvent, last: Uint8Array): Heard {
  switch (event.kind) {
    case 'alert': {
      const bytes = encodeAlert(event)
      const record = last.subarray(-ALERT_RECORD_LENGTH)
      const isRecord = !event.sealed && record[0] === CONTENT_TYPE.alert && record.at(-1) === event.description
      const under = event.sealed ? ' (under keys)' : ''
      return { how: `alert ${alertDescription.name(event.description)}${under}`, bytes: isRecord ? record : bytes }
    }
    case 'application-data':
      return { how: 'application data (under keys)', bytes: event.data }
    case 'heartbeat':
      return { how: 'heartbeat', bytes: event.fragment }
    default:
      return { how: event.kind.replaceAll('-', ' '), bytes: 'bytes' in event ? event.bytes : last }
  }
}

/** That something was asked and answered so shows a fact. */
export function prove(fact: string, asked: string, { how, bytes }: Heard): Proof {
  return { fact, asked: `${asked}: ${how}`, answer: bytes }
}
