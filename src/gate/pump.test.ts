import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import type { Relay, RelayStep } from '../dialects/index.ts'
import { Pump, type PumpEnd } from './pump.ts'

/** One end: what it says goes in with `says`, what it hears is in `heard`, and it takes only what it is told to take. */
class End extends Duplex {
  heard = ''
  #taking: (() => void) | undefined
  slow = false

  constructor() {
    super({ writableHighWaterMark: 8, readableHighWaterMark: 8 })
  }

  says(text: string): void {
    this.push(text)
  }

  override _read(): void {
    // What it says is pushed.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.heard += chunk.toString()
    if (this.slow) this.#taking = done
    else done()
  }

  takes(): void {
    this.slow = false
    this.#taking?.()
  }
}

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 10))

interface Made {
  readonly client: End
  readonly server: End
  readonly pump: Pump
  readonly ends: PumpEnd[]
  readonly rests: string[]
}

function made(relay: Partial<Relay>, client = new End(), wanted?: () => void): Made {
  const server = new End()
  const ends: PumpEnd[] = []
  const rests: string[] = []
  const whole: Relay = {
    fromClient: (toServer): RelayStep => ({ toServer }),
    fromServer: (toClient): RelayStep => ({ toClient }),
    secured: () => ({}),
    turnAway: () => ({}),
    serverLost: () => ({ toClient: Buffer.from('lost'), end: 'server-lost' }),
    ...relay,
  }
  const pump = new Pump(client, wanted === undefined ? server : undefined, whole, {
    connect: () => wanted?.(),
    tls: (rest) => void rests.push(Buffer.from(rest).toString()),
    moved: () => {},
    ended: (why) => void ends.push(why),
  })
  return { client, server, pump, ends, rests }
}

