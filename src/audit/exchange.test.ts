import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CONTENT_TYPE,
  encodeHandshake,
  encodeKeyShareHelloRetryRequest,
  encodeKeyShareServerHello,
  encodeServerHello,
  encodeSslv2Error,
  encodeSslv2Record,
  encodeSslv2ServerHello,
  EXTENSION_TYPE,
  HANDSHAKE_TYPE,
  HELLO_RETRY_REQUEST_RANDOM,
  type RawExtension,
} from '../wire/index.ts'
import { describeAnswer, exchange, type Answer } from './exchange.ts'
import type { Ending, Line } from './line.ts'
import { alert, closed, notTls, reset, serverHello, silent, sslv2Error } from './testdata/answers.ts'
import { alertBytes, recordOf } from './testdata/model-server.ts'

const HELLO = Uint8Array.of(1)
const PATIENCE = 100

/** A line on which these pieces come, and then this for ever. */
function lineOf(pieces: readonly Uint8Array[], ending: Ending): Line {
  const left = [...pieces]
  const line: Pick<Line, 'send' | 'receive' | 'waited'> = {
    waited: 0,
    send: () => undefined,
    receive: () => Promise.resolve(left.shift() ?? ending),
  }
  return line as Line
}

const hear = (pieces: readonly Uint8Array[], ending: Ending): Promise<Answer> => exchange(lineOf(pieces, ending), HELLO, PATIENCE)

interface Hello {
  readonly suite: number
  readonly random?: Uint8Array
  readonly extensions?: readonly RawExtension[] | undefined
  readonly version?: number
}

const message = (type: number, body: Uint8Array): Uint8Array => encodeHandshake({ type, body })
const hello = ({ suite, random = new Uint8Array(32).fill(7), extensions, version = 0x0303 }: Hello): Uint8Array =>
  message(
    HANDSHAKE_TYPE.server_hello,
    encodeServerHello({
      legacyVersion: version,
      random,
      legacySessionIdEcho: new Uint8Array(0),
      cipherSuite: suite,
      legacyCompressionMethod: 0,
      extensions,
    }),
  )
const handshake = (...messages: readonly Uint8Array[]): Uint8Array => recordOf(CONTENT_TYPE.handshake, ...messages)
const body = (fill: number, length: number): Uint8Array => new Uint8Array(length).fill(fill)
const tls13 = (keyShare: Uint8Array): readonly RawExtension[] => [
  { type: EXTENSION_TYPE.supported_versions, data: Uint8Array.of(3, 4) },
  { type: EXTENSION_TYPE.key_share, data: keyShare },
]

const FLIGHT = [
  hello({ suite: 0xc02f, extensions: [] }),
  message(HANDSHAKE_TYPE.certificate, body(1, 300)),
  message(HANDSHAKE_TYPE.certificate_status, body(2, 40)),
  message(HANDSHAKE_TYPE.server_key_exchange, body(3, 70)),
  message(HANDSHAKE_TYPE.certificate_request, body(4, 12)),
  message(HANDSHAKE_TYPE.server_hello_done, body(5, 0)),
]

const HELLO_TLS13 = hello({ suite: 0x1301, extensions: tls13(encodeKeyShareServerHello({ group: 0x001d, keyExchange: body(6, 32) })) })
const RETRY = hello({ suite: 0x1302, random: HELLO_RETRY_REQUEST_RANDOM, extensions: tls13(encodeKeyShareHelloRetryRequest(0x0017)) })
const SSLV2_HELLO = encodeSslv2Record({
  longHeader: undefined,
  data: encodeSslv2ServerHello({
    sessionIdHit: 0,
    certificateType: 1,
    serverVersion: 2,
    certificate: body(9, 60),
    cipherSpecs: [0x010080, 0x0700c0],
    connectionId: body(8, 16),
  }),
})

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)

/** What matters of an answer. */
function brief(answer: Answer): Record<string, unknown> {
  switch (answer.kind) {
    case 'server-hello': {
      const { version, group, retry, flight, hello } = answer
      const messages = Object.fromEntries(
        Object.entries(flight).map(([name, value]) => [name, value instanceof Uint8Array ? value.length : value]),
      )
      return { kind: answer.kind, suite: hello.cipherSuite, version, group, retry, ...messages }
    }
    case 'sslv2-server-hello':
      return { kind: answer.kind, specs: answer.hello.cipherSpecs }
    case 'alert':
      return { kind: answer.kind, level: answer.level, said: describeAnswer(answer) }
    case 'sslv2-error':
      return { kind: answer.kind, code: answer.code }
    default:
      return { kind: answer.kind }
  }
}

const NOT_RETRY = { retry: false, group: undefined }
const WHOLE = { certificate: 300, certificateStatus: 40, serverKeyExchange: 70, certificateRequest: 12, whole: true }

