/** Whether an audit of a real server says what the server does: compared with what its settings ask for and with brute force. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { measure, type Measurement, type MeasureOptions } from '../../src/audit/index.ts'
import { doorOfScheme } from '../../src/dialects/index.ts'
import type { Posture, SuiteOrder } from '../../src/policy/index.ts'
import { groupByCode, suiteByCode, suiteByName, suiteName } from '../../src/registry/index.ts'
import { needPeer, SERVER_NAME, startPeer, type Peer, type PeerDoor, type PeerName, type PeerSettings } from '../peers/index.ts'
import { sayHello, type Entry } from './one-hello.ts'
import { bruteForce, inParallel, VERSIONS, type Truth, type Version } from './oracle.ts'

/** One server with settings, and what these ask for. */
export interface Row<N extends PeerName> {
  readonly why: string
  readonly settings: PeerSettings<N>
  /** URL scheme of each door that is audited. */
  readonly doors: Partial<Readonly<Record<PeerDoor<N>, string>>>
  /** The door that brute force is used on. */
  readonly brute: PeerDoor<N>
  readonly preamble?: Entry['preamble']
  readonly lingers?: true
  /** Connections of the brute force at once. */
  readonly parallel?: number
  /** Servers that take long over a refusal are asked only for suites that their library has. */
  readonly candidates?: 'openssl' | 'gnutls'
  readonly protocols: readonly Version[]
  readonly order: Exclude<SuiteOrder, 'unknown'>
  /** Protocols in which no order can be seen, since they have one suite. */
  readonly oneSuite?: readonly Version[]
  /** Suites by protocol in the order of the settings, where the settings are an OpenSSL list. */
  readonly list?: string
  readonly curves?: readonly string[]
  readonly groups?: readonly string[]
  readonly dh: { readonly bits: number; readonly prime: string } | null
  /** Where it refuses, its close_notify may be overtaken by its end. */
  readonly mayGoWithoutGoodbye?: true
  /** What the audit cannot find out, each with the reason. */
  readonly unknown?: Readonly<Record<string, string>>
}

const OPTIONS: MeasureOptions = { parallel: 8, timeout: 45_000, now: new Date() }

/** Starts the server, audits its doors, the first of them twice, and compares. */
export function agrees<N extends PeerName>(name: N, row: Row<N>): void {
  test(`${name}: ${row.why}`, { skip: needPeer(name), timeout: 110_000 }, async (t) => {
    const peer = await startPeer(name, row.settings, t)
    const { preamble, lingers } = row
    const entry = { port: peer.doors[row.brute], ...(preamble && { preamble }), ...(lingers && { lingers }) }
    const oldSuites = row.candidates === undefined ? {} : { oldSuites: LIBRARIES[row.candidates]() }
    const truth = await bruteForce(entry, { parallel: row.parallel ?? 4, ...oldSuites })
    const doors = Object.entries(row.doors) as [PeerDoor<N>, string][]
    for (const [index, [door, scheme]] of doors.entries()) {
      const measurement = await audit(peer, door, scheme)
      assert.equal(measurement.problem, undefined, `${scheme}: ${measurement.problem?.message}\n${peer.log().slice(-2000)}`)
      compareWithTruth(measurement.posture, truth, scheme)
      compareWithSettings(measurement.posture, row, scheme)
      if (door === row.brute) await compareOrder(measurement.posture, row.order, entry, row.parallel)
      if (index === 0) {
        const again = await audit(peer, door, scheme)
        assert.deepEqual(stable(again, row), stable(measurement, row), `${scheme} twice`)
      }
    }
  })
}

/** Suites up to TLS 1.2 that a library of this machine has, as its own command lists them; of GnuTLS its usual ones and some that are not. */
const LIBRARIES = {
  openssl: () => codesIn(run('openssl', ['ciphers', '-V', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])),
  gnutls: () => codesIn(run('gnutls-cli', ['--list', '--priority', 'NORMAL:+ARCFOUR-128:+3DES-CBC:+NULL:+ANON-ECDH'])),
} as const

