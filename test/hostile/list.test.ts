import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HOSTILE, hostileRow, scripted, startHostile } from './index.ts'
import { ask, hello, RawClient } from './raw-client.ts'

/** Names that say something: lower case, digits and hyphens. */
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/

describe('HOSTILE', { concurrency: 8 }, () => {
  test('no two servers have one name, and every name can be typed', () => {
    const names = HOSTILE.map((row) => row.name)
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index || !NAME.test(name)),
      [],
    )
  })

  test('every server says what it does, and promises nothing of TLS where nothing can be learnt', () => {
    for (const { name, does, truth } of HOSTILE) {
      assert.match(does, /^[a-zA-Z].{4,}[^.]$/, name)
      if (truth.reach === 'none') assert.deepEqual(Object.keys({ ...truth.protocols, ...truth.flaws }), [], name)
    }
  })

  test('a name that is not there is an error', () => {
    assert.throws(() => hostileRow('no-such-server'), /no hostile server named no-such-server/)
  })

  for (const row of HOSTILE) {
    test(`${row.name} takes a connection, counts it, and stop() ends it at once`, async () => {
      const server = await startHostile(row.name)
      const client = new RawClient(server.port)
      client.write(hello())
      await client.until(() => server.connections() > 0, 1000)
      await client.until(() => false, 20)
      const before = Date.now()
      await server.stop()
      assert.ok(Date.now() - before < 1000)
      assert.equal(server.connections(), 1)
      assert.equal(server.maxOpen(), 1)
      assert.equal(server.open(), 0)
      await assert.rejects(refused(server.port), /ECONNREFUSED/)
      client.close()
    })
  }
})

async function refused(port: number): Promise<void> {
  const { socket } = new RawClient(port)
  await new Promise<void>((resolve, reject) => socket.once('error', reject).once('connect', resolve))
}

describe('startHostile()', { concurrency: 8 }, () => {
  test('takes a behaviour of its own, keeps the hello and what was sent', async () => {
    const server = await startHostile(scripted())
    const bytes = hello({ suites: [0xc02f, 0x1234] })
    const answer = await ask(server.port, bytes)
    assert.equal(answer.kind, 'messages')
    answer.client.close()
    assert.deepEqual(server.seen[0]?.hellos[0]?.suites, [0xc02f, 0x1234])
    assert.ok(server.seen[0]?.bytes.equals(bytes))
    await server.stop()
  })

  test('stops by itself when its life is over', async () => {
    const server = await startHostile('silent', { lifetimeMs: 100 })
    const client = new RawClient(server.port)
    assert.equal(await client.until(() => client.end !== 'open', 2000), true)
    await assert.rejects(refused(server.port), /ECONNREFUSED/)
  })

  test('resets what is more than maxConnections, and counts the most that were open', async () => {
    const server = await startHostile(scripted(), { maxConnections: 2 })
    const clients = [1, 2, 3].map(() => new RawClient(server.port))
    await clients[2]!.until(() => clients[2]!.end !== 'open')
    assert.deepEqual(clients.map((client) => client.end).toSorted(), ['open', 'open', 'reset'])
    for (const client of clients) client.close()
    await server.stop()
    assert.ok(server.maxOpen() >= 2)
  })

  test('says how the client left', async () => {
    const server = await startHostile(scripted())
    const [fin, reset] = [new RawClient(server.port), new RawClient(server.port)]
    await fin.until(() => server.connections() === 2)
    fin.socket.end()
    reset.socket.resetAndDestroy()
    await fin.until(() => fin.end !== 'open')
    await fin.until(() => false, 30)
    assert.deepEqual(server.seen.map((one) => one.left).toSorted(), ['fin', 'reset'])
    await server.stop()
  })

  test('is cheap: a thousand hellos in one test', async () => {
    const server = await startHostile(scripted({ suites: [0xc02b, 0xc02f] }))
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server.port, hello({ suites: [0xc02b] }))))
      for (const answer of answers) {
        assert.equal(answer.kind, 'messages')
        answer.client.close()
      }
    }
    assert.equal(server.connections(), 1000)
    await server.stop()
  })
})
