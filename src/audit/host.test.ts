import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { bracketed, isLocalhost, readHost } from './host.ts'

const LABEL = 'a'.repeat(63)

describe('readHost()', () => {
  const hosts: readonly [text: string, host: string, reason: string][] = [
    ['Mail.Example.COM', 'mail.example.com', 'names are compared in lower case'],
    ['mail.example.com.', 'mail.example.com', 'a dot at the end is DNS, and several servers refuse it in SNI'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', 'ASCII stays'],
    ['b\u00fccher.example', 'xn--bcher-kva.example', 'the rest becomes ASCII, RFC 5890 §2.3.2.1'],
    ['_imaps.example.com', '_imaps.example.com', 'real networks have underscores'],
    ['localhost', 'localhost', 'one label is enough'],
    [`${LABEL}.example`, `${LABEL}.example`, '63 letters are allowed, RFC 1035 §2.3.4'],
    ['192.0.2.1', '192.0.2.1', 'an address'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1', 'one of IPv6 in its shortest form, RFC 5952 §4'],
    ['::ffff:192.0.2.1', '::ffff:c000:201', 'one that holds another'],
    ['fe80::1%ETH0', 'fe80::1%eth0', 'one with a zone keeps its spelling'],
  ]
  for (const [text, host, reason] of hosts) test(`${text}: ${reason}`, () => assert.deepEqual(readHost(text), { host }))

  const problems: readonly [text: string, problem: string, reason: string][] = [
    ['', 'is not a host name', 'nothing'],
    ['a..b', 'is not a host name', 'an empty label'],
    ['-a.example', 'is not a host name', 'a hyphen in front'],
    ['a-.example', 'is not a host name', 'a hyphen behind'],
    [`${LABEL}a.example`, 'is not a host name', '64 letters'],
    [`${`${LABEL}.`.repeat(4)}example`, 'is not a host name', '255 letters and more'],
    ['a b.example', 'is not a host name', 'a space'],
    ['a/b', 'is not a host name', 'a path'],
    ['user@example.com', 'is not a host name', 'an address of mail'],
    ['\u0000', 'is not a host name', 'a control character'],
    ['1.2.3', 'is not an IPv4 address', 'what browsers make 1.2.0.3 of'],
    ['256.0.2.1', 'is not an IPv4 address', 'more than a byte'],
    ['192.0.2.1.', 'is not an IPv4 address', 'addresses have no dot at the end'],
    ['0x7f.1', 'is not an IPv4 address', 'nor other bases'],
    ['example.0x1f', 'is not an IPv4 address', 'no zone has a number for a name'],
    ['1::2::3', 'is not an IPv6 address', 'two gaps'],
    ['mail.example.com:25', 'is not an IPv6 address', 'a port belongs elsewhere'],
  ]
  for (const [text, problem, reason] of problems) {
    test(`${JSON.stringify(text.slice(0, 30))} ${problem}: ${reason}`, () => {
      const found = readHost(text)
      assert.ok('problem' in found)
      assert.equal(found.problem, problem)
      assert.ok(found.remedy.length > 0)
    })
  }

  test('what it reads it reads the same again, and it can be looked up', () => {
    const text = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 12 }))
    fc.assert(
      fc.property(text, (text) => {
        const found = readHost(text)
        if ('problem' in found) return
        assert.deepEqual(readHost(found.host), found)
        assert.ok(isIP(found.host) > 0 || /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(found.host), found.host)
      }),
      { numRuns: 500 },
    )
  })
})

test('isLocalhost(): the name and all below it, RFC 6761 §6.3', () => {
  const names = ['localhost', 'mail.localhost', 'localhost.example', 'mylocalhost']
  assert.deepEqual(
    names.map((name) => isLocalhost(name)),
    [true, true, false, false],
  )
})

test('bracketed(): IPv6 alone', () => {
  assert.deepEqual(
    ['2001:db8::1', '192.0.2.1', 'a.example'].map((host) => bracketed(host)),
    ['[2001:db8::1]', '192.0.2.1', 'a.example'],
  )
})
