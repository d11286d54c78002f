import { groupByName, type CipherSuite, type NamedGroup, type ProtocolName } from '../../registry/index.ts'
import { chooseAlpn } from './alpn.ts'
import type { HandshakeCertificate, HandshakeClient, HandshakeServer } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { compareVersions, namedGroups, namedSuites, newestFirst, newestUpTo, usableIn } from './lists.ts'
import { refused, type Refusal } from './outcome.ts'
import { fitsKey, schemeOf, signsTls13, type Scheme } from './schemes.ts'
import { prepareServer, type PreparedServer } from './prepared.ts'
import { STACKS } from './stacks.ts'
import { suitesInOrder } from './suite-order.ts'

/** The hello of a client that does what the RFCs say and of which no more is known than its lists. */
export function specifiedHello(client: HandshakeClient): Hello | Refusal {
  const versions = newestFirst(client.versions)
  const [newest] = versions
  const suites = namedSuites(client.suites).filter((suite) => versions.some((version) => usableIn(suite, version)))
  if (newest === undefined || suites.length === 0)
    return refused('client', 'close', 'no-hello', 'The client says nothing at all: no version has a suite.')
  const groups = namedGroups(client.groups ?? STACKS[client.stack].groups)
  const tls13 = newest === 'TLSv1.3'
  const old = client.sslv2Hello === true || newest === 'SSLv3'
  return {
    versions,
    versionsListed: tls13,
    legacyVersion: newestUpTo(versions, 'TLSv1.2') ?? 'TLSv1.2',
    suites,
    groups: old || groups.length === 0 || !suites.some(({ kx }) => kx === 'ECDHE' || kx === 'any') ? undefined : groups,
    schemes: old || compareVersions(newest, 'TLSv1.2') < 0 ? undefined : (client.signatureSchemes ?? STACKS[client.stack].signatureSchemes),
    certificateSchemes: client.certificateSchemes,
    keyShares: tls13 ? sharesOf(client, groups) : [],
    alpn: old ? [] : (client.alpn ?? []),
    serverName: old ? undefined : client.serverName,
    extendedMasterSecret: !old && client.extendedMasterSecret !== 'off',
    secureRenegotiation: client.secureRenegotiation !== 'off',
    fallback: client.fallback === true,
    sslv2: client.sslv2Hello === true,
  }
}

function sharesOf(client: HandshakeClient, groups: readonly NamedGroup[]): readonly NamedGroup[] {
  if (client.keyShares !== undefined) return namedGroups(client.keyShares)
  return groups.filter((group) => group.tls13).slice(0, 1)
}

/** A server that does what the RFCs say. */
export function specifiedAnswers(server: HandshakeServer): (hello: Hello) => Answer | Refusal {
  const prepared = prepareServer(server)
  return (hello) => answer(prepared, hello)
}

function answer(prepared: PreparedServer, hello: Hello): Answer | Refusal {
  const { server, versions } = prepared
  const version = hello.versionsListed ? versions.find((one) => hello.versions.includes(one)) : newestUpTo(versions, hello.legacyVersion)
  if (version === undefined)
    return refused(
      'server',
      'protocol_version',
      'version',
      `The client speaks ${hello.versions.join(', ')}, the server ${versions.join(', ')}.`,
    )
  if (hello.fallback && version !== versions[0])
    return refused(
      'server',
      'inappropriate_fallback',
      'fallback',
      `The client fell back to ${version}, and the server speaks newer versions.`,
    )
  const alpn = chooseAlpn(server, hello)
  if (typeof alpn === 'object') return { ...alpn, version }
  const result = answerIn(prepared, hello, version)
  if (!result.agreed) return { ...result, version }
  return { ...result, ...(alpn === undefined ? {} : { alpn }), ...sentinel(versions, version) }
}

/** RFC 8446 §4.1.3. */
function sentinel(versions: readonly ProtocolName[], version: ProtocolName): Pick<Answer, 'sentinel'> {
  if (version === 'TLSv1.3') return {}
  if (version === 'TLSv1.2') return versions[0] === 'TLSv1.3' ? { sentinel: version } : {}
  return versions.includes('TLSv1.2') || versions[0] === 'TLSv1.3' ? { sentinel: 'TLSv1.1' } : {}
}

interface Exchange {
  readonly group?: NamedGroup
  readonly dhBits?: number
  readonly retried: boolean
}

interface Signature {
  readonly scheme?: string
  readonly certificate?: number
}

function answerIn(prepared: PreparedServer, hello: Hello, version: ProtocolName): Answer | Refusal {
  let missing: RefusedFor = 'suites'
  for (const suite of suitesInOrder(prepared.server, prepared.suites, hello)) {
    if (!usableIn(suite, version)) continue
    const exchange = exchangeFor(prepared, hello, suite, version)
    const signature = signatureFor(prepared, hello, suite, version)
    if (exchange === undefined) missing = 'groups'
    else if (signature === undefined) missing = 'signature'
    else return { agreed: true, version, suite, ...exchange, ...signature, ...features(prepared.server, hello) }
  }
  return refused('server', 'handshake_failure', missing, WHY[missing])
}

type RefusedFor = 'suites' | 'groups' | 'signature'

