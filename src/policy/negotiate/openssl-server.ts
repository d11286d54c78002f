import type { CipherSuite, NamedGroup, ProtocolName } from '../../registry/index.ts'
import { chooseAlpn } from './alpn.ts'
import type { HandshakeServer } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { compareVersions, lowestBlock, namedGroups, namedSuites, newestFirst, newestUpTo, usableIn } from './lists.ts'
import { opensslTls13Group } from './openssl-groups.ts'
import {
  dhPasses,
  groupPasses,
  keyStrength,
  levelOf,
  md5Sha1Passes,
  schemePasses,
  suitePasses,
  versionPasses,
  type Level,
} from './openssl-level.ts'
import { refused, type Refusal } from './outcome.ts'
import { fitsKey, schemeOf, signsTls13, type Scheme } from './schemes.ts'
import { STACKS } from './stacks.ts'
import { suitesInOrder } from './suite-order.ts'

/** An OpenSSL server, from 1.1.1 on, with what it looks up again and again. */
export interface OpensslServer {
  readonly server: HandshakeServer
  readonly level: Level
  readonly versions: readonly ProtocolName[]
  /** With TLS 1.3 where it is on, though no key fits it. */
  readonly versionsOn: readonly ProtocolName[]
  readonly suites: readonly CipherSuite[]
  readonly groups: readonly NamedGroup[]
  readonly tuples: readonly (readonly NamedGroup[])[]
  readonly schemes: readonly Scheme[]
  /** Why it refuses whatever comes. */
  readonly unfit: Refusal | undefined
}

export function opensslServer(server: HandshakeServer): OpensslServer {
  const stack = STACKS[server.stack]
  const level = levelOf(stack.generation ?? '3.5', server.securityLevel)
  const groups = namedGroups(server.groups ?? stack.groups).filter((group) => groupPasses(level, group))
  const schemes = (server.signatureSchemes ?? stack.signatureSchemes).map(schemeOf).filter((scheme) => scheme !== undefined)
  const versionsOn = server.versions.filter((version) => versionPasses(level, version))
  const tuples = server.groups === undefined && stack.groupTuples !== undefined ? stack.groupTuples.map(namedGroups) : [groups]
  return {
    server,
    level,
    versions: versionsOn.filter((version) => version !== 'TLSv1.3' || fitsTls13(server, schemes)),
    versionsOn,
    suites: namedSuites(server.suites).filter((suite) => suitePasses(level, suite)),
    groups,
    tuples: tuples.map((tuple) => tuple.filter((group) => groups.includes(group))),
    schemes,
    unfit: unfit(server, level),
  }
}

/** Before it looks at a hello it wants a version, and a suite for the newest one below the first hole. */
function unfit(server: HandshakeServer, level: Level): Refusal | undefined {
  const [newest] = lowestBlock(server.versions.filter((version) => versionPasses(level, version)))
  if (newest === undefined)
    return refused(
      'server',
      level.generation === '1.1.1' ? 'internal_error' : 'protocol_version',
      'unfit-server',
      'The server has no version on that its security level allows.',
    )
  if (namedSuites(server.suites).some((suite) => usableIn(suite, newest))) return undefined
  return refused('server', 'handshake_failure', 'unfit-server', `The server has no suite for ${newest}, and refuses every hello.`)
}

/** TLS 1.3 is off where no key could sign in it: ECDSA needs a scheme for its curve among the server's own. */
function fitsTls13(server: HandshakeServer, schemes: readonly Scheme[]): boolean {
  if (server.choosesByName === true) return true
  return server.certificates.some(({ keyType, curve }) =>
    keyType === 'ECDSA' ? schemes.some((scheme) => scheme.key === 'ECDSA' && scheme.curve === curve) : keyType !== 'DSA',
  )
}

