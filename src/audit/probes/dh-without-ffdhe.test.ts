import assert from 'node:assert/strict'
import { test } from 'node:test'
import { known } from '../testdata/known.ts'
import { dhWithoutFfdheProbe } from './dh-without-ffdhe.ts'

test('dh-without-ffdhe asks only where a protocol up to TLS 1.2 has DHE, and claims nothing by itself', () => {
  assert.deepEqual(dhWithoutFfdheProbe.skip(known(['TLSv1.3', 'TLSv1.2'], [0xc02f])), {})
  assert.equal(dhWithoutFfdheProbe.skip(known(['TLSv1.2'], [0xc02f, 0x0033])), undefined)
  assert.deepEqual(dhWithoutFfdheProbe.judge(undefined), {})
})
