/** What each probe asks, put to servers that answer as they are told: the fact, what proves it, and how many connections it took. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CertificateRequests } from '../src/audit/certificate-requests.ts'
import { Lanes } from '../src/audit/lanes.ts'
import type { AnyProbe, ProbeFacts } from '../src/audit/probe.ts'
import { ccsInjection } from '../src/audit/probes/ccs-injection.ts'
import { clientCertificate } from '../src/audit/probes/client-certificate.ts'
import { dhWithoutFfdhe } from '../src/audit/probes/dh-without-ffdhe.ts'
import { alpn } from '../src/audit/probes/alpn.ts'
import { fallbackScsv } from '../src/audit/probes/fallback-scsv.ts'
import { heartbleed } from '../src/audit/probes/heartbleed.ts'
import { helloFeatures } from '../src/audit/probes/hello-features.ts'
import { olderGroups } from '../src/audit/probes/older-groups.ts'
import { prioritizeChaCha } from '../src/audit/probes/prioritize-chacha.ts'
import { recordSplitting } from '../src/audit/probes/record-splitting.ts'
import { clientRenegotiation } from '../src/audit/probes/renegotiation.ts'
import { resumption } from '../src/audit/probes/resumption.ts'
import { robot } from '../src/audit/probes/robot.ts'
import { sslv2Hello } from '../src/audit/probes/sslv2-hello.ts'
import { starttlsInjection } from '../src/audit/probes/starttls-injection.ts'
import { tolerance } from '../src/audit/probes/tolerance.ts'
import { withoutSni } from '../src/audit/probes/without-sni.ts'
import { Server, type Known } from '../src/audit/server.ts'
import { known } from '../src/audit/testdata/known.ts'
import { dialectByName } from '../src/dialects/index.ts'
import { scripted, startHostile, type Behaviour, type Reaction, type Script } from './hostile/index.ts'

type Given = NonNullable<Parameters<typeof scripted>[0]>

interface Asked {
  readonly facts: ProbeFacts
  readonly connections: number
  readonly heard: number
  readonly serverNames: readonly unknown[]
}

const [TLS10, TLS11, TLS12, TLS13] = [0x0301, 0x0302, 0x0303, 0x0304]
const SUITES = [0xc02f, 0xc013, 0x009c, 0x002f]

/** Asks a server of this behaviour, of which this is known. */
async function ask(probe: AnyProbe, behaviour: Behaviour, given: Known, patience: number = 500): Promise<Asked> {
  // What probes of one audit share is kept beside this: each of these is an audit of its own.
  const about = { ...given }
  const server = await startHostile(behaviour)
  const { dialect, beginning } = about
  const door = { address: server.host, port: server.port, dialect, beginning, serverName: 'hostile.example' } as const
  const lanes = new Lanes(door, { parallel: 8, timeout: 20_000, pause: 20 })
  const names: unknown[] = []
  let heard = 0
  const asked = new Server(lanes, about, {
    patience,
    heard: (offer) => {
      heard++
      names.push(offer.serverName)
    },
    saw: () => undefined,
  })
  try {
    return { facts: await probe.run(asked), connections: server.connections(), heard, serverNames: names }
  } finally {
    lanes.close()
    await server.stop()
  }
}

/** The value of a path such as `flaws.robot`. */
function at(facts: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => Object.entries(value ?? {}).find(([name]) => name === key)?.[1], facts)
}

interface Row {
  readonly why: string
  readonly probe: AnyProbe
  readonly given: Given
  readonly about?: Partial<Known>
  readonly fact: string
  readonly is: unknown
  /** Of the question and its answer in words. */
  readonly asked: RegExp
  /** Of the hex of the answer. */
  readonly answer: RegExp
}

const FULL = { versions: [TLS10, TLS11, TLS12], suites: SUITES } satisfies Partial<Script>
const SMTP = { ...FULL, starttls: 'smtp' } satisfies Partial<Script>
const BEHIND_STARTTLS: Partial<Known> = { dialect: dialectByName('smtp')!, beginning: 'starttls' }
const REQUESTED = { certificateRequest: { authorities: 1, required: false } } satisfies Partial<Script>
const REQUIRED = { certificateRequest: { authorities: 1, required: true } } satisfies Partial<Script>
const OLD = known(['TLSv1.2', 'TLSv1.1', 'TLSv1'], SUITES)
const SERVER_HELLO = /^1603030[0-9a-f]{3}02/
const ALERT = (description: number): RegExp => new RegExp(`^150303000202${description.toString(16).padStart(2, '0')}$`)
/** What nothing came of. */
const NOTHING = /^$/

