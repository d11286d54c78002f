import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CertificateRequests } from './certificate-requests.ts'
import type { Flight } from './exchange.ts'
import type { HelloOffer } from './hello.ts'
import { observe, type Observation } from './observation.ts'
import { serverHello } from './testdata/answers.ts'

const body = Uint8Array.of(0)

function observation(flight: Partial<Flight>, { named = true }: { named?: boolean } = {}): Observation {
  const offer: HelloOffer = {
    protocol: 'TLSv1.2',
    suites: [0xc02f],
    groups: [],
    signatureSchemes: [],
    serverName: named ? 'mail.example' : undefined,
  }
  return observe(offer, serverHello({ flight }))!
}

describe('certificate requests in flights', () => {
  const rows: readonly (readonly [why: string, flights: readonly Observation[], requested: boolean, notRequested: boolean])[] = [
    ['a request', [observation({ certificate: body, certificateRequest: body })], true, false],
    ['a whole flight with a certificate and no request', [observation({ certificate: body })], false, true],
    ['an anonymous flight, in which there may be none, RFC 5246 §7.4.4', [observation({})], false, false],
    ['a flight that broke off before the request could come', [observation({ certificate: body, whole: false })], false, false],
    [
      'a nameless host that asks where the named one does not',
      [observation({ certificate: body, certificateRequest: body }, { named: false }), observation({ certificate: body })],
      false,
      true,
    ],
  ]
  for (const [why, flights, requested, notRequested] of rows) {
    test(why, () => {
      const requests = new CertificateRequests()
      for (const flight of flights) requests.heard(flight)
      assert.deepEqual([requests.seen.requested !== undefined, requests.seen.notRequested !== undefined], [requested, notRequested])
    })
  }

  test('the message itself is the proof', () => {
    const requests = new CertificateRequests()
    requests.heard(observation({ certificate: body, certificateRequest: Uint8Array.of(1, 1, 0, 0, 0, 0) }))
    assert.deepEqual(requests.seen.requested?.bytes, Uint8Array.of(13, 0, 0, 6, 1, 1, 0, 0, 0, 0))
  })
})
