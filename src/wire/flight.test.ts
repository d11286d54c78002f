import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { encodeAlert } from './alert.ts'
import { FlightReader, MAX_BUFFERED, MAX_FRAGMENT_LENGTH, MAX_HANDSHAKE_LENGTH, type FlightItem } from './flight.ts'
import { encodeHandshake, HANDSHAKE_TYPE } from './handshake.ts'
import { MalformedError } from './reader.ts'
import { CONTENT_TYPE, encodeRecord, encodeRecords, fragmentRecords } from './record.ts'
import { encodeServerHello, HELLO_RETRY_REQUEST_RANDOM } from './server-hello.ts'
import { encodeSslv2ClientHello, encodeSslv2Error, encodeSslv2Record, encodeSslv2ServerHello } from './sslv2.ts'
import { hex } from './testdata/hex.ts'

const NOTHING = new Uint8Array(0)

function record(type: number, fragment: Uint8Array | string, legacyRecordVersion = 0x0303): Uint8Array {
  return encodeRecord({ type, legacyRecordVersion, fragment: typeof fragment === 'string' ? hex(fragment) : fragment })
}

function handshake(type: number, body: Uint8Array = NOTHING): Uint8Array {
  return encodeHandshake({ type, body })
}

function bytes(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

/** Every item of these segments. */
function items(segments: readonly Uint8Array[], reader: FlightReader = new FlightReader()): FlightItem[] {
  const found: FlightItem[] = []
  for (const segment of segments) {
    reader.push(segment)
    for (let item = reader.next(); item; item = reader.next()) found.push(item)
  }
  return found
}

const kinds = (...parts: readonly Uint8Array[]): string[] => items(parts).map((item) => item.kind)

function serverHello(version: number, random: Uint8Array = new Uint8Array(32)): Uint8Array {
  const extensions = version === 0x0304 ? [{ type: 43, data: hex('0304') }] : undefined
  const hello = { legacyVersion: 0x0303, random, legacySessionIdEcho: NOTHING, cipherSuite: 0x1301, legacyCompressionMethod: 0, extensions }
  return handshake(HANDSHAKE_TYPE.server_hello, encodeServerHello(hello))
}

const { change_cipher_spec, alert, application_data, heartbeat } = CONTENT_TYPE
const HANDSHAKE = CONTENT_TYPE.handshake
const CCS = record(change_cipher_spec, '01')
const DONE = handshake(HANDSHAKE_TYPE.server_hello_done)
/** Long enough to be protected: it means nothing here. */
const SECRET = new Uint8Array(24).fill(0xee)

describe('FlightReader', () => {
  test('gives messages, alerts and records with the version of the record they came in', () => {
    const segments = [record(HANDSHAKE, handshake(11, hex('0102')), 0x0301), record(alert, '0228', 0x0300), record(heartbeat, '02ffff')]
    assert.deepEqual(items([bytes(...segments)]), [
      { kind: 'handshake', type: 11, body: hex('0102'), recordVersion: 0x0301 },
      { kind: 'alert', level: 2, description: 40, recordVersion: 0x0300 },
      { kind: 'heartbeat', record: { type: 24, legacyRecordVersion: 0x0303, fragment: hex('02ffff') } },
    ])
  })

  test('gives the same items however messages fall into records and records into segments (RFC 8446 §5.1)', () => {
    const messages = fc.array(fc.tuple(fc.integer({ min: 3, max: 255 }), fc.uint8Array({ maxLength: 300 })), { minLength: 1, maxLength: 6 })
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 64 }), cuts, (messages, max, cuts) => {
        const stream = bytes(...messages.map(([type, body]) => handshake(type, body)), NOTHING)
        const wire = bytes(encodeRecords(fragmentRecords(HANDSHAKE, 0x0303, stream, max)), record(alert, '0100'))
        const segments: Uint8Array[] = []
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const length = cuts[turn % cuts.length] ?? 1
          segments.push(wire.slice(at, at + length))
          at += length
        }
        assert.deepEqual(items(segments), [
          ...messages.map(([type, body]) => ({ kind: 'handshake', type, body, recordVersion: 0x0303 })),
          { kind: 'alert', level: 1, description: 0, recordVersion: 0x0303 },
        ])
      }),
      { numRuns: 60 },
    )
  })

  // Copying what waits for each byte would be 30 GB of copying.
  test('reads the longest message byte by byte, and from records of one byte, in linear time', { timeout: 20_000 }, () => {
    const message = handshake(HANDSHAKE_TYPE.certificate, new Uint8Array(MAX_HANDSHAKE_LENGTH))
    const whole = encodeRecords(fragmentRecords(HANDSHAKE, 0x0303, message))
    assert.deepEqual(
      items(Array.from(whole, (byte) => Uint8Array.of(byte))).map((item) => item.kind),
      ['handshake'],
    )
    const crumbs = fragmentRecords(HANDSHAKE, 0x0303, handshake(HANDSHAKE_TYPE.certificate, new Uint8Array(50_000)), 1)
    assert.deepEqual(
      items(crumbs.map(encodeRecord)).map((item) => item.kind),
      ['handshake'],
    )
  })

  test('puts an alert of two records together (RFC 5246 §6.2.1)', () => {
    assert.deepEqual(items([record(alert, '02'), record(alert, '28')]), [
      { kind: 'alert', level: 2, description: 40, recordVersion: 0x0303 },
    ])
  })

  test('gives each of several alerts in one record', () => {
    assert.deepEqual(kinds(record(alert, bytes(encodeAlert({ level: 1, description: 112 }), encodeAlert({ level: 2, description: 40 })))), [
      'alert',
      'alert',
    ])
  })

  test('counts in `left` what belongs to nothing that came out', () => {
    const reader = new FlightReader()
    assert.equal(reader.left, 0)
    items([record(HANDSHAKE, '0b000004 0102')], reader)
    assert.equal(reader.left, 6)
    items([record(HANDSHAKE, '0304'), hex('16 03')], reader)
    assert.equal(reader.left, 2)
  })
})

