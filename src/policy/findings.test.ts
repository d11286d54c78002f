import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { findingKind, FINDINGS } from './findings.ts'
import { findingsPage } from './findings-page.ts'

describe('FINDINGS', () => {
  test('have ids that are short words, each once', () => {
    assert.equal(new Set(FINDINGS.map(({ id }) => id)).size, FINDINGS.length)
    for (const { id } of FINDINGS) assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  })

  test('say what they are about and why it matters, in whole sentences', () => {
    for (const { id, title, why, remedy, reference } of FINDINGS) {
      assert.ok(title !== '' && reference !== '', id)
      assert.match(why, /\.$/, id)
      if (remedy !== undefined) assert.match(remedy, /\.$/, id)
    }
  })

  test('are found by their id', () => {
    assert.equal(findingKind('heartbleed')?.reference, 'CVE-2014-0160')
    assert.equal(findingKind('nothing'), undefined)
  })
})

describe('docs/findings.md', () => {
  test('is up to date (run: node docs/generate.ts)', () => {
    assert.equal(readFileSync(new URL('../../docs/findings.md', import.meta.url), 'utf8'), findingsPage())
  })

  test('has a heading for every finding', () => {
    for (const { id } of FINDINGS) assert.match(findingsPage(), new RegExp(`^### ${id}$`, 'm'))
  })
})
