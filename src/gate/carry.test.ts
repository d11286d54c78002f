import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { carry, keepsNothing } from './carry.ts'

/** Two ends of one connection, closed when the test is over. */
async function connected(t: TestContext): Promise<readonly [Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const one = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [other] = (await once(server, 'connection')) as [Socket]
  t.after(() => {
    one.destroy()
    other.destroy()
    server.close()
  })
  return [one, other]
}

/** Octets that are alone in their memory, as those are that Node has read. */
const alone = (length: number): Buffer => Buffer.from(new Uint8Array(length).fill(7).buffer)

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('octets arrive, and their memory is given back once they are on their way', async (t) => {
  const [one, other] = await connected(t)
  const given = [alone(16_384), alone(16_384), alone(5000)]
  for (const bytes of given) carry(bytes, one)
  one.end()
  assert.deepEqual(await buffer(other), Buffer.alloc(2 * 16_384 + 5000, 7))
  assert.deepEqual(
    given.map(({ length }) => length),
    [0, 0, 0],
  )
})

test('octets that wait for a slow reader keep their memory until then', async (t) => {
  const [one, other] = await connected(t)
  // More than the system keeps for two ends of a connection.
  for (let megabytes = 0; megabytes < 24; megabytes += 1) one.write(alone(1 << 20))
  const waiting = alone(16_384)
  carry(waiting, one)
  await settled()
  assert.equal(waiting.length, 16_384)
  other.resume()
  await once(one, 'drain')
  await settled()
  assert.equal(waiting.length, 0)
})

test('large pieces go on together, in their order, and small ones at once', async (t) => {
  const [one, other] = await connected(t)
  const large = (value: number): Buffer => Buffer.from(new Uint8Array(16_384).fill(value).buffer)
  carry(large(1), one)
  carry(large(2), one)
  assert.equal(one.writableCorked, 1, 'two wait for more')
  carry(large(3), one)
  assert.equal(one.writableCorked, 0, 'three are enough')
  carry(large(4), one)
  carry(Buffer.from('small'), one)
  assert.equal(one.writableCorked, 0, 'a small one is the last for now')
  carry(large(5), one)
  await settled()
  await settled()
  assert.equal(one.writableLength, 0, 'nothing waits longer than a turn')
  carry(large(6), one)
  one.end()
  const heard = await buffer(other)
  const small = Buffer.from('small')
  assert.deepEqual(heard, Buffer.concat([large(1), large(2), large(3), large(4), small, large(5), large(6)]))
})

test('octets for a stream of HTTP/2 give their memory back as those for a socket', async () => {
  const stream = new PassThrough()
  keepsNothing(stream)
  const bytes = alone(16_384)
  carry(bytes, stream)
  await settled()
  assert.equal(bytes.length, 0)
})

test('what came together in one memory goes on together, each piece of it', async (t) => {
  const [one, other] = await connected(t)
  const record = alone(16_384)
  carry(record.subarray(9, 700), one)
  carry(record.subarray(709), one)
  assert.equal(one.writableCorked, 1, 'more of it may come')
  await settled()
  assert.deepEqual([one.writableCorked, one.writableLength], [0, 0], 'nothing waits longer than a turn')
  one.end()
  assert.equal((await buffer(other)).length, 16_384 - 18)
})

test('a small copy, which is in the pool of Node, waits for nothing', async (t) => {
  const [one] = await connected(t)
  carry(Buffer.from('small'), one)
  assert.equal(one.writableCorked, 0)
})

for (const { title, bytes, to } of [
  { title: 'that are few', bytes: alone(100), to: undefined },
  { title: 'that share their memory with others', bytes: alone(20_000).subarray(0, 16_384), to: undefined },
  { title: 'for what is no socket, which may pass on what it was given', bytes: alone(16_384), to: new PassThrough() },
]) {
  test(`octets ${title} keep their memory`, async (t) => {
    const [one] = await connected(t)
    carry(bytes, to ?? one)
    await settled()
    assert.deepEqual(bytes, Buffer.alloc(bytes.length, 7))
    assert.notEqual(bytes.length, 0)
  })
}
