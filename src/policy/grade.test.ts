import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, test } from 'node:test'
import { compare } from './compare.ts'
import type { Grade } from './finding-kind.ts'
import type { Finding, Verdict } from './finding.ts'
import { findingKind, FINDINGS, type FindingId } from './findings.ts'
import { grade, LETTERS } from './grade.ts'
import { OLD, WELL_KEPT } from './testdata/model-postures.ts'
import { postureArbitrary } from './testdata/posture-arbitrary.ts'
import { unknownPosture } from './unknown-posture.ts'

const NOW = new Date('2026-11-22T00:00:00Z')
const KEPT = compare([], WELL_KEPT, { now: NOW })

/** The findings of a well-kept server with some verdicts changed. */
function but(changes: Readonly<Partial<Record<FindingId, Verdict>>>): readonly Finding[] {
  const all = new Map<string, Finding>(KEPT.map((finding) => [finding.id, finding]))
  for (const [id, verdict] of Object.entries(changes)) {
    const fact = `It is ${verdict}.`
    all.set(id, { id, verdict, fact, subjects: [], rules: [] })
  }
  return [...all.values()]
}

describe('grade()', () => {
  const rows: readonly (readonly [
    why: string,
    changes: Readonly<Partial<Record<FindingId, Verdict>>>,
    grade: Grade,
    opportunistic?: boolean,
  ])[] = [
    ['nothing left to do', {}, 'A+'],
    ['one small thing', { 'suites-cbc': 'weak' }, 'A'],
    ['no post-quantum group', { 'group-hybrid': 'weak' }, 'A'],
    ['no TLS 1.3', { 'protocol-tls1-3': 'weak' }, 'A'],
    ['static RSA', { 'suites-static-rsa': 'weak', 'suites-cbc': 'weak' }, 'B'],
    ['TLS 1.0', { 'protocol-tls1-0': 'bad' }, 'C'],
    ['TLS 1.0 where senders go on in plain text', { 'protocol-tls1-0': 'weak' }, 'B', true],
    ['a certificate nobody trusts', { 'certificate-trust': 'bad' }, 'D'],
    ['a certificate nobody trusts, on port 25', { 'certificate-trust': 'weak' }, 'B', true],
    ['SSL 3.0', { 'protocol-sslv3': 'bad', 'suites-cbc': 'weak' }, 'E'],
    ['Heartbleed', { heartbleed: 'bad' }, 'F'],
    ['no STARTTLS', { starttls: 'bad' }, 'F'],
    ['a small thing not known counts as its worst', { 'suites-cbc': 'unknown' }, 'A'],
    ['a version not known counts as offered', { 'protocol-tls1-0': 'unknown' }, 'C'],
    ['a version not known counts less where it is milder', { 'protocol-tls1-0': 'unknown' }, 'B', true],
    ['nobody can grade what may have Heartbleed', { heartbleed: 'unknown' }, 'unknown'],
    ['nobody can grade what may have SSL 2.0, however weak the rest', { 'protocol-sslv2': 'unknown', 'protocol-tls1-0': 'bad' }, 'unknown'],
    ['what is worst already cannot get worse', { heartbleed: 'unknown', 'suites-null': 'bad' }, 'F'],
    ['trust not known', { 'certificate-trust': 'unknown' }, 'unknown'],
    ['trust not known, where it hardly matters', { 'certificate-trust': 'unknown' }, 'B', true],
    [
      'what does not count does not count',
      { 'chacha-preference': 'unknown', alpn: 'unknown', 'session-resumption': 'unknown', 'chain-needless': 'weak' },
      'A+',
    ],
  ]
  for (const [why, changes, expected, opportunistic = false] of rows) {
    test(`is ${expected}: ${why}`, () => assert.equal(grade(but(changes), { opportunistic }).grade, expected))
  }

  test('gives the reasons that decide, and no others', () => {
    const { reasons } = grade(but({ 'suites-static-rsa': 'weak', 'suites-cbc': 'weak', 'client-renegotiation': 'unknown' }))
    assert.deepEqual(reasons, ['not above B: It is weak.', 'not above B: It is unknown. It counts as its worst answer.'])
    assert.deepEqual(grade(but({ robot: 'unknown' })).reasons, ['could be F: It is unknown.'])
    assert.deepEqual(grade(KEPT).reasons, [])
  })

  test('is E for the old server and unknown for a posture that knows nothing', () => {
    assert.equal(grade(compare([], OLD, { now: NOW })).grade, 'E')
    assert.equal(grade(compare([], unknownPosture(), { now: NOW })).grade, 'unknown')
  })

  test('knows no finding kind whose worse verdict costs less', () => {
    for (const { id, weak = 'A+', bad = weak } of FINDINGS) assert.ok(rank(bad) >= rank(weak), id)
  })

  test('counts a finding that nobody knows for nothing', () => {
    assert.equal(grade([{ id: 'no-such-finding', verdict: 'bad', fact: '', subjects: [], rules: [] }]).grade, 'A+')
  })
})

