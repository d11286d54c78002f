import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Lifetime } from './lifetime.ts'

test('behind its end a connection waits for nothing, whatever the server still says', async () => {
  const over: string[] = []
  const lifetime = new Lifetime({ idle: 2, idleBeforeLogin: 5, total: 10 }, (why) => void over.push(why))
  lifetime.end()
  lifetime.moved()
  lifetime.loggedIn()
  await delay(20)
  assert.deepEqual(over, [])
})
