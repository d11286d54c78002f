import { fork } from 'node:child_process'
import { createDiffieHellmanGroup } from 'node:crypto'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PosternError } from '../../errors.ts'
import { dhParameters, makeServerCertificate, type Identity } from './certificate.ts'
import type { MailServerPorts, MailServerSettings } from './mail-server.ts'

/** A mail server that runs, in a process of its own. */
export interface DemoServer {
  readonly name: string
  readonly ports: MailServerPorts
  /** What its settings are, for people. */
  readonly settings: readonly string[]
  /** In PEM. */
  readonly identity: { readonly key: string; readonly cert: string }
  readonly stop: () => Promise<void>
}

/** Names below .localhost mean this machine and nobody else's, RFC 6761 §6.3. */
const OLD_NAME = 'old.localhost'

/** A Node that starts on a busy machine needs a second. */
const START_PATIENCE_MS = 15_000

/** What Kerio Connect and Mail Express came with in 2013, as far as today's OpenSSL still speaks it. */
const OLD_SETTINGS = [
  'protocols:   TLSv1, TLSv1.1, TLSv1.2, and hellos in SSLv2 format',
  'ciphers:     AESGCM:HIGH, which lets suites without any certificate in',
  'DH:          1024 bits, RFC 2409 group 2, which everybody had',
  'preference:  that of the client',
]

/** Starts it, with a certificate made for the occasion. Errors: `DEMO_SERVER`, `world`. */
export async function startOldServer(authority: Identity, now: Date): Promise<DemoServer> {
  const identity = keyAndCertificate(makeServerCertificate(OLD_NAME, 'RSA-2048', authority, now))
  return start({ name: OLD_NAME, tls: oldTls(identity) }, identity)
}

function oldTls(identity: DemoServer['identity']): MailServerSettings['tls'] {
  return {
    ...identity,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.2',
    // At its usual level this OpenSSL would refuse TLS 1.0, small groups, and hellos in SSLv2 format with them.
    ciphers: 'AESGCM:HIGH:@SECLEVEL=0',
    dhparam: dhParameters(createDiffieHellmanGroup('modp2').getPrime(), 2),
    honorCipherOrder: false,
  }
}

function keyAndCertificate({ privateKey, pem }: Identity): DemoServer['identity'] {
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem }
}

function start(settings: MailServerSettings, identity: DemoServer['identity']): Promise<DemoServer> {
  // Built and unbuilt, the file has the ending of this one.
  const file = fileURLToPath(new URL(`mail-server${extname(import.meta.filename)}`, import.meta.url))
  const child = fork(file, [], { execArgv: ['--disable-warning=SecurityWarning'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    await ended
  }
  let log = ''
  child.stderr?.on('data', (bytes: Buffer) => void (log += bytes.toString()))
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.kill()
      reject(
        new PosternError('world', 'DEMO_SERVER', `Cannot start the demo's server ${settings.name}: ${log.trim().split('\n')[0] || why}`, {
          remedy: 'Check that this machine lets programs listen on 127.0.0.1, and try again.',
        }),
      )
    }
    const timer = setTimeout(() => fail('it does not answer'), START_PATIENCE_MS)
    child.once('error', (error) => fail(error.message))
    // What it said last may still be on its way.
    child.once('exit', () => setImmediate(() => fail('it ended')))
    child.once('message', (ports: MailServerPorts) => {
      clearTimeout(timer)
      resolve({ name: settings.name, ports, settings: OLD_SETTINGS, identity, stop })
    })
    child.send(settings)
  })
}
