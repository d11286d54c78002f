import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { findingKind } from '../../policy/index.ts'
import { width } from './layout.ts'
import { printTerminal, type TerminalOptions } from './terminal.ts'
import { finding, report, result, rule } from './testdata/parts.ts'
import { SAMPLES } from './testdata/samples.ts'

const PLAIN: TerminalOptions = { colour: false, columns: 100 }

/** The text as one line, for questions about words that may stand on two. */
function flat(text: string): string {
  return text.replace(/\s+/g, ' ')
}

for (const [name, sample] of Object.entries(SAMPLES)) {
  describe(`printTerminal() of ${name}`, () => {
    for (const columns of [40, 57, 80, 110, 200]) {
      test(`keeps to ${columns} columns`, () => {
        for (const verbose of [false, true]) {
          for (const line of printTerminal(sample, { colour: false, columns, verbose }).split('\n')) {
            assert.ok(width(line) <= columns, `${width(line)} columns: ${line}`)
            assert.equal(line, line.trimEnd(), 'no blanks at the end')
          }
        }
      })
    }

    test('says the same with colours and without, and without sends no escape', () => {
      const plain = printTerminal(sample, { ...PLAIN, verbose: true })
      assert.equal(
        stripVTControlCharacters(printTerminal(sample, { ...PLAIN, colour: true, verbose: true })),
        plain.replace(/ *$/gm, (blanks) => blanks),
      )
      assert.match(plain, /^(?:\n|[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])*$/u)
    })

    test('with colours sends colours and nothing else', () => {
      const coloured = printTerminal(sample, { ...PLAIN, colour: true, verbose: true })
      // oxlint-disable-next-line no-control-regex -- colours are control characters.
      assert.match(coloured.replace(/\u001b\[\d+m/g, ''), /^(?:\n|[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])*$/u)
    })

    test('is ASCII where the terminal knows nothing else', () => {
      assert.match(printTerminal(sample, { ...PLAIN, unicode: false, verbose: true }), /^[\n -~]*$/)
    })
  })
}

describe('printTerminal()', () => {
  const golden: readonly (readonly [file: string, sample: keyof typeof SAMPLES, options: TerminalOptions])[] = [
    ['old-kerio.100.txt', 'oldKerio', PLAIN],
    ['old-kerio.verbose.txt', 'oldKerio', { ...PLAIN, verbose: true }],
    ['several.80.txt', 'several', { ...PLAIN, columns: 80 }],
    ['half-known.ascii.txt', 'halfKnown', { ...PLAIN, columns: 60, unicode: false }],
  ]
  for (const [file, sample, options] of golden) {
    test(`reads as in testdata/${file} (GOLDEN=update writes it)`, () => {
      const url = new URL(`testdata/${file}`, import.meta.url)
      const text = printTerminal(SAMPLES[sample], options)
      if (process.env['GOLDEN'] === 'update') writeFileSync(url, text)
      assert.equal(readFileSync(url, 'utf8'), text)
    })
  }

  test('every verdict is a word, so that nothing is lost without colours and signs', () => {
    const text = printTerminal(SAMPLES.oldKerio, PLAIN)
    for (const word of ['✗ BAD ', '! WEAK ', '? UNKNOWN ', '✓ GOOD ']) assert.ok(text.includes(word), word)
  })

  test('what is unknown is nowhere good', () => {
    const text = printTerminal(SAMPLES.silent, { ...PLAIN, verbose: true })
    assert.doesNotMatch(text, /good|✓|none\b(?! seen)|refused|: no\b/i)
    assert.match(flat(text), /No grade /)
    for (const protocol of ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3', 'SSLv2']) {
      assert.match(text, new RegExp(`^  \\? ${protocol} +unknown$`, 'm'))
    }
  })

  test('a door without a problem that could not be graded says so', () => {
    const text = printTerminal(report({ ...result, grade: 'unknown' }), PLAIN)
    assert.match(text, /Too little is known about this door\. That is not a pass\./)
  })

  test('rulebooks that contradict each other are both shown, on a good finding too', () => {
    assert.match(
      flat(printTerminal(SAMPLES.wellKept, PLAIN)),
      /Where rulebooks contradict each other groups ! nist: not in the list \(x25519\); ✓ mozilla-intermediate: listed/,
    )
  })

  test('a compact list says how many suites it leaves out; --verbose leaves out none', () => {
    assert.match(
      flat(printTerminal(SAMPLES.oldKerio, PLAIN)),
      /TLSv1\.2 offered, 17 suites, client chooses \(7 bad, 5 weak\) .* and 14 more/,
    )
    const verbose = printTerminal(SAMPLES.oldKerio, { ...PLAIN, verbose: true })
    for (const suite of SAMPLES.oldKerio.targets[0]!.posture!.protocols['TLSv1.2'].suites) assert.ok(verbose.includes(suite), suite)
    assert.match(verbose, / 5 ✗ TLS_ECDHE_RSA_WITH_RC4_128_SHA$/m)
  })

  test('who would be cut off stands with the finding', () => {
    assert.match(flat(printTerminal(SAMPLES.oldKerio, PLAIN)), /Remedy Turn SSL 3\.0 off\. Needed by Internet Explorer 6 on Windows XP/)
  })

  test('several doors begin with a table, one does not', () => {
    assert.match(
      printTerminal(SAMPLES.several, PLAIN),
      /5 doors\n\n {2}Door +Grade +Bad +Weak +Unknown +First\n {2}smtp:\/\/mail\.old\.example:25 +F +5 +3 +1 +Update/,
    )
    assert.doesNotMatch(printTerminal(SAMPLES.oldKerio, PLAIN), /\bFirst\b/)
  })

  test('no door at all is no pass', () => assert.match(printTerminal(SAMPLES.nothing, PLAIN), /No door was audited\./))

  test('a few reasons stand for many; --verbose gives all', () => {
    const one = report({ ...result, gradeReasons: ['a', 'b', 'c', 'd', 'e'].map((letter) => `not above ${letter}`) })
    assert.match(printTerminal(one, PLAIN), /- Not above c\.\n {6}- and 2 more reasons\n/)
    assert.match(printTerminal(one, { ...PLAIN, verbose: true }), /- Not above e\.\n/)
  })

  test('many unknowns are named, not told; --verbose tells them', () => {
    const findings = [...Array(9).keys()].map((at) => finding(`open-${at}`, 'unknown', `Fact ${at}.`))
    assert.match(flat(printTerminal(report({ ...result, findings }), PLAIN)), /\? UNKNOWN 9 findings: open-0, open-1/)
    assert.match(printTerminal(report({ ...result, findings }), { ...PLAIN, verbose: true }), /\? UNKNOWN Fact 8\. \[open-8\]/)
  })

  test('what the fact names already is not named again', () => {
    const shown = (subjects: readonly string[]): boolean =>
      printTerminal(
        report({ ...result, findings: [finding('f', 'bad', 'RC4_A, RC4_B, RC4_C and 1 more.', { subjects })] }),
        PLAIN,
      ).includes('Concerns')
    assert.deepEqual([shown(['RC4_A', 'RC4_B', 'RC4_C', 'RC4_D']), shown(['SSLv3']), shown(['RC4_X'])], [false, false, true])
  })

  test('why it matters is said on request', () => {
    const { why } = findingKind('starttls-injection')!
    assert.ok(!flat(printTerminal(SAMPLES.oldKerio, PLAIN)).includes(why))
    assert.ok(flat(printTerminal(SAMPLES.oldKerio, { ...PLAIN, verbose: true })).includes(why))
  })

  test('proofs are shown on request', () => {
    const one = report({ ...result, findings: [finding('f', 'bad', 'F.', { evidence: '160303', rules: [rule('nist', 'bad', 'no')] })] })
    assert.doesNotMatch(printTerminal(one, PLAIN), /160303/)
    assert.match(printTerminal(one, { ...PLAIN, verbose: true }), /Evidence {3}160303/)
    assert.match(printTerminal(SAMPLES.oldKerio, { ...PLAIN, verbose: true }), /protocols\.SSLv2 +SSL 2\.0 CLIENT-HELLO: silence/)
  })
})
