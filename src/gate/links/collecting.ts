import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/**
 * What waits in streams counts as old with V8. It would begin with all objects again as soon as it is through with them, each few hundred milliseconds: with
 * this, as much may come together as there is. And so few young ones are alive that several threads which look through them get in each other's way.
 */
const FLAGS = ['--heap-growing-percent=100', '--no-parallel-scavenge']

/** For young objects, in octets: V8 has two halves, and one of them is empty. */
const ENOUGH = 2 * 16 * 1024 * 1024

/** It is looked at again after so many streams. */
const STREAMS = 8

let streams = 0

/**
 * A stream has begun, and the garbage collector learns what links need. Where many come and stay, V8 doubles its room for young objects time and again, up to
 * 64 MB, and keeps it: as much as 2,000 idle streams take themselves. What stays is copied twice in a small room as in a large one.
 */
export function noteStream(): void {
  if (streams === 0) for (const flag of FLAGS) setFlagsFromString(flag)
  streams += 1
  if (streams % STREAMS !== 1) return
  const { space_size: size = 0 } = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space') ?? {}
  setFlagsFromString(`--semi-space-growth-factor=${size < ENOUGH ? 2 : 1}`)
}
