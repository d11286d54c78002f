import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveCipherList, type OpensslGeneration } from '../policy/index.ts'
import { PROTOCOLS, suiteByCode, type ProtocolName } from '../registry/index.ts'
import { OLD_SUITES } from './candidates.ts'
import { suiteGuess, type Family } from './guess-suite.ts'
import { libraryRankings } from './rankings.ts'
import { Removal } from './removal.ts'

/** What a server with RSA and ECDSA certificates has of a list, its best first: nobody has given it keys for PSK or SRP. */
function suitesOf(list: string, generation: OpensslGeneration, protocol: ProtocolName): readonly number[] {
  return resolveCipherList(list, { generation })
    .suites.filter(
      ({ kx, au, protocol: first }) =>
        /^(?:RSA|DHE|ECDHE)$/.test(kx) && au !== 'DSS' && PROTOCOLS.indexOf(first) <= PROTOCOLS.indexOf(protocol),
    )
    .map((suite) => suite.code)
    .filter((code) => suiteByCode(code)?.protocol !== 'TLSv1.3')
}

/** Finds the suites of such a server, `width` questions at a time, and counts them. */
function search(order: readonly number[], width: number, family?: Family): { removal: Removal; questions: number; rounds: number } {
  const removal = new Removal(OLD_SUITES, { most: OLD_SUITES.length, guess: suiteGuess(libraryRankings(), family) })
  let questions = 0
  for (let rounds = 0; ; rounds++) {
    const asked = []
    for (let offer = removal.next(true); offer !== undefined; offer = asked.length < width ? removal.next(true) : undefined)
      asked.push(offer)
    if (asked.length === 0) return { removal, questions, rounds }
    questions += asked.length
    for (const offer of asked) {
      const chosen = order.find((suite) => offer.items.includes(suite))
      if (chosen === undefined) removal.refused(offer)
      else removal.chosen(offer, chosen)
    }
  }
}

describe('suiteGuess()', () => {
  const rows = [
    { list: 'ALL:@SECLEVEL=0', generation: '3.0', more: 8, reason: 'everything that OpenSSL 3.0 has' },
    { list: 'ALL:@SECLEVEL=0', generation: '1.1.1', more: 8, reason: 'and 1.1.1' },
    { list: 'HIGH:!aNULL', generation: '3.0', more: 8, reason: 'what many guides advise' },
    { list: 'DEFAULT', generation: '1.0.2', more: 12, reason: 'an old server, where the order is another one' },
    { list: 'ECDHE+AESGCM:DHE+AESGCM', generation: '3.5', more: 6, reason: 'few suites' },
  ] as const
  for (const { list, generation, more, reason } of rows) {
    test(`costs few questions where several are under way: ${list} of OpenSSL ${generation}, ${reason}`, () => {
      const order = suitesOf(list, generation, 'TLSv1.2')
      const { removal, questions, rounds } = search(order, 5)
      assert.deepEqual(removal.ordered, order)
      assert.ok(questions <= order.length + more, `${questions} questions for ${order.length} suites`)
      assert.ok(rounds <= order.length / 2 + 6, `${rounds} rounds for ${order.length} suites`)
    })
  }

  test('knows an older protocol from a newer one: no question is lost, and no suite is expected that came later', () => {
    const newer = search(suitesOf('ALL:@SECLEVEL=0', '3.0', 'TLSv1.2'), 1).removal
    const order = suitesOf('ALL:@SECLEVEL=0', '3.0', 'TLSv1')
    const { removal, questions } = search(order, 5, { protocol: 'TLSv1', newer: [newer], all: () => [newer] })
    assert.deepEqual(removal.ordered, order)
    assert.equal(questions, order.length + 1)
  })

  test('expects kinds of suites that another protocol has shown', () => {
    const guess = (others: readonly number[]): number | undefined => {
      const all = [{ found: others, ordered: others, searched: false }]
      const items = [0xc077, 0x002f] // ECDHE-RSA-CAMELLIA256-SHA384, then AES128-SHA
      return suiteGuess(libraryRankings(), { protocol: 'TLSv1.2', newer: [], all: () => all })(items, { found: [], facts: [] })?.item
    }
    assert.equal(guess([]), 0x002f, 'Camellia is rare')
    assert.equal(guess([0x0088]), 0xc077, 'but this server has it: DHE-RSA-CAMELLIA256-SHA')
  })

  test('tells how many more of an offer it expects, so that nobody opens connections for nothing', () => {
    const guess = suiteGuess(libraryRankings())
    assert.deepEqual(guess([0x002f, 0x0035, 0xc02f], { found: [], facts: [] })?.more, 2)
    assert.equal(guess([0x002f], { found: [0x0035], facts: [{ items: [0x002f, 0x0035], chosen: 0x0035 }] })?.more, 0)
  })
})
