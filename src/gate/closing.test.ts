import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { closeBehind } from './closing.ts'

/** An end that takes what it is given at once or never, and closes its own side when it is told to. */
function end(takes: boolean): Duplex {
  return new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => {
      if (takes) done()
    },
    autoDestroy: true,
  })
}

const ticks = async (t: TestContext, milliseconds: number): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve))
  t.mock.timers.tick(milliseconds)
  await new Promise((resolve) => setImmediate(resolve))
}

const rows: readonly (readonly [why: string, takes: boolean, flush: number | undefined, after: readonly (readonly [number, boolean])[]])[] =
  [
    [
      'who has got everything and does not close is closed',
      true,
      undefined,
      [
        [1900, false],
        [200, true],
      ],
    ],
    [
      'who takes nothing is given the time for it',
      false,
      5000,
      [
        [4900, false],
        [200, true],
      ],
    ],
    ['or as long as somebody else says', false, undefined, [[600_000, false]]],
  ]

for (const [why, takes, flush, after] of rows) {
  test(`closeBehind(): ${why}`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const stream = end(takes)
    stream.write('the last words')
    closeBehind(stream, flush)
    for (const [milliseconds, destroyed] of after) {
      await ticks(t, milliseconds)
      assert.equal(stream.destroyed, destroyed)
    }
    stream.destroy()
  })
}

test('closeBehind(): nothing happens to a stream that is closed', () => {
  const stream = end(true)
  stream.destroy()
  closeBehind(stream, 1)
  assert.ok(stream.destroyed)
})
