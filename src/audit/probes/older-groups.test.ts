import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../exchange.ts'
import { olderGroupsProbe } from './older-groups.ts'

const bytes = new Uint8Array(0)

describe('older-groups', () => {
  const { judge } = olderGroupsProbe([29, 23])
  const rows: readonly (readonly [why: string, answer: Answer, same: boolean])[] = [
    ['an alert refuses every other group', { kind: 'alert', level: 2, description: 40, bytes }, true],
    ['a close refuses them too', { kind: 'closed', bytes }, true],
    ['silence says nothing', { kind: 'silent', afterMs: 5000, bytes }, false],
    ['a reset says nothing', { kind: 'reset', bytes }, false],
    ['what is not TLS says nothing', { kind: 'not-tls', why: 'text', bytes }, false],
  ]
  for (const [why, answer, same] of rows) {
    test(why, () => assert.deepEqual(judge([{ protocol: 'TLSv1', answer }]).groupsOfNewest, same ? ['TLSv1'] : []))
  }
})
