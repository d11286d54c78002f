import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseTarget, trustStore, type Resolver } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import { findDoors } from './find-doors.ts'
import type { Network } from './network.ts'

/** Nobody listens there: what is found is found by what was named. */
const ADDRESS = '127.0.0.99'

const resolver: Resolver = {
  mx: (domain) => {
    if (domain !== 'example.test') return Promise.resolve([])
    return Promise.resolve(['one', 'two'].map((name, preference) => ({ exchange: `${name}.example.test`, preference })))
  },
  addresses: (host) => {
    if (!host.startsWith('nowhere')) return Promise.resolve([{ address: ADDRESS, family: 4 as const }])
    return Promise.reject(new PosternError('world', 'DNS_NO_SUCH_NAME', `Cannot find ${host}`))
  },
}

function network(sni?: string): Network {
  return { resolveOptions: { resolver, overrides: [], family: undefined }, parallel: 8, timeout: 1000, trust: trustStore([]), sni }
}

describe('findDoors() finds each door once', () => {
  const rows: readonly (readonly [why: string, targets: readonly string[], found: readonly string[], folded: readonly string[]])[] = [
    ['a line that stands there twice is not worth a word', ['smtp://a.test', 'smtp://a.test'], ['smtp://a.test:25'], []],
    ['a door in other words', ['smtp://a.test', 'a.test:25', 'SMTP://A.test:25'], ['smtp://a.test:25'], ['smtp://a.test:25']],
    ['ports that a list repeats', ['a.test:25,465', 'a.test:465'], ['smtp://a.test:25', 'smtps://a.test:465'], ['smtps://a.test:465']],
    [
      'an MX of a domain that is named too',
      ['example.test', 'one.example.test:25'],
      ['smtp://one.example.test:25', 'smtp://two.example.test:25'],
      ['smtp://one.example.test:25'],
    ],
    ['two names of one address are two doors', ['smtp://a.test', 'smtp://b.test'], ['smtp://a.test:25', 'smtp://b.test:25'], []],
    ['a name without an address', ['smtp://nowhere.test', 'smtp://nowhere.test'], ['DNS_NO_SUCH_NAME'], []],
    ['a host without a door', ['a.test', 'a.test'], ['NO_DOOR'], []],
  ]
  for (const [why, targets, expected, again] of rows) {
    test(why, async () => {
      const folded: string[] = []
      const found = await findDoors(
        targets.flatMap((text) => parseTarget(text)),
        network(),
        (name) => void folded.push(name),
      )
      assert.deepEqual(
        found.map((one) => ('door' in one ? one.door.url : one.error.code)),
        expected,
      )
      assert.deepEqual([...new Set(folded)], again)
    })
  }
})
