import type { KeyType, Policy } from '../../policy/index.ts'
import { groupByName, suiteByName, type CipherSuite, type NamedGroup } from '../../registry/index.ts'
import { hasGroup, hasScheme, hasSuite, isNodeProtocol, NODE_PROTOCOLS, type NodeProtocol } from './abilities.ts'
import { dhParametersFor, type DhParameters } from './dh-parameters.ts'
import { Losses, type Inexpressible } from './inexpressible.ts'
import { keysFor, signerOf, signsIn12, signsIn13 } from './signers.ts'

/** What this Node can do of what a policy allows. */
export interface Speakable {
  /** Oldest first. */
  readonly protocols: readonly NodeProtocol[]
  /** In the policy's order, TLS 1.3 first: OpenSSL keeps two lists. Each can be used in one of the versions. */
  readonly suites: readonly CipherSuite[]
  readonly groups: readonly NamedGroup[]
  /** IANA names. */
  readonly signatureSchemes: readonly string[]
  /** Where a suite needs them. */
  readonly dh: DhParameters | undefined
  readonly inexpressible: readonly Inexpressible[]
}

/** What else decides what can be spoken. */
export interface Means {
  /** A client needs no Diffie-Hellman parameters of its own. Default `server`. */
  readonly role?: 'server' | 'client'
  /** The kinds of keys that the server has; undefined for those of somebody else. */
  readonly keys?: readonly KeyType[] | undefined
  /** The size of the Diffie-Hellman parameters that is wanted, in bits. */
  readonly dhBits?: number | undefined
}

const NO_SSL = 'no session is ever carried over SSL 2.0 or SSL 3.0 (RFC 6176 §3, RFC 7568 §3), and the OpenSSL inside Node speaks neither'
const NOT_IN_OPENSSL = 'the OpenSSL inside this Node does not have it'

/** Takes from a policy what this Node can do with these keys, and says of everything else why not. */
export function speakable(policy: Policy, means: Means = {}): Speakable {
  const losses = new Losses(policy)
  const allowed = losses
    .keep('protocol', policy.protocols.allowed, String, (name) => (isNodeProtocol(name) ? undefined : NO_SSL))
    .filter(isNodeProtocol)
  const groups = named(policy.groups, groupByName, (group) => group.name, hasGroup, 'group', losses)
  const signatureSchemes = losses.keep('signatureScheme', unique(policy.signatureSchemes), String, (name) =>
    hasScheme(name) ? undefined : NOT_IN_OPENSSL,
  )
  const dh = means.role === 'client' ? undefined : dhParametersFor(policy, means.dhBits)
  const parts: Parts = { groups, signatureSchemes, keys: means.keys, lacksDh: means.role !== 'client' && dh === undefined }
  const known = named(policy.suites, suiteByName, (suite) => suite.iana, hasSuite, 'suite', losses)
  const wanted = losses.keep(
    'suite',
    known,
    ({ iana }) => iana,
    (suite) => whyUnusable(suite, allowed, parts) ?? whySpoiling(suite, known, allowed, parts),
  )
  const protocols = losses.keep(
    'protocol',
    NODE_PROTOCOLS.filter((one) => allowed.includes(one)),
    String,
    (protocol) => whyUnspeakable(protocol, wanted, parts),
  )
  const suites = losses.keep(
    'suite',
    wanted,
    ({ iana }) => iana,
    (suite) => (protocols.some((protocol) => worksIn(suite, protocol, parts)) ? undefined : 'no version is spoken that it can be used in'),
  )
  const usesDh = suites.some(({ kx }) => kx === 'DHE')
  noteDh(usesDh ? dh : undefined, means, losses)
  const older = suites.filter(({ protocol }) => protocol !== 'TLSv1.3')
  const newer = suites.filter(({ protocol }) => protocol === 'TLSv1.3')
  return { protocols, suites: [...newer, ...older], groups, signatureSchemes, dh: usesDh ? dh : undefined, inexpressible: losses.all }
}

interface Parts extends Pick<Speakable, 'groups' | 'signatureSchemes'>, Pick<Means, 'keys'> {
  /** Nobody can serve DHE without parameters. */
  readonly lacksDh: boolean
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}

