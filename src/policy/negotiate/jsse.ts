import { groupByName, type CipherSuite, type NamedGroup, type ProtocolName } from '../../registry/index.ts'
import { chooseAlpn } from './alpn.ts'
import type { HandshakeCertificate, HandshakeClient, HandshakeServer } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { compareVersions, namedGroups, namedSuites, newestFirst, newestUpTo, usableIn } from './lists.ts'
import { refused, type Refusal } from './outcome.ts'
import { fitsKey, schemeOf, signsTls13, type Scheme } from './schemes.ts'
import { STACKS } from './stacks.ts'
import { suitesInOrder } from './suite-order.ts'

/** What an end has once the protocols without a suite, and the suites without a group, are left out. */
interface Active {
  readonly versions: readonly ProtocolName[]
  readonly suites: readonly CipherSuite[]
  readonly groups: readonly NamedGroup[]
  readonly schemes: readonly string[]
}

function activeOf(end: HandshakeClient | HandshakeServer): Active {
  const stack = STACKS[end.stack]
  const groups = namedGroups(end.groups ?? stack.groups)
  const possible = namedSuites(end.suites).filter((suite) => suite.kx !== 'ECDHE' || groups.some((group) => group.kind === 'ecdhe'))
  const versions = newestFirst(end.versions).filter((version) => possible.some((suite) => isNegotiable(suite, version)))
  return {
    versions,
    suites: possible.filter((suite) => versions.some((version) => isNegotiable(suite, version))),
    groups,
    schemes: end.signatureSchemes ?? stack.signatureSchemes,
  }
}

/** Suites of (EC)DHE and AES are for every version down to SSL 3.0 in Java. */
function isNegotiable(suite: CipherSuite, version: ProtocolName): boolean {
  return usableIn(suite, version === 'SSLv3' ? 'TLSv1' : version)
}

/** The hello of JSSE. */
export function jsseHello(client: HandshakeClient): Hello | Refusal {
  const { versions, suites, groups, schemes } = activeOf(client)
  const [newest] = versions
  if (newest === undefined) return refused('client', 'close', 'no-hello', 'The client says nothing at all: no version has a suite.')
  const tls13 = newest === 'TLSv1.3'
  const sentSchemes = tls13 || newest === 'TLSv1.2' ? schemes.filter((name) => !isOld(name) || versions.length > 1 || !tls13) : undefined
  const sent = groups.filter((group) => (tls13 && group.tls13) || suites.some((suite) => isFor(group, suite)))
  if (client.sslv2Hello === true) return withoutExtensions(versions, newest, suites)
  return {
    versions,
    versionsListed: true,
    legacyVersion: tls13 ? 'TLSv1.2' : newest,
    suites,
    groups: sent.length === 0 ? undefined : sent,
    schemes: sentSchemes,
    certificateSchemes: client.certificateSchemes ?? sentSchemes,
    keyShares: tls13 ? keyShares(client, sent) : [],
    alpn: client.alpn ?? [],
    serverName: client.serverName,
    extendedMasterSecret: client.extendedMasterSecret !== 'off',
    secureRenegotiation: client.secureRenegotiation !== 'off' && versions.some((version) => version !== 'TLSv1.3'),
    fallback: client.fallback === true,
    sslv2: false,
  }
}

/** RFC 5246 §E.2. Secure renegotiation is told of by a suite, RFC 5746 §3.3. */
function withoutExtensions(versions: readonly ProtocolName[], newest: ProtocolName, suites: readonly CipherSuite[]): Hello {
  return {
    versions,
    versionsListed: false,
    legacyVersion: newest,
    suites,
    groups: undefined,
    schemes: undefined,
    certificateSchemes: undefined,
    keyShares: [],
    alpn: [],
    serverName: undefined,
    extendedMasterSecret: false,
    secureRenegotiation: true,
    fallback: false,
    sslv2: true,
  }
}

/** Of TLS 1.2 alone: not even for certificates in TLS 1.3. */
function isOld(name: string): boolean {
  const scheme = schemeOf(name)
  return scheme === undefined || scheme.key === 'DSA' || scheme.hash === 'SHA224' || scheme.hash === 'MD5'
}

