import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { trustStore, type Proof } from '../src/audit/index.ts'
import type { Policy } from '../src/policy/index.ts'
import { certificates, needPeer, SERVER_NAME, startPeer, type Loopback, type PeerSettings } from './peers/index.ts'
import { serveLoopback } from './peers/loopback.ts'
import { ids, policyNamed, proveAt } from './proved.ts'

const skip = needPeer('openssl')
const { leaf } = await certificates()
const folder = mkdtempSync(join(tmpdir(), 'postern-chains-'))
after(() => rmSync(folder, { recursive: true }))

const openssl = (...words: readonly string[]): void => {
  execFileSync('openssl', words, { cwd: folder, env: { ...process.env, OPENSSL_CONF: '/dev/null' }, stdio: 'ignore', timeout: 20_000 })
}

const CONFIG = `[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical,CA:TRUE
[server]
subjectAltName = DNS:${SERVER_NAME}
`

/** Dates as `openssl ca` wants them. */
const day = (days: number): string => `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/\D/g, '').slice(0, 14)}Z`

interface Made {
  readonly issuer?: string
  readonly bits?: number
  readonly hash?: string
  readonly until?: number
}

/** A certificate with its key; without an issuer it is a root. */
function make(name: string, { issuer, bits = 2048, hash = 'sha256', until = 80 }: Made): void {
  openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, '-out', `${name}.key`)
  openssl('req', '-new', '-config', 'ca.cnf', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
  const signer = issuer === undefined ? ['-selfsign', '-keyfile', `${name}.key`] : ['-cert', `${issuer}.pem`, '-keyfile', `${issuer}.key`]
  const kind = ['-extensions', name.startsWith('leaf') ? 'server' : 'authority', '-md', hash, '-startdate', day(-5), '-enddate', day(until)]
  openssl('ca', '-config', 'ca.cnf', '-batch', '-notext', ...kind, ...signer, '-in', `${name}.csr`, '-out', `${name}.pem`)
}

/** A server whose certificate was issued by an intermediate like that. */
function below(name: string, intermediate: Made): readonly string[] {
  make(name, { ...intermediate, issuer: 'root' })
  make(`leaf-${name}`, { issuer: name })
  return ['-cert', `leaf-${name}.pem`, '-key', `leaf-${name}.key`, '-cert_chain', `${name}.pem`].map((word) =>
    /\.(pem|key)$/.test(word) ? join(folder, word) : word,
  )
}

if (skip === false) {
  writeFileSync(join(folder, 'ca.cnf'), CONFIG)
  writeFileSync(join(folder, 'index.txt'), '')
  make('root', {})
}

const fine = {
  protocols: ['TLSv1.2', 'TLSv1.3'],
  ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
  groups: ['X25519', 'prime256v1', 'secp384r1'],
  securityLevel: 0,
  signatureSchemes: 'RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA256',
} as const
const mozilla = policyNamed('mozilla-intermediate')
const demanding: Policy = { ...mozilla, certificate: { ...mozilla.certificate, maxDays: 800, demands: ['dates', 'trust'] } }
/** Another certificate for clients that name the server. */
const named = (kind: 'rsa' | 'ecdsa' = 'rsa'): readonly string[] => [
  '-servername',
  SERVER_NAME,
  '-cert2',
  leaf(kind).certificate,
  '-key2',
  leaf(kind).key,
]
const patient: Policy = { ...mozilla, certificate: { ...mozilla.certificate, maxDays: 800 } }

type Row = readonly [
  why: string,
  settings: () => Partial<PeerSettings<'openssl'>>,
  policy: Policy,
  keeps: Proof['keeps'],
  broken: readonly string[],
]

