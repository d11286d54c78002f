import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeProtocolNameList } from './application-protocols.ts'
import type { ClientHello } from './client-hello.ts'
import { EXTENSION_TYPE, type RawExtension } from './extension.ts'
import { ja4, ja4r, type Ja4Transport } from './ja4.ts'
import { MalformedError } from './reader.ts'
import { encodeSignatureSchemes } from './signature-algorithms.ts'
import { encodeSupportedVersionsClientHello } from './supported-versions.ts'
import { hex } from './testdata/hex.ts'

const codes = (list: string): number[] => (list === '' ? [] : list.split(',').map((code) => Number.parseInt(code, 16)))

/** A hello with these suites and extensions in this order; the extensions JA4 looks into are filled. */
function hello(fields: {
  suites?: string
  extensions?: string
  schemes?: string
  versions?: string
  legacyVersion?: number
  alpn?: Uint8Array | readonly string[]
}): ClientHello {
  const alpn = fields.alpn ?? []
  const data = new Map<number, Uint8Array>([
    [EXTENSION_TYPE.signature_algorithms, encodeSignatureSchemes(codes(fields.schemes ?? ''))],
    [EXTENSION_TYPE.supported_versions, encodeSupportedVersionsClientHello(codes(fields.versions ?? '0304'))],
    [EXTENSION_TYPE.application_layer_protocol_negotiation, alpn instanceof Uint8Array ? alpn : encodeProtocolNameList(alpn)],
  ])
  const extension = (type: number): RawExtension => ({ type, data: data.get(type) ?? new Uint8Array(0) })
  return {
    legacyVersion: fields.legacyVersion ?? 0x0303,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(0),
    cipherSuites: codes(fields.suites ?? ''),
    legacyCompressionMethods: [0],
    extensions: codes(fields.extensions ?? '').map(extension),
  }
}

/** The example of JA4.md, with GREASE put back where Chrome puts it. */
const chrome = hello({
  suites: '3a3a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035',
  extensions: '0a0a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,fafa,0015',
  schemes: '0403,0804,0401,0503,0805,0501,0806,0601',
  versions: '5a5a,0304,0303',
  alpn: ['h2', 'http/1.1'],
})

/** Of the capture tls-alpn-h2.pcap beside JA4.md. */
const client46 = hello({
  suites:
    'c030,c02c,c028,c024,c014,c00a,009f,006b,0039,cca9,cca8,ccaa,ff85,00c4,0088,0081,009d,003d,0035,00c0,0084,c02f,c02b,c027,c023,c013,c009,009e,0067,0033,00be,0045,009c,003c,002f,00ba,0041,c011,c007,0005,0004,c012,c008,0016,000a,00ff',
  extensions: '0000,000b,000a,000d,0010',
  schemes: '0601,0603,efef,0501,0503,0401,0403,eeee,eded,0301,0303,0201,0203',
  alpn: ['h2', 'http/1.1'],
})

/** Of the capture tls12.pcap beside JA4.md. */
const client17 = hello({
  suites: '1301,1303,1302,c02b,c02f,cca9,cca8,c02c,c030,c00a,c009,c013,c014,009c,009d,002f,0035',
  extensions: '0000,0017,ff01,000a,000b,0023,0010,0005,0022,0033,002b,000d,002d,001c,0015',
  schemes: '0403,0503,0603,0804,0805,0806,0401,0501,0601,0203,0201',
  alpn: ['h2'],
})

