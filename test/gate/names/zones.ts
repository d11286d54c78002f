import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { makeQuery } from '../../../src/gate/names/dns-message.ts'
import { askByUdp } from '../../../src/gate/names/ask-udp.ts'
import { certificates, needPackages } from '../../peers/index.ts'
import { freePort } from '../../peers/free-port.ts'
import { runGuarded, type Guarded } from '../../peers/run.ts'

/** One zone of a test. */
export interface Zone {
  /** Lines of a zone file; SOA, NS and `$TTL 60` are there already. */
  readonly records: string
  /** `bogus`: signed, but the zone above vouches for another key. `unsigned`: the zone above says that nobody signs. */
  readonly dnssec: 'signed' | 'unsigned' | 'bogus'
}

/** A validating resolver that knows the zones of a test and nothing else. */
export interface Zones {
  /** As the configuration names it: it validates, and is on loopback. */
  readonly resolver: string
  /** The same over TLS. Its certificate is made out to `localhost` by the authority of the tests. */
  readonly overTls: string
  /** The authority of the tests in PEM. */
  readonly ca: string
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Why tests with DNS cannot run here, or false. */
export const NEEDS_ZONES: string | false = needPackages('knot', 'unbound')

/** It is over by then, whatever happens. */
const MINUTES = 5

/**
 * Starts Knot with a signed root and `zones` below it (by their names, without a dot at the end), and Unbound, which validates from that root. Ends with the test.
 *
 *     const { resolver } = await startZones({ 'signed.example': { dnssec: 'signed', records: '@ MX 10 mx\nmx A 127.0.0.2' } }, t)
 */
export async function startZones(zones: Readonly<Record<string, Zone>>, t?: Pick<TestContext, 'after'>): Promise<Zones> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-zones-'))
  for (const name of ['run', 'db', 'zones', 'tmp']) mkdirSync(join(folder, name))
  const ports = { knot: await freePort(), unbound: await freePort(), tls: await freePort() }
  const anchor = writeKnot(folder, zones, ports.knot)
  const { authority } = await writeUnbound(folder, Object.keys(zones), anchor, ports)
  const keeping = { folder, log: join(folder, 'log'), minutes: MINUTES, env: {} }
  const programs: Guarded[] = [
    runGuarded({ command: ['/usr/sbin/knotd', '-c', join(folder, 'knot.conf')], signal: 'KILL' }, keeping),
    runGuarded({ command: ['/usr/sbin/unbound', '-d', '-c', join(folder, 'unbound.conf')], signal: 'KILL' }, keeping),
  ]
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  t?.after(stop)
  await answering(ports.knot, folder)
  await answering(ports.unbound, folder)
  return {
    resolver: `127.0.0.1:${ports.unbound}`,
    overTls: `tls://127.0.0.1:${ports.tls}#localhost`,
    ca: authority,
    port: ports.unbound,
    stop,
  }
}

const SOA = '$TTL 60\n@ SOA ns.root. hostmaster.root. 1 3600 600 86400 30\n@ NS ns.root.\n'

