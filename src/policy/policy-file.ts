import { groupByName, PROTOCOLS, suiteByName, type ProtocolName } from '../registry/index.ts'
import type { OpensslGeneration } from './ciphers/generation.ts'
import { resolveCipherList } from './ciphers/resolve.ts'
import type { Refusal } from './ciphers/refusal.ts'
import { FEATURES, type FeatureName } from './features.ts'
import { policyOf } from './policy-of.ts'
import type { AllowedKey, CertificateDemand, Policy } from './policy.ts'
import type { KeyType } from './posture.ts'
import type { Rulebook } from './rulebook.ts'
import { suiteIs } from './suite-classes.ts'
import type { YamlProblem } from './yaml/index.ts'

/** A policy file as it is written: a rulebook, and single words that are to be different, also for one role or one door alone. */
export interface PolicyFile extends PolicyWords {
  readonly base: string
  readonly name?: string
  readonly title?: string
  readonly edition?: string | number
  /** Where the product is the server. */
  readonly server?: PolicyWords
  /** Where it is the client. */
  readonly client?: PolicyWords
  /** By their names in the settings of a product. */
  readonly doors?: Readonly<Record<string, PolicyWords>>
}

/** The words that may differ from role to role and from door to door. Each replaces what stands further out. */
export interface PolicyWords {
  readonly base?: string
  readonly strict?: boolean
  readonly protocols?: readonly ProtocolName[]
  readonly require?: readonly ProtocolName[]
  readonly ciphers?: string | readonly string[]
  readonly openssl?: OpensslGeneration
  readonly groups?: readonly string[]
  readonly signatures?: readonly string[]
  readonly dh?: { readonly min?: number; readonly primes?: readonly string[] }
  readonly order?: Policy['order']
  readonly sslv2Hello?: boolean
  readonly certificate?: {
    readonly keys?: readonly { readonly type: KeyType; readonly minBits?: number; readonly curves?: readonly string[] }[]
    readonly hashes?: readonly string[]
    readonly maxDays?: number
    readonly demands?: readonly CertificateDemand[]
  }
  readonly features?: Readonly<Partial<Record<FeatureName, 'required' | 'forbidden' | 'any'>>>
}

/** What is wrong with a policy file whose shape is right. */
export type PolicyProblem = YamlProblem

/**
 * The policy that a file stands for, or what is wrong with it. `rulebook` is its base, `source` the file's name;
 * `now` decides which words of the base have run out.
 */
export function policyOfFile(file: PolicyFile, rulebook: Rulebook, source: string, now: Date): Policy | PolicyProblem {
  const base = policyOf(rulebook, { now, strict: file.strict === true })
  const suites = suitesOf(file, base)
  if ('code' in suites) return { path: ['ciphers'], at: suites.at, what: `OpenSSL refuses this list: ${suites.why}`, remedy: suites.remedy }
  const policy = replaced(file, base, suites, source)
  return contradiction(file, policy) ?? policy
}

const EXTENSION = /\.[^./\\]+$/
const FOLDERS = /^.*[/\\]/

function replaced(file: PolicyFile, base: Policy, suites: readonly string[], source: string): Policy {
  const { protocols = base.protocols.allowed, require = base.protocols.required.filter((protocol) => protocols.includes(protocol)) } = file
  const name = file.name ?? source.replace(FOLDERS, '').replace(EXTENSION, '')
  return {
    name,
    title: file.title ?? `Policy ${name}`,
    edition: file.edition === undefined ? `after ${base.name} ${base.edition}` : String(file.edition),
    date: base.date,
    source,
    protocols: { allowed: PROTOCOLS.filter((protocol) => protocols.includes(protocol)), required: require },
    suites,
    groups: file.groups === undefined ? base.groups : ianaGroups(file.groups),
    signatureSchemes: file.signatures ?? base.signatureSchemes,
    dh: dhOf(file, base),
    order: file.order ?? base.order,
    sslv2Hello: file.sslv2Hello ?? base.sslv2Hello,
    certificate: certificateOf(file, base),
    features: featuresOf(file, base),
    ...(base.flaws === undefined ? {} : { flaws: base.flaws }),
  }
}

