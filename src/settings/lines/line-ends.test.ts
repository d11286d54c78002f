import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, RULEBOOKS } from '../../policy/index.ts'
import { cyrusAdapter } from '../cyrus/adapter.ts'
import { changesLeft, planOf } from '../plan.ts'
import { sendmailAdapter } from '../sendmail/adapter.ts'
import { lineEndOf } from './line-ends.ts'

describe('lineEndOf()', () => {
  const rows: readonly (readonly [why: string, text: string, end: string])[] = [
    ['Unix', 'a\nb\r\n', '\n'],
    ['Windows', 'a\r\nb\n', '\r\n'],
    ['a text without an end', 'a', '\n'],
    ['a conversion that was made twice', 'a\r\r\nb\r\r\n', '\r\n'],
    ['a CR in a line, which ends none', 'a\rb\nc\n', '\n'],
    ['an old Mac, whose files have one line for programs of today', 'a\rb\r', '\n'],
  ]
  for (const [why, text, end] of rows) {
    test(why, () => assert.equal(lineEndOf(text), end))
  }
})

describe('lines that end with CR CR LF', () => {
  const rows = [
    [cyrusAdapter, 'imapd.conf', 'tls_server_cert: /c\r\r\ntls_server_key: /k\r\r\ntls_versions: tls1_0 tls1_2\r\r\n'],
    [sendmailAdapter, 'sendmail.mc', "OSTYPE(`debian')dnl\r\r\nMAILER(`smtp')dnl\r\r\n"],
  ] as const
  const options = { now: new Date('2026-11-22T12:00:00Z'), rulebooks: [] }
  for (const [adapter, path, text] of rows) {
    for (const name of ['mozilla-modern', 'mozilla-old']) {
      test(`${adapter.title} reads what was written for ${name}`, () => {
        const rulebook = RULEBOOKS.find((one) => one.name === name)
        assert.ok(rulebook)
        const policy = policyOf(rulebook, options)
        const reading = adapter.read({ path, text }, {})
        const plan = planOf(adapter, reading, () => policy, options)
        assert.ok(plan.changes.length > 0)
        assert.deepEqual(
          changesLeft(adapter, reading, plan, () => policy, options),
          [],
        )
      })
    }
  }
})
