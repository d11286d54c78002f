/**
 * Audits every hostile and historic server and holds the result against what its row promises; then servers with random
 * postures; then servers that cannot stand company. A longer form of the random part:
 *
 *     node --test test/audit-hostile.test.ts -- --runs 500 --seed 7
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import type { MeasureOptions, Measurement } from '../src/audit/index.ts'
import { PROTOCOLS } from '../src/registry/index.ts'
import { auditHostile, disagreements } from './audited.ts'
import {
  HOSTILE,
  hostileRow,
  scripted,
  scripts,
  startHostile,
  truthOf,
  type Behaviour,
  type HostileServer,
  type Reaction,
  type Row,
  type Script,
} from './hostile/index.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' }, seed: { type: 'string' } }, strict: false })

const PARALLEL = 8
/** Those that keep an audit waiting until its time is up: less time shows the same. */
const UNTIL_THE_END = /^smtp-(silent(-after-(ehlo|starttls))?|one-byte-a-second|421-after-ten)$/
/** Slow on purpose: a tenth of their pauses is slow enough. */
const SLOW =
  /^(one-byte-a-second|a-hundred-bytes-a-tenth|alert-late|smtp-(one-byte-a-second|late-greeting|teaser|line-a-segment|cut-in-segments|pregreet))$/

/** Facts that depend on nothing but the server. */
function facts({ posture }: Measurement): object {
  const protocols = PROTOCOLS.map((name) => {
    const { offered, suites, order, groups } = posture.protocols[name]
    return [name, offered, order === 'client' ? suites.toSorted() : suites, order, groups.toSorted()]
  })
  const { sslv2Hello, dh, features, tolerance, flaws, signatureSchemes } = posture
  const chains = posture.certificates.map((chain) => chain.certificates.map((one) => one.sha256))
  return { protocols, sslv2Hello, dh: dh && [dh.bits, dh.prime], features, tolerance, flaws, signatureSchemes, chains }
}

async function withServer<T>(what: string | Behaviour, work: (server: HostileServer) => Promise<T>, paceMs?: number): Promise<T> {
  const server = await startHostile(what, paceMs === undefined ? {} : { paceMs })
  try {
    return await work(server)
  } finally {
    await server.stop()
  }
}

/** They send as fast as they can: whoever is audited beside them in this process hears too little. */
const FLOODS = /endless|for-ever|twenty-megabytes|of-16-mb|record-of-ffff/
const floods = HOSTILE.filter(({ name }) => FLOODS.test(name))

describe('every hostile server', { concurrency: 8 }, () => {
  for (const row of HOSTILE.filter((one) => !floods.includes(one))) {
    test(`${row.name}, which ${row.does}`, () =>
      withServer(row.name, (server) => auditRow(row, server), SLOW.test(row.name) ? 30 : undefined))
  }
})

async function auditRow(row: Row, server: HostileServer): Promise<void> {
  const timeout = UNTIL_THE_END.test(row.name) ? 1500 : 25_000
  const began = Date.now()
  const measured = await auditHostile(server, row.door, { timeout, patience: 400, parallel: PARALLEL })
  assert.ok(Date.now() - began < timeout + 2000, 'it ended within its time')
  assert.deepEqual(disagreements(row.truth, measured), [])
  // The server of this test counts a connection until it has noticed its end, so that it sees a few more than were open.
  if (row.listen?.deaf !== true) assert.ok(server.maxOpen() <= PARALLEL + 4, `${server.maxOpen()} were open at once`)
  assert.ok(server.connections() <= 250, `${server.connections()} connections`)
}

