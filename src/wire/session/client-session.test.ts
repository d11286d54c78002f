import assert from 'node:assert/strict'
import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { describe, test } from 'node:test'
import { TLSSocket, createSecureContext } from 'node:tls'
import * as fc from 'fast-check'
import {
  bindersLength,
  CONTENT_TYPE,
  decodeClientHello,
  decodeHandshake,
  decodeKeyShareClientHello,
  decodeOfferedPsks,
  decodeRecord,
  decodeSupportedGroups,
  decodeSupportedVersionsClientHello,
  encodeAlert,
  encodeCertificate,
  encodeCertificateTls13,
  encodeEncryptedExtensions,
  encodeFinished,
  encodeHandshake,
  encodeKeyShareHelloRetryRequest,
  encodeKeyShareServerHello,
  encodeRecord,
  encodeServerHello,
  encodeServerKeyExchange,
  encodeSupportedVersionsServerHello,
  EXTENSION_TYPE,
  findExtension,
  HANDSHAKE_TYPE,
  HELLO_RETRY_REQUEST_RANDOM,
  type ClientHello,
  type RawExtension,
  type ServerHello,
  type ServerParams,
} from '../index.ts'
import { ClientSession } from './client-session.ts'
import { generateKeyShare } from './key-agreement.ts'
import { deriveSecret, earlySecret, finishedVerifyData, handshakeSecret, pskBinder, transcriptHash } from './key-schedule.ts'
import type { Resumption } from './resumption.ts'
import type { SessionEvent, Step } from './session-event.ts'
import type { SessionOptions } from './session-options.ts'
import { suiteCipherByCode } from './suite-cipher.ts'
import { tls13Protection } from './tls13-handshake.ts'
import { MAX_TRANSCRIPT_LENGTH, Transcript } from './transcript.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const text = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words, 'latin1'))

/** The hello in one record, as `start()` gives it where there is no early data. */
function helloOf(bytes: Uint8Array): ClientHello {
  return decodeClientHello(decodeHandshake(decodeRecord(bytes).fragment).body)
}

function firstHello(options: Partial<SessionOptions>): ClientHello {
  return helloOf(new ClientSession(options).start())
}

const extensionTypes = (hello: ClientHello): readonly number[] | undefined => hello.extensions?.map(({ type }) => type)

