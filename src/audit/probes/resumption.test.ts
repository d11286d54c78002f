import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../policy/index.ts'
import { resumptionProbe, type Attempt, type ResumptionAnswer } from './resumption.ts'

type Old = NonNullable<ResumptionAnswer['old']>
type Tls13 = NonNullable<ResumptionAnswer['tls13']>

const sent = Uint8Array.of(7, 7, 7, 7)
const old = (more: Partial<Old> = {}): Old => ({
  byId: 'nothing-to-resume',
  byTicket: 'nothing-to-resume',
  lifetime: undefined,
  sessionId: { sent, received: undefined },
  ...more,
})
const tls13 = (more: Partial<Tls13> = {}): Tls13 => ({
  byPsk: 'nothing-to-resume',
  lifetime: undefined,
  maxEarlyData: undefined,
  earlyData: 'not-offered',
  ...more,
})

describe('resumption', () => {
  const attempts: readonly (readonly [attempt: Attempt, fact: Fact])[] = [
    ['resumed', true],
    ['new-session', false],
    ['nothing-to-resume', false],
    ['failed', 'unknown'],
  ]
  for (const [attempt, expected] of attempts) {
    test(`an attempt that came to ${attempt}`, () => {
      const { features } = resumptionProbe.judge({ old: old({ byId: attempt, byTicket: attempt }), tls13: tls13({ byPsk: attempt }) })
      assert.deepEqual([features?.sessionIdResumption, features?.ticketResumption, features?.pskResumption], [expected, expected, expected])
    })
  }

  const echoes: readonly (readonly [why: string, byTicket: Attempt, received: Uint8Array | undefined, flaw: Fact])[] = [
    ['our id and more behind it is memory', 'resumed', Uint8Array.of(...sent, 1, 2, 3), true],
    ['our id as it was', 'resumed', sent, false],
    ['an id of its own', 'resumed', Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9), false],
    ['no id at all', 'resumed', new Uint8Array(0), false],
    ['a new session under a new id', 'new-session', Uint8Array.of(9, 9, 9, 9, 9), false],
    ['no hello came back', 'failed', undefined, 'unknown'],
    ['there are no tickets', 'nothing-to-resume', undefined, 'not-applicable'],
  ]
  for (const [why, byTicket, received, expected] of echoes) {
    test(`Ticketbleed: ${why}`, () => {
      const answer = { old: old({ byTicket, sessionId: { sent, received } }), tls13: undefined }
      assert.equal(resumptionProbe.judge(answer).flaws?.ticketbleed, expected)
    })
  }

  const early: readonly (readonly [why: string, answer: Partial<Tls13>, fact: Fact])[] = [
    ['allowed and taken', { byPsk: 'resumed', maxEarlyData: 16384, earlyData: 'accepted' }, true],
    ['allowed and refused', { byPsk: 'resumed', maxEarlyData: 16384, earlyData: 'rejected' }, false],
    ['allowed, and the handshake failed', { byPsk: 'failed', maxEarlyData: 16384, earlyData: 'not-offered' }, 'unknown'],
    ['tickets that allow none', { byPsk: 'resumed', maxEarlyData: 0 }, false],
    ['no tickets', {}, false],
    ['no handshake', { byPsk: 'failed' }, 'unknown'],
  ]
  for (const [why, answer, expected] of early) {
    test(`early data: ${why}`, () => {
      assert.equal(resumptionProbe.judge({ old: undefined, tls13: tls13(answer) }).features?.earlyData, expected)
    })
  }

  const lifetimes: readonly (readonly [why: string, answer: ResumptionAnswer, lifetime: Fact<number>])[] = [
    ['the longest counts', { old: old({ lifetime: 300 }), tls13: tls13({ lifetime: 7200 }) }, 7200],
    ['no tickets', { old: old(), tls13: tls13() }, 'not-applicable'],
    ['no handshake', { old: old({ byId: 'failed', byTicket: 'failed' }), tls13: undefined }, 'unknown'],
    ['no handshake in TLS 1.3', { old: undefined, tls13: tls13({ byPsk: 'failed' }) }, 'unknown'],
  ]
  for (const [why, answer, expected] of lifetimes) {
    test(`ticket lifetime: ${why}`, () => assert.equal(resumptionProbe.judge(answer).features?.ticketLifetime, expected))
  }

  test('what a protocol does not have is not applicable', () => {
    const { features, flaws } = resumptionProbe.judge({ old: undefined, tls13: undefined })
    assert.deepEqual(new Set([...Object.values(features ?? {}), ...Object.values(flaws ?? {})]), new Set(['not-applicable']))
  })
})
