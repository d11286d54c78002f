import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EXTENSION_TYPE, encodeServerKeyExchange, type ServerParams } from '../wire/index.ts'
import { dhPosture, ecdhReuse, helloFeatures } from './facts.ts'
import type { HelloOffer } from './hello.ts'
import { observe, type Observation } from './observation.ts'
import { extension, serverHello, type HelloAnswer } from './testdata/answers.ts'

const OFFER: HelloOffer = { protocol: 'TLSv1.2', suites: [0xc02f], groups: [], signatureSchemes: [], serverName: undefined }
const octets = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

function seen(given: HelloAnswer, params?: ServerParams): Observation {
  const algorithm = (given.version ?? 0x0303) >= 0x0303 ? 0x0401 : undefined
  const signature = { algorithm, signature: octets(1) }
  const serverKeyExchange = params && encodeServerKeyExchange({ pskIdentityHint: undefined, params, signature })
  const observation = observe(
    OFFER,
    serverHello({ ...given, ...(serverKeyExchange === undefined ? {} : { flight: { serverKeyExchange } }) }),
  )
  assert.ok(observation)
  return observation
}

const dhe = (dhP: Uint8Array, dhYs: Uint8Array, version = 0x0303, dhG = octets(2)): Observation =>
  seen({ suite: version === 0x0303 ? 0x009e : 0x0033, version }, { kind: 'DHE', dhP, dhG, dhYs })
const ecdhe = (point: Uint8Array): Observation =>
  seen({ suite: 0xc02f }, { kind: 'ECDHE', curveParams: { kind: 'named_curve', namedCurve: 0x0017 }, point })

const SMALL = octets(0, 0, 0x3f, 1)
const LARGE = octets(0x80, 0, 0, 1)

describe('dhPosture()', () => {
  test('is null where no DHE suite has answered', () => {
    assert.equal(dhPosture([]), null)
    assert.equal(dhPosture([ecdhe(octets(4)), seen({ suite: 0x002f })]), null)
  })

  test('tells every modulus, the weakest first, and counts its bits without the zeros in front', () => {
    const found = dhPosture([dhe(LARGE, octets(1)), dhe(SMALL, octets(2)), dhe(LARGE, octets(3), 0x0301)])
    assert.deepEqual(found, {
      bits: 14,
      prime: 'custom',
      all: [
        { bits: 14, prime: 'custom', generator: 2, protocols: ['TLSv1.2'] },
        { bits: 32, prime: 'custom', generator: 2, protocols: ['TLSv1.2', 'TLSv1'] },
      ],
      reused: false,
    })
  })

  test('protocols stand once each, the newest first, in whatever order they came', () => {
    const [one] = dhPosture([0x0301, 0x0303, 0x0302, 0x0301].map((version, index) => dhe(LARGE, octets(index + 1), version)))?.all ?? []
    assert.deepEqual(one?.protocols, ['TLSv1.2', 'TLSv1.1', 'TLSv1'])
  })

  const reuse: readonly { publics: readonly number[]; reused: boolean | 'unknown'; reason: string }[] = [
    { publics: [1], reused: 'unknown', reason: 'one connection proves nothing' },
    { publics: [1, 2, 3], reused: false, reason: 'all differ' },
    { publics: [1, 2, 1], reused: true, reason: 'one came twice' },
  ]
  for (const { publics, reused, reason } of reuse) {
    test(`reused is ${String(reused)}: ${reason}`, () => {
      assert.equal(dhPosture(publics.map((one) => dhe(LARGE, octets(one))))?.reused, reused)
      assert.equal(ecdhReuse(publics.map((one) => ecdhe(octets(4, one)))), reused)
    })
  }

  test('a generator that is no small number is 0, and so are no bytes', () => {
    assert.equal(dhPosture([dhe(LARGE, octets(1), 0x0303, new Uint8Array(32).fill(255))])?.all[0]?.generator, 0)
    const empty = dhPosture([dhe(octets(), octets(1), 0x0303, octets())])
    assert.deepEqual([empty?.bits, empty?.all[0]?.generator], [0, 0])
  })
})

