import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Relay, RelayOptions } from '../relay.ts'
import { latin1, octets } from './lines.ts'
import { LONGEST_OF_LOGIN, MAX_HELD } from './smtp-input.ts'
import { smtpRelay } from './smtp.ts'

const OPTIONS: RelayOptions = { tls: 'offered', hidesLogin: true, longestLine: 1000, gateName: 'gate.example' }

/** A relay where the client has said EHLO within TLS, and the server offers everything. */
function secureRelay(options: Partial<RelayOptions> = {}): Relay {
  const relay = smtpRelay({ ...OPTIONS, tls: 'begun', ...options })
  relay.fromServer(octets('220 a\r\n'))
  relay.fromClient(octets('EHLO a\r\n'))
  relay.fromServer(octets('250-a\r\n250 CHUNKING\r\n'))
  return relay
}

describe('the limits of the SMTP relay', () => {
  const lengths: readonly (readonly [why: string, line: string, end: string | undefined])[] = [
    ['a command of the limit', `NOOP ${'a'.repeat(993)}\r\n`, undefined],
    ['a command longer by one', `NOOP ${'a'.repeat(994)}\r\n`, 'line-too-long'],
    ['half a command that cannot but be longer', `NOOP ${'a'.repeat(995)}`, 'line-too-long'],
    ['AUTH of the limit of RFC 4954 §4', `AUTH PLAIN ${'a'.repeat(LONGEST_OF_LOGIN - 13)}\r\n`, undefined],
    ['AUTH longer by one', `AUTH PLAIN ${'a'.repeat(LONGEST_OF_LOGIN - 12)}\r\n`, 'line-too-long'],
  ]
  for (const [why, line, end] of lengths)
    test(why, () => {
      assert.equal(secureRelay().fromClient(octets(line)).end, end)
      const relay = secureRelay()
      assert.equal(
        line
          .split('')
          .map((character) => relay.fromClient(octets(character)).end)
          .find((one) => one !== undefined),
        end,
      )
    })

  test('a line of an exchange is as long as AUTH, and no longer', () => {
    for (const [length, end] of [
      [LONGEST_OF_LOGIN, undefined],
      [LONGEST_OF_LOGIN + 1, 'line-too-long'],
    ] as const) {
      const relay = secureRelay()
      relay.fromClient(octets('AUTH LOGIN\r\n'))
      relay.fromServer(octets('334 a\r\n'))
      assert.equal(relay.fromClient(octets(`${'a'.repeat(length - 2)}\r\n`)).end, end)
    }
  })

  test('lines of a message have no limit, and nothing of them is kept', () => {
    const relay = secureRelay()
    relay.fromClient(octets('DATA\r\n'))
    relay.fromServer(octets('354 go\r\n'))
    const segment = octets('a'.repeat(65_536))
    for (let count = 0; count < 100; count++) {
      assert.equal(relay.fromClient(segment).toServer?.length, segment.length)
      assert.equal(relay.isFull?.(), false)
    }
  })

  test('what waits for an answer is enough at some time, and too much later', () => {
    const relay = secureRelay()
    assert.equal(latin1(relay.fromClient(octets('DATA\r\n')).toServer!), 'DATA\r\n')
    relay.fromClient(octets('a'.repeat(1000)))
    assert.equal(relay.isFull?.(), false)
    assert.deepEqual(relay.fromClient(octets('a'.repeat(MAX_HELD - 1000))), {})
    assert.equal(relay.isFull?.(), true)
    assert.deepEqual(relay.fromClient(octets('a')), {}, 'the server has been asked, and answers first')
    const { toClient, end } = relay.fromServer(octets('503 no\r\n'))
    assert.equal(latin1(toClient!), '503 no\r\n421 4.7.0 Too much without waiting for a reply\r\n')
    assert.equal(end, 'too-far-ahead')
  })

  test('as much as may wait goes on when the server has answered', () => {
    const relay = secureRelay()
    relay.fromClient(octets(`DATA\r\n${'a'.repeat(MAX_HELD)}`))
    assert.equal(relay.fromServer(octets('354 go\r\n')).toServer?.length, MAX_HELD)
    assert.equal(relay.isFull?.(), false)
  })

  test('commands wait when a thousand are under way, and none is lost', () => {
    const relay = secureRelay()
    const first = latin1(relay.fromClient(octets('NOOP\r\n'.repeat(1500))).toServer!)
    assert.equal(first, 'NOOP\r\n'.repeat(1000))
    const { toServer, toClient } = relay.fromServer(octets('250 ok\r\n'.repeat(600)))
    assert.equal(latin1(toServer!), 'NOOP\r\n'.repeat(500))
    assert.equal(latin1(toClient!), '250 ok\r\n'.repeat(600))
  })

  test('content goes on where commands wait', () => {
    const relay = secureRelay()
    relay.fromClient(octets('NOOP\r\n'.repeat(999)))
    const { toServer } = relay.fromClient(octets(`BDAT 300000 LAST\r\n${'a'.repeat(300_000)}NOOP\r\n`))
    assert.equal(toServer?.length, 300_018)
  })

  test('what comes behind a thousand commands is too much at some time', () => {
    const relay = secureRelay()
    relay.fromClient(octets('NOOP\r\n'.repeat(1000)))
    assert.deepEqual(relay.fromClient(octets(`${'NOOP\r\n'.repeat(MAX_HELD / 6)}NOOP\r\n`)), {})
    assert.equal(relay.fromServer(octets('250 ok\r\n'.repeat(999))).end, undefined)
    assert.equal(relay.fromServer(octets('250 ok\r\n')).end, 'too-far-ahead')
  })

  test('nothing is kept of what nobody reads', () => {
    const relay = secureRelay()
    relay.fromClient(octets('QUIT\r\n'))
    relay.fromClient(octets('a'.repeat(MAX_HELD)))
    assert.equal(relay.isFull?.(), false)
    const other = secureRelay()
    other.fromClient(octets(`NOOP\r\nGET\r\n${'a'.repeat(MAX_HELD)}`))
    assert.equal(other.isFull?.(), false)
  })

  test('what a server says during a handshake is kept within a bound', () => {
    const relay = smtpRelay(OPTIONS)
    relay.fromServer(octets('220 a\r\n'))
    relay.fromClient(octets('STARTTLS\r\n'))
    assert.deepEqual(relay.fromServer(octets('a'.repeat(MAX_HELD))), {})
    assert.deepEqual(relay.fromServer(octets('a')), { end: 'server-misbehaves' })
    assert.deepEqual(relay.secured(), {})
  })
})
