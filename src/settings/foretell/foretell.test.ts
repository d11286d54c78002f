import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parsePolicy, RULEBOOKS } from '../../policy/index.ts'
import { cataloguedClients } from '../../policy/negotiate/index.ts'
import { PROTOCOLS, suiteByName, type ProtocolName } from '../../registry/index.ts'
import type { ProductName } from '../adapter.ts'
import { planOf, type Plan, type PlannedLeg } from '../plan.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { keyValueAdapter } from '../testdata/key-value.ts'
import type { LegWords, Origin, Role } from '../words.ts'
import { serversOfLeg, RSA_KEY } from './ends-of-leg.ts'
import { changeOf, foretell, usesOfDoor, type Foretold, type ForetoldPeer } from './index.ts'

const now = new Date('2026-11-22T12:00:00Z')
const policy = await parsePolicy('base: mozilla-intermediate\n', 'tls.yaml', now)
const origin: Origin = { kind: 'fixed', why: 'for tests', source: 'for tests' }

const ECDHE_GCM = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
const ECDHE_CBC = 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'
const DHE_CBC = 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'
const RSA_CBC = 'TLS_RSA_WITH_AES_128_CBC_SHA'
const TLS13 = 'TLS_AES_128_GCM_SHA256'

interface Given {
  readonly protocols?: readonly ProtocolName[] | 'unknown'
  readonly suites?: readonly string[] | 'unknown'
  readonly order?: 'server' | 'client' | 'unknown'
  readonly groups?: readonly string[] | 'unknown'
  readonly dh?: number | null | 'unknown'
  readonly sslv2Hello?: boolean | 'unknown'
}

function wordsOf({
  protocols = ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  suites = [ECDHE_GCM, ECDHE_CBC, RSA_CBC],
  order = 'server',
  groups = ['x25519', 'secp256r1'],
  dh = 2048,
  sslv2Hello = true,
}: Given): LegWords {
  const values = { protocols, suites, order, groups, dh, sslv2Hello }
  return {
    protocols: { value: values.protocols, origin },
    suites: { value: values.suites, origin },
    order: { value: values.order, origin },
    groups: { value: values.groups, origin },
    dh: { value: values.dh, origin },
    sslv2Hello: { value: values.sslv2Hello, origin },
  }
}

function legOf(role: Role, given: Given, door: string): PlannedLeg['before'] {
  const words = wordsOf(given)
  return { door, role, words, posture: postureOfWords(role, words), opportunistic: door.includes('25'), findings: [], undecided: [] }
}

function planned(
  before: Given,
  after: Given,
  { role = 'server', door = 'port 25' }: { role?: Role; door?: string } = {},
): Pick<Plan, 'product' | 'legs'> {
  return { product: 'exim', legs: [{ door, role, policy, before: legOf(role, before, door), after: legOf(role, after, door) }] }
}

function peersAt(before: Given, after: Given, options: { role?: Role; door?: string } = {}): readonly ForetoldPeer[] {
  const [leg] = foretell(planned(before, after, options))
  assert.ok(leg)
  return leg.peers
}

function peer(peers: readonly ForetoldPeer[], name: string): ForetoldPeer {
  const found = peers.find((one) => one.name === name)
  assert.ok(found, name)
  return found
}

const MODERN: Given = { protocols: ['TLSv1.2', 'TLSv1.3'], suites: [TLS13, ECDHE_GCM], sslv2Hello: false }

