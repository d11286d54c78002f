import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { ByteQueue } from './byte-queue.ts'

describe('ByteQueue', () => {
  test('gives back what was pushed, in order, however it was cut', () => {
    const steps = fc.array(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.nat(200)), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (steps) => {
        const queue = new ByteQueue()
        let model: number[] = []
        for (const step of steps) {
          if (typeof step === 'number') {
            const count = Math.min(step, model.length)
            assert.deepEqual([...queue.take(count, 'X').rest()], model.slice(0, count))
            model = model.slice(count)
          } else {
            queue.push(step)
            model.push(...step)
          }
          assert.equal(queue.length, model.length)
          assert.deepEqual([...queue.peek(10)], model.slice(0, 10))
        }
      }),
    )
  })

  // Copying everything for each byte would be 500 GB of copying here, and more than a minute.
  test('takes a million single bytes while a million wait', { timeout: 20_000 }, () => {
    const queue = new ByteQueue()
    const one = Uint8Array.of(7)
    for (let count = 0; count < 1_000_000; count++) queue.push(one)
    for (let count = 0; count < 1_000_000; count++) {
      queue.push(one)
      queue.take(1, 'X')
    }
    assert.equal(queue.length, 1_000_000)
  })

  test('keeps nothing of the buffer it was given', () => {
    const queue = new ByteQueue()
    const buffer = Buffer.from([1, 2, 3])
    queue.push(buffer)
    buffer.fill(9)
    assert.deepEqual([...queue.peek(3)], [1, 2, 3])
  })
})