describe('the same server audited again gives the same', { concurrency: 8 }, () => {
  /** Moods and chance are left out; so are those that only wait. */
  const steady = HOSTILE.filter(
    ({ name, truth }) =>
      truth.reach === 'whole' && !/flapping|jitter|late|hangs|silen|timeout|ignored|segment|pregreet|-good$|starttls-/.test(name),
  )
  for (const row of steady.filter((_row, index) => index % 5 === 0)) {
    test(`${row.name}, with eight connections at once and with one`, () =>
      withServer(row.name, async (server) => {
        const [first, second] = [await auditHostile(server, row.door), await auditHostile(server, row.door, { parallel: 1 })]
        assert.deepEqual(facts(second), facts(first))
        assert.deepEqual(disagreements(row.truth, second), [])
      }))
  }
})

describe('any posture is found as it is', () => {
  test('protocols, suites, order, groups, DH and features of random servers', async () => {
    const seed = typeof values['seed'] === 'string' ? { seed: Number(values['seed']) } : {}
    const posture = fc.asyncProperty(scripts(), fc.constantFrom(1, 3, 8), async (given, parallel) =>
      withServer(scripted(given), async (server) => {
        const measured = await auditHostile(server, 'tls', { parallel })
        const { dh, ...truth } = truthOf(given)
        // One hello with DHE in a whole audit is too little to tell whether a value is used again.
        const bits = dh === undefined ? {} : { dh: { bits: dh.bits, prime: dh.prime } }
        assert.deepEqual(disagreements({ ...truth, ...bits }, measured), [])
        const { suites, order } = measured.posture.protocols['TLSv1.3']
        if (suites.length > 1) assert.equal(order, given.tls13?.suiteOrder)
      }),
    )
    await fc.assert(posture, { numRuns: Number(values['runs']), ...seed })
  })
})

/** TLS 1.0 and 1.2 with eight suites, which everything below has behind its manners. */
const GIVEN = { versions: [0x0301, 0x0303] } as const
const CLOSING = { version: 'close', suite: 'close', group: 'close', nonsense: 'close', sslv2: 'close' } as const

/** One client after the other: the next one waits until the last one has gone. */
function serial(good: Behaviour): Behaviour {
  let last: Promise<void> = Promise.resolve()
  return (wire, nth) => {
    const mine = last.then(() => good(wire, nth))
    last = mine.then(() => {
      wire.end()
      return wire.socket.destroyed ? undefined : new Promise((resolve) => wire.socket.once('close', () => resolve()))
    })
    return mine
  }
}

/** More than so many at once are closed, or reset, without a word: as Exim does on a port where TLS begins at once. */
function crowded(most: number, good: Behaviour, how: 'close' | 'reset' = 'close'): Behaviour {
  let open = 0
  return async (wire, nth) => {
    open++
    wire.socket.once('close', () => open--)
    if (open <= most) await good(wire, nth)
    else if (how === 'reset') wire.reset()
  }
}

