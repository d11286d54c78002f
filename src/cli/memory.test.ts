import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** Keeps a little for a while, as audits do, and prints what the room for new objects has grown to, in bytes. */
const WORK = `
  import { getHeapSpaceStatistics } from 'node:v8'
  const kept = []
  for (let round = 0; round < 1000; round++) {
    kept.push(Array.from({ length: 400 }, (_, at) => ({ round, at, text: 'answer ' + at })))
    if (kept.length > 40) kept.shift()
  }
  process.stdout.write(String(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size))
`

function roomWith(before: string): number {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', `${before}\n${WORK}`], { encoding: 'utf8', timeout: 30_000 })
  return Number(stdout)
}

test('the room for new objects does not grow with what is thrown away', () => {
  const file = new URL('./memory.ts', import.meta.url).href
  const alone = roomWith('')
  const small = roomWith(`import { keepHeapSmall } from ${JSON.stringify(file)}; keepHeapSmall()`)
  assert.ok(small > 0 && small <= alone / 8, `${small} of ${alone} bytes`)
})
