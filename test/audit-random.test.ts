/**
 * Random settings of servers that others wrote: the audit says what the settings say, and what brute force says.
 * `node test/audit-random.test.ts --runs 200 --seed 7` tries more of them than the test suite has time for.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import type { Posture } from '../src/policy/index.ts'
import { groupByName, type ProtocolName } from '../src/registry/index.ts'
import { audit, compareOrder, compareWithTruth, listed, run } from './audit-peers/check.ts'
import { bruteForce } from './audit-peers/oracle.ts'
import { gnutlsPriority } from './peers/server.ts'
import { needPeer, startPeer, type PeerName, type PeerSettings } from './peers/index.ts'

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } }, strict: false })
/** Each server is tried with so many settings. Without `--runs` always with the same ones. */
const RUNS = Number(values.runs ?? 2)
const SEED = Number(values.seed ?? (values.runs === undefined ? 1 : Math.floor(Math.random() * 2 ** 31)))

const OPENSSL_SUITES = run('openssl', ['ciphers', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])
  .trim()
  .split(':')
  .filter((name) => !/^TLS_|PSK|SRP|DSS/.test(name))
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
const CURVES = ['X25519', 'P-256', 'P-384', 'P-521', 'X448']
const DH = ['own-1024', 'own-2048', 'ffdhe2048', 'ffdhe3072', 'modp2048'] as const
const DH_BITS: Readonly<Record<(typeof DH)[number], number>> = {
  'own-1024': 1024,
  'own-2048': 2048,
  ffdhe2048: 2048,
  ffdhe3072: 3072,
  modp2048: 2048,
}

/** In any order. */
const some = <T>(from: readonly T[], most: number = from.length): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength: most })

const certificates = fc.constantFrom(['rsa'] as const, ['ecdsa'] as const, ['rsa', 'ecdsa'] as const)

function opensslSettings(protocols: readonly ProtocolName[]): fc.Arbitrary<OpensslLike> {
  return fc.record({
    // OpenSSL refuses TLS 1.3 too when a hole below it leaves an older version on top that no suite fits.
    protocols: fc
      .subarray([...protocols], { minLength: 1 })
      .filter((some) => !some.includes('TLSv1.3') || some.includes('TLSv1.2') || some.length === 1),
    ciphers: some(OPENSSL_SUITES, 12).map((names) => names.join(':')),
    ciphersuites: some(TLS13_SUITES).map((names) => names.join(':')),
    securityLevel: fc.constant(0 as const),
    // P-256 is the curve of the ECDSA certificate: without it that certificate would be of no use.
    groups: some(CURVES).map((names) => (names.includes('P-256') ? names : [...names, 'P-256'])),
    dh: fc.constantFrom(...DH),
    order: fc.constantFrom('server' as const, 'client' as const),
    certificates,
  })
}

interface OpensslLike {
  readonly protocols: readonly ProtocolName[]
  readonly ciphers: string
  readonly ciphersuites: string
  readonly securityLevel: 0
  readonly groups: readonly string[]
  readonly dh: (typeof DH)[number]
  readonly order: 'server' | 'client'
  readonly certificates: readonly ('rsa' | 'ecdsa')[]
}

const ALL: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** Tries one server with random settings. */
function tries<N extends PeerName, S extends PeerSettings<N> & { readonly order?: 'server' | 'client' }>(
  name: N,
  settings: fc.Arbitrary<S>,
  compare: (posture: Posture, settings: S) => void,
): void {
  test(`${name} with random settings`, { skip: needPeer(name) }, async () => {
    const property = fc.asyncProperty(settings, async (given) => {
      const peer = await startPeer(name, given)
      try {
        const port = Object.values<number>(peer.doors)[0] ?? 0
        const { posture, problem } = await audit(peer, 'tls' as never, 'tls')
        const truth = await bruteForce({ port }, { parallel: 4 })
        // Nothing more is asked of a server that has no suite for its certificate, and the audit says so.
        const nothing = Object.values(truth.suites).every((suites) => suites.length === 0)
        assert.equal(problem?.code, nothing ? 'NO_HANDSHAKE' : undefined)
        compareWithTruth(posture, nothing ? { ...truth, sslv2Hello: 'unknown' } : truth, name)
        compare(posture, given)
        if (given.order !== undefined) await compareOrder(posture, given.order, { port })
      } finally {
        await peer.stop()
      }
    })
    await fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: true })
  })
}

/** For servers on the machine's own OpenSSL, whose command says what a list means. */
function sameAsOpenssl(posture: Posture, given: OpensslLike): void {
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
    const wanted = given.protocols.includes(version) ? listed(`${given.ciphers}:@SECLEVEL=0`, version, given) : []
    const { suites, order } = posture.protocols[version]
    const [told, expected] = given.order === 'server' ? [suites, wanted] : [suites.toSorted(), wanted.toSorted()]
    assert.deepEqual(told, expected, version)
    assert.equal(order, wanted.length > 1 ? given.order : 'unknown', `${version} order`)
  }
  sameTls13(posture, given)
  sameKeyExchange(posture, given)
  // OpenSSL settles the group as it settles the suite.
  for (const [version, { groups, groupOrder }] of Object.entries(posture.protocols))
    if (groupOrder !== undefined) assert.equal(groupOrder, groups.length > 1 ? given.order : 'unknown', `${version} group order`)
}

