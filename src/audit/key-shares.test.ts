import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keySharesFor, keySharesOf, shareOf } from './key-shares.ts'

describe('key shares of an audit', () => {
  const rows: readonly (readonly [why: string, group: number])[] = [
    ['a curve', 23],
    ['a finite field', 256],
    ['a key encapsulation', 513],
  ]
  for (const [why, group] of rows) {
    test(`${why} has one, which serves again`, () => {
      assert.equal(shareOf(group), shareOf(group))
      assert.deepEqual(keySharesOf([group]), [{ group, keyExchange: shareOf(group)?.publicValue }])
    })
  }

  test('a group that cannot be done has none', () => assert.deepEqual([shareOf(0x2a2a), keySharesOf([0x2a2a])], [undefined, []]))

  test('clients send shares of few groups', () => {
    const groups = [256, 25, 24, 23, 30, 29]
    assert.deepEqual(
      keySharesFor(groups).map(({ group }) => group),
      [29, 23, 24, 25],
    )
  })
})
