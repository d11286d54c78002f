import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Talker } from '../talker.ts'
import { gateFor, MB, flood } from './attacked.ts'

describe('backend-floods', { concurrency: 4 }, () => {
  const lines: readonly (readonly [name: string, line: string])[] = [
    ['smtp', '220-more\r\n'],
    ['smtp', 'nonsense\r\n'],
    ['imap', '* OK more\r\n'],
    ['imap', 'no end of a line '],
    ['pop3', '+OK more\r\n'],
    ['sieve', '"MORE" "more"\r\n'],
    ['sieve', '{999999999}\r\n'],
  ]
  for (const [name, line] of lines) {
    test(`${name} behind that says 200 MB of ${JSON.stringify(line)} to a client that reads nothing is not read on`, async (t) => {
      let said = 0
      const flooding = createServer((socket) => {
        socket.on('error', () => {})
        flood(socket, 200, Buffer.alloc(MB, line), () => (said += 1))
      }).listen(0, '127.0.0.1')
      await once(flooding, 'listening')
      t.after(() => void flooding.close())
      const address = flooding.address()
      const gated = await gateFor(name, typeof address === 'object' && address !== null ? address.port : 0, t)
      const talker = await Talker.to(gated.port('door'))
      talker.socket.pause()
      await delay(700)
      // What lies in sockets between the two is the system's.
      assert.ok(said < 20, `${said} MB were taken`)
      talker.leave()
      await gated.record()
    })
  }
})
