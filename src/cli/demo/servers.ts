import { fork } from 'node:child_process'
import { constants, createDiffieHellmanGroup } from 'node:crypto'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PosternError } from '../../errors.ts'
import { dhParameters, makeAuthority, makeServerCertificate, type Identity } from './certificate.ts'
import type { MailServerPorts, MailServerSettings } from './mail-server.ts'

/** A mail server that runs, in a process of its own. */
export interface DemoServer {
  readonly name: string
  readonly ports: MailServerPorts
  /** What its settings are, for people. */
  readonly settings: readonly string[]
  readonly stop: () => Promise<void>
}

export interface Demo {
  readonly old: DemoServer
  readonly kept: DemoServer
  /** The authority of both, in PEM. */
  readonly authority: string
  readonly stop: () => Promise<void>
}

/** Names below .localhost mean this machine and nobody else's, RFC 6761 §6.3. */
export const OLD_NAME = 'old.localhost'
export const KEPT_NAME = 'kept.localhost'

/** A Node that starts on a busy machine needs a second. */
const START_PATIENCE_MS = 15_000

/** What Kerio Connect and Mail Express came with in 2013, as far as today's OpenSSL still speaks it. */
const OLD_SETTINGS = [
  'protocols:   TLSv1, TLSv1.1, TLSv1.2, and hellos in SSLv2 format',
  'ciphers:     AESGCM:HIGH, which lets suites without any certificate in',
  'DH:          1024 bits, RFC 2409 group 2, which everybody had',
  'preference:  that of the client',
]

const KEPT_SETTINGS = [
  'protocols:   TLSv1.2, TLSv1.3',
  'ciphers:     ECDHE with AES-GCM or ChaCha20-Poly1305, nothing else',
  'groups:      X25519MLKEM768, X25519, P-256, P-384',
  'preference:  that of the server',
]

/** Starts both, with certificates made for the occasion. */
export async function startDemo(now: Date): Promise<Demo> {
  const authority = makeAuthority('Postern Demo CA', 'P-256', now)
  const starting = [
    start({ name: OLD_NAME, tls: oldTls(makeServerCertificate(OLD_NAME, 'RSA-2048', authority, now)) }, OLD_SETTINGS),
    start({ name: KEPT_NAME, tls: keptTls(makeServerCertificate(KEPT_NAME, 'P-256', authority, now)) }, KEPT_SETTINGS),
  ] as const
  const ended = await Promise.allSettled(starting)
  const stop = async (): Promise<void> => {
    await Promise.all(ended.map(async (one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
  }
  const [old, kept] = ended
  if (old.status === 'fulfilled' && kept.status === 'fulfilled') return { old: old.value, kept: kept.value, authority: authority.pem, stop }
  await stop()
  throw old.status === 'rejected' ? old.reason : kept.status === 'rejected' ? kept.reason : undefined
}

function oldTls(identity: Identity): MailServerSettings['tls'] {
  return {
    ...keyAndCertificate(identity),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.2',
    // At its usual level this OpenSSL would refuse TLS 1.0, small groups, and hellos in SSLv2 format with them.
    ciphers: 'AESGCM:HIGH:@SECLEVEL=0',
    dhparam: dhParameters(createDiffieHellmanGroup('modp2').getPrime(), 2),
    honorCipherOrder: false,
  }
}

function keptTls(identity: Identity): MailServerSettings['tls'] {
  return {
    ...keyAndCertificate(identity),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: [
      'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
      'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256',
    ].join(':'),
    ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384',
    sigalgs: 'ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    honorCipherOrder: true,
  }
}

function keyAndCertificate({ privateKey, pem }: Identity): { key: string; cert: string } {
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem }
}

/** Errors: `DEMO_SERVER`, `world`. */
function start(settings: MailServerSettings, words: readonly string[]): Promise<DemoServer> {
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
      resolve({ name: settings.name, ports, settings: words, stop })
    })
    child.send(settings)
  })
}
