import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { suiteByCode } from '../registry/index.ts'
import { encodeServerKeyExchange, serverKeyExchangeShape, type ServerParams } from '../wire/index.ts'
import type { HelloOffer } from './hello.ts'
import { groupName, observe, observedGroup } from './observation.ts'
import { alert, closed, NO_ANSWERS, serverHello, sslv2Error, type HelloAnswer } from './testdata/answers.ts'

const OFFER: HelloOffer = { protocol: 'TLSv1.2', suites: [0xc02f], groups: [], signatureSchemes: [], serverName: undefined }
const octets = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

/** A ServerKeyExchange as a server of this version would write it for this suite. */
function keyExchange(suite: number, version: number, params: ServerParams): Uint8Array {
  const found = suiteByCode(suite)
  assert.ok(found && serverKeyExchangeShape(found, version) !== undefined)
  const algorithm = version >= 0x0303 ? 0x0401 : undefined
  return encodeServerKeyExchange({ pskIdentityHint: undefined, params, signature: { algorithm, signature: octets(1, 2) } })
}

const ECDHE: ServerParams = { kind: 'ECDHE', curveParams: { kind: 'named_curve', namedCurve: 0x0017 }, point: octets(4, 1, 2) }
const DHE: ServerParams = { kind: 'DHE', dhP: octets(23), dhG: octets(5), dhYs: octets(8) }

describe('observe()', () => {
  test('nothing but a ServerHello is an observation', () => {
    for (const answer of [closed, alert('handshake_failure'), sslv2Error, ...NO_ANSWERS.map(([, one]) => one)])
      assert.equal(observe(OFFER, answer), undefined)
  })

  const rows: readonly { given: HelloAnswer; protocol?: string; suite?: string; kind?: string; group?: number; reason: string }[] = [
    {
      given: { suite: 0xc02f, flight: { serverKeyExchange: keyExchange(0xc02f, 0x0303, ECDHE) } },
      protocol: 'TLSv1.2',
      suite: 'ECDHE-RSA-AES128-GCM-SHA256',
      kind: 'ECDHE',
      group: 0x0017,
      reason: 'TLS 1.2 and its curve',
    },
    {
      given: { version: 0x0301, suite: 0xc013, flight: { serverKeyExchange: keyExchange(0xc013, 0x0301, ECDHE) } },
      protocol: 'TLSv1',
      suite: 'ECDHE-RSA-AES128-SHA',
      kind: 'ECDHE',
      group: 0x0017,
      reason: 'TLS 1.0, whose signature names no algorithm',
    },
    {
      given: { suite: 0x009e, flight: { serverKeyExchange: keyExchange(0x009e, 0x0303, DHE) } },
      protocol: 'TLSv1.2',
      suite: 'DHE-RSA-AES128-GCM-SHA256',
      kind: 'DHE',
      reason: 'a prime is no group with a number',
    },
    {
      given: { version: 0x0304, suite: 0x1301, group: 0x001d },
      protocol: 'TLSv1.3',
      suite: 'TLS_AES_128_GCM_SHA256',
      group: 0x001d,
      reason: 'TLS 1.3 says its group itself',
    },
    { given: { suite: 0x002f }, protocol: 'TLSv1.2', suite: 'AES128-SHA', reason: 'RSA has no key exchange to see' },
    {
      given: { suite: 0xc02f, flight: { serverKeyExchange: octets(3, 0) } },
      protocol: 'TLSv1.2',
      suite: 'ECDHE-RSA-AES128-GCM-SHA256',
      reason: 'one that cannot be read says nothing, and is no exception',
    },
    { given: { suite: 0xc02f }, protocol: 'TLSv1.2', suite: 'ECDHE-RSA-AES128-GCM-SHA256', reason: 'the flight broke off' },
    { given: { suite: 0xfafa }, protocol: 'TLSv1.2', reason: 'a suite that nobody knows' },
    { given: { version: 0x0399 }, suite: 'ECDHE-RSA-AES128-GCM-SHA256', reason: 'a version that nobody knows' },
  ]
  for (const { given, protocol, suite, kind, group, reason } of rows) {
    test(reason, () => {
      const seen = observe(OFFER, serverHello(given))
      assert.ok(seen)
      assert.deepEqual(
        [seen.protocol, seen.suite?.openssl, seen.keyExchange?.params?.kind, observedGroup(seen)],
        [protocol, suite, kind, group],
      )
    })
  }
})

describe('groupName()', () => {
  const rows: readonly [code: number, name: string][] = [
    [0x001d, 'x25519'],
    [0x0017, 'secp256r1'],
    [0x0100, 'ffdhe2048'],
    [0xfafa, '0xfafa'],
    [0x00fe, '0x00fe'],
  ]
  for (const [code, name] of rows) test(name, () => assert.equal(groupName(code), name))
})
