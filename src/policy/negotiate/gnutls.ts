import type { CipherSuite, NamedGroup, ProtocolName } from '../../registry/index.ts'
import { chooseAlpn } from './alpn.ts'
import type { HandshakeCertificate, HandshakeClient, HandshakeServer } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { compareVersions, namedGroups, namedSuites, newestFirst, newestUpTo, usableIn } from './lists.ts'
import { refused, type Refusal } from './outcome.ts'
import { fitsKey, schemeOf, signsTls13, type Scheme } from './schemes.ts'
import { isOldEdwards, signedTooOld } from './odd-signatures.ts'
import { prepareServer, type PreparedServer } from './prepared.ts'
import { STACKS } from './stacks.ts'
import { suitesInOrder } from './suite-order.ts'

interface Prepared extends PreparedServer {
  /** Places of the certificates in the order in which they are tried. */
  readonly places: readonly number[]
}

/** A GnuTLS server. */
export function gnutlsAnswers(server: HandshakeServer): (hello: Hello) => Answer | Refusal {
  const prepared = { ...prepareServer(server), places: places(server.certificates) }
  return (hello) => answer(prepared, hello)
}

/** As they were given, but that an RSA-PSS key takes the place of the first RSA key before it. */
function places(certificates: readonly HandshakeCertificate[]): readonly number[] {
  const order: number[] = []
  certificates.forEach((certificate, place) => {
    const rsa = order.findIndex((other) => certificates[other]?.keyType === 'RSA')
    const moved = order[rsa]
    if (certificate.keyType === 'RSA-PSS' && moved !== undefined) order.splice(rsa, 1, place)
    order.push(certificate.keyType === 'RSA-PSS' && moved !== undefined ? moved : place)
  })
  return order
}

function answer(prepared: Prepared, hello: Hello): Answer | Refusal {
  const version = chooseVersion(prepared, hello)
  if (version === undefined)
    return refused(
      'server',
      'protocol_version',
      'version',
      `The client speaks ${hello.versions.join(', ')}, the server ${prepared.versions.join(', ')}.`,
    )
  if (hello.fallback && version !== prepared.versions[0])
    return refused(
      'server',
      'inappropriate_fallback',
      'fallback',
      `The client fell back to ${version}, and the server speaks newer versions.`,
    )
  const alpn = chooseAlpn(prepared.server, hello)
  if (typeof alpn === 'object') return alpn
  const result = answerIn(prepared, hello, version)
  return result.agreed && alpn !== undefined ? { ...result, alpn } : result
}

function answerIn(prepared: Prepared, hello: Hello, version: ProtocolName): Answer | Refusal {
  const groups = candidates(prepared, hello, version)
  if (version === 'TLSv1.3' && groups.any === undefined)
    return refused('server', 'handshake_failure', 'groups', 'They have no group of TLS 1.3 in common.')
  const chosen = chooseSuite(prepared, hello, version, groups)
  if (chosen === undefined)
    return refused(
      'server',
      'handshake_failure',
      'suites',
      'They have no suite in common that the certificates, groups and signature schemes allow.',
    )
  const failed = failsLater(prepared.server, hello, version, chosen, groups)
  if (failed !== undefined) return failed
  const { server } = prepared
  return {
    agreed: true,
    version,
    ...chosen,
    ...exchange(server, chosen.suite, version, groups, hello),
    ...sentinel(prepared, version),
    extendedMasterSecret: hello.extendedMasterSecret && server.extendedMasterSecret !== 'off',
    secureRenegotiation: server.secureRenegotiation !== 'off' && hello.secureRenegotiation,
  }
}

/** It is found out only when the suite stands that the server cannot exchange keys or sign with what it has chosen. */
function failsLater(
  server: HandshakeServer,
  hello: Hello,
  version: ProtocolName,
  { suite, scheme: name, certificate }: Chosen,
  groups: Candidates,
): Refusal | undefined {
  const key = server.certificates[certificate ?? NONE]
  if (suite.kx === 'DHE' && groups.field === undefined && server.dh === 'auto' && autoDh(server) === undefined)
    return refused('server', 'internal_error', 'dh-size', 'The server has chosen DHE and has no group of its own.')
  if (key === undefined || suite.kx === 'RSA') return undefined
  if (compareVersions(version, 'TLSv1.2') < 0 && key.keyType !== 'RSA' && key.keyType !== 'ECDSA')
    return refused('server', 'handshake_failure', 'signature', `${key.keyType} cannot sign in ${version}, but the server tries.`)
  const scheme = schemeOf(name ?? '')
  if (scheme === undefined || fitsKey(scheme, key)) return undefined
  const why = `The key is too short for ${scheme.name}, but the server tries.`
  // After a HelloRetryRequest the encrypted alert goes out before the ServerHello does.
  const retried = version === 'TLSv1.3' && groups.any !== undefined && !hello.keyShares.includes(groups.any)
  return retried ? refused('client', 'unexpected_message', 'signature', why) : refused('server', 'internal_error', 'signature', why)
}

