import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { heardAlert } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { heartbleedProbe, type HeartbeatAnswer } from './heartbleed.ts'

const REQUEST = 1
const RESPONSE = 2
const fragment = (type: number, length: number): HeartbeatAnswer => ({
  kind: 'response',
  fragment: Uint8Array.from({ length }, (_, index) => (index === 0 ? type : 0x41)),
  heard: { how: 'heartbeat', bytes: Uint8Array.from({ length }, (_, index) => (index === 0 ? type : 0x41)) },
})

const message = { how: 'server hello', bytes: Uint8Array.of(2, 0, 0, 0) }

describe('heartbleed', () => {
  const rows: readonly (readonly [why: string, answer: HeartbeatAnswer, flaw: boolean | 'unknown'])[] = [
    ['a response with as many bytes as were claimed', fragment(RESPONSE, 35), true],
    ['a response with what came and its padding', fragment(RESPONSE, 19), false],
    ['the server asks for a heartbeat of its own', fragment(REQUEST, 35), false],
    ['the request was passed over, RFC 6520 §4', { kind: 'discarded', heard: message }, false],
    ['the connection was ended for it', { kind: 'refused', heard: heardAlert(10) }, false],
    ['heartbeats are not spoken', { kind: 'not-negotiated', heard: message }, false],
    ['no flight, or a handshake that hangs afterwards', { kind: 'unclear' }, 'unknown'],
  ]
  for (const [why, answer, expected] of rows) test(why, () => assert.equal(heartbleedProbe.judge(answer).flaws?.heartbleed, expected))

  test('the leak is kept as proof, and so is the refusal', () => {
    const proof = (answer: HeartbeatAnswer): Uint8Array | undefined => heartbleedProbe.judge(answer).proofs?.[0]?.answer
    assert.equal(proof(fragment(RESPONSE, 35))?.length, 35)
    assert.deepEqual(proof({ kind: 'refused', heard: heardAlert(10) }), Uint8Array.of(21, 3, 3, 0, 2, 2, 10))
    assert.deepEqual(proof({ kind: 'not-negotiated', heard: message }), message.bytes)
    assert.equal(proof({ kind: 'unclear' }), undefined)
  })

  test('the extension is for TLS 1.0 to 1.2', () => {
    for (const protocols of [['TLSv1.3'], ['SSLv3'], ['TLSv1.3', 'SSLv3']] as const) {
      assert.deepEqual(heartbleedProbe.skip(known(protocols)), { flaws: { heartbleed: 'not-applicable' } })
    }
    assert.equal(heartbleedProbe.skip(known(['TLSv1', 'SSLv3'])), undefined)
  })
})
