import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAt } from '../config/loops.ts'
import type { Place } from '../config/places.ts'
import { candidates } from './candidates.ts'
import { usualOutlet } from './explain.ts'
import { legsOf } from './legs.ts'
import type { OutletConfig } from './outlet-config.ts'
import { TlsMemory } from './tls-memory.ts'

const usual = usualOutlet(new Date())
const relay = (domain: string): OutletConfig => ({
  ...usual,
  destinations: [{ domains: [domain], mx: [], leg: { ...usual.leg, to: { host: '127.0.0.1', port: 2525 } } }],
})

/** Where mail for a domain goes at first, `?` for what DNS has to be asked about; or the reply. */
async function wayFor(asked: string, config: OutletConfig): Promise<string> {
  const none = { kind: 'no-domain', words: '?' } as const
  const names = {
    mailRoute: () => Promise.resolve(none),
    sts: () => Promise.resolve({ kind: 'none' } as const),
    host: () => Promise.resolve({ kind: 'no-address', words: '?' } as const),
  }
  const { value } = await candidates(asked, { legs: legsOf(config), names, memory: new TlsMemory() }).next()
  assert.ok(value)
  return 'said' in value ? value.said : `${value.address}:${value.port}`
}

const ROWS: readonly (readonly [why: string, named: string, asked: string, expected: string])[] = [
  ['is found by its letters', 'b\u00fccher.example', 'b\u00fccher.example', '127.0.0.1:2525'],
  ['is found by what DNS has for them', 'xn--bcher-kva.example', 'b\u00fccher.example', '127.0.0.1:2525'],
  ['and the other way round', 'b\u00fccher.example', 'xn--bcher-kva.example', '127.0.0.1:2525'],
  ['is found under a star', '*.b\u00fccher.example', 'm.b\u00fccher.example', '127.0.0.1:2525'],
  ['is asked for as DNS has it', 'd.example', 'b\u00fccher.example', '550 5.1.2 No mail can go to xn--bcher-kva.example: ?'],
  ['is refused where its letters make none', 'd.example', '\u00fc b', '550 5.1.2 No mail can go to \u00fc b: it is no domain'],
]

for (const [why, named, asked, expected] of ROWS)
  test(`a domain ${why}`, async () => assert.equal(await wayFor(asked, relay(named)), expected))

const MX = {
  kind: 'hosts',
  hosts: [{ host: 'mx.evil.example', preference: 10 }],
  secure: false,
  owner: 'evil.example',
  implicit: false,
} as const

test('a mail host that is the outlet itself is none, and the next one is tried', async () => {
  const names = {
    mailRoute: () => Promise.resolve({ ...MX, hosts: [...MX.hosts, { host: 'mx2.evil.example', preference: 20 }] }),
    sts: () => Promise.resolve({ kind: 'none' } as const),
    host: (host: string) =>
      Promise.resolve({
        kind: 'found',
        addresses: [{ address: host.startsWith('mx2') ? '192.0.2.1' : '0.0.0.0', family: 4 }],
        dane: { kind: 'none', words: '' },
      } as const),
  }
  const listen = { host: '127.0.0.1', port: 25 }
  const source = { legs: legsOf(usual), names, memory: new TlsMemory(), leadsBack: (place: Place) => isAt(place, { listen }) }
  const found: string[] = []
  for await (const one of candidates('evil.example', source)) found.push('said' in one ? one.said : one.address)
  assert.deepEqual(found, ['554 5.4.6 mx.evil.example [0.0.0.0] is this outlet itself, and mail would go round', '192.0.2.1'])
})
