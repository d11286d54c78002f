import { once } from 'node:events'
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { createServer, type ListenOptions, type Server } from 'node:net'

/** Below the ports that the kernel gives to outgoing connections, so that no client takes one between the answer and the server's start. */
const LOWEST = 15_000
const HIGHEST = 31_999

/** As many ports as no test file needs at once. */
const MOST_CLAIMS = 500

/** By their ports, the oldest first. */
const claims = new Map<number, Server | undefined>()

/**
 * A TCP port of loopback that nobody listens on. No other caller soon gets it while this process lives, in whatever process it asks: servers bind theirs much
 * later than they are chosen, and many test files run at once.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1))
    if ((await claim(port)) && (await isFree(port))) return port
  }
}

/**
 * Claims the number among all processes that test here. A socket with an abstract address (unix(7)) is a claim that one process alone can have, that leaves no
 * file, and that ends with it. Systems other than Linux have none: there the claim holds in this process.
 */
async function claim(port: number): Promise<boolean> {
  if (claims.has(port)) return false
  claims.set(port, undefined)
  if (process.platform !== 'linux') return true
  const held = await listenOn({ path: `\0postern-test-port-${port}` })
  claims.set(port, held)
  const [oldest] = claims
  if (claims.size > MOST_CLAIMS && oldest !== undefined) {
    claims.delete(oldest[0])
    oldest[1]?.close()
  }
  return held !== undefined
}

/** Nobody listens on it, on whatever address. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn({ port })
  if (server === undefined) return false
  server.close()
  await once(server, 'close')
  return true
}

/** Undefined when the address is taken. What listens keeps no process alive. */
async function listenOn(address: ListenOptions): Promise<Server | undefined> {
  const server = createServer().unref()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(address, () => resolve(server))
  })
}

const LISTEN = '0A'

/**
 * The TCP ports that somebody listens on, by a table of the kernel (proc_pid_net(5)). Listeners stand first in it, and nothing behind them is read: what there is
 * to say of all other sockets takes the kernel milliseconds. A trial connection instead would count against a server's limits.
 */
export function listeners(table: '/proc/net/tcp' | '/proc/net/tcp6'): ReadonlySet<number> {
  const ports = new Set<number>()
  for (const line of linesOf(table)) {
    const [, local = '', , state] = line.trim().split(/\s+/)
    if (state === LISTEN) ports.add(Number.parseInt(local.slice(local.indexOf(':') + 1), 16))
    else if (state !== 'st') break
  }
  return ports
}

/** A line of the table has at least 150 octets. */
const TWO_LINES = 300

/** As they are asked for. */
function* linesOf(table: string): Generator<string> {
  if (!existsSync(table)) return
  const file = openSync(table, 'r')
  try {
    const buffer = Buffer.alloc(TWO_LINES)
    let rest = ''
    for (let read = -1; read !== 0;) {
      read = readSync(file, buffer, 0, buffer.length, null)
      const lines = (rest + buffer.toString('latin1', 0, read)).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    closeSync(file)
  }
}
