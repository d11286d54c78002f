/** The hellos that programs send when nobody has changed their settings. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKOUT } from '../peers/packages.ts'
import { oneHandshake } from './ends.ts'
import { relay, type Seen } from './relay.ts'

const stack = (name: string): string => join(CHECKOUT, 'test/stacks/node_modules', name, 'bin/node')

const CONNECT = `require('tls').connect({ port: Number(process.argv[1]), host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {})`

/** A program that says hello to a port; `version`: what it has to say of itself to be the one that was measured. */
interface Caller {
  readonly program: string
  readonly words: (port: number) => readonly string[]
  readonly version?: RegExp
}

const node = (program: string): Caller => ({ program, words: (port) => ['-e', CONNECT, String(port)] })

/** Java runs a source file as it is. */
const JAVA_DEFAULT = new URL('./DefaultHello.java', import.meta.url).pathname

const java = (program: string, version: RegExp): Caller => ({ program, words: (port) => [JAVA_DEFAULT, String(port)], version })

const PROFILE = join(tmpdir(), `postern-chromium-${process.pid}`)
process.once('exit', () => rmSync(PROFILE, { recursive: true, force: true }))

const BROWSE = ['--headless', '--no-sandbox', '--disable-gpu', '--ignore-certificate-errors', '--dump-dom', `--user-data-dir=${PROFILE}`]

/** How to get the hello of a catalogued client, by its name; several where it stands for several. */
const PROGRAMS: Readonly<Record<string, readonly Caller[]>> = {
  'Node.js 8': [node(stack('node8'))],
  'Node.js 12 and 16': [node(stack('node12')), node(stack('node16'))],
  'Node.js 20': [node(stack('node20'))],
  'Node.js 24': [node(process.execPath)],
  'OpenSSL 3.0 of Debian 12 (curl, Python and others)': [
    { program: '/usr/bin/openssl', words: (port) => ['s_client', '-no-CAfile', '-connect', `127.0.0.1:${port}`], version: /OpenSSL 3\.0/ },
    { program: '/usr/bin/curl', words: (port) => ['-sk', `https://127.0.0.1:${port}/`], version: /OpenSSL\/3\.0/ },
  ],
  'GnuTLS 3.7 (wget, msmtp and others of Debian 12)': [
    {
      program: '/usr/bin/gnutls-cli',
      words: (port) => ['--insecure', '--priority', 'NORMAL', '--port', String(port), '127.0.0.1'],
      version: /gnutls-cli 3\.7/,
    },
  ],
  'Postfix 3.7 of Debian 12, delivering': [
    {
      program: '/usr/sbin/posttls-finger',
      words: (port) => ['-w', '-c', '-l', 'may', `[127.0.0.1]:${port}`],
    },
  ],
  'Java 17': [java('/usr/lib/jvm/java-17-openjdk-amd64/bin/java', /"17\./)],
  'Java 25': [java('/usr/lib/jvm/temurin-25-jdk-amd64/bin/java', /"25/)],
  'Chromium 156, Chrome and Edge of today': [
    { program: '/usr/bin/chromium', words: (port) => [...BROWSE, `https://127.0.0.1:${port}/`], version: /Chromium 156\./ },
  ],
}

function isThere({ program, version }: Caller): boolean {
  if (!existsSync(program)) return false
  if (version === undefined) return true
  const flag = program.endsWith('java') ? '-version' : program.endsWith('openssl') ? 'version' : '--version'
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8', timeout: 10_000 })
  return version.test(`${stdout}${stderr}`)
}

/** A browser on a busy machine takes its time to start. */
const LIMIT_MS = 40_000

/** What each program that is there, and is meant by this name, says first. */
export async function defaultHellos(name: string): Promise<readonly Seen[]> {
  const sink = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.end())
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const { port } = sink.address() as AddressInfo
  const seen: Seen[] = []
  for (const caller of PROGRAMS[name] ?? []) {
    if (!isThere(caller)) continue
    const { program, words } = caller
    const between = await relay(port)
    await oneHandshake([program, ...words(between.port)], undefined, LIMIT_MS)
    between.close()
    seen.push(between.seen)
  }
  sink.close()
  return seen
}
