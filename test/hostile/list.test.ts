import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { u8, vector } from './bytes.ts'
import { eventually, using } from './checked.ts'
import { extensionBytes } from './connection.ts'
import { HOSTILE, hostileRow, scripted, startHostile } from './index.ts'
import { Extension, TLS12 } from './numbers.ts'
import { hello, hello13, RawClient, sslv2Hello } from './raw-client.ts'
import { ALL_VERSIONS } from './script.ts'
import { offer, once } from './walk.ts'

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

test('a hello with any of its bytes changed is answered or refused, and the next one is answered', () => {
  const whole = [
    hello13({ shares: [[29, Buffer.alloc(32, 9)]], more: [named, psk] }),
    sslv2Hello(0x0303, [0x0700c0, 0x2f]),
    offer(TLS12, { suites: [0x9e, 0xc02f], more: [named] }),
  ]
  const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.boolean() })
  return using(scripted(EVERYTHING), async (port) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...whole), fc.array(change, { minLength: 1, maxLength: 4 }), async (bytes, changes) => {
        const spoilt = Buffer.from(bytes)
        for (const { at, to } of changes) spoilt[at % spoilt.length] = to
        const client = new RawClient(port)
        client.write(changes[0]!.cut ? spoilt.subarray(0, changes[0]!.at % spoilt.length) : spoilt)
        client.socket.end()
        await client.until(() => client.end !== 'open', 300)
        client.close()
      }),
      { numRuns: 150 },
    )
    assert.equal((await once(port, offer(TLS12, { suites: [0xc02f] }))).kind, 'messages')
  })
})

/** As much as one server can do. */
const EVERYTHING: Parameters<typeof scripted>[0] = {
  versions: ALL_VERSIONS,
  sslv2: { kinds: [0x0700c0], lists: 'common', certificate: true },
  sslv2Hello: 'answers',
  heartbeat: 'bleeds',
  alpn: ['smtp'],
  tickets: { lifetime: 60, accepted: true, sessionId: 'echo' },
}

const named = extensionBytes(Extension.serverName, vector(2, u8(0), vector(2, Buffer.from('hostile.example'))))
/** Structures within structures, none of which fits a session. */
const psk = Buffer.concat([
  extensionBytes(Extension.pskKeyExchangeModes, vector(1, u8(1))),
  extensionBytes(Extension.preSharedKey, vector(2, vector(2, Buffer.alloc(9)), Buffer.alloc(4)), vector(2, vector(1, Buffer.alloc(32)))),
])

describe('startHostile()', { concurrency: 8 }, () => {
  test('takes a behaviour of its own, keeps the hello and what was sent', () =>
    using(scripted(), async (port, server) => {
      const bytes = hello({ suites: [0xc02f, 0x1234] })
      assert.equal((await once(port, bytes)).kind, 'messages')
      assert.deepEqual(server.seen[0]?.hellos[0]?.suites, [0xc02f, 0x1234])
      assert.ok(server.seen[0]?.bytes.equals(bytes))
    }))

  test('stops by itself when its life is over', () =>
    using(
      'silent',
      async (port) => {
        const client = new RawClient(port)
        assert.equal(await client.until(() => client.end !== 'open'), true)
        await assert.rejects(refused(port), /ECONNREFUSED/)
      },
      { lifetimeMs: 100 },
    ))

  test('resets what is more than maxConnections, and counts the most that were open', () =>
    using(
      scripted(),
      async (port, server) => {
        const clients = [1, 2, 3].map(() => new RawClient(port))
        const ends = (): string[] => clients.map((client) => client.end).toSorted()
        await eventually(() => server.connections() === 3 && ends().includes('reset'))
        assert.deepEqual(ends(), ['open', 'open', 'reset'])
        for (const client of clients) client.close()
        assert.equal(server.maxOpen(), 3)
      },
      { maxConnections: 2 },
    ))

  test('says how the client left', () =>
    using(scripted(), async (port, server) => {
      const [fin, reset] = [new RawClient(port), new RawClient(port)]
      await eventually(() => server.connections() === 2)
      fin.socket.end()
      reset.socket.resetAndDestroy()
      await eventually(() => server.seen.every((one) => one.left !== 'open'))
      assert.deepEqual(server.seen.map((one) => one.left).toSorted(), ['fin', 'reset'])
    }))

  test('is cheap: a thousand hellos in one test', () =>
    using(scripted({ suites: [0xc02b, 0xc02f] }), async (port, server) => {
      for (let round = 0; round < 50; round++) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => once(port, hello({ suites: [0xc02b] }))))
        assert.ok(answers.every((answer) => answer.kind === 'messages'))
      }
      assert.equal(server.connections(), 1000)
    }))
})