/** `from`: after so many bytes the answer is there. */
const rows: readonly { what: string; bytes: Uint8Array; says: Record<string, unknown> }[] = [
  {
    what: 'a flight of TLS 1.2, each message in a record',
    bytes: concat(...FLIGHT.map((one) => handshake(one))),
    says: { kind: 'server-hello', suite: 0xc02f, version: 0x0303, ...NOT_RETRY, ...WHOLE },
  },
  {
    what: 'the same in one record',
    bytes: handshake(...FLIGHT),
    says: { kind: 'server-hello', suite: 0xc02f, version: 0x0303, ...NOT_RETRY, ...WHOLE },
  },
  {
    what: 'the same in records of 100 bytes, RFC 5246 §6.2.1',
    bytes: concat(
      ...Array.from({ length: Math.ceil(concat(...FLIGHT).length / 100) }, (_, index) =>
        handshake(concat(...FLIGHT).subarray(index * 100, index * 100 + 100)),
      ),
    ),
    says: { kind: 'server-hello', suite: 0xc02f, version: 0x0303, ...NOT_RETRY, ...WHOLE },
  },
  {
    what: 'a hello of TLS 1.0 without extensions',
    bytes: handshake(hello({ suite: 0x002f, version: 0x0301 }), message(HANDSHAKE_TYPE.server_hello_done, body(0, 0))),
    says: { kind: 'server-hello', suite: 0x002f, version: 0x0301, ...NOT_RETRY, whole: true },
  },
  {
    what: 'a ServerHello of TLS 1.3: what follows is encrypted',
    bytes: handshake(HELLO_TLS13),
    says: { kind: 'server-hello', suite: 0x1301, version: 0x0304, retry: false, group: 0x001d, whole: false },
  },
  {
    what: 'a HelloRetryRequest, RFC 8446 §4.1.4',
    bytes: handshake(RETRY),
    says: { kind: 'server-hello', suite: 0x1302, version: 0x0304, retry: true, group: 0x0017, whole: false },
  },
  {
    what: 'a warning before the ServerHello, RFC 6066 §3',
    bytes: concat(alertBytes('unrecognized_name', 1), handshake(...FLIGHT)),
    says: { kind: 'server-hello', suite: 0xc02f, version: 0x0303, ...NOT_RETRY, ...WHOLE },
  },
  { what: 'a fatal alert', bytes: alertBytes('protocol_version'), says: { kind: 'alert', level: 2, said: 'alert protocol_version' } },
  { what: 'a good-bye', bytes: alertBytes('close_notify', 1), says: { kind: 'alert', level: 1, said: 'alert close_notify' } },
  { what: 'an SSL 2.0 SERVER-HELLO', bytes: SSLV2_HELLO, says: { kind: 'sslv2-server-hello', specs: [0x010080, 0x0700c0] } },
  {
    what: 'an SSL 2.0 ERROR',
    bytes: encodeSslv2Record({ longHeader: undefined, data: encodeSslv2Error(1) }),
    says: { kind: 'sslv2-error', code: 1 },
  },
  { what: 'a line of HTTP', bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), says: { kind: 'not-tls' } },
  { what: 'a greeting', bytes: Buffer.from('220 mail.example ESMTP\r\n'), says: { kind: 'not-tls' } },
  { what: 'a record of an unknown type', bytes: Uint8Array.of(99, 3, 3, 0, 1, 0), says: { kind: 'not-tls' } },
]

