import { groupByName, type CipherSuite, type NamedGroup, type ProtocolName } from '../../registry/index.ts'
import { chooseAlpn } from './alpn.ts'
import type { HandshakeCertificate, HandshakeClient, HandshakeServer } from './ends.ts'
import type { Answer, Hello } from './hello.ts'
import { compareVersions, lowestBlock, namedGroups, namedSuites, newestUpTo, usableIn } from './lists.ts'
import { isOldEdwards } from './odd-signatures.ts'
import { refused, type Refusal } from './outcome.ts'
import { schemeOf, type Scheme } from './schemes.ts'
import { STACKS } from './stacks.ts'
import { suitesInOrder } from './suite-order.ts'

/** The hello of OpenSSL 1.0.2: nothing of TLS 1.3, and a signature scheme for every key. */
export function openssl102Hello(client: HandshakeClient): Hello | Refusal {
  const versions = lowestBlock(client.versions)
  const [newest] = versions
  const oldest = versions.at(-1)
  const suites = namedSuites(client.suites).filter((suite) => newest !== undefined && usableIn(suite, newest))
  if (newest === undefined || oldest === undefined || suites.length === 0)
    return refused('client', 'close', 'no-hello', 'The client says nothing at all: no suite of its versions is on.')
  const stack = STACKS[client.stack]
  // Suites that the hello leaves out count too.
  const curves = namedSuites(client.suites).some(({ kx, au }) => kx === 'ECDHE' || kx === 'ECDH' || au === 'ECDSA')
  return {
    versions,
    versionsListed: false,
    legacyVersion: newest,
    suites,
    groups: curves ? namedGroups(client.groups ?? stack.groups) : undefined,
    schemes: newest === 'TLSv1.2' ? (client.signatureSchemes ?? stack.signatureSchemes) : undefined,
    certificateSchemes: undefined,
    keyShares: [],
    alpn: client.alpn ?? [],
    serverName: client.serverName,
    extendedMasterSecret: false,
    secureRenegotiation: true,
    fallback: client.fallback === true,
    sslv2: false,
  }
}

interface Prepared {
  readonly server: HandshakeServer
  readonly suites: readonly CipherSuite[]
  readonly groups: readonly NamedGroup[]
  readonly schemes: readonly string[]
}

/** A server with OpenSSL 1.0.2 that chooses curves by itself (SSL_CTX_set_ecdh_auto). */
export function openssl102Answers(server: HandshakeServer): (hello: Hello) => Answer | Refusal {
  const stack = STACKS[server.stack]
  const prepared = {
    server,
    suites: namedSuites(server.suites),
    groups: namedGroups(server.groups ?? stack.groups),
    schemes: server.signatureSchemes ?? stack.signatureSchemes,
  }
  return (hello) => answer(prepared, hello)
}

function answer(prepared: Prepared, hello: Hello): Answer | Refusal {
  const { server } = prepared
  const version = newestUpTo(server.versions, hello.legacyVersion)
  if (version === undefined)
    return refused(
      'server',
      hello.legacyVersion === 'SSLv3' && server.versions.includes('TLSv1') ? 'handshake_failure' : 'close',
      'version',
      `The client speaks nothing newer than ${hello.legacyVersion}, the server ${server.versions.join(', ')}.`,
    )
  if (hello.fallback && server.versions.some((one) => compareVersions(one, version) > 0))
    return refused(
      'server',
      'inappropriate_fallback',
      'fallback',
      `The client fell back to ${version}, and the server speaks newer versions.`,
    )
  const result = answerIn(prepared, hello, version)
  return result.agreed ? result : { ...result, version }
}

function answerIn(prepared: Prepared, hello: Hello, version: ProtocolName): Answer | Refusal {
  const { server, suites } = prepared
  const named = version === 'TLSv1.2' && hello.schemes !== undefined
  const shared = named ? sharedSchemes(prepared, hello) : []
  if (named && shared.length === 0) return refused('server', 'handshake_failure', 'signature', 'They have no signature scheme in common.')
  const group = groupFor(prepared, hello)
  const places = { RSA: place(server, 'RSA'), ECDSA: ecdsaPlace(prepared, hello) }
  const suite = suitesInOrder(server, suites, hello).find((one) => usableIn(one, version) && fits(one, server, places, group))
  if (suite === undefined)
    return refused('server', 'handshake_failure', 'suites', 'They have no suite in common that the certificates and curves allow.')
  const alpn = chooseAlpn(server, hello)
  if (typeof alpn === 'object') return alpn
  const certificate = suite.au === 'anon' ? NONE : suite.au === 'RSA' ? places.RSA : places.ECDSA
  return {
    agreed: true,
    version,
    suite,
    retried: false,
    ...(suite.kx === 'ECDHE' && group !== undefined ? { group } : {}),
    ...(suite.kx === 'DHE' && typeof server.dh === 'number' ? { dhBits: server.dh } : {}),
    ...(certificate === NONE ? {} : { certificate }),
    ...(certificate === NONE || suite.kx === 'RSA' ? {} : { scheme: schemeFor(suite, version, shared) }),
    ...(alpn === undefined ? {} : { alpn }),
    extendedMasterSecret: false,
    secureRenegotiation: true,
  }
}

