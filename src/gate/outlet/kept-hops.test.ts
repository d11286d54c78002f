import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import { describe, test, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Candidate } from './candidates.ts'
import { usualOutlet } from './explain.ts'
import { KeptHops } from './kept-hops.ts'
import { openLeg } from './leg.ts'
import type { Reached } from './reaching.ts'

const leg = openLeg(usualOutlet(new Date()).leg)
const CANDIDATE: Candidate = {
  name: 'mx.example',
  address: '192.0.2.1',
  port: 25,
  leg,
  demand: { tls: 'require', check: { kind: 'none' }, by: 'a test' },
  knowsTls: false,
}

/** A connection, its other end, and what was said there. */
function connection(words: Partial<Reached> = {}) {
  const [stream, there] = duplexPair()
  const said: string[] = []
  there.on('data', (bytes: Buffer) => void said.push(bytes.toString()))
  const hop: Reached = { stream, abilities: new Map(), candidate: CANDIDATE, since: performance.now(), times: 0, ...words }
  return { hop, there, said }
}

function keeping(t: TestContext): KeptHops {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const kept = new KeptHops()
  t.after(() => kept.leave())
  return kept
}

describe('a connection to a next hop that its sender has left', () => {
  const others: readonly (readonly [why: string, sender: string, candidate: Candidate])[] = [
    ['another sender', 'b', CANDIDATE],
    ['another host', 'a', { ...CANDIDATE, name: 'mx2.example' }],
    ['another address', 'a', { ...CANDIDATE, address: '192.0.2.2' }],
    ['another port', 'a', { ...CANDIDATE, port: 26 }],
    ['another destination of the configuration', 'a', { ...CANDIDATE, leg: { ...leg, title: 'another' } }],
    ['who demands more', 'a', { ...CANDIDATE, demand: { ...CANDIDATE.demand, check: { kind: 'authority', ca: undefined, name: 'mx' } } }],
    ['REQUIRETLS', 'a', { ...CANDIDATE, demand: { ...CANDIDATE.demand, requiresTls: true } }],
  ]
  for (const [why, sender, candidate] of others)
    test(`is not for ${why}, and for the same one once`, (t) => {
      const kept = keeping(t)
      const { hop } = connection()
      kept.of('a').keep(hop)
      assert.equal(kept.of(sender).take(candidate), undefined)
      const taken = kept.of('a').take({ ...CANDIDATE })
      assert.deepEqual([taken?.stream === hop.stream, taken?.isKept, taken?.times], [true, true, 1])
      assert.equal(kept.of('a').take(CANDIDATE), undefined)
    })

  test('hears a good-bye two seconds later', async (t) => {
    const kept = keeping(t)
    const { hop, said } = connection()
    kept.of('a').keep(hop)
    t.mock.timers.tick(1999)
    await turn()
    assert.deepEqual(said, [])
    t.mock.timers.tick(1)
    await turn()
    assert.deepEqual([said, kept.of('a').take(CANDIDATE)], [['QUIT\r\n'], undefined])
  })

  const spent: readonly (readonly [why: string, words: Partial<Reached>])[] = [
    ['has stood for five minutes', { since: performance.now() - 300_001 }],
    ['was gone on with a hundred times', { times: 100 }],
    ['is in the clear, since TLS failed', { tlsFailed: true }],
  ]
  for (const [why, words] of spent)
    test(`hears it at once where it ${why}`, async (t) => {
      const kept = keeping(t)
      const { hop, said } = connection(words)
      kept.of('a').keep(hop)
      await turn()
      assert.deepEqual([said, kept.of('a').take(CANDIDATE)], [['QUIT\r\n'], undefined])
    })

  test('is none any more when the next hop says something, or closes it', async (t) => {
    const kept = keeping(t)
    const [speaking, closing] = [connection(), connection()]
    for (const { hop } of [speaking, closing]) kept.of('a').keep(hop)
    speaking.there.write('421 4.4.2 idle\r\n')
    closing.there.end()
    await turn()
    await turn()
    assert.equal(kept.of('a').take(CANDIDATE), undefined)
    assert.deepEqual(speaking.said, ['QUIT\r\n'])
  })

  test('has sixty-three beside it, and the gate none when it ends', async (t) => {
    const kept = keeping(t)
    const all = Array.from({ length: 65 }, () => connection())
    for (const { hop } of all) kept.of('a').keep(hop)
    await turn()
    assert.deepEqual(
      all.map(({ said }) => said.length),
      [1, ...Array.from({ length: 64 }, () => 0)],
    )
    kept.leave()
    await turn()
    assert.ok(all.every(({ said }) => said.join('') === 'QUIT\r\n'))
    const late = connection()
    kept.of('a').keep(late.hop)
    await turn()
    assert.deepEqual(late.said, ['QUIT\r\n'])
  })
})
