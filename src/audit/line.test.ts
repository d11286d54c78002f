import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { PosternError } from '../errors.ts'
import { Line } from './line.ts'
import { eventually, loopback, pause, unanswered } from './testdata/loopback.ts'

const PATIENCE = 5000

/** A line, and the server's end of it, which ends when the line does unless it `holds`. */
async function pair(
  t: TestContext,
  { lingers = 0 }: { lingers?: number } = {},
): Promise<{ line: Line; socket: Socket; heard: () => string }> {
  const accepted = Promise.withResolvers<Socket>()
  const pieces: Buffer[] = []
  const { port } = await loopback(
    t,
    (socket) => {
      socket.on('data', (bytes) => pieces.push(bytes))
      accepted.resolve(socket)
    },
    { lingers },
  )
  const line = await Line.open('127.0.0.1', port, PATIENCE)
  t.after(() => void line.close())
  return { line, socket: await accepted.promise, heard: () => Buffer.concat(pieces).toString('latin1') }
}

const text = (heard: Uint8Array | string): string => (typeof heard === 'string' ? heard : Buffer.from(heard).toString('latin1'))

describe('Line.open()', () => {
  const refused: readonly { address: string; at: RegExp; reason: string }[] = [
    { address: '127.0.0.1', at: /^Cannot connect to 127\.0\.0\.1:\d+: /, reason: 'IPv4' },
    { address: '::1', at: /^Cannot connect to \[::1\]:\d+: /, reason: 'IPv6 in brackets' },
  ]
  for (const { address, at, reason } of refused) {
    test(`a closed port is the world’s fault, with a remedy: ${reason}`, async (t) => {
      const server = await loopback(t, () => undefined)
      server.refuse()
      await assert.rejects(
        Line.open(address, server.port, PATIENCE),
        (error) =>
          error instanceof PosternError &&
          error.code === 'CONNECT_FAILED' &&
          error.fault === 'world' &&
          at.test(error.message) &&
          error.remedy !== undefined,
      )
    })
  }

  test('a port that says nothing is given up when the patience is over', async (t) => {
    const port = await unanswered(t)
    const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
    const before = sockets()
    const began = performance.now()
    await assert.rejects(Line.open('127.0.0.1', port, 100), { code: 'CONNECT_TIMEOUT', fault: 'world', message: /no answer within 0\.1 s/ })
    assert.ok(performance.now() - began >= 98)
    await eventually('nothing is left of it', () => sockets() === before)
  })

  test('remotePort is what the server sees', async (t) => {
    const { line, socket } = await pair(t)
    assert.equal(line.remotePort, socket.remotePort)
  })
})

describe('Line: receive()', () => {
  test('waits for its patience and no longer, and goes on after it', async (t) => {
    const { line, socket } = await pair(t)
    const began = performance.now()
    assert.equal(await line.receive(40), 'silent')
    assert.ok(performance.now() - began >= 38 && performance.now() - began < 2000)
    assert.equal(await line.receive(0), 'silent')
    assert.equal(await line.receive(-5), 'silent', 'a patience that is over')
    socket.write('late')
    assert.equal(text(await line.receive(PATIENCE)), 'late')
  })

  test('what this process is held up does not count: what came meanwhile is heard', async (t) => {
    const { line, socket } = await pair(t)
    const waiting = line.receive(100)
    await new Promise((resolve) => setImmediate(resolve))
    socket.write('in time')
    for (const end = performance.now() + 300; performance.now() < end;);
    assert.equal(text(await waiting), 'in time')
    assert.ok(line.waited < 100, `${line.waited} ms count`)
  })

  test('gives everything that has come, once', async (t) => {
    const { line, socket } = await pair(t)
    socket.write('one,')
    await pause(10)
    socket.write('two')
    await pause(20)
    assert.equal(text(await line.receive(PATIENCE)), 'one,two')
    assert.equal(await line.receive(10), 'silent')
  })

  const endings: readonly { what: string; does: (socket: Socket) => void; says: 'closed' | 'reset' }[] = [
    { what: 'ended in order', does: (socket) => socket.end(), says: 'closed' },
    { what: 'reset', does: (socket) => void socket.resetAndDestroy(), says: 'reset' },
  ]
  for (const { what, does, says } of endings) {
    test(`a connection that the server has ${what} is "${says}", after what came before has been read, and stays so`, async (t) => {
      const { line, socket } = await pair(t)
      socket.write('last words')
      await pause(20)
      does(socket)
      await pause(20)
      assert.equal(line.over, false, 'something is left to be read')
      const began = performance.now()
      assert.equal(text(await line.receive(PATIENCE)), 'last words')
      assert.deepEqual([line.over, await line.receive(PATIENCE), await line.receive(PATIENCE)], [true, says, says])
      assert.ok(performance.now() - began < PATIENCE / 2, 'at once')
      line.send('into the void')
      await line.close('good-bye')
    })

    test(`whoever waits hears at once that it was ${what}`, async (t) => {
      const { line, socket } = await pair(t)
      const waiting = line.receive(PATIENCE)
      does(socket)
      assert.equal(await waiting, says)
    })
  }

  test('a server that ends its side and goes on reading has closed: nobody answers it', async (t) => {
    const { line, socket, heard } = await pair(t)
    socket.end('bye')
    assert.equal(text(await line.receive(PATIENCE)), 'bye')
    assert.equal(await line.receive(PATIENCE), 'closed')
    line.send('still there?')
    await pause(20)
    assert.equal(heard(), '')
  })

  test('a server that floods is not read before what is there has been taken; then it goes on, and nothing is lost', async (t) => {
    const { line, socket } = await pair(t)
    const flood = Buffer.alloc(8 * 1024 * 1024, 'x')
    socket.write(flood)
    await pause(100)
    const first = await line.receive(PATIENCE)
    assert.ok(typeof first !== 'string' && first.length <= 320 * 1024, `${first.length} bytes are held`)
    let total = first.length
    while (total < flood.length) {
      const more = await line.receive(PATIENCE)
      assert.notEqual(typeof more, 'string')
      total += more.length
    }
    assert.equal(total, flood.length)
  })
})

