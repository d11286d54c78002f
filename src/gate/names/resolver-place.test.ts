import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isTrusted, readResolver, resolverText, systemResolvers } from './resolver-place.ts'

describe('readResolver()', () => {
  const good: readonly (readonly [text: string, port: number, trusted: boolean, why: string])[] = [
    ['127.0.0.1', 53, true, 'on this machine'],
    ['127.0.0.53', 53, true, 'all of 127.0.0.0/8 is'],
    ['::1', 53, true, 'on this machine'],
    ['[::1]:5353', 5353, true, 'on this machine'],
    ['192.0.2.53', 53, false, 'anybody on the way can set the bit'],
    ['192.0.2.53:5353', 5353, false, 'the same'],
    ['tls://9.9.9.9', 853, true, 'its certificate is for the address'],
    ['tls://9.9.9.9#dns.quad9.net', 853, true, 'its certificate is for the name'],
    ['tls://[2620:fe::fe]:8853#dns.quad9.net', 8853, true, 'the same'],
  ]
  for (const [text, port, trusted, why] of good) {
    test(`${text}: ${trusted ? 'trusted' : 'not trusted'}, ${why}`, () => {
      const place = readResolver(text)
      assert.ok('address' in place)
      assert.deepEqual([place.port, isTrusted(place), resolverText(place)], [port, trusted, text])
    })
  }
  for (const text of [
    '',
    'localhost',
    'dns.quad9.net',
    'tls://dns.quad9.net',
    '127.0.0.1#name',
    '127.0.0.1:0',
    '127.0.0.1:99999',
    'https://9.9.9.9',
    'tls://9.9.9.9#',
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.ok('what' in readResolver(text)))
  }
})

test('systemResolvers() reads resolv.conf, and means this machine where it names nobody', () => {
  const places = systemResolvers('# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\nnameserver\t::1\nnameserver dns.example\n')
  assert.deepEqual(places.map(resolverText), ['192.0.2.1', '::1'])
  assert.deepEqual(systemResolvers('').map(resolverText), ['127.0.0.1'])
})
