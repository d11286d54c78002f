import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { printProofSchema, proofReport } from './proof-schema.ts'
import { PROOFS } from './testdata/proofs.ts'

const PUBLISHED = new URL('../../../schemas/proof.schema.json', import.meta.url)

describe('proofReport', () => {
  test('takes the samples and drops nothing of them', () => {
    assert.deepEqual(proofReport.parse(PROOFS), PROOFS)
  })

  const [first] = PROOFS.proofs
  const bad: readonly (readonly [why: string, report: unknown])[] = [
    ['another version of the shape', { ...PROOFS, version: 2 }],
    ['a start that is not ISO 8601', { ...PROOFS, started: 'yesterday' }],
    ['a proof that is neither yes, no nor unknown', { ...PROOFS, proofs: [{ ...first, keeps: 'maybe' }] }],
    ['a check without its rule', { ...PROOFS, proofs: [{ ...first, checks: [{ ...first?.checks[0], rule: undefined }] }] }],
    ['less than no connections', { ...PROOFS, proofs: [{ ...first, cost: { connections: -1, milliseconds: 1 } }] }],
  ]
  for (const [why, report] of bad) {
    test(`refuses ${why}`, () => {
      assert.equal(proofReport.safeParse(report).success, false)
    })
  }
})

describe('schemas/proof.schema.json', () => {
  test('is what the schema prints (GOLDEN=update writes it)', () => {
    if (process.env['GOLDEN'] === 'update') writeFileSync(PUBLISHED, printProofSchema())
    assert.equal(readFileSync(PUBLISHED, 'utf8'), printProofSchema())
  })

  test('lets later versions add fields', () => {
    assert.doesNotMatch(printProofSchema(), /"additionalProperties": false/)
  })
})
