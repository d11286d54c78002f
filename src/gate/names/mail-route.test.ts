import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Dns, MxRecord } from './answer.ts'
import { findMailRoute } from './mail-route.ts'

/** DNS that has these MX records in this order. */
function dnsWith(records: readonly MxRecord[]): Dns {
  const nothing = { kind: 'none', why: 'nodata', secure: true, ttl: 60 } as const
  const found = { kind: 'records', records, owner: 'example', aliased: false, secure: true, ttl: 60 }
  return { trusted: true, text: '127.0.0.1', ask: (_name, type) => Promise.resolve(type === 'MX' ? found : nothing) as never }
}

async function hostsOf(texts: readonly string[], lots: readonly number[]): Promise<readonly string[]> {
  const records = texts.map((text) => ({ preference: Number(text.split(' ')[0]), exchange: text.split(' ')[1] ?? '' }))
  const rest = [...lots]
  const route = await findMailRoute(dnsWith(records), 'example', () => rest.shift() ?? 0)
  assert.ok(route.kind === 'hosts')
  return route.hosts.map(({ host }) => host)
}

describe('findMailRoute()', () => {
  const orders: readonly (readonly [why: string, records: readonly string[], lots: readonly number[], hosts: readonly string[]])[] = [
    ['by preference, whatever was drawn', ['20 b', '10 a', '30 c'], [0.1, 0.9, 0], ['a', 'b', 'c']],
    ['those of one preference as they were drawn', ['10 a', '10 b', '10 c'], [0.5, 0.9, 0.1], ['c', 'a', 'b']],
    ['otherwise the next time', ['10 a', '10 b', '10 c'], [0.5, 0.1, 0.9], ['b', 'a', 'c']],
    ['a host that stands there twice once, where it stands first', ['20 a', '10 a', '15 b'], [0, 0, 0], ['a', 'b']],
    ['a null MX beside others means nothing (RFC 7505 §3)', ['0 ', '10 a'], [0, 0], ['a']],
    ['what is no host, and what is an address, is left out', ['1 a..b', '2 192.0.2.1', '3 a b', '10 a'], [0], ['a']],
  ]
  for (const [why, records, lots, hosts] of orders) {
    test(why, async () => assert.deepEqual(await hostsOf(records, lots), hosts))
  }

  test('of more hosts than anybody has the best are tried', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `${index} mx${index}`)
    assert.deepEqual(
      await hostsOf(many, []),
      many.slice(0, 32).map((text) => text.split(' ')[1]),
    )
  })
})
