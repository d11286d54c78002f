import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { runGateProcess, type GateProcess } from './gate-process.ts'

const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname

/** Children of a process, in the order in which they came. */
function childrenOf(pid: number | undefined): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 15_000
  while (!holds()) {
    assert.ok(performance.now() < end, what)
    await delay(20)
  }
}

/** A server behind that says back what it hears. */
async function echo(t: TestContext): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function gateOf(workers: number, t: TestContext, more: Readonly<Record<string, unknown>> = {}): Promise<GateProcess> {
  const behind = await echo(t)
  const plain = { listen: '127.0.0.1:0', dialect: 'tls', tls: 'implicit', policy: 'mozilla-intermediate', backend: `127.0.0.1:${behind}` }
  const gate = await runGateProcess({ services: { plain }, workers, ...more })
  t.after(() => gate.end())
  return gate
}

interface Told {
  readonly socket: TLSSocket
  readonly resumed: boolean
  readonly session: Promise<Buffer>
}

async function client(gate: GateProcess, session?: Buffer): Promise<Told> {
  const socket = connectTls({
    port: gate.port('plain'),
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(session === undefined ? {} : { session }),
  })
  const next = once(socket, 'session').then(([told]) => told as Buffer)
  next.catch(() => undefined)
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return { socket, resumed: socket.isSessionReused(), session: next }
}

async function says(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text)
  const [heard] = (await once(socket, 'data')) as [Buffer]
  return heard.toString()
}

/** Whether a process has the socket that listens on a port. */
function listensOn(pid: number, port: number): boolean {
  const wanted = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`
  const line = readFileSync(`/proc/net/tcp`, 'utf8')
    .split('\n')
    .find((one) => one.includes(wanted))
  const inode = line?.trim().split(/\s+/)[9]
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`)
  } catch {
    return false
  }
}

/** Its workers, when all of them serve. */
async function serving(gate: GateProcess, workers = 2): Promise<readonly number[]> {
  const port = gate.port('plain')
  await until(() => childrenOf(gate.child.pid).filter((pid) => listensOn(pid, port)).length === workers, 'all serve')
  return childrenOf(gate.child.pid)
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL')
}

