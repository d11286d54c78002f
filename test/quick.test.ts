import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'

const CHECKOUT = new URL('..', import.meta.url)

/** Runs this as a test file of its own, loaded as `npm test` loads one: how it ended, and what it said. */
function runTest(body: string): Promise<readonly [status: number, output: string]> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const code = `import { executionAsyncId } from 'node:async_hooks'; import { test } from 'node:test'; test('one', async () => { ${body} })`
  const words = ['--import', './test/quick.js', '--input-type=module', '-e', code]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, words, { cwd: CHECKOUT, env }, (_error, stdout) => resolve([child.exitCode ?? 1, stdout]))
  })
}

describe('what npm test loads before each file', { concurrency: 4 }, () => {
  const rows: readonly (readonly [why: string, body: string, status: number, says: RegExp])[] = [
    ['a test that holds passes', '', 0, /pass 1\n/],
    ['one that does not fails', "throw new Error('boom')", 1, /fail 1\n/],
    ['an error that nobody catches fails the file', "setTimeout(() => { throw new Error('boom') })", 1, /Error: boom/],
    ['so does a rejection that nobody hears of', "void Promise.reject(new Error('boom'))", 1, /Error: boom/],
    [
      'no promise is followed: each would have a number of its own',
      'await 1; const id = executionAsyncId(); await 1; if (executionAsyncId() !== id) throw new Error()',
      0,
      /pass 1\n/,
    ],
  ]
  for (const [why, body, status, says] of rows) {
    test(why, async () => {
      const [ended, output] = await runTest(body)
      assert.equal(ended, status, output)
      assert.match(output, says)
    })
  }
})
