import assert from 'node:assert/strict'
import { test } from 'node:test'
import { known } from '../testdata/known.ts'
import { withoutSniProbe } from './without-sni.ts'

test('without-sni asks only where hellos name a server, and claims nothing by itself', () => {
  assert.deepEqual(withoutSniProbe.skip({ ...known(['TLSv1.2']), serverName: undefined }), {})
  assert.equal(withoutSniProbe.skip(known(['TLSv1.2'])), undefined)
  assert.deepEqual(withoutSniProbe.judge(undefined), {})
})