const FEATURES: readonly Row[] = [
  {
    why: 'DEFLATE is taken',
    probe: helloFeatures,
    given: { ...FULL, compressions: [1, 0] },
    fact: 'features.compression',
    is: true,
    asked: /DEFLATE: ServerHello/,
    answer: SERVER_HELLO,
  },
  {
    why: 'no heartbeat is offered',
    probe: helloFeatures,
    given: FULL,
    fact: 'features.heartbeat',
    is: false,
    asked: /heartbeats: ServerHello/,
    answer: SERVER_HELLO,
  },
  {
    why: 'the fallback is refused',
    probe: fallbackScsv,
    given: FULL,
    fact: 'features.fallbackScsv',
    is: true,
    asked: /TLS_FALLBACK_SCSV: alert inappropriate_fallback/,
    answer: /^1503..000202 ?56$/,
  },
  {
    why: 'the fallback is answered',
    probe: fallbackScsv,
    given: { ...FULL, fallbackScsv: false },
    fact: 'features.fallbackScsv',
    is: false,
    asked: /SCSV: ServerHello/,
    answer: /^1603/,
  },
  {
    why: 'a second hello is answered with a handshake',
    probe: clientRenegotiation,
    given: { ...FULL, renegotiation: 'allows' },
    fact: 'features.clientRenegotiation',
    is: true,
    asked: /second hello under keys: connected/,
    answer: /./,
  },
  {
    why: 'a second hello is refused',
    probe: clientRenegotiation,
    given: FULL,
    fact: 'features.clientRenegotiation',
    is: false,
    asked: /alert no_renegotiation \(under keys\)/,
    answer: /^0164$/,
  },
  {
    why: 'records are split',
    probe: recordSplitting,
    given: { ...FULL, versions: [TLS10], splitting: 'one-and-rest' },
    fact: 'features.recordSplitting',
    is: true,
    asked: /application data of 1, /,
    answer: /^170301/,
  },
  {
    why: 'records are whole',
    probe: recordSplitting,
    given: { ...FULL, versions: [TLS10] },
    fact: 'features.recordSplitting',
    is: false,
    asked: /twice in TLS 1.0/,
    answer: /^170301/,
  },
]

const HELLOS: readonly Row[] = [
  {
    why: 'GREASE is refused',
    probe: tolerance,
    given: { ...FULL, balks: ({ suites }) => (suites.some((suite) => (suite & 0x0f0f) === 0x0a0a) ? { alert: 47 } : undefined) },
    fact: 'tolerance.grease',
    is: false,
    asked: /GREASE values: alert illegal_parameter/,
    answer: /^1503..0002022f$/,
  },
  {
    why: 'a version of the future is passed over',
    probe: tolerance,
    given: FULL,
    fact: 'tolerance.futureVersion',
    is: true,
    asked: /nobody has defined: ServerHello/,
    answer: SERVER_HELLO,
  },
  {
    why: 'a hello in the old format is answered',
    probe: sslv2Hello,
    given: { ...FULL, sslv2Hello: 'answers' },
    fact: 'sslv2Hello',
    is: true,
    asked: /SSL 2.0: ServerHello/,
    answer: /^1603/,
  },
  {
    why: 'a hello in the old format is met with a close',
    probe: sslv2Hello,
    given: FULL,
    fact: 'sslv2Hello',
    is: false,
    asked: /SSL 2.0: connection closed/,
    answer: NOTHING,
  },
  {
    why: 'ChaCha20 goes first for who wants it',
    probe: prioritizeChaCha,
    given: { versions: [TLS12], suites: [0xc02f, 0xcca8], order: 'server-but-chacha-by-client' },
    about: known(['TLSv1.2'], [0xc02f, 0xcca8]),
    fact: 'prefersClientChaCha.TLSv1:2',
    is: true,
    asked: /ChaCha20 first: ServerHello/,
    answer: SERVER_HELLO,
  },
]