describe('foretell()', () => {
  test('says who is cut off, by what, and what they had', () => {
    const old = peer(peersAt({}, MODERN), 'Exchange 2010 on Windows Server 2008 R2')
    assert.equal(old.change, 'cut-off')
    const rsa = old.cases.find(({ key }) => key !== 'ECDSA')
    assert.deepEqual(rsa?.before, { verdict: 'connects', versions: ['TLSv1'], suites: [ECDHE_CBC], groups: ['secp256r1'] })
    assert.equal(rsa?.after.verdict === 'fails' && rsa.after.reason, 'version')
  })

  test('says who goes on with something else, and who stays as it was', () => {
    const peers = peersAt({}, MODERN)
    assert.equal(peer(peers, 'Java 17').cases.find(({ key }) => key !== 'ECDSA')?.change, 'changed')
    assert.deepEqual(
      peersAt({}, {})
        .filter(({ change }) => change !== 'same')
        .map(({ name }) => name),
      [],
    )
  })

  test('says who is saved', () => {
    assert.equal(peer(peersAt(MODERN, { sslv2Hello: true, dh: 1024 }), 'Exchange 2010 on Windows Server 2008 R2').change, 'saved')
  })

  test('tells of two kinds of certificates where they differ', () => {
    const both = [ECDHE_CBC, 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA']
    const { cases } = peer(peersAt({ suites: both }, { suites: both.slice(0, 1) }), 'Exchange 2010 on Windows Server 2008 R2')
    assert.deepEqual(
      cases.map(({ key, change }) => [key, change]),
      [
        ['RSA', 'same'],
        ['ECDSA', 'cut-off'],
      ],
    )
  })

  test('foretells what the product itself can reach as a client', () => {
    const peers = peersAt({}, MODERN, { role: 'client', door: 'remote_smtp' })
    assert.equal(peer(peers, 'Exchange 2010 on Windows Server 2008 R2').change, 'cut-off')
    assert.equal(peer(peers, 'Gmail and Google Workspace').change, 'changed')
    assert.ok(
      peers.every(({ cases }) => cases.length === 1 && cases[0]?.key === 'any'),
      'the certificates of others are known',
    )
  })

  test('looks at those who come to a door', () => {
    const names = (door: string): readonly string[] => peersAt({}, {}, { door }).map(({ name }) => name)
    assert.ok(names('port 25').some((name) => name.startsWith('Gmail')))
    assert.ok(!names('port 25').some((name) => name.startsWith('Internet Explorer')))
    assert.ok(names('port 587').some((name) => name.startsWith('Thunderbird')))
    assert.ok(!names('port 587').some((name) => name.startsWith('Gmail')))
    assert.ok(names('port 443').some((name) => name.startsWith('Internet Explorer')))
  })

  test('leaves out legs that nothing is wanted of', () => {
    const { product, legs } = planned({}, MODERN)
    assert.deepEqual(foretell({ product, legs: legs.map((leg) => ({ ...leg, policy: undefined })) }), [])
  })

  test('says the same of a plan twice, and shares the list of legs that are alike', () => {
    const { product, legs } = planned({}, MODERN)
    const twice = foretell({ product, legs: [...legs, ...legs] })
    assert.equal(twice[0]?.peers, twice[1]?.peers)
    assert.deepEqual(foretell({ product, legs: [...legs, ...legs] }), twice)
  })

  test('works on the plan of an adapter', () => {
    const text = 'server.protocols = TLSv1 TLSv1.2\nclient.protocols = TLSv1.2\n'
    const plan = planOf(keyValueAdapter, keyValueAdapter.read({ path: 'a.conf', text }, {}), () => policy, { rulebooks: RULEBOOKS, now })
    const legs = foretell(plan)
    assert.deepEqual(
      legs.map(({ role }) => role),
      ['server', 'client'],
    )
    assert.ok(legs.every(({ peers }) => peers.length > 5))
  })
})

describe('what settings do not say', () => {
  const verdicts = (given: Given): ReadonlySet<string> =>
    new Set(peersAt(given, given).flatMap(({ cases }) => cases.flatMap(({ before, after }) => [before.verdict, after.verdict])))

  test('is no pass: without versions nothing is known', () => {
    assert.deepEqual([...verdicts({ protocols: 'unknown' })], ['unknown'])
  })

  test('is no pass: without suites only versions can fail', () => {
    const found = verdicts({ suites: 'unknown', protocols: ['TLSv1.3'] })
    assert.ok(!found.has('connects'))
    assert.ok(found.has('fails'))
  })

  test('is no failure: with all suites one may be chosen that is refused, where another one alone would do', () => {
    const given: Given = { protocols: ['TLSv1.1'], suites: [RSA_CBC, TLS13], order: 'client', dh: 1024, sslv2Hello: false }
    const [exact, blurred] = [given, { ...given, suites: 'unknown' as const }].map((one) => peersAt(one, one, { door: 'port 587' }))
    assert.ok(exact && blurred)
    const verdict = ({ cases }: ForetoldPeer): string | undefined => cases.find(({ key }) => key !== 'ECDSA')?.after.verdict
    const turned = exact.filter((one, index) => verdict(one) === 'connects' && verdict(blurred[index]!) === 'fails')
    assert.deepEqual(
      turned.map(({ name }) => name),
      [],
    )
  })

  test('matters where it decides: Java 6 and the size of DHE', () => {
    const java = (dh: number | 'unknown'): string | undefined =>
      peer(peersAt({ suites: [DHE_CBC], dh }, { suites: [DHE_CBC], dh }, { door: 'port 587' }), 'Java 6').cases.find(
        ({ key }) => key !== 'ECDSA',
      )?.after.verdict
    assert.deepEqual([java(1024), java(2048), java('unknown')], ['connects', 'fails', 'unknown'])
  })

  test('matters where it decides: Java 6 and the SSLv2 hello', () => {
    const java = (sslv2Hello: boolean | 'unknown'): string | undefined =>
      peer(peersAt({ suites: [RSA_CBC], sslv2Hello }, { suites: [RSA_CBC], sslv2Hello }, { door: 'port 587' }), 'Java 6').cases.find(
        ({ key }) => key !== 'ECDSA',
      )?.after.verdict
    assert.deepEqual([java(true), java(false), java('unknown')], ['connects', 'fails', 'unknown'])
  })

  test('does not matter where it decides nothing: the order of suites, for who connects', () => {
    const gmail = peer(peersAt({ order: 'unknown' }, { order: 'unknown' }), 'Exchange 2010 on Windows Server 2008 R2').cases[0]
    assert.equal(gmail?.after.verdict, 'connects')
  })

  test('of a peer is no reason to cut it off', () => {
    const xerox = 'Xerox WorkCentre with firmware from before 2017, scanning to mail'
    assert.equal(peer(peersAt({}, {}), xerox).cases[0]?.after.verdict, 'unknown')
    assert.equal(peer(peersAt({}, MODERN), xerox).change, 'maybe-cut-off')
    const ses = peer(peersAt({}, { protocols: ['TLSv1'] }), 'Amazon SES, delivering')
    assert.equal(ses.cases[0]?.after.verdict, 'unknown', 'it speaks older versions that are not named')
  })

  const suites = fc.uniqueArray(fc.constantFrom(TLS13, ECDHE_GCM, ECDHE_CBC, DHE_CBC, RSA_CBC, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'), {
    minLength: 1,
  })
  const known = fc.record({
    protocols: fc.uniqueArray(fc.constantFrom(...PROTOCOLS.filter((name) => name !== 'SSLv2')), { minLength: 1 }),
    suites,
    order: fc.constantFrom('server' as const, 'client' as const),
    groups: fc.constantFrom(['x25519', 'secp256r1'], ['secp256r1']),
    dh: fc.constantFrom(1024, 2048, 4096, null),
    sslv2Hello: fc.boolean(),
  })
  const hidden = fc.uniqueArray(fc.constantFrom('protocols', 'suites', 'order', 'groups', 'dh', 'sslv2Hello'))

  test('never turns a failure into a pass, whatever is left out', () => {
    fc.assert(
      fc.property(known, hidden, (given, left) => {
        const vague = { ...given, ...Object.fromEntries(left.map((word) => [word, 'unknown' as const])) }
        const [exact, blurred] = [peersAt(given, given, { door: 'port 587' }), peersAt(vague, vague, { door: 'port 587' })]
        for (const [index, one] of exact.entries()) {
          const clear = verdictsByKey(one)
          const dim = verdictsByKey(blurred[index]!)
          for (const key of ['RSA', 'ECDSA'] as const) {
            if (dim[key] === 'unknown') continue
            assert.equal(dim[key], clear[key] === 'unknown' ? dim[key] : clear[key], `${one.name}, ${key}`)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  function verdictsByKey({ cases }: ForetoldPeer): Readonly<Record<'RSA' | 'ECDSA', Foretold['verdict']>> {
    const of = (key: 'RSA' | 'ECDSA'): Foretold['verdict'] => cases.find((one) => one.key === key || one.key === 'any')!.after.verdict
    return { RSA: of('RSA'), ECDSA: of('ECDSA') }
  }
})

describe('changeOf()', () => {
  const connects: Foretold = { verdict: 'connects', versions: ['TLSv1.2'], suites: [ECDHE_GCM], groups: ['x25519'] }
  const newer: Foretold = { ...connects, versions: ['TLSv1.3'], suites: [TLS13] }
  const fails: Foretold = { verdict: 'fails', by: 'server', reason: 'version', why: 'No.' }
  const unknown: Foretold = { verdict: 'unknown', why: 'Not said.' }
  const rows: readonly (readonly [why: string, before: Foretold, after: Foretold, expected: string])[] = [
    ['it worked', connects, fails, 'cut-off'],
    ['it may have worked', unknown, fails, 'maybe-cut-off'],
    ['it may go on working', connects, unknown, 'maybe-cut-off'],
    ['it never worked', fails, fails, 'same'],
    ['it works now', fails, connects, 'saved'],
    ['it may work now', fails, unknown, 'unclear'],
    ['it works, and may have before', unknown, connects, 'unclear'],
    ['nothing is known', unknown, unknown, 'same'],
    ['it works otherwise', connects, newer, 'changed'],
    ['it works as before', connects, connects, 'same'],
  ]
  for (const [why, before, after, expected] of rows) test(`${expected}: ${why}`, () => assert.equal(changeOf(before, after), expected))
})

describe('usesOfDoor()', () => {
  const rows: readonly (readonly [product: ProductName, door: string, role: Role, uses: readonly string[]])[] = [
    ['kerio-connect', 'SMTP', 'server', ['smtp', 'mail']],
    ['kerio-connect', 'everything but SMTP', 'server', ['web', 'mail']],
    ['kerio-connect', 'SMTP', 'client', ['smtp']],
    ['postfix', 'smtp (25)', 'server', ['smtp']],
    ['postfix', 'submission (587)', 'server', ['mail']],
    ['postfix', 'smtps (465)', 'server', ['mail']],
    ['postfix', 'smtpd as in main.cf', 'server', ['smtp']],
    ['postfix', 'smtpd where TLS is mandatory', 'server', ['mail']],
    ['postfix', 'smtp to [mail.example.org]:587', 'client', ['smtp']],
    ['dovecot', 'every protocol', 'server', ['mail']],
    ['dovecot', 'protocol imap', 'server', ['mail']],
    ['tomcat', 'port 8443', 'server', ['web']],
    ['tomcat', 'port 9999', 'server', ['web']],
    ['nginx', 'http mail.example.org 443', 'server', ['web']],
    ['nginx', 'mail 993', 'server', ['mail']],
    ['nginx', 'stream 1234', 'server', ['web', 'mail', 'smtp', 'ftp']],
    ['haproxy', 'frontend in *:993', 'server', ['mail']],
    ['haproxy', 'frontend in :25', 'server', ['smtp']],
    ['haproxy', 'frontend in :1234', 'server', ['web', 'mail', 'smtp', 'ftp']],
    ['haproxy', 'backend web 192.0.2.1:443', 'client', []],
    ['haproxy', 'backend mta 192.0.2.1:25', 'client', ['smtp']],
    ['vsftpd', 'FTP', 'server', ['ftp']],
  ]
  for (const [product, door, role, uses] of rows) {
    test(`${product}, ${door}, ${role}: ${uses.join(', ') || 'nobody known'}`, () =>
      assert.deepEqual(usesOfDoor(product, door, role), uses))
  }
})

test('every suite that may be meant is known to the registry', () => {
  const [end] = serversOfLeg(legOf('server', { suites: 'unknown' }, 'port 25'), RSA_KEY)?.ends ?? []
  assert.ok((end?.suites.length ?? 0) > 30)
  assert.ok(end?.suites.every((name) => suiteByName(name) !== undefined))
  assert.ok(cataloguedClients().length > 50)
})
