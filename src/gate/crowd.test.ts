import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { Crowd } from './crowd.ts'

/** So many connections to loopback, at the end that was called. */
async function callers(
  t: TestContext,
  count: number,
): Promise<{ readonly inside: readonly Socket[]; readonly outside: readonly Socket[] }> {
  const inside: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => void inside.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const outside = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.on('error', () => {})
      await once(socket, 'connect')
      return socket
    }),
  )
  while (inside.length < count) await once(server, 'connection')
  t.after(() => {
    server.close()
    for (const socket of [...inside, ...outside]) socket.destroy()
  })
  return { inside, outside }
}

describe('Crowd', () => {
  const rows = [
    ['one client may have so many', { connections: 9, perClient: 2 }, [undefined, undefined, 'perClient']],
    ['there may be so many in all', { connections: 2, perClient: 9 }, [undefined, undefined, 'connections']],
    [
      'what one client may have is said first: it can do something about it',
      { connections: 1, perClient: 1 },
      [undefined, 'perClient', 'perClient'],
    ],
  ] as const
  for (const [why, limits, expected] of rows) {
    test(why, async (t) => {
      const { inside } = await callers(t, expected.length)
      const crowd = new Crowd()
      assert.deepEqual(
        inside.map((socket) => crowd.enter(socket, limits)),
        expected,
      )
    })
  }

  test('whoever goes makes room', async (t) => {
    const { inside } = await callers(t, 2)
    const [one, other] = inside as [Socket, Socket]
    const crowd = new Crowd()
    const limits = { connections: 1, perClient: 1 }
    assert.equal(crowd.enter(one, limits), undefined)
    one.destroy()
    await once(one, 'close')
    assert.deepEqual([crowd.enter(other, limits), [...crowd.clients]], [undefined, [other]])
  })

  test('a hundred are told at once, and the others are closed', async (t) => {
    const { inside, outside } = await callers(t, 103)
    const crowd = new Crowd()
    const heard = outside.map(async (socket) => {
      let text = ''
      socket.on('data', (bytes) => void (text += bytes.toString()))
      await once(socket, 'end')
      return text
    })
    for (const socket of inside) crowd.sendAway(socket, Buffer.from('421'))
    const texts = await Promise.all(heard)
    assert.deepEqual([texts.filter((text) => text === '421').length, texts.filter((text) => text === '').length], [100, 3])
  })

  test('whoever is told and stays is put out', async (t) => {
    const { inside, outside } = await callers(t, 1)
    const [[socket], [client]] = [inside, outside] as unknown as [[Socket], [Socket]]
    client.resume()
    new Crowd().sendAway(socket, Buffer.from('421'))
    await once(socket, 'close')
    assert.ok(socket.destroyed)
  })

  test('one record is enough for now', () => {
    const crowd = new Crowd()
    assert.deepEqual([crowd.recordable(), crowd.recordable(), crowd.recordable()], [0, undefined, undefined])
  })
})