describe('Line: send()', () => {
  test('strings are latin1, bytes are bytes, nothing is nothing', async (t) => {
    const { line, heard } = await pair(t)
    line.send('')
    line.send('caf\u00e9')
    line.send(Uint8Array.of(0, 255))
    await eventually('all of it', () => heard().length === 6)
    assert.equal(heard(), 'caf\u00e9\u0000\u00ff')
  })
})

describe('Line: close()', () => {
  test('says farewell, ends in order, and settles when the server has ended too', async (t) => {
    const { line, socket, heard } = await pair(t, { lingers: 60 })
    const began = performance.now()
    let reset = false
    socket.on('error', () => (reset = true))
    await line.close('QUIT\r\n')
    assert.ok(performance.now() - began >= 55, 'not before the server')
    assert.ok(performance.now() - began < 450, 'and not much later')
    assert.deepEqual([heard(), reset], ['QUIT\r\n', false])
  })

  test('is over at once: who waits is told, nothing is heard or said any more', async (t) => {
    const { line, socket, heard } = await pair(t, { lingers: 30 })
    const waiting = line.receive(PATIENCE)
    const closing = line.close()
    assert.equal(line.over, true)
    assert.equal(await waiting, 'closed')
    socket.write('too late')
    line.send('so is this')
    await pause(15)
    assert.equal(await line.receive(PATIENCE), 'closed')
    await closing
    assert.equal(heard(), '')
  })

  test('what came and was not read is read by nobody', async (t) => {
    const { line, socket } = await pair(t)
    socket.write('unread')
    await pause(20)
    void line.close()
    assert.deepEqual([line.over, await line.receive(PATIENCE)], [true, 'closed'])
  })

  test('closing twice is closing once', async (t) => {
    const { line } = await pair(t)
    assert.equal(line.close(), line.close())
    await line.close()
    await line.close()
  })

  test('a server that never ends its side is torn down after half a second', async (t) => {
    const { line, socket } = await pair(t, { lingers: 60_000 })
    const gone = new Promise<void>((resolve) => void socket.once('close', () => resolve()).on('error', () => undefined))
    const began = performance.now()
    await line.close()
    const took = performance.now() - began
    assert.ok(took >= 480 && took < 3000, `${took} ms`)
    socket.end('is anybody there?')
    await gone
  })

  test('a server that goes on and on is torn down sooner', async (t) => {
    const { line, socket } = await pair(t, { lingers: 60_000 })
    socket.on('error', () => undefined)
    const flood = Buffer.alloc(16 * 1024, 'x')
    const flooding = setInterval(() => socket.write(flood), 1)
    t.after(() => clearInterval(flooding))
    const began = performance.now()
    await line.close()
    assert.ok(performance.now() - began < 400, `${performance.now() - began} ms`)
  })
})
