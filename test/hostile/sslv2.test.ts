import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { checkRows, type Check } from './checked.ts'
import { Alert, SSL3, TLS10, TLS11, TLS12 } from './numbers.ts'
import { serverHelloOf, sslv2Hello } from './raw-client.ts'
import { SSLV2 } from './rows-sslv2.ts'
import { SSLV2_KINDS } from './script.ts'
import { offer, once } from './walk.ts'

const SSL2 = 0x0002
/** RC4-MD5 of SSLv2, then suites of SSLv3. */
const MIXED = [0x010080, 0x00002f, 0x000035, 0x00000a]

/** The fields of a SERVER-HELLO, taken apart by position. */
function serverHello2(bytes: Buffer): { certificate: Buffer; kinds: number[]; connectionId: number } {
  assert.equal(bytes.readUInt16BE() & 0x7fff, bytes.length - 2)
  // Message type, no session hit, and the version; the byte between is the certificate type.
  assert.deepEqual([bytes[2], bytes[3], bytes.readUInt16BE(5)], [4, 0, SSL2])
  const [certificate, kinds, id] = [bytes.readUInt16BE(7), bytes.readUInt16BE(9), bytes.readUInt16BE(11)]
  const list = bytes.subarray(13 + certificate, 13 + certificate + kinds)
  assert.equal(bytes.length, 13 + certificate + kinds + id)
  return {
    certificate: bytes.subarray(13, 13 + certificate),
    kinds: Array.from({ length: kinds / 3 }, (_, index) => list.readUIntBE(index * 3, 3)),
    connectionId: id,
  }
}

async function kindsOf(port: number, offered: readonly number[]): Promise<number[]> {
  const answer = await once(port, sslv2Hello(SSL2, offered))
  assert.equal(answer.kind, 'sslv2')
  const found = serverHello2(answer.bytes)
  assert.equal(found.connectionId, 16)
  assert.match(new X509Certificate(found.certificate).subject, /hostile\.example/)
  return found.kinds
}

/** The version that an SSLv2-format hello is answered with. */
const versionFor = async (port: number, version: number): Promise<number> =>
  serverHelloOf(await once(port, sslv2Hello(version, MIXED))).version

const refuses =
  (kind: string, alert = -1, ms?: number): Check =>
  async (port) => {
    const answer = await once(port, sslv2Hello(TLS10, MIXED), ms)
    assert.deepEqual([answer.kind, answer.alert], [kind, alert])
    assert.equal((await once(port, offer(TLS12, { suites: [0x002f] }))).kind, 'messages')
  }

checkRows('SSLV2', SSLV2, {
  'sslv2-only': async (port) => {
    assert.deepEqual(await kindsOf(port, [0x0700c0]), SSLV2_KINDS)
    for (const version of [SSL3, TLS10, TLS12]) assert.equal((await once(port, offer(version, { suites: [0x002f] }))).kind, 'fin')
  },
  'sslv2-shared-kinds': async (port) => {
    assert.deepEqual(await kindsOf(port, [0x0700c0, 0x060040]), [0x0700c0])
    assert.deepEqual(await kindsOf(port, [0x060040]), [])
  },
  'sslv2-and-tls': async (port) => {
    assert.deepEqual(await kindsOf(port, SSLV2_KINDS), SSLV2_KINDS)
    for (const version of [SSL3, TLS10, TLS11, TLS12]) assert.equal(await versionFor(port, version), version)
  },
  'sslv2-without-kinds': async (port) => assert.deepEqual(await kindsOf(port, SSLV2_KINDS), []),
  'sslv2-no-cipher': async (port) => {
    assert.equal((await once(port, sslv2Hello(SSL2, SSLV2_KINDS))).bytes.toString('hex'), '8003000001')
    assert.equal(await versionFor(port, SSL3), SSL3)
  },
  'sslv2-hello-ssl3': async (port) => {
    for (const version of [SSL3, TLS12]) assert.equal(await versionFor(port, version), SSL3)
    assert.equal((await once(port, sslv2Hello(SSL2, SSLV2_KINDS))).kind, 'fin')
  },
  'sslv2-hello-silent': refuses('silent', -1, 150),
  'sslv2-hello-alerted': refuses('alert', Alert.protocolVersion),
  'sslv2-hello-closed': refuses('fin'),
})
