import { groupByName, type CipherSuite, type NamedGroup, type ProtocolName } from '../../registry/index.ts'
import type { HandshakeClient } from './ends.ts'
import type { Hello } from './hello.ts'
import { groupPasses, levelOf, schemePasses, suitePasses, versionPasses, type Level } from './openssl-level.ts'
import { refused, type Refusal } from './outcome.ts'
import { schemeOf } from './schemes.ts'
import { STACKS } from './stacks.ts'
import { compareVersions, lowestBlock, namedGroups, namedSuites, usableIn } from './lists.ts'

/** The hello that OpenSSL from 1.1.1 on sends, or why it sends none. */
export function opensslHello(client: HandshakeClient): Hello | Refusal {
  const stack = STACKS[client.stack]
  const level = levelOf(stack.generation ?? '3.5', client.securityLevel)
  const versions = lowestBlock(client.versions.filter((version) => versionPasses(level, version)))
  const [newest] = versions
  const oldest = versions.at(-1)
  if (newest === undefined || oldest === undefined)
    return noHello('no version is on that its security level allows', level.generation === '1.1.1' ? 'internal_error' : 'protocol_version')
  const schemes = (client.signatureSchemes ?? stack.signatureSchemes).filter((name) => schemeIsSent(name, level, oldest))
  if (client.signatureSchemes !== undefined && schemes.length === 0 && compareVersions(newest, 'TLSv1.2') >= 0)
    return noHello('none of its signature schemes is allowed')
  const suites = namedSuites(client.suites).filter(
    (suite) => suitePasses(level, suite) && versions.some((version) => usableIn(suite, version)) && canBeSigned(suite, schemes),
  )
  if (suites.length === 0) return noHello('no suite is on that its versions and its security level allow')
  const groups = groupsSent(namedGroups(client.groups ?? stack.groups), level, oldest, newest)
  const tls13 = newest === 'TLSv1.3'
  if (tls13 && (level.generation === '1.1.1' ? groups.length === 0 : !groups.some((group) => group.tls13)))
    return noHello('no group is on that TLS 1.3 has')
  const curves = tls13 || (suites.some(isEllipticCurve) && groups.some((group) => group.kind === 'ecdhe'))
  return {
    versions,
    versionsListed: tls13,
    legacyVersion: tls13 ? 'TLSv1.2' : newest,
    suites,
    groups: curves ? groups : undefined,
    schemes: newest === 'TLSv1.2' || tls13 ? schemes : undefined,
    certificateSchemes: client.certificateSchemes,
    keyShares: tls13 ? keyShares(client, groups, level) : [],
    alpn: client.alpn ?? [],
    serverName: client.serverName,
    extendedMasterSecret: client.extendedMasterSecret !== 'off',
    secureRenegotiation: true,
    fallback: client.fallback === true,
    sslv2: false,
  }
}

function noHello(why: string, alert: Refusal['alert'] = 'internal_error'): Refusal {
  return refused('client', alert, 'no-hello', `The client says nothing at all: ${why}.`)
}

/** SHA-1, SHA-224 and DSA are left out by clients that speak nothing but TLS 1.3; what the level forbids always is. */
function schemeIsSent(name: string, level: Level, oldest: ProtocolName): boolean {
  const scheme = schemeOf(name)
  if (scheme === undefined || !schemePasses(level, scheme)) return false
  const old = scheme.key === 'DSA' || scheme.hash === 'SHA1' || scheme.hash === 'SHA224' || scheme.hash === 'MD5'
  return !(old && oldest === 'TLSv1.3')
}

/** A suite whose certificates nobody may sign with is not offered. */
function canBeSigned(suite: CipherSuite, schemes: readonly string[]): boolean {
  if (suite.au !== 'RSA' && suite.au !== 'ECDSA' && suite.au !== 'DSS') return true
  return schemes.some((name) => {
    const key = schemeOf(name)?.key
    if (suite.au === 'RSA') return key === 'RSA' || key === 'RSA-PSS'
    return suite.au === 'DSS' ? key === 'DSA' : key === 'ECDSA' || key === 'Ed25519' || key === 'Ed448'
  })
}

/** Groups of any version that is offered; 1.1.1 does not ask which version has which. Finite-field groups are of TLS 1.3 alone in OpenSSL. */
function groupsSent(groups: readonly NamedGroup[], level: Level, oldest: ProtocolName, newest: ProtocolName): readonly NamedGroup[] {
  return groups.filter((group) => {
    if (!groupPasses(level, group)) return false
    if (level.generation === '1.1.1') return true
    const tls13 = newest === 'TLSv1.3' && group.tls13
    return tls13 || (oldest !== 'TLSv1.3' && group.tls12 && group.kind === 'ecdhe')
  })
}

function keyShares(client: HandshakeClient, groups: readonly NamedGroup[], level: Level): readonly NamedGroup[] {
  const asked = client.keyShares ?? (client.groups === undefined ? STACKS[client.stack].keyShares : undefined)
  const usable = level.generation === '1.1.1' ? groups : groups.filter((group) => group.tls13)
  if (asked === undefined) return usable.slice(0, 1)
  const found = asked.flatMap((name) => usable.filter((group) => group === groupByName(name)))
  return found.length > 0 ? found : usable.slice(0, 1)
}

function isEllipticCurve(suite: CipherSuite): boolean {
  return suite.kx === 'ECDHE' || suite.kx === 'ECDHE_PSK' || suite.au === 'ECDSA'
}
