import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from './exchange.ts'
import type { ReadyLine } from './lanes.ts'
import { OnceSearch } from './once-search.ts'
import { alert, closed, notTls, reset, serverHello, silent, sslv2Error } from './testdata/answers.ts'

/** What a search asks on is of no interest here. */
const READY = {} as ReadyLine

/** Asks while there is something to ask; the answers come in this order, and the last one for ever. */
async function asked(answers: readonly Answer[], throttled = false): Promise<{ search: OnceSearch; questions: number }> {
  let questions = 0
  const search = new OnceSearch(
    () => Promise.resolve(answers[Math.min(questions++, answers.length - 1)]!),
    () => throttled,
  )
  for (let ask = search.next(); ask !== undefined; ask = search.next()) await ask.run(READY)
  return { search, questions }
}

describe('OnceSearch', () => {
  const rows: readonly { answers: readonly Answer[]; throttled?: boolean; questions: number; last: string; reason: string }[] = [
    { answers: [serverHello()], questions: 1, last: 'server-hello', reason: 'an answer' },
    { answers: [alert('handshake_failure')], questions: 1, last: 'alert', reason: 'a refusal' },
    { answers: [sslv2Error], questions: 1, last: 'sslv2-error', reason: 'a refusal of SSL 2.0' },
    { answers: [notTls], questions: 1, last: 'not-tls', reason: 'nonsense does not get better' },
    { answers: [closed], questions: 1, last: 'closed', reason: 'a close is a word, where the server has room' },
    { answers: [closed], throttled: true, questions: 4, last: 'closed', reason: 'where it may have had none, only always the same is one' },
    { answers: [closed, alert('protocol_version')], throttled: true, questions: 2, last: 'alert', reason: 'or another answer comes' },
    { answers: [silent], questions: 2, last: 'silent', reason: 'silence is asked twice' },
    { answers: [silent, closed], questions: 2, last: 'closed', reason: 'and the second answer counts' },
    { answers: [reset, serverHello()], questions: 2, last: 'server-hello', reason: 'as after a reset' },
    { answers: [reset], questions: 2, last: 'reset', reason: 'which stays one when it comes again' },
    { answers: [reset], throttled: true, questions: 2, last: 'reset', reason: 'wherever it comes' },
  ]
  for (const { answers, throttled = false, questions, last, reason } of rows) {
    test(`${answers.map(({ kind }) => kind).join(', ')}${throttled ? ' of a server that has turned others away' : ''}: ${reason}`, async () => {
      const found = await asked(answers, throttled)
      assert.deepEqual([found.questions, found.search.answer?.kind, found.search.done, found.search.expected], [questions, last, true, 0])
    })
  }

  test('asks nothing beside its question, and is not done before the answer', async () => {
    const gate = Promise.withResolvers<Answer>()
    const search = new OnceSearch(() => gate.promise)
    assert.deepEqual([search.done, search.expected, search.answer], [false, 1, undefined])
    const over = search.next()?.run(READY)
    assert.deepEqual([search.next(), search.done, search.expected], [undefined, false, 0])
    gate.resolve(closed)
    await over
    assert.deepEqual([search.next(), search.done], [undefined, true])
  })

  test('a question that could not be asked is left to be asked', async () => {
    const search = new OnceSearch(() => Promise.reject(new Error('a disaster')))
    await assert.rejects(async () => search.next()?.run(READY), /a disaster/)
    assert.deepEqual([search.done, search.expected, search.answer], [false, 1, undefined])
  })
})
