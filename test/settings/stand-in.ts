/**
 * A stand-in for a server with a settings file: it serves TLS by what its file says, and may write the file again when it stops.
 *
 *     node stand-in.ts start FOLDER [rewrites]   returns once it serves, or fails
 *     node stand-in.ts stop FOLDER
 *
 * FOLDER has key-value.conf, key.pem, cert.pem and port. It ends by itself after a while, whatever becomes of the test.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type SecureVersion } from 'node:tls'
import { fileURLToPath } from 'node:url'

const LONGEST_MS = 60_000
const PATIENCE_MS = 15_000

const [what = '', folder = '', rewrites = ''] = process.argv.slice(2)
const at = (name: string): string => join(folder, name)

if (what === 'start') await start()
else if (what === 'stop') await stop()
else serve()

async function start(): Promise<void> {
  rmSync(at('pid'), { force: true })
  const log = openSync(at('log'), 'a')
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve', folder, rewrites], {
    detached: true,
    stdio: ['ignore', log, log],
  })
  let ended = false
  child.on('exit', () => (ended = true))
  await until(() => existsSync(at('pid')) || ended)
  if (!existsSync(at('pid'))) {
    console.error('it did not start')
    process.exit(1)
  }
  process.exit(0)
}

async function stop(): Promise<void> {
  if (!existsSync(at('pid'))) return
  const pid = Number(readFileSync(at('pid'), 'utf8'))
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    rmSync(at('pid'), { force: true })
  }
  await until(() => !existsSync(at('pid')))
}

async function until(done: () => boolean): Promise<void> {
  const last = Date.now() + PATIENCE_MS
  while (!done() && Date.now() < last) await new Promise((resolve) => setTimeout(resolve, 20))
}

function serve(): void {
  const text = readFileSync(at('key-value.conf'), 'utf8')
  const value = (key: string): string | undefined => new RegExp(`^${key} *= *(.*?) *$`, 'm').exec(text)?.[1]
  if (value('start') === 'never') process.exit(1)
  const protocols = (value('server.protocols') ?? 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3').split(' ') as SecureVersion[]
  const server = createServer({
    key: readFileSync(at('key.pem')),
    cert: readFileSync(at('cert.pem')),
    minVersion: protocols[0]!,
    maxVersion: value('stuck') === 'yes' ? 'TLSv1.2' : protocols.at(-1)!,
    ciphers: `${value('server.ciphers') ?? 'HIGH:!aNULL'}:@SECLEVEL=0`,
    ecdhCurve: 'X25519:P-256:P-384',
  })
  server.on('secureConnection', (socket) => socket.on('error', () => undefined).end())
  server.on('tlsClientError', () => undefined)
  process.on('SIGTERM', () => {
    if (rewrites === 'rewrites') appendFileSync(at('key-value.conf'), '# written again when it stopped\n')
    rmSync(at('pid'), { force: true })
    process.exit(0)
  })
  server.listen(Number(readFileSync(at('port'), 'utf8')), '127.0.0.1', () => writeFileSync(at('pid'), String(process.pid)))
  setTimeout(() => process.exit(0), LONGEST_MS)
}