const WORSE: Readonly<Record<Verdict, readonly Verdict[]>> = {
  good: ['unknown', 'weak', 'bad'],
  unknown: ['bad'],
  weak: ['unknown', 'bad'],
  bad: ['bad'],
}

function rank(letter: Grade): number {
  return letter === 'unknown' ? -1 : LETTERS.indexOf(letter)
}

describe('grade() of any posture', () => {
  /** A letter is never bettered, and an unknown grade never becomes a letter that the unknowns could still sink. */
  test('never rises when a finding gets worse or is no longer known', () => {
    const change = fc.tuple(postureArbitrary, fc.nat(), fc.nat(), fc.boolean())
    fc.assert(
      fc.property(change, ([posture, which, how, opportunistic]) => {
        const before = compare([], posture, { now: NOW, opportunistic })
        const index = which % Math.max(1, before.length)
        const worse = before.map((finding, place) =>
          place === index ? { ...finding, verdict: pick(WORSE[finding.verdict], how) } : finding,
        )
        const [first, then] = [grade(before, { opportunistic }).grade, grade(worse, { opportunistic }).grade]
        if (first === 'unknown')
          assert.ok(then === 'unknown' || rank(then) >= rank(worstOpen(before, opportunistic)), `${first} became ${then}`)
        else if (then !== 'unknown') assert.ok(rank(then) >= rank(first), `${first} became ${then}`)
      }),
      { numRuns: 300 },
    )
  })

  test('never gives a letter that an unknown could sink below C', () => {
    fc.assert(
      fc.property(postureArbitrary, (posture) => {
        const findings = compare([], posture, { now: NOW })
        const { grade: letter } = grade(findings)
        if (letter === 'unknown') return
        const sunk = findings.map((finding) => (finding.verdict === 'unknown' ? { ...finding, verdict: 'bad' as const } : finding))
        assert.equal(grade(sunk).grade, letter)
      }),
      { numRuns: 300 },
    )
  })
})

function pick(verdicts: readonly Verdict[], index: number): Verdict {
  return verdicts[index % verdicts.length] ?? 'bad'
}

/** The best of the letters that the unknown findings could still sink the grade to: a letter above it would be a pass. */
function worstOpen(findings: readonly Finding[], opportunistic: boolean): Grade {
  const open = findings.flatMap(({ id, verdict }) => {
    const kind = findingKind(id)
    const mild = opportunistic && kind?.mildWhenOpportunistic === true
    const cap = mild ? (kind.weak ?? kind.bad) : (kind?.bad ?? kind?.weak)
    return verdict === 'unknown' && cap !== undefined && rank(cap) > rank('C') ? [cap] : []
  })
  return open.toSorted((a, b) => rank(a) - rank(b))[0] ?? 'A+'
}
