import assert from 'node:assert/strict'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
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
  const { value } = await candidates(asked, { legs: legsOf(config), names, memory: new TlsMemory(), mailHostsHere: 'refuse' }).next()
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

const MX = { kind: 'hosts', secure: false, owner: 'evil.example', implicit: false } as const
const NO_DANE = { kind: 'none', words: '' } as const

/** What becomes of a domain whose mail hosts are at these addresses, for an outlet at `listen`. */
async function foundAt(
  addresses: readonly string[],
  listen: Place,
  mailHostsHere: 'refuse' | 'allow',
  config: OutletConfig = usual,
): Promise<readonly string[]> {
  const names = {
    mailRoute: () =>
      Promise.resolve({ ...MX, hosts: addresses.map((_, index) => ({ host: `mx${index}.evil.example`, preference: index })) }),
    sts: () => Promise.resolve({ kind: 'none' } as const),
    host: (host: string) => {
      const address = addresses[Number(host.slice(2, 3))] ?? ''
      return Promise.resolve({ kind: 'found', addresses: [{ address, family: isIPv6(address) ? 6 : 4 }], dane: NO_DANE } as const)
    },
  }
  const leadsBack = (place: Place): boolean => isAt(place, { listen })
  const found: string[] = []
  for await (const one of candidates('evil.example', { legs: legsOf(config), names, memory: new TlsMemory(), leadsBack, mailHostsHere }))
    found.push('said' in one ? one.said : one.address)
  return found
}

test('a mail host that is the outlet itself is none, whatever the configuration wants, and the next one is tried', async () =>
  assert.deepEqual(await foundAt(['0.0.0.0', '192.0.2.1'], { host: '127.0.0.1', port: 25 }, 'allow'), [
    '554 5.4.6 mx0.evil.example [0.0.0.0] is this outlet itself, and mail would go round',
    '192.0.2.1',
  ]))

test('a relay whose name leads to the outlet itself is not spoken to', async () => {
  const config = { ...usual, leg: { ...usual.leg, to: { host: 'mx0.evil.example', port: 25 } } }
  assert.deepEqual(await foundAt(['127.0.0.1'], { host: '127.0.0.1', port: 25 }, 'allow', config), [
    '451 4.4.6 mx0.evil.example [127.0.0.1] is this outlet itself, and mail would go round',
  ])
  assert.deepEqual(await foundAt(['127.0.0.1'], { host: '127.0.0.1', port: 26 }, 'refuse', config), ['127.0.0.1'], 'but at another port')
})

const [outward] = Object.values(networkInterfaces())
  .flat()
  .filter((one) => one?.internal === false)

const HERE: readonly (readonly [why: string, address: string, isHere: boolean])[] = [
  ['in loopback', '127.0.0.1', true],
  ['elsewhere in loopback', '127.1.2.3', true],
  ['in loopback of IPv6', '::1', true],
  ['in loopback as IPv6 maps it', '::ffff:127.0.0.1', true],
  ['that means every address', '0.0.0.0', true],
  ['that means every address of IPv6', '::', true],
  ['of an interface', outward?.address ?? '127.0.0.2', true],
  ['of another machine', '192.0.2.1', false],
]
for (const [why, address, isHere] of HERE)
  test(`a mail host at an address ${why} is ${isHere ? 'none, unless the configuration wants it' : 'one'}`, async () => {
    const elsewhere = { host: '127.0.0.1', port: 2525 }
    const [said = ''] = await foundAt([address], elsewhere, 'refuse')
    const round = `554 5.4.6 mx0.evil.example [${address}] is this machine itself, and mail would go round`
    assert.ok(said.startsWith(isHere ? round : address), said)
    assert.deepEqual(await foundAt([address], elsewhere, 'allow'), [address])
  })
