/**
 * Brings the real servers that tests speak to onto this machine: Debian's packages where it may, old Nodes from npm, and
 * test certificates. Run by `npm test`; takes no time when all is there.
 *
 * As root on a Debian it installs what is missing, without starting any service. Otherwise it says what is missing and which
 * command would install it, and tests of those servers are skipped. Under CI (`CI=true`) a missing one is an error.
 * `POSTERN_SETUP=look` keeps it from installing anything.
 */
import { execFile, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { certificates } from './peers/certificates.ts'
import { compiledServer } from './peers/java.ts'
import { CHECKOUT, KEPT, missingPackages, type PeerPackage } from './peers/packages.ts'
import { missing, peerNames } from './peers/start.ts'

const run = promisify(execFile)
const quiet = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 1 << 26 }

function say(line: string): void {
  process.stdout.write(`setup: ${line}\n`)
}

/** Does `work` and says how long it took; prints nothing more unless it fails. */
async function step(what: string, work: () => Promise<unknown>): Promise<boolean> {
  say(`${what} …`)
  const start = performance.now()
  try {
    await work()
    say(`${what}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`)
    return true
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    say(`${what}: failed\n${(output || String(error)).trim().split('\n').slice(-15).join('\n')}`)
    return false
  }
}

const MAY_FETCH = existsSync('/usr/bin/apt-get') && process.env['POSTERN_SETUP'] !== 'look'
const IS_ROOT = process.getuid?.() === 0

/** Everybody may unpack a package into the checkout; only root may install one. */
async function getPackages(): Promise<void> {
  const wanted = missingPackages().filter((one) => MAY_FETCH && (IS_ROOT || one.unpacked))
  if (wanted.length === 0) return
  await step(`getting ${wanted.length} packages: ${wanted.map((one) => one.name).join(' ')}`, async () => {
    if (!IS_ROOT) return get(wanted)
    let known = await onOffer(wanted)
    if (known.length < wanted.length) {
      await run('apt-get', ['update', '-qq'], quiet)
      known = await onOffer(wanted)
    }
    try {
      await get(known)
    } catch {
      // The lists may name versions that the mirrors have replaced since.
      await run('apt-get', ['update', '-qq'], quiet)
      await get(known)
    }
  })
}

/** Those that the package lists of this machine name; other Debians and Ubuntu lack some. */
async function onOffer(wanted: readonly PeerPackage[]): Promise<readonly PeerPackage[]> {
  const { stdout } = await run('apt-cache', ['policy', ...wanted.map((one) => one.name)], quiet)
  const offered = new Set([...stdout.matchAll(/^(\S+):\n.*\n {2}Candidate: (?!\(none\))/gm)].map(([, name]) => name))
  return wanted.filter(({ name }) => offered.has(name))
}

async function get(wanted: readonly PeerPackage[]): Promise<void> {
  const installed = wanted.filter((one) => !one.unpacked).map((one) => one.name)
  // A package that cannot come without removing another one is not worth it: nothing on this machine is taken away.
  const options = ['install', '-y', '-qq', '--no-install-recommends', '--no-remove', '-o', 'Dpkg::Options::=--force-confold']
  if (installed.length > 0) await withoutServices(() => run('apt-get', [...options, ...installed], quiet))
  for (const { name, unpacked } of wanted) if (unpacked) await unpack(name)
}

const POLICY = '/usr/sbin/policy-rc.d'

/** Packages ask this script whether to start their service. One that is there already is somebody's decision and stays. */
async function withoutServices(work: () => Promise<unknown>): Promise<void> {
  const ours = !existsSync(POLICY)
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await work()
  } finally {
    if (ours) rmSync(POLICY, { force: true })
  }
}

/** Into `.peers/NAME`, whole or not at all. */
async function unpack(name: string): Promise<void> {
  const draft = join(KEPT, `${name}.${process.pid}`)
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(join(draft, 'root'), { recursive: true })
  try {
    // Without a sandbox user: that one could not write below a home directory.
    await run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], { ...quiet, cwd: draft })
    await run('/bin/sh', ['-c', 'dpkg -x ./*.deb root'], { cwd: draft })
    rmSync(join(KEPT, name), { recursive: true, force: true })
    renameSync(join(draft, 'root'), join(KEPT, name))
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

const STACKS = join(CHECKOUT, 'test/stacks')

/** The Nodes of test/stacks are those of its lock file. They are built for one processor only. */
const MAY_RUN_STACKS = process.platform === 'linux' && process.arch === 'x64'

function stacksAreThere(): boolean {
  const installed = join(STACKS, 'node_modules/.package-lock.json')
  return existsSync(installed) && integrity(installed) === integrity(join(STACKS, 'package-lock.json'))
}

/** What npm calls the integrity of each package in a lock file, in one text. */
function integrity(lockFile: string): string {
  return (readFileSync(lockFile, 'utf8').match(/"integrity": "[^"]*"/g) ?? []).toSorted().join()
}

async function installStacks(): Promise<void> {
  await run('npm', ['ci', '--no-bin-links', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: STACKS, maxBuffer: 1 << 26 })
}

function writable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** What a person types to get everything that is to be installed. */
function remedy(packages: readonly PeerPackage[]): string {
  const names = packages.filter((one) => !one.unpacked).map((one) => one.name)
  return `${IS_ROOT ? '' : 'sudo '}apt-get install --no-install-recommends ${names.join(' ')}`
}

/** Says which servers tests will not meet, and why. */
function report(): boolean {
  const absent = peerNames.flatMap((name) => {
    const reason = missing(name)
    return reason === false ? [] : [`  ${name}: ${reason}`]
  })
  const packages = missingPackages()
  if (absent.length > 0) say(`tests of these servers will be skipped:\n${absent.join('\n')}`)
  if (packages.length > 0) say(`missing packages: ${packages.map((one) => one.name).join(' ')}`)
  if (packages.some((one) => !one.unpacked)) say(`this would install them: ${remedy(packages)}`)
  if (absent.length === 0 && packages.length === 0) say(`all ${peerNames.length} servers are there`)
  return absent.length === 0 && packages.length === 0
}

async function main(): Promise<void> {
  mkdirSync(KEPT, { recursive: true })
  await getPackages()
  if (MAY_RUN_STACKS && !stacksAreThere() && writable(STACKS)) await step('installing old Nodes into test/stacks', installStacks)
  if (spawnSync('openssl', ['version']).status === 0) await certificates()
  if (existsSync('/usr/bin/javac')) await compiledServer()
  const complete = report()
  if (!complete && process.env['CI'] === 'true') {
    say('under CI every server has to be there')
    process.exitCode = 1
  }
}

await main()
