import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Crowd, type Place } from './crowd.ts'

const place = (number: number, ...beside: number[]): Place => ({ number, beside })

describe('Crowd', () => {
  const rows: readonly { answered: readonly Place[]; asks: Place; tooLarge: boolean; reason: string }[] = [
    { answered: [], asks: place(1), tooLarge: false, reason: 'whoever is alone is no crowd' },
    { answered: [], asks: place(2, 1), tooLarge: true, reason: 'two may be one too many for a server that has served nobody' },
    { answered: [place(1)], asks: place(2, 1), tooLarge: true, reason: 'or one' },
    { answered: [place(1), place(2, 1)], asks: place(3, 1), tooLarge: false, reason: 'two side by side were served' },
    { answered: [place(2, 1), place(1)], asks: place(3, 1), tooLarge: false, reason: 'in whatever order their answers came' },
    { answered: [place(1), place(2, 1)], asks: place(3, 1, 2), tooLarge: true, reason: 'but three never were' },
    { answered: [place(1), place(3, 2)], asks: place(4, 3), tooLarge: true, reason: 'its neighbour got no answer' },
    { answered: [place(1), place(2), place(3)], asks: place(4, 3), tooLarge: true, reason: 'one after the other is not side by side' },
    {
      answered: [place(3, 1, 2), place(2, 1), place(1)],
      asks: place(9, 7, 8),
      tooLarge: false,
      reason: 'three were, the last one answered first',
    },
  ]
  for (const { answered, asks, tooLarge, reason } of rows) {
    test(`${asks.beside.length + 1} at once${tooLarge ? ' may be too many' : ' are fine'}: ${reason}`, () => {
      const crowd = new Crowd()
      for (const one of answered) crowd.answered(one)
      assert.equal(crowd.isTooLarge(asks), tooLarge)
    })
  }

  test('never believes in more than were open and answered at once, and does not care for the order of answers', () => {
    const history = fc
      .array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 12 })
      .map((counts) =>
        counts.map((count, index) => place(index + 1, ...Array.from({ length: Math.min(count, index) }, (_, back) => index - back))),
      )
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (places, order) => {
        const [one, other] = [new Crowd(), new Crowd()]
        for (const each of places) one.answered(each)
        const keys = new Map(places.map((each) => [each, order.next().value as number]))
        for (const each of places.toSorted((a, b) => keys.get(a)! - keys.get(b)!)) other.answered(each)
        const most = Math.max(...places.map(({ beside }) => 1 + beside.length))
        for (let size = 1; size <= 6; size++) {
          const asks = place(99, ...Array.from({ length: size - 1 }, (_, index) => 100 + index))
          assert.deepEqual([one.isTooLarge(asks), other.isTooLarge(asks)], [size > most, size > most])
        }
      }),
    )
  })
})
