import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { Posture } from '../posture.ts'
import type { HandshakeCertificate, HandshakeClient, HandshakeServer } from './ends.ts'
import type { StackName } from './stacks.ts'

/** What both ends have in common. */
function endOf(posture: Posture, stack: StackName): HandshakeClient {
  const versions = PROTOCOLS.filter((protocol) => protocol !== 'SSLv2' && posture.protocols[protocol].offered === true)
  const schemes = schemesOf(posture)
  return {
    stack,
    versions,
    suites: suitesOf(posture, versions),
    ...(posture.groups.length === 0 ? {} : { groups: posture.groups }),
    ...(schemes === undefined ? {} : { signatureSchemes: schemes }),
    ...(posture.features.extendedMasterSecret === false ? { extendedMasterSecret: 'off' as const } : {}),
    ...(posture.features.secureRenegotiation === false ? { secureRenegotiation: 'off' as const } : {}),
  }
}

/** The client role that a settings file or a gate has, as one end of a handshake. */
export function clientOfPosture(posture: Posture, stack: StackName = 'specification'): HandshakeClient {
  const { alpn } = posture.features
  return {
    ...endOf(posture, stack),
    ...(alpn === 'unknown' || alpn.length === 0 ? {} : { alpn }),
    ...(posture.sslv2Hello === true ? { sslv2Hello: true } : {}),
  }
}

/**
 * The server that was measured, or read from a settings file, as one end of a handshake. What is `unknown` counts as off where a
 * version is meant and as on where a feature is, so that nobody is said to be cut off by what was not found out.
 */
export function handshakeServerOf(posture: Posture, stack: StackName = 'specification'): HandshakeServer {
  const end = endOf(posture, stack)
  const { alpn } = posture.features
  return {
    ...end,
    order: end.versions.some((version) => posture.protocols[version].order === 'server') ? 'server' : 'client',
    ...(end.versions.some((version) => posture.protocols[version].prefersClientChaCha === true) ? { prioritizeChaCha: true } : {}),
    certificates: certificatesOf(posture),
    ...(posture.dh === null ? {} : { dh: posture.dh.bits }),
    ...(alpn === 'unknown' || alpn.length === 0 ? {} : { alpn, alpnOptional: true }),
    ...(posture.sslv2Hello === 'unknown' || posture.sslv2Hello === 'not-applicable' ? {} : { sslv2Hello: posture.sslv2Hello }),
  }
}

/** Those of the newest version first; an older one may add some. */
function suitesOf(posture: Posture, versions: readonly ProtocolName[]): readonly string[] {
  return [...new Set(versions.toReversed().flatMap((version) => posture.protocols[version].suites))]
}

/** Undefined where one version was not asked, for the stack's own are better than half of them. */
function schemesOf({ signatureSchemes }: Posture): readonly string[] | undefined {
  const lists = [signatureSchemes['TLSv1.2'], signatureSchemes['TLSv1.3']].filter((list) => list !== undefined)
  const known = lists.filter((list) => list !== 'unknown')
  return known.length === 0 || known.length < lists.length ? undefined : [...new Set(known.flat())]
}

function certificatesOf(posture: Posture): readonly HandshakeCertificate[] {
  return posture.certificates.flatMap(({ certificates: [leaf] }) =>
    leaf === undefined
      ? []
      : [{ keyType: leaf.keyType, keyBits: leaf.keyBits, ...(leaf.curve === undefined ? {} : { curve: leaf.curve }) }],
  )
}