describe('FlightReader and protection', () => {
  test('cannot read what follows change_cipher_spec up to TLS 1.2', () => {
    const flight = [
      record(HANDSHAKE, bytes(serverHello(0x0303), DONE)),
      CCS,
      record(HANDSHAKE, SECRET),
      record(alert, SECRET),
      record(application_data, SECRET),
    ]
    assert.deepEqual(kinds(...flight), ['handshake', 'handshake', 'change-cipher-spec', 'encrypted', 'encrypted', 'encrypted'])
  })

  test('cannot read what follows a ServerHello of TLS 1.3, where change_cipher_spec means nothing (RFC 8446 §D.4)', () => {
    const flight = [record(HANDSHAKE, serverHello(0x0304)), CCS, record(application_data, SECRET)]
    assert.deepEqual(kinds(...flight), ['handshake', 'change-cipher-spec', 'encrypted'])
  })

  test('reads the ServerHello behind a HelloRetryRequest and its change_cipher_spec (RFC 8446 §4.1.4)', () => {
    const retry = record(HANDSHAKE, serverHello(0x0304, HELLO_RETRY_REQUEST_RANDOM))
    assert.deepEqual(kinds(retry, CCS, record(HANDSHAKE, serverHello(0x0304)), record(application_data, SECRET)), [
      'handshake',
      'change-cipher-spec',
      'handshake',
      'encrypted',
    ])
  })

  test('reads the second ClientHello of a client behind its change_cipher_spec when told that it is TLS 1.3', () => {
    const reader = new FlightReader()
    reader.setTls13()
    const flight = [record(HANDSHAKE, handshake(1)), CCS, record(HANDSHAKE, handshake(1))]
    assert.deepEqual(
      items(flight, reader).map((item) => item.kind),
      ['handshake', 'change-cipher-spec', 'handshake'],
    )
  })

  test('gives application data that comes before any protection as it is', () => {
    assert.deepEqual(kinds(record(application_data, SECRET)), ['application-data'])
  })

  for (const version of [0x0303, 0x0304]) {
    test(`reads an alert of two bytes in clear behind protection: protected ones are longer (version 0x0${version.toString(16)})`, () => {
      const flight = [record(HANDSHAKE, serverHello(version)), CCS, record(alert, '0228')]
      assert.deepEqual(items(flight).at(-1), { kind: 'alert', level: 2, description: 40, recordVersion: 0x0303 })
    })
  }

  test('does not stumble over a ServerHello that does not decode: whoever decodes it will tell', () => {
    assert.deepEqual(kinds(record(HANDSHAKE, handshake(HANDSHAKE_TYPE.server_hello, hex('0303'))), record(alert, '0228')), [
      'handshake',
      'alert',
    ])
  })

  test('opens records as soon as it is told how, between two records of one segment', () => {
    const reader = new FlightReader()
    reader.push(bytes(record(HANDSHAKE, serverHello(0x0304)), CCS, record(application_data, bytes(handshake(8), hex('16')))))
    assert.equal(reader.next()?.kind, 'handshake')
    reader.setProtected(({ type, fragment }) =>
      type === application_data ? { type: fragment.at(-1) ?? 0, fragment: fragment.slice(0, -1) } : { type, fragment },
    )
    assert.equal(reader.next()?.kind, 'change-cipher-spec')
    assert.deepEqual(reader.next(), { kind: 'handshake', type: 8, body: NOTHING, recordVersion: 0x0303 })
    assert.equal(reader.next(), undefined)
  })

  test('gives opened application data with what was inside', () => {
    const reader = new FlightReader()
    reader.setProtected(({ fragment }) => ({ type: application_data, fragment: fragment.slice(1) }))
    assert.deepEqual(items([record(HANDSHAKE, '000102')], reader), [
      { kind: 'application-data', record: { type: application_data, legacyRecordVersion: 0x0303, fragment: hex('0102') } },
    ])
  })

  test('gives every record as encrypted when told that they are, without a way to open them', () => {
    const reader = new FlightReader()
    reader.setProtected()
    assert.deepEqual(
      items([record(HANDSHAKE, SECRET), record(heartbeat, SECRET)], reader).map((item) => item.kind),
      ['encrypted', 'encrypted'],
    )
  })

  test('throws what the opener throws, again and again', () => {
    const reader = new FlightReader()
    const error = new Error('bad_record_mac')
    reader.setProtected(() => {
      throw error
    })
    reader.push(record(application_data, SECRET))
    assert.throws(() => reader.next(), error)
    assert.throws(() => reader.next(), error)
  })

  test('refuses a message that spans a change of keys (RFC 8446 §5.1)', () => {
    const reader = new FlightReader()
    items([record(HANDSHAKE, '0b000004 0102')], reader)
    reader.setProtected((opened) => opened)
    assert.throws(() => reader.next(), { message: 'Cannot decode Handshake at offset 6: the message is interrupted by a change of keys' })
  })
})

