import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from './answer.ts'
import { AnswerCache } from './answer-cache.ts'

const records = (ttl: number): Answer<string> => ({
  kind: 'records',
  records: ['192.0.2.1'],
  owner: 'a',
  aliased: false,
  secure: true,
  ttl,
})

test('AnswerCache keeps answers as long as they hold, counted down', () => {
  const cache = new AnswerCache<string>()
  cache.put('a', records(60), 0, 100)
  assert.deepEqual(cache.get('a', 20_000), records(40))
  assert.equal(cache.get('a', 60_000), undefined)
})

const times: readonly (readonly [why: string, answer: Answer<string>, seconds: number])[] = [
  ['a week is a day', records(604_800), 86_400],
  ['none for a day is none for an hour', { kind: 'none', why: 'nodata', secure: true, ttl: 86_400 }, 3600],
  ['what holds no time is not kept', records(0), 0],
  ['a failure is not kept', { kind: 'failed', why: 'servfail', words: '' }, 0],
]
for (const [why, answer, seconds] of times) {
  test(`AnswerCache: ${why}`, () => {
    const cache = new AnswerCache<string>()
    cache.put('a', answer, 0, 100)
    assert.equal(cache.get('a', seconds * 1000 - 1) !== undefined, seconds > 0)
    assert.equal(cache.get('a', seconds * 1000), undefined)
  })
}

test('AnswerCache forgets what nobody asked for longest, and grows no further', () => {
  const cache = new AnswerCache<string>()
  for (let index = 0; index < 100; index++) {
    cache.put(`name${index}`, records(60), 0, 60_000)
    cache.get('name0', 0)
  }
  assert.ok(cache.get('name0', 0) !== undefined && cache.get('name99', 0) !== undefined)
  assert.equal(cache.get('name1', 0), undefined)
})
