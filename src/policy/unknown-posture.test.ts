import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PROTOCOLS } from '../registry/index.ts'
import { offeredProtocols, refusedProtocol, unknownPosture } from './unknown-posture.ts'

/** Every leaf of a value that is not an empty list, with its path. */
function leaves(value: unknown, path: string): [path: string, leaf: unknown][] {
  if (value === null || typeof value !== 'object') return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
}

describe('unknownPosture()', () => {
  test('says nothing of anything: no leaf is a fact that could pass', () => {
    const { role, ...rest } = unknownPosture()
    assert.equal(role, 'server')
    for (const [path, leaf] of leaves(rest, 'posture')) {
      const nothing = path.endsWith('.complete') ? leaf === false : leaf === 'unknown' || leaf === null
      assert.ok(nothing, `${path} is ${String(leaf)}`)
    }
  })

  test('knows every protocol version by name', () => {
    assert.deepEqual(Object.keys(unknownPosture('client').protocols), [...PROTOCOLS])
  })
})

describe('offeredProtocols()', () => {
  test('lists only what is known to be offered, newest first', () => {
    const empty = unknownPosture()
    const offered = { ...empty.protocols.TLSv1, offered: true }
    const protocols = { ...empty.protocols, TLSv1: offered, 'TLSv1.3': offered, SSLv3: refusedProtocol('alert protocol_version') }
    assert.deepEqual(offeredProtocols({ ...empty, protocols }), ['TLSv1.3', 'TLSv1'])
  })
})