const FLAWS: readonly Row[] = [
  {
    why: 'an early ChangeCipherSpec is refused',
    probe: ccsInjection,
    given: FULL,
    fact: 'flaws.ccsInjection',
    is: false,
    asked: /before there are keys: alert unexpected_message/,
    answer: ALERT(10),
  },
  {
    why: 'an early ChangeCipherSpec brings keys',
    probe: ccsInjection,
    given: { ...FULL, earlyCcs: 'accepts' },
    fact: 'flaws.ccsInjection',
    is: true,
    asked: /sent twice: alert bad_record_mac/,
    answer: ALERT(20),
  },
  {
    why: 'an early ChangeCipherSpec is passed over for ever',
    probe: ccsInjection,
    given: { ...FULL, earlyCcs: 'ignores' },
    fact: 'flaws.ccsInjection',
    is: 'unknown',
    asked: /sent twice: no answer within 0.5 s/,
    answer: NOTHING,
  },
  {
    why: 'heartbeats are not spoken',
    probe: heartbleed,
    given: FULL,
    fact: 'flaws.heartbleed',
    is: false,
    asked: /without the extension: ServerHello/,
    answer: /^16/,
  },
  {
    why: 'every broken padding is treated alike',
    probe: robot,
    given: FULL,
    fact: 'flaws.robot',
    is: false,
    asked: /^5 broken RSA paddings: (alert \w+ \| ){4}alert \w+$/,
    answer: /^(150303000202..){5}$/,
  },
  {
    why: 'smuggled text is carried out',
    probe: starttlsInjection,
    given: { ...SMTP, injection: 'executes' },
    about: BEHIND_STARTTLS,
    fact: 'flaws.starttlsInjection',
    is: true,
    asked: /inside TLS before anything was said there: application data/,
    answer: /^32/,
  },
  {
    why: 'smuggled text is dropped',
    probe: starttlsInjection,
    given: SMTP,
    about: BEHIND_STARTTLS,
    fact: 'flaws.starttlsInjection',
    is: false,
    asked: /no answer within 1 s/,
    answer: NOTHING,
  },
]

const WITHOUT_CERTIFICATE: readonly Row[] = [
  {
    why: 'ROBOT is asked of a server that serves clients without a certificate',
    probe: robot,
    given: { ...FULL, ...REQUESTED },
    fact: 'flaws.robot',
    is: false,
    asked: /^5 broken RSA paddings: alert/,
    answer: /^1503/,
  },
  {
    why: 'ROBOT is not told by a server that turns them away: its alerts are for the certificate',
    probe: robot,
    given: { ...FULL, ...REQUIRED },
    fact: 'flaws.robot',
    is: 'unknown',
    asked: /where no handshake succeeds without a client certificate/,
    answer: /^1503/,
  },
  {
    why: 'smuggled text is not told of by a server that takes its handshake back in TLS 1.3',
    probe: starttlsInjection,
    given: { versions: [TLS13], starttls: 'smtp', injection: 'drops', ...REQUIRED },
    about: { ...known(['TLSv1.3']), ...BEHIND_STARTTLS },
    fact: 'flaws.starttlsInjection',
    is: 'unknown',
    asked: /^$/,
    answer: NOTHING,
  },
  {
    why: 'renegotiation with a server that asks for a certificate',
    probe: clientRenegotiation,
    given: { ...FULL, ...REQUESTED, renegotiation: 'allows' },
    fact: 'features.clientRenegotiation',
    is: true,
    asked: /connected/,
    answer: /./,
  },
  {
    why: 'renegotiation is not told by a server that turns clients away before',
    probe: clientRenegotiation,
    given: { ...FULL, ...REQUIRED, renegotiation: 'allows' },
    fact: 'features.clientRenegotiation',
    is: 'unknown',
    asked: /^$/,
    answer: NOTHING,
  },
]