describe('a gate in several processes', () => {
  test('starts as many as it is told to, and takes up a session in any of them, also in those that come later', async (t) => {
    const gate = await gateOf(2, t)
    const first = await serving(gate)
    const { socket, session } = await client(gate)
    const kept = await session
    socket.destroy()
    for (const gone of first) {
      kill(gone)
      await until(() => !lives(gone), 'it is dead')
      const again = await client(gate, kept)
      assert.ok(again.resumed, 'the other one takes it up')
      assert.equal(await says(again.socket, 'hello'), 'hello')
      again.socket.destroy()
      await serving(gate)
    }
    assert.match(gate.told.join('\n'), /A worker has died \(SIGKILL\), and its clients with it\. Another takes its place in 0\.1 s\./)
  })

  test('one that dies takes its own clients with it and nobody else', async (t) => {
    const gate = await gateOf(2, t)
    const [first = 0, second = 0] = await serving(gate)
    const clients = await Promise.all(Array.from({ length: 12 }, () => client(gate)))
    for (const { socket } of clients) assert.equal(await says(socket, 'x'), 'x')
    kill(first)
    await until(() => !lives(first), 'it is dead')
    await delay(100)
    const alive = clients.filter(({ socket }) => !socket.destroyed)
    const heard = await Promise.all(alive.map(({ socket }) => says(socket, 'y')))
    const left = heard.filter((one) => one === 'y').length
    assert.ok(lives(second))
    assert.ok(left > 0 && left < 12, `${left} of 12 are left`)
    for (const { socket } of clients) socket.destroy()
  })

  test('one that dies while it starts is started again, and a reload finds all of them', async (t) => {
    const gate = await gateOf(2, t)
    const [first = 0, second = 0] = await serving(gate)
    kill(first)
    const fresh = (): readonly number[] => childrenOf(gate.child.pid).filter((pid) => pid !== first && pid !== second)
    await until(() => fresh().length > 0, 'another has come')
    for (const pid of fresh()) kill(pid)
    await serving(gate)
    assert.equal(gate.told.filter((line) => line.startsWith('A worker has died')).length, 2)
    await gate.reload()
    const { socket } = await client(gate)
    assert.equal(await says(socket, 'x'), 'x')
    socket.destroy()
  })

  test('a limit holds for all processes together', async (t) => {
    const gate = await gateOf(2, t, { limits: { perClient: 10 } })
    await serving(gate)
    const sockets = []
    let refused = 0
    for (let n = 0; n < 16; n += 1) {
      const one = await client(gate).catch(() => undefined)
      if (one === undefined) refused += 1
      else sockets.push(one.socket)
      await delay(40)
    }
    assert.deepEqual([sockets.length, refused], [10, 6])
    for (const socket of sockets) socket.destroy()
    await until(() => gate.records.length >= 11, 'they are gone')
    await delay(60)
    const { socket } = await client(gate)
    assert.equal(await says(socket, 'z'), 'z')
    socket.destroy()
  })

  test('lines of several processes are whole, and each connection has one', async (t) => {
    const gate = await gateOf(3, t)
    await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { socket } = await client(gate)
        await says(socket, 'x')
        socket.end()
        await once(socket, 'close')
      }),
    )
    await until(() => gate.records.length >= 60, 'all are recorded')
    for (const line of gate.records) assert.equal((JSON.parse(line) as { ended: { why: string } }).ended.why, 'client-left')
  })

  const signals: readonly (readonly [why: string, signal: NodeJS.Signals])[] = [
    ['nobody is left when the main process is killed', 'SIGKILL'],
    ['SIGTERM ends all of them', 'SIGTERM'],
  ]
  for (const [why, signal] of signals) {
    test(why, async (t) => {
      const gate = await gateOf(2, t)
      const workers = await serving(gate)
      gate.child.kill(signal)
      await once(gate.child, 'exit')
      await until(() => workers.every((pid) => !lives(pid)), 'no worker is left')
      assert.equal(gate.child.exitCode, signal === 'SIGTERM' ? 0 : null)
    })
  }

  test('SIGTERM lets clients finish, and a worker does nothing about a signal of its own', async (t) => {
    const gate = await gateOf(2, t)
    const workers = await serving(gate)
    const { socket } = await client(gate)
    assert.equal(await says(socket, 'a'), 'a')
    for (const pid of workers) for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(pid, signal)
    gate.child.kill('SIGTERM')
    await until(() => workers.every((pid) => !listensOn(pid, gate.port('plain'))), 'nobody listens')
    assert.equal(await says(socket, 'b'), 'b')
    socket.end()
    await once(gate.child, 'exit')
    assert.equal(gate.child.exitCode, 0)
  })

  test('all of them take up a changed configuration, or none', async (t) => {
    const gate = await gateOf(2, t)
    await serving(gate)
    const versions = async (): Promise<readonly (string | null)[]> => {
      const all = await Promise.all(Array.from({ length: 10 }, () => client(gate)))
      const found = [...new Set(all.map(({ socket }) => socket.getProtocol()))]
      for (const { socket } of all) socket.destroy()
      return found
    }
    assert.deepEqual(await versions(), ['TLSv1.3'])
    const text = readFileSync(gate.file, 'utf8')
    writeFileSync(join(dirname(gate.file), 'old.yaml'), 'base: mozilla-intermediate\nprotocols: [TLSv1.2]\n')
    writeFileSync(gate.file, text.replace('policy: mozilla-intermediate', 'policy: old.yaml'))
    gate.child.kill('SIGHUP')
    await until(() => gate.told.some((line) => line.startsWith('Read ')), 'it is read again')
    assert.deepEqual(await versions(), ['TLSv1.2'])
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => void taken.close())
    const other = { dialect: 'tls', tls: 'implicit', policy: 'mozilla-intermediate', backend: '127.0.0.1:9' }
    const { port } = taken.address() as AddressInfo
    const config = parse(text) as { services: Record<string, unknown> }
    writeFileSync(gate.file, stringify({ ...config, services: { ...config.services, other: { ...other, listen: `127.0.0.1:${port}` } } }))
    gate.child.kill('SIGHUP')
    await until(() => gate.told.includes('The gate goes on as before.'), 'it is refused')
    assert.deepEqual(await versions(), ['TLSv1.2'])
  })

  test('says once what is wrong, and leaves nobody behind: 3', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => void taken.close())
    const { port } = taken.address() as AddressInfo
    const plain = { listen: `127.0.0.1:${port}`, dialect: 'tls', tls: 'implicit', policy: 'mozilla-intermediate', backend: '127.0.0.1:9' }
    await assert.rejects(runGateProcess({ services: { plain }, workers: 3 }), (error: Error) => {
      assert.equal(error.message.match(/Cannot listen on/g)?.length, 1, error.message)
      assert.match(error.message, /EADDRINUSE/)
      assert.doesNotMatch(error.message, /Unhandled|node:internal/)
      return true
    })
  })

  test('a worker is nothing to start by hand: 2', () => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'gate', 'worker'], { encoding: 'utf8' })
    assert.equal(status, 2)
    assert.match(stderr, /Cannot work for a gate: nobody tells this process what to do/)
  })
})
