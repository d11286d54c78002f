import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { decodeProxyEnds, decodeProxyHeader, decodeProxySsl, MalformedError, PROXY_TLV } from '../wire/index.ts'
import type { ClientFacts, TlsFacts } from './facts.ts'
import { proxyHeaderFor, readAnnounced } from './proxy-protocol.ts'

const facts: ClientFacts = { address: '192.0.2.7', port: 50_000, localAddress: '198.51.100.1', localPort: 25 }
const six: ClientFacts = { ...facts, address: '2001:db8::7', localAddress: '2001:db8::1' }
const tls: TlsFacts = { version: 'TLSv1.2', suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', serverName: 'mail.example', alpn: 'imap' }

/** What a server makes of it: the values behind the addresses as text, those of TLS among them. */
function values(told: ClientFacts): readonly (readonly [type: number, value: string | readonly [client: number, verify: number]])[] {
  const { block } = decodeProxyHeader(proxyHeaderFor(told))
  return decodeProxyEnds(block, 4).tlvs.flatMap(({ type, value }) => {
    if (type === PROXY_TLV.crc32c) return []
    if (type !== PROXY_TLV.ssl) return [[type, Buffer.from(value).toString()] as const]
    const { client, verify, tlvs } = decodeProxySsl(value)
    return [[type, [client, verify]] as const, ...tlvs.map((one) => [one.type, Buffer.from(one.value).toString()] as const)]
  })
}

describe('what a server hears of a client', () => {
  test('is where it comes from and where it came to', () => {
    for (const told of [facts, six]) assert.deepEqual(readAnnounced(proxyHeaderFor(told))?.announced, told)
    assert.deepEqual(values(facts), [], 'nothing of TLS where there is none')
  })

  test('is that nobody stands behind it where nobody does, or where nobody knows', () => {
    for (const told of [undefined, { ...facts, address: '' }, { ...facts, localAddress: '::1' }])
      assert.equal(readAnnounced(proxyHeaderFor(told))?.announced, 'self')
  })

  test('is its TLS, the suite as OpenSSL calls it', () => {
    assert.deepEqual(values({ ...facts, tls }), [
      [PROXY_TLV.alpn, 'imap'],
      [PROXY_TLV.authority, 'mail.example'],
      [PROXY_TLV.ssl, [1, 1]],
      [PROXY_TLV.sslVersion, 'TLSv1.2'],
      [PROXY_TLV.sslCipher, 'ECDHE-RSA-AES128-GCM-SHA256'],
    ])
  })

  test('is nothing that a client made up to be more than a line, or than fits', () => {
    for (const made of ['a'.repeat(256), 'a'.repeat(70_000), 'a\nb', 'a\u2028b', '\0', '']) {
      const told = values({
        ...facts,
        tls: { ...tls, serverName: made, alpn: made, clientCertificate: { verified: false, commonName: made, sha256: '' } },
      })
      assert.deepEqual(
        told.map(([type]) => type),
        [PROXY_TLV.ssl, PROXY_TLV.sslVersion, PROXY_TLV.sslCipher],
      )
    }
  })

  test('is its certificate, and whether anybody vouches for that', () => {
    for (const [verified, verify] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const told = values({ ...facts, tls: { ...tls, clientCertificate: { verified, commonName: 'printer', sha256: 'AA' } } })
      assert.deepEqual(told.find(([type]) => type === PROXY_TLV.ssl)?.[1], [7, verify])
      assert.deepEqual(told.at(-1), [PROXY_TLV.sslCommonName, 'printer'])
    }
  })
})

describe('what a proxy in front says', () => {
  const line = (text: string): Buffer => Buffer.from(`${text}\r\n`)
  const good: readonly (readonly [why: string, bytes: Uint8Array, announced: ClientFacts | 'self'])[] = [
    ['version 1 with IPv4', line('PROXY TCP4 192.0.2.7 198.51.100.1 50000 25'), facts],
    ['version 1 with IPv6', line('PROXY TCP6 2001:DB8:0::7 2001:db8::1 50000 25'), six],
    ['version 1 with an IPv4 address in IPv6', line('PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 50000 25'), facts],
    ['version 1 of nobody', line('PROXY UNKNOWN'), 'self'],
    ['version 1 of nobody, with words', line('PROXY UNKNOWN ffff:: ffff:: 1 2'), 'self'],
    ['version 2 with IPv4', proxyHeaderFor(facts), facts],
    ['version 2 with IPv6 and TLS', proxyHeaderFor({ ...six, tls }), six],
    ['version 2 of nobody', proxyHeaderFor(undefined), 'self'],
  ]
  for (const [why, bytes, announced] of good) {
    test(`is understood in ${why}, however it is cut, and no octet behind it is touched`, () => {
      for (let length = 0; length < bytes.length; length++) assert.equal(readAnnounced(bytes.slice(0, length)), undefined)
      assert.deepEqual(readAnnounced(Buffer.concat([bytes, Buffer.from('EHLO\r\n')])), { announced, length: bytes.length })
    })
  }

  const changed = (at: number, value: number): Uint8Array => Uint8Array.from(proxyHeaderFor(facts)).with(at, value)
  const bad: readonly (readonly [why: string, bytes: Uint8Array])[] = [
    ['a command', line('EHLO client.example')],
    ['a hello', Buffer.of(0x16, 0x03, 0x01)],
    ['a port that is none', line('PROXY TCP4 192.0.2.7 198.51.100.1 50000 65536')],
    ['a port with a zero before it', line('PROXY TCP4 192.0.2.7 198.51.100.1 050 25')],
    ['an address of the other family', line('PROXY TCP4 2001:db8::7 2001:db8::1 50000 25')],
    ['a family that is none', line('PROXY UDP4 192.0.2.7 198.51.100.1 50000 25')],
    ['a word too many', line('PROXY TCP4 192.0.2.7 198.51.100.1 50000 25 x')],
    ['a bare line feed', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 50000 25\n')],
    ['a line without end', Buffer.from(`PROXY ${'1'.repeat(200)}`)],
    ['another command', changed(12, 0x22)],
    ['datagrams', changed(13, 0x12)],
    ['addresses of another checksum', changed(16, 0)],
    ['more than anybody sends', changed(14, 0xff)],
  ]
  for (const [why, bytes] of bad) test(`is refused with ${why}`, () => assert.throws(() => readAnnounced(bytes), MalformedError))

  test('is never anything but a header, a refusal or a wish for more, whatever comes', () => {
    const starts = fc.constantFrom(Buffer.alloc(0), Buffer.from('PROXY TCP4 '), Buffer.from(proxyHeaderFor(facts).slice(0, 12)))
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 200 }), (start, more) => {
        const bytes = Buffer.concat([start, more])
        try {
          const found = readAnnounced(bytes)
          assert.ok(found === undefined ? bytes.length < 5000 : found.length <= bytes.length)
        } catch (error) {
          assert.ok(error instanceof MalformedError)
        }
      }),
    )
  })
})
