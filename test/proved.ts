import { readFileSync } from 'node:fs'
import { prove, trustStore, type Proof, type ProveOptions } from '../src/audit/index.ts'
import { tls, type Dialect } from '../src/dialects/index.ts'
import { policyOf, rulebookByName, type Policy } from '../src/policy/index.ts'
import { certificates } from './peers/index.ts'

/** A rulebook as a policy, on the day of the test. */
export function policyNamed(name: string, strict = false): Policy {
  const rulebook = rulebookByName(name)
  if (rulebook === undefined) throw new Error(`there is no rulebook named ${name}`)
  return policyOf(rulebook, { now: new Date(), strict })
}

/** The same without a word on certificates: those of test servers are made for other tests. */
export function withoutCertificates(policy: Policy): Policy {
  const keys = (['RSA', 'RSA-PSS', 'ECDSA', 'DSA', 'Ed25519', 'Ed448'] as const).map((type) => ({ type }))
  const hashes = ['MD5', 'SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512', 'none']
  return { ...policy, certificate: { keys, hashes } }
}

/** What the servers of the tests have beyond some rulebooks is allowed, so that they keep to all of them. */
export function forgiving(policy: Policy): Policy {
  const { certificate, suites, groups, signatureSchemes } = policy
  const own = [
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  ]
  return {
    ...policy,
    suites: [...new Set([...suites, ...own])],
    groups: [...new Set([...groups, 'x25519', 'secp256r1', 'secp384r1'])],
    signatureSchemes: [...new Set([...signatureSchemes, ...policyNamed('mozilla-intermediate').signatureSchemes])],
    certificate: { keys: [...certificate.keys, { type: 'RSA' }, { type: 'ECDSA' }], hashes: certificate.hashes },
  }
}

/** Where a door is, as far as tests have to say it. */
export interface At {
  readonly port: number
  readonly dialect?: Dialect
  /** Whom the server is asked for. */
  readonly name: string
}

const QUICK = { parallel: 8, timeout: 20_000, pause: 50, patience: 1500, now: new Date(), trust: trustStore([]) }

/** Proves a door on loopback, with short patience. */
export function proveAt({ port, dialect = tls, name }: At, policy: Policy, options: Partial<ProveOptions> = {}): Promise<Proof> {
  const beginning = dialect === tls ? 'implicit' : 'starttls'
  return prove({ url: `test://${name}:${port}`, address: '127.0.0.1', port, dialect, beginning, serverName: name }, policy, {
    ...QUICK,
    ...options,
  })
}

/** Believes in the authority of the test certificates. */
export async function testTrust(): Promise<ProveOptions['trust']> {
  const { root } = await certificates()
  return trustStore([{ file: 'root', pem: readFileSync(root, 'utf8') }])
}

/** The ids of the checks with this verdict, each once. */
export function ids({ checks }: Proof, verdict: Proof['checks'][number]['verdict']): readonly string[] {
  return [...new Set(checks.filter((check) => check.verdict === verdict).map(({ id }) => id))].toSorted()
}