describe('servers that cannot stand company', { concurrency: 4 }, () => {
  const smtp = { ...GIVEN, starttls: 'smtp' } as const
  const rows: readonly (readonly [why: string, behaviour: () => Behaviour, door: Row['door'], options?: Partial<MeasureOptions>])[] = [
    ['serves one client after the other', () => serial(scripted(GIVEN)), 'tls'],
    ['serves one client after the other, behind STARTTLS', () => serial(scripted(smtp)), 'smtp'],
    ['closes all but one', () => crowded(1, scripted(GIVEN)), 'tls'],
    ['closes all but two', () => crowded(2, scripted(GIVEN)), 'tls'],
    ['closes all but five', () => crowded(5, scripted(GIVEN)), 'tls'],
    ['resets all but two', () => crowded(2, scripted(GIVEN), 'reset'), 'tls'],
    ['closes all but two before its greeting', () => crowded(2, scripted(smtp)), 'smtp'],
    ['closes all but three, and closes for every refusal too', () => crowded(3, scripted({ ...GIVEN, refusals: CLOSING })), 'tls'],
    ['resets all but one', () => crowded(1, scripted(GIVEN), 'reset'), 'tls', { pause: 20 }],
  ]
  for (const [why, behaviour, door, options] of rows) {
    test(`one that ${why} is audited rightly with --parallel 8, and not overrun`, () =>
      withServer(behaviour(), async (server) => {
        const measured = await auditHostile(server, door, { patience: 2000, ...options })
        assert.deepEqual(disagreements(truthOf(door === 'smtp' ? smtp : GIVEN), measured), [])
        assert.ok(server.connections() <= 200, `${server.connections()} connections`)
      }))
  }

  const moody = ['closes-every-third', 'resets-every-third', 'at-most-one', 'at-most-three', 'smtp-at-most-three', 'smtp-421-every-third']
  for (const name of moody) {
    test(`${name}: all suites are found for all its moods`, () =>
      withServer(name, async (server) => {
        const { posture } = await auditHostile(server, hostileRow(name).door)
        const { suites = {} } = truthOf(GIVEN)
        for (const protocol of ['TLSv1', 'TLSv1.2'] as const) {
          assert.equal(posture.protocols[protocol].suites.length, suites[protocol]?.length, protocol)
          assert.ok(posture.protocols[protocol].complete, protocol)
        }
      }))
  }

  for (const most of [4, 8, 12, 20]) {
    test(`one that closes everything after ${most} connections leaves unknown what was not heard before`, () =>
      withServer(
        (wire, nth) => (nth > most ? Promise.resolve() : scripted(GIVEN)(wire, nth)),
        async (server) => {
          const { posture, problem } = await auditHostile(server, 'tls', { parallel: 1 })
          assert.equal(problem?.code, 'THROTTLED')
          for (const { offered, refusal } of Object.values(posture.protocols)) {
            assert.ok(offered !== false || refusal !== 'connection closed', 'a close is no refusal here')
          }
          const { suites, complete } = posture.protocols['TLSv1.2']
          assert.ok(suites.length === 8 || !complete, 'a list that ended with such a close is not called complete')
        },
      ))
    test(`one that says handshake_failure to everything after ${most} connections leaves unknown what was not heard before`, () =>
      withServer(
        (wire, nth) => scripted(nth > most ? { ...GIVEN, balks: () => ({ alert: 40 }) } : GIVEN)(wire, nth),
        async (server) => {
          const { posture, problem } = await auditHostile(server, 'tls', { parallel: 1 })
          assert.equal(problem?.code, 'THROTTLED')
          for (const [name, { offered, refusal }] of Object.entries(posture.protocols))
            assert.ok(offered !== false || refusal !== 'alert handshake_failure', `${name} is refused for no reason of its own`)
          const { suites, complete } = posture.protocols['TLSv1.2']
          assert.ok(suites.length === 8 || !complete, 'a list that ended with such an alert is not called complete')
          assert.ok(server.connections() <= most + 25, `${server.connections()} connections`)
        },
      ))
  }
})

/** TLS 1.0 to 1.3; TLS 1.2 with six suites. */
const ALL_VERSIONS = {
  versions: [0x0301, 0x0302, 0x0303, 0x0304],
  suites: { 0x0301: [0xc013, 0x002f], 0x0302: [0xc013, 0x002f], 0x0303: [0xc02f, 0xc030, 0xcca8, 0xc013, 0x002f, 0x000a] },
  groups: [29, 23, 24],
} as const

/** A scripted server that answers everything on the connections from one number to another in one way. */
function during(given: Partial<Script>, from: number, to: number, instead: Reaction): Behaviour {
  return (wire, nth) => scripted(nth >= from && nth <= to ? { ...given, balks: () => instead } : given)(wire, nth)
}

