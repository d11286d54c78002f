import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Removal, type Guess, type Offer, type RemovalOptions } from './removal.ts'

/** A server in one function: what it chooses from a list, `undefined` for a clean refusal, 'breaks' for an unclean one. */
type Server = (items: readonly number[]) => number | undefined | 'breaks'

const UNIVERSE: readonly number[] = Array.from({ length: 120 }, (_, index) => index)

const serverOrder =
  (preferred: readonly number[]): Server =>
  (items) =>
    preferred.find((item) => items.includes(item))
const clientOrder =
  (accepted: readonly number[]): Server =>
  (items) =>
    items.find((item) => accepted.includes(item))
const noGuess: Guess = () => undefined
const guessFrom =
  (ranking: readonly number[]): Guess =>
  (items) => {
    const item = ranking.find((one) => items.includes(one))
    return item === undefined ? undefined : { item, sure: true }
  }

/** Asks until nothing is left, `width` questions at a time; the answers of each round arrive in reverse. */
function drive(
  server: Server,
  options: Partial<RemovalOptions> = {},
  width = 1,
  candidates = UNIVERSE,
): { removal: Removal; questions: number; offers: Offer[] } {
  const removal = new Removal(candidates, { most: 1000, guess: noGuess, ...options })
  const offers: Offer[] = []
  for (let round = 0; round < 2000; round++) {
    const asked: Offer[] = []
    while (asked.length < width) {
      const offer = removal.next(asked.length > 0)
      if (offer === undefined) break
      asked.push(offer)
    }
    if (asked.length === 0) return { removal, questions: offers.length, offers }
    offers.push(...asked)
    for (const offer of asked.toReversed()) answer(removal, server, offer)
  }
  throw new Error('never ends')
}

function answer(removal: Removal, server: Server, offer: Offer): void {
  const said = server(offer.items)
  if (said === 'breaks') removal.broke(offer)
  else if (said === undefined) removal.refused(offer)
  else removal.chosen(offer, said)
}

const subset = fc.uniqueArray(fc.constantFrom(...UNIVERSE), { minLength: 0, maxLength: 25 })

