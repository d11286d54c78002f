import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { daneApplied, NO_POLICY, resultOf, stsApplied, type SessionOutcome } from './outcome.ts'
import { Tally } from './tally.ts'

const STS = stsApplied({ mode: 'enforce', mx: ['*.example.com'], maxAge: 86_400 })
const DANE = daneApplied([{ usage: 3, selector: 1, matchingType: 1, data: Uint8Array.of(0xab, 0xcd) }], 'mx.example.com')

function tallyOf(outcomes: readonly SessionOutcome[]): Tally {
  const tally = new Tally()
  for (const outcome of outcomes) tally.add(resultOf(outcome))
  return tally
}

describe('Tally', () => {
  test('counts by domain, policy and way to fail', () => {
    const failure = { type: 'certificate-expired', host: 'mx.example.com', address: '192.0.2.1', from: '198.51.100.1' } as const
    const good = { domain: 'example.com', policy: STS }
    const bad = { ...good, failure }
    const results = tallyOf([
      good,
      bad,
      good,
      bad,
      { ...bad, failure: { type: 'starttls-not-supported' } },
      { domain: 'example.com', policy: DANE },
      { domain: 'a.example', policy: NO_POLICY },
    ]).results()
    assert.deepEqual(JSON.parse(JSON.stringify(results)), [
      {
        policy: { 'policy-type': 'no-policy-found', 'policy-string': [], 'policy-domain': 'a.example', 'mx-host': [] },
        summary: { 'total-successful-session-count': 1, 'total-failure-session-count': 0 },
        'failure-details': [],
      },
      {
        policy: {
          'policy-type': 'sts',
          'policy-string': ['version: STSv1', 'mode: enforce', 'mx: *.example.com', 'max_age: 86400'],
          'policy-domain': 'example.com',
          'mx-host': ['*.example.com'],
        },
        summary: { 'total-successful-session-count': 2, 'total-failure-session-count': 3 },
        'failure-details': [
          {
            'result-type': 'certificate-expired',
            'sending-mta-ip': '198.51.100.1',
            'receiving-mx-hostname': 'mx.example.com',
            'receiving-ip': '192.0.2.1',
            'failed-session-count': 2,
          },
          { 'result-type': 'starttls-not-supported', 'failed-session-count': 1 },
        ],
      },
      {
        policy: { 'policy-type': 'tlsa', 'policy-string': ['3 1 1 abcd'], 'policy-domain': 'example.com', 'mx-host': ['mx.example.com'] },
        summary: { 'total-successful-session-count': 1, 'total-failure-session-count': 0 },
        'failure-details': [],
      },
    ])
  })

  const outcome = fc.record({
    domain: fc.constantFrom('a.example', 'b.example'),
    policy: fc.constantFrom(STS, DANE, NO_POLICY),
    failure: fc.record({
      type: fc.constantFrom('certificate-expired' as const, 'tlsa-invalid' as const),
      host: fc.constantFrom('mx1', 'mx2'),
    }),
  })
  test('the sum of sums is the sum, in any order', () => {
    fc.assert(
      fc.property(fc.array(outcome), fc.array(outcome), (first, second) => {
        const sum = new Tally()
        for (const part of [tallyOf(second), tallyOf(first)]) for (const result of part.results()) sum.add(result)
        const counts = (tally: Tally): unknown =>
          tally.results().map((one) => ({ ...one, 'failure-details': new Set(one['failure-details']) }))
        assert.deepEqual(counts(sum), counts(tallyOf([...first, ...second])))
      }),
    )
  })

  test('grows no further than it may, and goes on counting what it knows', () => {
    const tally = new Tally()
    const many = Array.from({ length: 40 }, (_, index) => `v: ${index}${'x'.repeat(10_000)}`)
    for (let index = 0; index < 100; index++) tally.add(resultOf({ domain: `d${index}.example`, policy: { ...NO_POLICY, texts: many } }))
    assert.ok(tally.results().length < 30, String(tally.results().length))
    tally.add(resultOf({ domain: 'd0.example', policy: { ...NO_POLICY, texts: many } }))
    assert.equal(
      tally.results().find(({ policy }) => policy['policy-domain'] === 'd0.example')?.summary['total-successful-session-count'],
      2,
    )
    const ways = new Tally()
    for (let index = 0; index < 500; index++)
      ways.add(resultOf({ domain: 'a.example', policy: NO_POLICY, failure: { type: 'tlsa-invalid', host: `mx${index}` } }))
    assert.deepEqual(
      [ways.results()[0]?.['failure-details']?.length, ways.results()[0]?.summary['total-failure-session-count']],
      [100, 500],
    )
  })
})
