/** Self-signed certificates with keys of every kind, made once per checkout and quarter of a year. */
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { HandshakeCertificate } from '../../src/policy/negotiate/index.ts'
import { KEPT } from '../peers/packages.ts'

const run = promisify(execFile)

/** Raise this when anything below changes. */
const VERSION = 1

export type KeyName = 'rsa-1024' | 'rsa-2048' | 'rsa-3072' | 'rsa-pss' | 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'ed25519' | 'ed448'

interface Kind {
  readonly key: readonly string[]
  readonly certificate: HandshakeCertificate
}

const rsa = (bits: number): Kind => ({
  key: ['RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`],
  certificate: { keyType: 'RSA', keyBits: bits, signedWith: 'rsa_pkcs1_sha256' },
})
const ecdsa = (curve: string, name: string, keyBits: number, signedWith: string): Kind => ({
  key: ['EC', '-pkeyopt', `ec_paramgen_curve:${curve}`],
  certificate: { keyType: 'ECDSA', keyBits, curve: name, signedWith },
})

const KINDS: Readonly<Record<KeyName, Kind>> = {
  'rsa-1024': rsa(1024),
  'rsa-2048': rsa(2048),
  'rsa-3072': rsa(3072),
  'rsa-pss': {
    key: ['RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'],
    certificate: { keyType: 'RSA-PSS', keyBits: 2048, signedWith: 'rsa_pss_pss_sha256' },
  },
  'ecdsa-p256': ecdsa('P-256', 'secp256r1', 256, 'ecdsa_secp256r1_sha256'),
  'ecdsa-p384': ecdsa('P-384', 'secp384r1', 384, 'ecdsa_secp384r1_sha384'),
  'ecdsa-p521': ecdsa('P-521', 'secp521r1', 521, 'ecdsa_secp521r1_sha512'),
  ed25519: { key: ['ED25519'], certificate: { keyType: 'Ed25519', keyBits: 256, signedWith: 'ed25519' } },
  ed448: { key: ['ED448'], certificate: { keyType: 'Ed448', keyBits: 456, signedWith: 'ed448' } },
}

export const keyNames: readonly KeyName[] = Object.keys(KINDS) as KeyName[]

export interface KeyFiles {
  readonly name: KeyName
  readonly key: string
  readonly certificate: string
  readonly pkcs12: string
  readonly fingerprint: string
  readonly facts: HandshakeCertificate
}

let ready: Promise<(name: KeyName) => KeyFiles> | undefined

/** All files are made before this is returned. */
export function keys(): Promise<(name: KeyName) => KeyFiles> {
  ready ??= makeOnce()
  return ready
}

async function makeOnce(): Promise<(name: KeyName) => KeyFiles> {
  const now = new Date()
  const folder = join(KEPT, `negotiate-${VERSION}-${now.getUTCFullYear()}q${Math.floor(now.getUTCMonth() / 3) + 1}`)
  if (!existsSync(folder)) await makeAll(folder)
  const files = new Map<KeyName, KeyFiles>()
  for (const name of keyNames) {
    const certificate = join(folder, `${name}.pem`)
    files.set(name, {
      name,
      key: join(folder, `${name}.key`),
      certificate,
      pkcs12: join(folder, `${name}.p12`),
      fingerprint: new X509Certificate(readFileSync(certificate)).fingerprint,
      facts: KINDS[name].certificate,
    })
  }
  return (name) => files.get(name)!
}

async function makeAll(folder: string): Promise<void> {
  mkdirSync(KEPT, { recursive: true })
  const draft = mkdtempSync(`${folder}.`)
  const openssl = (...words: readonly string[]): Promise<unknown> =>
    run('openssl', words, { cwd: draft, timeout: 60_000, env: { PATH: process.env['PATH'] ?? '/usr/bin', OPENSSL_CONF: '/dev/null' } })
  try {
    for (const name of keyNames) {
      const { key, certificate } = KINDS[name]
      await openssl('genpkey', '-algorithm', ...key, '-out', `${name}.key`)
      const hash = { secp384r1: '-sha384', secp521r1: '-sha512' }[certificate.curve ?? ''] ?? '-sha256'
      const usage = name.startsWith('rsa-') && name !== 'rsa-pss' ? 'digitalSignature,keyEncipherment' : 'digitalSignature'
      const extensions = [
        '-addext',
        `keyUsage=critical,${usage}`,
        '-addext',
        'subjectAltName=DNS:mail.example.test,DNS:localhost,IP:127.0.0.1',
      ]
      const more = name.startsWith('ed') ? [] : [hash]
      await openssl(
        'req',
        '-x509',
        '-new',
        '-config',
        '/dev/null',
        '-key',
        `${name}.key`,
        '-subj',
        '/CN=mail.example.test',
        '-days',
        '400',
        ...more,
        ...extensions,
        '-out',
        `${name}.pem`,
      )
      await openssl(
        'pkcs12',
        '-export',
        '-in',
        `${name}.pem`,
        '-inkey',
        `${name}.key`,
        '-name',
        name,
        '-passout',
        'pass:changeit',
        '-out',
        `${name}.p12`,
      )
    }
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
