import { performance } from 'node:perf_hooks'

/** A wait is counted in so many parts. */
const PARTS = 16
const LEAST_PART_MS = 25
/** Timers are a little late even where nothing else goes on. */
const TOLERANCE = 1.2

/**
 * Calls `over` after so many milliseconds during which this process could listen. While the machine or its own work holds it up it hears nobody, however quick
 * the answer was, and that time does not count. Gives a function that ends the wait and gives how much of it has counted.
 */
export function whileListening(milliseconds: number, over: () => void): () => number {
  const part = Math.max(LEAST_PART_MS, milliseconds / PARTS)
  let counted = 0
  let began = 0
  let timer: NodeJS.Timeout
  const count = (): void => void (counted += Math.min(performance.now() - began, part * TOLERANCE))
  const go = (): void => {
    began = performance.now()
    timer = setTimeout(
      () => {
        count()
        if (counted < milliseconds) go()
        else over()
      },
      Math.max(0, Math.min(part, milliseconds - counted)),
    )
  }
  go()
  return () => {
    clearTimeout(timer)
    if (counted < milliseconds) count()
    return counted
  }
}
