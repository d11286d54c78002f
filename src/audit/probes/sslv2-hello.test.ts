import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../exchange.ts'
import { alert, closed, NO_ANSWERS, serverHello, sslv2Error } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { sslv2HelloProbe } from './sslv2-hello.ts'

describe('sslv2-hello', () => {
  const rows: readonly (readonly [why: string, answer: Answer, fact: boolean | 'unknown'])[] = [
    ['a ServerHello shows that the format is read', serverHello({ version: 0x0301 }), true],
    ['an alert', alert('handshake_failure'), false],
    ['a close', closed, false],
    ['an error of SSL 2.0', sslv2Error, false],
    ...NO_ANSWERS.map(([why, answer]) => [why, answer, 'unknown'] as const),
  ]
  for (const [why, answer, expected] of rows) test(why, () => assert.equal(sslv2HelloProbe.judge(answer).sslv2Hello, expected))

  test('TLS 1.3 alone has no such hello', () => {
    assert.deepEqual(sslv2HelloProbe.skip(known(['TLSv1.3'])), { sslv2Hello: false })
    assert.equal(sslv2HelloProbe.skip(known(['TLSv1.3', 'TLSv1.2'])), undefined)
  })
})
