import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printInvitation, readInvitation } from './invitation.ts'

const INVITATION = { name: 'office', gate: '[2001:db8::1]:7443', pin: 'p'.repeat(43), secret: 's'.repeat(43) }

test('readInvitation(): reads what is printed, and nothing else', () => {
  assert.deepEqual(readInvitation(`${printInvitation(INVITATION)}\n`), INVITATION)
  const line = printInvitation(INVITATION)
  for (const [why, wrong] of [
    ['nothing', ''],
    ['cut', line.slice(0, -1)],
    ['two of them', line + line],
    ['another scheme', line.replace('postern-link', 'https')],
    ['a name that leads elsewhere', line.replace('office', '..%2foffice')],
    ['no port', line.replace(':7443', '')],
  ] as const)
    assert.throws(() => readInvitation(wrong), { code: 'LINK_INVITATION' }, why)
})
