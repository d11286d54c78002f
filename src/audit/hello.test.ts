import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  decodeServerNameList,
  decodeSignatureSchemes,
  decodeSupportedGroups,
  EXTENSION_TYPE,
  FlightReader,
  type ClientHello,
} from '../wire/index.ts'
import { OLD_GROUPS, OLD_SUITES, SIGNATURE_SCHEMES } from './candidates.ts'
import { encodeOffer, sniName, type HelloOffer, type HelloProtocol } from './hello.ts'
import { clientHelloOf } from './testdata/model-server.ts'

const OFFER: HelloOffer = {
  protocol: 'TLSv1.2',
  suites: [0xc02f, 0x002f],
  groups: [0x001d, 0x0017],
  signatureSchemes: [0x0804, 0x0401],
  serverName: 'mail.example',
}

const offer = (given: Partial<HelloOffer>): ClientHello => clientHelloOf(encodeOffer({ ...OFFER, ...given }))
const types = ({ extensions }: ClientHello): readonly number[] | undefined => extensions?.map(({ type }) => type)
const dataOf = ({ extensions }: ClientHello, type: number): Uint8Array =>
  extensions?.find((one) => one.type === type)?.data ?? Uint8Array.of(255)

const { server_name, supported_groups, signature_algorithms, ec_point_formats, encrypt_then_mac, extended_master_secret, session_ticket } =
  EXTENSION_TYPE
const { supported_versions, psk_key_exchange_modes, key_share, padding, heartbeat } = EXTENSION_TYPE
const BEFORE = [ec_point_formats, encrypt_then_mac, extended_master_secret, session_ticket]