const NONE = -1

function place(server: HandshakeServer, type: HandshakeCertificate['keyType']): number {
  return server.certificates.findIndex((one) => one.keyType === type)
}

/** The curve of an ECDSA certificate has to be among the groups of both. */
function ecdsaPlace({ server, groups }: Prepared, hello: Hello): number {
  const found = place(server, 'ECDSA')
  const group = groupByName(server.certificates[found]?.curve ?? '')
  if (group === undefined || !groups.includes(group)) return NONE
  return hello.groups === undefined || hello.groups.includes(group) ? found : NONE
}

/** A hello without the extension allows every curve, RFC 8422 §4. */
function groupFor({ server, groups }: Prepared, hello: Hello): NamedGroup | undefined {
  const theirs = hello.groups
  if (theirs === undefined) return groups[0]
  return server.order === 'server' ? groups.find((group) => theirs.includes(group)) : theirs.find((group) => groups.includes(group))
}

function fits(
  suite: CipherSuite,
  server: HandshakeServer,
  places: { readonly RSA: number; readonly ECDSA: number },
  group: NamedGroup | undefined,
): boolean {
  const authenticated = suite.au === 'anon' || (suite.au === 'RSA' ? places.RSA !== NONE : suite.au === 'ECDSA' && places.ECDSA !== NONE)
  if (!authenticated) return false
  if (suite.kx === 'DHE') return server.dh !== undefined
  return suite.kx === 'RSA' || (suite.kx === 'ECDHE' && group !== undefined)
}

function sharedSchemes({ server, schemes }: Prepared, hello: Hello): readonly Scheme[] {
  const theirs = hello.schemes ?? []
  const names =
    server.order === 'server' ? schemes.filter((name) => theirs.includes(name)) : theirs.filter((name) => schemes.includes(name))
  return names.map(schemeOf).filter((scheme) => scheme !== undefined)
}

/** The first shared one of the key; SHA-1 where there is none, whether the client has it or not. */
function schemeFor(suite: CipherSuite, version: ProtocolName, shared: readonly Scheme[]): string {
  const rsa = suite.au === 'RSA'
  if (version !== 'TLSv1.2') return rsa ? 'rsa_pkcs1_md5_sha1' : 'ecdsa_sha1'
  return shared.find(({ key }) => key === suite.au)?.name ?? (rsa ? 'rsa_pkcs1_sha1' : 'ecdsa_sha1')
}

/** Why a client with OpenSSL 1.0.2 refuses an answer. It has no levels, but takes no modulus below 1024 bits. */
export function openssl102Refusal(
  _client: HandshakeClient,
  hello: Hello,
  answer: Answer,
  certificate: HandshakeCertificate | undefined,
): Refusal | undefined {
  const { version, dhBits } = answer
  if (!hello.versions.includes(version))
    return refused('client', 'protocol_version', 'version', `The server chose ${version}, which the client has not on.`)
  if (isOldEdwards(answer, certificate))
    return refused('client', 'close', 'certificate', `The client does not know ${certificate?.keyType}.`)
  if (dhBits !== undefined && dhBits < 1024)
    return refused('client', 'handshake_failure', 'dh-size', `A modulus of ${dhBits} bits is too small.`)
  const { group } = answer
  if (group !== undefined && hello.groups?.includes(group) === false)
    return refused('client', 'decode_error', 'groups', `The client has not offered ${group.name}.`)
  const curve = certificate?.curve
  if (version === 'TLSv1.2' && curve !== undefined && hello.groups?.some((group) => group.name === curve) === false)
    return refused('client', 'decode_error', 'certificate', `The certificate is on ${curve}, which the client has not offered.`)
  return undefined
}