/** Names in the order of the file; a list in the order of OpenSSL, behind the TLS 1.3 suites of the base. */
function suitesOf({ ciphers, openssl = '3.5' }: PolicyFile, base: Policy): readonly string[] | Refusal {
  if (ciphers === undefined) return base.suites
  const tls13 = base.suites.filter((name) => suiteIs(name, 'tls1.3'))
  if (typeof ciphers === 'string') {
    const { suites, refused } = resolveCipherList(ciphers, { generation: openssl })
    return refused ?? [...tls13, ...suites.map(({ iana }) => iana).filter((name) => !suiteIs(name, 'tls1.3'))]
  }
  const named = [...new Set(ciphers.flatMap((name) => suiteByName(name)?.iana ?? []))]
  return named.some((name) => suiteIs(name, 'tls1.3')) ? named : [...tls13, ...named]
}

function ianaGroups(names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => groupByName(name)?.name ?? []))]
}

function dhOf({ dh }: PolicyFile, base: Policy): Policy['dh'] {
  const primes = dh?.primes ?? base.dh.primes
  return { minBits: dh?.min ?? base.dh.minBits, ...(primes === undefined ? {} : { primes }) }
}

function certificateOf({ certificate = {} }: PolicyFile, base: Policy): Policy['certificate'] {
  const keys = certificate.keys?.map((key): AllowedKey => ({
    ...key,
    ...(key.curves === undefined ? {} : { curves: ianaGroups(key.curves) }),
  }))
  const maxDays = certificate.maxDays ?? base.certificate.maxDays
  const demands = [...new Set(certificate.demands ?? base.certificate.demands)]
  return {
    keys: keys ?? base.certificate.keys,
    hashes: certificate.hashes ?? base.certificate.hashes,
    ...(maxDays === undefined ? {} : { maxDays }),
    ...(demands.length === 0 ? {} : { demands }),
  }
}

function featuresOf({ features = {} }: PolicyFile, base: Policy): Policy['features'] {
  const names = Object.keys(features)
  const inherited = (list: readonly FeatureName[]) => list.filter((name) => !names.includes(name))
  const asked = (demand: string) => FEATURE_NAMES.filter((name) => features[name] === demand)
  return {
    required: [...inherited(base.features.required), ...asked('required')],
    forbidden: [...inherited(base.features.forbidden), ...asked('forbidden')],
  }
}

const FEATURE_NAMES: readonly FeatureName[] = FEATURES.map(({ name }) => name)

/** A policy that nothing can keep is a mistake. */
function contradiction(file: PolicyFile, { protocols, suites }: Policy): PolicyProblem | undefined {
  const stranger = protocols.required.find((protocol) => !protocols.allowed.includes(protocol))
  if (stranger !== undefined) {
    return {
      path: ['require'],
      what: `${stranger} is required but not allowed`,
      remedy: `Add ${stranger} to protocols, or take it out of require.`,
    }
  }
  const path = [file.ciphers === undefined ? 'protocols' : 'ciphers']
  const older = protocols.allowed.filter((protocol) => protocol !== 'TLSv1.3')
  if (protocols.allowed.includes('TLSv1.3') && !suites.some((name) => suiteIs(name, 'tls1.3'))) {
    return {
      path,
      what: 'TLSv1.3 is allowed, but no suite for it',
      remedy: 'Add a TLS 1.3 suite such as TLS_AES_256_GCM_SHA384 to ciphers.',
    }
  }
  if (older.length > 0 && suites.every((name) => suiteIs(name, 'tls1.3'))) {
    return {
      path,
      what: `${older.join(', ')} is allowed, but no suite for it`,
      remedy: 'Add a suite such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 to ciphers, or begin with another base.',
    }
  }
  return undefined
}
