import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** For young objects, in octets: V8 has two halves, and one of them is empty. */
const ENOUGH = 2 * 16 * 1024 * 1024

/** It is looked at again after so many streams. */
const STREAMS = 64

let streams = 0

/**
 * A stream has begun. Where many come and stay, V8 doubles its room for young objects time and again, up to 64 MB, and keeps it: as much as 2,000 idle streams
 * take themselves. What stays is copied twice in a small room as in a large one.
 */
export function noteStream(): void {
  streams += 1
  if (streams % STREAMS !== 0) return
  const { space_size: size = 0 } = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space') ?? {}
  setFlagsFromString(`--semi-space-growth-factor=${size < ENOUGH ? 2 : 1}`)
}
