import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { certificates, type Certificates, type LeafFiles } from './certificates.ts'
import * as servers from './list.ts'
import { missingPackages, type PackageName } from './packages.ts'
import { freePort, isFree } from './free-port.ts'
import { allListening, killAllIn, runGuarded, type Guarded } from './run.ts'
import type { Plan, Server, Settings, Site } from './server.ts'

type Servers = typeof servers

const kinds: Servers = servers

/** A server that tests can start, by the name that its line in list.ts gives it. */
export type PeerName = keyof Servers

export type PeerSettings<N extends PeerName> = Servers[N] extends Server<infer S, string> ? S : never

export type PeerDoor<N extends PeerName> = Servers[N] extends Server<never, infer Door> ? Door : never

/** A real server that runs on loopback. */
export interface Peer<N extends PeerName = PeerName> {
  readonly name: N
  readonly host: '127.0.0.1'
  /** Port of each door. */
  readonly doors: Readonly<Record<PeerDoor<N>, number>>
  readonly settings: PeerSettings<N>
  /** Where all its files are, settings too. */
  readonly folder: string
  /** Everything that the server has said so far; still there after `stop()`. */
  readonly log: () => string
  readonly stop: () => Promise<void>
  /** Kills all its processes at once, as a power cut would, and starts it again on what it left behind. */
  readonly crash: () => Promise<void>
}

export const peerNames: readonly PeerName[] = Object.keys(kinds) as PeerName[]

/** However the tests end, no server outlives this. */
const MINUTES = 10

/** A JVM on a busy machine needs most of it; everything else is there within a second. */
const SECONDS_TO_START = 45

/** How servers say that they cannot have a port. Some say nothing, and some try again until somebody ends them. */
const LOST_PORT = /already in use|address is in use|in use by another|EADDRINUSE|errno: 98|duplicate listener/i

/**
 * Starts a server with these settings and waits until all its doors are open. It ends with `stop()`, with the test `t`,
 * with this process, or after ten minutes. Its doors are at what `port` gives.
 *
 * @throws {Error} with the server's own log when it does not start.
 */
export async function startPeer<N extends PeerName>(
  name: N,
  settings: PeerSettings<N>,
  t?: Pick<TestContext, 'after'>,
  port: () => Promise<number> = freePort,
): Promise<Peer<N>> {
  const reason = missing(name)
  if (reason !== false) throw new Error(`Cannot start ${name}: ${reason}`)
  for (let tries = 1; ; tries++) {
    const attempt = await start(name, settings, port)
    t?.after(() => attempt.peer.stop())
    if (attempt.open) return attempt.peer
    await attempt.peer.stop()
    const log = attempt.peer.log()
    const ports = Object.values<number>(attempt.peer.doors)
    // Between choosing a free port and listening on it lies a moment in which a program that is no test can take it.
    if (tries === 3 || !(LOST_PORT.test(log) || (await anyTaken(ports))))
      throw new Error(`Cannot start ${name}: it does not listen on ${ports.join(', ')}\n${log.slice(-4000)}`)
  }
}

/**
 * Why tests of this server cannot run here, or false: for `test(…, { skip: needPeer('postfix') }, …)`. Under CI it is
 * always false, and the test fails at `startPeer`: what CI did not try, nobody has tried.
 */
export function needPeer(name: PeerName): string | false {
  return process.env['CI'] === 'true' ? false : missing(name)
}

/** The same for programs that are no servers: `needPackages('sslscan', 'nmap')`. */
export function needPackages(...names: readonly PackageName[]): string | false {
  return process.env['CI'] === 'true' ? false : withoutPackages(names)
}

function withoutPackages(names: readonly PackageName[]): string | false {
  const absent = missingPackages(names)
  return absent.length > 0 && `not on this machine: ${absent.map((one) => one.name).join(' ')} (see test/setup.ts)`
}

/** Why this server cannot be started on this machine, or false. */
export function missing(name: PeerName): string | false {
  const server: Pick<Server<never, string>, 'packages' | 'needsRoot' | 'missing'> = kinds[name]
  const reason = withoutPackages(server.packages)
  if (reason !== false) return reason
  if (server.needsRoot === true && process.getuid?.() !== 0) return 'only root can run it'
  return server.missing?.() ?? false
}

async function anyTaken(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await isFree(port))) return true
  return false
}

interface Attempt<N extends PeerName> {
  readonly open: boolean
  readonly peer: Peer<N>
}

