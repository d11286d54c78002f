import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { forEachProtocol, UNKNOWN_PROTOCOL } from '../policy/index.ts'
import { allGroups } from './assemble.ts'

describe('allGroups()', () => {
  const rows: readonly { newest: readonly string[]; older: readonly string[]; all: readonly string[]; reason: string }[] = [
    {
      newest: ['secp521r1', 'x448'],
      older: ['secp521r1', 'brainpoolP256r1', 'x448'],
      all: ['secp521r1', 'brainpoolP256r1', 'x448'],
      reason: 'a curve that TLS 1.3 does not have stands where it stands in TLS 1.2',
    },
    {
      newest: ['X25519MLKEM768', 'x25519', 'secp256r1'],
      older: ['x25519', 'secp256r1'],
      all: ['X25519MLKEM768', 'x25519', 'secp256r1'],
      reason: 'TLS 1.3 has more',
    },
    {
      newest: ['X25519MLKEM768', 'x25519'],
      older: ['sect571r1', 'secp256k1', 'x25519'],
      all: ['X25519MLKEM768', 'sect571r1', 'secp256k1', 'x25519'],
      reason: 'what comes first in TLS 1.2 stands before what it precedes',
    },
    {
      newest: ['x25519', 'secp256r1'],
      older: ['secp256r1', 'x25519'],
      all: ['x25519', 'secp256r1'],
      reason: 'the order of TLS 1.3 counts',
    },
    { newest: ['x25519'], older: ['secp256k1', 'sect571r1'], all: ['x25519', 'secp256k1', 'sect571r1'], reason: 'nothing in common' },
    { newest: [], older: ['secp384r1', 'secp256r1'], all: ['secp384r1', 'secp256r1'], reason: 'no TLS 1.3' },
  ]
  for (const { newest, older, all, reason } of rows) {
    test(`${all.join(', ')}: ${reason}`, () => {
      const groups = { 'TLSv1.3': newest, 'TLSv1.2': older } as Readonly<Partial<Record<string, readonly string[]>>>
      assert.deepEqual(allGroups(forEachProtocol((protocol) => ({ ...UNKNOWN_PROTOCOL, groups: groups[protocol] ?? [] }))), all)
    })
  }
})