describe('filters that have hellos refused for what they name', { concurrency: 4 }, () => {
  const given = { versions: [0x0301, 0x0303, 0x0304], suites: { 0x0301: [0xc013, 0x002f], 0x0303: [0xc02f, 0xc030, 0xcca8] } } as const
  const rows: readonly (readonly [why: string, named: readonly number[], reaction: Reaction])[] = [
    ['RC4 is closed on', [0x0004, 0x0005], 'close'],
    ['RC4 is answered with handshake_failure', [0x0004, 0x0005], { alert: 40 }],
    [
      'RC4 and export suites are answered with protocol_version, as if no version before TLS 1.3 were served',
      [0x0003, 0x0005],
      { alert: 70 },
    ],
    ['3DES is answered with internal_error', [0x000a], { alert: 80 }],
    ['DH_anon is answered with protocol_version', [0x0034], { alert: 70 }],
  ]
  for (const [why, named, reaction] of rows) {
    test(`${why}: every version is found, with all its suites`, () =>
      withServer(
        scripted({ ...given, balks: ({ suites }) => (named.some((suite) => suites.includes(suite)) ? reaction : undefined) }),
        async (server) => {
          const measured = await auditHostile(server, 'tls')
          const { protocols = {}, suites = {} } = truthOf(given)
          assert.deepEqual(disagreements({ reach: 'part', protocols, suites }, measured), [])
          assert.ok(server.connections() <= 300, `${server.connections()} connections`)
        },
      ))
  }
})

describe('servers that serve so many connections and no more', { concurrency: 4 }, () => {
  const given = { versions: [0x0303], suites: [0xc02f, 0xc030, 0xcca8], groups: [29, 19], alpn: ['smtp'] } as const
  const ends: readonly (readonly [how: string, behaviour: Behaviour])[] = [
    ['close at once', () => Promise.resolve()],
    ['say internal_error', scripted({ ...given, balks: () => ({ alert: 80 }) })],
    ['say handshake_failure', scripted({ ...given, balks: () => ({ alert: 40 }) })],
    ['reset', (wire) => Promise.resolve(wire.reset())],
  ]
  for (const [how, end] of ends) {
    test(`that ${how}: no group list is called whole that is not, nothing is refused for its own sake, and it is told`, async () => {
      const good = scripted(given)
      const audits = [14, 18, 22, 26, 30].map((most) =>
        withServer(
          (wire, nth) => (nth <= most ? good : end)(wire, nth),
          async (server) => {
            const { posture, problem } = await auditHostile(server, 'tls', { parallel: 1, timeout: 2000, patience: 300, pause: 20 })
            const { groups, groupsComplete } = posture.protocols['TLSv1.2']
            assert.ok(groups.length === 2 || groupsComplete !== true, `after ${most}: ${groups.join()}`)
            for (const [name, fact] of Object.entries(posture.tolerance)) assert.notEqual(fact, false, `${name} after ${most}`)
            const { alpn } = posture.features
            assert.ok(alpn === 'unknown' || alpn[0] === 'smtp', `ALPN after ${most}: ${JSON.stringify(alpn)}`)
            assert.ok(problem !== undefined, `after ${most} it is told`)
          },
        ),
      )
      await Promise.all(audits)
    })
  }
})

/** What an audit says that is not so: versions and suites alone. */
function falseFacts(given: Partial<Script>, { posture }: Measurement): readonly string[] {
  const { protocols = {}, suites = {} } = truthOf(given)
  return PROTOCOLS.flatMap((name) => {
    const { offered, complete, suites: found, refusal } = posture.protocols[name]
    if (offered === false && protocols[name] === true) return [`${name} is not offered: ${refusal}`]
    const missed = offered === true && complete && found.length !== suites[name]?.length
    return missed ? [`${name} has ${found.length} suites and no more`] : []
  })
}

describe('servers that refuse everything for a spell', { concurrency: 4 }, () => {
  const spells: readonly (readonly [from: number, to: number, instead: Reaction])[] = [
    [10, 15, { alert: 40 }],
    [2, 16, { alert: 40 }],
    [2, 16, 'close'],
    [7, 21, { alert: 80 }],
  ]
  for (const [from, to, instead] of spells) {
    test(`${JSON.stringify(instead)} on connections ${from} to ${to}: what was refused then is asked for again`, () =>
      withServer(during(ALL_VERSIONS, from, to, instead), async (server) => {
        assert.deepEqual(falseFacts(ALL_VERSIONS, await auditHostile(server, 'tls', { parallel: 1 })), [])
      }))
  }
})