describe('what a probe asks', { concurrency: 4 }, () => {
  for (const row of [...FEATURES, ...HELLOS, ...FLAWS, ...WITHOUT_CERTIFICATE]) {
    test(`${row.probe.name}: ${row.why}`, async () => {
      const { facts, connections } = await ask(row.probe, scripted(row.given), { ...OLD, ...row.about })
      const value = row.fact.includes(':') ? facts.prefersClientChaCha?.['TLSv1.2'] : at(facts, row.fact)
      assert.equal(value, row.is)
      const fact = row.fact.includes(':') ? 'protocols.TLSv1.2.prefersClientChaCha' : row.fact
      const proof = facts.proofs?.find((one) => one.fact === fact)
      assert.match(proof?.asked ?? '', row.asked)
      assert.match(Buffer.from(proof?.answer ?? []).toString('hex'), row.answer)
      assert.ok(connections <= row.probe.connections, `${connections} connections`)
    })
  }

  test('older-groups: the newest protocol’s groups are those of TLS 1.0 too, one question for each and one to see that anybody is served', async () => {
    const { facts, connections } = await ask(olderGroups([0x001d, 0x0017, 0x0018]), scripted(FULL), OLD)
    assert.deepEqual(facts.groupsOfNewest, ['TLSv1.1', 'TLSv1'])
    assert.equal(connections, 3)
    assert.deepEqual(
      facts.proofs?.map(({ fact, answer }) => [fact, answer.length]),
      [
        ['protocols.TLSv1.1.groups', 7],
        ['protocols.TLSv1.groups', 7],
      ],
    )
  })

  /** The first so many connections meet with this; the next ones are served. */
  const after = (count: number, given: Given, balks: Reaction): Behaviour => {
    const [bad, good] = [scripted({ ...given, balks: () => balks }), scripted(given)]
    return (wire, nth) => (nth <= count ? bad : good)(wire, nth)
  }

  for (const balks of [{ alert: 40 }, { alert: 80 }, 'close'] as const) {
    const said = JSON.stringify(balks)
    test(`a server that answers everything with ${said} has not refused what probes offer`, async () => {
      const turned = scripted({ ...FULL, balks: () => balks })
      const { facts } = await ask(tolerance, turned, OLD)
      assert.deepEqual([facts.tolerance, facts.proofs], [{}, []])
      assert.deepEqual((await ask(olderGroups([0x001d]), turned, OLD)).facts.groupsOfNewest, [])
      assert.deepEqual((await ask(alpn, turned, OLD)).facts.features, { alpn: 'unknown' })
    })

    test(`nor has one that answers with ${said} once`, async () => {
      const { facts } = await ask(tolerance, after(1, FULL, balks), OLD)
      assert.deepEqual(facts.tolerance, { futureVersion: true, grease: true })
    })
  }

  test('dh-without-ffdhe: the two newest protocols with DHE are asked, with curves alone', async () => {
    const suites = [0x0033, 0xc013]
    const { heard } = await ask(dhWithoutFfdhe, scripted({ ...FULL, suites }), known(['TLSv1.2', 'TLSv1.1', 'TLSv1'], suites))
    assert.equal(heard, 2)
  })

  test('without-sni: a hello for each kind of certificate, that names nobody', async () => {
    const { serverNames } = await ask(withoutSni, scripted(FULL), OLD)
    assert.deepEqual(serverNames, [undefined, undefined, undefined, undefined])
    assert.deepEqual((await ask(withoutSni, scripted({ versions: [TLS10] }), known(['TLSv1']))).serverNames, [undefined, undefined])
    const refused = await ask(withoutSni, scripted({ ...FULL, suites: [0x1301] }), OLD)
    assert.equal(refused.heard, 5, 'where all RSA suites are refused, those of the named server are offered alone')
  })
})

