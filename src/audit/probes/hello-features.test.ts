import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../policy/index.ts'
import { EXTENSION_TYPE } from '../../wire/index.ts'
import type { Answer } from '../exchange.ts'
import { alert, closed, extension, NO_ANSWERS, serverHello } from '../testdata/answers.ts'
import { known } from '../testdata/known.ts'
import { helloFeaturesProbe } from './hello-features.ts'

const plain = serverHello()

describe('hello-features', () => {
  const compressions: readonly (readonly [why: string, answer: Answer, fact: Fact])[] = [
    ['no compression was chosen', plain, false],
    ['DEFLATE was chosen', serverHello({ compression: 1 }), true],
    ['a method that nobody offered', serverHello({ compression: 64 }), 'unknown'],
    ['an alert refuses the hello, not the method', alert('handshake_failure'), 'unknown'],
    ['a close', closed, 'unknown'],
    ...NO_ANSWERS.map(([why, answer]) => [why, answer, 'unknown'] as const),
  ]
  for (const [why, compression, expected] of compressions) {
    test(`compression: ${why}`, () => {
      assert.equal(helloFeaturesProbe.judge({ compression, heartbeat: plain, truncatedHmac: plain }).features?.compression, expected)
    })
  }

  for (const [name, type] of [
    ['heartbeat', EXTENSION_TYPE.heartbeat],
    ['truncatedHmac', EXTENSION_TYPE.truncated_hmac],
  ] as const) {
    const rows: readonly (readonly [why: string, answer: Answer, fact: Fact])[] = [
      ['the extension came back', serverHello({ extensions: [extension(type)] }), true],
      ['it did not', plain, false],
      ['a close', closed, 'unknown'],
      ...NO_ANSWERS.map(([why, answer]) => [why, answer, 'unknown'] as const),
    ]
    for (const [why, answer, expected] of rows) {
      test(`${name}: ${why}`, () => {
        const answers = { compression: plain, heartbeat: plain, truncatedHmac: plain, [name]: answer }
        assert.equal(helloFeaturesProbe.judge(answers).features?.[name], expected)
      })
    }
  }

  test('TLS 1.3 has none of them', () => {
    const nothing = { compression: 'not-applicable', heartbeat: 'not-applicable', truncatedHmac: 'not-applicable' }
    assert.deepEqual(helloFeaturesProbe.skip(known(['TLSv1.3'])), { features: nothing })
    assert.equal(helloFeaturesProbe.skip(known(['SSLv3'])), undefined)
  })
})
