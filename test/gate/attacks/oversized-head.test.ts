import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Talker } from '../talker.ts'
import { behind, gateFor } from './attacked.ts'

describe('oversized-head', { concurrency: 4 }, () => {
  const field = (number: number, length: number): string => `X-${number}: ${'a'.repeat(length)}\r\n`
  const heads: readonly (readonly [why: string, head: string, answer: RegExp])[] = [
    ['one field without an end', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(64 * 1024)}`, /^HTTP\/1\.1 431 /],
    ['a head of more than 32 kB', `GET / HTTP/1.1\r\nHost: a\r\n${field(1, 20_000)}${field(2, 20_000)}\r\n`, /^HTTP\/1\.1 431 /],
    [
      'more than 128 fields',
      `GET / HTTP/1.1\r\nHost: a\r\n${Array.from({ length: 200 }, (_, at) => field(at, 1)).join('')}\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    ['a first line of more than 8 kB', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, /^HTTP\/1\.1 414 /],
  ]
  for (const [why, head, answer] of heads) {
    test(`${why}: the server hears nothing of it`, async (t) => {
      const back = await behind(t, '', () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      const gated = await gateFor('http', back.port, t, {}, { tls: 'implicit' })
      const client = await Talker.inTls(gated.port('door'))
      client.say(head)
      await client.hears(answer)
      await client.isClosed()
      assert.equal(back.heard(), '')
    })
  }
})