async function start<N extends PeerName>(name: N, settings: PeerSettings<N>, port: Site['port']): Promise<Attempt<N>> {
  const site = openSite(name, await certificates(), port)
  const server = kinds[name] as unknown as Server<PeerSettings<N>, PeerDoor<N>>
  let plan: Plan<PeerDoor<N>>
  try {
    plan = await server.plan(settings, site)
  } catch (error) {
    rmSync(site.folder, { recursive: true, force: true })
    throw error
  }
  const output = join(site.folder, 'output.log')
  const logs = [output, ...(plan.logs ?? [])]
  const keeping = { folder: site.folder, log: output, minutes: MINUTES, env: opensslConfiguration(settings, site) }
  const programs: Guarded[] = []
  const run = async (): Promise<boolean> => {
    programs.splice(0, programs.length, ...plan.runs.map((one) => runGuarded(one, keeping)))
    return allListening(Object.values<number>(plan.doors), programs, SECONDS_TO_START, () => LOST_PORT.test(readAll(logs)))
  }
  const open = await run()
  return { open, peer: makePeer({ name, settings, plan, programs, run, folder: site.folder, logs }) }
}

/**
 * The machine's own openssl.cnf would change what servers offer. A security level is set here as well as in the cipher
 * list, since keys and parameters are loaded before the list.
 */
function opensslConfiguration(settings: unknown, site: Site): Readonly<Record<string, string>> {
  if (typeof settings !== 'object' || settings === null || !('securityLevel' in settings)) return { OPENSSL_CONF: '/dev/null' }
  const sections = ['openssl_conf = all', '[all]', 'ssl_conf = libssl', '[libssl]', 'system_default = level', '[level]']
  const text = [...sections, `CipherString = DEFAULT:@SECLEVEL=${String(settings.securityLevel)}`, ''].join('\n')
  return { OPENSSL_CONF: site.write('openssl.cnf', text) }
}

interface Parts<N extends PeerName> {
  readonly name: N
  readonly settings: PeerSettings<N>
  readonly plan: Plan<PeerDoor<N>>
  /** Those that run now. */
  readonly programs: readonly Guarded[]
  /** Starts them, and gives whether all doors are open. */
  readonly run: () => Promise<boolean>
  readonly folder: string
  readonly logs: readonly string[]
}

function makePeer<N extends PeerName>({ name, settings, plan, programs, run, folder, logs }: Parts<N>): Peer<N> {
  const read = (): string => readAll(logs)
  let last: string | undefined
  let stopping: Promise<void> | undefined
  const end = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()))
    await plan.stop?.()
    last = read()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
  const crash = async (): Promise<void> => {
    await killAllIn(folder)
    if (!(await run())) throw new Error(`Cannot start ${name} again\n${read().slice(-4000)}`)
  }
  return {
    name,
    host: '127.0.0.1',
    doors: plan.doors,
    settings,
    folder,
    log: () => last ?? read(),
    stop: () => (stopping ??= end()),
    crash,
  }
}

function readAll(files: readonly string[]): string {
  return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('')
}

/** The folder is open to read: many servers change their user before they read all of it. */
function openSite(name: string, material: Certificates, port: Site['port']): Site {
  const folder = mkdtempSync(join(tmpdir(), `postern-${name}-`))
  chmodSync(folder, 0o755)
  const write: Site['write'] = (file, text, mode = 0o644) => {
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode })
    return path
  }
  const copy = (from: string, to: string): string => {
    copyFileSync(from, join(folder, to))
    return join(folder, to)
  }
  return {
    folder,
    root: process.getuid?.() === 0,
    port,
    write,
    directory: (path) => {
      mkdirSync(join(folder, path), { recursive: true })
      return join(folder, path)
    },
    leaves: (settings) => copyLeaves(settings, material, write, copy),
    dh: ({ dh }) => (dh === undefined ? undefined : copy(material.dh(dh), 'dh.pem')),
    authority: copy(material.root, 'root.pem'),
  }
}

type Copy = (from: string, to: string) => string

function copyLeaves(settings: Settings<'certificates' | 'chain'>, material: Certificates, write: Site['write'], copy: Copy): LeafFiles[] {
  return (settings.certificates ?? ['rsa']).map((name) => {
    const leaf = material.leaf(name)
    return {
      key: write(`${name}.key`, readFileSync(leaf.key, 'utf8'), 0o600),
      certificate: copy(leaf.certificate, `${name}.pem`),
      chain: write(`${name}.chain`, material.chain(name, settings.chain ?? 'full')),
      pkcs12: copy(leaf.pkcs12, `${name}.p12`),
      ocsp: existsSync(leaf.ocsp) ? copy(leaf.ocsp, `${name}.ocsp`) : leaf.ocsp,
    }
  })
}