function sameTls13(posture: Posture, given: OpensslLike): void {
  const wanted = given.protocols.includes('TLSv1.3') ? given.ciphersuites.split(':') : []
  const { suites } = posture.protocols['TLSv1.3']
  assert.deepEqual(...(given.order === 'server' ? ([suites, wanted] as const) : ([suites.toSorted(), wanted.toSorted()] as const)))
}

function sameKeyExchange({ protocols, groups, dh }: Posture, given: OpensslLike): void {
  const names = given.groups.map((name) => groupByName(name)?.name ?? name)
  const offered = Object.values(protocols).filter((protocol) => protocol.offered === true)
  if (offered.some((protocol) => protocol.groups.length > 0)) {
    // An ECDSA certificate is served only to those who name its curve, RFC 8422 §5.1: what the server likes less is never used.
    const always =
      protocols['TLSv1.3'].offered === true || offered.some(({ suites }) => suites.some((suite) => /_ECDHE_RSA_|_ECDH_anon_/.test(suite)))
    const used = always || given.order === 'client' ? names : names.slice(0, names.indexOf('secp256r1') + 1)
    assert.deepEqual(...(given.order === 'server' ? ([groups, used] as const) : ([groups.toSorted(), used.toSorted()] as const)))
  }
  const uses = offered.some((protocol) => protocol.suites.some((suite) => /_DHE_|_DH_anon/.test(suite)))
  assert.equal(dh?.bits, uses ? DH_BITS[given.dh] : undefined)
}

tries('openssl', opensslSettings(ALL), sameAsOpenssl)

/** For Nodes, whose own OpenSSL may have fewer suites than the machine's: brute force says which. */
function sameAsNode(posture: Posture, given: OpensslLike): void {
  for (const version of ALL) {
    const { offered, suites, order } = posture.protocols[version]
    if (offered === true) assert.ok(given.protocols.includes(version), version)
    if (suites.length > 1) assert.equal(order, given.order, `${version} order`)
  }
  sameTls13(posture, given)
  sameKeyExchange(posture, given)
}

for (const name of ['node12', 'node20', 'node24'] as const) tries(name, opensslSettings(ALL), sameAsNode)

const GNUTLS_GROUPS = ['X25519', 'SECP256R1', 'SECP384R1', 'SECP521R1', 'X448', 'FFDHE2048', 'FFDHE3072']

interface GnutlsLike {
  readonly protocols: readonly ProtocolName[]
  readonly ciphers: string
  readonly certificates: readonly ('rsa' | 'ecdsa')[]
  readonly order: 'server' | 'client'
}

const gnutlsSettings: fc.Arbitrary<GnutlsLike> = fc
  .record({
    protocols: fc.subarray([...ALL], { minLength: 1 }),
    exchanges: some(['RSA', 'DHE-RSA', 'ECDHE-RSA', 'ECDHE-ECDSA', 'ANON-ECDH']),
    ciphers: some([
      'AES-256-GCM',
      'AES-128-GCM',
      'CHACHA20-POLY1305',
      'AES-256-CBC',
      'AES-128-CBC',
      'CAMELLIA-128-CBC',
      '3DES-CBC',
      'NULL',
    ]),
    macs: some(['SHA1', 'SHA256', 'AEAD']),
    groups: some(GNUTLS_GROUPS),
    order: fc.constantFrom('server' as const, 'client' as const),
    certificates,
  })
  .map(({ protocols, exchanges, ciphers, macs, groups, order, certificates: kinds }) => {
    const parts = [...exchanges, ...ciphers, ...macs, ...groups.map((group) => `GROUP-${group}`), 'SIGN-ALL', 'CTYPE-X509', 'COMP-NULL']
    const own = order === 'server' ? ':%SERVER_PRECEDENCE' : ''
    return { protocols, ciphers: `NONE:+${parts.join(':+')}${own}`, order, certificates: kinds }
  })
  .filter(isPriority)

/** gnutls-serv reads its priority string when the first client comes, and ends when it is none. */
function isPriority(given: GnutlsLike): boolean {
  try {
    run('gnutls-cli', ['--list', '--priority', gnutlsPriority(given) ?? ''])
    return true
  } catch {
    return false
  }
}

tries('gnutls', gnutlsSettings, (posture, given) => {
  for (const version of ALL) {
    const { offered, suites, order } = posture.protocols[version]
    if (offered === true) assert.ok(given.protocols.includes(version), version)
    if (suites.length > 1) assert.equal(order, given.order, `${version} order`)
  }
})
