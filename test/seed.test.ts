import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const DRAW = "import fc from 'fast-check'; fc.assert(fc.property(fc.string(), (text) => { console.log(text) }), { numRuns: 3 })"

test('properties draw the same in every run of the gate, and something new elsewhere', async () => {
  const draw = async (...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, [...args, '--input-type=module', '-e', DRAW], { cwd: new URL('..', import.meta.url) })).stdout
  const [first, second, free, other] = await Promise.all([
    draw('--import', './test/seed.ts'),
    draw('--import', './test/seed.ts'),
    draw(),
    draw(),
  ])
  assert.equal(first, second)
  assert.notEqual(free, other)
})

test('npm test loads the seed, npm run test:random does not', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { scripts: Record<string, string> }
  assert.match(scripts['test'] ?? '', / --import \.\/test\/seed\.ts --test /)
  assert.match(scripts['test:unit'] ?? '', / --import \.\/test\/seed\.ts --test /)
  assert.doesNotMatch(scripts['test:random'] ?? 'seed', /seed/)
})
