import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { known } from '../testdata/known.ts'
import { clientRenegotiationProbe, type Renegotiation } from './renegotiation.ts'

describe('client-renegotiation', () => {
  const rows: readonly (readonly [why: string, answer: Renegotiation, fact: boolean | 'unknown'])[] = [
    ['a second handshake was carried out', 'done', true],
    ['an alert, or the end of the connection', 'refused', false],
    ['the wish was passed over, for now', 'ignored', 'unknown'],
    ['there was no session to begin with', 'no-session', 'unknown'],
  ]
  for (const [why, answer, expected] of rows) {
    test(why, () => assert.equal(clientRenegotiationProbe.judge(answer).features?.clientRenegotiation, expected))
  }

  test('TLS 1.3 has no renegotiation, RFC 8446 §4.1.2', () => {
    assert.deepEqual(clientRenegotiationProbe.skip(known(['TLSv1.3'])), { features: { clientRenegotiation: 'not-applicable' } })
    assert.equal(clientRenegotiationProbe.skip(known(['SSLv3'])), undefined)
  })
})
