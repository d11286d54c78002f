import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FirstWord } from './first-word.ts'

const RESET = { heard: false, reset: true }
const CLOSED = { heard: false, reset: false }
const ANSWERED = { heard: true, reset: true }
const alone = { beside: [] }
const crowded = { beside: [1] }

describe('FirstWord: whether a door does nothing but reset', () => {
  const rows = [
    { why: 'nothing has happened', lines: [], always: false },
    { why: 'every connection', lines: [RESET, RESET], always: true },
    { why: 'most of them: one that nobody waited on was closed by us', lines: [RESET, CLOSED, RESET], always: true },
    { why: 'a silent door that resets now and then', lines: [CLOSED, RESET, CLOSED], always: false },
    { why: 'one answer is a word, even when a reset follows it', lines: [RESET, RESET, RESET, ANSWERED], always: false },
  ]
  for (const { why, lines, always } of rows) {
    test(why, () => {
      const word = new FirstWord()
      for (const line of lines) {
        word.opened(line)
        word.ended(line)
      }
      assert.equal(word.alwaysReset, always)
    })
  }
})

describe('FirstWord: when a door is given up', () => {
  const rows = [
    { why: 'the third connection that fails alone', tries: [alone, alone, alone], open: [], hopeless: true },
    { why: 'two may be an accident', tries: [alone, alone], open: [], hopeless: false },
    { why: 'those beside others may have been too many', tries: [crowded, crowded, alone, crowded], open: [], hopeless: false },
    { why: 'a word that came on a connection which is still open', tries: [alone, alone, alone], open: [ANSWERED], hopeless: false },
  ]
  for (const { why, tries, open, hopeless } of rows) {
    test(why, () => {
      const word = new FirstWord()
      for (const line of open) word.opened(line)
      assert.equal(tries.map((place) => word.failed(place)).at(-1), hopeless)
      assert.equal(word.isUnlikely, open.length === 0 && tries.includes(alone))
    })
  }
})
