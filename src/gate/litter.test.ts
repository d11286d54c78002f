import assert from 'node:assert/strict'
import { PerformanceObserver, constants, type PerformanceEntry } from 'node:perf_hooks'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { noteLitter } from './litter.ts'

test('the young objects are looked through once for each 8 MB, and not for less', async () => {
  let minor = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { readonly detail: { readonly kind: number } })[])
      if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) minor += 1
  })
  observer.observe({ entryTypes: ['gc'] })
  /** So many times, so many octets in a turn. */
  const heard = async (times: number, octets: number): Promise<number> => {
    const before = minor
    for (let time = 0; time < times; time++) {
      noteLitter(octets)
      noteLitter(octets)
      await new Promise((resolve) => void setImmediate(resolve))
    }
    await delay(20)
    return minor - before
  }
  const [often, seldom] = [await heard(30, 4 << 20), await heard(30, 1 << 16)]
  assert.ok(often >= 30, `${often} times for 30 × 8 MB`)
  // V8 does so by itself, too.
  assert.ok(seldom < 10, `${seldom} times for 4 MB`)
  observer.disconnect()
})
