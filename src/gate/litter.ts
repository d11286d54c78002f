import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** After so many octets it is time. With twice as much V8 still looks through everything now and then, when a gate has done nothing for a while before. */
const ENOUGH = 8 * 1024 * 1024

let octets = 0
let isDue = false
let collect: (() => void) | undefined

/**
 * So many octets that Node has read are used up, and only the garbage collector can give their memory back. V8 counts such memory as old: it looks through all
 * objects of the gate for some 40 MB of it, though those few that hold it are the youngest. Told in time to look through the young ones alone, it has done
 * in less than a millisecond.
 */
export function noteLitter(more: number): void {
  octets += more
  if (octets < ENOUGH || isDue) return
  isDue = true
  // By then what was read in this turn has gone on.
  setImmediate(() => {
    isDue = false
    octets = 0
    collect ??= collector()
    collect()
  })
}

/**
 * V8 gives it to those who ask with a flag; one that has it no more does as it would by itself. What is swept in a thread of its own still counts until that has
 * had a processor, which under load is too late.
 */
function collector(): () => void {
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  return typeof found === 'function' ? () => void Reflect.apply(found, undefined, [{ type: 'minor' }]) : () => {}
}
