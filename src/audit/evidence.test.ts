import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Finding } from '../policy/index.ts'
import { evidenceOf, inOrder, withEvidence } from './evidence.ts'
import type { Evidence } from './result.ts'

const shown = (fact: string, answer = 'aa'): Evidence => ({ fact, asked: `asked ${fact}`, answer })
const finding = (id: string, subjects: readonly string[] = []): Finding => ({ id, verdict: 'good', fact: '', subjects, rules: [] })

/** As they stand in a report. */
const SORTED: readonly string[] = [
  'protocols.SSLv3.refusal',
  'protocols.TLSv1.suites.TLS_RSA_WITH_AES_128_CBC_SHA',
  'protocols.TLSv1.refusal',
  'protocols.TLSv1.groups',
  'protocols.TLSv1.2.suites.TLS_RSA_WITH_AES_128_CBC_SHA',
  'protocols.TLSv1.2.prefersClientChaCha',
  'protocols.TLSv1.3.suites.TLS_AES_128_GCM_SHA256',
  'sslv2Hello',
  'groups.secp256r1',
  'dh',
  'signatureSchemes.TLSv1.2.ecdsa_sha1',
  'features.clientCertificate',
  'tolerance.grease',
  'flaws.robot',
]

describe('evidence', () => {
  test('stands in the order of the posture, in whatever order it was heard', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...SORTED], { minLength: SORTED.length }), (facts) => {
        assert.deepEqual(
          inOrder(facts.map((fact) => shown(fact))).map(({ fact }) => fact),
          SORTED,
        )
      }),
    )
  })

  test('has the first exchange of each fact', () => {
    assert.deepEqual(inOrder([shown('dh', 'aa'), shown('sslv2Hello'), shown('dh', 'bb')]), [shown('sslv2Hello'), shown('dh', 'aa')])
  })

  test('is bounded, however much came back and was said', () => {
    const { asked, answer } = evidenceOf({ fact: 'dh', asked: 'x'.repeat(5000), answer: new Uint8Array(5000) })
    assert.equal(answer.length, 320)
    assert.ok(asked.length < 700)
  })
})

describe('findings with evidence', () => {
  const heard = SORTED.map((fact) => shown(fact, Buffer.from(fact).toString('hex')))
  const rows: readonly (readonly [why: string, finding: Finding, proof: string | undefined])[] = [
    ['a feature by its name', finding('client-certificate'), 'features.clientCertificate'],
    ['a flaw by its name', finding('robot'), 'flaws.robot'],
    ['a protocol that is offered: what was accepted, not what was refused', finding('protocol-tls1-0', ['TLSv1']), SORTED[1]],
    ['TLS 1.0 is not shown by TLS 1.2', finding('protocol-tls1-1', ['TLSv1.1']), undefined],
    ['a protocol that is refused', finding('protocol-sslv3', ['SSLv3']), SORTED[0]],
    ['a suite', finding('suites-cbc', ['TLS_RSA_WITH_AES_128_CBC_SHA']), SORTED[1]],
    ['a group', finding('group-recommended', ['secp256r1']), 'groups.secp256r1'],
    ['DH parameters', finding('dh-size', ['2048']), 'dh'],
    ['a signature scheme', finding('signature-sha1', ['ecdsa_sha1']), 'signatureSchemes.TLSv1.2.ecdsa_sha1'],
    ['what is not accepted: that everything left over was refused', finding('suites-rc4'), 'protocols.TLSv1.refusal'],
    ['an attack that a refusal rules out', finding('poodle'), SORTED[0]],
    ['an attack that a suite allows', { ...finding('sweet32'), verdict: 'bad' }, undefined],
    ['nothing that was heard', finding('heartbleed'), undefined],
  ]
  for (const [why, one, proof] of rows) {
    test(why, () => {
      const [found] = withEvidence([one], heard)
      assert.equal(found?.evidence, proof === undefined ? undefined : Buffer.from(proof).toString('hex'))
    })
  }

  test('silence is told in words', () => {
    const [found] = withEvidence([finding('ccs-injection')], [{ fact: 'flaws.ccsInjection', asked: 'sent twice: no answer', answer: '' }])
    assert.equal(found?.evidence, 'sent twice: no answer')
  })

  test('evidence that a finding brings along stays', () => {
    const [found] = withEvidence([{ ...finding('robot'), evidence: 'own' }], heard)
    assert.equal(found?.evidence, 'own')
  })
})