function isFor(group: NamedGroup, suite: CipherSuite): boolean {
  if (suite.kx === 'any') return group.tls13
  return (suite.kx === 'ECDHE' && group.kind === 'ecdhe') || (suite.kx === 'DHE' && group.kind === 'ffdhe')
}

/** The first group, and the first of another kind. */
function keyShares(client: HandshakeClient, groups: readonly NamedGroup[]): readonly NamedGroup[] {
  if (client.keyShares !== undefined) return namedGroups(client.keyShares)
  const usable = groups.filter((group) => group.tls13)
  const [first] = usable
  if (first === undefined) return []
  const second = usable.find((group) => kindOf(group) !== kindOf(first))
  return second === undefined ? [first] : [first, second]
}

function kindOf({ name, kind }: NamedGroup): string {
  return kind === 'ecdhe' && name.startsWith('x') ? 'x' : kind
}

interface Prepared extends Active {
  readonly server: HandshakeServer
}

/** A JSSE server. */
export function jsseAnswers(server: HandshakeServer): (hello: Hello) => Answer | Refusal {
  const prepared = { server, ...activeOf(server) }
  return (hello) => answer(prepared, hello)
}

function answer(prepared: Prepared, hello: Hello): Answer | Refusal {
  const { versions, server } = prepared
  if (versions.length === 0) return refused('server', 'close', 'version', 'The server has no version on that has a suite.')
  const version = hello.versionsListed ? versions.find((one) => hello.versions.includes(one)) : newestUpTo(versions, hello.legacyVersion)
  if (version === undefined)
    return refused(
      'server',
      'protocol_version',
      'version',
      `The client speaks ${hello.versions.join(', ')}, the server ${versions.join(', ')}.`,
    )
  const alpn = chooseAlpn(server, hello)
  if (typeof alpn === 'object') return alpn
  const result = version === 'TLSv1.3' ? answerTls13(prepared, hello) : answerOlder(prepared, hello, version)
  if (!result.agreed) return { ...result, version }
  return { ...result, ...(alpn === undefined ? {} : { alpn }), ...sentinel(versions, version) }
}

function sharesScheme({ schemes }: Prepared, hello: Hello, version: ProtocolName): boolean {
  if (hello.schemes === undefined || compareVersions(version, 'TLSv1.2') < 0) return true
  return hello.schemes.some((name) => schemes.includes(name) && !(version === 'TLSv1.3' && isOld(name)))
}

/** RFC 8446 §4.1.3. */
function sentinel([newest]: readonly ProtocolName[], version: ProtocolName): Pick<Answer, 'sentinel'> {
  if (newest === undefined || version === 'TLSv1.3') return {}
  if (version === 'TLSv1.2') return newest === 'TLSv1.3' ? { sentinel: version } : {}
  return compareVersions(newest, 'TLSv1.2') >= 0 ? { sentinel: 'TLSv1.1' } : {}
}

function answerTls13(prepared: Prepared, hello: Hello): Answer | Refusal {
  const { server, groups } = prepared
  const share = hello.keyShares.find((group) => groups.includes(group))
  if (share !== undefined && !sharesScheme(prepared, hello, 'TLSv1.3')) return NO_SCHEME
  const suite = suitesInOrder(server, prepared.suites, hello).find((one) => usableIn(one, 'TLSv1.3'))
  if (suite === undefined) return refused('server', 'handshake_failure', 'suites', 'They have no suite of TLS 1.3 in common.')
  const group = share ?? hello.groups?.find((one) => one.tls13 && groups.includes(one))
  if (group === undefined) return refused('server', 'unexpected_message', 'groups', 'They have no group of TLS 1.3 in common.')
  if (!sharesScheme(prepared, hello, 'TLSv1.3')) return NO_SCHEME
  const signed = signTls13(prepared, hello)
  if (signed === undefined)
    return refused('server', 'handshake_failure', 'signature', 'No certificate has a kind of key that the client asks for.')
  if (signed === 'no scheme')
    return refused('server', 'internal_error', 'signature', 'The server has chosen a certificate and has no scheme to sign with.')
  return { ...COMMON, version: 'TLSv1.3', suite, group, retried: share === undefined, ...signed }
}