/** What the server answers to a hello. */
export function opensslAnswer(prepared: OpensslServer, hello: Hello): Answer | Refusal {
  if (prepared.unfit !== undefined) return prepared.unfit
  const version = chooseVersion(prepared, hello)
  if (version === undefined)
    return refused(
      'server',
      versionAlert(hello),
      'version',
      `The client speaks ${hello.versions.join(', ')}, the server ${list(prepared.versions)}.`,
    )
  const newer = prepared.versionsOn.some((one) => compareVersions(one, version) > 0)
  if (hello.fallback && newer)
    return refused(
      'server',
      'inappropriate_fallback',
      'fallback',
      `The client fell back to ${version}, and the server speaks newer versions.`,
    )
  const answer = version === 'TLSv1.3' ? answerTls13(prepared, hello) : answerOlder(prepared, hello, version)
  if (!answer.agreed) return { ...answer, version }
  const sentinel = sentinelOf(prepared.versions, version)
  return sentinel === undefined ? answer : { ...answer, sentinel }
}

/** RFC 8446 §4.1.3. */
function sentinelOf(versions: readonly ProtocolName[], version: ProtocolName): 'TLSv1.2' | 'TLSv1.1' | undefined {
  if (version === 'TLSv1.2') return versions.includes('TLSv1.3') ? version : undefined
  return version !== 'TLSv1.3' && versions.includes('TLSv1.2') ? 'TLSv1.1' : undefined
}

