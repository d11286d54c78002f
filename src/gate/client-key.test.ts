import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clientKey } from './client-key.ts'

describe('clientKey()', () => {
  const rows: readonly (readonly [why: string, address: string, key: string])[] = [
    ['an IPv4 address is a client', '192.0.2.7', '192.0.2.7'],
    ['at a socket for both, too', '::ffff:192.0.2.7', '192.0.2.7'],
    ['an IPv6 client has its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2:0:0:0:0/64'],
    ['however it is written', '2001:db8:1:2::', '2001:db8:1:2:0:0:0:0/64'],
    ['of which zeros may be left out', '2001:db8::1', '2001:db8:0:0:0:0:0:0/64'],
    ['and a zone is no part', 'fe80::1%eth0', 'fe80:0:0:0:0:0:0:0/64'],
    ['nor is a dotted end, RFC 4291 §2.2', '64:ff9b::192.0.2.7', '64:ff9b:0:0:0:0:0:0/64'],
    ['nobody is nobody', '', ''],
  ]
  for (const [why, address, key] of rows) test(why, () => assert.equal(clientKey(address), key))

  test('goes by other lengths, too', () => {
    assert.equal(clientKey('2001:db8:1:2ff::1', 56), '2001:db8:1:200:0:0:0:0/56')
    assert.equal(clientKey('2001:db8::1', 128), '2001:db8:0:0:0:0:0:1/128')
    assert.equal(clientKey('2001:db8::1', 1), '0:0:0:0:0:0:0:0/1')
  })
})