function codesIn(output: string): readonly number[] {
  const lines = output.split('\n').filter((line) => !/PSK|SRP/.test(line))
  const found = lines.flatMap((line) => [...line.matchAll(/0x([0-9a-f]{2}), ?0x([0-9a-f]{2})/gi)])
  return found.map(([, high, low]) => Number.parseInt(`${high}${low}`, 16)).filter((code) => code >> 8 !== 0x13)
}

/** The output of a program. */
export function run(program: string, switches: readonly string[]): string {
  return execFileSync(program, switches, { encoding: 'utf8', env: { PATH: process.env['PATH'], OPENSSL_CONF: '/dev/null' } })
}

/** Audits one door of a running server. */
export async function audit<N extends PeerName>(peer: Peer<N>, door: PeerDoor<N>, scheme: string): Promise<Measurement> {
  const entrance = doorOfScheme(scheme)
  if (entrance === undefined) throw new Error(`no scheme ${scheme}`)
  const { dialect, door: kind } = entrance
  return measure({ address: peer.host, port: peer.doors[door], dialect, beginning: kind.tls, serverName: SERVER_NAME }, OPTIONS)
}

const names = (codes: readonly number[], nameOf: (code: number) => string): readonly string[] => codes.map(nameOf).toSorted()
const groupName = (code: number): string => groupByCode(code)?.name ?? `0x${code.toString(16)}`

/** Protocols, suites, groups and DH sizes are what brute force has found. */
export function compareWithTruth(posture: Posture, truth: Truth, scheme: string): void {
  for (const version of Object.keys(VERSIONS) as Version[]) {
    const { suites, complete, offered } = posture.protocols[version]
    const at = `${scheme} ${version}`
    assert.deepEqual(suites.toSorted(), names(truth.suites[version], suiteName), `${at} suites`)
    assert.deepEqual([offered, complete], [truth.suites[version].length > 0, true], `${at} offered, complete`)
  }
  const newest = (['TLSv1.2', 'TLSv1.1', 'TLSv1'] as const).find((version) => truth.suites[version].length > 0)
  if (newest !== undefined) {
    assert.deepEqual(posture.protocols[newest].groups.toSorted(), names(truth.curves, groupName), `${scheme} ${newest} groups`)
  }
  assert.deepEqual(posture.protocols['TLSv1.3'].groups.toSorted(), names(truth.groups, groupName), `${scheme} TLSv1.3 groups`)
  assert.deepEqual([...new Set(posture.dh?.all.map(({ bits }) => bits))], truth.moduli, `${scheme} DH sizes`)
  assert.equal(posture.sslv2Hello, truth.sslv2Hello, `${scheme} hello in SSLv2 format`)
}

function compareWithSettings<N extends PeerName>(posture: Posture, row: Row<N>, scheme: string): void {
  const offered = (Object.keys(VERSIONS) as Version[]).filter((version) => posture.protocols[version].offered === true)
  assert.deepEqual(offered, row.protocols, `${scheme} protocols`)
  const orders = offered.map((version) => `${version} ${posture.protocols[version].order}`)
  const expected = offered.map((version) => `${version} ${row.oneSuite?.includes(version) === true ? 'unknown' : row.order}`)
  assert.deepEqual(orders, expected, `${scheme} order`)
  for (const version of offered) {
    if (row.list === undefined || version === 'TLSv1.3') continue
    const wanted = listed(row.list, version, row.settings as Kinds)
    const { suites } = posture.protocols[version]
    assert.deepEqual(
      row.order === 'server' ? suites : suites.toSorted(),
      row.order === 'server' ? wanted : wanted.toSorted(),
      `${scheme} ${version} list`,
    )
  }
  const newest = offered.findLast((version) => version !== 'TLSv1.3')
  if (row.curves !== undefined && newest !== undefined) assert.deepEqual(posture.protocols[newest].groups, row.curves, `${scheme} curves`)
  if (row.groups !== undefined) assert.deepEqual(posture.protocols['TLSv1.3'].groups, row.groups, `${scheme} groups`)
  assert.deepEqual(posture.dh && { bits: posture.dh.bits, prime: posture.dh.prime }, row.dh, `${scheme} DH`)
  assert.equal(posture.protocols.SSLv2.offered, false, `${scheme} SSLv2`)
  // Nothing else may be unknown. That a breakdown happens to tell something after all is no fault.
  assert.deepEqual(
    unknowns(posture).filter((name) => !(name in (row.unknown ?? {}))),
    [],
    `${scheme} unknown`,
  )
}