describe('ja4()', () => {
  const published: readonly (readonly [why: string, hello: ClientHello, ja4: string, raw: string])[] = [
    [
      'the example of JA4.md, Chrome',
      chrome,
      't13d1516h2_8daaf6152771_e5627efa2ab1',
      't13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,0804,0401,0503,0805,0501,0806,0601',
    ],
    [
      'a hello of TLS 1.2 without supported_versions, with SCSV and private suites',
      client46,
      't12d4605h2_85626a9a5f7f_aaf95bb78ec9',
      't12d4605h2_0004,0005,000a,0016,002f,0033,0035,0039,003c,003d,0041,0045,0067,006b,0081,0084,0088,009c,009d,009e,009f,00ba,00be,00c0,00c4,00ff,c007,c008,c009,c00a,c011,c012,c013,c014,c023,c024,c027,c028,c02b,c02c,c02f,c030,cca8,cca9,ccaa,ff85_000a,000b,000d_0601,0603,efef,0501,0503,0401,0403,eeee,eded,0301,0303,0201,0203',
    ],
    [
      'a hello of 17 suites with signature schemes out of order',
      client17,
      't13d1715h2_5b57614c22b0_3d5424432f57',
      't13d1715h2_002f,0035,009c,009d,1301,1302,1303,c009,c00a,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_0005,000a,000b,000d,0015,0017,001c,0022,0023,002b,002d,0033,ff01_0403,0503,0603,0804,0805,0806,0401,0501,0601,0203,0201',
    ],
  ]
  for (const [why, client, fingerprint, raw] of published) {
    test(`gives the published value of ${why}`, () => {
      assert.equal(ja4(client), fingerprint)
      assert.equal(ja4r(client), raw)
    })
  }

  test('ends the extensions without an underscore when there are no signature algorithms (JA4.md "Extension hash")', () => {
    const extensions = '0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01'
    assert.equal(ja4(hello({ suites: '1301', extensions })).split('_')[2], '6d807ffa2a79')
    assert.equal(ja4r(hello({ suites: '1301', extensions })), `t13i011400_1301_${extensions}`)
  })

  test('writes zeros for a list that is empty (JA4.md "Cipher hash" and "Extension hash")', () => {
    const bare = { ...hello({}), extensions: undefined }
    assert.equal(ja4(bare), 't12i000000_000000000000_000000000000')
    assert.equal(ja4r(bare), 't12i000000__')
    const named = hello({ extensions: '0000,0010', alpn: ['h2'] })
    assert.equal(ja4(named), 't12d0002h2_000000000000_000000000000', 'server_name and ALPN alone count as none')
  })

  const alpn: readonly (readonly [why: string, first: string, shown: string])[] = [
    ['two characters', '6832', 'h2'],
    ['first and last', '687474702f312e31', 'h1'],
    ['one character is both', '78', 'xx'],
    ['an empty name', '', '00'],
    ['0xAB', 'ab', 'ab'],
    ['0x20', '20', '20'],
    ['0xAB 0xCD', 'abcd', 'ad'],
    ['0x20 0x61', '2061', '21'],
    ['0x30 0xAB', '30ab', '3b'],
    ['0x61 0x20', '6120', '60'],
    ['0x30 0x31 0xAB 0xCD', '3031abcd', '3d'],
    ['0x30 0xAB 0xCD 0x31', '30abcd31', '01'],
    ['a line feed inside', '610a62', 'ab'],
  ]
  for (const [why, first, shown] of alpn) {
    test(`shows the first ALPN name by its ends: ${why} (JA4.md "ALPN Extension Value")`, () => {
      const name = String.fromCharCode(...hex(first))
      assert.equal(ja4(hello({ extensions: '0010', alpn: [name, 'zz'] })).slice(8, 10), shown)
    })
  }

  const versions: readonly (readonly [why: string, fields: Parameters<typeof hello>[0], shown: string])[] = [
    ['the highest, not the first', { extensions: '002b', versions: '0301,0304,0303' }, '13'],
    ['GREASE is not the highest', { extensions: '002b', versions: 'fafa,0303' }, '12'],
    ['the old field without the extension', { legacyVersion: 0x0301 }, '10'],
    ['TLS 1.1', { legacyVersion: 0x0302 }, '11'],
    ['SSL 3.0', { legacyVersion: 0x0300 }, 's3'],
    ['SSL 2.0', { legacyVersion: 0x0002 }, 's2'],
    ['DTLS 1.0', { legacyVersion: 0xfeff }, 'd1'],
    ['DTLS 1.2', { legacyVersion: 0xfefd }, 'd2'],
    ['DTLS 1.3', { extensions: '002b', versions: 'fefc' }, 'd3'],
    ['a version nobody knows', { legacyVersion: 0x0305 }, '00'],
    ['no version but GREASE', { extensions: '002b', versions: '1a1a' }, '00'],
  ]
  for (const [why, fields, shown] of versions) {
    test(`shows the version: ${why} (JA4.md "TLS and DTLS Version")`, () => assert.equal(ja4(hello(fields)).slice(1, 3), shown))
  }

  test('shows the transport', () => {
    const shown = (['t', 'q', 'd'] as const satisfies readonly Ja4Transport[]).map((transport) => ja4(chrome, { transport }).charAt(0))
    assert.deepEqual(shown, ['t', 'q', 'd'])
    assert.ok(ja4r(chrome, { transport: 'q' }).startsWith('q13d'))
  })

  test('counts at most 99', () => {
    const many = { ...hello({}), cipherSuites: Array.from({ length: 100 }, (_, index) => 0x0100 + index) }
    assert.equal(ja4(many).slice(4, 6), '99')
  })

  test('ignores GREASE and nothing that only looks like it (RFC 8701 §2)', () => {
    assert.equal(ja4r(hello({ suites: '0a0a,fafa,0a1a,aa0a,0b0b' })).split('_')[1], '0a1a,0b0b,aa0a')
  })

  test('throws MalformedError for an extension that it has to read and cannot', () => {
    assert.throws(() => ja4(hello({ extensions: '0010', alpn: hex('00') })), MalformedError)
  })
})
