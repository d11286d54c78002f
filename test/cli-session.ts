import { spawn, type ChildProcess } from 'node:child_process'
import { connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { main } from '../src/cli/main.ts'
import type { Terminal } from '../src/cli/terminal.ts'

/** What a command wrote, and how it ended. */
export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Types a command line into a terminal that nobody looks at, unless `change` says otherwise. */
export async function type(argv: readonly string[], change: Partial<Terminal> = {}): Promise<Ended> {
  const out: string[] = []
  const err: string[] = []
  const status = await main(argv, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    interactive: false,
    colour: false,
    columns: 100,
    unicode: true,
    cwd: '/',
    env: {},
    ...change,
  })
  return { status, out: out.join(''), err: err.join('') }
}

/** The same in a process of its own, through a shell where there is a pipe: `[postern]` stands for the command. `meanwhile` may do something to it. */
export async function run(
  line: string,
  env: Readonly<Record<string, string>> = {},
  meanwhile: (child: ChildProcess) => Promise<void> = () => Promise.resolve(),
): Promise<Ended> {
  const postern = fileURLToPath(new URL('../bin/postern.js', import.meta.url))
  const command = line.replace('[postern]', `"${process.execPath}" "${postern}"`)
  const child = spawn('bash', ['-c', command], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  await meanwhile(child)
  const status = await closed
  return { status, out, err }
}

/** Passes connections to an address of this machine on to a port of 127.0.0.1. Says why where the address cannot be had. */
export async function relay(
  from: { readonly host: string; readonly port: number },
  port: number,
  t: Pick<TestContext, 'after'>,
): Promise<number | string> {
  const server = createServer((client) => {
    const inner = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, inner],
      [inner, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    client.pipe(inner).pipe(client)
  })
  const problem = await new Promise<string | undefined>((resolve) => {
    server.on('error', (error) => resolve(error.message))
    server.listen(from.port, from.host, () => resolve(undefined))
  })
  if (problem !== undefined) return problem
  t.after(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 'it has no port'
}
