import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { known } from '../testdata/known.ts'
import { recordSplittingProbe } from './record-splitting.ts'

describe('record-splitting', () => {
  const rows: readonly (readonly [why: string, lengths: readonly number[], fact: boolean | 'unknown'])[] = [
    ['an empty record before each text, as OpenSSL sends it', [0, 27, 0, 14], true],
    ['one byte, then the rest, as NSS and Schannel send it', [1, 26, 1, 13], true],
    ['the first text whole, the second split, as JSSE sends it', [27, 1, 13], true],
    ['two texts whole', [27, 14], false],
    ['one text alone may have been the one that JSSE does not split', [27], 'unknown'],
    ['a single byte that nothing follows', [27, 1], 'unknown'],
    ['nothing was said', [], 'unknown'],
  ]
  for (const [why, lengths, expected] of rows) {
    test(why, () => assert.equal(recordSplittingProbe.judge({ lengths, bytes: new Uint8Array(0) }).features?.recordSplitting, expected))
  }

  test('the records are the proof, where there were any', () => {
    const bytes = Uint8Array.of(23, 3, 1, 0, 32)
    const [proof] = recordSplittingProbe.judge({ lengths: [0, 27], bytes }).proofs ?? []
    assert.equal(proof?.answer, bytes)
    assert.match(proof?.asked ?? '', /application data of 0, 27 bytes/)
    assert.equal(recordSplittingProbe.judge({ lengths: [], bytes: new Uint8Array(0) }).proofs, undefined)
  })

  test('without TLS 1.0, or without CBC there, nothing has to be split', () => {
    const fact = { features: { recordSplitting: 'not-applicable' } }
    assert.deepEqual(recordSplittingProbe.skip(known(['TLSv1.2'])), fact)
    assert.deepEqual(recordSplittingProbe.skip(known(['TLSv1'], [0x0005])), fact)
    assert.equal(recordSplittingProbe.skip(known(['TLSv1'], [0x0005, 0x002f])), undefined)
  })
})
