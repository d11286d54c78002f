import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { printMarkdown } from './markdown.ts'
import { finding, report, result } from './testdata/parts.ts'
import { SAMPLES } from './testdata/samples.ts'

/** The markdown of one finding with this fact. */
function fact(words: string): string {
  const text = printMarkdown(report({ ...result, findings: [finding('f', 'bad', words)] }))
  return /- \*\*(.*)\*\* \(`f`\)/.exec(text)?.[1] ?? ''
}

describe('printMarkdown()', () => {
  const rows: readonly (readonly [why: string, fact: string, markdown: string])[] = [
    ['words stay as they are', 'TLS 1.0 is offered (by default).', 'TLS 1.0 is offered (by default).'],
    ['suites stay readable', 'Uses TLS_RSA_WITH_RC4_128_SHA.', 'Uses TLS_RSA_WITH_RC4_128_SHA.'],
    ['emphasis', '*a* _b_ ~~d~~', '\\*a\\* \\_b\\_ \\~\\~d\\~\\~'],
    ['a lone backtick', 'a`b', 'a\\`b'],
    ['nothing in backticks, in which nothing is markup', 'Add `!RC4 *x* @y`.', 'Add `!RC4 *x* @y`.'],
    ['links and images', '![x](y)', '!\\[x\\](y)'],
    ['markup', '<b>&amp;', '&#60;b&#62;&#38;amp;'],
    ['mathematics', '$x$', '\\$x\\$'],
    ['cells of a table', 'a|b', 'a&#124;b'],
    ['what begins a list or a heading', '- a', '\\- a'],
    ['what begins a numbered list', '1. a', '1\\. a'],
    ['links that sites make themselves', 'https://evil.example www.evil.example', 'https:\u2060//evil.example www\u2060.evil.example'],
    ['names and numbers that sites call up', '@everyone #12', '@\u2060everyone #\u206012'],
    ['backslashes', 'a\\*b', 'a\\\\\\*b'],
    ['control characters', 'a\u001b[31m\nb', 'a\\\\x1b\\[31m\\\\nb'],
  ]
  for (const [why, words, markdown] of rows) test(`neutralises ${why}`, () => assert.equal(fact(words), markdown))

  test('a code span has a fence longer than any run of backticks in it', () => {
    const text = printMarkdown(report({ ...result, findings: [finding('f', 'bad', 'x', { subjects: ['a``b'] })] }))
    assert.match(text, /Concerns: ``` a``b ```/)
  })

  for (const [name, sample] of Object.entries(SAMPLES)) {
    test(`${name}: every row of a table has as many cells as its head`, () => {
      let head = 0
      for (const line of printMarkdown(sample).split('\n')) {
        const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0
        if (head > 0 && cells > 0) assert.equal(cells, head, line)
        head = cells
      }
    })

    test(`${name}: no line is more than Markdown of ours, whatever the network says`, () => {
      assert.match(printMarkdown(sample), /^(?:[\n\u2060]|[^\p{Cc}\p{Cf}])*$/u)
      assert.doesNotMatch(printMarkdown(sample).replace(/(`+)[^`].*?\1/g, ''), /[<>]/)
    })
  }

  test('a contradiction between rulebooks shows both', () => {
    assert.match(
      printMarkdown(SAMPLES.oldKerio),
      /They contradict each other on `forward-secrecy`: ✗ bad \(ncsc-nl: insufficient, .*\); ! weak \(rfc9325: SHOULD NOT\); ✓ good \(nist: allowed in the transition appendix\)/,
    )
  })

  test('says a few reasons for the grade, and how many more there are', () => {
    const gradeReasons = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => `not above ${letter}`)
    assert.match(printMarkdown(report({ ...result, gradeReasons })), /- Not above a\.\n(?:- Not above \w\.\n){4}- and 2 more reasons\n/)
  })

  test('says what is not complete, what is unknown, and that unknown is no pass', () => {
    const text = printMarkdown(SAMPLES.halfKnown)
    assert.match(
      text,
      /\*\*Not complete:\*\* Cannot finish the audit of mail\.slow\.example port 110: 60 s were up after 14 of 31 questions\. Give it more time/,
    )
    assert.match(text, /### \? Unknown: could not be found out, which is not a pass/)
    assert.match(text, /\| TLSv1\.3 \| unknown \|/)
  })

  test('a list of suites that stands already is named', () => {
    assert.match(printMarkdown(SAMPLES.oldKerio), /\| TLSv1 \| offered \| client chooses \| the same 12 suites as TLSv1\.1 \|/)
  })

  test('the first table has every door with its grade and what to do first', () => {
    const lines = printMarkdown(SAMPLES.several).split('\n')
    assert.deepEqual(
      lines.filter((line) => line.startsWith('| `')).map((line) => line.split(' | ').slice(0, 5).join(' ')),
      [
        '| `smtp://mail.old.example:25` **F** 5 3 1',
        '| `smtps://mail.example.com:465` **C** 1 1 0',
        '| `imaps://mail.example.com:993` **A+** 0 0 0',
        '| `pop3://mail.slow.example:110` **unknown** 0 1 3',
        '| `smtp://mx2.example.com:25` **unknown** 0 0 0',
      ],
    )
  })
})
