import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RuleVerdict } from '../../policy/index.ts'
import type { AuditReport } from '../result.ts'
import { printMarkdown } from './markdown.ts'
import { printTerminal } from './terminal.ts'
import { finding, offered, posture, report, result, rule } from './testdata/parts.ts'
import { SAMPLES } from './testdata/samples.ts'
import {
  allSuites,
  mainReasons,
  ruleGroups,
  contradictions,
  offerWords,
  orderWords,
  protocolRows,
  rulebookSummaries,
  rulebookVerdict,
  firstStep,
  steps,
  subjectVerdicts,
  worstFirst,
} from './view.ts'

test('worstFirst() keeps the order of the report within a verdict', () => {
  const findings = [
    finding('a', 'good', ''),
    finding('b', 'unknown', ''),
    finding('c', 'bad', ''),
    finding('d', 'weak', ''),
    finding('e', 'bad', ''),
  ]
  assert.deepEqual(
    worstFirst(findings).map(({ id }) => id),
    ['c', 'e', 'd', 'b', 'a'],
  )
})

test('steps() says each remedy once, with the worst verdict that asks for it, and none of good or unknown findings', () => {
  const findings = [
    finding('a', 'weak', '', { remedy: 'Do one.' }),
    finding('b', 'bad', '', { remedy: 'Do two.' }),
    finding('c', 'bad', '', { remedy: 'Do one.' }),
    finding('d', 'unknown', '', { remedy: 'Ask again.' }),
    finding('e', 'good', '', { remedy: 'Keep it.' }),
  ]
  assert.deepEqual(steps({ ...result, findings }), [
    { remedy: 'Do two.', verdict: 'bad' },
    { remedy: 'Do one.', verdict: 'bad' },
  ])
})

test('firstStep() is the weightiest step, else what kept a door from being audited, else nothing', () => {
  const problem = { code: 'NO_HANDSHAKE', message: 'Cannot come to a handshake', remedy: 'Look into its log.' }
  const findings = [finding('a', 'weak', '', { remedy: 'Do one.' })]
  assert.equal(firstStep({ ...result, findings, problem }), 'Do one.')
  assert.equal(firstStep({ ...result, findings: [], problem }), 'Cannot come to a handshake.')
  assert.equal(firstStep({ ...result, findings: [] }), undefined)
})

test('subjectVerdicts() gives each name its worst verdict', () => {
  const verdicts = subjectVerdicts([
    finding('a', 'good', '', { subjects: ['x'] }),
    finding('b', 'bad', '', { subjects: ['x', 'y'] }),
    finding('c', 'weak', '', { subjects: ['y'] }),
  ])
  assert.deepEqual(
    [...verdicts],
    [
      ['x', 'bad'],
      ['y', 'bad'],
    ],
  )
})

describe('contradictions()', () => {
  const rows: readonly (readonly [why: string, rules: readonly RuleVerdict[], of: readonly string[]])[] = [
    ['one forbids what the other allows', [rule('ncsc-nl', 'bad', 'insufficient'), rule('nist', 'good', 'allowed')], ['ncsc-nl', 'nist']],
    ['weak against good is one too', [rule('ncsc-nl', 'weak', 'phase out'), rule('nist', 'good', 'allowed')], ['ncsc-nl', 'nist']],
    ['weak against bad differs in degree only', [rule('ncsc-nl', 'weak', 'phase out'), rule('nist', 'bad', 'MUST NOT')], []],
    ['unknown contradicts nothing', [rule('ncsc-nl', 'unknown', '?'), rule('nist', 'good', 'allowed')], []],
    ['they speak of different things', [rule('ncsc-nl', 'bad', 'no', ['x448']), rule('nist', 'good', 'yes', ['x25519'])], []],
    [
      'they share one thing',
      [rule('ncsc-nl', 'bad', 'no', ['x448', 'x25519']), rule('nist', 'good', 'yes', ['x25519'])],
      ['ncsc-nl', 'nist'],
    ],
    ['no subjects means all of them', [rule('ncsc-nl', 'bad', 'no', ['x448']), rule('nist', 'good', 'yes')], ['ncsc-nl', 'nist']],
    ['a rulebook that judges part by part does not contradict itself', [rule('nist', 'bad', 'no', ['a']), rule('nist', 'good', 'yes')], []],
    [
      'who has no part in it is left out',
      [rule('a', 'bad', 'no', ['x']), rule('b', 'good', 'yes', ['x']), rule('c', 'good', 'yes', ['y'])],
      ['a', 'b'],
    ],
  ]
  for (const [why, rules, of] of rows) {
    test(why, () => {
      const found = contradictions([finding('f', 'weak', '', { rules })])
      assert.deepEqual(
        found.flatMap(({ objecting, approving }) => [...objecting, ...approving]).map(({ rulebook }) => rulebook),
        of,
      )
    })
  }
})

describe('ruleGroups()', () => {
  const five = ['a', 'b', 'c', 'd'].map((name) => rule(name, 'bad', 'no'))
  const rows: readonly (readonly [why: string, rules: readonly RuleVerdict[], groups: readonly string[]])[] = [
    [
      'a few are quoted',
      [rule('a', 'good', 'yes'), rule('b', 'bad', 'no', ['x', 'y', 'z', 'u'])],
      ['bad b: no (x, y and 2 more)', 'good a: yes'],
    ],
    ['many are named', [...five, rule('e', 'good', 'yes')], ['bad a, b, c, d', 'good e']],
    [
      'who judges part by part stands in each group, once',
      [...five, rule('a', 'good', 'yes', ['x']), rule('a', 'good', 'also', ['y'])],
      ['bad a in part, b, c, d', 'good a in part'],
    ],
    ['nobody says nothing', [], []],
  ]
  for (const [why, rules, groups] of rows) {
    test(why, () => {
      assert.deepEqual(
        ruleGroups(rules).map(({ verdict, words }) => `${verdict} ${words.join(', ')}`),
        groups,
      )
    })
  }
})