describe('start()', () => {
  test('says in SSLv3 what it has to say without extensions, RFC 5746 §3.3', () => {
    const bytes = new ClientSession({ protocols: ['SSLv3'], cipherSuites: [0x000a] }).start()
    assert.equal(decodeRecord(bytes).legacyRecordVersion, 0x0300)
    const hello = helloOf(bytes)
    assert.deepEqual([hello.legacyVersion, hello.cipherSuites, hello.extensions], [0x0300, [0x000a, 0x00ff], undefined])
  })

  test('offers the versions, groups and shares it is told to', () => {
    const hello = firstHello({ protocols: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'], groups: [29, 23, 4588], keyShares: [4588, 23] })
    const data = (type: number): Uint8Array => findExtension(hello.extensions, type)!
    assert.equal(hello.legacyVersion, 0x0303)
    assert.deepEqual(decodeSupportedVersionsClientHello(data(EXTENSION_TYPE.supported_versions)), [0x0304, 0x0303, 0x0302])
    assert.deepEqual(decodeSupportedGroups(data(EXTENSION_TYPE.supported_groups)), [29, 23, 4588])
    const shares = decodeKeyShareClientHello(data(EXTENSION_TYPE.key_share))
    assert.deepEqual(
      shares.map(({ group, keyExchange }) => [group, keyExchange.length]),
      [
        [4588, 1216],
        [23, 65],
      ],
    )
  })

  test('sends a share for the first group that TLS 1.3 has and node:crypto can do, and none where there is none', () => {
    for (const [groups, shared] of [
      [[0x6399, 22, 24, 29], [24]],
      [[0x6399], []],
    ] as const) {
      const { extensions } = firstHello({ protocols: ['TLSv1.3'], groups })
      const shares = decodeKeyShareClientHello(findExtension(extensions, EXTENSION_TYPE.key_share)!)
      assert.deepEqual(
        shares.map(({ group }) => group),
        shared,
      )
    }
  })

  test('says nothing of TLS 1.3 where that is not offered, and of signatures only from TLS 1.2 on', () => {
    const { supported_versions, key_share, signature_algorithms } = EXTENSION_TYPE
    const early = extensionTypes(firstHello({ protocols: ['TLSv1', 'TLSv1.1'] }))
    assert.deepEqual(
      early?.filter((type) => [supported_versions, key_share, signature_algorithms].includes(type as 13)),
      [],
    )
    const late = extensionTypes(firstHello({ protocols: ['TLSv1.2'] }))
    assert.deepEqual(
      late?.filter((type) => [supported_versions, key_share, signature_algorithms].includes(type as 13)),
      [signature_algorithms],
    )
  })

  test('leaves out of TLS 1.3 what has no use there', () => {
    const types = extensionTypes(firstHello({ protocols: ['TLSv1.3'] }))
    assert.ok(!types?.includes(EXTENSION_TYPE.extended_master_secret))
    assert.ok(!types?.includes(EXTENSION_TYPE.renegotiation_info))
    assert.ok(types?.includes(EXTENSION_TYPE.psk_key_exchange_modes))
  })

  const switches: readonly (readonly [Partial<SessionOptions>, type: number])[] = [
    [{ extendedMasterSecret: false }, EXTENSION_TYPE.extended_master_secret],
    [{ encryptThenMac: false }, EXTENSION_TYPE.encrypt_then_mac],
    [{ sessionTicket: false }, EXTENSION_TYPE.session_ticket],
    [{ groups: [] }, EXTENSION_TYPE.supported_groups],
    [{ signatureSchemes: [] }, EXTENSION_TYPE.signature_algorithms],
  ]
  for (const [options, type] of switches) {
    test(`${JSON.stringify(options)} takes extension ${type} away`, () => {
      assert.ok(extensionTypes(firstHello({ protocols: ['TLSv1.2'] }))?.includes(type))
      assert.ok(!extensionTypes(firstHello({ protocols: ['TLSv1.2'], ...options }))?.includes(type))
    })
  }

  test('an extension of one’s own takes the place of the usual one, and others stand behind', () => {
    const groups = { type: EXTENSION_TYPE.supported_groups, data: Uint8Array.of(0) }
    const unknown = { type: 0xfafa, data: Uint8Array.of(1) }
    const { extensions = [] } = firstHello({ protocols: ['TLSv1.2'], serverName: 'mail.example.test', extensions: [unknown, groups] })
    assert.deepEqual(extensions[1], groups)
    assert.deepEqual(extensions.at(-1), unknown)
  })

  test('alterHello has the last word, and everything else is as injected', () => {
    const hello = firstHello({
      protocols: ['TLSv1'],
      sessionId: Uint8Array.of(1, 2),
      compressionMethods: [1, 0],
      randomBytes: (length) => new Uint8Array(length).fill(5),
      alterHello: (built) => ({ ...built, legacyVersion: 0x03ff, extensions: undefined }),
    })
    assert.deepEqual([hello.legacyVersion, hello.legacySessionId, hello.extensions], [0x03ff, Uint8Array.of(1, 2), undefined])
    assert.deepEqual([hello.legacyCompressionMethods, hello.random], [[1, 0], new Uint8Array(32).fill(5)])
  })

  test('recordVersion stands on the first record', () => {
    assert.equal(decodeRecord(new ClientSession({ recordVersion: 0x0303 }).start()).legacyRecordVersion, 0x0303)
    assert.equal(decodeRecord(new ClientSession().start()).legacyRecordVersion, 0x0301)
  })
})

const TICKET: Resumption = {
  version: 0x0304,
  cipherSuite: 0x1301,
  secret: new Uint8Array(32).fill(3),
  sessionId: new Uint8Array(),
  ticket: Uint8Array.of(1, 2, 3),
  ticketAgeAdd: 2 ** 32 - 1,
  maxEarlyData: 100,
  extendedMasterSecret: false,
}

describe('start() with a PSK', () => {
  test('binds it to everything before the binders, RFC 8446 §4.2.11.2', () => {
    const message = decodeRecord(new ClientSession({ protocols: ['TLSv1.3'], resume: TICKET, ticketAge: () => 11 }).start()).fragment
    const last = decodeClientHello(decodeHandshake(message).body).extensions!.at(-1)!
    assert.equal(last.type, EXTENSION_TYPE.pre_shared_key)
    const { identities, binders } = decodeOfferedPsks(last.data)
    assert.deepEqual(identities, [{ identity: TICKET.ticket, obfuscatedTicketAge: 10 }])
    const truncated = message.slice(0, message.length - bindersLength(binders))
    const expected = pskBinder('sha256', TICKET.secret, transcriptHash('sha256', truncated))
    assert.deepEqual(
      binders.map((binder) => Buffer.from(binder)),
      [expected],
    )
  })

  test('sends early data behind a change_cipher_spec, under version 0x0303, RFC 8446 §4.2.10 and §D.4', () => {
    const bytes = new ClientSession({ protocols: ['TLSv1.3'], resume: TICKET, earlyData: text('EHLO x\r\n') }).start()
    const hello = 5 + bytes[3]! * 256 + bytes[4]!
    assert.ok(extensionTypes(helloOf(bytes.slice(0, hello)))?.includes(EXTENSION_TYPE.early_data))
    assert.deepEqual(bytes.slice(hello, hello + 6), hex('140303000101'))
    assert.deepEqual(bytes.slice(hello + 6, hello + 9), hex('170303'))
  })

  test('offers nothing of a session of another version', () => {
    const types = extensionTypes(firstHello({ protocols: ['TLSv1.3'], resume: { ...TICKET, version: 0x0303 } }))
    assert.ok(!types?.includes(EXTENSION_TYPE.pre_shared_key))
  })
})

describe('start() with a session up to TLS 1.2', () => {
  const session: Resumption = { ...TICKET, version: 0x0303, cipherSuite: 0xc02f, secret: new Uint8Array(48), sessionId: Uint8Array.of(8) }

  test('offers the ticket and a session id that only shows whether it was taken, RFC 5077 §3.4', () => {
    const hello = firstHello({ protocols: ['TLSv1.2'], resume: session })
    assert.deepEqual(findExtension(hello.extensions, EXTENSION_TYPE.session_ticket), TICKET.ticket)
    assert.equal(hello.legacySessionId.length, 32)
  })

  test('offers the session id where there is no ticket', () => {
    const hello = firstHello({ protocols: ['TLSv1.2'], resume: { ...session, ticket: undefined } })
    assert.deepEqual(hello.legacySessionId, session.sessionId)
    assert.equal(findExtension(hello.extensions, EXTENSION_TYPE.session_ticket)?.length, 0)
  })
})

/** A handshake message in a record of its own. */
function record(type: number, body: Uint8Array): Uint8Array {
  return encodeRecord({ type: CONTENT_TYPE.handshake, legacyRecordVersion: 0x0303, fragment: encodeHandshake({ type, body }) })
}

function serverHello(change: Partial<ServerHello> = {}): Uint8Array {
  const hello = {
    legacyVersion: 0x0303,
    random: new Uint8Array(32).fill(4),
    legacySessionIdEcho: new Uint8Array(),
    cipherSuite: 0xc018,
    legacyCompressionMethod: 0,
    extensions: undefined,
    ...change,
  }
  return record(HANDSHAKE_TYPE.server_hello, encodeServerHello(hello))
}

function retryRequest(extensions: readonly RawExtension[]): Uint8Array {
  const version = { type: EXTENSION_TYPE.supported_versions, data: encodeSupportedVersionsServerHello(0x0304) }
  return serverHello({ random: HELLO_RETRY_REQUEST_RANDOM, cipherSuite: 0x1301, extensions: [version, ...extensions] })
}

const askFor = (group: number): RawExtension => ({ type: EXTENSION_TYPE.key_share, data: encodeKeyShareHelloRetryRequest(group) })

/** ServerKeyExchange of an anonymous suite on P-256, and ServerHelloDone. */
const ANONYMOUS = [
  record(
    HANDSHAKE_TYPE.server_key_exchange,
    encodeServerKeyExchange({
      pskIdentityHint: undefined,
      params: { kind: 'ECDHE', curveParams: { kind: 'named_curve', namedCurve: 23 }, point: generateKeyShare(23)!.publicValue },
      signature: undefined,
    }),
  ),
  record(HANDSHAKE_TYPE.server_hello_done, new Uint8Array()),
]

/** What a session makes of these bytes, pushed one behind the other. */
function heard(options: Partial<SessionOptions>, ...pushed: readonly Uint8Array[]): readonly SessionEvent[] {
  const session = new ClientSession(options)
  session.start()
  return pushed.flatMap((bytes) => session.push(bytes).events)
}

const last = (events: readonly SessionEvent[]): string => {
  const event = events.at(-1)
  if (event?.kind === 'unsupported') return `unsupported ${event.what}: ${event.detail}`
  return event?.kind === 'malformed' ? `malformed: ${event.error.message}` : (event?.kind ?? 'nothing')
}

describe('push() ends a session with data, not with an exception', () => {
  const offer13 = { protocols: ['TLSv1.3'] } as const
  const rows: readonly (readonly [why: string, options: Partial<SessionOptions>, pushed: readonly Uint8Array[], ends: string])[] = [
    [
      'a mail server that does not speak TLS here',
      {},
      [text('220 mail.example.test ESMTP\r\n')],
      'malformed: Cannot decode the first record at offset 0: not TLS but "220 mail.example.test ESMTP"',
    ],
    ['a version that nobody has defined', {}, [serverHello({ legacyVersion: 0x0305 })], 'unsupported version: 0x0305'],
    ['a suite that nobody here can do', {}, [serverHello({ cipherSuite: 0xc0ff }), ANONYMOUS[1]!], 'unsupported cipher-suite: 0xc0ff'],
    [
      'a PSK suite',
      {},
      [serverHello({ cipherSuite: 0x008c }), ANONYMOUS[1]!],
      'unsupported cipher-suite: key exchange PSK of TLS_PSK_WITH_AES_128_CBC_SHA',
    ],
    ['DEFLATE', {}, [serverHello({ legacyCompressionMethod: 1 }), ...ANONYMOUS], 'unsupported compression: method 1'],
    [
      'RSA without a certificate',
      {},
      [serverHello({ cipherSuite: 0x002f }), ANONYMOUS[1]!],
      'unsupported certificate-key: no key that can be read',
    ],
    [
      'keys that change before there are any',
      {},
      [serverHello(), hex('140303000101')],
      'malformed: Cannot decode ChangeCipherSpec at offset 0: it comes before there are keys',
    ],
    [
      'a group that nobody here can do',
      { ...offer13, groups: [29, 0x6399] },
      [retryRequest([askFor(0x6399)])],
      'unsupported group: group 25497',
    ],
    [
      'a second HelloRetryRequest',
      offer13,
      [retryRequest([askFor(23)]), retryRequest([askFor(24)])],
      'malformed: Cannot decode HelloRetryRequest at offset 0: a second one',
    ],
    [
      'a share that nobody asked for',
      offer13,
      [tls13Hello([{ type: EXTENSION_TYPE.key_share, data: encodeKeyShareServerHello({ group: 24, keyExchange: new Uint8Array(97) }) }])],
      'malformed: Cannot decode ServerHello.key_share at offset 0: group 24, for which the client sent no share',
    ],
    [
      'a point that is none',
      { ...offer13, keyShares: [23] },
      [tls13Hello([{ type: EXTENSION_TYPE.key_share, data: encodeKeyShareServerHello({ group: 23, keyExchange: new Uint8Array(65) }) }])],
      'malformed: Cannot decode ServerHello.key_share at offset 0: no value of group 23',
    ],
    [
      'TLS 1.3 without a key exchange',
      offer13,
      [tls13Hello([])],
      'malformed: Cannot decode ServerHello.extensions at offset 0: neither key_share nor pre_shared_key',
    ],
    [
      'TLS 1.3 with a suite of TLS 1.2',
      offer13,
      [tls13Hello([], 0xc02f)],
      'unsupported cipher-suite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    ],
  ]
  for (const [why, options, pushed, ends] of rows) {
    test(`on ${why}`, () => assert.equal(last(heard(options, ...pushed)), ends))
  }

  test('and hears alerts, but nothing else, behind what is unsupported', () => {
    const alert = encodeRecord({
      type: CONTENT_TYPE.alert,
      legacyRecordVersion: 0x0303,
      fragment: encodeAlert({ level: 2, description: 80 }),
    })
    const events = heard(
      {},
      serverHello({ cipherSuite: 0xc0ff }),
      ANONYMOUS[1]!,
      record(HANDSHAKE_TYPE.finished, new Uint8Array(12)),
      alert,
    )
    assert.deepEqual(
      events.map((event) => event.kind),
      ['server-hello', 'server-hello-done', 'unsupported', 'alert', 'closed'],
    )
  })

  test('and nothing at all behind what is malformed', () => {
    const session = new ClientSession()
    session.start()
    assert.equal(session.push(text('500 what?\r\n')).events.length, 1)
    assert.deepEqual(session.push(serverHello()), { events: [] })
  })

  test('whatever arrives, at whatever place of a handshake', () => {
    const places = [[], [serverHello()], [serverHello(), ...ANONYMOUS], [retryRequest([askFor(23)])]]
    const types = fc.constantFrom(20, 21, 22, 23, 24)
    const wellFramed = fc
      .tuple(types, fc.uint8Array({ maxLength: 80 }))
      .map(([type, fragment]) => encodeRecord({ type, legacyRecordVersion: 0x0303, fragment }))
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.oneof(wellFramed, fc.uint8Array({ maxLength: 80 })), (place, bytes) => {
        heard({}, ...place, bytes)
      }),
    )
  })

  test('a flight with an octet changed anywhere', () => {
    const parameters: readonly (readonly [suite: number, ServerParams])[] = [
      [0xc018, { kind: 'ECDHE', curveParams: { kind: 'named_curve', namedCurve: 29 }, point: generateKeyShare(29)!.publicValue }],
      [0x0034, { kind: 'DHE', dhP: hex('f2b1'), dhG: Uint8Array.of(2), dhYs: hex('0102') }],
      [0x0003, { kind: 'RSA_EXPORT', rsaModulus: new Uint8Array(64).fill(0xc5), rsaExponent: Uint8Array.of(3) }],
    ]
    const flights = parameters.map(([cipherSuite, params]) => {
      const signature = params.kind === 'RSA_EXPORT' ? { algorithm: 0x0401, signature: new Uint8Array(8) } : undefined
      const body = encodeServerKeyExchange({ pskIdentityHint: undefined, params, signature })
      const certificate = record(HANDSHAKE_TYPE.certificate, encodeCertificate({ certificateList: [text('DER?')] }))
      const messages = [certificate, record(HANDSHAKE_TYPE.server_key_exchange, body), ANONYMOUS[1]!]
      return Buffer.concat([serverHello({ cipherSuite }), ...messages])
    })
    for (const flight of flights) assert.equal(heard({}, flight).length, 4)
    fc.assert(
      fc.property(fc.constantFrom(...flights), fc.nat(), fc.integer({ min: 1, max: 255 }), (flight, at, change) => {
        const changed = Uint8Array.from(flight)
        changed[at % flight.length]! ^= change
        heard({}, changed)
      }),
      { numRuns: 300 },
    )
  })

  test('more than a server may say in one handshake', () => {
    const transcript = new Transcript()
    transcript.add(new Uint8Array(MAX_TRANSCRIPT_LENGTH))
    assert.throws(() => transcript.add(new Uint8Array(1)), /more than 1048576 bytes of messages/)
    const status = record(HANDSHAKE_TYPE.certificate_status, new Uint8Array(15_000))
    const endless = new Uint8Array(Buffer.concat([serverHello(), ...Array.from({ length: 80 }, () => status)]))
    assert.match(last(heard({}, endless)), /more than 1048576 bytes of messages/)
  })
})

function tls13Hello(extensions: readonly RawExtension[], cipherSuite = 0x1301): Uint8Array {
  const version = { type: EXTENSION_TYPE.supported_versions, data: encodeSupportedVersionsServerHello(0x0304) }
  return serverHello({ cipherSuite, extensions: [version, ...extensions] })
}

describe('what is out of place', () => {
  test('of the server is shown and passed over', () => {
    const events = heard({}, record(HANDSHAKE_TYPE.finished, new Uint8Array(12)), serverHello(), serverHello())
    assert.deepEqual(
      events.map((event) => event.kind),
      ['unexpected-message', 'server-hello', 'unexpected-message'],
    )
  })

  test('of the caller is a bug of his', () => {
    const session = new ClientSession()
    session.start()
    for (const call of [() => session.renegotiate(), () => session.sendFinished(), () => session.sendClientKeyExchange()]) {
      assert.throws(call, { code: 'SESSION_OUT_OF_PLACE', fault: 'bug' })
    }
    session.push(serverHello())
    assert.throws(() => session.renegotiate(), { message: 'Cannot renegotiate now: the handshake before is not over' })
  })
})

/** The groups and keys of a hello in its record. */
function sharesIn(record: Uint8Array): readonly (readonly [number, string])[] {
  const { extensions } = decodeClientHello(decodeHandshake(decodeRecord(record).fragment).body)
  const shares = decodeKeyShareClientHello(findExtension(extensions, EXTENSION_TYPE.key_share)!)
  return shares.map(({ group, keyExchange }) => [group, Buffer.from(keyExchange).toString('hex')])
}

test('key shares come from where the caller says, also in a second hello', () => {
  const own = new Map([29, 23].map((group) => [group, generateKeyShare(group)!]))
  const key = (group: number): readonly [number, string] => [group, Buffer.from(own.get(group)!.publicValue).toString('hex')]
  const session = new ClientSession({ protocols: ['TLSv1.3'], groups: [29, 23], keyShares: [29], shareOf: (group) => own.get(group) })
  assert.deepEqual(sharesIn(session.start()), [key(29)])
  // Behind a ChangeCipherSpec, RFC 8446 §D.4.
  assert.deepEqual(sharesIn(session.push(retryRequest([askFor(23)])).send!.slice(6)), [key(23)])
})

/** A TLS 1.3 server made of the same key schedule, that says after its hello what a test wants it to say. */
function hostileServer(first: Uint8Array, messages: (finished: Uint8Array) => readonly [type: number, body: Uint8Array][]): Uint8Array {
  const suite = suiteCipherByCode(0x1301)!
  const client = decodeRecord(first).fragment
  const [theirs] = decodeKeyShareClientHello(
    findExtension(decodeClientHello(decodeHandshake(client).body).extensions, EXTENSION_TYPE.key_share)!,
  )
  const share = generateKeyShare(29)!
  const hello = tls13Hello([
    { type: EXTENSION_TYPE.key_share, data: encodeKeyShareServerHello({ group: 29, keyExchange: share.publicValue }) },
  ])
  const transcript = Buffer.concat([client, decodeRecord(hello).fragment])
  const secret = handshakeSecret('sha256', earlySecret('sha256'), share.agree(theirs!.keyExchange))
  const traffic = deriveSecret('sha256', secret, 's hs traffic', transcriptHash('sha256', transcript))
  const protection = tls13Protection(suite, traffic)
  const finished = finishedVerifyData('sha256', traffic, transcriptHash('sha256', transcript))
  const sealed = messages(finished).map(([type, body]) =>
    encodeRecord(protection.seal(CONTENT_TYPE.handshake, encodeHandshake({ type, body }))),
  )
  return new Uint8Array(Buffer.concat([hello, ...sealed]))
}

describe('facts that another client would refuse', () => {
  const offer = { protocols: ['TLSv1.3'], groups: [29], keyShares: [29] } as const

  function meet(messages: (finished: Uint8Array) => readonly [type: number, body: Uint8Array][]): Step {
    const session = new ClientSession(offer)
    return session.push(hostileServer(session.start(), messages))
  }

  test('a right Finished is valid', () => {
    const { events } = meet((finished) => [[HANDSHAKE_TYPE.finished, encodeFinished(finished)]])
    assert.deepEqual(
      events.slice(1).map((event) => [event.kind, event.kind === 'finished' && event.valid]),
      [
        ['finished', true],
        ['connected', false],
      ],
    )
  })

  for (const [why, verifyData] of [
    ['wrong', new Uint8Array(32)],
    ['too short', Uint8Array.of(1)],
  ] as const) {
    test(`a Finished that is ${why} is not, and the session goes on`, () => {
      const { events, send } = meet(() => [[HANDSHAKE_TYPE.finished, verifyData]])
      assert.deepEqual(
        events.slice(1).map((event) => [event.kind, event.kind === 'finished' && event.valid]),
        [
          ['finished', false],
          ['connected', false],
        ],
      )
      assert.ok(send)
    })
  }

  test('a certificate that is none is shown as it came, and its signature is unknown', () => {
    const entry = { certData: text('not DER'), extensions: [] }
    const { events } = meet(() => [
      [HANDSHAKE_TYPE.encrypted_extensions, encodeEncryptedExtensions([])],
      [HANDSHAKE_TYPE.certificate, encodeCertificateTls13({ certificateRequestContext: new Uint8Array(), certificateList: [entry] })],
      [HANDSHAKE_TYPE.certificate_verify, hex('0403000101')],
    ])
    const certificate = events.find((event) => event.kind === 'certificate')
    assert.deepEqual(certificate?.chain, [entry.certData])
    assert.equal(events.find((event) => event.kind === 'certificate-verify')?.signatureValid, 'unknown')
  })

  test('a CompressedCertificate is unsupported', () => {
    const { events } = meet(() => [[HANDSHAKE_TYPE.compressed_certificate, new Uint8Array(8)]])
    assert.equal(last(events), 'unsupported certificate-compression: a CompressedCertificate')
  })
})

/** A session and Node's own server, without a socket between them. `cut` says how many octets arrive at once. */
async function meetNode(options: Partial<SessionOptions>, cut: number): Promise<{ session: ClientSession; events: SessionEvent[] }> {
  const [near, far] = duplexPair()
  // An anonymous suite needs no certificate.
  const secureContext = createSecureContext({ ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.2' })
  const server = new TLSSocket(far, { isServer: true, secureContext })
  server.on('error', () => {})
  const session = new ClientSession({ cipherSuites: [0xc018], ...options })
  const events: SessionEvent[] = []
  const heardIt = Promise.withResolvers<void>()
  near.on('data', (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += cut) {
      const step = session.push(Uint8Array.from(bytes.slice(at, at + cut)))
      events.push(...step.events)
      if (step.send) near.write(step.send)
    }
    if (events.some((event) => event.kind === 'application-data' && event.data.length > 1)) heardIt.resolve()
  })
  near.write(session.start())
  await once(server, 'secure')
  server.write('hello')
  await heardIt.promise
  server.destroy()
  return { session, events }
}

describe('a handshake with Node', { timeout: 10_000 }, () => {
  for (const protocol of ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
    test(`is the same in ${protocol} whether octets come alone or together`, async () => {
      const kinds = [
        'server-hello',
        'server-key-exchange',
        'server-hello-done',
        'new-session-ticket',
        'change-cipher-spec',
        'finished',
        'connected',
      ]
      for (const cut of [1, 7, 100_000]) {
        const { events } = await meetNode({ protocols: [protocol] }, cut)
        assert.deepEqual(
          events.slice(0, kinds.length).map((event) => event.kind),
          kinds,
        )
        const data = events.filter((event) => event.kind === 'application-data').map((event) => Buffer.from(event.data).toString())
        assert.equal(data.join(''), 'hello')
      }
    })
  }

  test('ends at a record that the keys do not open', async () => {
    const { session } = await meetNode({ protocols: ['TLSv1.2'] }, 100_000)
    const forged = encodeRecord({ type: 23, legacyRecordVersion: 0x0303, fragment: new Uint8Array(64) })
    assert.deepEqual(session.push(forged), { events: [{ kind: 'bad-record', type: 23, length: 64 }] })
    assert.deepEqual(session.push(forged), { events: [] })
  })

  test('an alert in clear is heard behind the change of keys, and says that it is in clear', async () => {
    const { session } = await meetNode({ protocols: ['TLSv1.2'] }, 100_000)
    const { events } = session.push(hex('15030300020228'))
    assert.deepEqual(events, [
      { kind: 'alert', level: 2, description: 40, sealed: false },
      { kind: 'closed', by: 'fatal-alert' },
    ])
  })

  test('write() cuts what is too long for one record', async () => {
    const { session } = await meetNode({ protocols: ['TLSv1.2'] }, 100_000)
    const bytes = session.write(new Uint8Array(2 ** 14 + 1))
    const first = 5 + bytes[3]! * 256 + bytes[4]!
    assert.ok(bytes.length > first)
    assert.equal(bytes[first], 23)
  })
})
