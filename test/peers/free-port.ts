import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
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
    if (!listening(port) && (await claim(port)) && (await isFree(port))) return port
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

/** Somebody can begin to listen on it, on loopback. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn({ host: '127.0.0.1', port })
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

/** Somebody listens on the TCP port. Read from the kernel's table: a trial connection would count against a server's limits. */
export function listening(port: number): boolean {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    if (!existsSync(table)) continue
    for (const line of readFileSync(table, 'latin1').split('\n')) {
      const [, local = '', , state] = line.trim().split(/\s+/)
      if (state === LISTEN && local.endsWith(suffix)) return true
    }
  }
  return false
}
