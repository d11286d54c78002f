import assert from 'node:assert/strict'
import { constants, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { connect as connectTls, createSecureContext, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { newKey, selfSigned } from '../links/self-signed.ts'
import type { TcpStream } from './tcp-stream.ts'
import { ends, handles, octets, settled, told, until } from './testdata/ends.ts'
import { beginTls, type ServerTerms, type TlsStream } from './tls-stream.ts'

const key = newKey()
const owned = selfSigned(key, createPublicKey(key), 'server.example', new Date('2026-01-01'), new Date('2099-01-01'))
const context = createSecureContext({ key: owned.key, cert: owned.certificate, minVersion: 'TLSv1.2' })
const TERMS: ServerTerms = { context, alpn: undefined, staple: undefined, patience: 20_000 }

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
const MUCH = 3_000_000

/** RFC 7301 §3.1. */
const alpnOf = (...names: readonly string[]): Uint8Array =>
  Buffer.concat(names.flatMap((name) => [Buffer.of(name.length), Buffer.from(name)]))

interface Begun {
  readonly below: TcpStream
  readonly peer: Socket
  readonly tls: TlsStream
  /** What was told of the handshake: `secured`, or the code of an error. */
  readonly outcome: readonly string[]
}

/** TLS over one end of a connection; the other end is what a client makes of it. */
async function begun(
  t: TestContext,
  terms: Partial<ServerTerms> = {},
  secured: (stream: TlsStream) => void = () => undefined,
): Promise<Begun> {
  const { stream: below, peer } = await ends(t)
  return { below, peer, ...over(below, terms, secured) }
}

function over(
  below: TcpStream,
  terms: Partial<ServerTerms> = {},
  secured: (stream: TlsStream) => void = () => undefined,
): Pick<Begun, 'tls' | 'outcome'> {
  const outcome: string[] = []
  const tls = beginTls(
    handles(),
    below,
    { ...TERMS, ...terms },
    {
      secured: (stream) => {
        outcome.push('secured')
        secured(stream)
      },
      failed: (error) => void outcome.push(String(Reflect.get(error, 'code'))),
    },
  )
  assert.ok(tls)
  return { tls, outcome }
}

function client(socket: Duplex, options: ConnectionOptions = {}): TLSSocket {
  const made = connectTls({ socket, rejectUnauthorized: false, servername: 'server.example', ...options })
  made.on('error', () => undefined)
  return made
}

const only = (version: (typeof VERSIONS)[number]): ConnectionOptions => ({ minVersion: version, maxVersion: version })

for (const version of VERSIONS) {
  describe(`a client of ${version} over a handle`, () => {
    test('and the server hear all of each other, at once, and the end behind it', async (t) => {
      const { below, peer, tls, outcome } = await begun(t, { alpn: alpnOf('smtp', 'imap') })
      const all = told(below)
      const events: string[] = []
      const heard: Buffer[] = []
      tls.on('data', (bytes) => {
        heard.push(bytes)
        if (heard.length % 3 !== 0) return
        tls.pause()
        setImmediate(() => void tls.resume())
      })
      for (const happening of ['end', 'finish', 'close'] as const) tls.on(happening, () => events.push(happening))
      const made = client(peer, { ...only(version), ALPNProtocols: ['imap', 'smtp'] })
      const answer = buffer(made)
      await once(made, 'secureConnect')
      made.end(octets(MUCH))
      for (let at = 0; at < MUCH; at += 300_000) tls.write(octets(300_000, at))
      tls.end(Buffer.from('the last'))
      assert.ok(
        (await answer).equals(
          Buffer.concat([...Array.from({ length: 10 }, (_, index) => octets(300_000, index * 300_000)), Buffer.from('the last')]),
        ),
      )
      await until(() => events.includes('close'), 'close')
      assert.ok(Buffer.concat(heard).equals(octets(MUCH)))
      assert.deepEqual([events.toSorted(), events.at(-1), outcome, all], [['close', 'end', 'finish'], 'close', ['secured'], ['close']])
    })

    test('is known by what was agreed on', async (t) => {
      let found: readonly unknown[] = []
      const { peer } = await begun(t, { alpn: alpnOf('smtp', 'imap') }, (stream) => {
        found = [
          stream.getProtocol(),
          stream.alpnProtocol,
          stream.servername,
          stream.isSessionReused(),
          stream.getSession() instanceof Buffer,
        ]
        assert.match(stream.getCipher().standardName, /^TLS_/)
      })
      const made = client(peer, { ...only(version), ALPNProtocols: ['imap', 'smtp'] })
      await once(made, 'secureConnect')
      await until(() => found.length > 0, 'secured')
      assert.deepEqual(found, [version, 'smtp', 'server.example', false, true])
      assert.equal(made.alpnProtocol, 'smtp')
    })

    test('that names no server and no protocol gets none', async (t) => {
      let found: readonly unknown[] = []
      const { peer } = await begun(t, { alpn: alpnOf('smtp') }, (stream) => {
        found = [stream.alpnProtocol, stream.servername]
      })
      client(peer, { ...only(version), servername: '' })
      await until(() => found.length > 0, 'secured')
      assert.deepEqual(found, [false, undefined])
    })

    test('gets a staple where it asks for one and there is one', async (t) => {
      const rows: readonly (readonly [asks: boolean, there: string | undefined, expected: string | undefined, asked: number])[] = [
        [true, 'a response', 'a response', 1],
        [true, undefined, undefined, 1],
        [false, 'a response', undefined, 0],
      ]
      for (const [asks, there, expected, count] of rows) {
        let asked = 0
        const staple = (): Uint8Array | undefined => {
          asked += 1
          return there === undefined ? undefined : Buffer.from(there)
        }
        const { peer } = await begun(t, { staple })
        const made = client(peer, { ...only(version), requestOCSP: asks })
        let response: string | undefined
        made.on('OCSPResponse', (bytes: Buffer | null) => {
          response = bytes?.toString()
        })
        await once(made, 'secureConnect')
        assert.deepEqual([response, asked], [expected, count])
      }
    })

    test('whose hello was read and put back octet by octet comes in', async (t) => {
      const { stream: below, peer } = await ends(t)
      const made = client(bitByBit(peer), only(version))
      const hello: Buffer[] = []
      const whole = new Promise<void>((resolve) => {
        below.on('data', (bytes) => {
          hello.push(bytes)
          if (Buffer.concat(hello).length >= 5 + (Buffer.concat(hello)[4] ?? 0) + 256 * (Buffer.concat(hello)[3] ?? 0)) resolve()
        })
      })
      await whole
      below.removeAllListeners()
      below.pause()
      for (const octet of Buffer.concat(hello).reverse()) below.unshift(Buffer.of(octet))
      const { tls, outcome } = over(below)
      await once(made, 'secureConnect')
      tls.end(Buffer.from('hello to you'))
      assert.equal((await buffer(made)).toString(), 'hello to you')
      assert.deepEqual(outcome, ['secured'])
    })

    test('begins behind much in the clear that is still on its way', async (t) => {
      const { stream: below, peer } = await ends(t)
      const said = octets(12_000_000)
      below.write(said.subarray(0, 7_000_000))
      below.write(said.subarray(7_000_000))
      assert.ok(below.writableLength > 0)
      const { tls, outcome } = over(below)
      await settled()
      const parts: Buffer[] = []
      let length = 0
      await new Promise<void>((resolve) => {
        const hear = (bytes: Buffer): void => {
          parts.push(bytes)
          length += bytes.length
          if (length < said.length) return
          peer.off('data', hear)
          peer.pause()
          resolve()
        }
        peer.on('data', hear)
      })
      assert.ok(Buffer.concat(parts).equals(said))
      const made = client(peer, only(version))
      await once(made, 'secureConnect')
      await until(() => outcome.length > 0, 'secured')
      tls.end(Buffer.from('in TLS'))
      assert.equal((await buffer(made)).toString(), 'in TLS')
    })

    test('that does not read has the server wait, and one that is not read waits', async (t) => {
      let tls: TlsStream | undefined
      const { peer } = await begun(t, {}, (stream) => {
        tls = stream.pause()
      })
      const made = client(peer, only(version))
      await once(made, 'secureConnect')
      await until(() => tls !== undefined, 'secured')
      assert.ok(tls)
      made.pause()
      made.write(octets(16_000_000))
      let said = 0
      while (tls.write(octets(60_000))) {
        said += 60_000
        assert.ok(said < 64_000_000, 'it may never go on for ever')
        await settled(1)
      }
      assert.ok(tls.writableLength < 256 * 1024, `${tls.writableLength} octets wait`)
      await settled(40)
      assert.ok(tls.bytesRead < 512 * 1024, `${tls.bytesRead} octets were read`)
      const drained = new Promise<void>((resolve) => void tls?.once('drain', resolve))
      made.resume()
      await drained
    })

    test('that resets its connection is an error and close, heard or not', async (t) => {
      for (const listens of [true, false]) {
        const all: string[] = []
        const { below, peer, tls } = await begun(t)
        const made = client(peer, only(version))
        await once(made, 'secureConnect')
        if (listens) tls.on('error', (error) => all.push(String(Reflect.get(error, 'code'))))
        tls.on('close', () => all.push('close'))
        tls.resume()
        await settled()
        peer.resetAndDestroy()
        await until(() => below.destroyed && all.includes('close'), 'close')
        assert.deepEqual(all, listens ? ['ECONNRESET', 'close'] : ['close'])
      }
    })
  })
}

/** Each octet goes out by itself. */
function bitByBit(socket: Socket): Duplex {
  socket.on('data', (bytes) => void through.push(bytes))
  socket.on('end', () => void through.push(null))
  const through = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => {
      for (const octet of bytes) socket.write(Buffer.of(octet))
      done()
    },
    final: (done) => void socket.end(done),
  })
  return through
}