/** What decides which suites of a list are of use. */
export interface Kinds {
  readonly certificates?: readonly string[]
  readonly dh?: string
}

/** What `openssl ciphers` says that this list means in a protocol, less what no certificate is there for. */
export function listed(list: string, version: Version, settings: Kinds): readonly string[] {
  const flag = `-${version.toLowerCase().replace('.', '_').replace('v', '')}`
  const output = run('openssl', ['ciphers', '-s', flag, '-V', list])
  const kinds = settings.certificates ?? ['rsa']
  const codes = output
    .split('\n')
    .filter((line) => line !== '' && !line.includes('TLSv1.3'))
    .filter((line) => !line.includes('Au=ECDSA') || kinds.some((kind) => kind.startsWith('ecdsa')))
    .filter((line) => !line.includes('Au=RSA') || kinds.some((kind) => kind.startsWith('rsa')))
    .filter((line) => !line.includes('Au=DSS') || kinds.includes('dsa'))
    .filter((line) => !line.includes('Kx=DH') || settings.dh !== undefined)
    .flatMap(codesIn)
  return codes.map(suiteName)
}

/** Each suite is chosen over the next, also when the next is named first; or the first of the hello always wins. */
export async function compareOrder(posture: Posture, order: SuiteOrder, entry: Entry, parallel: number = 4): Promise<void> {
  const pairs = (Object.keys(VERSIONS) as Version[]).flatMap((version) => {
    const suites = posture.protocols[version].suites.map((name) => suiteByName(name)?.code ?? 0)
    return suites.slice(0, -1).map((better, index) => ({ version, better, worse: suites[index + 1] ?? 0 }))
  })
  // HAProxy settles the certificate before it looks at the order.
  const telling = pairs.filter(({ better, worse }) => order !== 'client' || suiteByCode(worse)?.au === suiteByCode(better)?.au)
  await inParallel(telling, parallel, async ({ version, better, worse }) => {
    const reply = await sayHello(entry, { version: VERSIONS[version], suites: [worse, better], groups: [29, 23, 24, 25, 30, 256] })
    assert.equal(
      reply.suite === undefined ? reply.how : suiteName(reply.suite),
      suiteName(order === 'server' ? better : worse),
      `${version}: ${suiteName(worse)} before ${suiteName(better)}`,
    )
  })
}

function unknowns({ features, tolerance, flaws, signatureSchemes }: Posture): readonly string[] {
  const all = Object.entries({ ...features, ...tolerance, ...flaws, ...signatureSchemes })
  return all
    .filter(([, fact]) => fact === 'unknown')
    .map(([name]) => name)
    .toSorted()
}

/**
 * What must not change from one audit to the next: all but what is random by nature, and the flaws that nobody can find out
 * on this server: which of its breakdowns came first may differ.
 */
function stable<N extends PeerName>({ posture, problem, reachable }: Measurement, { unknown = {}, mayGoWithoutGoodbye }: Row<N>): unknown {
  const flaws = Object.fromEntries(Object.entries(posture.flaws).filter(([name]) => !(name in unknown)))
  const protocols = mayGoWithoutGoodbye === true ? withoutGoodbyes(posture.protocols) : posture.protocols
  return { posture: { ...posture, flaws, protocols }, problem, reachable }
}

function withoutGoodbyes(protocols: Posture['protocols']): unknown {
  return Object.entries(protocols).map(([name, { refusal, ...rest }]) => [
    name,
    { ...rest, refusal: refusal?.replace('alert close_notify', 'connection closed') },
  ])
}