test('ruleGroups() says in part of a rulebook whose other part is not shown', () => {
  const shown = [...['a', 'b', 'c', 'd'].map((name) => rule(name, 'bad', 'no')), rule('e', 'good', 'yes', ['x'])]
  const words = (among: readonly RuleVerdict[]): readonly string[] => ruleGroups(shown, undefined, among).flatMap((group) => group.words)
  assert.deepEqual(words(shown), ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(words([...shown, rule('e', 'bad', 'no', ['y'])]), ['a', 'b', 'c', 'd', 'e in part'])
})

test('reports tell of contradictions with the words of the findings', () => {
  const rules = [
    ...['a', 'b', 'c', 'd'].map((name) => rule(name, 'bad', 'no')),
    rule('e', 'good', 'yes', ['x']),
    rule('e', 'bad', 'no', ['y']),
  ]
  const told: AuditReport = {
    ...report(),
    targets: [{ ...result, findings: [finding('f', 'weak', 'F.', { rules, subjects: ['x', 'y'] })] }],
  }
  for (const text of [printTerminal(told, { colour: false, columns: 110 }), printMarkdown(told)]) {
    assert.equal(text.match(/✓[^\n]*\be in part/g)?.length, 2, text)
    assert.doesNotMatch(text, /\be\b(?! in part)\s*[;)\n]/)
  }
})

test('mainReasons() are sentences, and none is hidden alone', () => {
  const of = (count: number): unknown => mainReasons({ ...result, gradeReasons: ['not above C: x', 'b', 'c'] }, count)
  assert.deepEqual(of(2), { reasons: ['Not above C: x.', 'B.', 'C.'], more: 0 })
  assert.deepEqual(of(1), { reasons: ['Not above C: x.'], more: 2 })
})

describe('rulebookSummaries()', () => {
  test('counts each finding once, at the worst that the rulebook says of it', () => {
    const findings = [finding('f', 'weak', '', { rules: [rule('nist', 'good', 'yes', ['a']), rule('nist', 'bad', 'no', ['b'])] })]
    const of = rulebookSummaries(report(), { ...result, findings }).find(({ name }) => name === 'nist')
    assert.deepEqual([of?.verdict, of?.counts.bad, of?.counts.good], ['bad', 1, 0])
  })

  test('a rulebook that says nothing is unknown, not good', () => {
    assert.deepEqual(
      rulebookSummaries(report(), { ...result, findings: [] }).map(({ verdict }) => verdict),
      ['unknown', 'unknown', 'unknown', 'unknown'],
    )
  })

  test('rulebookVerdict() is undefined where the rulebook is silent', () => {
    assert.equal(rulebookVerdict(finding('f', 'bad', ''), 'nist'), undefined)
  })
})

describe('protocolRows()', () => {
  const rows = protocolRows(SAMPLES.oldKerio.targets[0]!.posture!)

  test('newest first, and every protocol has a row', () => {
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3', 'SSLv2'],
    )
  })

  test('a list that stands already is named, not repeated', () => {
    assert.deepEqual(
      rows.map(({ sameAs }) => sameAs),
      [undefined, undefined, undefined, 'TLSv1.1', undefined, undefined],
    )
  })

  test('the same suites in another order, or with another chooser, are another list', () => {
    const { protocols } = posture
    const one = offered(['a', 'b'])
    const other = (change: Partial<typeof one>): boolean =>
      protocolRows({ ...posture, protocols: { ...protocols, TLSv1: one, 'TLSv1.1': { ...one, ...change } } }).some(
        ({ sameAs }) => sameAs !== undefined,
      )
    assert.deepEqual(
      [other({}), other({ suites: ['b', 'a'] }), other({ order: 'client' }), other({ complete: false })],
      [true, false, false, false],
    )
  })
})

const words: readonly (readonly [got: string, want: string])[] = [
  [orderWords(offered(['a'])), 'server chooses'],
  [orderWords(offered(['a'], { order: 'client' })), 'client chooses'],
  [orderWords(offered(['a'], { order: 'unknown' })), 'who chooses is unknown'],
  [orderWords(offered(['a'], { prefersClientChaCha: true })), 'server chooses, ChaCha20 first for clients that prefer it'],
  [offerWords(offered(['a'])), 'offered'],
  [offerWords(offered(['a'], { complete: false })), 'offered, list not complete'],
  [offerWords({ ...offered([]), offered: false, refusal: 'connection closed' }), 'refused (connection closed)'],
  [offerWords({ ...offered([]), offered: false }), 'refused'],
  [offerWords({ ...offered([]), offered: 'unknown' }), 'unknown'],
  [offerWords({ ...offered([]), offered: 'unknown', refusal: 'silence' }), 'unknown (silence)'],
]
for (const [got, want] of words) test(`words: ${want}`, () => assert.equal(got, want))

test('allSuites() has each suite once', () => {
  const suites = allSuites(SAMPLES.oldKerio.targets[0]!.posture!)
  assert.equal(suites.length, new Set(suites).size)
  assert.equal(suites[0], 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384')
})
