import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parse, stringify } from 'yaml'
import { PosternError } from '../../src/errors.ts'
import { askStatus, type GateStatus } from '../../src/gate/index.ts'
import { freePort } from '../peers/free-port.ts'
import { runGateProcess, type GateProcess } from './gate-process.ts'

const run = promisify(execFile)
const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'postern-reload-'))
after(() => rmSync(folder, { recursive: true }))

/** A server behind that says back what it hears. */
async function echo(t: TestContext): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  return (server.address() as AddressInfo).port
}

const copied = (listen: string, backend: number): Readonly<Record<string, unknown>> => ({
  listen,
  dialect: 'tcp',
  tls: 'none',
  policy: 'mozilla-intermediate',
  backend: `127.0.0.1:${backend}`,
})

/** What a client hears of what it says; nothing where nobody listens. */
async function says(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  return new Promise((resolve) => {
    socket
      .on('error', () => resolve(''))
      .on('data', (heard: string) => {
        socket.destroy()
        resolve(heard)
      })
    socket.write(text)
  })
}

function configure(gate: GateProcess, words: Readonly<Record<string, unknown>>): void {
  const before = parse(readFileSync(gate.file, 'utf8')) as Record<string, unknown>
  writeFileSync(gate.file, stringify({ ...before, ...words }))
}

/** Has a gate take up its file. Gives the answer, or what is wrong. */
async function reload(admin: string): Promise<GateStatus['configuration'] | PosternError> {
  try {
    return (await askStatus(admin, 'reload')).configuration
  } catch (error) {
    if (error instanceof PosternError) return error
    throw error
  }
}

function workersOf({ child: { pid } }: GateProcess): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).length
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await holds())) {
    assert.ok(performance.now() < end, what)
    await delay(20)
  }
}

const isUp = async (base: string): Promise<boolean> => (await fetch(`${base}/healthz`).catch(() => undefined))?.status === 200

describe('postern gate reload', { concurrency: 2 }, () => {
  for (const workers of [1, 2]) {
    test(`a service that moves, one that goes and one that comes; who is there stays; processes: ${workers}`, async (t) => {
      const behind = await echo(t)
      const [first, second, third, other] = [await freePort(), await freePort(), await freePort(), await freePort()]
      const admin = join(folder, `services-${workers}.sock`)
      const services = { moves: copied(`127.0.0.1:${first}`, behind), goes: copied(`127.0.0.1:${second}`, behind) }
      const gate = await runGateProcess({ services, workers, admin })
      t.after(gate.end)
      await until(() => existsSync(admin), 'it can be asked')
      const there = connect(first, '127.0.0.1').setEncoding('utf8')
      there.write('a')
      await once(there, 'data')
      configure(gate, { services: { moves: copied(`127.0.0.1:${third}`, behind), comes: copied(`127.0.0.1:${other}`, behind) } })
      const twice = await Promise.all([reload(admin), reload(admin)])
      assert.deepEqual(
        twice.map((one) => 'generation' in one && one.generation),
        [2, 3],
      )
      assert.deepEqual([await says(third, 'x'), await says(other, 'y')], ['x', 'y'])
      await until(async () => (await says(first, 'x')) === '' && (await says(second, 'x')) === '', 'nobody listens where it was')
      there.write('b')
      assert.deepEqual(await once(there, 'data'), ['b'])
      there.destroy()
      configure(gate, { services: { moves: copied(`:${third}`, behind) } })
      const error = await reload(admin)
      assert.ok(error instanceof PosternError)
      assert.match(error.message, /^Cannot listen on :\d+ for moves: this gate serves moves on 127\.0\.0\.1:\d+ until it does$/)
      assert.match(error.remedy ?? '', /stop the gate, and start it again/)
      assert.deepEqual([await says(third, 'x'), await says(other, 'y')], ['x', 'y'])
    })
  }

  test('metrics and the admin socket move, or are no more, and who asked for it over the old one is answered', async (t) => {
    const services = { plain: copied('127.0.0.1:0', await echo(t)) }
    const [one, two] = [join(folder, 'one.sock'), join(folder, 'two.sock')]
    const [first, second] = [await freePort(), await freePort()]
    const gate = await runGateProcess({ services, admin: one, metrics: `127.0.0.1:${first}` })
    t.after(gate.end)
    await until(() => existsSync(one), 'it can be asked')
    configure(gate, { admin: two, metrics: `127.0.0.1:${second}` })
    assert.ok('generation' in (await reload(one)))
    assert.deepEqual([existsSync(one), existsSync(two)], [false, true])
    assert.deepEqual([await isUp(`http://127.0.0.1:${first}`), await isUp(`http://127.0.0.1:${second}`)], [false, true])
    const taken = createServer().listen(first, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => void taken.close())
    configure(gate, { admin: one, metrics: `127.0.0.1:${first}` })
    const error = await reload(two)
    assert.match(error instanceof PosternError ? error.message : '', /^Cannot listen on 127\.0\.0\.1:\d+ for metrics$/)
    assert.deepEqual([existsSync(one), existsSync(two), await isUp(`http://127.0.0.1:${second}`)], [false, true, true])
    assert.match(gate.told.join('\n'), /because: .*EADDRINUSE.*\n.*\nThe gate goes on as before\./)
    const { metrics, ...others } = parse(readFileSync(gate.file, 'utf8')) as Record<string, unknown>
    assert.ok(metrics)
    writeFileSync(gate.file, stringify({ ...others, admin: two }))
    assert.ok('generation' in (await reload(two)))
    assert.equal(await isUp(`http://127.0.0.1:${second}`), false)
  })

  test('there are as many workers as the file says, and their clients finish', async (t) => {
    const behind = await echo(t)
    const admin = join(folder, 'workers.sock')
    const gate = await runGateProcess({ services: { plain: copied('127.0.0.1:0', behind) }, admin, workers: 2 })
    t.after(gate.end)
    await until(() => existsSync(admin), 'it can be asked')
    configure(gate, { workers: 4 })
    await reload(admin)
    assert.equal(workersOf(gate), 4)
    const clients = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const socket = connect(gate.port('plain'), '127.0.0.1').setEncoding('utf8')
        socket.write('a')
        await once(socket, 'data')
        return socket
      }),
    )
    configure(gate, { workers: 1 })
    await reload(admin)
    for (const socket of clients) {
      socket.write('b')
      assert.deepEqual(await once(socket, 'data'), ['b'])
      socket.destroy()
    }
    await until(() => workersOf(gate) === 1, 'the others end')
    assert.equal(await says(gate.port('plain'), 'x'), 'x')
    assert.doesNotMatch(gate.told.join('\n'), /has died/)
  })

  test('says what a gate that began alone cannot take up', async (t) => {
    const admin = join(folder, 'alone.sock')
    const gate = await runGateProcess({ services: { plain: copied('127.0.0.1:0', await echo(t)) }, admin })
    t.after(gate.end)
    await until(() => existsSync(admin), 'it can be asked')
    configure(gate, { workers: 2 })
    const { stdout } = await run(process.execPath, [PROGRAM, 'gate', 'reload', '--admin', admin])
    assert.match(stdout, /^Configuration 2 is in force, with 1 service\.\nOf workers there is one until the gate is started again/)
    assert.match(gate.told.join('\n'), /Of workers there is one until the gate is started again: one that began alone cannot become 2\./)
  })
})