describe('Pump', () => {
  test('carries both ways, and counts', async () => {
    const { client, server, pump } = made({})
    client.says('EHLO')
    server.says('250 ok')
    await settled()
    assert.deepEqual([server.heard, client.heard, pump.bytes], ['EHLO', '250 ok', { in: 4, out: 6 }])
  })

  test('tells the server of a client that had said its last before anybody listened', async () => {
    const client = new End()
    client.push(null)
    client.resume()
    await settled()
    assert.ok(client.readableEnded)
    const { server } = made({}, client)
    await settled()
    assert.ok(server.writableEnded)
  })

  test('reads no more from one end than the other takes, and goes on then', async () => {
    const { client, server } = made({})
    server.slow = true
    for (let at = 0; at < 50; at++) client.says('0123456789')
    await settled()
    assert.ok(client.isPaused())
    assert.ok(server.writableLength < 100, `${server.writableLength} octets wait`)
    server.takes()
    await settled()
    assert.equal(server.heard.length, 500)
  })

  test('reads no more from a client than it takes of the answers', async () => {
    const { client } = made({ fromClient: () => ({ toClient: Buffer.from('an answer of the gate') }) })
    client.slow = true
    for (let at = 0; at < 50; at++) client.says('0123456789')
    await settled()
    assert.ok(client.isPaused())
    assert.ok(client.writableLength < 100, `${client.writableLength} octets wait`)
  })

  test('a relay that throws ends its own connection, and what it says of it goes nowhere', async () => {
    const { client, ends } = made({
      fromClient: () => {
        throw new Error('secret')
      },
    })
    client.says('EHLO')
    await settled()
    assert.deepEqual(ends, ['error'])
  })

  test('does not read from a client while the relay has enough of it', async () => {
    let full = true
    const { client, server } = made({ isFull: () => full })
    client.says('one')
    await settled()
    client.says('two')
    await settled()
    assert.equal(server.heard, 'one')
    full = false
    server.says('ok')
    await settled()
    assert.equal(server.heard, 'onetwo')
  })

  test('hands over to TLS what belongs to it, and reads nothing of it', async () => {
    const { client, server, rests, pump } = made({ fromClient: () => ({ tls: { rest: Buffer.from('hello') } }) })
    client.says('STARTTLS')
    await settled()
    client.says('bytes of TLS')
    await settled()
    assert.deepEqual([rests, server.heard], [['hello'], ''])
    const secure = new End()
    pump.secured(secure)
    server.says('250 secured')
    await settled()
    assert.deepEqual([client.heard, secure.heard], ['', '250 secured'])
  })

  test('goes on with another server in TLS, and hears no more of the one before', async () => {
    const told: unknown[] = []
    const { client, server, pump, ends } = made({
      fromClient: () => ({ tls: { rest: Buffer.alloc(0) } }),
      secured: (which) => {
        told.push(which)
        return { toServer: Buffer.from('EHLO') }
      },
    })
    client.says('STARTTLS')
    await settled()
    const [secure, another] = [new End(), new End()]
    pump.secured(secure, another)
    server.says('late')
    server.destroy()
    another.says('250')
    await settled()
    assert.deepEqual([told, server.heard, another.heard, secure.heard, ends], [['another'], '', 'EHLO', '250', []])
  })

  test('says so to a client in TLS when the other server is not to be had, and ends where the client has gone', async () => {
    const upgrade = { fromClient: (): RelayStep => ({ tls: { rest: Buffer.alloc(0) } }) }
    const lost = made(upgrade)
    lost.client.says('STARTTLS')
    await settled()
    const secure = new End()
    lost.pump.secured(secure, 'lost')
    await settled()
    assert.deepEqual([secure.heard, lost.ends], ['lost', ['server-lost']])
    const gone = made(upgrade)
    gone.client.says('STARTTLS')
    await settled()
    const [left, unused] = [new End(), new End()]
    left.destroy()
    gone.pump.secured(left, unused)
    assert.deepEqual([unused.destroyed, gone.ends], [true, ['client-left']])
  })

  test('copies when nothing is left to look at', async () => {
    let asked = 0
    const { client, server, ends } = made({
      fromClient: (toServer) => {
        asked++
        return { toServer, copy: true }
      },
    })
    for (const text of ['LOGIN', 'one', 'two']) {
      client.says(text)
      await settled()
    }
    server.says('reply')
    await settled()
    assert.deepEqual([asked, server.heard, client.heard], [1, 'LOGINonetwo', 'reply'])
    server.destroy()
    await settled()
    assert.deepEqual([ends, client.heard], [['server-left'], 'reply'], 'nothing is put into what is not looked at')
  })

  test('goes on with the client as long as the relay has something to say to it', async () => {
    const { client, server, ends } = made({
      serverLost: () => ({}),
      fromClient: () => ({ toServer: Buffer.from('x'), toClient: Buffer.from('503') }),
    })
    server.destroy()
    await settled()
    client.says('EHLO')
    await settled()
    assert.deepEqual([ends, client.heard], [[], '503'])
  })

  describe('without a server', () => {
    const wants = (relay: Partial<Relay> = {}, asked = (): void => undefined): Made =>
      made({ fromClient: () => ({ connect: true }), ...relay }, new End(), asked)

    test('asks for one when the relay does, and carries on with it', async () => {
      let asked = 0
      const { client, server, pump, ends } = wants({}, () => void (asked += 1))
      client.says('EHLO')
      await settled()
      pump.reached(server)
      server.says('220')
      await settled()
      assert.deepEqual([asked, client.heard, ends], [1, '220', []])
    })

    test('lets a client go that says no more, but not while the relay waits for the server', async () => {
      const idle = wants()
      idle.client.push(null)
      await settled()
      assert.deepEqual(idle.ends, ['client-left'])
      const waiting = wants({ isAhead: () => true })
      waiting.client.says('EHLO')
      waiting.client.push(null)
      await settled()
      assert.deepEqual(waiting.ends, [])
    })

    const gone: readonly (readonly [why: string, becomes: (parts: Made) => void | Promise<void>])[] = [
      ['cannot be had', ({ pump }) => pump.unreached()],
      [
        'has gone before it is there',
        async ({ pump, server }) => {
          server.destroy()
          await settled()
          pump.reached(server)
        },
      ],
    ]
    for (const [why, becomes] of gone) {
      test(`tells the client of one that ${why}`, async () => {
        const parts = wants()
        parts.client.says('EHLO')
        await settled()
        await becomes(parts)
        await settled()
        assert.deepEqual([parts.client.heard, parts.ends], ['lost', ['server-lost']])
      })
    }

    test('leaves one alone that comes when the client has gone', async () => {
      const parts = wants()
      parts.client.destroy()
      await settled()
      parts.pump.reached(parts.server)
      assert.ok(parts.server.destroyed)
    })
  })

  const ends: readonly (readonly [why: PumpEnd, break_: (parts: Made) => void, heard: string])[] = [
    ['server-lost', ({ server }) => void server.destroy(), 'lost'],
    ['client-left', ({ client }) => void client.destroy(), ''],
    ['quit', ({ pump }) => pump.perform({ toClient: Buffer.from('221 bye'), end: 'quit' }), '221 bye'],
  ]
  for (const [why, breaks, heard] of ends) {
    test(`ends once, and says why: ${why}`, async () => {
      const parts = made({})
      breaks(parts)
      await settled()
      parts.client.destroy()
      parts.server.destroy()
      await settled()
      assert.deepEqual([parts.ends, parts.client.heard], [[why], heard])
    })
  }
})