const NONE = -1

function sentinel({ versions }: Prepared, version: ProtocolName): Pick<Answer, 'sentinel'> {
  if (versions[0] !== 'TLSv1.3' || version === 'TLSv1.3') return {}
  return { sentinel: version === 'TLSv1.2' ? version : 'TLSv1.1' }
}

/** What supported_versions lists counts only where the named version has not been refused already. */
function chooseVersion({ versions }: Prepared, hello: Hello): ProtocolName | undefined {
  const named = namedVersion(versions, hello.legacyVersion)
  if (named === undefined || !hello.versionsListed || versions[0] !== 'TLSv1.3') return named
  return versions.find((version) => hello.versions.includes(version))
}

/** A version that is off is refused, though an older one is on: it looks for nothing below what the client names, but where that is too new. */
function namedVersion(versions: readonly ProtocolName[], named: ProtocolName): ProtocolName | undefined {
  const [newest] = versions
  if (newest === undefined || versions.includes(named)) return newest === undefined ? undefined : named
  // TLS 1.2 is what a client of TLS 1.3 names too, so it is not refused before the suites are.
  if (newest === 'TLSv1.3' && named === 'TLSv1.2') return named
  return compareVersions(named, newest) < 0 ? undefined : newestUpTo(versions, named)
}

interface Candidates {
  /** For TLS 1.3. */
  readonly any: NamedGroup | undefined
  readonly curve: NamedGroup | undefined
  readonly field: NamedGroup | undefined
}

/** RFC 4492 §4 takes secp256r1 for granted where the hello names no groups. */
const ASSUMED = namedGroups(['secp256r1'])[0]

function candidates({ server, groups }: Prepared, hello: Hello, version: ProtocolName): Candidates {
  const theirs = hello.groups
  if (theirs === undefined) return { any: undefined, curve: version === 'TLSv1.3' ? undefined : ASSUMED, field: undefined }
  const shared =
    server.order === 'server' ? groups.filter((group) => theirs.includes(group)) : theirs.filter((group) => groups.includes(group))
  return { any: shared[0], curve: shared.find((group) => group.kind === 'ecdhe'), field: shared.find((group) => group.kind === 'ffdhe') }
}

interface Chosen {
  readonly suite: CipherSuite
  readonly scheme?: string
  readonly certificate?: number
}

function chooseSuite(prepared: Prepared, hello: Hello, version: ProtocolName, groups: Candidates): Chosen | undefined {
  for (const suite of suitesInOrder(prepared.server, prepared.suites, hello)) {
    if (!usableIn(suite, version) || !exchangeable(prepared.server, suite, version, groups, hello)) continue
    if (suite.au === 'anon') return { suite }
    for (const certificate of prepared.places) {
      const found = prepared.server.certificates[certificate]
      if (found === undefined || !serves(found, suite, version)) continue
      if (suite.kx === 'RSA') return { suite, certificate }
      const scheme = chooseScheme(prepared, hello, version, found)
      if (scheme !== undefined) return { suite, certificate, scheme }
    }
  }
  return undefined
}

/** RFC 7919 §4: a client that names finite-field groups is served from them or not by DHE at all. */
function exchangeable(server: HandshakeServer, suite: CipherSuite, version: ProtocolName, groups: Candidates, hello: Hello): boolean {
  if (version === 'TLSv1.3' || suite.kx === 'RSA') return true
  if (suite.kx === 'ECDHE') return groups.curve !== undefined
  if (suite.kx !== 'DHE') return false
  return groups.field !== undefined || (server.dh !== undefined && hello.groups?.some((group) => group.kind === 'ffdhe') !== true)
}

function serves({ keyType }: HandshakeCertificate, suite: CipherSuite, version: ProtocolName): boolean {
  if (version === 'TLSv1.3') return true
  if (suite.kx === 'RSA') return keyType === 'RSA'
  if (suite.au === 'RSA') return keyType === 'RSA' || keyType === 'RSA-PSS'
  return suite.au === 'ECDSA' && (keyType === 'ECDSA' || keyType === 'Ed25519' || keyType === 'Ed448')
}

/** The client's order decides, whoever chooses the suite. */
function chooseScheme({ schemes }: Prepared, hello: Hello, version: ProtocolName, certificate: HandshakeCertificate): string | undefined {
  const rsa = certificate.keyType === 'RSA'
  if (version !== 'TLSv1.2' && version !== 'TLSv1.3') return rsa ? 'rsa_pkcs1_md5_sha1' : 'ecdsa_sha1'
  if (hello.schemes === undefined) {
    const sha1 = rsa ? 'rsa_pkcs1_sha1' : 'ecdsa_sha1'
    return (rsa || certificate.keyType === 'ECDSA') && schemes.includes(sha1) ? sha1 : undefined
  }
  return hello.schemes.find((name) => {
    const scheme = schemeOf(name)
    return scheme !== undefined && schemes.includes(name) && signs(scheme, certificate, version)
  })
}

