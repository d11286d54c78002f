import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stapleStatus } from './ocsp.ts'
import { NOW, responseOf } from './testdata/fixtures.ts'

const LATER = new Date('2030-01-01T00:00:00Z')

/** The same with another responseStatus, RFC 6960 §4.2.1. */
function withStatus(response: Uint8Array, status: number): Uint8Array {
  const at = Buffer.from(response).indexOf(Buffer.from([0x0a, 1, 0]))
  return Uint8Array.from(response, (byte, index) => (index === at + 2 ? status : byte))
}

describe('stapleStatus()', () => {
  const rows: readonly { response: Uint8Array; now: Date; status: ReturnType<typeof stapleStatus>; reason: string }[] = [
    { response: responseOf('ocsp-good'), now: NOW, status: 'good', reason: 'it says so' },
    { response: responseOf('ocsp-good'), now: LATER, status: 'expired', reason: 'it said so, years ago' },
    { response: responseOf('ocsp-good-for-ever'), now: LATER, status: 'good', reason: 'there is no nextUpdate, RFC 6960 §4.2.2.1' },
    { response: responseOf('ocsp-revoked'), now: NOW, status: 'revoked', reason: 'it says so' },
    { response: responseOf('ocsp-unknown'), now: NOW, status: 'unknown-status', reason: 'the responder does not know the certificate' },
    { response: Uint8Array.of(0x30, 3, 0x0a, 1, 3), now: NOW, status: 'unknown-status', reason: 'tryLater, RFC 6960 §4.2.1' },
    { response: Uint8Array.of(0x30, 3, 0x0a, 1, 0), now: NOW, status: 'unknown-status', reason: 'successful, and no response in it' },
    {
      response: withStatus(responseOf('ocsp-good'), 1),
      now: NOW,
      status: 'unknown-status',
      reason: 'not successful, whatever else it says',
    },
    { response: new Uint8Array(0), now: NOW, status: 'unknown-status', reason: 'nothing' },
    { response: Buffer.from('<html>not found</html>'), now: NOW, status: 'unknown-status', reason: 'a page' },
  ]
  for (const { response, now, status, reason } of rows)
    test(`${status}: ${reason}`, () => assert.equal(stapleStatus(response, now), status))

  test('the second of nextUpdate is the last one', () => {
    const text = Buffer.from(responseOf('ocsp-good')).toString('latin1')
    const times = [...text.matchAll(/(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z/g)].map(([, y, mo, d, h, mi, s]) =>
      Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`),
    )
    const end = Math.max(...times)
    const at = (now: number): string => stapleStatus(responseOf('ocsp-good'), new Date(now))
    assert.deepEqual([at(end), at(end + 1)], ['good', 'expired'])
  })

  test('a response that is cut anywhere, or spoilt in one byte, is never more than it was, and never an exception', () => {
    const good = responseOf('ocsp-revoked')
    for (let length = 0; length < good.length; length++) assert.equal(stapleStatus(good.subarray(0, length), NOW), 'unknown-status')
    for (let at = 0; at < good.length; at++) {
      const spoilt = Uint8Array.from(good)
      spoilt[at] = 0xff - spoilt[at]!
      assert.notEqual(stapleStatus(spoilt, NOW), 'good', `byte ${at}`)
    }
  })
})
