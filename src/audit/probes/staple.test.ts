import assert from 'node:assert/strict'
import { test } from 'node:test'
import { known } from '../testdata/known.ts'
import { stapleProbe } from './staple.ts'

test('staple asks where a hello up to TLS 1.2 has extensions, and claims nothing by itself', () => {
  for (const protocols of [['TLSv1.3'], ['SSLv3']] as const) assert.deepEqual(stapleProbe.skip(known(protocols)), {})
  assert.equal(stapleProbe.skip(known(['TLSv1.3', 'TLSv1'])), undefined)
  assert.deepEqual(stapleProbe.judge(undefined), {})
})
