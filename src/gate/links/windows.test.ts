import assert from 'node:assert/strict'
import { test } from 'node:test'
import { windowFor } from './windows.ts'

test('windowFor(): all streams together have a bound, and each has what it needs', () => {
  const rows = [
    [0, 1024],
    [1, 1024],
    [32, 1024],
    [33, 512],
    [64, 512],
    [65, 256],
    [500, 64],
    [10_000, 64],
  ] as const
  for (const [streams, kilobytes] of rows) assert.equal(windowFor(streams), kilobytes * 1024, String(streams))
})