/** Gives the trust anchor. */
function writeKnot(folder: string, zones: Readonly<Record<string, Zone>>, port: number): string {
  const signed = (name: string): boolean => name === '.' || zones[name]?.dnssec !== 'unsigned'
  const all = ['.', ...Object.keys(zones)]
  const lines = [
    `server:\n  listen: 127.0.0.1@${port}\n  rundir: ${folder}/run`,
    `database:\n  storage: ${folder}/db`,
    'log:\n  - target: stderr\n    any: info',
    'policy:\n  - id: one\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n    manual: on',
    `template:\n  - id: default\n    storage: ${folder}/zones\n    dnssec-policy: one\n    zonefile-sync: -1`,
    'zone:',
    ...all.map((name) => `  - domain: ${name}\n    file: ${fileOf(name)}\n    dnssec-signing: ${signed(name) ? 'on' : 'off'}`),
  ]
  writeFileSync(join(folder, 'knot.conf'), lines.join('\n') + '\n')
  const keymgr = (zone: string, ...words: string[]): string =>
    execFileSync('/usr/sbin/keymgr', ['-c', join(folder, 'knot.conf'), zone, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const delegations: string[] = []
  for (const [name, { records, dnssec }] of Object.entries(zones)) {
    writeFileSync(join(folder, 'zones', fileOf(name)), `${SOA}${records}\n`)
    delegations.push(`${name}. NS ns.root.`)
    if (dnssec === 'unsigned') continue
    keymgr(name, 'generate', 'algorithm=ECDSAP256SHA256', 'ksk=yes', 'zsk=yes')
    const ds = digestOf(keymgr(name, 'ds'))
    delegations.push(
      `${name}. DS ${dnssec === 'bogus' ? ds.replace(/[0-9a-fA-F]+$/, (digest) => digest.replaceAll(/[0-9a-f]/gi, '0')) : ds}`,
    )
  }
  writeFileSync(join(folder, 'zones', fileOf('.')), `${SOA}ns.root. A 127.0.0.1\n${delegations.join('\n')}\n`)
  keymgr('.', 'generate', 'algorithm=ECDSAP256SHA256', 'ksk=yes', 'zsk=yes')
  return `. DS ${digestOf(keymgr('.', 'ds'))}`
}

function fileOf(zone: string): string {
  return zone === '.' ? 'root.zone' : `${zone}.zone`
}

/** The data of the record with SHA-256 (digest type 2). */
function digestOf(records: string): string {
  const found = /\bDS (\d+ \d+ 2 [0-9a-f]+)/i.exec(records)?.[1]
  assert.ok(found !== undefined, records)
  return found
}

async function writeUnbound(
  folder: string,
  zones: readonly string[],
  anchor: string,
  ports: Readonly<Record<'knot' | 'unbound' | 'tls', number>>,
): Promise<{ authority: string }> {
  const { leaf, root } = await certificates()
  const stub = (name: string): string => `stub-zone:\n  name: "${name}"\n  stub-addr: 127.0.0.1@${ports.knot}`
  const lines = [
    'server:\n  chroot: ""\n  username: ""\n  do-daemonize: no\n  use-syslog: no\n  logfile: ""\n  val-log-level: 2\n  ede: yes',
    `  directory: "${folder}"\n  pidfile: ""`,
    `  interface: 127.0.0.1@${ports.unbound}\n  interface: 127.0.0.1@${ports.tls}\n  tls-port: ${ports.tls}`,
    `  tls-service-key: "${leaf('ecdsa').key}"\n  tls-service-pem: "${leaf('ecdsa').chain}"`,
    '  do-not-query-localhost: no\n  do-ip6: no\n  module-config: "validator iterator"\n  num-threads: 1\n  so-reuseport: no',
    '  outgoing-range: 64\n  num-queries-per-thread: 32\n  msg-cache-size: 1m\n  rrset-cache-size: 1m\n  key-cache-size: 1m',
    `  trust-anchor: "${anchor}"`,
    ...zones.map((name) => `  local-zone: "${name}." nodefault`),
    'remote-control:\n  control-enable: no',
    stub('.'),
    ...zones.map((name) => stub(`${name}.`)),
  ]
  writeFileSync(join(folder, 'unbound.conf'), lines.join('\n') + '\n')
  return { authority: readFileSync(root, 'utf8') }
}

/** Waits until the server answers for the root. */
async function answering(port: number, folder: string): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    const bytes = await askByUdp({ address: '127.0.0.1', port }, makeQuery(1, '', 'A'), 250)
    if (bytes instanceof Uint8Array && ((bytes[3] ?? 0) & 0x0f) === 0) return
    await delay(20)
  }
  throw new Error(`Cannot start the zones:\n${readFileSync(join(folder, 'log'), 'utf8').slice(-4000)}`)
}
