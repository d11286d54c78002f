import { spawn } from 'node:child_process'
import { once } from 'node:events'

const PATIENCE_MS = 20_000

/** The exit status of a program, null where a signal has ended it; other tests go on meanwhile. */
export async function statusOf(program: string, words: readonly string[], timeout: number = PATIENCE_MS): Promise<number | null> {
  const child = spawn(program, words, { stdio: 'ignore', timeout })
  const [status] = (await once(child, 'exit')) as [number | null]
  return status
}

/** The same of a line for the shell. */
export function statusOfLine(line: string, timeout?: number): Promise<number | null> {
  return statusOf('sh', ['-c', line], timeout)
}

/** All that a program writes, on both outputs, and its exit status. */
export async function outputOf(
  program: string,
  words: readonly string[],
): Promise<{ readonly status: number | null; readonly out: string }> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE_MS })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (out += text))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, out }
}

/** Whether a client with this protocol as s_client calls it, such as `tls1_2`, and old suites comes to a handshake at a port of loopback. */
export async function letsIn(port: number | string, protocol: string): Promise<boolean> {
  const words = ['-connect', `127.0.0.1:${port}`, `-${protocol}`, '-cipher', 'DEFAULT:@SECLEVEL=0']
  return (await statusOf('openssl', ['s_client', '-no-CAfile', ...words])) === 0
}
