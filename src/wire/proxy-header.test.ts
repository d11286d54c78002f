import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  crc32c,
  decodeProxyEnds,
  decodeProxyHeader,
  encodeProxyHeader,
  isProxyHeaderSound,
  PROXY_TLV,
  proxyHeaderLength,
  sealProxyHeader,
  startsProxyHeader,
} from './proxy-header.ts'
import { decodeProxyLine } from './proxy-line.ts'
import { ipOctets, ipText } from './ip-address.ts'
import { MalformedError } from './reader.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('a header of the PROXY protocol', () => {
  test('is octet for octet what its section 2.2 says', () => {
    const header = decodeProxyHeader(hex('0d0a0d0a000d0a515549540a 21 11 000f c0000201 c6336402 dc04 0019 04 0000'))
    assert.deepEqual([header.command, header.family, header.transport], [1, 1, 1])
    const ends = decodeProxyEnds(header.block, 4)
    assert.deepEqual([ipText(ends.source), ipText(ends.destination)], ['192.0.2.1', '198.51.100.2'])
    assert.deepEqual([ends.sourcePort, ends.destinationPort, ends.tlvs.length], [56_324, 25, 1])
  })

  test('carries a checksum of itself, and one octet changed is found out', () => {
    for (const address of ['192.0.2.1', '2001:db8::1']) {
      const end = ipOctets(address) ?? new Uint8Array()
      const tlvs = [{ type: PROXY_TLV.authority, value: Buffer.from('mail.example') }]
      const sealed = sealProxyHeader({ source: end, destination: end, sourcePort: 1, destinationPort: 25, tlvs })
      assert.equal(proxyHeaderLength(sealed), sealed.length)
      const sound = (bytes: Uint8Array): boolean => {
        const header = decodeProxyHeader(bytes)
        return isProxyHeaderSound(header, decodeProxyEnds(header.block, end.length === 4 ? 4 : 16))
      }
      assert.ok(sound(sealed))
      for (const at of [16, sealed.length - 1]) assert.ok(!sound(sealed.with(at, (sealed[at] ?? 0) ^ 1)), `octet ${at} changed`)
    }
  })

  const bad: readonly (readonly [why: string, bytes: string])[] = [
    ['another signature', '0d0a0d0a000d0a515549540b 21 11 0000'],
    ['version 1 in this form', '0d0a0d0a000d0a515549540a 11 11 0000'],
    ['less than its length', '0d0a0d0a000d0a515549540a 21 11 0001'],
  ]
  for (const [why, bytes] of bad) test(`is none with ${why}`, () => assert.throws(() => decodeProxyHeader(hex(bytes)), MalformedError))

  test('is told from others by its first octets', () => {
    const whole = encodeProxyHeader({ command: 0, family: 0, transport: 0, block: new Uint8Array() })
    for (let length = 0; length <= whole.length; length++) {
      assert.ok(startsProxyHeader(whole.slice(0, length)))
      assert.equal(proxyHeaderLength(whole.slice(0, length)), length < 16 ? undefined : 16)
    }
    for (const other of ['PROXY TCP4', 'EHLO a', '\r\n\r\nGET']) assert.ok(!startsProxyHeader(Buffer.from(other)))
  })
})

test('crc32c() has the values of RFC 3720 §B.4', () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e)
})

describe('a line of the PROXY protocol', () => {
  test('is words with one blank between them', () => {
    const { protocol, words } = decodeProxyLine(Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n'))
    assert.deepEqual([protocol, ...words], ['TCP6', '2001:db8::1', '2001:db8::2', '1', '65535'])
    assert.deepEqual(decodeProxyLine(Buffer.from('PROXY UNKNOWN\r\n')), { protocol: 'UNKNOWN', words: [] })
  })
  for (const text of [
    'PROXY\r\n',
    'PROXY TCP4 1\n',
    'PROXY  TCP4\r\n',
    'proxy TCP4\r\n',
    'PROXY TCP4 \r\n',
    `PROXY ${'a'.repeat(101)}\r\n`,
  ])
    test(`is none as ${JSON.stringify(text)}`, () => assert.throws(() => decodeProxyLine(Buffer.from(text)), MalformedError))
})

describe('an address', () => {
  const good: readonly (readonly [given: string, canonical: string])[] = [
    ['192.0.2.255', '192.0.2.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['10:0:0:0:0:0:0:0', '10::'],
    ['0:0:1:0:0:0:1:0', '0:0:1::1:0'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ]
  for (const [given, canonical] of good) {
    test(`${given} is ${canonical}, RFC 5952 §4`, () => {
      const octets = ipOctets(given)
      assert.ok(octets)
      assert.equal(ipText(octets), canonical)
      assert.deepEqual(ipOctets(canonical), octets)
    })
  }
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.04',
    '1.2.3.256',
    ':1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    '1.2.3.4::',
    'a.b.c.d',
  ])
    test(`${JSON.stringify(text)} is none`, () => assert.equal(ipOctets(text), undefined))
})
