import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WholeLines } from './whole-lines.ts'

test('WholeLines: gives every line once, in order and whole, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat(9), { minLength: 1 }), (words, cuts) => {
      const lines = words.map((word) => `${word.replaceAll('\n', ' ')}\n`)
      const bytes = Buffer.from(lines.join(''))
      const given: string[] = []
      const whole = new WholeLines((text) => void given.push(text))
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const next = at + (cuts[cut % cuts.length] ?? 0) + 1
        whole.push(bytes.subarray(at, next))
        at = next
      }
      assert.ok(given.every((text) => text.endsWith('\n')))
      assert.equal(given.join(''), bytes.toString())
    }),
  )
})
