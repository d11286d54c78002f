import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { Duplex, PassThrough } from 'node:stream'
import fc from 'fast-check'
import { encodeSslv2ClientHello, encodeSslv2Record } from '../wire/index.ts'
import { HelloReader, readHello, type FirstWords } from './hello.ts'

/** The hello that Node's own client says. */
async function helloOfNode(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read: () => undefined, write: (chunk: Buffer) => resolve(chunk) })
    connectTls({ ...options, socket: wire }).on('error', () => undefined)
  })
}

function wordsIn(bytes: Uint8Array, cuts: readonly number[] = []): FirstWords | undefined {
  const reader = new HelloReader()
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((one, other) => one - other), bytes.length]
  for (let at = 1; at < edges.length; at++) {
    const words = reader.push(bytes.subarray(edges[at - 1], edges[at]))
    if (words !== undefined) return words
  }
  return undefined
}

const sslv2 = (version: number): Buffer => {
  const data = encodeSslv2ClientHello({ version, cipherSpecs: [0x2f], sessionId: new Uint8Array(0), challenge: new Uint8Array(16) })
  return Buffer.from(encodeSslv2Record({ longHeader: undefined, data }))
}

const hello = await helloOfNode({ servername: 'mail.example.com', ALPNProtocols: ['imap'] })

describe('HelloReader', () => {
  test('reads what a client offers, cut anywhere', () => {
    const whole = wordsIn(hello)
    assert.ok(whole?.kind === 'hello')
    assert.deepEqual(
      [whole.heard.offer.serverName, whole.heard.offer.alpn, whole.heard.offer.newest],
      ['mail.example.com', ['imap'], 0x0304],
    )
    assert.match(whole.heard.ja4 ?? '', /^t13d\d{4}ip_[0-9a-f]{12}_[0-9a-f]{12}$/)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
        assert.deepEqual(wordsIn(hello, cuts), whole)
      }),
    )
  })

  const rows: readonly (readonly [why: string, bytes: Uint8Array, expected: string])[] = [
    ['plain text', Buffer.from('EHLO client.example\r\n'), 'not-tls'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n'), 'not-tls'],
    ['a record of another kind', Buffer.from('1503030002020a', 'hex'), 'not-tls'],
    ['a message that is no hello', Buffer.from('160303000402000000', 'hex'), 'not-tls'],
    [
      'a hello that promises 60 kB and goes on for ever',
      Buffer.concat([Buffer.from('160301400001010000', 'hex'), Buffer.alloc(70_000, 1)]),
      'not-tls',
    ],
    ['a hello in the format of SSL 2.0', sslv2(0x0301), 'hello'],
  ]
  for (const [why, bytes, expected] of rows) {
    test(`${why}: ${expected}`, () => assert.equal(wordsIn(bytes)?.kind, expected))
  }

  test('makes something of any bytes, cut anywhere, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(), { maxLength: 4 }), fc.boolean(), (bytes, cuts, looksLike) => {
        const all = looksLike ? Buffer.concat([hello.subarray(0, 40), bytes]) : bytes
        const words = wordsIn(all, cuts)
        assert.ok(words === undefined || ['hello', 'not-tls', 'too-long'].includes(words.kind))
      }),
    )
  })
})

async function met(client: (socket: Socket) => void, patience = 2000): Promise<readonly [FirstWords, Buffer]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  socket.on('error', () => undefined)
  client(socket)
  try {
    const accepted = await new Promise<Socket>((resolve) => server.once('connection', resolve))
    const words = await new Promise<FirstWords>((heard) => readHello(accepted, patience, heard))
    const rest: unknown = accepted.read()
    accepted.destroy()
    return [words, rest instanceof Buffer ? rest : Buffer.alloc(0)]
  } finally {
    socket.destroy()
    server.close()
  }
}

describe('readHello()', () => {
  test('leaves every byte in the socket, those behind the hello too', async () => {
    const [words, left] = await met((socket) => {
      socket.write(hello.subarray(0, 7))
      setTimeout(() => socket.write(Buffer.concat([hello.subarray(7), Buffer.from('early')])), 30)
    })
    assert.equal(words.kind, 'hello')
    assert.deepEqual(left, Buffer.concat([hello, Buffer.from('early')]))
  })

  test('waits no longer than it may', async () => {
    const [words] = await met((socket) => void socket.write(hello.subarray(0, 10)), 50)
    assert.equal(words.kind, 'too-late')
  })

  test('says that the client has gone', async () => {
    const [words] = await met((socket) => void socket.end(hello.subarray(0, 10)))
    assert.equal(words.kind, 'gone')
  })

  test('says so at once where the client had gone before', async () => {
    const read = new PassThrough()
    read.end()
    read.resume()
    await once(read, 'end')
    for (const stream of [read, new PassThrough().destroy()])
      assert.equal((await new Promise<FirstWords>((heard) => readHello(stream, 60_000, heard))).kind, 'gone')
  })
})
