import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { masked, unifiedDiff } from './diff.ts'
import { placeIn, withEdits, type Edit, type SettingsFile } from './settings-file.ts'

const none = () => []
const fileWith = (text: string): SettingsFile => ({ path: 'a.conf', text })
const edit = (start: number, end: number, text: string): Edit => ({ file: 'a.conf', start, end, text })

/** Random text, and edits of it that do not overlap. */
const edited: fc.Arbitrary<{ readonly text: string; readonly edits: readonly Edit[] }> = fc
  .array(fc.constantFrom('a', 'b', '\n', '\r\n', ' x\n'), { maxLength: 150, size: 'max' })
  .map((parts) => parts.join(''))
  .chain((text) =>
    fc.array(fc.tuple(fc.nat(text.length), fc.constantFrom('', 'a', 'new', '\n', 'n\nm\n')), { maxLength: 8 }).map((cuts) => {
      const ends = cuts.map(([at]) => at).toSorted((one, other) => one - other)
      const edits = cuts.flatMap(([, put], at) => (at % 2 === 0 && ends[at + 1] !== undefined ? [edit(ends[at]!, ends[at + 1]!, put)] : []))
      return { text, edits }
    }),
  )

/** What `patch` makes of it: every line of the old text has to be where the diff says. */
function patched(text: string, diff: string): string {
  const lines = (of: string): string[] => of.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const old = lines(text.replaceAll('\r', ''))
  const out: string[] = []
  let at = 0
  for (const line of lines(diff.replaceAll(/\n\\ No newline at end of file\n/g, '\u241e'))) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line)
    if (head !== null) {
      const from = Number(head[1]) - (head[2] === '0' ? 0 : 1)
      while (at < from) out.push(old[at++]!)
      assert.equal(out.length, Number(head[3]) - (head[4] === '0' ? 0 : 1), diff)
      continue
    }
    for (const piece of line.includes('\u241e') ? line.split(/(?<=\u241e)/) : [line]) {
      const body = piece.slice(1).replaceAll(/[\u241e\r]/g, '')
      if (/^[-+ ]/.test(piece) && !/^(?:---|\+\+\+) a\.conf/.test(piece)) {
        if (piece[0] !== '+') assert.equal(old[at++], body, diff)
        if (piece[0] !== '-') out.push(body)
      }
    }
  }
  return [...out, ...old.slice(at)].join('')
}

describe('unifiedDiff()', () => {
  test('turns the old text into the new one, whatever is edited', () => {
    fc.assert(
      fc.property(edited, ({ text, edits }) => {
        const file = fileWith(text)
        assert.equal(patched(text, unifiedDiff(file, edits, none)), withEdits(file, edits).text.replaceAll('\r', ''))
      }),
      { numRuns: 1000 },
    )
  })

  test('looks as `diff -u` does', () => {
    const text = 'one\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix\r\nseven\r\neight\r\nnine'
    const at = text.indexOf('five')
    assert.equal(
      unifiedDiff(fileWith(text), [edit(at, at + 4, 'FIVE'), edit(text.length, text.length, '\r\nten')], none),
      [
        '--- a.conf',
        '+++ a.conf (planned)',
        '@@ -2,8 +2,9 @@',
        ' two',
        ' three',
        ' four',
        '-five',
        '+FIVE',
        ' six',
        ' seven',
        ' eight',
        '-nine',
        '\\ No newline at end of file',
        '+nine',
        '+ten',
        '\\ No newline at end of file',
        '',
      ].join('\n'),
    )
  })

  test('shows changes of lines that touch as one', () => {
    const file = fileWith('a\nb\nc\n')
    assert.match(unifiedDiff(file, [edit(0, 1, 'A'), edit(2, 3, 'B')], none), /\n-a\n-b\n\+A\n\+B\n c\n$/)
  })

  test('says nothing where nothing changes', () => {
    assert.equal(unifiedDiff(fileWith('a\nb\n'), [edit(0, 1, 'a')], none), '')
  })

  test('shows no secret, neither beside a change nor in it', () => {
    const text = 'user = u\npassword = hunter2\nprotocols = TLSv1\n'
    const secrets = (file: SettingsFile) =>
      [...file.text.matchAll(/(?<=password = )\S+/g)].map(({ index, 0: found }) => placeIn(file, index, index + found.length))
    const at = text.indexOf('TLSv1')
    const diff = unifiedDiff(fileWith(text), [edit(at, at + 5, 'TLSv1.2'), edit(0, 0, 'password = other\n')], secrets)
    assert.doesNotMatch(diff, /hunter2|other/)
    assert.match(diff, /^ password = \*{8}$/m)
    assert.match(diff, /^\+password = \*{8}$/m)
  })

  test('looks for secrets in all that stands between the first change and the last, shown or not', () => {
    const text = `first\nBEGIN\n${'key\n'.repeat(20)}last\n`
    const secrets = (file: SettingsFile, { start, end }: { readonly start: number; readonly end: number }) => {
      const begin = file.text.slice(start, end).indexOf('BEGIN')
      return begin === -1 ? [] : [placeIn(file, start + begin, file.text.indexOf('last'))]
    }
    const diff = unifiedDiff(fileWith(text), [edit(0, 5, 'FIRST'), edit(text.length - 5, text.length - 1, 'LAST')], secrets)
    assert.doesNotMatch(diff, /key/)
    assert.match(diff, /^@@ -1,4 \+1,4 @@\n-first\n\+FIRST\n(?: \*+\n){3}@@ -20,4 \+20,4 @@\n(?: \*+\n){3}-last\n\+LAST\n$/m)
  })

  test('masks secrets that overlap and that have several lines, line by line', () => {
    const file = fileWith('abc\r\ndef\nghi')
    assert.equal(
      masked(file, () => [placeIn(file, 1, 7), placeIn(file, 2, 3), placeIn(file, 6, 8)]),
      'a********\r\n****************\nghi',
    )
  })
})
