import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changingTicketKeys, newTicketKeys, TicketKeys } from './ticket-keys.ts'

test('TicketKeys: whoever has joined is given later keys, and a newcomer finds them', () => {
  const keys = new TicketKeys(newTicketKeys())
  const given: Uint8Array[] = []
  const sealer = { setTicketKeys: (some: Uint8Array): void => void given.push(some) }
  keys.join(sealer)
  assert.equal(given.length, 0)
  const next = newTicketKeys()
  keys.change(next)
  assert.deepEqual(given, [next])
  assert.equal(keys.current, next)
  assert.equal(next.length, 48)
})

test('changingTicketKeys(): twice a day, each time others, until it is over', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const hour = 60 * 60 * 1000
  const seen: string[] = []
  const release = changingTicketKeys((keys) => void seen.push(Buffer.from(keys).toString('hex')))
  t.mock.timers.tick(11 * hour)
  assert.equal(seen.length, 0)
  t.mock.timers.tick(14 * hour)
  assert.equal(new Set(seen).size, 2)
  release()
  t.mock.timers.tick(24 * hour)
  assert.equal(seen.length, 2)
})
