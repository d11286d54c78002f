import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { z } from 'zod'
import type { AuditReport } from '../result.ts'
import { auditReport, exactly, printAuditReportSchema } from './schema.ts'
import { SAMPLES } from './testdata/samples.ts'

const PUBLISHED = new URL('../../../schemas/audit-report.schema.json', import.meta.url)

interface Wanted {
  readonly id: string
  readonly remedy?: string
  readonly names: readonly string[]
}

describe('exactly()', () => {
  test('the compiler refuses a schema that is not the type', () => {
    const id = z.string()
    const names = z.array(id)
    exactly<Wanted>()(z.object({ id, remedy: id.exactOptional(), names }))
    // @ts-expect-error a field is missing
    exactly<Wanted>()(z.object({ id, remedy: id.exactOptional() }))
    // @ts-expect-error an optional field is missing
    exactly<Wanted>()(z.object({ id, names }))
    // @ts-expect-error a field is too many
    exactly<Wanted>()(z.object({ id, remedy: id.exactOptional(), names, more: id.exactOptional() }))
    // @ts-expect-error undefined is not absence
    exactly<Wanted>()(z.object({ id, remedy: id.optional(), names }))
    // @ts-expect-error narrower than the type
    exactly<Wanted>()(z.object({ id: z.literal('a'), remedy: id.exactOptional(), names }))
    // What this test proves is proved by tsc; at run time a schema is handed through as it is.
    const schema = z.object({ id, remedy: id.exactOptional(), names })
    assert.equal(exactly<Wanted>()(schema), schema)
  })
})

describe('auditReport', () => {
  for (const [name, report] of Object.entries(SAMPLES)) {
    test(`takes the sample ${name} and drops nothing of it`, () => {
      assert.deepEqual(auditReport.parse(report), report)
    })
  }

  const target = SAMPLES.oldKerio.targets[0]!
  const bad: readonly (readonly [why: string, report: unknown])[] = [
    ['another version of the shape', { ...SAMPLES.oldKerio, version: 2 }],
    ['no start', { ...SAMPLES.oldKerio, started: undefined }],
    ['a start that is not ISO 8601', { ...SAMPLES.oldKerio, started: 'yesterday' }],
    [
      'a verdict that does not exist',
      { ...SAMPLES.oldKerio, targets: [{ ...target, findings: [{ ...target.findings[0], verdict: 'pass' }] }] },
    ],
    ['a posture that lacks TLS 1.3', { ...SAMPLES.oldKerio, targets: [{ ...target, posture: { ...target.posture, protocols: {} } }] }],
    ['less than no connections', { ...SAMPLES.oldKerio, targets: [{ ...target, cost: { connections: -1, milliseconds: 1 } }] }],
  ]
  for (const [why, report] of bad) {
    test(`refuses ${why}`, () => {
      assert.equal(auditReport.safeParse(report).success, false)
    })
  }
})

describe('schemas/audit-report.schema.json', () => {
  test('is what the schema prints (GOLDEN=update writes it)', () => {
    if (process.env['GOLDEN'] === 'update') writeFileSync(PUBLISHED, printAuditReportSchema())
    assert.equal(readFileSync(PUBLISHED, 'utf8'), printAuditReportSchema())
  })

  test('lets later versions add fields', () => {
    assert.doesNotMatch(printAuditReportSchema(), /"additionalProperties": false/)
    const more: AuditReport & { readonly more: boolean } = { ...SAMPLES.wellKept, more: true }
    assert.equal(auditReport.safeParse(more).success, true)
  })
})
