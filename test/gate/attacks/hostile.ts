import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ClientSession, type SessionEvent, type SessionOptions } from '../../../src/wire/index.ts'
import { startGate, type Gated } from '../gated.ts'
import { smtp } from './attacked.ts'

/** A client that can send what no library would, within TLS that stands. */
export class Hostile {
  readonly session: ClientSession
  readonly socket: Socket
  readonly events: SessionEvent[] = []
  closed = false

  constructor(port: number, options: Partial<SessionOptions>) {
    this.session = new ClientSession(options)
    this.socket = connectTcp(port, '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.on('close', () => void (this.closed = true))
    this.socket.on('data', (bytes) => {
      const { events, send } = this.session.push(bytes)
      this.events.push(...events)
      if (send !== undefined) this.socket.write(send)
    })
    this.socket.write(this.session.start())
  }

  /** The first event of this kind. */
  async first<K extends SessionEvent['kind']>(kind: K): Promise<SessionEvent & { kind: K }> {
    for (let tries = 0; tries < 500; tries += 1) {
      const found = this.events.find((event): event is SessionEvent & { kind: K } => event.kind === kind)
      if (found !== undefined) return found
      assert.ok(!this.closed, `closed before ${kind}: ${this.events.map((event) => event.kind).join(', ')}`)
      await delay(10)
    }
    throw new Error(`no ${kind}: ${this.events.map((event) => event.kind).join(', ')}`)
  }

  /** Says the same over and over until it is closed. Gives the octets that it took. */
  async floods(record: () => Uint8Array, most: number): Promise<number> {
    let sent = 0
    while (!this.closed && sent < most) {
      const wave = Buffer.concat(Array.from({ length: 100 }, record))
      sent += wave.length
      if (!this.socket.write(wave)) await Promise.race([once(this.socket, 'drain').catch(() => undefined), delay(200)])
      await delay(1)
    }
    return sent
  }
}

export async function hostile(gated: Gated, t: TestContext, options: Partial<SessionOptions>): Promise<Hostile> {
  const client = new Hostile(gated.port('door'), options)
  t.after(() => void client.socket.destroy())
  await client.first('connected')
  return client
}

/** Within TLS of a service that begins with it, and beside a door for the others. */
export async function both(t: TestContext, policy = 'mozilla-intermediate'): Promise<Gated> {
  const back = await smtp(t)
  const backend = `127.0.0.1:${back.port}`
  const door = { dialect: 'smtp', tls: 'implicit', backend, policy }
  return startGate({ services: { door, other: { dialect: 'smtp', tls: 'starttls', backend } } }, t, ['rsa', 'ecdsa'])
}