describe('a handshake over a handle that fails', () => {
  const rows: readonly (readonly [why: string, options: ConnectionOptions, terms: Partial<ServerTerms>, server: string, alert: RegExp])[] =
    [
      [
        'below the versions',
        { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
        {},
        'ERR_SSL_UNSUPPORTED_PROTOCOL',
        /ALERT_PROTOCOL_VERSION/,
      ],
      [
        'no suite in common',
        { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
        {},
        'ERR_SSL_NO_SHARED_CIPHER',
        /ALERT_HANDSHAKE_FAILURE/,
      ],
      [
        'no group in common',
        { ...only('TLSv1.3'), ecdhCurve: 'secp521r1' },
        { context: createSecureContext({ key: owned.key, cert: owned.certificate, ecdhCurve: 'X25519' }) },
        'ERR_SSL_NO_SUITABLE_KEY_SHARE',
        /ALERT_HANDSHAKE_FAILURE/,
      ],
      [
        'no protocol in common',
        { ALPNProtocols: ['h2'] },
        { alpn: alpnOf('smtp') },
        'ERR_SSL_NO_APPLICATION_PROTOCOL',
        /ALERT_NO_APPLICATION_PROTOCOL/,
      ],
    ]
  for (const [why, options, terms, server, alert] of rows) {
    test(`is told once, and the client is told: ${why}`, async (t) => {
      const { below, peer, tls, outcome } = await begun(t, terms)
      const all = told(tls)
      const made = client(peer, options)
      const [error] = (await once(made, 'error')) as [Error]
      assert.match(String(Reflect.get(error, 'code')), alert)
      await until(() => below.destroyed && all.includes('close'), 'close')
      assert.deepEqual([outcome, all], [[server], ['close']])
    })
  }

  const words: readonly (readonly [why: string, says: (peer: Socket) => void, code: string])[] = [
    ['plain text', (peer) => void peer.write('EHLO client.example\r\n'), 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ['HTTP', (peer) => void peer.write('GET / HTTP/1.1\r\n\r\n'), 'ERR_SSL_HTTP_REQUEST'],
    ['a client that ends its side', (peer) => void peer.end(), 'ECONNRESET'],
    ['half a hello and the end', (peer) => void peer.end(Buffer.from('160301020001', 'hex')), 'ECONNRESET'],
    [
      'half a hello and a reset',
      (peer) => void peer.write(Buffer.from('160301020001', 'hex'), () => void peer.resetAndDestroy()),
      'ECONNRESET',
    ],
    ['silence', () => undefined, 'ERR_TLS_HANDSHAKE_TIMEOUT'],
  ]
  for (const [why, says, code] of words) {
    test(`is told once: ${why}`, async (t) => {
      const { below, peer, tls, outcome } = await begun(t, code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? { patience: 20 } : {})
      let closed = 0
      tls.on('close', () => (closed += 1))
      below.on('close', () => (closed += 1))
      peer.resume()
      says(peer)
      await until(() => closed === 2, 'close of both')
      await settled()
      assert.deepEqual([outcome, closed, tls.destroyed, below.destroyed], [[code], 2, true, true])
    })
  }

  test('over a connection that is no more, or is on its way to that', async (t) => {
    for (const isClosed of [false, true]) {
      const { stream: below } = await ends(t)
      const all = told(below)
      below.destroy()
      if (isClosed) await until(() => all.includes('close'), 'close')
      const outcome: unknown[] = []
      const tls = beginTls(handles(), below, TERMS, {
        secured: () => outcome.push('secured'),
        failed: (error) => outcome.push(Reflect.get(error, 'code')),
      })
      assert.deepEqual([tls, outcome], [undefined, ['ECONNRESET']])
    }
  })
})

describe('TLS over a handle that is destroyed', () => {
  const how: readonly (readonly [who: string, destroy: (below: TcpStream, tls: TlsStream) => void])[] = [
    ['from above', (_below, tls) => void tls.destroy()],
    ['from below', (below) => void below.destroy()],
    ['from above and below', (below, tls) => (tls.destroy(), void below.destroy())],
    ['from below and above', (below, tls) => (below.destroy(), void tls.destroy())],
    ['by a reset below', (below) => below.resetAndDestroy()],
  ]
  const phases = ['begun', 'staple', 'secured', 'data', 'write', 'end', 'finish', 'close'] as const
  for (const [who, destroy] of how) {
    test(`${who}, in every phase, is closed once, and a handshake has one outcome`, async (t) => {
      for (const phase of phases)
        for (const version of VERSIONS) {
          const { stream: below, peer } = await ends(t)
          const closed: string[] = []
          let made: { readonly tls: TlsStream; readonly outcome: readonly string[] } | undefined
          const when = (now: (typeof phases)[number]): void => {
            if (now === phase && made !== undefined) destroy(below, made.tls)
          }
          const staple = (): undefined => {
            when('staple')
          }
          made = over(below, { staple }, (stream) => {
            when('secured')
            stream.on('data', () => when('data'))
            for (const happening of ['end', 'finish', 'close'] as const) stream.on(happening, () => when(happening))
            stream.write(octets(200_000), () => when('write'))
            stream.end()
          })
          const { tls, outcome } = made
          tls.on('close', () => closed.push('tls'))
          below.on('close', () => closed.push('below'))
          const other = client(peer, { ...only(version), requestOCSP: true })
          other.resume()
          other.end('octets')
          when('begun')
          await until(() => closed.length === 2, `close of both, destroyed at ${phase}`)
          await settled(3)
          assert.deepEqual([closed.length, outcome.length], [2, 1], phase)
          assert.deepEqual(outcome, phase === 'begun' || phase === 'staple' ? ['ECONNRESET'] : ['secured'], phase)
          assert.equal(tls.write(Buffer.from('late')), false)
          tls.pause()
          tls.resume()
          assert.deepEqual([tls.isGone, tls.destroyed], [false, true])
        }
    })
  }
})

describe('a client of TLS 1.2 over a handle that wants to begin anew', () => {
  /** Whether its handshakes came about. */
  async function again(made: TLSSocket): Promise<boolean> {
    return new Promise((resolve) => {
      const gone = (): void => resolve(false)
      made.once('end', gone).once('error', gone)
      if (made.renegotiate({}, (error) => resolve(error === null || error === undefined)) === false) resolve(false)
    })
  }

  const rows: readonly (readonly [why: string, secureOptions: number, times: number, told: readonly string[]])[] = [
    ['it is refused where OpenSSL is told to, as in the gate', constants.SSL_OP_NO_RENEGOTIATION, 0, []],
    ['else it is let go when it asks too often', 0, 3, ['error ERR_TLS_SESSION_ATTACK', 'close']],
  ]
  for (const [why, secureOptions, times, expected] of rows) {
    test(why, async (t) => {
      const terms = { context: createSecureContext({ key: owned.key, cert: owned.certificate, secureOptions }) }
      const { peer, tls, outcome } = await begun(t, terms)
      const all = told(tls)
      const made = client(peer, only('TLSv1.2'))
      await once(made, 'secureConnect')
      let done = 0
      while (done < 10 && (await again(made))) done += 1
      await until(() => all.length === expected.length, 'what is told')
      assert.deepEqual([done, all, outcome], [times, expected, ['secured']])
    })
  }
})

test('a client that goes by itself, and one that is there still, are told apart', async (t) => {
  const { below, peer, tls } = await begun(t)
  const made = client(bitByBit(peer), only('TLSv1.3'))
  await once(made, 'secureConnect')
  assert.equal(tls.isGone, false)
  tls.pause()
  peer.resetAndDestroy()
  await until(() => tls.isGone, 'the system knows')
  assert.equal(below.destroyed, false)
})