describe('ecdhReuse()', () => {
  const rows: readonly { observations: readonly Observation[]; fact: ReturnType<typeof ecdhReuse>; reason: string }[] = [
    { observations: [], fact: 'unknown', reason: 'nothing was seen' },
    { observations: [seen({ suite: 0x002f })], fact: 'not-applicable', reason: 'the server has no ECDHE' },
    { observations: [seen({ suite: 0xc02f })], fact: 'unknown', reason: 'its key exchange was not heard' },
    { observations: [dhe(LARGE, octets(1)), dhe(LARGE, octets(1))], fact: 'not-applicable', reason: 'DHE is another matter' },
  ]
  for (const { observations, fact, reason } of rows) test(`${String(fact)}: ${reason}`, () => assert.equal(ecdhReuse(observations), fact))
})

describe('helloFeatures()', () => {
  const { extended_master_secret, encrypt_then_mac, renegotiation_info, session_ticket } = EXTENSION_TYPE
  const GCM = 0xc02f
  const CBC = 0xc013
  const hello = (given: HelloAnswer, ...types: readonly number[]): Observation =>
    seen({ suite: GCM, ...given, extensions: types.map((type) => extension(type)) })

  const rows: readonly { seen: readonly Observation[]; says: Partial<ReturnType<typeof helloFeatures>>; reason: string }[] = [
    {
      seen: [hello({ version: 0x0304, suite: 0x1301 })],
      says: {
        extendedMasterSecret: 'not-applicable',
        encryptThenMac: 'not-applicable',
        secureRenegotiation: 'not-applicable',
        sessionTickets: 'not-applicable',
        downgradeSentinel: 'not-applicable',
      },
      reason: 'TLS 1.3 alone has none of these',
    },
    {
      seen: [hello({}, extended_master_secret, renegotiation_info, session_ticket), hello({}, extended_master_secret, renegotiation_info)],
      says: { extendedMasterSecret: true, secureRenegotiation: true, sessionTickets: true, encryptThenMac: 'not-applicable' },
      reason: 'a ticket has to be offered only once',
    },
    {
      seen: [hello({}, extended_master_secret, renegotiation_info), hello({})],
      says: { extendedMasterSecret: false, secureRenegotiation: false, sessionTickets: false },
      reason: 'what is missing once is missing',
    },
    { seen: [hello({}), hello({ suite: CBC }, encrypt_then_mac)], says: { encryptThenMac: true }, reason: 'only CBC counts, RFC 7366 §3' },
    {
      seen: [hello({}, encrypt_then_mac), hello({ suite: CBC })],
      says: { encryptThenMac: false },
      reason: 'and GCM does not make up for it',
    },
    {
      seen: [hello({ version: 0x0301 }), hello({}, extended_master_secret, renegotiation_info)],
      says: { extendedMasterSecret: true, secureRenegotiation: true },
      reason: 'the newest of the old protocols counts',
    },
    {
      seen: [hello({ version: 0x0300, suite: 0x002f }, renegotiation_info)],
      says: { extendedMasterSecret: 'not-applicable', secureRenegotiation: true },
      reason: 'SSL 3.0 has no extensions but this one, which answers the SCSV, RFC 5746 §3.6',
    },
  ]
  for (const { seen, says, reason } of rows) {
    test(reason, () => {
      const found = helloFeatures(seen)
      assert.deepEqual({ ...found, ...says }, found)
    })
  }

  /** The last eight bytes of `random`, RFC 8446 §4.1.3. */
  const marked = (last: number): Uint8Array => octets(...new Uint8Array(24), ...Buffer.from('DOWNGRD'), last)
  const tls13 = hello({ version: 0x0304, suite: 0x1301 })
  const sentinels: readonly { seen: readonly Observation[]; fact: boolean | 'not-applicable'; reason: string }[] = [
    {
      seen: [tls13, hello({ random: marked(1) }), hello({ version: 0x0302, suite: CBC, random: marked(0) })],
      fact: true,
      reason: 'every older hello is marked',
    },
    { seen: [tls13, hello({ random: marked(1) }), hello({})], fact: false, reason: 'one is not' },
    { seen: [tls13, hello({ random: marked(0) })], fact: false, reason: 'or with the mark of an older version' },
    { seen: [tls13, hello({ random: marked(7) })], fact: false, reason: 'or with a mark that means nothing' },
    { seen: [hello({}), hello({ version: 0x0301 })], fact: 'not-applicable', reason: 'a server without TLS 1.3 need not, RFC 8446 §4.1.3' },
  ]
  for (const { seen, fact, reason } of sentinels) {
    test(`downgradeSentinel ${String(fact)}: ${reason}`, () => assert.equal(helloFeatures(seen).downgradeSentinel, fact))
  }
})
