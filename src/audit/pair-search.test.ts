import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ReadyLine } from './lanes.ts'
import { PairSearch, type PairAnswer } from './pair-search.ts'
import { choice } from './testdata/model-server.ts'

/** What a search asks on is of no interest here. */
const READY = {} as ReadyLine
const FIRST: readonly number[] = Array.from({ length: 12 }, (_, index) => 100 + index)
const SECOND: readonly number[] = Array.from({ length: 30 }, (_, index) => 200 + index)
/** Takes the place of ChaCha20: a server may treat it specially when it leads. */
const SPECIAL = 103

interface Server {
  readonly first: readonly number[]
  readonly second: readonly number[]
  /** `chacha`: its own order, but for clients that put the special one first. */
  readonly chooses: 'server' | 'client' | 'chacha'
  readonly refuses: 'refused' | 'closed'
  /** Names no second item, and does not mind, where it has none: as wolfSSL's HelloRetryRequest without a group. */
  readonly lenient?: boolean
}

function answer(
  { first, second, chooses, refuses, lenient = false }: Server,
  one: readonly number[],
  other: readonly number[],
): PairAnswer {
  const by = chooses === 'client' ? 'client' : 'server'
  const special = chooses === 'chacha' && one[0] === SPECIAL && first.includes(SPECIAL)
  const [chosen, with_] = [special ? SPECIAL : choice(first, by, one), choice(second, by, other)]
  if (chosen !== undefined && with_ !== undefined) return { kind: 'chosen', first: chosen, second: with_ }
  if (chosen !== undefined && lenient) return { kind: 'chosen', first: chosen, second: 'none' }
  return refuses === 'refused' ? { kind: 'refused', how: 'alert' } : { kind: 'closed', how: 'connection closed', doubtful: false }
}

type Disaster = 'unclear' | 'doubtful' | 'no'

const MOST_QUESTIONS = 500

/** Asks until nothing is left, `width` questions at a time, whose answers come in reverse. A disaster takes the place of an answer. */
async function search(
  server: Server,
  { width = 1, disasters = [] }: { width?: number; disasters?: readonly Disaster[] } = {},
): Promise<{ found: PairSearch; questions: number }> {
  let questions = 0
  const gates: (() => void)[] = []
  const found = new PairSearch({
    first: FIRST,
    second: SECOND,
    neverFirst: (item) => item === SPECIAL,
    ask: async (_ready, one, other) => {
      const disaster = disasters[questions++] ?? 'no'
      const gate = Promise.withResolvers<void>()
      gates.push(gate.resolve)
      await gate.promise
      if (disaster === 'unclear') return { kind: 'unclear', how: 'no answer' }
      return disaster === 'no' ? answer(server, one, other) : { kind: 'closed', how: 'connection closed', doubtful: true }
    },
  })
  for (let round = 0; round < MOST_QUESTIONS; round++) {
    const running: Promise<void>[] = []
    while (running.length < width) {
      const ask = found.next()
      if (ask === undefined) break
      running.push(ask.run(READY))
    }
    if (running.length === 0) return { found, questions }
    const open = gates.splice(0)
    for (const [index, over] of [...running.entries()].toReversed()) {
      open[index]?.()
      await over
    }
  }
  throw new Error('never ends')
}

const sorted = (items: readonly number[]): number[] => items.toSorted((one, other) => one - other)
const subset = (items: readonly number[]) => fc.shuffledSubarray([...items], { minLength: 1 })
const server: fc.Arbitrary<Server> = fc.record({
  first: subset(FIRST),
  second: subset(SECOND),
  chooses: fc.constantFrom('server', 'client', 'chacha'),
  refuses: fc.constantFrom('refused', 'closed'),
  lenient: fc.boolean(),
})
const width = fc.integer({ min: 1, max: 6 })

function assertExact(found: PairSearch, { first, second, chooses }: Server): void {
  assert.deepEqual([sorted(found.first.found), sorted(found.second.found)], [sorted(first), sorted(second)])
  if (chooses !== 'client') assert.deepEqual([found.first.ordered, found.second.ordered], [first, second])
  assert.deepEqual([found.done, found.complete, found.expected], [true, true, 0])
  assert.deepEqual([found.first.foreign, found.second.foreign], [[], []])
}

