import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { startGate } from './gated.ts'

const LENGTH = 3_000_000

/** Octets that no other number gives, and that differ from place to place. */
function octets(number: number): Buffer {
  const bytes = Buffer.alloc(LENGTH)
  for (let at = 0; at + 8 <= LENGTH; at += 8) bytes.writeBigUInt64LE(BigInt(number) * 1_000_000_007n + BigInt(at), at)
  return bytes
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Reads to the end, in turn with pauses. */
async function slowly(socket: Socket, pause: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of socket) {
    parts.push(part as Buffer)
    if (pause > 0 && parts.length % 16 === 0) await delay(pause)
  }
  return Buffer.concat(parts)
}

describe('what a server sends through one buffer for all', () => {
  test('arrives as it was, however slow clients are', async (t) => {
    const behind = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (bytes) => {
        socket.write(`hello ${bytes.toString()}`)
        socket.end(octets(Number(bytes.toString())))
      })
    }).listen(0, '127.0.0.1')
    await once(behind, 'listening')
    t.after(() => void behind.close())
    const backend = `127.0.0.1:${(behind.address() as AddressInfo).port}`
    const gated = await startGate({ services: { any: { dialect: 'tls', tls: 'implicit', backend } } }, t)
    await Promise.all(
      [0, 0, 1, 2, 5, 9].map(async (pause, number) => {
        const socket = connectTls({ port: gated.port('any'), host: '127.0.0.1', rejectUnauthorized: false })
        await once(socket, 'secureConnect')
        socket.write(String(number))
        const heard = await slowly(socket, pause)
        const greeting = `hello ${number}`
        assert.equal(heard.subarray(0, greeting.length).toString(), greeting)
        assert.equal(heard.length, greeting.length + LENGTH)
        assert.equal(hashOf(heard.subarray(greeting.length)), hashOf(octets(number)))
      }),
    )
    for (let number = 0; number < 6; number += 1) assert.equal((await gated.record()).bytes.out, LENGTH + 7)
  })

  test('a server that speaks first, and one that is silent and closes, are heard', async (t) => {
    const speaks = createServer((socket) => void socket.end('first words')).listen(0, '127.0.0.1')
    await once(speaks, 'listening')
    t.after(() => void speaks.close())
    const backend = `127.0.0.1:${(speaks.address() as AddressInfo).port}`
    const gated = await startGate({ services: { any: { dialect: 'tls', tls: 'implicit', backend } } }, t)
    const socket = connectTls({ port: gated.port('any'), host: '127.0.0.1', rejectUnauthorized: false })
    assert.equal((await slowly(socket, 0)).toString(), 'first words')
  })
})
