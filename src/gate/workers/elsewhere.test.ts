import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrowdCount, Neighbours, type CrowdChange } from './elsewhere.ts'

test('CrowdCount: what came to nothing is gone', () => {
  const count = new CrowdCount()
  count.add(['mx', '192.0.2.1', 2])
  count.add(['mx', '192.0.2.2', 1])
  count.add(['mx', '192.0.2.1', -2])
  assert.deepEqual(count.changes, [['mx', '192.0.2.2', 1]])
  assert.equal(count.of('mx', '192.0.2.1'), 0)
  count.add(['mx', '192.0.2.2', -1])
  assert.deepEqual(count.changes, [])
})

test('Neighbours: knows who is elsewhere, by service and address', () => {
  const neighbours = new Neighbours(() => undefined)
  const mx = neighbours.at('mx')
  neighbours.hear([
    ['mx', '192.0.2.1', 3],
    ['mx', '192.0.2.2', 1],
    ['imaps', '192.0.2.1', 7],
  ])
  assert.deepEqual([mx.connections, mx.of('192.0.2.1'), neighbours.at('imaps').connections], [4, 3, 7])
  neighbours.hear([['mx', '192.0.2.1', -3]])
  assert.deepEqual([mx.connections, mx.of('192.0.2.1')], [1, 0])
})

test('Neighbours: tells what has changed together, and nothing of who came and went meanwhile', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const told: (readonly CrowdChange[])[] = []
  const mx = new Neighbours((changes) => void told.push(changes)).at('mx')
  mx.changed('192.0.2.1', 1)
  mx.changed('192.0.2.2', 1)
  mx.changed('192.0.2.2', -1)
  mx.changed('192.0.2.1', 1)
  assert.deepEqual(told, [])
  t.mock.timers.tick(20)
  assert.deepEqual(told, [[['mx', '192.0.2.1', 2]]])
  mx.changed('192.0.2.3', 1)
  mx.changed('192.0.2.3', -1)
  t.mock.timers.tick(20)
  assert.equal(told.length, 1)
})