describe('Removal', () => {
  test('finds a server order with one question an item, one refusal and nothing more', () => {
    const { removal, questions } = drive(serverOrder([7, 3, 99, 50]))
    assert.deepEqual(removal.ordered, [7, 3, 99, 50])
    assert.equal(removal.chooser, 'server')
    assert.equal(questions, 5)
  })

  test('finds any set, and the order of any server with an order, whatever is guessed and however many questions run at once', () => {
    fc.assert(
      fc.property(
        subset,
        fc.shuffledSubarray([...UNIVERSE], { minLength: UNIVERSE.length }),
        fc.integer({ min: 1, max: 8 }),
        (preferred, ranking, width) => {
          const { removal } = drive(serverOrder(preferred), { guess: guessFrom(ranking) }, width)
          assert.deepEqual(removal.ordered, preferred)
          assert.equal(removal.done, true)
          assert.deepEqual([removal.unknown, removal.broken], [[], []])
          if (preferred.length > 1) assert.equal(removal.chooser, 'server')
        },
      ),
      { numRuns: 200 },
    )
  })

  test('finds any set of a server that leaves the choice to the client, and says so', () => {
    fc.assert(
      fc.property(subset, fc.integer({ min: 1, max: 8 }), (accepted, width) => {
        const { removal } = drive(clientOrder(accepted), { guess: (items) => ({ item: items[0] ?? -1, sure: true }) }, width)
        assert.deepEqual(
          [...removal.found].sort((a, b) => a - b),
          [...accepted].sort((a, b) => a - b),
        )
        if (accepted.length > 1) assert.equal(removal.chooser, 'client')
      }),
      { numRuns: 200 },
    )
  })

  test('a right guess costs nothing: eight at a time need as many questions as one at a time', () => {
    const preferred = UNIVERSE.slice(20, 60)
    const { removal, questions } = drive(serverOrder(preferred), { guess: guessFrom(preferred) }, 8)
    assert.deepEqual(removal.ordered, preferred)
    assert.equal(removal.wasted, 0)
    assert.equal(questions, preferred.length + 1)
  })

  test('an offer holds no more than `most` items, and the whole set is found all the same', () => {
    const preferred = [5, 80, 33, 2, 61, 100]
    const { removal, offers } = drive(serverOrder(preferred), { most: 32 })
    assert.ok(offers.every((offer) => offer.items.length <= 32))
    assert.deepEqual(removal.ordered, preferred)
  })

  test('an item that the server picks and then breaks on does not hide the others (mbedTLS and ARIA)', () => {
    const { removal } = drive((items) => {
      const pick = serverOrder([9, 40, 8, 41, 7])(items)
      return pick === 40 || pick === 41 ? 'breaks' : pick
    })
    assert.deepEqual(
      [...removal.found].sort((a, b) => a - b),
      [7, 8, 9],
    )
    assert.deepEqual(
      [...removal.broken].sort((a, b) => a - b),
      [40, 41],
    )
  })

  test('what was never answered for is unknown, not refused', () => {
    const removal = new Removal([1, 2, 3], { most: 10, guess: noGuess })
    const offer = removal.next(false)
    assert.ok(offer)
    removal.unanswered(offer)
    assert.deepEqual([removal.found, removal.unknown, removal.done], [[], [1, 2, 3], true])
  })

  test('a choice that was not offered is told, and taken for nothing', () => {
    const removal = new Removal([1], { most: 10, guess: noGuess })
    const offer = removal.next(false)
    assert.ok(offer)
    removal.chosen(offer, 77)
    assert.deepEqual([removal.found, removal.foreign, removal.broken], [[], [77], [1]])
  })

  test('asks nothing that hangs on an answer under way when it may not speculate, nor when it has no guess', () => {
    const sure = new Removal([1, 2, 3], { most: 10, guess: guessFrom([1, 2, 3]) })
    assert.ok(sure.next(false))
    assert.equal(sure.next(false), undefined)
    assert.deepEqual(sure.next(true)?.items.toSorted(), [2, 3])
    const clueless = new Removal([1, 2, 3], { most: 10, guess: noGuess })
    assert.ok(clueless.next(true))
    assert.equal(clueless.next(true), undefined)
  })

  test('expects as many questions as the guess says, and none once it expects a refusal', () => {
    const more = new Map([
      [1, 2],
      [2, 1],
      [3, 0],
    ])
    const guess: Guess = (items) => {
      const item = [1, 2, 3].find((one) => items.includes(one))
      return item === undefined ? undefined : { item, sure: true, more: more.get(item) ?? 0 }
    }
    const removal = new Removal(UNIVERSE, { most: 1000, guess })
    const expected: number[] = []
    for (let offer = removal.next(false); offer !== undefined; offer = removal.next(false)) {
      expected.push(removal.expected)
      answer(removal, serverOrder([1, 2, 3]), offer)
    }
    assert.deepEqual(expected, [3, 2, 1, 0])
  })

  test('an item that may be treated specially never leads an offer while others can', () => {
    const { offers } = drive(serverOrder([4, 5]), { neverFirst: (item) => item < 100 }, 1, [1, 2, 3, 4, 5, 110])
    assert.ok(offers.filter((offer) => offer.items.includes(110)).every((offer) => offer.items[0] === 110))
  })

  test('a refusal of what was asked before the items were put apart loses none of them', () => {
    // 1 hides 2: the server chooses it and breaks down, which looks like a refusal.
    const removal = new Removal([0, 1, 2], { most: 10, guess: guessFrom([0, 1, 2]) })
    const first = removal.next(true)
    const second = removal.next(true)
    assert.ok(first !== undefined && second !== undefined)
    assert.deepEqual(
      [first.items, second.items],
      [
        [0, 1, 2],
        [2, 1],
      ],
    )
    removal.chosen(first, 0)
    const third = removal.next(true)
    assert.ok(third !== undefined)
    removal.apart(second, (item) => (item === 1 ? 'hides' : 'hidden'))
    removal.refused(third)
    const left = [removal.next(false), removal.next(false)].flatMap((offer) => offer?.items ?? [])
    assert.deepEqual(
      left.toSorted((one, other) => one - other),
      [1, 2],
    )
  })

  test('a client chooses also where the server settles something else first', () => {
    const kindOf = (item: number): string => (item % 2 === 0 ? 'even' : 'odd')
    const evenFirst: Server = (items) => items.find((item) => item % 2 === 0 && item < 9) ?? items.find((item) => item < 9)
    assert.equal(drive(evenFirst, { kindOf }).removal.chooser, 'client')
    assert.equal(drive(serverOrder([5, 2, 8, 1, 3]), { kindOf }).removal.chooser, 'server')
    assert.equal(drive(serverOrder([2, 1]), { kindOf }).removal.chooser, 'server', 'one of each kind')
  })

  test('what the client chooses is told in the order of the candidates, whatever came first', () => {
    const accepted = [7, 3, 5, 1]
    for (const width of [1, 3, 8]) assert.deepEqual(drive(clientOrder(accepted), {}, width).removal.ordered, [1, 3, 5, 7])
  })
})