describe('FlightReader and SSL 2.0', () => {
  const hello = {
    sessionIdHit: 0,
    certificateType: 1,
    serverVersion: 2,
    certificate: hex('3000'),
    cipherSpecs: [0x010080],
    connectionId: hex('0102'),
  }
  const short = (data: Uint8Array): Uint8Array => encodeSslv2Record({ longHeader: undefined, data })
  const long = (data: Uint8Array, padding: number): Uint8Array =>
    encodeSslv2Record({ longHeader: { isEscape: false, padding }, data: bytes(data, new Uint8Array(padding)) })
  const clientHello = { version: 0x0301, cipherSpecs: [0x00002f], sessionId: NOTHING, challenge: new Uint8Array(16) }

  const rows: readonly (readonly [why: string, wire: Uint8Array, expected: readonly FlightItem[]])[] = [
    ['a SERVER-HELLO', short(encodeSslv2ServerHello(hello)), [{ kind: 'sslv2-server-hello', hello }]],
    [
      'a SERVER-HELLO behind three bytes of header, with padding',
      long(encodeSslv2ServerHello(hello), 5),
      [{ kind: 'sslv2-server-hello', hello }],
    ],
    ['an ERROR', short(encodeSslv2Error(1)), [{ kind: 'sslv2-error', code: 1 }]],
    ['an ERROR with padding', long(encodeSslv2Error(1), 3), [{ kind: 'sslv2-error', code: 1 }]],
    [
      'a CLIENT-HELLO in this format, and TLS behind it (RFC 5246 §E.2)',
      bytes(short(encodeSslv2ClientHello(clientHello)), record(alert, '0100')),
      [
        { kind: 'sslv2-client-hello', hello: clientHello },
        { kind: 'alert', level: 1, description: 0, recordVersion: 0x0303 },
      ],
    ],
  ]
  for (const [why, wire, expected] of rows) {
    test(`reads ${why}, however it is cut`, () => {
      assert.deepEqual(items([wire]), expected)
      assert.deepEqual(items(Array.from(wire, (byte) => Uint8Array.of(byte))), expected)
      for (let at = 1; at < wire.length; at++) assert.deepEqual(items([wire.slice(0, at), wire.slice(at)]), expected, `cut at ${at}`)
    })
  }

  test('reads the shortest hellos there can be', () => {
    const none = { cipherSpecs: [], certificate: NOTHING, connectionId: NOTHING, sessionId: NOTHING, challenge: NOTHING }
    const wire = bytes(short(encodeSslv2ClientHello({ ...clientHello, ...none })), short(encodeSslv2ServerHello({ ...hello, ...none })))
    assert.deepEqual(
      items([wire]).map((item) => item.kind),
      ['sslv2-client-hello', 'sslv2-server-hello'],
    )
  })

  test('refuses a SERVER-HELLO whose lengths do not add up', () => {
    const wire = short(bytes(encodeSslv2ServerHello(hello), hex('00')))
    assert.throws(() => items([wire]), { message: 'Cannot decode Sslv2ServerHello at offset 18: 1 bytes too many' })
  })
})

