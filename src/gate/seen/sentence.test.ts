import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProtocolName } from '../../registry/index.ts'
import { newestIn, tooOldSentence } from './sentence.ts'

describe('tooOldSentence()', () => {
  const rows: readonly (readonly [why: string, version: string, allowed: readonly ProtocolName[], expected: string | undefined])[] = [
    [
      'the words of Kerio Connect, to the letter',
      'TLSv1.1',
      ['TLSv1.2', 'TLSv1.3'],
      'Sending server negotiated an old and insecure TLS version, TLSv1.1, sending server will need to be upgraded to support at least TLSv1.2',
    ],
    [
      'the oldest of the newer ones is enough, whatever older one is allowed',
      'TLSv1.1',
      ['TLSv1', 'TLSv1.2', 'TLSv1.3'],
      'Sending server negotiated an old and insecure TLS version, TLSv1.1, sending server will need to be upgraded to support at least TLSv1.2',
    ],
    ['a sender that is newer than the policy is not too old', 'TLSv1.3', ['TLSv1', 'TLSv1.2'], undefined],
    ['what nobody knows is neither old nor new', '-', ['TLSv1.2'], undefined],
  ]
  for (const [why, version, allowed, expected] of rows) test(why, () => assert.equal(tooOldSentence(version, allowed), expected))
})

describe('newestIn()', () => {
  const rows: readonly (readonly [why: string, versions: readonly string[] | undefined, expected: string])[] = [
    ['the order of the list does not count', ['TLSv1', 'TLSv1.2', 'TLSv1.1'], 'TLSv1.2'],
    ['a version without a name is none', ['0x0a0a', 'TLSv1'], 'TLSv1'],
    ['nothing is known of no list', undefined, '-'],
  ]
  for (const [why, versions, expected] of rows) test(why, () => assert.equal(newestIn(versions), expected))
})