const WHY: Readonly<Record<RefusedFor, string>> = {
  suites: 'They have no suite in common.',
  groups: 'No suite that they have in common has a group that they have in common.',
  signature: 'No suite that they have in common has a certificate that the client takes.',
}

function features(server: HandshakeServer, hello: Hello): Pick<Answer, 'extendedMasterSecret' | 'secureRenegotiation'> {
  return {
    extendedMasterSecret: hello.extendedMasterSecret && server.extendedMasterSecret !== 'off',
    secureRenegotiation: hello.secureRenegotiation && server.secureRenegotiation !== 'off',
  }
}

/** RFC 8446 §4.2.8 for TLS 1.3, RFC 8422 §4 for curves before, RFC 7919 §4 for DHE. */
function exchangeFor({ server, groups }: PreparedServer, hello: Hello, suite: CipherSuite, version: ProtocolName): Exchange | undefined {
  const theirs = hello.groups
  const shared =
    theirs === undefined
      ? groups
      : server.order === 'server'
        ? groups.filter((group) => theirs.includes(group))
        : theirs.filter((group) => groups.includes(group))
  if (version === 'TLSv1.3') {
    const usable = theirs === undefined ? [] : shared.filter((group) => group.tls13)
    const group = usable.find((one) => hello.keyShares.includes(one)) ?? usable[0]
    return group === undefined ? undefined : { group, retried: !hello.keyShares.includes(group) }
  }
  if (suite.kx === 'RSA') return { retried: false }
  if (suite.kx === 'ECDHE') {
    const group = shared.find((one) => one.kind === 'ecdhe' && one.tls12)
    return group === undefined ? undefined : { group, retried: false }
  }
  if (suite.kx !== 'DHE' || server.dh === undefined) return undefined
  return { dhBits: server.dh === 'auto' ? AUTO_DH : server.dh, retried: false }
}

const AUTO_DH = 2048

function signatureFor({ server, schemes }: PreparedServer, hello: Hello, suite: CipherSuite, version: ProtocolName): Signature | undefined {
  if (suite.au === 'anon') return {}
  const named = compareVersions(version, 'TLSv1.2') >= 0 ? (hello.schemes ?? (version === 'TLSv1.2' ? SHA1_ALONE : undefined)) : undefined
  for (const [certificate, one] of server.certificates.entries()) {
    if (!serves(one, suite, version, hello)) continue
    if (suite.kx === 'RSA') return { certificate }
    if (compareVersions(version, 'TLSv1.2') < 0)
      return { certificate, scheme: one.keyType === 'RSA' ? 'rsa_pkcs1_md5_sha1' : one.keyType === 'DSA' ? 'dsa_sha1' : 'ecdsa_sha1' }
    const scheme = named?.find((name) => schemes.includes(name) && signs(schemeOf(name), one, version))
    if (scheme !== undefined) return { certificate, scheme }
  }
  return undefined
}

/** What a hello without signature_algorithms means, RFC 5246 §7.4.1.4.1. */
const SHA1_ALONE = ['rsa_pkcs1_sha1', 'dsa_sha1', 'ecdsa_sha1']

/** RFC 5246 §7.4.2, RFC 8422 §5.1.1 and §5.3. */
function serves({ keyType, curve }: HandshakeCertificate, suite: CipherSuite, version: ProtocolName, hello: Hello): boolean {
  if (version === 'TLSv1.3') return keyType !== 'DSA'
  if (suite.kx === 'RSA') return keyType === 'RSA'
  const old = compareVersions(version, 'TLSv1.2') < 0
  if (suite.au === 'RSA') return keyType === 'RSA' || (keyType === 'RSA-PSS' && !old)
  if (suite.au === 'DSS') return keyType === 'DSA'
  if (suite.au !== 'ECDSA') return false
  if (keyType === 'Ed25519' || keyType === 'Ed448') return !old
  const group = groupByName(curve ?? '')
  return keyType === 'ECDSA' && (hello.groups === undefined || group === undefined || hello.groups.includes(group))
}

function signs(scheme: Scheme | undefined, certificate: HandshakeCertificate, version: ProtocolName): boolean {
  if (scheme === undefined || scheme.key !== certificate.keyType || !fitsKey(scheme, certificate)) return false
  if (version !== 'TLSv1.3') return true
  return signsTls13(scheme) && (scheme.curve === undefined || certificate.curve === undefined || scheme.curve === certificate.curve)
}

/** Why a client that does what the RFCs say refuses an answer. */
export function specifiedRefusal(_client: HandshakeClient, hello: Hello, result: Answer): Refusal | undefined {
  const { version, sentinel: told, group } = result
  if (!hello.versions.includes(version))
    return refused('client', 'protocol_version', 'version', `The server chose ${version}, which the client has not on.`)
  const newest = hello.versions[0] ?? version
  if ((newest === 'TLSv1.3' && told === version) || (compareVersions(newest, 'TLSv1.2') >= 0 && told === 'TLSv1.1'))
    return refused('client', 'illegal_parameter', 'version', `The server chose ${version} and says that it has a newer version.`)
  if (group !== undefined && hello.groups?.includes(group) === false && result.suite.kx !== 'DHE')
    return refused('client', 'illegal_parameter', 'groups', `The client has not offered ${group.name}.`)
  return undefined
}