/** Names that the registry knows and OpenSSL has, each once: OpenSSL refuses a list of groups with two of a kind. */
function named<T>(
  names: readonly string[],
  find: (name: string) => T | undefined,
  nameOf: (one: T) => string,
  has: (one: T) => boolean,
  part: 'suite' | 'group',
  losses: Losses,
): readonly T[] {
  const found = unique(names).flatMap((name) => {
    const one = find(name)
    if (one === undefined) losses.add(part, name, 'nobody has given this name')
    return one ?? []
  })
  return losses.keep(part, [...new Set(found)], nameOf, (one) => (has(one) ? undefined : NOT_IN_OPENSSL))
}

/** Why a suite that OpenSSL has is of no use whatever the version, if it is not. */
function whyUnusable(suite: CipherSuite, allowed: readonly NodeProtocol[], parts: Parts): string | undefined {
  const { kx } = suite
  if (kx.endsWith('PSK') || kx === 'SRP') return 'it needs a secret that both ends know beforehand, and the gate shares none'
  if (kx === 'DHE' && parts.lacksDh) return 'the policy allows no Diffie-Hellman parameters that the gate has'
  if (kx === 'ECDHE' && !parts.groups.some(isCurve)) return 'the policy allows no curve for it'
  const keys = keysFor(suite)
  if (keys.length > 0 && parts.keys?.some((key) => keys.includes(key)) === false)
    return `there is no certificate with a key for it (${keys.join(', ')})`
  if (!allowed.some((protocol) => worksIn(suite, protocol, parts)))
    return allowed.includes('TLSv1.2') && !hasScheme12(suite, parts)
      ? 'the policy allows no signature scheme for its certificate'
      : 'no allowed version has it'
  return undefined
}

/**
 * Why a suite has to go although an older version could use it, if it has. OpenSSL chooses the suite first and looks for a scheme then: in TLS 1.2 one
 * without a scheme would be chosen in place of those that have one.
 */
function whySpoiling(
  suite: CipherSuite,
  known: readonly CipherSuite[],
  allowed: readonly NodeProtocol[],
  parts: Parts,
): string | undefined {
  if (!allowed.includes('TLSv1.2') || suite.protocol === 'TLSv1.3' || hasScheme12(suite, parts)) return undefined
  const others = known.some((one) => worksIn(one, 'TLSv1.2', parts) && whyUnusable(one, allowed, parts) === undefined)
  return others ? 'OpenSSL would choose it in TLS 1.2, where the policy allows no signature scheme for its certificate' : undefined
}

/** Why a version cannot be spoken, if it cannot. */
function whyUnspeakable(protocol: NodeProtocol, suites: readonly CipherSuite[], parts: Parts): string | undefined {
  if (!suites.some((suite) => worksIn(suite, protocol, parts))) return 'none of the suites that are left can be used in it'
  if (protocol !== 'TLSv1.3') return undefined
  if (!parts.groups.some(({ tls13 }) => tls13)) return 'the policy allows no group for it'
  if (!parts.signatureSchemes.some((scheme) => signsIn13(scheme) && isOurs(scheme, parts)))
    return 'the policy allows no signature scheme for it that a certificate here could sign with'
  return undefined
}

/** Whether a suite can be negotiated in a version, as far as version and signature go. */
export function worksIn(suite: CipherSuite, protocol: NodeProtocol, parts: Parts): boolean {
  if (protocol === 'TLSv1.3' || suite.protocol === 'TLSv1.3') return protocol === suite.protocol
  if (suite.protocol === 'TLSv1.2' && protocol !== 'TLSv1.2') return false
  // Before TLS 1.2 nobody chooses what is signed with, RFC 4346 §7.4.3.
  return protocol !== 'TLSv1.2' || hasScheme12(suite, parts)
}

/** OpenSSL wants a scheme for every certificate, also for one that only decrypts. */
function hasScheme12(suite: CipherSuite, parts: Parts): boolean {
  const keys = keysFor(suite)
  if (keys.length === 0) return true
  return parts.signatureSchemes.some((scheme) => signsIn12(scheme) && keys.includes(signerOf(scheme)) && isOurs(scheme, parts))
}

function isOurs(scheme: string, { keys }: Parts): boolean {
  return keys === undefined || keys.includes(signerOf(scheme))
}

/** A group that an ECDHE suite up to TLS 1.2 can use, RFC 8422 §5.1.1. */
function isCurve({ kind, tls12 }: NamedGroup): boolean {
  return kind === 'ecdhe' && tls12
}

function noteDh(dh: DhParameters | undefined, { dhBits }: Means, losses: Losses): void {
  if (dh === undefined || dhBits === undefined || dh.bits === dhBits) return
  losses.add('dh', String(dhBits), `the policy allows no parameters of this size that the gate has: ${dh.bits} bits it is`, false)
}
