import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loopsByName } from './loops.ts'
import { placeOf, type Place } from './places.ts'

const at = (text: string): Place => placeOf(text) ?? assert.fail(text)
const service = (name: string, listen: string, ...behind: readonly string[]) => ({
  name,
  listen: at(listen),
  backends: behind.map((one) => ({ place: at(one) })),
  routes: [],
})

const ADDRESSES: Readonly<Record<string, readonly string[]>> = { self: ['192.0.2.9', '127.0.0.1'], other: ['192.0.2.9'] }

const ROWS: readonly (readonly [
  why: string,
  services: ReturnType<typeof service>[],
  loops: readonly RegExp[],
  asked: readonly string[],
])[] = [
  ['its own address by name', [service('mx', ':25', 'self:25')], [/^mx: self:25 leads back to mx itself\. /], ['self']],
  [
    'through another, once by name',
    [service('mx', ':25', 'self:2525'), service('in', '127.0.0.1:2525', '127.0.0.1:25')],
    [/^mx: self:2525 leads back to mx itself through in\. /, /^in: 127\.0\.0\.1:25 leads back to in itself through mx\. /],
    ['self'],
  ],
  ['one in front of another', [service('mx', ':25', 'self:2525'), service('in', '127.0.0.1:2525', 'other:25')], [], ['self', 'other']],
  ['another machine', [service('mx', ':25', 'other:25', 'gone:25')], [], ['other', 'gone']],
  ['nobody listens on that port', [service('mx', ':25', 'self:2525')], [], []],
  ['addresses are nobody to ask for', [service('mx', ':25', '192.0.2.9:25')], [], []],
]

describe('loopsByName()', () => {
  for (const [why, services, loops, asked] of ROWS)
    test(why, async () => {
      const names: string[] = []
      const found = await loopsByName(services, (name) => {
        names.push(name)
        return Promise.resolve(ADDRESSES[name] ?? [])
      })
      assert.equal(found.length, loops.length, found.join('\n'))
      for (const [index, loop] of loops.entries()) assert.match(found[index] ?? '', loop)
      assert.deepEqual(names, asked)
    })

  test('finds what a name stands for', async () => {
    // However it is written, it is a name to whoever reads the configuration.
    assert.equal((await loopsByName([service('mx', '127.0.0.1:25', '127.1:25')])).length, 1)
  })
})
