import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Verdict } from '../../policy/index.ts'
import { finding } from './testdata/parts.ts'
import {
  costWords,
  counted,
  dateWords,
  daysBetween,
  factWords,
  few,
  plain,
  sentence,
  tallyWords,
  timeWords,
  validityWords,
  worst,
  yesNo,
} from './words.ts'

describe('plain()', () => {
  const rows: readonly (readonly [why: string, text: string, shown: string])[] = [
    ['what people write stays', 'Bücher & Söhne, 株式会社 ✓ 🙂', 'Bücher & Söhne, 株式会社 ✓ 🙂'],
    ['ends of lines would forge lines of the report', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['ESC begins a command to the terminal', '\u001b[2J', '\\x1b[2J'],
    ['C1 CSI does so in one character', '\u009b31m', '\\x9b31m'],
    ['DEL and NUL', '\u007f\u0000', '\\x7f\\x00'],
    ['RIGHT-TO-LEFT OVERRIDE turns the line around', 'a\u202eb', 'a\\u202eb'],
    ['isolates do so too', '\u2066\u2069', '\\u2066\\u2069'],
    ['letters without width hide', 'a\u200bb\ufeff\u00ad', 'a\\u200bb\\ufeff\\xad'],
    ['separators of lines and paragraphs', '\u2028\u2029', '\\u2028\\u2029'],
    ['tags are beyond 16 bits', '\u{e0041}', '\\U000e0041'],
    ['half a surrogate pair is no text', '\ud800', '\\ud800'],
    ['noncharacters are not allowed in XML', '\uffff', '\\uffff'],
  ]
  for (const [why, text, shown] of rows) test(why, () => assert.equal(plain(text), shown))

  test('leaves nothing that a terminal obeys, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.match(plain(text), /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u)
        assert.equal(plain(plain(text)), plain(text))
      }),
    )
  })
})

const words: readonly (readonly [got: string, want: string, why: string])[] = [
  [counted(0, 'day'), '0 days', 'none is many'],
  [counted(1, 'day'), '1 day', 'one is one'],
  [counted(2, 'entry', 'entries'), '2 entries', 'irregular'],
  [few(['a', 'b', 'c'], 2), 'a, b, c', '"and 1 more" would be no shorter'],
  [few(['a', 'b', 'c', 'd'], 2), 'a, b and 2 more', 'the rest is counted'],
  [factWords<boolean>('unknown', yesNo), 'unknown', 'unknown is said, never guessed'],
  [factWords<boolean>('not-applicable', yesNo), 'does not apply', 'senseless questions have no answer'],
  [factWords<boolean>(false, yesNo), 'no', 'a known no'],
  [factWords(7200, (seconds) => `${seconds} s`), '7200 s', 'a known number'],
  [sentence('Cannot connect'), 'Cannot connect.', 'messages have no full stop'],
  [sentence('Done.'), 'Done.', 'facts have one'],
  [dateWords('2027-01-18T07:59:59Z'), '18 Jan 2027', 'no order of day and month to mistake'],
  [dateWords('99991231235959Z'), '99991231235959Z', 'what is no date stays visible'],
  [timeWords('2026-11-22T06:30:00.123Z'), '22 Nov 2026, 06:30 UTC', 'minutes are enough'],
  [costWords({ connections: 1, milliseconds: 412.4 }), '1 connection in 412 ms', 'below a second'],
  [costWords({ connections: 71, milliseconds: 1840 }), '71 connections in 1.8 s', 'below ten seconds'],
  [costWords({ connections: 14, milliseconds: 60_000 }), '14 connections in 60 s', 'above'],
  [
    tallyWords([finding('a', 'good', ''), finding('b', 'bad', ''), finding('c', 'bad', '')]),
    '2 bad, 1 good',
    'worst first, none left out silently',
  ],
]
for (const [got, want, why] of words) test(`words: ${why}`, () => assert.equal(got, want))

describe('validityWords()', () => {
  const now = '2026-11-22T06:30:00Z'
  const rows: readonly (readonly [notBefore: string, notAfter: string, words: string, why: string])[] = [
    ['2026-01-01T00:00:00Z', '2027-01-18T07:59:59Z', '57 days left', 'whole days only'],
    ['2026-01-01T00:00:00Z', '2026-11-23T07:00:00Z', '1 day left', 'a day and a bit'],
    ['2026-01-01T00:00:00Z', '2026-11-22T07:00:00Z', 'expires today', 'less than a day'],
    ['2026-01-01T00:00:00Z', '2026-11-22T06:29:59Z', 'expired 1 day ago', 'a second ago is over'],
    ['2016-01-01T00:00:00Z', '2026-10-13T10:00:00Z', 'expired 40 days ago', 'long over'],
    ['2026-12-24T00:00:00Z', '2027-12-24T00:00:00Z', 'not valid before 24 Dec 2026', 'too early comes first'],
    ['garbage', 'garbage', 'unknown', 'no date is not a pass'],
  ]
  for (const [notBefore, notAfter, want, why] of rows) {
    test(why, () => assert.equal(validityWords({ notBefore, notAfter }, now), want))
  }

  test('daysBetween() rounds down, so that a certificate never seems to live longer', () => {
    assert.equal(daysBetween('2026-11-22T00:00:00Z', '2026-11-23T23:59:59Z'), 1)
  })
})

describe('worst()', () => {
  const rows: readonly (readonly [of: readonly Verdict[], verdict: Verdict | undefined])[] = [
    [['good', 'unknown'], 'unknown'],
    [['unknown', 'weak'], 'weak'],
    [['weak', 'bad', 'good'], 'bad'],
    [['good'], 'good'],
    [[], undefined],
  ]
  for (const [of, verdict] of rows) test(`of ${of.join(', ') || 'nothing'}: ${verdict}`, () => assert.equal(worst(of), verdict))
})
