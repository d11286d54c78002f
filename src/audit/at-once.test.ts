import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eachAtOnce, type AtOnce } from './at-once.ts'

describe('eachAtOnce()', () => {
  const rows: readonly { why: string; addresses: string; bounds: AtOnce; most: number; mostOfOne: number }[] = [
    { why: 'one after the other at one address', addresses: 'aaaaa', bounds: { all: 4, ofAddress: 1 }, most: 1, mostOfOne: 1 },
    { why: 'different addresses side by side', addresses: 'abcdefgh', bounds: { all: 4, ofAddress: 1 }, most: 4, mostOfOne: 1 },
    {
      why: 'the doors of one address keep nobody else waiting',
      addresses: 'aaaab',
      bounds: { all: 2, ofAddress: 1 },
      most: 2,
      mostOfOne: 1,
    },
    { why: 'several at one address', addresses: 'aaaaaabbbb', bounds: { all: 64, ofAddress: 3 }, most: 6, mostOfOne: 3 },
    { why: 'no more than all together', addresses: 'aaabbbccc', bounds: { all: 5, ofAddress: 3 }, most: 5, mostOfOne: 3 },
    { why: 'nothing to do', addresses: '', bounds: { all: 4, ofAddress: 1 }, most: 0, mostOfOne: 0 },
  ]
  for (const { why, addresses, bounds, most, mostOfOne } of rows) {
    test(why, async () => {
      const items = addresses.split('').map((address, number) => ({ address, number }))
      const open: string[] = []
      const seen = { most: 0, mostOfOne: 0 }
      const results = await eachAtOnce(items, bounds, async ({ address, number }) => {
        open.push(address)
        seen.most = Math.max(seen.most, open.length)
        seen.mostOfOne = Math.max(seen.mostOfOne, open.filter((one) => one === address).length)
        await pause(5 - (number % 3))
        open.splice(open.indexOf(address), 1)
        return number
      })
      assert.deepEqual(seen, { most, mostOfOne })
      assert.deepEqual(results, [...items.keys()], 'in the order of the items, each once')
    })
  }

  test('a work that fails fails the whole', () =>
    assert.rejects(
      eachAtOnce([{ address: 'a' }], { all: 1, ofAddress: 1 }, () => Promise.reject(new Error('broken'))),
      /broken/,
    ))
})