/** SSL 3.0 has no alert for versions, RFC 6101 §5.4.2. */
function versionAlert(hello: Hello): 'protocol_version' | 'handshake_failure' {
  return hello.legacyVersion === 'SSLv3' ? 'handshake_failure' : 'protocol_version'
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

function chooseVersion({ versions }: OpensslServer, hello: Hello): ProtocolName | undefined {
  if (hello.versionsListed) return newestFirst(versions).find((version) => hello.versions.includes(version))
  return newestUpTo(versions, hello.legacyVersion)
}

/** In the server's order where it decides, else in the client's; only what the level lets pass. */
function sharedSchemes({ server, level, schemes }: OpensslServer, hello: Hello): readonly Scheme[] {
  const theirs = hello.schemes ?? []
  const shared =
    server.order === 'server'
      ? schemes.filter((scheme) => theirs.includes(scheme.name))
      : theirs.map(schemeOf).filter((scheme) => scheme !== undefined && schemes.includes(scheme))
  return shared.filter((scheme) => scheme !== undefined).filter((scheme) => schemePasses(level, scheme))
}

function answerTls13(prepared: OpensslServer, hello: Hello): Answer | Refusal {
  const { server } = prepared
  const suite = suitesInOrder(server, prepared.suites, hello).find((one) => usableIn(one, 'TLSv1.3'))
  if (suite === undefined) return refused('server', 'handshake_failure', 'suites', 'They have no suite of TLS 1.3 in common.')
  const alpn = chooseAlpn(server, hello)
  if (typeof alpn === 'object') return alpn
  if (hello.schemes === undefined) return refused('server', 'missing_extension', 'signature', 'The hello has no signature_algorithms.')
  const chosen = opensslTls13Group(prepared, hello)
  if (chosen === undefined) return refused('server', 'handshake_failure', 'groups', 'They have no group of TLS 1.3 in common.')
  const signed = signTls13(prepared, hello)
  if (signed === undefined)
    return refused('server', 'handshake_failure', 'signature', 'No certificate has a signature scheme that both know.')
  return { ...common(hello, alpn), version: 'TLSv1.3', suite, ...chosen, ...signed }
}

function common(
  hello: Hello,
  alpn: string | undefined,
): Pick<Answer, 'agreed' | 'retried' | 'extendedMasterSecret' | 'secureRenegotiation' | 'alpn'> {
  return {
    agreed: true,
    retried: false,
    extendedMasterSecret: hello.extendedMasterSecret,
    secureRenegotiation: hello.secureRenegotiation,
    ...(alpn === undefined ? {} : { alpn }),
  }
}

function signTls13({ server, ...prepared }: OpensslServer, hello: Hello): Pick<Answer, 'scheme' | 'certificate'> | undefined {
  for (const scheme of sharedSchemes({ server, ...prepared }, hello)) {
    if (!signsTls13(scheme)) continue
    const certificate = server.certificates.findIndex((one) => one.keyType === scheme.key)
    const found = server.certificates[certificate]
    if (found === undefined || !fitsKey(scheme, found) || !issuerFits(found.signedWith, hello)) continue
    if (scheme.key === 'ECDSA' && scheme.curve !== found.curve) continue
    return { scheme: scheme.name, certificate }
  }
  return undefined
}

/** signature_algorithms_cert rules out certificates by what they are signed with, RFC 8446 §4.2.3. */
function issuerFits(signedWith: string | undefined, hello: Hello): boolean {
  if (hello.certificateSchemes === undefined || signedWith === undefined) return true
  // The kind of the issuer's key is not told apart.
  const [either, or] = [signedWith.replace('rsae', 'pss'), signedWith.replace('pss_pss', 'pss_rsae')]
  return hello.certificateSchemes.some((name) => name === either || name === or)
}

/** Which keys can serve up to TLS 1.2, as places in the list of certificates. */
interface Usable {
  readonly rsa: number
  readonly pss: number
  readonly ecdsa: number
  readonly eddsa: readonly number[]
}

const NONE = -1

function usable({ server, level, schemes }: OpensslServer, hello: Hello, version: ProtocolName, shared: readonly Scheme[]): Usable {
  const place = (type: string): number => server.certificates.findIndex((one) => one.keyType === type)
  const signs = (key: Scheme['key']): boolean => shared.some((scheme) => scheme.key === key)
  const tls12 = version === 'TLSv1.2'
  const named = tls12 && hello.schemes !== undefined
  const curve = server.certificates[place('ECDSA')]?.curve
  const group = namedGroups([curve ?? ''])[0]
  const curveFits = group !== undefined && groupPasses(level, group) && (hello.groups === undefined || hello.groups.includes(group))
  const sha1 = schemeOf('ecdsa_sha1')
  const ecdsaSigns = named ? signs('ECDSA') : !tls12 || (sha1 !== undefined && schemes.includes(sha1) && schemePasses(level, sha1))
  return {
    rsa: place('RSA'),
    pss: named && signs('RSA-PSS') ? place('RSA-PSS') : NONE,
    ecdsa: curveFits && ecdsaSigns ? place('ECDSA') : NONE,
    eddsa: named
      ? (['Ed25519', 'Ed448'] as const)
          .filter(signs)
          .map(place)
          .filter((found) => found !== NONE)
      : [],
  }
}

function answerOlder(prepared: OpensslServer, hello: Hello, version: ProtocolName): Answer | Refusal {
  const { server } = prepared
  const shared = version === 'TLSv1.2' ? sharedSchemes(prepared, hello) : []
  if (version === 'TLSv1.2' && hello.schemes !== undefined && shared.length === 0)
    return refused('server', 'handshake_failure', 'signature', 'They have no signature scheme in common.')
  const keys = usable(prepared, hello, version, shared)
  const group = olderGroup(prepared, hello)
  const suite = suitesInOrder(server, prepared.suites, hello).find(
    (one) => usableIn(one, version) && exchangeable(one, server, keys, group) && authenticable(one, keys),
  )
  if (suite === undefined)
    return refused('server', 'handshake_failure', 'suites', 'They have no suite in common that the certificates and groups allow.')
  const signed = signOlder(prepared, hello, version, suite, keys, shared)
  if (!('scheme' in signed) && 'agreed' in signed) return signed
  const alpn = chooseAlpn(server, hello)
  if (typeof alpn === 'object') return alpn
  const answer = { ...common(hello, alpn), version, suite, ...signed }
  if (suite.kx === 'ECDHE' && group !== undefined) return { ...answer, group }
  if (suite.kx !== 'DHE') return answer
  const dhBits = dhSize(prepared, suite, signed.certificate)
  if (!dhPasses(prepared.level, dhBits))
    return refused(
      'server',
      'handshake_failure',
      'dh-size',
      `A modulus of ${dhBits} bits is too small for security level ${prepared.level.number}.`,
    )
  return { ...answer, dhBits }
}

/** The first shared one of TLS 1.2, in the order of who decides. */
function olderGroup({ server, groups }: OpensslServer, hello: Hello): NamedGroup | undefined {
  const theirs = hello.groups ?? []
  const fits = (group: NamedGroup): boolean => group.kind === 'ecdhe' && group.tls12
  return server.order === 'server'
    ? groups.find((group) => fits(group) && theirs.includes(group))
    : theirs.find((group) => fits(group) && groups.includes(group))
}

function exchangeable(suite: CipherSuite, server: HandshakeServer, keys: Usable, group: NamedGroup | undefined): boolean {
  if (suite.kx === 'RSA') return keys.rsa !== NONE
  if (suite.kx === 'DHE') return server.dh !== undefined
  return suite.kx === 'ECDHE' && group !== undefined
}

function authenticable(suite: CipherSuite, keys: Usable): boolean {
  if (suite.au === 'anon') return true
  if (suite.au === 'RSA') return keys.rsa !== NONE || keys.pss !== NONE
  return suite.au === 'ECDSA' && (keys.ecdsa !== NONE || keys.eddsa.length > 0)
}

/** A signature is chosen for static RSA too, though none is made. */
function signOlder(
  prepared: OpensslServer,
  hello: Hello,
  version: ProtocolName,
  suite: CipherSuite,
  keys: Usable,
  shared: readonly Scheme[],
): Pick<Answer, 'scheme' | 'certificate'> | Refusal {
  if (suite.au === 'anon') return {}
  const found =
    version === 'TLSv1.2' && hello.schemes !== undefined
      ? sharedFor(prepared, hello, suite, keys, shared)
      : legacyFor(prepared, version, suite, keys)
  if (found === undefined) {
    // 1.1.1 has another alert where it was SHA-1 or nothing, and its own list lacks SHA-1.
    const wrongType = prepared.level.generation === '1.1.1' && hello.schemes === undefined
    const alert = version !== 'TLSv1.2' ? 'internal_error' : wrongType ? 'illegal_parameter' : 'handshake_failure'
    return refused('server', alert, 'signature', `No certificate has a signature scheme for ${suite.iana} that both allow.`)
  }
  return suite.kx === 'RSA' ? { certificate: found.certificate } : found
}

interface Signature {
  readonly scheme: string
  readonly certificate: number
}

function sharedFor(
  { server }: OpensslServer,
  hello: Hello,
  suite: CipherSuite,
  keys: Usable,
  shared: readonly Scheme[],
): Signature | undefined {
  for (const scheme of shared) {
    const certificate = placeFor(scheme, suite, keys)
    const found = server.certificates[certificate]
    if (found !== undefined && found.keyType === scheme.key && fitsKey(scheme, found) && issuerFits(found.signedWith, hello))
      return { scheme: scheme.name, certificate }
  }
  return undefined
}

function placeFor(scheme: Scheme, suite: CipherSuite, keys: Usable): number {
  if (suite.au === 'RSA') return scheme.key === 'RSA' ? keys.rsa : scheme.key === 'RSA-PSS' && suite.kx !== 'RSA' ? keys.pss : NONE
  if (scheme.key === 'ECDSA') return keys.ecdsa
  const eddsa = scheme.key === 'Ed25519' || scheme.key === 'Ed448'
  return eddsa ? (keys.eddsa[0] ?? NONE) : NONE
}

/** Without signature_algorithms: SHA-1 in TLS 1.2 (RFC 5246 §7.4.1.4.1), what the key decides before. */
function legacyFor({ level, schemes }: OpensslServer, version: ProtocolName, suite: CipherSuite, keys: Usable): Signature | undefined {
  const rsa = suite.au === 'RSA'
  const certificate = rsa ? keys.rsa : keys.ecdsa
  if (certificate === NONE) return undefined
  if (rsa && version !== 'TLSv1.2') return md5Sha1Passes(level) ? { scheme: 'rsa_pkcs1_md5_sha1', certificate } : undefined
  const scheme = schemeOf(rsa ? 'rsa_pkcs1_sha1' : 'ecdsa_sha1')
  if (scheme === undefined || !schemePasses(level, scheme)) return undefined
  return version !== 'TLSv1.2' || schemes.includes(scheme) ? { scheme: scheme.name, certificate } : undefined
}

/** SSL_CTX_set_dh_auto(3): as strong as the key, and as the level at least. */
function dhSize({ server, level }: OpensslServer, suite: CipherSuite, certificate: number | undefined): number {
  if (typeof server.dh === 'number') return server.dh
  const key = server.certificates[certificate ?? NONE]
  const own = key === undefined ? (suite.bits === 256 ? 128 : 80) : keyStrength(key)
  const wanted = Math.max(own, level.bits)
  const [, bits = 1024] = AUTO_DH.find(([strength]) => wanted >= strength) ?? []
  return bits
}

const AUTO_DH = [
  [192, 8192],
  [152, 4096],
  [128, 3072],
  [112, 2048],
] as const