describe('servers whose answers change', { concurrency: 4 }, () => {
  const CLOSES = { ...ALL_VERSIONS, refusals: CLOSING }
  const hiccups: readonly (readonly [why: string, given: Partial<Script>, from: number, to: number, instead: Reaction])[] = [
    ['a way to refuse that was heard in a hiccup alone is asked for anew', CLOSES, 20, 25, { alert: 80 }],
    ['the same where it says handshake_failure', CLOSES, 20, 21, { alert: 40 }],
    ['searches that wait for each other do not wait for ever', ALL_VERSIONS, 20, 25, { alert: 70 }],
    ['the same for longer', ALL_VERSIONS, 18, 30, { alert: 70 }],
    ['the same with internal_error', ALL_VERSIONS, 20, 34, { alert: 80 }],
  ]
  for (const [why, given, from, to, instead] of hiccups) {
    test(`${JSON.stringify(instead)} on connections ${from} to ${to}: ${why}`, () =>
      withServer(during(given, from, to, instead), async (server) => {
        const { posture } = await auditHostile(server, 'tls')
        assert.ok(posture.protocols['TLSv1.2'].suites.length > 0, 'what was found stays')
        assert.ok(server.connections() <= 250, `${server.connections()} connections`)
      }))
  }

  const one = { versions: [0x0301, 0x0303], suites: { 0x0301: [0xc013, 0x002f], 0x0303: [0xc02f, 0xc013, 0x002f, 0x000a] } } as const
  const newest = { versions: [0x0304] } as const
  const pairs = [
    ['TLS 1.0 and 1.2, and TLS 1.3 alone', one, newest],
    ['TLS 1.3 alone, and everything', newest, { versions: ALL_VERSIONS.versions, suites: [0x002f, 0x0035, 0x000a] }],
  ] as const
  for (const [what, even, odd] of pairs) {
    test(`two servers in turn behind one address, ${what}: given up and said so, without a flood and without a word that is not so`, () =>
      withServer(
        (wire, nth) => scripted(nth % 2 === 0 ? even : odd)(wire, nth),
        async (server) => {
          const { posture, problem } = await auditHostile(server, 'tls', { parallel: 1 })
          assert.ok(problem?.code === 'ANSWERS_CHANGE' || problem?.code === 'THROTTLED', problem?.code)
          for (const name of ['TLSv1', 'TLSv1.2', 'TLSv1.3'] as const) assert.notEqual(posture.protocols[name].offered, false, name)
          assert.ok(server.connections() <= 450, `${server.connections()} connections`)
        },
      ))
  }
})

describe('every server that floods', { concurrency: 2 }, () => {
  for (const row of floods) test(`${row.name}, which ${row.does}`, () => withServer(row.name, (server) => auditRow(row, server)))
})

test('no endless or huge reply is held: an audit keeps a few MB at the most', { timeout: 60_000 }, async () => {
  const names = floods.map(({ name }) => name)
  assert.ok(names.length >= 12)
  const servers = await Promise.all(names.map((name) => startHostile(name)))
  const doors = names.map((name, index) => `${name}=${hostileRow(name).door}=${servers[index]!.port}`)
  const child = spawn(process.execPath, ['--expose-gc', new URL('audited-memory.ts', import.meta.url).pathname, ...doors])
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  const [status] = await once(child, 'exit')
  await Promise.all(servers.map((server) => server.stop()))
  assert.equal(status, 0)
  const held: Readonly<Record<string, number>> = JSON.parse(Buffer.concat(output).toString())
  assert.deepEqual(Object.keys(held), names)
  for (const [name, megabytes] of Object.entries(held)) assert.ok(megabytes < 8, `${name}: ${megabytes} MB were held`)
})