const rows: readonly Row[] = [
  ['a good chain', () => ({ more: below('good', {}) }), demanding, 'yes', []],
  ['an intermediate with a small key', () => ({ more: below('small', { bits: 1024 }) }), mozilla, 'no', ['certificate-key']],
  ['an intermediate that is signed with SHA-1', () => ({ more: below('sha1', { hash: 'sha1' }) }), mozilla, 'no', ['certificate-hash']],
  [
    'an expired intermediate, where dates and trust are demanded',
    () => ({ more: below('expired', { until: -1 }) }),
    demanding,
    'no',
    ['certificate-expired', 'certificate-trust'],
  ],
  ['an expired intermediate, where the policy does not mind', () => ({ more: below('old', { until: -1 }) }), mozilla, 'yes', []],
  [
    'a small key that TLS 1.3 alone uses',
    () => ({ certificates: ['ecdsa', 'rsa-1024'], ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
    patient,
    'no',
    ['certificate-key'],
  ],
  [
    'a small key for clients without SNI',
    () => ({
      certificates: ['rsa-1024'],
      more: named(),
    }),
    patient,
    'no',
    ['certificate-key'],
  ],
  [
    'the same where TLS 1.3 alone is spoken',
    () => ({
      protocols: ['TLSv1.3'],
      certificates: ['rsa-1024'],
      more: named(),
    }),
    patient,
    'no',
    ['certificate-key'],
  ],
  [
    'a small RSA key for clients without SNI, behind an ECDSA key that all get',
    () => ({
      certificates: ['ecdsa', 'rsa-1024'],
      ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
      order: 'server',
      more: named('ecdsa'),
    }),
    patient,
    'no',
    ['certificate-key'],
  ],
  [
    'the same where TLS 1.3 alone is spoken',
    () => ({
      protocols: ['TLSv1.3'],
      certificates: ['ecdsa', 'rsa-1024'],
      order: 'server',
      signatureSchemes: 'ECDSA+SHA256:RSA-PSS+SHA256',
      more: named('ecdsa'),
    }),
    patient,
    'no',
    ['certificate-key'],
  ],
  [
    'another name for clients without SNI, which they cannot mind',
    () => ({
      certificates: ['wrong-name'],
      more: named(),
    }),
    { ...patient, certificate: { ...patient.certificate, demands: ['name'] } },
    'yes',
    [],
  ],
  [
    'a small DSA key behind suites that the server prefers',
    () => ({
      certificates: ['rsa'],
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:DHE-DSS-AES128-GCM-SHA256',
      order: 'server',
      signatureSchemes: 'RSA-PSS+SHA256:RSA+SHA256:DSA+SHA256',
      more: ['-dcert', leaf('dsa').certificate, '-dkey', leaf('dsa').key],
    }),
    {
      ...patient,
      suites: [...mozilla.suites, 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_DHE_DSS_WITH_AES_128_GCM_SHA256'],
      signatureSchemes: [...mozilla.signatureSchemes, 'dsa_sha256'],
    },
    'no',
    ['certificate-hash', 'certificate-key', 'dh-size'],
  ],
  [
    'an Ed25519 key beside an ECDSA one, which the same suites of TLS 1.2 have',
    () => ({
      protocols: ['TLSv1.2'],
      certificates: ['ecdsa', 'ed25519'],
      signatureSchemes: 'ECDSA+SHA256:ed25519',
    }),
    {
      ...patient,
      certificate: { ...patient.certificate, keys: [{ type: 'ECDSA' }] },
      signatureSchemes: [...mozilla.signatureSchemes, 'ed25519'],
    },
    'no',
    ['certificate-key'],
  ],
  [
    'an ECDSA key behind suites with RSA that the server prefers, in TLS 1.2 alone',
    () => ({ protocols: ['TLSv1.2'], certificates: ['rsa', 'ecdsa'], order: 'server' }),
    { ...patient, certificate: { ...patient.certificate, keys: [{ type: 'RSA' }] } },
    'no',
    ['certificate-key'],
  ],
  [
    'an RSA key for PSS alone beside an ordinary one, which the same suites of TLS 1.2 have',
    () => ({
      protocols: ['TLSv1.2'],
      certificates: ['rsa'],
      signatureSchemes: 'RSA-PSS+SHA256:RSA+SHA256:rsa_pss_pss_sha256',
      more: pss(),
    }),
    { ...patient, signatureSchemes: [...mozilla.signatureSchemes, 'rsa_pss_pss_sha256'] },
    'no',
    ['certificate-key'],
  ],
]

/** A second certificate, with a key for RSA-PSS. */
function pss(): readonly string[] {
  openssl('genpkey', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'pss.key')
  openssl('req', '-x509', '-config', 'ca.cnf', '-key', 'pss.key', '-subj', '/CN=pss', '-days', '90', '-sha256', '-out', 'pss.pem')
  return ['-dcert', join(folder, 'pss.pem'), '-dkey', join(folder, 'pss.key')]
}

/** One connection to `port` is refused, whatever it offers. */
function refusing(port: number, refused: number): Promise<Loopback> {
  let count = 0
  return serveLoopback((client) => {
    client.on('error', () => client.destroy())
    if (++count === refused) return void client.once('data', () => client.end(Buffer.from('15030300020228', 'hex')))
    const server = connect({ host: '127.0.0.1', port })
    server.on('error', () => client.destroy())
    client.on('close', () => server.destroy())
    client.pipe(server).pipe(client)
  })
}

test('a key that is forbidden is not missed, whichever connection is refused', { skip }, async (t) => {
  const settings = { ...fine, certificates: ['ecdsa', 'ed25519'], signatureSchemes: 'ECDSA+SHA256:ed25519' } as const
  const peer = await startPeer('openssl', { ...settings, protocols: ['TLSv1.3'] }, t)
  const policy: Policy = { ...patient, certificate: { ...patient.certificate, keys: [{ type: 'ECDSA' }] } }
  for (let refused = 1; refused < 18; refused++) {
    const door = await refusing(peer.doors.tls, refused)
    t.after(() => door.stop())
    const { keeps } = await proveAt({ port: door.port, name: SERVER_NAME }, policy, { parallel: 1 })
    assert.equal(keeps, 'no', `connection ${refused} was refused`)
  }
})

/** What every refusal of `port` is turned into: a close. From one connection on, everybody is refused so. */
function closing(port: number, from: number): Promise<Loopback> {
  let count = 0
  return serveLoopback((client) => {
    const nth = ++count
    client.on('error', () => client.destroy())
    if (nth >= from) return void client.once('data', () => client.end())
    const server = connect({ host: '127.0.0.1', port })
    server.on('error', () => client.destroy())
    client.on('close', () => server.destroy())
    client.pipe(server)
    server.on('data', (bytes: Buffer) => (bytes[0] === ALERT ? client.end() : client.write(bytes)))
    server.on('end', () => client.end())
  })
}

/** The type of a record with an alert. */
const ALERT = 21

test(
  'a small key for clients without SNI is not missed, whenever a server that closes begins to close on everybody',
  { skip },
  async (t) => {
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256'
    const settings = { ...fine, ciphers, certificates: ['ecdsa', 'rsa-1024'], order: 'server', more: named() } as const
    const peer = await startPeer('openssl', settings, t)
    for (let from = 16; from < 30; from++) {
      const door = await closing(peer.doors.tls, from)
      t.after(() => door.stop())
      const { keeps } = await proveAt({ port: door.port, name: SERVER_NAME }, patient, { parallel: 1 })
      assert.notEqual(keeps, 'yes', `closed from connection ${from} on`)
    }
  },
)

describe('prove() judges every certificate that is served', { skip, concurrency: 2 }, () => {
  for (const [why, settings, policy, keeps, broken] of rows) {
    test(why, async (t) => {
      const peer = await startPeer('openssl', { ...fine, ...settings() }, t)
      const own = trustStore([{ file: 'root', pem: readFileSync(join(folder, 'root.pem'), 'utf8') }])
      const proof = await proveAt({ port: peer.doors.tls, name: SERVER_NAME }, policy, { trust: own })
      const told = JSON.stringify(proof.checks.map(({ id, verdict, fact }) => [verdict, id, fact]))
      assert.deepEqual([proof.keeps, ids(proof, 'broken')], [keeps, broken], told)
    })
  }
})
