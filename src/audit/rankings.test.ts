import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { suiteByCode } from '../registry/index.ts'
import { libraryRankings } from './rankings.ts'

describe('libraryRankings()', () => {
  test('are made once: they cost some time', () => assert.equal(libraryRankings(), libraryRankings()))

  for (const [index, ranking] of libraryRankings().entries()) {
    test(`number ${index + 1} names each of its suites once, all of them known`, () => {
      assert.equal(new Set(ranking).size, ranking.length)
      assert.deepEqual(
        ranking.filter((code) => suiteByCode(code) === undefined),
        [],
      )
      assert.ok(ranking.length > 50, `${ranking.length} suites`)
    })
  }

  test('are different ones: what came later, and what was thrown out', () => {
    const has = (code: number): boolean[] => libraryRankings().map((ranking) => ranking.includes(code))
    assert.deepEqual(has(0xcca8), [true, true, false], 'ECDHE-RSA-CHACHA20-POLY1305 came with OpenSSL 1.1.0')
    assert.deepEqual(has(0x0005), [false, false, true], 'RC4-SHA is not built any more since')
    assert.deepEqual(has(0x002f), [true, true, true], 'AES128-SHA never left')
  })
})
