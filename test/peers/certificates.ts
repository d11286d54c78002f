/**
 * Certificates for test servers: a root, two intermediates and leaves of every kind, made by the `openssl` command.
 * They are made once per checkout and quarter of a year, so that their dates are always as asked.
 */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OWN_DH } from './dh-parameters.ts'
import { KEPT } from './packages.ts'

const run = promisify(execFile)

/** Raise this when anything below changes. */
const VERSION = 2

/** The name that every leaf but `wrong-name` is for; they also name `localhost` and 127.0.0.1. */
export const SERVER_NAME = 'mail.example.test'

interface LeafKind {
  readonly key: KeyKind
  readonly issuer: 'rsa-intermediate' | 'ecdsa-intermediate' | 'itself'
  readonly hash?: string
  readonly names?: string
  /** Validity in days from now. */
  readonly days?: readonly [from: number, to: number]
  readonly extension?: string
}

type KeyKind = 'RSA-1024' | 'RSA-2048' | 'RSA-3072' | 'P-256' | 'P-384' | 'ED25519' | 'DSA-1024'

const anyName = `DNS:${SERVER_NAME},DNS:localhost,IP:127.0.0.1`

const LEAVES = {
  rsa: { key: 'RSA-2048', issuer: 'rsa-intermediate' },
  'rsa-1024': { key: 'RSA-1024', issuer: 'rsa-intermediate' },
  'rsa-3072': { key: 'RSA-3072', issuer: 'rsa-intermediate' },
  ecdsa: { key: 'P-256', issuer: 'ecdsa-intermediate' },
  'ecdsa-p384': { key: 'P-384', issuer: 'ecdsa-intermediate' },
  ed25519: { key: 'ED25519', issuer: 'ecdsa-intermediate' },
  dsa: { key: 'DSA-1024', issuer: 'rsa-intermediate', hash: 'sha1' },
  expired: { key: 'RSA-2048', issuer: 'rsa-intermediate', days: [-100, -10] },
  'not-yet': { key: 'RSA-2048', issuer: 'rsa-intermediate', days: [3650, 4000] },
  'wrong-name': { key: 'RSA-2048', issuer: 'rsa-intermediate', names: 'DNS:other.example.test' },
  'must-staple': { key: 'RSA-2048', issuer: 'rsa-intermediate', extension: 'tlsfeature=status_request' },
  sha1: { key: 'RSA-2048', issuer: 'rsa-intermediate', hash: 'sha1' },
  'self-signed': { key: 'RSA-2048', issuer: 'itself' },
  client: { key: 'RSA-2048', issuer: 'rsa-intermediate', names: 'email:alice@example.test', extension: 'extendedKeyUsage=clientAuth' },
} as const

export type LeafName = keyof typeof LEAVES

export const leafNames: readonly LeafName[] = Object.keys(LEAVES) as LeafName[]

/** What a server sends: leaf and intermediate; the leaf alone; both and the root; both in the wrong order. */
export type ChainShape = 'full' | 'leaf-alone' | 'with-root' | 'reversed'

/** Files of one leaf, PEM but for the last two. */
export interface LeafFiles {
  readonly key: string
  /** The leaf alone. */
  readonly certificate: string
  /** Leaf and intermediate. */
  readonly chain: string
  /** PKCS #12 of key and chain, password `changeit`. */
  readonly pkcs12: string
  /** DER, status good, for stapling. */
  readonly ocsp: string
}

/** Diffie-Hellman parameters: those of RFC 7919 §A, RFC 3526 §3 and RFC 5114 §2.1, and home-made ones by size. */
export type DhName = keyof typeof GROUPS | keyof typeof OWN_DH

/** By the names that OpenSSL has for them. */
const GROUPS = {
  ffdhe2048: 'ffdhe2048',
  ffdhe3072: 'ffdhe3072',
  ffdhe4096: 'ffdhe4096',
  modp2048: 'modp_2048',
  'rfc5114-1024': 'dh_1024_160',
} as const

