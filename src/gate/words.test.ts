import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offerOf } from '../wire/index.ts'
import { helloRecordOf } from './words.ts'

test('of a hello with thousands of suites and a name of thousands of octets the log keeps the first, and how many suites there were', () => {
  const offer = offerOf({
    legacyVersion: 0x0303,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(),
    cipherSuites: Array.from({ length: 5000 }, () => 0xc024),
    legacyCompressionMethods: [0],
    extensions: undefined,
  })
  const { suites, serverName } = helloRecordOf({ ...offer, serverName: 'x'.repeat(4096) })
  assert.deepEqual([suites.length, suites.at(-1), serverName?.length], [513, 'and 4488 more', 255])
})
