import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { filesNamed } from './includes.ts'

describe('filesNamed()', () => {
  const there = ['/etc/a.conf', '/etc/b.conf', '/etc/[.conf', '/etc/x+y.conf', '/etc/.hidden.conf', '/etc/a.conf.bak']
  const rows: readonly (readonly [why: string, pattern: string, names: readonly string[]])[] = [
    ['a star, which no dot in front obeys', '*.conf', ['/etc/[.conf', '/etc/a.conf', '/etc/b.conf', '/etc/x+y.conf']],
    ['a question mark', '?.conf', ['/etc/[.conf', '/etc/a.conf', '/etc/b.conf']],
    ['a set', '[ab].conf', ['/etc/a.conf', '/etc/b.conf']],
    ['all but a set', '[!a[].conf', ['/etc/b.conf']],
    ['a bracket that is never closed', '[.con?', ['/etc/[.conf']],
    ['a range that goes backwards', '[b-a].conf', []],
    ['signs that only regular expressions know', 'x+y.con?', ['/etc/x+y.conf']],
    ['a line of escape codes', '\u001b]0;x\u0007\u001b[2J*', []],
  ]
  for (const [why, pattern, names] of rows) {
    test(why, () => {
      const files = filesNamed(pattern, '/etc', { list: () => there, more: (path) => ({ path, text: '' }) })
      assert.deepEqual(
        files.map(({ path }) => path),
        names,
      )
    })
  }
})
