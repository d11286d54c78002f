import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE_MS = 5000
const PAUSE_MS = 20

/** Waits until a server has written something to its log, which it may do behind its answer, and gives it. */
export async function logged(log: () => string, pattern: RegExp): Promise<RegExpExecArray> {
  for (let waited = 0; waited < PATIENCE_MS && !pattern.test(log()); waited += PAUSE_MS) await delay(PAUSE_MS)
  const found = pattern.exec(log())
  if (found === null) assert.match(log(), pattern)
  assert.ok(found !== null)
  return found
}