describe('encodeOffer()', () => {
  const rows: readonly {
    protocol: HelloProtocol
    record: number
    version: number
    scsv: boolean
    extensions: readonly number[] | undefined
    reason: string
  }[] = [
    {
      protocol: 'SSLv3',
      record: 0x0300,
      version: 0x0300,
      scsv: true,
      extensions: undefined,
      reason: 'there were no extensions, RFC 3546 §2',
    },
    {
      protocol: 'TLSv1',
      record: 0x0301,
      version: 0x0301,
      scsv: true,
      extensions: [server_name, supported_groups, ...BEFORE],
      reason: 'nor signature_algorithms, RFC 5246 §7.4.1.4.1',
    },
    {
      protocol: 'TLSv1.1',
      record: 0x0301,
      version: 0x0302,
      scsv: true,
      extensions: [server_name, supported_groups, ...BEFORE],
      reason: 'as before',
    },
    {
      protocol: 'TLSv1.2',
      record: 0x0301,
      version: 0x0303,
      scsv: true,
      extensions: [server_name, supported_groups, signature_algorithms, ...BEFORE],
      reason: 'the record says 1.0, RFC 5246 §E.1',
    },
    {
      protocol: 'TLSv1.3',
      record: 0x0301,
      version: 0x0303,
      scsv: false,
      extensions: [server_name, supported_groups, signature_algorithms, supported_versions, psk_key_exchange_modes, key_share],
      reason: 'the version is in an extension, RFC 8446 §4.1.2',
    },
  ]
  for (const { protocol, record, version, scsv, extensions, reason } of rows) {
    test(`${protocol}: ${reason}`, () => {
      const bytes = encodeOffer({ ...OFFER, protocol })
      const hello = clientHelloOf(bytes)
      assert.deepEqual([bytes[1]! * 256 + bytes[2]!, hello.legacyVersion, types(hello)], [record, version, extensions])
      assert.deepEqual(hello.cipherSuites, scsv ? [0xc02f, 0x002f, 0x00ff] : [0xc02f, 0x002f])
      assert.deepEqual([hello.legacyCompressionMethods, hello.legacySessionId.length], [[0], 32], 'some refuse an empty session id')
    })
  }

  test('says what it was given to say', () => {
    const hello = offer({})
    const [name] = decodeServerNameList(dataOf(hello, server_name))
    assert.match(JSON.stringify(name), /mail\.example/)
    assert.deepEqual(decodeSupportedGroups(dataOf(hello, supported_groups)), OFFER.groups)
    assert.deepEqual(decodeSignatureSchemes(dataOf(hello, signature_algorithms)), OFFER.signatureSchemes)
  })

  test('no name, no groups: then those extensions are left out, which is not the same as empty', () => {
    assert.deepEqual(types(offer({ serverName: undefined, groups: [] })), [signature_algorithms, ...BEFORE])
  })

  test('extensions of one’s own take the place of usual ones, or follow them', () => {
    const own = [
      { type: heartbeat, data: Uint8Array.of(1) },
      { type: session_ticket, data: Uint8Array.of(9, 9) },
    ]
    const hello = offer({ extensions: own })
    assert.deepEqual(types(hello)?.slice(-3), [extended_master_secret, heartbeat, session_ticket])
    assert.deepEqual(dataOf(hello, session_ticket), Uint8Array.of(9, 9))
  })

  test('the fields of others’ choice are as they are given', () => {
    const hello = offer({ legacyVersion: 0x0305, compressionMethods: [1, 0], sessionId: Uint8Array.of(1, 2) })
    assert.deepEqual([hello.legacyVersion, hello.legacyCompressionMethods, hello.legacySessionId], [0x0305, [1, 0], Uint8Array.of(1, 2)])
    assert.equal(offer({ bare: true }).extensions, undefined)
  })

  test('no two hellos are alike: a server may remember randoms and session ids', () => {
    const [one, other] = [offer({}), offer({})]
    assert.notDeepEqual([one.random], [other.random])
    assert.notDeepEqual([one.legacySessionId], [other.legacySessionId])
  })

  test('padded, no hello has 256 to 511 bytes, RFC 7685 §4; and nothing else changes', () => {
    const suites = fc.integer({ min: 1, max: OLD_SUITES.length }).map((count) => OLD_SUITES.slice(0, count))
    const protocol = fc.constantFrom<HelloProtocol>('TLSv1', 'TLSv1.2', 'TLSv1.3')
    const groups = fc.integer({ min: 1, max: OLD_GROUPS.length }).map((count) => OLD_GROUPS.slice(0, count))
    fc.assert(
      fc.property(suites, protocol, groups, (suites, protocol, groups) => {
        const given = { ...OFFER, suites, protocol, groups, signatureSchemes: SIGNATURE_SCHEMES }
        const [plain, padded] = [encodeOffer(given), encodeOffer({ ...given, pad: true })]
        const length = padded.length - 5
        assert.ok(length < 256 || length >= 512, `${length} bytes`)
        assert.ok(padded.length === plain.length || length <= 515, 'no more than is needed')
        const hello = clientHelloOf(padded)
        assert.deepEqual(
          types(hello)?.filter((type) => type !== padding),
          types(clientHelloOf(plain)),
        )
        assert.ok(dataOf(hello, padding).every((byte) => byte === 0 || byte === 255))
      }),
      { numRuns: 80 },
    )
  })

  test('a hello that is short stays so', () => {
    const short = { ...OFFER, pad: true }
    assert.equal(encodeOffer(short).length, encodeOffer({ ...OFFER }).length)
    assert.ok(encodeOffer(short).length < 256)
  })

  for (const given of [{ bare: true }, { protocol: 'SSLv3' }] as const) {
    test(`what has no extensions has no padding: ${JSON.stringify(given)}`, () => {
      assert.equal(offer({ ...given, suites: OLD_SUITES.slice(0, 120), pad: true }).extensions, undefined)
    })
  }

  test('a hello longer than a record is cut into several, RFC 5246 §6.2.1', () => {
    const bytes = encodeOffer({ ...OFFER, extensions: [{ type: 0xfafa, data: new Uint8Array(40_000) }] })
    const reader = new FlightReader()
    reader.push(bytes)
    assert.equal(reader.next()?.kind, 'handshake')
    assert.equal(reader.left, 0)
  })
})

describe('sniName()', () => {
  const rows: readonly [host: string, name: string | undefined, reason: string][] = [
    ['mail.example.com', 'mail.example.com', 'a name'],
    ['mail.example.com.', 'mail.example.com', 'without the dot of DNS, RFC 6066 §3'],
    ['192.0.2.1', undefined, 'an address is no name, RFC 6066 §3'],
    ['2001:db8::1', undefined, 'neither is one of IPv6'],
  ]
  for (const [host, name, reason] of rows) test(`${host}: ${reason}`, () => assert.equal(sniName(host), name))
})
