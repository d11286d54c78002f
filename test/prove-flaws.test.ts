import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dialectByName, tls } from '../src/dialects/index.ts'
import { policyOf, rulebookByName, type FlawName, type Policy } from '../src/policy/index.ts'
import { scripted, startHostile, type Behaviour } from './hostile/index.ts'
import { ids, policyNamed, proveAt, withoutCertificates } from './proved.ts'

const TLS12 = 0x0303
const SUITES = [0xc02f, 0xc030]

/** Allows nearly everything but this flaw. */
function against(flaw: FlawName): Policy {
  const policy = withoutCertificates(policyNamed('postern'))
  return {
    ...policy,
    protocols: { allowed: ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], required: [] },
    features: { required: [], forbidden: [] },
    flaws: { forbidden: [flaw] },
  }
}

/** Offers to take passwords before TLS. */
const trusting: Behaviour = async (wire, nth) => {
  await wire.write('220 hostile.example ESMTP\r\n')
  await wire.line()
  await wire.write('250-hostile.example\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n')
  if ((await wire.line()) === undefined) return
  await wire.write('220 2.0.0 Ready to start TLS\r\n')
  await scripted({ versions: [TLS12], suites: SUITES })(wire, nth)
}

/** Why, the flaw, the server, its dialect, and what the proof says of the flaw. */
type Row = readonly [
  why: string,
  flaw: FlawName,
  server: string | Behaviour,
  verdict: 'kept' | 'broken' | 'unknown' | 'untold',
  dialect?: string,
]

const rows: readonly Row[] = [
  ['memory comes back with a heartbeat', 'heartbleed', 'heartbleed', 'broken'],
  ['a heartbeat that claims too much is dropped', 'heartbleed', 'heartbeat-correct', 'kept'],
  ['no heartbeats', 'heartbleed', scripted({ versions: [TLS12], suites: SUITES }), 'kept'],
  ['an early ChangeCipherSpec is taken', 'ccsInjection', scripted({ versions: [TLS12], suites: SUITES, earlyCcs: 'accepts' }), 'broken'],
  ['an early ChangeCipherSpec is refused', 'ccsInjection', scripted({ versions: [TLS12], suites: SUITES }), 'kept'],
  ['a short session id comes back long', 'ticketbleed', 'ticketbleed', 'broken'],
  ['a short session id comes back as it was', 'ticketbleed', 'ticketbleed-repaired', 'kept'],
  ['padding is told apart by an alert', 'robot', 'robot-strong-alert', 'broken'],
  [
    'padding is told apart behind better suites',
    'robot',
    scripted({
      versions: [TLS12],
      suites: [...SUITES, 0x009c, 0x003c, 0x002f],
      padding: { at: 'finished', reactions: { 'bad-start': { alert: 51 } } },
    }),
    'broken',
  ],
  ['no RSA key exchange, no oracle', 'robot', scripted({ versions: [TLS12], suites: SUITES }), 'untold'],
  ['text before the handshake is carried out', 'starttlsInjection', 'smtp-starttls-injection', 'broken', 'smtp'],
  ['text before the handshake is thrown away', 'starttlsInjection', 'smtp-starttls-drops', 'kept', 'smtp'],
  ['TLS from the start', 'starttlsInjection', scripted({ versions: [TLS12], suites: SUITES }), 'untold'],
  ['logins before TLS', 'authBeforeTls', trusting, 'broken', 'smtp'],
  ['no login before TLS', 'authBeforeTls', 'smtp-starttls-drops', 'kept', 'smtp'],
  ['no clear text at all', 'authBeforeTls', scripted({ versions: [TLS12], suites: SUITES }), 'untold'],
  ['nothing behind the go-ahead', 'textAfterGoAhead', 'smtp-starttls-drops', 'kept', 'smtp'],
]

describe('prove() asks for the flaws that a policy names', { concurrency: 4 }, () => {
  for (const [why, flaw, what, verdict, dialect = 'tls'] of rows) {
    test(`${flaw}: ${why}`, async (t) => {
      const server = await startHostile(what)
      t.after(() => server.stop())
      const at = { port: server.port, name: 'hostile.example', dialect: dialect === 'tls' ? tls : dialectByName(dialect)! }
      const { checks } = await proveAt(at, against(flaw))
      const told = checks.find(({ id }) => id === `flaw-${flaw}`)
      assert.equal(told?.verdict ?? 'untold', verdict, JSON.stringify(checks.map(({ id, verdict, fact }) => [id, verdict, fact])))
      if (verdict === 'broken' && told !== undefined) assert.notEqual(told.rule, '')
    })
  }

  test('without the word, nobody is attacked', async (t) => {
    const server = await startHostile('heartbleed')
    t.after(() => server.stop())
    const { flaws: _flaws, ...policy } = against('heartbleed')
    const proof = await proveAt({ port: server.port, name: 'hostile.example' }, policy)
    assert.deepEqual(
      ids(proof, 'broken').filter((id) => id.startsWith('flaw')),
      [],
    )
  })

  test('rulebooks that name flaws forbid them, and others do not', () => {
    const flawsOf = (name: string) => policyOf(rulebookByName(name)!, { now: new Date() }).flaws?.forbidden
    const attacks = ['heartbleed', 'ccsInjection', 'ticketbleed', 'robot', 'starttlsInjection']
    assert.deepEqual(flawsOf('pci-dss'), attacks)
    assert.deepEqual(flawsOf('postern'), [...attacks, 'authBeforeTls', 'textAfterGoAhead'])
    assert.equal(flawsOf('mozilla-intermediate'), undefined)
  })
})
