import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { scripted, script, startHostile, type Behaviour } from './hostile/index.ts'
import { Group, TLS10, TLS11, TLS12, TLS13 } from './hostile/numbers.ts'
import type { Reaction } from './hostile/script.ts'
import type { Proof } from '../src/audit/index.ts'
import { policyNamed, proveAt, withoutCertificates } from './proved.ts'

type Given = NonNullable<Parameters<typeof scripted>[0]>

const intermediate = withoutCertificates(policyNamed('mozilla-intermediate'))
const GOOD = [0xc02f, 0xc030, 0xcca8]
const OLD = [0xc013, 0x002f]
const BY_CLOSING = { refusals: { ...script().refusals, version: 'close', suite: 'close', group: 'close', sslv2: 'close' } } as const

/** What a server may have that this policy forbids. */
const SINS = {
  none: {},
  'TLS 1.0 and TLS 1.1': { versions: [TLS10, TLS11, TLS12, TLS13], suites: { [TLS10]: OLD, [TLS11]: OLD, [TLS12]: GOOD } },
  'TLS 1.1 alone': { versions: [TLS11, TLS12, TLS13], suites: { [TLS11]: OLD, [TLS12]: GOOD } },
  'a suite': { suites: [...GOOD, 0x002f] },
  'a DHE suite': { suites: [...GOOD, 0x009e] },
  'a suite of TLS 1.3': { tls13: { suites: [0x1301, 0x1302, 0x1304] } },
  'a group': { groups: [Group.x25519, Group.secp256r1, Group.secp521r1] },
  'a group of TLS 1.3': { tls13: { groups: [Group.x25519, Group.secp256r1, Group.x448] } },
  'an old server with a suite': { versions: [TLS12], suites: [...GOOD, 0x002f] },
} as const satisfies Readonly<Record<string, Given>>

interface Spell {
  readonly sin: keyof typeof SINS
  readonly chooses: 'server' | 'client'
  readonly closes: boolean
  readonly reaction: Reaction
  readonly parallel: number
  /** The connections from the one to the other are refused, whatever they offer. */
  readonly from: number
  readonly length: number
}

const spells: fc.Arbitrary<Spell> = fc.record({
  sin: fc.constantFrom(...(Object.keys(SINS) as (keyof typeof SINS)[])),
  chooses: fc.constantFrom('server', 'client'),
  closes: fc.boolean(),
  reaction: fc.constantFrom<Reaction[]>({ alert: 40 }, { alert: 70 }, { alert: 80 }, 'close'),
  parallel: fc.constantFrom(1, 8),
  from: fc.integer({ min: 1, max: 24 }),
  length: fc.constantFrom(1, 1, 2, 3, 5, 9, 14),
})

function refusingForAWhile({ sin, chooses, closes, reaction, from, length }: Spell): Behaviour {
  const committed: Given = SINS[sin]
  const tls13: Given['tls13'] = { suiteOrder: chooses, groupOrder: chooses === 'server' ? 'server' : 'share', ...committed.tls13 }
  const habits = { order: chooses, groupOrder: chooses, ...(closes ? BY_CLOSING : {}) }
  const given: Given = { versions: [TLS12, TLS13], suites: GOOD, ...habits, ...committed, tls13 }
  const open = scripted(given)
  const shut = scripted({ ...given, balks: () => reaction })
  return (wire, nth) => (nth >= from && nth < from + length ? shut : open)(wire, nth)
}

async function proveDuring(behaviour: Behaviour, { parallel, twice }: { parallel: number; twice: boolean }): Promise<Proof> {
  const server = await startHostile(behaviour)
  try {
    return await proveAt({ port: server.port, name: 'hostile.example' }, intermediate, { parallel, twice, patience: 800 })
  } finally {
    await server.stop()
  }
}

describe('prove() and a server that refuses everybody for a while, in its own words or in others', () => {
  const seen = { yes: 0, no: 0, unknown: 0 }
  after(() => assert.ok(seen.yes > 0 && seen.no > 10, `all were tried: ${JSON.stringify(seen)}`))

  /** What may be believed although it is not so: one refusal, in the very word that a server says to what it does not have. */
  const isExcused = ({ length, reaction, sin }: Spell, { keeps }: Proof): boolean =>
    sin !== 'none' && keeps === 'yes' && length === 1 && JSON.stringify(reaction) !== JSON.stringify({ alert: 80 }) && reaction !== 'close'

  for (const twice of [false, true]) {
    const but = twice ? '' : ', but where one connection alone was refused'
    test(`${twice ? 'twice: ' : ''}never says yes of what is forbidden, nor no of what is not${but}`, async () => {
      await fc.assert(
        fc.asyncProperty(spells, async (spell) => {
          const proof = await proveDuring(refusingForAWhile(spell), { parallel: spell.parallel, twice })
          seen[proof.keeps]++
          const told = JSON.stringify(proof.checks.map(({ id, verdict, fact }) => [verdict, id, fact]))
          if (!twice && isExcused(spell, proof)) return
          assert.notEqual(proof.keeps, spell.sin === 'none' ? 'no' : 'yes', told)
        }),
        { numRuns: 35 },
      )
    })
  }

  test('two neighbouring connections hide nothing, wherever they stand, and one does only from those who do not hear twice', async () => {
    const wrong = new Map<string, number>()
    for (const [length, twice] of [
      [1, false],
      [1, true],
      [2, false],
    ] as const) {
      const spellsFrom = (from: number): Spell => ({
        sin: 'a suite',
        chooses: 'server',
        closes: false,
        reaction: { alert: 40 },
        parallel: 8,
        from,
        length,
      })
      const proofs = await Promise.all(
        [...Array(12).keys()].map((at) => proveDuring(refusingForAWhile(spellsFrom(at + 1)), { parallel: 8, twice })),
      )
      wrong.set(`${length} ${twice}`, proofs.filter(({ keeps }) => keeps === 'yes').length)
    }
    assert.deepEqual([...wrong.values()], [1, 0, 0], JSON.stringify([...wrong]))
  })
})
