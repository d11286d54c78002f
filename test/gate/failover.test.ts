import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startGate, type Gated } from './gated.ts'
import { Talker } from './talker.ts'

/** An SMTP server that says its name, to so many clients, and takes connections of the others and says nothing. */
class Behind {
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  port = 0

  constructor(greeting: string | undefined, clients = Infinity) {
    let left = clients
    this.#server = createServer((socket) => {
      this.#clients.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#clients.delete(socket))
      if (greeting !== undefined && left-- > 0) socket.write(`220 ${greeting} ESMTP\r\n`)
      socket.on('data', (bytes) => {
        // A header of the PROXY protocol is no command.
        if (greeting === undefined || bytes[0] === 0x0d) return
        if (/^QUIT/i.test(bytes.toString('latin1'))) socket.end('221 2.0.0 bye\r\n')
        else socket.write('250 2.0.0 ok\r\n')
      })
    })
  }

  static async start(t: TestContext, greeting?: string, clients?: number): Promise<Behind> {
    const behind = new Behind(greeting, clients)
    await behind.open()
    t.after(() => behind.stop())
    return behind
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async open(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  stop(): void {
    this.#server.close()
    for (const client of this.#clients) client.destroy()
  }
}

type Backend = string | Readonly<Record<string, unknown>>

const gateTo = (backend: readonly Backend[], t: TestContext, more: Readonly<Record<string, unknown>> = {}): Promise<Gated> =>
  startGate({ services: { front: { dialect: 'smtp', tls: 'none', backend } }, ...more }, t)

/** Who greets. */
async function greeter({ port }: Gated): Promise<string | undefined> {
  const client = await Talker.to(port('front'))
  const heard = await client.hears(/\r\n/)
  client.leave()
  return /^220 (\S+)/.exec(heard)?.[1]
}

const states = ({ gate }: Gated): readonly boolean[] => (gate.services[0]?.backends ?? []).map(({ up }) => up)

describe('a gate with several servers behind', () => {
  test('serves every client while one of them is up, and takes up the other when it is back', async (t) => {
    const [one, two] = [await Behind.start(t, 'one'), await Behind.start(t, 'two')]
    const gated = await gateTo([one.address, two.address], t, { health: { interval: 1 } })
    assert.equal(await greeter(gated), 'one')
    const crowd: Promise<string | undefined>[] = []
    for (let index = 0; index < 60; index++) {
      if (index === 20) {
        await Promise.race(crowd)
        one.stop()
      }
      crowd.push(greeter(gated))
      await delay(2)
    }
    const greeters = await Promise.all(crowd)
    assert.deepEqual(new Set(greeters), new Set(['one', 'two']))
    assert.ok(greeters.slice(21).every((name) => name === 'two'))
    const [first] = gated.gate.services[0]?.backends ?? []
    assert.deepEqual([first?.place, first?.up, /ECONNREFUSED/.test(first?.lastError ?? '')], [one.address, false, true])
    await one.open()
    for (let tries = 0; tries < 100 && states(gated)[0] !== true; tries++) await delay(50)
    assert.equal(await greeter(gated), 'one')
  })

  test('leads clients past one that takes connections and says nothing, and leaves it out when it stays so', async (t) => {
    const [silent, two] = [await Behind.start(t), await Behind.start(t, 'two')]
    const gated = await gateTo([silent.address, two.address], t, { timeouts: { connect: 0.2 } })
    assert.equal(await greeter(gated), 'two')
    for (let tries = 0; tries < 100 && states(gated)[0] !== false; tries++) await delay(20)
    assert.deepEqual(states(gated), [false, true])
  })
})

test('a server behind whose name is that of the gate is not spoken to', async (t) => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  await once(free, 'close')
  // To whoever reads the configuration that is a name.
  const gated = await startGate(
    { services: { front: { listen: `127.0.0.1:${port}`, dialect: 'smtp', tls: 'none', backend: `127.1:${port}` } } },
    t,
  )
  const client = await Talker.to(port)
  await client.isClosed()
  assert.match(client.heard, /^421 4\.3\.0 /)
  const record = await gated.record()
  assert.match(record.ended.reason ?? '', /127\.1:\d+: that is the service itself/)
})

describe('a server that takes connections and says nothing', () => {
  const rows: readonly (readonly [why: string, words: Readonly<Record<string, unknown>>])[] = [
    ['in place of its greeting', {}],
    ['in place of its greeting, though TLS waits for it', { tls: 'starttls' }],
    ['in place of TLS', { tls: 'implicit' }],
    ['to a gate that would tell whom it speaks for', { xclient: true }],
  ]
  for (const [why, words] of rows) {
    test(`lets no client wait longer than for a connection: ${why}`, async (t) => {
      const silent = await Behind.start(t)
      const gated = await gateTo([{ address: silent.address, ...words }], t, { timeouts: { connect: 0.2 } })
      const client = await Talker.to(gated.port('front'))
      await client.isClosed()
      assert.match(client.heard, /^421 4\.3\.0 /)
      assert.match((await gated.record()).ended.reason ?? '', /does not greet in time|does not answer in time|no handshake within/)
    })
  }

  test('nor one that drips its greeting, which clients hear as it is where it comes in time', async (t) => {
    for (const [every, last] of [
      [30, /^421 4\.3\.0 /],
      [1, /^220-drips\r\n220 ESMTP\r\n$/],
    ] as const) {
      const server = createServer((socket) => {
        const octets = '220-drips\r\n220 ESMTP\r\n'.split('')
        const drip = setInterval(() => void socket.write(octets.shift() ?? ''), every)
        socket.on('error', () => socket.destroy())
        socket.on('close', () => clearInterval(drip))
        socket.resume()
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.after(() => server.close())
      const gated = await gateTo([`127.0.0.1:${(server.address() as AddressInfo).port}`], t, { timeouts: { connect: 0.4 } })
      const client = await Talker.to(gated.port('front'))
      assert.match(await client.hears(/^\d{3} .*\r\n/m), last)
      client.leave()
    }
  })

  test('lets a client hear so in TLS, where it is told of that over another connection', async (t) => {
    const behind = await Behind.start(t, 'once', 1)
    const words = { dialect: 'smtp', tls: 'starttls', backend: { address: behind.address, proxy: 'v2' } }
    const { port, record } = await startGate({ services: { front: words }, timeouts: { connect: 0.2 } }, t)
    const client = await Talker.to(port('front'))
    await client.hears(/^220 once/)
    await client.asks('EHLO client.example\r\n', /^250 /m)
    await client.asks('STARTTLS\r\n', /^220 2\.0\.0/m)
    await client.secure()
    await client.isClosed()
    assert.match(client.heard, /^421 4\.3\.0 /m)
    assert.equal((await record()).ended.why, 'server-lost')
  })
})