const NO_SCHEME = refused('server', 'handshake_failure', 'signature', 'They have no signature scheme in common.')

const COMMON = { agreed: true, retried: false, extendedMasterSecret: true, secureRenegotiation: true } as const

interface Signature {
  readonly scheme: string
  readonly certificate: number
}

/** The kinds of keys in the order of the client's schemes; which scheme it will be is looked for once the key is chosen. */
function signTls13({ server, schemes, groups }: Prepared, hello: Hello): Signature | 'no scheme' | undefined {
  const shared = (hello.schemes ?? []).filter((name) => schemes.includes(name) && !isOld(name)).flatMap((name) => schemeOf(name) ?? [])
  const asked = (hello.certificateSchemes ?? hello.schemes ?? []).filter((name) => schemes.includes(name) && !isOld(name))
  for (const { key } of asked.flatMap((name) => schemeOf(name) ?? [])) {
    const certificate = server.certificates.findIndex(({ keyType }) => isOfKind(keyType, key))
    const found = server.certificates[certificate]
    if (found === undefined || !shared.some((one) => isOfKind(one.key, key) && handshakes(one))) continue
    const curve = groupByName(found.curve ?? '')
    const scheme = shared.find(
      (one) => signs(one, found) && (signsTls13(one) || (handshakes(one) && curve !== undefined && groups.includes(curve))),
    )
    return scheme === undefined ? 'no scheme' : { scheme: scheme.name, certificate }
  }
  return undefined
}

/** Java takes ecdsa_sha1 for a scheme of TLS 1.3. */
function handshakes(scheme: Scheme): boolean {
  return signsTls13(scheme) || scheme.name === 'ecdsa_sha1'
}

/** Ed25519 and Ed448 are one kind of key to Java. */
function isOfKind(type: string, key: string): boolean {
  return type === key || (type.startsWith('Ed') && key.startsWith('Ed'))
}

/** Java binds ECDSA schemes to their curves in TLS 1.2 too. */
function signs(scheme: Scheme, certificate: HandshakeCertificate): boolean {
  return (
    scheme.key === certificate.keyType && fitsKey(scheme, certificate) && (scheme.curve === undefined || scheme.curve === certificate.curve)
  )
}

function answerOlder(prepared: Prepared, hello: Hello, version: ProtocolName): Answer | Refusal {
  if (!sharesScheme(prepared, hello, version)) return NO_SCHEME
  for (const suite of suitesInOrder(prepared.server, prepared.suites, hello)) {
    if (!isNegotiable(suite, version)) continue
    const certificate = certificateFor(prepared, suite, version, hello)
    const exchange = exchangeFor(prepared, suite, hello, certificate)
    if ((certificate === NONE && suite.au !== 'anon') || exchange === undefined) continue
    return sign(prepared, hello, version, suite, certificate, exchange)
  }
  return refused('server', 'handshake_failure', 'suites', 'They have no suite in common that the certificates and groups allow.')
}

const NONE = -1

function certificateFor({ server, groups }: Prepared, suite: CipherSuite, version: ProtocolName, hello: Hello): number {
  const place = (type: string): number => server.certificates.findIndex(({ keyType }) => keyType === type)
  if (suite.au === 'RSA') {
    const rsa = place('RSA')
    return rsa === NONE && suite.kx !== 'RSA' && version === 'TLSv1.2' ? place('RSA-PSS') : rsa
  }
  if (suite.au !== 'ECDSA') return NONE
  const ecdsa = place('ECDSA')
  const curve = groupByName(server.certificates[ecdsa]?.curve ?? '')
  const fits = curve !== undefined && groups.includes(curve) && (hello.groups === undefined || hello.groups.includes(curve))
  return fits ? ecdsa : server.certificates.findIndex(({ keyType }) => keyType.startsWith('Ed'))
}

