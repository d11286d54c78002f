import assert from 'node:assert/strict'
import { on, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { awkwardSmtp, delayed, needPeer, startPeer, type Manners } from './index.ts'
import { serveLoopback } from './loopback.ts'

/** What came in each segment, and when, in milliseconds since the connection was made. */
async function segments(port: number, talk: (socket: Socket) => Promise<void>): Promise<readonly (readonly [at: number, text: string])[]> {
  const socket = connect({ port, host: '127.0.0.1' })
  const start = performance.now()
  const seen: (readonly [number, string])[] = []
  socket.on('data', (bytes) => seen.push([performance.now() - start, bytes.toString('latin1')]))
  socket.on('error', () => {})
  await talk(socket)
  socket.destroy()
  return seen
}

/** Waits until the text that comes is so, or the connection has gone. */
async function heard(socket: Socket, whole: RegExp): Promise<void> {
  let text = ''
  for await (const [bytes] of on(socket, 'data', { close: ['close'] })) {
    text += (bytes as Buffer).toString('latin1')
    if (whole.test(text)) return
  }
}

/** On a busy machine what is sent in pieces is heard in fewer: then once more, with longer pauses between them. */
async function apart<T>(talk: (pause: number) => Promise<readonly T[]>, pieces: number): Promise<readonly T[]> {
  const seen = await talk(20)
  return seen.length >= pieces ? seen : talk(400)
}

const texts = (seen: readonly (readonly [at: number, text: string])[]): readonly string[] => seen.map(([, text]) => text)

describe('awkwardSmtp()', { concurrency: 4 }, () => {
  const front = async (manners: Manners): Promise<Awaited<ReturnType<typeof awkwardSmtp>>> => awkwardSmtp({ port: 9 }, manners)

  test('greets at once when it has no manners, and says goodbye', async (t) => {
    const { port, stop } = await front({})
    t.after(stop)
    const seen = await segments(port, async (socket) => {
      await once(socket, 'data')
      socket.write('QUIT\r\n')
      await once(socket, 'close')
    })
    assert.deepEqual(texts(seen), ['220 mail.example.test ESMTP\r\n', '221 2.0.0 bye\r\n'])
  })

  test('ends its greeting later, and sends away who talks before', async (t) => {
    const server = await front({ greetWait: 200 })
    t.after(server.stop)
    const polite = await segments(server.port, () => delay(300))
    assert.deepEqual(texts(polite), ['220-mail.example.test ESMTP please wait\r\n', '220 mail.example.test ESMTP\r\n'])
    assert.ok((polite[1]?.[0] ?? 0) >= 190)
    const hasty = await segments(server.port, async (socket) => {
      socket.write('EHLO me\r\n')
      await once(socket, 'close')
    })
    assert.equal(texts(hasty)[1], '521 5.5.1 Protocol error\r\n')
    assert.deepEqual(server.seen(), { connections: 2, refused: 0, early: 1 })
  })

  test('is silent before a late banner', async (t) => {
    const { port, stop } = await front({ lateBanner: 150 })
    t.after(stop)
    const [first] = await segments(port, () => delay(300))
    assert.ok(first !== undefined && first[0] >= 140 && first[1].startsWith('220 '))
  })

  test('sends each line of a reply by itself', async (t) => {
    const seen = await apart(async (dribble) => {
      const { port, stop } = await front({ dribble })
      t.after(stop)
      return segments(port, async (socket) => {
        await once(socket, 'data')
        socket.write('EHLO me\r\n')
        await heard(socket, /^250 .*\r\n$/m)
      })
    }, 7)
    assert.equal(seen.length, 7)
    assert.ok(texts(seen).every((text) => text.indexOf('\r\n') === text.length - 2))
  })

  test('sends each byte by itself', async (t) => {
    const seen = await apart(async (pause) => {
      const { port, stop } = await front({ tarpit: pause / 4 })
      t.after(stop)
      return segments(port, (socket) => heard(socket, /\r\n$/))
    }, 21)
    assert.equal(texts(seen).join(''), '220 mail.example.test ESMTP\r\n')
    assert.ok(seen.length > 20)
  })

  test('says 421 from the connection after the last it serves, until the window has passed', async (t) => {
    let now = 0
    const server = await front({ connections: 2, window: 300, now: () => now })
    t.after(server.stop)
    const greeting = async (): Promise<string> =>
      texts(await segments(server.port, async (socket) => void (await once(socket, 'data'))))[0]?.slice(0, 3) ?? ''
    assert.deepEqual([await greeting(), await greeting(), await greeting()], ['220', '220', '421'])
    now = 301
    assert.equal(await greeting(), '220')
    assert.deepEqual(server.seen(), { connections: 4, refused: 1, early: 0 })
  })

  for (const [what, name, door, smtp] of [
    ['a TLS server', 'node24', 'tls', false],
    ['an SMTP server', 'postfix', 'smtp', true],
  ] as const)
    test(`hands over to ${what} after STARTTLS`, { skip: needPeer(name) }, async (t) => {
      const backend = await startPeer(name, { protocols: ['TLSv1.2'] }, t)
      const { port, stop } = await awkwardSmtp({ port: (backend.doors as Record<string, number>)[door] ?? 0, smtp }, { dribble: 1 })
      t.after(stop)
      const socket = connect({ port, host: '127.0.0.1' })
      const replies: string[] = []
      const lines = createInterface({ input: socket })
      lines.on('line', (line) => replies.push(line))
      socket.write('EHLO me\r\nSTARTTLS\r\n')
      while (!replies.includes('220 2.0.0 ready to start TLS')) await delay(5)
      lines.close()
      const secure = connectTls({ socket, rejectUnauthorized: false })
      await once(secure, 'secureConnect')
      assert.equal(secure.getProtocol(), 'TLSv1.2')
      secure.destroy()
    })

  test('answers STARTTLS as it is told', async (t) => {
    const { port, stop } = await front({ starttls: '454 4.7.0 TLS not available' })
    t.after(stop)
    const seen = await segments(port, async (socket) => {
      await once(socket, 'data')
      socket.write('STARTTLS\r\n')
      await once(socket, 'data')
      socket.write('NOOP\r\n')
      await once(socket, 'data')
    })
    assert.match(texts(seen).join(''), /^220 .*\r\n454 4\.7\.0 TLS not available\r\n502 5\.5\.1 unknown command\r\n$/)
  })
})

describe('delayed()', { concurrency: 4 }, () => {
  const ROUND_TRIP = 80

  test('lets a greeting arrive after two round trips and an answer one later', async (t) => {
    const echo = await serveLoopback((socket) => {
      socket.write('hello')
      socket.pipe(socket)
    })
    const far = await delayed(echo, ROUND_TRIP)
    t.after(echo.stop)
    t.after(far.stop)
    const seen = await segments(far.port, async (socket) => {
      await once(socket, 'data')
      socket.write('question')
      await once(socket, 'data')
    })
    assert.deepEqual(texts(seen), ['hello', 'question'])
    const [greeting = 0, answer = 0] = seen.map(([at]) => at)
    assert.ok(greeting >= 2 * ROUND_TRIP - 2 && greeting < 3 * ROUND_TRIP, `${greeting}`)
    assert.ok(answer - greeting >= ROUND_TRIP - 2 && answer - greeting < 2 * ROUND_TRIP, `${answer - greeting}`)
  })

  test('lets a client that talks first wait two round trips, as connect() would have taken one', async (t) => {
    const echo = await serveLoopback((socket) => socket.pipe(socket))
    const far = await delayed(echo, ROUND_TRIP)
    t.after(echo.stop)
    t.after(far.stop)
    const [[at] = [0]] = await segments(far.port, async (socket) => {
      socket.write('question')
      await once(socket, 'data')
    })
    assert.ok(at >= 2 * ROUND_TRIP - 2 && at < 3 * ROUND_TRIP, `${at}`)
  })

  test('keeps order and bytes, and passes on the end of each direction', async (t) => {
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))
    const echo = await serveLoopback((socket) => socket.pipe(socket))
    const far = await delayed(echo, 10)
    t.after(echo.stop)
    t.after(far.stop)
    const socket = connect({ port: far.port, host: '127.0.0.1' })
    socket.end(sent)
    const back: Buffer[] = []
    for await (const bytes of socket) back.push(bytes as Buffer)
    assert.ok(Buffer.concat(back).equals(sent))
  })

  test('resets a connection that the server refuses', async (t) => {
    const nobody = await serveLoopback(() => {})
    await nobody.stop()
    const far = await delayed(nobody, 10)
    t.after(far.stop)
    const socket = connect({ port: far.port, host: '127.0.0.1' })
    await assert.rejects(once(socket, 'close'), { code: 'ECONNRESET' })
  })
})
