import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isTelling, RefusedLately } from './refused-lately.ts'

const WHY = { words: 'why', lasting: true }

describe('RefusedLately', () => {
  test('remembers for an hour', () => {
    let now = 0
    const clients = new RefusedLately(() => now)
    clients.note('192.0.2.1', WHY)
    now = 59 * 60 * 1000
    assert.equal(clients.of('192.0.2.1')?.words, 'why')
    now += 60 * 1000
    assert.equal(clients.of('192.0.2.1'), undefined)
    assert.equal(clients.size, 0)
  })

  test('forgets who has done better, and nobody else', () => {
    const clients = new RefusedLately(() => 0)
    clients.note('192.0.2.1', WHY)
    clients.note('192.0.2.2', WHY)
    clients.forget('192.0.2.1')
    assert.deepEqual([clients.of('192.0.2.1'), clients.of('192.0.2.2')?.lasting], [undefined, true])
  })

  test('tells other processes of whom it has noted and forgotten, and of nobody it has heard of', () => {
    const told: unknown[] = []
    const clients = new RefusedLately(() => 0, { changed: (...change) => void told.push(change) })
    clients.note('a', WHY)
    clients.hear('b', WHY)
    clients.forget('a')
    clients.forget('a')
    clients.hear('b', undefined)
    assert.deepEqual(told, [
      ['a', WHY],
      ['a', undefined],
    ])
    assert.equal(clients.size, 0)
  })

  test('has no more than so many, the last ones', () => {
    const clients = new RefusedLately(() => 0, { most: 3 })
    for (const client of ['a', 'b', 'c', 'a', 'd']) clients.note(client, WHY)
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((client) => clients.of(client) !== undefined),
      [true, false, true, true],
    )
  })
})

test('isTelling() is not misled by who only went away', () => {
  for (const reason of ['reset', 'timeout', 'gone', 'too-late', 'too-long', 'not TLS: x']) assert.ok(!isTelling(reason), reason)
  for (const reason of ['version', 'suites', 'client-refused-us', 'sslv2-hello']) assert.ok(isTelling(reason), reason)
})
