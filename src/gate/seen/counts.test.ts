import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { REFUSAL_REASONS } from '../../policy/negotiate/index.ts'
import type { Verdict } from '../verdict.ts'
import { Counts, type Live } from './counts.ts'
import { merge } from './snapshot.ts'

const MINUTE = 60_000
const NOW = new Date('2027-03-01T12:00:00Z')

/** A connection that has carried so much. */
function connection(bytes: { readonly in: number; readonly out: number }, address = '192.0.2.1'): Live {
  return {
    bytes,
    since: 0,
    live: () => ({ time: NOW.toISOString(), service: 'mx', client: { address, port: 1 }, stage: 'observe', bytes }),
  }
}

const failing = (reason: (typeof REFUSAL_REASONS)[number]): Verdict => ({
  kind: 'fails',
  stage: 'observe',
  served: true,
  refusal: { agreed: false, by: 'server', alert: 'protocol_version', reason, why: '' },
})

const TLS13 = { version: 'TLSv1.3', suite: 'TLS_AES_128_GCM_SHA256', group: 'X25519', resumed: false }

describe('ServiceCounts', () => {
  test('counts a connection from its first octet to its last, with what it has carried so far', () => {
    const counts = new Counts()
    const seen = counts.of('mx')
    const carried = { in: 0, out: 0 }
    const one = connection(carried)
    seen.opened(one)
    seen.hello('observe', { kind: 'meets' }, { address: '192.0.2.1', version: 'TLSv1.3' }, NOW)
    seen.secured(TLS13, 30)
    seen.secured({ ...TLS13, version: 'TLSv1.2', resumed: true }, 60_000)
    carried.in = 5
    const during = counts.snapshot().services['mx']
    seen.ended(one, { ended: { why: 'quit' }, bytes: { in: 7, out: 8 } })
    const after = counts.snapshot().services['mx']
    assert.deepEqual([during?.open, during?.connections, during?.bytes], [1, 1, { in: 5, out: 0 }])
    assert.deepEqual([after?.open, after?.connections, after?.bytes, after?.ended], [0, 1, { in: 7, out: 8 }, { quit: 1 }])
    assert.deepEqual(after?.hellos, { 'observe meets -': 1 })
    assert.deepEqual(after?.negotiated, { 'TLSv1.3 TLS_AES_128_GCM_SHA256 X25519': 1, 'TLSv1.2 TLS_AES_128_GCM_SHA256 X25519': 1 })
    assert.deepEqual([after?.resumed, after?.handshakeSeconds], [1, { counts: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1], sum: 60.03 }])
  })

  const reasons: readonly (readonly [why: string, reason: string | undefined, expected: string])[] = [
    ['a word of the list stays', 'client-certificate', 'client-certificate'],
    ['what came in place of a hello is in the log alone', 'not TLS: plain text in place of a hello', 'not-tls'],
    ['whatever else is said is cut to a word', 'version "evil" 1', 'version'],
    ['no reason is one', undefined, 'other'],
  ]
  for (const [why, reason, expected] of reasons) {
    test(`has labels of a closed list: ${why}`, () => {
      const counts = new Counts()
      const one = connection({ in: 0, out: 0 })
      counts.of('mx').opened(one)
      counts
        .of('mx')
        .ended(one, { ended: { why: 'handshake-failed', ...(reason === undefined ? {} : { reason }) }, bytes: { in: 0, out: 0 } })
      assert.deepEqual(counts.snapshot().services['mx']?.failed, { [expected]: 1 })
    })
  }

  test('does not count the end of one that could not come in', () => {
    const counts = new Counts()
    counts.of('mx').crowded('perClient')
    counts.of('mx').ended(connection({ in: 0, out: 0 }), { ended: { why: 'crowded' }, bytes: { in: 0, out: 0 } })
    const { crowded, ended } = counts.snapshot().services['mx'] ?? {}
    assert.deepEqual([crowded, ended], [{ perClient: 1 }, {}])
  })

  test('remembers an hour of refusals, and the thousand clients that came last', () => {
    const counts = new Counts()
    const seen = counts.of('mx')
    for (let minute = 0; minute < 100; minute++) {
      for (let n = 0; n < 30; n++) {
        const address = `10.0.${minute}.${n}`
        seen.hello('observe', failing('version'), { address, version: 'TLSv1' }, new Date(NOW.getTime() + minute * MINUTE))
      }
      seen.hello('observe', failing('suites'), { address: '192.0.2.7', version: 'TLSv1.2' }, new Date(NOW.getTime() + minute * MINUTE))
    }
    const { refusedLately = {}, refusedClients = {}, hellos } = counts.snapshot().services['mx'] ?? {}
    assert.equal(Object.keys(refusedLately).length, 60)
    assert.deepEqual(Object.values(refusedLately)[0], { 'observe version': 30, 'observe suites': 1 })
    assert.equal(Object.keys(refusedClients).length, 1000)
    const last = NOW.getTime() + 99 * MINUTE
    assert.deepEqual(refusedClients['192.0.2.7'], { count: 100, last, stage: 'observe', reason: 'suites', version: 'TLSv1.2' })
    assert.deepEqual(hellos, { 'observe fails version': 3000, 'observe fails suites': 100 })
  })
})

describe('merge()', () => {
  const step = fc.record({
    worker: fc.nat(2),
    service: fc.constantFrom('mx', 'port 8443', '__proto__'),
    what: fc.constantFrom('meets', 'fails', 'secured', 'quit', 'failed', 'crowded', 'unreached'),
    milliseconds: fc.nat(50),
    address: fc.constantFrom('192.0.2.1', '2001:db8::1'),
  })

  test('gives what one process would have counted', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const alone = new Counts()
        const workers = [new Counts(), new Counts(), new Counts()]
        // Whoever came last is told by the clock: two of one moment are told apart by nobody.
        for (const [at, { worker, service, what, milliseconds, address }] of steps.entries()) {
          for (const seen of [alone.of(service), workers[worker]!.of(service)]) {
            // No two in one moment: which of them came last, nobody could tell.
            const now = new Date(NOW.getTime() + at)
            const one = connection({ in: 1, out: 2 }, address)
            seen.opened(one)
            if (what === 'meets') seen.hello('refuse', { kind: 'meets' }, { address, version: 'TLSv1.3' }, now)
            if (what === 'fails') seen.hello('refuse', failing('version'), { address, version: 'TLSv1' }, now)
            if (what === 'secured') seen.secured(TLS13, milliseconds)
            if (what === 'crowded') seen.crowded('perClient')
            if (what === 'unreached') seen.unreached()
            if (what === 'failed') seen.ended(one, { ended: { why: 'handshake-failed', reason: 'suites' }, bytes: { in: 3, out: 4 } })
            if (what === 'quit') seen.ended(one, { ended: { why: 'quit' }, bytes: { in: 3, out: 4 } })
          }
        }
        const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
        assert.deepEqual(plain(merge(workers.map((one) => one.snapshot()))), plain(alone.snapshot()))
      }),
    )
  })

  test('of nobody is nothing', () => assert.deepEqual(merge([]), { services: {} }))
})
