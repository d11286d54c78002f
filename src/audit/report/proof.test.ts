import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import type { ProofReport } from '../prove.ts'
import { printProofJson, printProofs } from './proof.ts'
import { PROOFS } from './testdata/proofs.ts'

function golden(name: string, text: string): void {
  const url = new URL(`testdata/${name}`, import.meta.url)
  if (process.env['GOLDEN'] === 'update') writeFileSync(url, text)
  assert.equal(readFileSync(url, 'utf8'), text)
}

describe('printProofs()', () => {
  test('says what is broken first, what is not known next, and where to read on', () => {
    golden('proofs.100.txt', printProofs(PROOFS, { colour: false, columns: 100 }))
  })

  test('tells every demand and its proof with --verbose, in a narrow window, in ASCII', () => {
    const text = printProofs(PROOFS, { colour: false, columns: 60, verbose: true, unicode: false })
    golden('proofs.60.verbose.txt', text)
    assert.doesNotMatch(text, /[^\n -~]/)
    for (const line of text.split('\n')) assert.ok(line.length <= 60, line)
  })

  test('has the same words in colour', () => {
    const colour = printProofs(PROOFS, { colour: true, columns: 100 })
    assert.ok(colour.includes('\u001b[1m'))
    assert.equal(stripVTControlCharacters(colour), printProofs(PROOFS, { colour: false, columns: 100 }))
  })

  test('lets nothing from the network move the cursor', () => {
    const [first] = PROOFS.proofs
    const evil: ProofReport = { ...PROOFS, proofs: [{ ...first!, remarks: ['CN=\u001b[2J\u202e is not trusted.'] }] }
    for (const text of [printProofs(evil, { colour: false, columns: 100 }), printProofJson(evil)])
      assert.ok(!text.includes('\u001b') && !text.includes('\u202e'), text)
  })
})

test('printProofJson() is JSON of the same report', () => {
  assert.deepEqual(JSON.parse(printProofJson(PROOFS)), PROOFS)
})
