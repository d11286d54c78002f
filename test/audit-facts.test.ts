/** Facts of whole audits: none is lost to a server that takes connections away, and each has what proves it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Measurement } from '../src/audit/index.ts'
import type { Posture } from '../src/policy/index.ts'
import { auditHostile } from './audited.ts'
import { hostileRow, script, scripted, startHostile, type Behaviour } from './hostile/index.ts'

async function audited(what: string | Behaviour, door: Parameters<typeof auditHostile>[1], parallel = 8): Promise<Measurement> {
  const server = await startHostile(what)
  try {
    return await auditHostile(server, door, { parallel })
  } finally {
    await server.stop()
  }
}

/** Every fact that was asked for, by its path. */
function factsOf({ features, tolerance, flaws, sslv2Hello }: Posture): readonly (readonly [path: string, value: unknown])[] {
  const named = { features, tolerance, flaws }
  return [
    ['sslv2Hello', sslv2Hello],
    ...Object.entries(named).flatMap(([kind, facts]) =>
      Object.entries(facts).map(([name, value]): [string, unknown] => [`${kind}.${name}`, value]),
    ),
  ]
}

describe('servers that take connections away', { concurrency: 3 }, () => {
  const moody = ['resets-every-third', 'closes-every-third', 'at-most-one', 'at-most-three', 'smtp-at-most-three', 'smtp-421-every-third']
  for (const name of moody) {
    test(`${name}: every fact is found as on a server without moods`, async () => {
      const { door } = hostileRow(name)
      const plain = await audited(scripted({ versions: [0x0301, 0x0303], ...(door === 'tls' ? {} : { starttls: door }) }), door)
      const { posture } = await audited(name, door)
      assert.deepEqual(factsOf(posture), factsOf(plain.posture))
      assert.deepEqual(
        factsOf(posture).filter(([, value]) => value === 'unknown'),
        [],
      )
    })
  }
})

describe('what proves facts', () => {
  const rows: readonly (readonly [why: string, behaviour: () => Behaviour, door: 'tls' | 'smtp'])[] = [
    ['all there is', () => scripted({ versions: [0x0301, 0x0302, 0x0303, 0x0304], tickets, sessionIds: 'resumed', alpn: ['h2'] }), 'tls'],
    [
      'mail, with flaws',
      () => scripted({ versions: [0x0301, 0x0303], starttls: 'smtp', injection: 'executes', earlyCcs: 'accepts' }),
      'smtp',
    ],
    ['TLS 1.3 alone', () => scripted({ versions: [0x0304] }), 'tls'],
  ]
  for (const [why, behaviour, door] of rows) {
    test(`${why}: every fact that is known has its proof, in the same order with eight connections and with one`, async () => {
      const { posture, evidence } = await audited(behaviour(), door)
      const proved = evidence.map(({ fact }) => fact)
      assert.equal(new Set(proved).size, proved.length, 'once each')
      const known = factsOf(posture).filter(([path, value]) => !WITHOUT_EXCHANGE.test(path) && !UNASKED.has(value))
      assert.deepEqual(
        known.filter(([path]) => !proved.includes(path)),
        [],
      )
      const alone = await audited(behaviour(), door, 1)
      assert.deepEqual(named(alone), named({ evidence }))
    })
  }
})

const tickets = { lifetime: 7200, accepted: true, sessionId: 'echo' } as const

/** They follow from what another one shows: that there was nothing to resume, and nothing to ask for in TLS 1.3. */
const WITHOUT_EXCHANGE = /^sslv2Hello$|\.(?:sessionIdResumption|ticketResumption|earlyData|ticketLifetime)$/
const UNASKED: ReadonlySet<unknown> = new Set(['unknown', 'not-applicable'])

/** But for refusals, since which list they refuse depends on what was heard before. */
function named({ evidence }: Pick<Measurement, 'evidence'>): readonly string[] {
  return evidence.map(({ fact }) => fact).filter((fact) => !fact.endsWith('.refusal'))
}

test('a good-bye to a hello of SSL 2.0 is told as the close that it is, since it may be lost on the way', async () => {
  const goodBye = { bytes: Buffer.from('15030300020100', 'hex') }
  const server = scripted({ versions: [0x0303], sslv2Hello: goodBye, refusals: { ...script().refusals, sslv2: goodBye } })
  const { posture } = await audited(server, 'tls')
  assert.deepEqual([posture.protocols.SSLv2.offered, posture.protocols.SSLv2.refusal], [false, 'connection closed'])
})
