import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answerTo, Due, type Answer } from './smtp-due.ts'

describe('Due', () => {
  test('replies of ours wait for those of the server before them, and not for those behind', () => {
    const due = new Due()
    due.add({ said: '250 ours' })
    due.add({ to: 'rcpt' })
    assert.equal(due.own(), undefined)
    assert.deepEqual(due.answered(), { to: 'greeting' })
    assert.equal(due.answered(), undefined, 'it is not the turn of the server')
    assert.deepEqual(due.own(), { said: '250 ours' })
    assert.equal(due.begins('rcpt'), true)
    due.add('go-ahead')
    due.answered()
    assert.equal(due.answered(), undefined)
    assert.equal(due.own(), 'go-ahead')
    assert.equal(due.isEmpty, true)
  })

  test('an end comes behind all that is due, in place of a go-ahead or of the reply to what is not finished', () => {
    const unfinished: Answer = { to: 'message' }
    const rows: readonly (readonly [add: Parameters<Due['add']>[0] | undefined, isKept: boolean])[] = [
      [{ to: 'message' }, true],
      [{ said: '250 ours' }, true],
      [unfinished, false],
      ['go-ahead', false],
      [undefined, false],
    ]
    for (const [add, isKept] of rows) {
      const due = new Due()
      due.answered()
      if (add !== undefined) due.add(add)
      due.end({ said: '554 no', ending: 'smuggling' }, unfinished)
      if (isKept) assert.deepEqual(due.answered() ?? due.own(), add)
      assert.deepEqual(due.own(), { said: '554 no', ending: 'smuggling' })
      assert.equal(due.isEmpty, true)
    }
  })

  test('nothing but an end outlives the server', () => {
    const due = new Due()
    due.add({ said: '250 ours' })
    due.add('go-ahead')
    due.clear()
    assert.equal(due.isEmpty, true)
    due.add({ to: 'other' })
    due.end({ said: '554 no', ending: 'not-the-protocol' }, undefined)
    due.clear()
    assert.deepEqual(due.own(), { said: '554 no', ending: 'not-the-protocol' })
  })

  test('is full with a thousand', () => {
    const due = new Due()
    for (let count = 1; count < 999; count++) due.add({ to: 'other' })
    assert.equal(due.isFull, false)
    due.add({ said: 'x' })
    assert.equal(due.isFull, true)
  })
})

test('answerTo() knows what changes how the client is read, and takes for that whatever it does not know', () => {
  const rows: readonly (readonly [verb: string, to: Answer['to']])[] = [
    ['EHLO', 'hello'],
    ['HELO', 'helo'],
    ['RCPT', 'rcpt'],
    ['NOOP', 'other'],
    ['DATA', 'what-follows'],
    ['AUTH', 'what-follows'],
    ['XYZZY', 'what-follows'],
  ]
  for (const [verb, to] of rows) assert.equal(answerTo(verb), to)
})
