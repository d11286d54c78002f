import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findExtension } from './extension.ts'
import { hex } from './testdata/hex.ts'

describe('findExtension()', () => {
  const extensions = [
    { type: 5, data: hex('01') },
    { type: 5, data: hex('02') },
    { type: 6, data: hex('') },
  ]
  const rows: readonly (readonly [why: string, list: typeof extensions | undefined, type: number, data: Uint8Array | undefined])[] = [
    ['the first of two', extensions, 5, hex('01')],
    ['empty data, which is not none', extensions, 6, hex('')],
    ['none of this type', extensions, 7, undefined],
    ['no extensions block', undefined, 5, undefined],
  ]
  for (const [why, list, type, data] of rows) test(`finds ${why}`, () => assert.deepEqual(findExtension(list, type), data))
})