describe('PairSearch', () => {
  test('finds both lists, in the server’s order where it has one, however many questions could run at once', async () => {
    await fc.assert(
      fc.asyncProperty(server, width, async (server, width) => {
        const { found } = await search(server, { width })
        assertExact(found, server)
      }),
      { numRuns: 150 },
    )
  })

  test('asks no more than the longer list is long, and a few: to be refused, and for the order', async () => {
    await fc.assert(
      fc.asyncProperty(server, async (server) => {
        const { found, questions } = await search(server)
        assertExact(found, server)
        // Where the shorter list ends, one refusal tells that, two tell of which list, and comparisons may follow in each.
        const most = Math.max(server.first.length, server.second.length) + 8
        assert.ok(questions <= most, `${questions} questions, and ${most} would do`)
      }),
      { numRuns: 150 },
    )
  })

  test('an answer that fails to come now and then changes nothing', async () => {
    const sometimes = fc.array(fc.tuple(fc.constantFrom<Disaster>('unclear', 'doubtful'), fc.integer({ min: 1, max: 4 })), {
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(server, sometimes, async (server, sometimes) => {
        const disasters = sometimes.flatMap(([disaster, calm]) => [disaster, ...Array.from({ length: calm }, () => 'no' as const)])
        const { found } = await search(server, { disasters })
        assertExact(found, server)
      }),
      { numRuns: 100 },
    )
  })

  test('is never complete when something was left unheard, however bad the server’s day', async () => {
    const disasters = fc.array(
      fc.oneof({ arbitrary: fc.constant<Disaster>('unclear'), weight: 2 }, { arbitrary: fc.constant<Disaster>('no'), weight: 1 }),
      { maxLength: 120 },
    )
    let gaveUp = 0
    await fc.assert(
      fc.asyncProperty(server, width, disasters, async (server, width, disasters) => {
        const { found } = await search(server, { width, disasters })
        assert.equal(found.done, true)
        if (found.complete) return assertExact(found, server)
        gaveUp++
        assert.equal(found.refusal, 'no answer')
        assert.ok(
          found.first.found.every((item) => server.first.includes(item)) &&
            found.second.found.every((item) => server.second.includes(item)),
        )
      }),
      { numRuns: 100 },
    )
    assert.ok(gaveUp > 10, 'servers were given up')
  })

  const refusals: readonly { answers: readonly PairAnswer[]; questions: number; complete: boolean; refusal: string; reason: string }[] = [
    {
      answers: [{ kind: 'unsupported', how: 'answered with TLSv1.2' }],
      questions: 1,
      complete: true,
      refusal: 'answered with TLSv1.2',
      reason: 'no word of the lists is needed',
    },
    {
      answers: [{ kind: 'refused', how: 'alert handshake_failure' }],
      questions: 1,
      complete: true,
      refusal: 'alert handshake_failure',
      reason: 'an alert is believed at once',
    },
    {
      answers: [{ kind: 'closed', how: 'connection closed', doubtful: false }],
      questions: 2,
      complete: true,
      refusal: 'connection closed',
      reason: 'a close of a server that nothing is known of is believed the second time',
    },
    {
      answers: [{ kind: 'closed', how: 'connection closed', doubtful: true }],
      questions: 3,
      complete: true,
      refusal: 'connection closed',
      reason: 'a doubtful one the third time',
    },
    {
      answers: [{ kind: 'unclear', how: 'connection reset' }],
      questions: 3,
      complete: false,
      refusal: 'connection reset',
      reason: 'what is no answer never becomes a refusal',
    },
    {
      answers: [
        { kind: 'unclear', how: 'no answer' },
        { kind: 'refused', how: 'alert protocol_version' },
      ],
      questions: 2,
      complete: true,
      refusal: 'alert protocol_version',
      reason: 'but one may follow',
    },
  ]
  for (const { answers, questions, complete, refusal, reason } of refusals) {
    test(`a server that has nothing, ${answers.map(({ kind }) => kind).join(', then ')}: ${reason}`, async () => {
      let asked = 0
      const found = new PairSearch({
        first: FIRST,
        second: SECOND,
        ask: () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)]!),
      })
      for (let ask = found.next(); ask !== undefined; ask = found.next()) await ask.run(READY)
      assert.deepEqual([asked, found.complete, found.refusal, found.done], [questions, complete, refusal, true])
      assert.deepEqual([found.first.found, found.second.found], [[], []])
    })
  }

  test('a server that ends up in another protocol has told all that it has', async () => {
    const answers: PairAnswer[] = [
      { kind: 'chosen', first: FIRST[0], second: SECOND[0] },
      { kind: 'unsupported', how: 'answered with TLSv1.2' },
    ]
    let asked = 0
    const found = new PairSearch({
      first: FIRST,
      second: SECOND,
      ask: () => Promise.resolve(answers[asked++]!),
    })
    for (let ask = found.next(); ask !== undefined; ask = found.next()) await ask.run(READY)
    assert.deepEqual([asked, found.complete, found.first.found, found.second.found], [2, true, [FIRST[0]], [SECOND[0]]])
  })

  test('asks nothing beside its question: each answer takes something out of both lists', async () => {
    const gate = Promise.withResolvers<PairAnswer>()
    const found = new PairSearch({ first: FIRST, second: SECOND, ask: () => gate.promise })
    const over = found.next()?.run(READY)
    assert.deepEqual([found.next(), found.done], [undefined, false])
    gate.resolve({ kind: 'chosen', first: FIRST[0], second: SECOND[0] })
    await over
    assert.notEqual(found.next(), undefined)
  })

  test('tells whether what was left was refused by a mere close', async () => {
    const lists = { first: FIRST.slice(0, 3), second: SECOND.slice(0, 3), chooses: 'server' } as const
    for (const refuses of ['closed', 'refused'] as const) {
      const { found } = await search({ ...lists, refuses })
      assert.equal(found.endedByClose, refuses === 'closed')
    }
  })

  test('a server that names what was not offered is foreign, and nothing is made of it', async () => {
    const found = new PairSearch({
      first: FIRST,
      second: SECOND,
      ask: (_ready, [first]) => Promise.resolve({ kind: 'chosen', first, second: 999 }),
    })
    let questions = 0
    for (let ask = found.next(); ask !== undefined && questions < MOST_QUESTIONS; ask = found.next()) {
      questions++
      await ask.run(READY)
    }
    assert.deepEqual([found.second.found, found.second.foreign.includes(999), sorted(found.first.found)], [[], true, [...FIRST]])
    assert.ok(questions <= FIRST.length + 4, `${questions} questions`)
  })

  test('a group that no answer names is unknown, and then nothing is complete', async () => {
    const found = new PairSearch({
      first: FIRST,
      second: SECOND,
      ask: (_ready, one) => {
        const [first] = one.filter((item) => item < 103)
        return Promise.resolve(first === undefined ? { kind: 'refused', how: 'alert' } : { kind: 'chosen', first, second: undefined })
      },
    })
    for (let ask = found.next(); ask !== undefined; ask = found.next()) await ask.run(READY)
    assert.deepEqual([sorted(found.first.found), found.second.unknown.length, found.complete], [[100, 101, 102], SECOND.length, false])
  })
})

