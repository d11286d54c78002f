import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, test } from 'node:test'
import { connectHandle } from './connect.ts'
import { TcpStream } from './tcp-stream.ts'
import { handles, listening, settled, told, until } from './testdata/ends.ts'

type Outcome = TcpStream | Error | undefined

/** All that `connected` was called with; it ends with the test. */
function connecting(host: string, port: number, patience: number = 10_000): readonly Outcome[] {
  const outcomes: Outcome[] = []
  connectHandle(handles(), { host, port }, { patience, landing: undefined }, (outcome) => outcomes.push(outcome))
  assert.deepEqual(outcomes, [], 'not within the call')
  return outcomes
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

describe('connectHandle()', () => {
  for (const [host, skip] of [
    ['127.0.0.1', false],
    ['::1', !hasIpv6],
  ] as const)
    test(`gives a stream to ${host}, which ends when the server says no more`, { skip }, async (t) => {
      const [server, port] = await listening(t, host)
      const accepted = once(server, 'connection')
      const outcomes = connecting(host, port)
      const [socket] = (await accepted) as [Socket]
      await until(() => outcomes.length > 0, 'connected')
      const [stream] = outcomes
      assert.ok(stream instanceof TcpStream)
      assert.deepEqual(stream.peer, { address: host, port, family: host === '::1' ? 'IPv6' : 'IPv4' })
      const all = told(stream)
      socket.end('a greeting')
      await until(() => all.includes('close'), 'close')
      assert.deepEqual([all, outcomes.length], [['a greeting', 'end', 'finish', 'close'], 1])
      socket.destroy()
    })

  test('gives what the system says where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close()
    await once(server, 'close')
    const outcomes = connecting('127.0.0.1', port)
    await until(() => outcomes.length > 0, 'refused')
    await settled()
    assert.equal(outcomes.length, 1)
    assert.ok(outcomes[0] instanceof Error)
    assert.deepEqual([outcomes[0].message, Reflect.get(outcomes[0], 'code')], [`connect ECONNREFUSED 127.0.0.1:${port}`, 'ECONNREFUSED'])
  })

  test('gives what the system says at once, too, and not within the call', async () => {
    const outcomes = connecting('no address', 25)
    await until(() => outcomes.length > 0, 'refused')
    await settled()
    assert.equal(outcomes.length, 1)
    assert.ok(outcomes[0] instanceof Error)
    assert.equal(Reflect.get(outcomes[0], 'code'), 'EINVAL')
  })

  test('gives undefined where nobody answers in time', async (t) => {
    // A queue that is full, and nobody who takes out of it: the system lets others wait.
    const busy = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000)
    })`
    const child = spawn(process.execPath, ['-e', busy], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => void child.kill('SIGKILL'))
    const [told] = (await once(child.stdout, 'data')) as [Buffer]
    const port = Number(told.toString())
    const waiting = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    t.after(() => waiting.forEach((socket) => void socket.destroy()))
    await settled(20)
    const outcomes = connecting('127.0.0.1', port, 50)
    await until(() => outcomes.length > 0, 'no answer')
    await settled()
    assert.deepEqual(outcomes, [undefined])
  })
})
