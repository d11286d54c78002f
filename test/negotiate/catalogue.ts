/** The hellos that programs send when nobody has changed their settings. */
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { CHECKOUT } from '../peers/packages.ts'
import { oneHandshake } from './ends.ts'
import { relay, type Seen } from './relay.ts'

const stack = (name: string): string => join(CHECKOUT, 'test/stacks/node_modules', name, 'bin/node')

const CONNECT = `require('tls').connect({ port: Number(process.argv[1]), host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {})`

const node = (program: string) => ({ program, words: (port: number): readonly string[] => ['-e', CONNECT, String(port)] })

/** Java runs a source file as it is. */
const JAVA_DEFAULT = new URL('./DefaultHello.java', import.meta.url).pathname

/** How to get the hello of a catalogued client, by its name; several where it stands for several. */
const PROGRAMS: Readonly<Record<string, readonly { readonly program: string; readonly words: (port: number) => readonly string[] }[]>> = {
  'Node.js 8': [node(stack('node8'))],
  'Node.js 12 and 16': [node(stack('node12')), node(stack('node16'))],
  'Node.js 20': [node(stack('node20'))],
  'Node.js 24': [node(process.execPath)],
  'OpenSSL 3.0 of Debian 12 (curl, Python and others)': [
    { program: '/usr/bin/openssl', words: (port) => ['s_client', '-connect', `127.0.0.1:${port}`] },
  ],
  'GnuTLS 3.7 (NORMAL)': [
    { program: '/usr/bin/gnutls-cli', words: (port) => ['--insecure', '--priority', 'NORMAL', '--port', String(port), '127.0.0.1'] },
  ],
  'Java 17': [{ program: '/usr/bin/java', words: (port) => [JAVA_DEFAULT, String(port)] }],
}

/** What each program that is there, and is meant by this name, says first. */
export async function defaultHellos(name: string): Promise<readonly Seen[]> {
  const sink = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.end())
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const { port } = sink.address() as AddressInfo
  const seen: Seen[] = []
  for (const { program, words } of PROGRAMS[name] ?? []) {
    if (!existsSync(program)) continue
    const between = await relay(port)
    await oneHandshake([program, ...words(between.port)])
    between.close()
    seen.push(between.seen)
  }
  sink.close()
  return seen
}