/** Where everything is. All files are made before this is returned; any number of processes may ask at once. */
export interface Certificates {
  readonly folder: string
  /** The root, as clients trust it. */
  readonly root: string
  readonly leaf: (name: LeafName) => LeafFiles
  /** PEM text of what a server sends. */
  readonly chain: (name: LeafName, shape: ChainShape) => string
  /** PEM file of parameters. */
  readonly dh: (name: DhName) => string
}

let ready: Promise<Certificates> | undefined

export function certificates(): Promise<Certificates> {
  ready ??= makeOnce()
  return ready
}

async function makeOnce(): Promise<Certificates> {
  const now = new Date()
  const quarter = `${now.getUTCFullYear()}q${Math.floor(now.getUTCMonth() / 3) + 1}`
  const folder = join(KEPT, `certificates-${VERSION}-${quarter}`)
  if (!existsSync(folder)) await makeAll(folder)
  return open(folder)
}

/** Made beside its place and moved there whole, so that nobody sees half of it; whoever comes second throws his away. */
async function makeAll(folder: string): Promise<void> {
  mkdirSync(KEPT, { recursive: true })
  const draft = mkdtempSync(`${folder}.`)
  chmodSync(draft, 0o755)
  try {
    await makeAuthority(draft)
    for (const name of leafNames) await makeLeaf(draft, name, LEAVES[name])
    for (const [name, pem] of Object.entries(OWN_DH)) writeFileSync(join(draft, `dh-${name}.pem`), pem)
    for (const [name, group] of Object.entries(GROUPS)) {
      const output = ['-out', `dh-${name}.pem`]
      await openssl(draft, ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', `group:${group}`, ...output])
    }
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function open(folder: string): Certificates {
  const file = (name: string): string => join(folder, name)
  const text = (name: string): string => readFileSync(file(name), 'utf8')
  return {
    folder,
    root: file('root.pem'),
    leaf: (name) => ({
      key: file(`${name}.key`),
      certificate: file(`${name}.pem`),
      chain: file(`${name}.chain`),
      pkcs12: file(`${name}.p12`),
      ocsp: file(`${name}.ocsp`),
    }),
    chain: (name, shape) => {
      const { issuer } = LEAVES[name]
      const leaf = text(`${name}.pem`)
      if (issuer === 'itself' || shape === 'leaf-alone') return leaf
      const parts = { full: [leaf, text(`${issuer}.pem`)], 'with-root': [leaf, text(`${issuer}.pem`), text('root.pem')] }
      return (shape === 'reversed' ? parts['with-root'].toSpliced(1, 2, text('root.pem'), text(`${issuer}.pem`)) : parts[shape]).join('')
    },
    dh: (name) => file(`dh-${name}.pem`),
  }
}

async function openssl(folder: string, arguments_: readonly string[]): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin', OPENSSL_CONF: '/dev/null' }
  await run('openssl', arguments_, { cwd: folder, env, timeout: 120_000 })
}

const CA_CONFIG = `[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = issued
rand_serial = yes
unique_subject = no
policy = any
default_md = sha256
copy_extensions = none
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
`

async function makeAuthority(folder: string): Promise<void> {
  mkdirSync(join(folder, 'issued'))
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(join(folder, 'ca.cnf'), CA_CONFIG)
  await makeKey(folder, 'root', 'RSA-2048')
  await makeKey(folder, 'rsa-intermediate', 'RSA-2048')
  await makeKey(folder, 'ecdsa-intermediate', 'P-384')
  await certify(folder, { name: 'root', subject: 'Postern Test Root', issuer: 'itself', extensions: 'authority', days: [-400, 7300] })
  for (const name of ['rsa-intermediate', 'ecdsa-intermediate'])
    await certify(folder, { name, subject: `Postern Test ${name}`, issuer: 'root', extensions: 'authority', days: [-400, 3650] })
}

async function makeKey(folder: string, name: string, kind: KeyKind): Promise<void> {
  const output = ['-out', `${name}.key`]
  if (kind === 'DSA-1024') {
    const sizes = ['-pkeyopt', 'pbits:1024', '-pkeyopt', 'qbits:160', '-out', `${name}.parameters`]
    await openssl(folder, ['genpkey', '-genparam', '-algorithm', 'DSA', ...sizes])
    await openssl(folder, ['genpkey', '-paramfile', `${name}.parameters`, ...output])
    return
  }
  const [algorithm = '', size = ''] = kind.split('-')
  const options = {
    RSA: ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${size}`],
    P: ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${kind}`],
  }[algorithm]
  await openssl(folder, ['genpkey', ...(options ?? ['-algorithm', algorithm]), ...output])
}

async function makeLeaf(folder: string, name: LeafName, kind: LeafKind): Promise<void> {
  await makeKey(folder, name, kind.key)
  const { issuer, days = [-1, 396], hash = 'sha256', names = anyName, extension = 'extendedKeyUsage=serverAuth' } = kind
  const usage = `keyUsage=critical,digitalSignature${name.includes('ecdsa') ? ',keyAgreement' : ',keyEncipherment'}`
  const access = issuer === 'itself' ? '' : 'authorityInfoAccess=OCSP;URI:http://ocsp.example.test/\n'
  const lines = `[${name}]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=${names}\n${usage}\n${access}${extension}\n`
  writeFileSync(join(folder, 'ca.cnf'), CA_CONFIG + lines)
  const subjects: Readonly<Partial<Record<LeafName, string>>> = { 'wrong-name': 'other.example.test', client: 'Alice' }
  const subject = subjects[name] ?? SERVER_NAME
  await certify(folder, { name, subject, issuer, extensions: name, days, hash })
  const chain = issuer === 'itself' ? '' : readFileSync(join(folder, `${issuer}.pem`), 'utf8')
  writeFileSync(join(folder, `${name}.chain`), readFileSync(join(folder, `${name}.pem`), 'utf8') + chain)
  const bundle = ['-in', `${name}.chain`, '-inkey', `${name}.key`, '-name', name, '-passout', 'pass:changeit']
  await openssl(folder, ['pkcs12', '-export', ...bundle, '-out', `${name}.p12`])
  if (issuer !== 'itself') await staple(folder, name, issuer)
}

interface Request {
  readonly name: string
  readonly subject: string
  readonly issuer: string
  /** Section of ca.cnf. */
  readonly extensions: string
  readonly days: readonly [from: number, to: number]
  readonly hash?: string
}

/** `openssl ca`, since OpenSSL 3.0's `x509` and `req` cannot date a certificate into the past. */
async function certify(folder: string, { name, subject, issuer, extensions, days, hash = 'sha256' }: Request): Promise<void> {
  await openssl(folder, ['req', '-new', '-config', 'ca.cnf', '-key', `${name}.key`, '-subj', `/CN=${subject}`, '-out', `${name}.csr`])
  const signer = issuer === 'itself' ? ['-selfsign', '-keyfile', `${name}.key`] : ['-cert', `${issuer}.pem`, '-keyfile', `${issuer}.key`]
  const dates = ['-startdate', asn1Time(days[0]), '-enddate', asn1Time(days[1])]
  const common = ['-config', 'ca.cnf', '-batch', '-notext', '-md', hash, '-extensions', extensions]
  await openssl(folder, ['ca', ...common, ...signer, ...dates, '-in', `${name}.csr`, '-out', `${name}.pem`])
}

/** As `openssl ca` wants it: YYYYMMDDHHMMSSZ. */
function asn1Time(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/\D/g, '').slice(0, 14)}Z`
}

/** A response that says `good` for as long as the folder is in use, signed by the issuer itself. */
async function staple(folder: string, name: string, issuer: string): Promise<void> {
  const of = ['-issuer', `${issuer}.pem`, '-cert', `${name}.pem`, '-no_nonce']
  await openssl(folder, ['ocsp', ...of, '-reqout', `${name}.request`])
  const signer = ['-CA', `${issuer}.pem`, '-rsigner', `${issuer}.pem`, '-rkey', `${issuer}.key`]
  const answer = ['-reqin', `${name}.request`, '-respout', `${name}.ocsp`, '-ndays', '100']
  await openssl(folder, ['ocsp', '-index', 'index.txt', ...signer, ...answer])
}
