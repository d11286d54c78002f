import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { known } from '../testdata/known.ts'
import { tls13SignaturesProbe, type Tls13Signatures } from './tls13-signatures.ts'

describe('tls13-signatures', () => {
  const rows: readonly (readonly [why: string, answer: Tls13Signatures, schemes: readonly string[] | 'unknown'])[] = [
    ['a refusal ended the list', { schemes: [0x0804, 0x0403], complete: true }, ['rsa_pss_rsae_sha256', 'ecdsa_secp256r1_sha256']],
    ['the list may lack something', { schemes: [0x0804], complete: false }, 'unknown'],
    ['even the first question was refused', { schemes: [], complete: true }, 'unknown'],
    ['nothing was answered', { schemes: [], complete: false }, 'unknown'],
  ]
  for (const [why, answer, expected] of rows) {
    test(why, () => assert.deepEqual(tls13SignaturesProbe.judge(answer).signatureSchemes, { 'TLSv1.3': expected }))
  }

  test('without TLS 1.3 nothing is signed there', () => {
    assert.deepEqual(tls13SignaturesProbe.skip(known(['TLSv1.2'])), { signatureSchemes: { 'TLSv1.3': [] } })
    assert.equal(tls13SignaturesProbe.skip(known(['TLSv1.3'])), undefined)
  })
})
