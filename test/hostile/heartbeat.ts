import { randomBytes } from 'node:crypto'
import { Cursor, u16, u8 } from './bytes.ts'
import { MEMORY } from './memory.ts'
import type { HeartbeatHabit } from './script.ts'

/** HeartbeatMessage types and the least padding, RFC 6520 §4. */
const REQUEST = 1
const RESPONSE = 2
const PADDING = 16

/** The HeartbeatMessage that a server with this habit sends back; undefined where it keeps still. */
export function heartbeatAnswer(habit: Exclude<HeartbeatHabit, object>, body: Buffer): Buffer | undefined {
  if (habit === 'silent' || body.length < 3 || body[0] !== REQUEST) return undefined
  const cursor = new Cursor(body.subarray(1))
  const claimed = cursor.u16()
  const rest = cursor.take(cursor.left)
  if (habit === 'bleeds') return response(Buffer.concat([rest, MEMORY]).subarray(0, claimed))
  if (habit === 'clips') return response(rest.subarray(0, claimed))
  return 3 + claimed + PADDING > body.length ? undefined : response(rest.subarray(0, claimed))
}

function response(payload: Buffer): Buffer {
  return Buffer.concat([u8(RESPONSE), u16(payload.length), payload, randomBytes(PADDING)])
}