describe('FlightReader refuses', () => {
  const greeting = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
  const first: readonly (readonly [why: string, wire: Uint8Array, shown: string])[] = [
    ['a line that says no', greeting('421 Too many connections\r\n'), '"421 Too many connections"'],
    ['an HTTP answer', greeting('HTTP/1.1 400 Bad Request\r\nDate: today\r\n'), '"HTTP/1.1 400 Bad Request"'],
    ['an IMAP greeting', greeting('* OK ready'), '"* OK ready"'],
    ['XML', greeting("<?xml version='1.0'?>"), '"<?xml version=\'1.0\'?>"'],
    ['text of one character', greeting('+'), '"+"'],
    ['a MySQL greeting of 74 bytes', hex('4a000000 0a 352e'), '4a 00 00 00 0a 35 2e'],
    ['a MySQL greeting of 133 bytes', hex('85000000 0a 352e'), '85 00 00 00 0a 35 2e'],
    ['a MySQL greeting of 21 bytes', hex('15000000 0a 352e'), '15 00 00 00 0a 35 2e'],
    ['a PostgreSQL refusal', greeting('N'), '"N"'],
    ['TLS of another major version', hex('16 0201 0001 00'), '16 02 01 00 01 00'],
    ['zeros', new Uint8Array(5), '00 00 00 00 00'],
    ['an empty line', greeting('\r\nno'), '0d 0a 6e 6f'],
    ['only as much as fits a line', greeting('A'.repeat(500)), `"${'A'.repeat(60)}"`],
  ]
  for (const [why, wire, shown] of first) {
    test(`${why}, and shows it`, () => {
      assert.throws(() => items([wire]), { code: 'MALFORMED', message: `Cannot decode the first record at offset 0: not TLS but ${shown}` })
    })
  }

  test('text at its first byte, when it comes byte by byte', () => {
    assert.throws(() => items([greeting('2')]), MalformedError)
  })

  const later: readonly (readonly [why: string, wire: Uint8Array, message: string])[] = [
    ['a record type that does not exist', bytes(CCS, hex('19 0303 0000')), 'Cannot decode Record.type at offset 5: 25 is no content type'],
    ['text behind TLS', bytes(CCS, greeting('250 OK')), 'Cannot decode Record.type at offset 5: 50 is no content type'],
    [
      'a record of another major version',
      bytes(CCS, hex('16 0503 0000')),
      'Cannot decode Record.legacy_record_version at offset 5: 0x0503 is no version of TLS',
    ],
    ['an empty handshake record', record(HANDSHAKE, ''), 'Cannot decode Record.fragment at offset 0: empty'],
    ['an empty alert', record(alert, ''), 'Cannot decode Record.fragment at offset 0: empty'],
    ['a change_cipher_spec that is cut', record(change_cipher_spec, ''), 'Cannot decode ChangeCipherSpec.type at offset 0: 1 bytes short'],
    [
      'a change_cipher_spec of another value',
      record(change_cipher_spec, '02'),
      'Cannot decode ChangeCipherSpec.type at offset 1: 2 instead of 1',
    ],
    [
      'a change_cipher_spec that is too long',
      record(change_cipher_spec, '0101'),
      'Cannot decode ChangeCipherSpec at offset 1: 1 bytes too many',
    ],
    [
      'a message that change_cipher_spec breaks off',
      bytes(record(HANDSHAKE, '0b000004 0102'), CCS),
      'Cannot decode Handshake at offset 6: the message is interrupted by a record of type 20',
    ],
  ]
  for (const [why, wire, message] of later) {
    test(`${why}, and says the same when asked again`, () => {
      const reader = new FlightReader()
      assert.throws(() => items([wire], reader), { message })
      reader.push(record(alert, '0228'))
      assert.throws(() => reader.next(), { message })
    })
  }

  test('a content type inside protection that does not exist', () => {
    const reader = new FlightReader()
    reader.setProtected(({ fragment }) => ({ type: 99, fragment }))
    assert.throws(() => items([record(application_data, SECRET)], reader), {
      message: 'Cannot decode Record.type at offset 0: 99 is no content type',
    })
  })
})

