import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { heardAlert, heardClosed, heardSilence } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { clientRenegotiationProbe, type Renegotiation } from './renegotiation.ts'

describe('client-renegotiation', () => {
  const rows: readonly (readonly [why: string, answer: Renegotiation, fact: boolean | 'unknown'])[] = [
    ['a second handshake was carried out', { kind: 'done', heard: { how: 'connected', bytes: new Uint8Array(0) } }, true],
    ['an alert', { kind: 'refused', heard: heardAlert(100) }, false],
    ['the end of the connection', { kind: 'refused', heard: heardClosed }, false],
    ['the wish was passed over, for now', { kind: 'ignored', heard: heardSilence }, 'unknown'],
    ['there was no session to begin with', { kind: 'no-session' }, 'unknown'],
  ]
  for (const [why, answer, expected] of rows) {
    test(why, () => assert.equal(clientRenegotiationProbe.judge(answer).features?.clientRenegotiation, expected))
  }

  test('the alert is the proof', () => {
    const { proofs } = clientRenegotiationProbe.judge({ kind: 'refused', heard: heardAlert(100) })
    assert.deepEqual(proofs, [
      {
        fact: 'features.clientRenegotiation',
        asked: 'second hello under keys: alert no_renegotiation',
        answer: Uint8Array.of(21, 3, 3, 0, 2, 2, 100),
      },
    ])
  })

  test('TLS 1.3 has no renegotiation, RFC 8446 §4.1.2', () => {
    assert.deepEqual(clientRenegotiationProbe.skip(known(['TLSv1.3'])), { features: { clientRenegotiation: 'not-applicable' } })
    assert.equal(clientRenegotiationProbe.skip(known(['SSLv3'])), undefined)
  })
})
