import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Outcome } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import { cutShort, isFinal, notReady, timeIsUp } from './lane-errors.ts'

type Ending = Exclude<Outcome, { readonly kind: 'ready' }>

describe('notReady()', () => {
  const rows: readonly { outcome: Ending; code: string; final: boolean; says: RegExp; remedy: RegExp }[] = [
    {
      outcome: { kind: 'not-offered', heard: '250 SIZE' },
      code: 'STARTTLS_MISSING',
      final: true,
      says: /^Cannot start TLS with SMTP: the server does not offer it$/,
      remedy: /Turn STARTTLS on/,
    },
    {
      outcome: { kind: 'wrong-protocol', heard: '* OK "IMAP"' },
      code: 'WRONG_PROTOCOL',
      final: true,
      says: /^Cannot speak SMTP: the server speaks something else: "\* OK \\"IMAP\\""$/,
      remedy: /Name the protocol/,
    },
    {
      outcome: { kind: 'wrong-protocol', heard: '' },
      code: 'WRONG_PROTOCOL',
      final: true,
      says: /something else$/,
      remedy: /Name the protocol/,
    },
    {
      outcome: { kind: 'refused', heard: '554 no', temporary: false },
      code: 'STARTTLS_REFUSED',
      final: true,
      says: /the server refuses: "554 no"$/,
      remedy: /log of the server/,
    },
    {
      outcome: { kind: 'refused', heard: '421 busy', temporary: true },
      code: 'THROTTLED',
      final: false,
      says: /the server refuses: "421 busy"$/,
      remedy: /--parallel 1/,
    },
    {
      outcome: { kind: 'refused', heard: '', temporary: true },
      code: 'OPENING_CUT_SHORT',
      final: false,
      says: /^Cannot get as far as TLS with SMTP: the connection was closed$/,
      remedy: /limits connections/,
    },
  ]
  for (const { outcome, code, final, says, remedy } of rows) {
    test(`${JSON.stringify(outcome)} is ${code}, and trying again ${final ? 'will not help' : 'may help'}`, () => {
      const error = notReady('SMTP', outcome)
      assert.deepEqual([error.fault, error.code, isFinal(error)], ['peer', code, final])
      assert.match(error.message, says)
      assert.match(error.remedy ?? '', remedy)
    })
  }
})

describe('isFinal()', () => {
  const rows: readonly { error: unknown; final: boolean; reason: string }[] = [
    { error: new TypeError('x'), final: true, reason: 'what nobody has thought of is wrong every time' },
    { error: new PosternError('bug', 'LINE_UNUSED', 'Cannot ask'), final: true, reason: 'so is a bug' },
    { error: new PosternError('world', 'CONNECT_FAILED', 'Cannot connect'), final: false, reason: 'the world changes' },
    { error: cutShort('SMTP', 'silent'), final: false, reason: 'silence may be a bad moment' },
    { error: timeIsUp(1000), final: false, reason: 'time is another matter' },
  ]
  for (const { error, final, reason } of rows) test(`${String(final)}: ${reason}`, () => assert.equal(isFinal(error), final))
})

test('cutShort() says what was heard, or that nothing was', () => {
  assert.match(cutShort('LMTP', 'silent').message, /^Cannot get as far as TLS with LMTP: the server says nothing$/)
  assert.match(cutShort('LMTP', 'the connection was closed').message, /LMTP: the connection was closed$/)
})

test('timeIsUp() says how much time there was', () => {
  const { fault, code, message, remedy = '' } = timeIsUp(1500)
  assert.deepEqual([fault, code, message], ['world', 'TIME_UP', 'Cannot finish asking the server: 1.5 s are over'])
  assert.match(remedy, /--timeout/)
})
