import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { closeBehind, part, partsBy, reset, unhook } from './closing.ts'

/** An end that takes what it is given at once, never, or a part of it each time that `taken` is called, and closes its own side when it is told to. */
function end(takes: 'all' | 'nothing' | 'some', taken: (() => void)[] = []): Duplex {
  return new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => {
      if (takes === 'all') done()
      else if (takes === 'some') taken.push(done)
    },
    autoDestroy: true,
  })
}

const ticks = async (t: TestContext, milliseconds: number): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve))
  t.mock.timers.tick(milliseconds)
  await new Promise((resolve) => setImmediate(resolve))
}

const rows: readonly (readonly [why: string, takes: 'all' | 'nothing', after: readonly (readonly [number, boolean])[]])[] = [
  [
    'who has got everything and does not close is closed',
    'all',
    [
      [1900, false],
      [200, true],
    ],
  ],
  [
    'who takes nothing is given the time for it, and no more',
    'nothing',
    [
      [2000, false],
      [2900, false],
      [200, true],
    ],
  ],
]

for (const [why, takes, after] of rows) {
  test(`closeBehind(): ${why}`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const stream = end(takes)
    stream.write('the last words')
    closeBehind(stream, 5000)
    for (const [milliseconds, destroyed] of after) {
      await ticks(t, milliseconds)
      assert.equal(stream.destroyed, destroyed)
    }
    stream.destroy()
  })
}

test('closeBehind(): who takes something now and then has all the time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const taken: (() => void)[] = []
  const stream = end('some', taken)
  for (const word of ['the', 'last', 'words']) stream.write(word)
  closeBehind(stream, 5000)
  for (let words = 0; words < 2; words++) {
    taken.shift()?.()
    await ticks(t, 5000)
    assert.equal(stream.destroyed, false)
  }
  await ticks(t, 5000)
  assert.equal(stream.destroyed, true)
})

test('closeBehind(): nothing happens to a stream that is closed', () => {
  const stream = end('all')
  stream.destroy()
  closeBehind(stream, 1)
  assert.ok(stream.destroyed)
})

const states: readonly (readonly [state: string, before: (socket: Socket) => void, ends: 'ECONNRESET' | 'whole'])[] = [
  ['in the middle', (socket) => void socket.write('half'), 'ECONNRESET'],
  ['with its end on the way', (socket) => void socket.end('all'), 'whole'],
]

for (const [state, before, ends] of states) {
  test(`reset(): a connection ${state} is gone`, async (t) => {
    const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    t.after(() => void listener.close())
    const address = listener.address()
    const socket = connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' })
    const [[other]] = (await Promise.all([once(listener, 'connection'), once(socket, 'connect')])) as [[Socket], unknown]
    const heard = new Promise(
      (resolve) => void other.once('error', (error) => resolve('code' in error && error.code)).once('end', () => resolve('whole')),
    )
    other.resume()
    before(socket)
    reset(socket)
    assert.equal(await heard, ends)
    other.end()
    if (!socket.closed) await once(socket, 'close')
    other.destroy()
    if (!other.closed) await once(other, 'close')
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.ok(!process.getActiveResourcesInfo().includes('TCPSocketWrap'), 'nothing is left of it')
  })
}

test('unhook(): nothing hangs on a stream any more, and an error that comes late harms nobody', () => {
  const stream = end('all')
  let parted = 0
  partsBy(stream, () => void (parted += 1))
  for (const event of ['data', 'close', 'error']) stream.on(event, () => assert.fail('nobody listens any more'))
  unhook(stream)
  stream.emit('error', new Error('late'))
  part(stream)
  assert.deepEqual([stream.eventNames(), parted, stream.destroyed], [['error'], 0, true])
})