describe('client-certificate', { concurrency: 4 }, () => {
  const request = { how: 'CertificateRequest', bytes: Uint8Array.of(13, 0, 0, 0) }
  const seen = { requested: request, notRequested: undefined, served: undefined }
  const rows: readonly (readonly [why: string, given: Given, about: Known, fact: string, asked: RegExp])[] = [
    ['TLS 1.2 goes on', { ...FULL, ...REQUESTED }, OLD, 'requested', /empty Certificate: finished$/],
    ['TLS 1.2 refuses', { ...FULL, ...REQUIRED }, OLD, 'required', /alert handshake_failure$/],
    ['TLS 1.3 goes on to a ticket', { versions: [TLS13], ...REQUESTED }, known(['TLSv1.3']), 'requested', /new session ticket$/],
    [
      'TLS 1.3 goes on to an answer, where there are no tickets',
      { versions: [TLS13], ...REQUESTED, tls13: { tickets: 0 }, speaks: 'http' },
      known(['TLSv1.3']),
      'requested',
      /application data \(under keys\)$/,
    ],
    ['TLS 1.3 refuses', { versions: [TLS13], ...REQUIRED }, known(['TLSv1.3']), 'required', /alert certificate_required \(under keys\)$/],
    ['nobody asks in the session', FULL, OLD, 'unknown', /first flight of the server: connected$/],
    ['the handshake hangs', { ...FULL, ...REQUESTED, cut: { message: 20, reaction: 'silence' } }, OLD, 'unknown', /no answer within/],
  ]
  for (const [why, given, about, fact, asked] of rows) {
    test(why, async () => {
      const probe = clientCertificate(seen)
      const { facts, connections } = await ask(probe, scripted(given), about)
      assert.equal(facts.features?.clientCertificate, fact)
      assert.match(facts.proofs?.[0]?.asked ?? '', asked)
      assert.ok(connections <= probe.connections, `${connections} connections`)
    })
  }

  const told: readonly (readonly [why: string, seen: Parameters<typeof clientCertificate>[0], fact: string, proofs: number])[] = [
    ['a session that went on tells it', { requested: request, notRequested: undefined, served: request }, 'requested', 1],
    ['a flight without the request tells it', { requested: undefined, notRequested: request, served: undefined }, 'not-requested', 1],
    ['no flight was heard', new CertificateRequests().seen, 'unknown', 0],
  ]
  for (const [why, heard, fact, proofs] of told) {
    test(`${why}: nothing is asked`, async () => {
      const { facts, connections } = await ask(clientCertificate(heard), scripted(FULL), OLD)
      assert.equal(facts.features?.clientCertificate, fact)
      assert.equal(facts.proofs?.length ?? 0, proofs)
      assert.equal(connections, 0)
    })
  }
})

/** Connections of these numbers, from 1, are reset when the first bytes of a hello come, or met with silence. */
function moody(numbers: readonly number[], how: 'reset' | 'silence', given: Given): Behaviour {
  const good = scripted(given)
  return async (wire, nth) => {
    if (!numbers.includes(nth)) return good(wire, nth)
    if (how === 'silence') return wire.hang()
    await wire.peek(5)
    wire.reset()
  }
}

describe('a connection that was taken away is no answer', { concurrency: 4 }, () => {
  const rows: readonly (readonly [
    why: string,
    probe: AnyProbe,
    lost: readonly number[],
    how: 'reset' | 'silence',
    path: string,
    is: unknown,
  ])[] = [
    ['a session is had again', ccsInjection, [1], 'reset', 'flaws.ccsInjection', false],
    ['and again', ccsInjection, [1, 2], 'reset', 'flaws.ccsInjection', false],
    ['but not for ever', ccsInjection, [1, 2, 3, 4], 'reset', 'flaws.ccsInjection', 'unknown'],
    ['a session that met silence is had again', ccsInjection, [1], 'silence', 'flaws.ccsInjection', false],
    ['all five paddings are asked', robot, [2, 5], 'reset', 'flaws.robot', false],
    ['a hello is said again', helloFeatures, [1, 2], 'reset', 'features.compression', false],
    [
      'a hello that is always reset is not answered',
      helloFeatures,
      Array.from({ length: 20 }, (_, at) => at + 1),
      'reset',
      'features.heartbeat',
      'unknown',
    ],
    ['an SSLv2-format hello is said again', sslv2Hello, [1, 2], 'reset', 'sslv2Hello', false],
    ['an SSLv2-format hello that is always reset', sslv2Hello, [1, 2, 3, 4], 'reset', 'sslv2Hello', 'unknown'],
  ]
  for (const [why, probe, lost, how, path, is] of rows) {
    test(`${probe.name}: ${why}`, async () => {
      const { facts } = await ask(probe, moody(lost, how, FULL), OLD)
      assert.equal(at(facts, path), is)
    })
  }
})

test('resumption: a server that is slow to shake hands may be slow to give a ticket', async () => {
  const good = scripted({ versions: [TLS13] })
  const slow: Behaviour = (wire, nth) => {
    wire.pace = { bytes: 16_384, ms: 500 }
    return good(wire, nth)
  }
  const { facts } = await ask(resumption, slow, known(['TLSv1.3']), 5000)
  assert.equal(facts.features?.pskResumption, true)
})