describe('FlightReader keeps its limits', () => {
  test(`a record has at most ${MAX_FRAGMENT_LENGTH} bytes (RFC 5246 §6.2.3), which its header tells`, () => {
    assert.deepEqual(kinds(record(application_data, new Uint8Array(MAX_FRAGMENT_LENGTH))), ['application-data'])
    const header = record(application_data, new Uint8Array(MAX_FRAGMENT_LENGTH + 1)).slice(0, 5)
    assert.throws(() => items([header]), { message: `Cannot decode Record.fragment at offset 5: 18433 bytes, and 18432 are the most` })
  })

  test(`a message has at most ${MAX_HANDSHAKE_LENGTH} bytes, which its header tells`, () => {
    const message = handshake(11, new Uint8Array(MAX_HANDSHAKE_LENGTH))
    assert.deepEqual(kinds(encodeRecords(fragmentRecords(HANDSHAKE, 0x0303, message))), ['handshake'])
    assert.throws(() => items([record(HANDSHAKE, '0b 040001')]), {
      message: 'Cannot decode Handshake.body at offset 4: 262145 bytes, and 262144 are the most',
    })
  })

  test(`at most ${MAX_BUFFERED} bytes wait to be read`, () => {
    const reader = new FlightReader()
    reader.push(new Uint8Array(MAX_BUFFERED))
    assert.throws(() => reader.push(new Uint8Array(1)), { code: 'TOO_MUCH_BUFFERED', fault: 'peer' })
  })
})

test('FlightReader answers or throws MalformedError on any bytes', () => {
  const soup = fc.array(
    fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(CCS, record(HANDSHAKE, DONE), hex('16 0303'), hex('8004 04'), hex('15'))),
  )
  fc.assert(
    fc.property(soup, (segments) => {
      try {
        items(segments)
      } catch (error) {
        assert.ok(error instanceof MalformedError, String(error))
      }
    }),
    { numRuns: 300 },
  )
})