function signs(scheme: Scheme, certificate: HandshakeCertificate, version: ProtocolName): boolean {
  if (scheme.key !== certificate.keyType) return false
  if (version !== 'TLSv1.3') return true
  return signsTls13(scheme) && (scheme.curve === undefined || scheme.curve === certificate.curve)
}

function exchange(
  server: HandshakeServer,
  suite: CipherSuite,
  version: ProtocolName,
  groups: Candidates,
  hello: Hello,
): Pick<Answer, 'group' | 'dhBits' | 'retried'> {
  if (version === 'TLSv1.3')
    return groups.any === undefined ? { retried: false } : { group: groups.any, retried: !hello.keyShares.includes(groups.any) }
  if (suite.kx === 'ECDHE' && groups.curve !== undefined) return { group: groups.curve, retried: false }
  if (suite.kx !== 'DHE') return { retried: false }
  if (groups.field !== undefined) return { group: groups.field, dhBits: groups.field.bits, retried: false }
  return { dhBits: typeof server.dh === 'number' ? server.dh : (autoDh(server) ?? MEDIUM_DH), retried: false }
}

/** gnutls_certificate_set_known_dh_params(3): the first group of its own that is large enough. */
function autoDh(server: HandshakeServer): number | undefined {
  return namedGroups(server.groups ?? STACKS[server.stack].groups).find((group) => group.kind === 'ffdhe' && group.bits >= MEDIUM_DH)?.bits
}

const MEDIUM_DH = 2048

/** The hello of GnuTLS: what its priority string leaves, parseGnutlsPriority(). */
export function gnutlsHello(client: HandshakeClient): Hello | Refusal {
  const versions = newestFirst(client.versions)
  const [newest] = versions
  const stack = STACKS[client.stack]
  const suites = namedSuites(client.suites)
  if (newest === undefined || suites.length === 0)
    return refused('client', 'close', 'no-hello', 'The client says nothing at all: no version or no suite is on.')
  const groups = namedGroups(client.groups ?? stack.groups)
  const tls13 = newest === 'TLSv1.3'
  return {
    versions,
    versionsListed: tls13,
    legacyVersion: newestUpTo(versions, 'TLSv1.2') ?? 'TLSv1.2',
    suites,
    groups: groups.length === 0 ? undefined : groups,
    schemes: tls13 || newest === 'TLSv1.2' ? (client.signatureSchemes ?? stack.signatureSchemes) : undefined,
    certificateSchemes: client.certificateSchemes,
    keyShares: tls13 ? keyShares(client, groups) : [],
    alpn: client.alpn ?? [],
    serverName: client.serverName,
    extendedMasterSecret: client.extendedMasterSecret !== 'off',
    secureRenegotiation: client.secureRenegotiation !== 'off',
    fallback: client.fallback === true,
    sslv2: false,
  }
}

/** The first group, and the first of another kind of key. */
function keyShares(client: HandshakeClient, groups: readonly NamedGroup[]): readonly NamedGroup[] {
  if (client.keyShares !== undefined) return namedGroups(client.keyShares)
  const [first] = groups
  if (first === undefined) return []
  const second = groups.find((group) => kindOf(group) !== kindOf(first))
  return second === undefined ? [first] : [first, second]
}

function kindOf({ name, kind }: NamedGroup): string {
  return kind === 'ecdhe' && name.startsWith('x') ? 'x' : kind
}

/** Why a GnuTLS client refuses an answer. */
export function gnutlsRefusal(
  _client: HandshakeClient,
  hello: Hello,
  result: Answer,
  certificate: HandshakeCertificate | undefined,
): Refusal | undefined {
  const { version, dhBits, scheme } = result
  if (!hello.versions.includes(version))
    return refused('client', 'protocol_version', 'version', `The server chose ${version}, which the client has not on.`)
  if (dhBits !== undefined && dhBits < MINIMUM_DH)
    return refused('client', 'insufficient_security', 'dh-size', `A modulus of ${dhBits} bits is too small.`)
  if (signedTooOld(result)) return refused('client', 'illegal_parameter', 'signature', `TLS 1.3 has no ${scheme}.`)
  if (isOldEdwards(result, certificate))
    return refused('client', 'internal_error', 'certificate', `${certificate?.keyType} cannot sign in ${version}.`)
  const { group } = result
  if (group !== undefined && hello.groups?.includes(group) !== true)
    return refused('client', 'handshake_failure', 'groups', `The client has not offered ${group.name}.`)
  if (scheme !== undefined && version === 'TLSv1.2' && hello.schemes?.includes(scheme) === false)
    return refused('client', 'handshake_failure', 'signature', `The client has not offered ${scheme}.`)
  return certificate === undefined && result.certificate !== undefined
    ? refused('client', 'handshake_failure', 'certificate', 'There is no certificate.')
    : undefined
}

/** In bits, at the lowest profile. */
const MINIMUM_DH = 1008