describe('PairSearch: something in the lists has whole hellos refused', () => {
  const server: Server = { first: [101, 104, 107], second: [201, 215], chooses: 'server', refuses: 'refused' }
  const rows: readonly (readonly [what: string, poison: number])[] = [
    ['in the first list', 105],
    ['in the second list', 220],
  ]
  for (const [what, poison] of rows) {
    for (const refuses of ['refused', 'closed'] as const) {
      test(`${what}, ${refuses}: what nobody minds is accepted, and all else is asked one by one`, async () => {
        const { found, questions } = await filtered({ ...server, refuses }, (items) => items.includes(poison))
        assert.deepEqual([found.first.ordered, found.second.ordered, found.complete], [[101, 104, 107], [201, 215], true])
        assert.ok(questions <= FIRST.length + SECOND.length + 15, `${questions} questions`)
      })
    }
  }

  test('who refuses what nobody minds as well is asked no more', async () => {
    const { found, questions } = await filtered(server, () => true)
    assert.deepEqual([found.first.found, found.complete, found.refusal, questions], [[], true, 'alert', 2])
  })

  async function filtered(server: Server, minds: (items: readonly number[]) => boolean): Promise<{ found: PairSearch; questions: number }> {
    let questions = 0
    const found = new PairSearch({
      first: FIRST,
      second: SECOND,
      harmless: { first: [101, 102], second: [201, 202] },
      ask: (_ready, one, other) => {
        questions++
        return Promise.resolve(answer(minds([...one, ...other]) ? { ...server, first: [] } : server, one, other))
      },
    })
    for (let ask = found.next(); ask !== undefined; ask = found.next()) {
      assert.ok(questions < MOST_QUESTIONS)
      await ask.run(READY)
    }
    assert.ok(found.done)
    return { found, questions }
  }
})
