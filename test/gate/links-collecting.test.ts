import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapSpaceStatistics } from 'node:v8'
import { noteStream } from '../../src/gate/links/collecting.ts'

const MB = 1024 * 1024

test('where many streams come and stay the room for young objects grows to 32 MB, and no further', () => {
  const kept: unknown[] = []
  let most = 0
  for (let stream = 0; stream < 4000; stream++) {
    noteStream()
    for (let part = 0; part < 400; part++) kept.push({ stream, part, rest: [part, part + 1] })
    most = Math.max(most, getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0)
  }
  assert.equal(kept.length, 4000 * 400)
  assert.ok(most <= 32 * MB, `${most / MB} MB`)
  assert.ok(most >= 16 * MB, `${most / MB} MB`)
})