describe('exchange() understands', () => {
  for (const { what, bytes, says } of rows) {
    test(`${what}, however it is cut`, async () => {
      assert.deepEqual(brief(await hear([bytes], 'silent')), says)
      for (let cut = 1; cut < bytes.length; cut++) {
        const answer = await hear([bytes.subarray(0, cut), bytes.subarray(cut)], 'silent')
        assert.deepEqual(brief(answer), says, `cut at ${cut}`)
      }
      const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
      assert.deepEqual(brief(await hear(single, 'closed')), says, 'byte by byte')
    })
  }

  test('a flight that breaks off: a ServerHello is an answer, half of one is none, and only a close after nothing is a refusal', async () => {
    const bytes = handshake(...FLIGHT)
    const helloEnds = 5 + (FLIGHT[0]?.length ?? 0)
    for (let length = 0; length < bytes.length; length++) {
      const kinds = await Promise.all(
        (['closed', 'reset', 'silent'] as const).map(async (end) => (await hear([bytes.subarray(0, length)], end)).kind),
      )
      // One record carries all: nothing of it counts before it is whole.
      const expected = length === 0 ? ['closed', 'reset', 'silent'] : ['not-tls', 'reset', 'silent']
      assert.deepEqual(kinds, expected, `after ${length} bytes`)
    }
    const records = concat(...FLIGHT.map((one) => handshake(one)))
    for (let length = helloEnds; length < records.length; length++) {
      for (const end of ['closed', 'reset', 'silent'] as const) {
        const answer = await hear([records.subarray(0, length)], end)
        assert.deepEqual(
          [answer.kind, answer.kind === 'server-hello' && answer.flight.whole],
          ['server-hello', false],
          `${end} after ${length} bytes`,
        )
      }
    }
  })

  for (const { bytes, what } of [
    { bytes: alertBytes('handshake_failure'), what: 'an alert' },
    { bytes: SSLV2_HELLO, what: 'an SSL 2.0 SERVER-HELLO' },
  ]) {
    test(`${what} that breaks off is a breakdown and no refusal`, async () => {
      for (let length = 1; length < bytes.length; length++) {
        assert.equal((await hear([bytes.subarray(0, length)], 'closed')).kind, 'not-tls', `after ${length} bytes`)
      }
    })
  }

  const after: readonly { what: string; follows: Uint8Array; says: string }[] = [
    { what: 'a fatal alert', follows: alertBytes('internal_error'), says: 'server-hello' },
    { what: 'nonsense', follows: Buffer.from('nonsense, and more of it'), says: 'server-hello' },
    { what: 'application data', follows: recordOf(CONTENT_TYPE.application_data, body(1, 9)), says: 'server-hello' },
  ]
  for (const { what, follows, says } of after) {
    test(`a ServerHello with ${what} behind it: the server has chosen`, async () => {
      const answer = await hear([handshake(FLIGHT[0]!), follows], 'closed')
      assert.equal(answer.kind, says)
    })
  }

  const malformed: readonly { what: string; extensions: readonly RawExtension[] }[] = [
    { what: 'supported_versions of one byte', extensions: [{ type: EXTENSION_TYPE.supported_versions, data: Uint8Array.of(3) }] },
    { what: 'a key_share that is cut', extensions: tls13(Uint8Array.of(0)) },
    { what: 'a key_share that is too long', extensions: tls13(body(0, 50)) },
  ]
  for (const { what, extensions } of malformed) {
    test(`a ServerHello with ${what} is not TLS, and no exception`, async () => {
      const answer = await hear([handshake(hello({ suite: 0x1301, extensions }))], 'closed')
      assert.equal(answer.kind, 'not-tls')
    })
  }
})

describe('exchange() ends', () => {
  test('keeps what was heard as evidence, though not without bounds', async () => {
    const answer = await hear([alertBytes('internal_error')], 'closed')
    assert.deepEqual(Buffer.from(answer.bytes), Buffer.from(alertBytes('internal_error')))
    const flood = recordOf(CONTENT_TYPE.handshake, message(HANDSHAKE_TYPE.hello_request, body(0, 16_000)))
    const endless = await hear(
      Array.from({ length: 100 }, () => flood),
      'silent',
    )
    assert.equal(endless.kind, 'not-tls')
    assert.match(describeAnswer(endless), /^more than \d+ kB and no answer$/)
    assert.ok(endless.bytes.length < 64 * 1024 + flood.length, `${endless.bytes.length} bytes`)
  })

  test('hears a server that never comes to its end only so far, and has its choice all the same', async () => {
    const certificates = recordOf(CONTENT_TYPE.handshake, message(HANDSHAKE_TYPE.certificate, body(0, 16_000)))
    let said = 0
    const line: Pick<Line, 'send' | 'receive' | 'waited'> = {
      waited: 0,
      send: () => undefined,
      receive: () => Promise.resolve(said++ === 0 ? handshake(FLIGHT[0]!) : certificates),
    }
    assert.equal((await exchange(line as Line, HELLO, PATIENCE)).kind, 'server-hello')
    assert.ok(said < 64, `${said} pieces`)
  })

  test('a server that lets bytes dribble is not waited for longer than twice the patience', async () => {
    const bytes = handshake(...FLIGHT)
    let said = 0
    const line = {
      waited: 0,
      send: () => undefined,
      receive(patience: number) {
        this.waited += Math.max(0, Math.min(patience, 20))
        return Promise.resolve(patience < 20 ? 'silent' : bytes.subarray(said, ++said))
      },
    }
    const answer = await exchange(line as Pick<Line, 'send' | 'receive' | 'waited'> as Line, HELLO, 60)
    assert.deepEqual([answer.kind, answer.kind === 'silent' && answer.afterMs], ['silent', 60])
    assert.ok(line.waited === 120 && said === 6, `${said} bytes were heard in ${line.waited} ms`)
  })
})

describe('describeAnswer()', () => {
  const words: readonly [answer: Answer, words: string][] = [
    [alert('insufficient_security'), 'alert insufficient_security'],
    [{ kind: 'alert', level: 2, description: 200, bytes: HELLO }, 'alert 0xc8'],
    [closed, 'connection closed'],
    [reset, 'connection reset'],
    [silent, 'no answer within 5 s'],
    [{ kind: 'silent', afterMs: 620, bytes: HELLO }, 'no answer within 0.6 s'],
    [notTls, 'text'],
    [sslv2Error, 'SSLv2 error 1'],
    [serverHello(), 'ServerHello'],
    [{ ...serverHello(), retry: true }, 'HelloRetryRequest'],
  ]
  for (const [answer, said] of words) test(said, () => assert.equal(describeAnswer(answer), said))
})
