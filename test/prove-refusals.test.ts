import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Proof } from '../src/audit/index.ts'
import { groups, keyShares, supportedVersions, type ClientHello } from './hostile/client-hello.ts'
import { scripted, startHostile, type Behaviour } from './hostile/index.ts'
import type { Reaction } from './hostile/script.ts'
import { ids, policyNamed, proveAt, withoutCertificates } from './proved.ts'

const TLS10 = 0x0301
const TLS12 = 0x0303
const TLS13 = 0x0304
const intermediate = withoutCertificates(policyNamed('mozilla-intermediate'))
const GOOD = [0xc02f, 0xc030]
const fine = { versions: [TLS12, TLS13], suites: GOOD }
const sinful = { versions: [TLS12, TLS13], suites: [...GOOD, 0x0096] }
const old = { versions: [TLS10, TLS12], suites: { [TLS10]: [0xc013, 0x002f], [TLS12]: GOOD } }

const DENIED: Reaction = { alert: 40 }
const deny = (when: (hello: ClientHello) => boolean) => ({ balks: (hello: ClientHello) => (when(hello) ? DENIED : undefined) })
const longerThan = (most: number) => deny(({ suites }) => suites.length > most)
const poisonedBy = (suite: number, group = -1) => deny((hello) => hello.suites.includes(suite) || groups(hello)?.includes(group) === true)
const wantsShares = deny((hello) => supportedVersions(hello) !== undefined && keyShares(hello).length === 0)

/** Serves so many, and then refuses everybody with an alert. */
function limited(behaviour: Behaviour, most: number): Behaviour {
  const refusing = scripted({ ...fine, ...deny(() => true) })
  return (wire, nth) => (nth <= most ? behaviour(wire, nth) : refusing(wire, nth))
}

type Row = readonly [why: string, server: Behaviour, keeps: Proof['keeps'], broken: readonly string[], most: number]

const rows: readonly Row[] = [
  ['refused for more than 150 suites, and a suite hides', scripted({ ...sinful, ...longerThan(150) }), 'no', ['refuses-suites'], 110],
  ['refused for more than 100 suites, and a suite hides', scripted({ ...sinful, ...longerThan(100) }), 'no', ['refuses-suites'], 110],
  ['refused for more than 150 suites, and a version hides', scripted({ ...old, ...longerThan(150) }), 'no', ['refuses-protocols'], 30],
  ['refused for more than 150 suites, and nothing hides', scripted({ ...fine, ...longerThan(150) }), 'yes', [], 110],
  ['refused for one suite, and another hides', scripted({ ...sinful, ...poisonedBy(0xc05d) }), 'no', ['refuses-suites'], 250],
  ['refused for one group, and a suite hides', scripted({ ...sinful, ...poisonedBy(-1, 0x0016) }), 'no', ['refuses-suites'], 250],
  [
    'refused for a suite and for a group, and a version hides',
    scripted({ ...old, ...poisonedBy(0xc05d, 0x0019) }),
    'no',
    ['refuses-protocols'],
    30,
  ],
  ['refused for one suite, and nothing hides', scripted({ ...fine, ...poisonedBy(0xc05d) }), 'yes', [], 260],
  [
    'TLS 1.3 is refused without a key share, and a suite hides',
    scripted({ ...fine, tls13: { suites: [0x1301, 0x1304] }, ...wantsShares }),
    'no',
    ['refuses-suites'],
    30,
  ],
  ['TLS 1.3 is refused without a key share, and nothing hides', scripted({ ...fine, ...wantsShares }), 'yes', [], 20],
  ['three are served, and then nobody', limited(scripted(sinful), 3), 'unknown', [], 40],
  ['twelve are served, and then nobody', limited(scripted(fine), 12), 'unknown', [], 40],
  ['TLS 1.2 alone', scripted({ ...fine, versions: [TLS12] }), 'yes', [], 20],
  ['TLS 1.3 alone', scripted({ ...fine, versions: [TLS13] }), 'yes', [], 20],
]

describe('prove() believes a refusal only where it was meant for what was offered', { concurrency: 4 }, () => {
  for (const [why, behaviour, keeps, broken, most] of rows) {
    test(why, async (t) => {
      const server = await startHostile(behaviour)
      t.after(() => server.stop())
      const proof = await proveAt({ port: server.port, name: 'hostile.example' }, intermediate)
      const told = JSON.stringify(proof.checks.map(({ id, verdict, fact }) => [verdict, id, fact]))
      assert.deepEqual([proof.keeps, ids(proof, 'broken')], [keeps, broken], told)
      assert.ok(proof.cost.connections <= most, String(proof.cost.connections))
    })
  }

  test('what stands beside a refusal that proves nothing is doubted too', async (t) => {
    const server = await startHostile(scripted({ ...old, suites: { ...old.suites, [TLS12]: [...GOOD, 0x0096] }, ...longerThan(150) }))
    t.after(() => server.stop())
    const { checks } = await proveAt({ port: server.port, name: 'hostile.example' }, intermediate)
    const suites = checks.find(({ id }) => id === 'refuses-suites')
    assert.equal(suites?.verdict, 'unknown')
    assert.match(suites.fact, /That proves nothing: what is allowed is refused in such an offer too\.$/)
  })
})