/** Groups that Java has no name for are as good as not sent. */
function isKnown({ kind, name }: NamedGroup): boolean {
  return (kind === 'ecdhe' || kind === 'ffdhe') && !name.startsWith('brainpool') && !name.startsWith('GC') && !name.startsWith('curveSM2')
}

type Exchange = Pick<Answer, 'group' | 'dhBits'>

/** In the client's order, whoever chooses the suite. */
function exchangeFor({ server, groups }: Prepared, suite: CipherSuite, hello: Hello, certificate: number): Exchange | undefined {
  if (suite.kx === 'RSA') return {}
  const named = hello.groups?.filter(isKnown) ?? []
  const candidates = named.length > 0 ? named : groups
  if (suite.kx === 'ECDHE') {
    const group = candidates.find((one) => one.kind === 'ecdhe' && one.tls12 && groups.includes(one))
    return group === undefined ? undefined : { group }
  }
  if (suite.kx !== 'DHE') return undefined
  const field = hello.groups?.find((one) => one.kind === 'ffdhe' && groups.includes(one))
  if (field !== undefined) return { group: field, dhBits: field.bits }
  return { dhBits: typeof server.dh === 'number' ? server.dh : autoDh(server.certificates[certificate]) }
}

/** jdk.tls.ephemeralDHKeySize, where it is not set. */
function autoDh(_certificate: HandshakeCertificate | undefined): number {
  return 2048
}

function sign(
  prepared: Prepared,
  hello: Hello,
  version: ProtocolName,
  suite: CipherSuite,
  certificate: number,
  exchange: Exchange,
): Answer | Refusal {
  const answer = { ...COMMON, version, suite, ...exchange }
  const found = prepared.server.certificates[certificate]
  if (found === undefined) return answer
  if (suite.kx === 'RSA') return { ...answer, certificate }
  if (version !== 'TLSv1.2') return { ...answer, certificate, scheme: suite.au === 'RSA' ? 'rsa_pkcs1_md5_sha1' : 'ecdsa_sha1' }
  // What is taken for granted does not have to be on.
  const names = hello.schemes?.filter((name) => prepared.schemes.includes(name)) ?? ['rsa_pkcs1_sha1', 'ecdsa_sha1']
  const scheme = names.find((name) => {
    const known = schemeOf(name)
    return known !== undefined && signs(known, found)
  })
  if (scheme === undefined)
    return refused('server', 'internal_error', 'signature', `The server has chosen ${suite.iana} and has no scheme to sign it with.`)
  return { ...answer, certificate, scheme }
}

/** Why a JSSE client refuses an answer. */
export function jsseRefusal(
  client: HandshakeClient,
  hello: Hello,
  result: Answer,
  _certificate: HandshakeCertificate | undefined,
): Refusal | undefined {
  const { version, group, scheme } = result
  if (!hello.versions.includes(version))
    return refused('client', 'protocol_version', 'version', `The server chose ${version}, which the client has not on.`)
  if (version === 'TLSv1.3') return undefined
  if (isDowngraded(hello, result))
    return refused('client', 'illegal_parameter', 'version', `The server chose ${version} and says that it has a newer version.`)
  const { groups, schemes } = activeOf(client)
  if (group !== undefined && result.suite.kx === 'ECDHE' && !groups.includes(group))
    return refused('client', 'illegal_parameter', 'groups', `The client has not offered ${group.name}.`)
  if (scheme !== undefined && version === 'TLSv1.2' && !schemes.includes(scheme))
    return refused('client', 'handshake_failure', 'signature', `The client has not offered ${scheme}.`)
  return undefined
}

function isDowngraded({ versions }: Hello, { version, sentinel }: Answer): boolean {
  const newest = versions[0] ?? version
  if (newest === 'TLSv1.3' && version === 'TLSv1.2') return sentinel === 'TLSv1.2'
  return compareVersions(newest, 'TLSv1.2') >= 0 && compareVersions(version, 'TLSv1.2') < 0 && sentinel === 'TLSv1.1'
}
