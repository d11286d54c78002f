/**
 * A stand-in for a server with a settings file: it serves TLS by what its file says, and may write the file again when it stops, as it
 * was when it started: what was changed meanwhile is lost. It understands key-value.conf, and of Kerio Connect's mailserver.cfg the
 * table Security.
 *
 *     node stand-in.ts start FOLDER [rewrites]   returns once it serves, or fails
 *     node stand-in.ts stop FOLDER
 *
 * FOLDER has one of these files, key.pem, cert.pem and port. It ends by itself after a while, whatever becomes of the test.
 */
import { spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/** The settings that it has, whichever file there is. */
interface Told {
  readonly file: string
  readonly text: string
  readonly protocols: readonly SecureVersion[]
  readonly ciphers: string
  /** What a file of this kind may end with. */
  readonly remark: string
}

function told(): Told {
  if (existsSync(at('mailserver.cfg'))) return kerio(readFileSync(at('mailserver.cfg'), 'latin1'))
  const text = readFileSync(at('key-value.conf'), 'latin1')
  const value = (key: string): string | undefined => new RegExp(`^${key} *= *(.*?)[ \\r]*$`, 'm').exec(text)?.[1]
  if (value('start') === 'never') process.exit(1)
  const protocols = (value('server.protocols') ?? 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3').split(' ') as SecureVersion[]
  const stuck = value('stuck') === 'yes' ? protocols.filter((one) => one !== 'TLSv1.3') : protocols
  return { file: 'key-value.conf', text, protocols: stuck, ciphers: value('server.ciphers') ?? 'HIGH:!aNULL', remark: '# written again\n' }
}

function kerio(text: string): Told {
  const table = /<table name="Security">[^]*?<\/table>/.exec(text)?.[0] ?? ''
  const value = (name: string): string => new RegExp(`name="${name}">([^<]*)<`).exec(table)?.[1] ?? ''
  const protocols = (value('ServerTlsProtocols') || 'TLSv1,TLSv1.1,TLSv1.2').split(',') as SecureVersion[]
  return {
    file: 'mailserver.cfg',
    text,
    protocols,
    ciphers: value('ServerTlsCiphers') || 'AESGCM:HIGH:!aNULL',
    remark: '<!-- written again -->\n',
  }
}

function serve(): void {
  const { file, text, protocols, ciphers, remark } = told()
  const server = createServer({
    key: readFileSync(at('key.pem')),
    cert: readFileSync(at('cert.pem')),
    minVersion: protocols[0]!,
    maxVersion: protocols.at(-1)!,
    ciphers: `${ciphers}:@SECLEVEL=0`,
    ecdhCurve: 'X25519:P-256:P-384',
    honorCipherOrder: true,
  })
  server.on('secureConnection', (socket) => socket.on('error', () => undefined).end())
  server.on('tlsClientError', () => undefined)
  process.on('SIGTERM', () => {
    if (rewrites === 'rewrites') writeFileSync(at(file), text.endsWith(remark) ? text : `${text}${remark}`, 'latin1')
    rmSync(at('pid'), { force: true })
    process.exit(0)
  })
  server.listen(Number(readFileSync(at('port'), 'utf8')), '127.0.0.1', () => writeFileSync(at('pid'), String(process.pid)))
  setTimeout(() => process.exit(0), LONGEST_MS)
}
