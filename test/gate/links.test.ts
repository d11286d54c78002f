import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { startLinked } from './linked.ts'
import { Talker } from './talker.ts'

/** A server inside. Gives its address. */
async function serve(serves: (socket: Socket) => void, t: Pick<TestContext, 'after'>): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    serves(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const echo = (socket: Socket): void => void socket.pipe(socket)

describe('a link', () => {
  test('carries clients of a gate to a server inside, to which no port is open', async (t) => {
    const { port, join, inside, stand, record } = await startLinked({ plain: { dialect: 'tcp', tls: 'none' } }, t)
    const office = await inside(await join('office'), { plain: { dialect: 'tcp', tls: 'none', backend: await serve(echo, t) } })
    await stand(1)
    const client = await Talker.to(port('plain'))
    await client.asks('over there', /over there/)
    client.done()
    await client.isClosed()
    const [outside, within] = [await record(), await office.record()]
    assert.deepEqual([outside.bytes, within.bytes], [outside.bytes, { in: 10, out: 10 }])
    assert.deepEqual(within.client, outside.client, 'the inside knows whose it is')
  })

  test('carries clients whose TLS the gate ends', async (t) => {
    const { port, join, inside, stand } = await startLinked({ edge: { dialect: 'tls', tls: 'implicit' } }, t)
    await inside(await join('office'), { edge: { dialect: 'tcp', tls: 'none', backend: await serve(echo, t) } })
    await stand(1)
    const client = await Talker.inTls(port('edge'))
    await client.asks('over there', /over there/)
    client.leave()
  })
})
