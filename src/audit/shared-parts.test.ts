import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditResult } from './result.ts'
import { SharedParts } from './shared-parts.ts'

const rules = [{ rulebook: 'a', edition: '1', verdict: 'bad', says: 'MUST NOT', subjects: ['TLSv1'], source: '§1' }] as const
const result = (target: string, subject: string): AuditResult => ({
  target,
  address: null,
  reachable: false,
  problem: null,
  posture: null,
  evidence: [],
  findings: [{ id: 'protocol-tls1-0', verdict: 'bad', fact: 'TLS 1.0 is offered.', subjects: [subject], rules: structuredClone(rules) }],
  grade: 'F',
  gradeReasons: [],
  cost: { connections: 1, milliseconds: 1 },
})

test('equal parts of results are the same object, and nothing else changes', () => {
  const parts = new SharedParts()
  const given = [result('one', 'TLSv1'), result('other', 'TLSv1.1')] as const
  const [one, other] = given.map((each) => parts.share(each))
  assert.deepEqual([one, other], given)
  assert.equal(one?.findings[0]?.rules, other?.findings[0]?.rules)
  assert.notEqual(one?.findings[0]?.subjects, other?.findings[0]?.subjects)
})
