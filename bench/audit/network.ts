import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

const TUN = new URL('./tun.py', import.meta.url).pathname
const SERVER_ADDRESS = '10.77.0.2'
const CLIENT_ADDRESS = '10.77.0.1'
const NAMESPACES_OF_IP = '/etc/netns'

/** Where servers and scanners run. */
export interface Network {
  /** The name of the servers resolves everywhere. */
  readonly name: string
  /** A command that runs another one beside the servers. */
  readonly atServer: (command: readonly string[]) => readonly string[]
  /** A command that runs another one with that round trip in milliseconds to the servers; undefined when there is no such way. */
  readonly atScanner: (roundTrip: number, command: readonly string[]) => readonly string[] | undefined
  readonly close: () => Promise<void>
}

/** Without root there is only this machine's loopback. */
export function loopback(): Network {
  const here = (command: readonly string[]): readonly string[] => command
  return {
    name: 'localhost',
    atServer: here,
    atScanner: (roundTrip, command) => (roundTrip === 0 ? command : undefined),
    close: () => Promise.resolve(),
  }
}

/**
 * A namespace for the servers, and one for each round trip from which they are reached through a delaying pair of TUN devices. Without a
 * round trip scanners run beside the servers, over loopback.
 *
 * @throws {Error} without root or /dev/net/tun.
 */
export async function namespaces(name: string, roundTrip: number | undefined): Promise<Network> {
  const server = `postern-server-${process.pid}`
  const scanner = `postern-scanner-${process.pid}`
  await addNamespace(server, '127.0.0.1', name)
  let tun: ChildProcess | undefined
  const close = async (): Promise<void> => {
    await endTun(tun)
    await removeNamespace(server)
    if (roundTrip !== undefined) await removeNamespace(scanner)
  }
  try {
    if (roundTrip !== undefined) {
      await addNamespace(scanner, SERVER_ADDRESS, name)
      tun = await startTun(roundTrip / 2, [scanner, CLIENT_ADDRESS, server, SERVER_ADDRESS])
    }
  } catch (error) {
    await close()
    throw error
  }
  const inside = (namespace: string, command: readonly string[]): readonly string[] => ['ip', 'netns', 'exec', namespace, ...command]
  return {
    name,
    atServer: (command) => inside(server, command),
    atScanner: (wanted, command) => (wanted === 0 ? inside(server, command) : wanted === roundTrip ? inside(scanner, command) : undefined),
    close,
  }
}

/** Whoever runs inside sees files of its own: the name resolves, and no question goes to a DNS server. */
async function addNamespace(namespace: string, address: string, name: string): Promise<void> {
  await run('ip', ['netns', 'add', namespace])
  await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
  mkdirSync(`${NAMESPACES_OF_IP}/${namespace}`, { recursive: true })
  writeFileSync(`${NAMESPACES_OF_IP}/${namespace}/hosts`, `127.0.0.1 localhost\n${address} ${name}\n`)
  writeFileSync(`${NAMESPACES_OF_IP}/${namespace}/resolv.conf`, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
}

async function removeNamespace(namespace: string): Promise<void> {
  await run('ip', ['netns', 'del', namespace]).catch(() => undefined)
  rmSync(`${NAMESPACES_OF_IP}/${namespace}`, { recursive: true, force: true })
}

async function startTun(oneWay: number, ends: readonly string[]): Promise<ChildProcess> {
  const child = spawn('python3', [TUN, String(oneWay), ...ends], { stdio: ['pipe', 'pipe', 'inherit'] })
  const failed = once(child, 'exit').then(() => {
    throw new Error('Cannot join the namespaces: the TUN devices could not be made')
  })
  await Promise.race([once(child.stdout, 'data'), failed])
  failed.catch(() => undefined)
  return child
}

async function endTun(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.stdin?.end()
  await gone
}
