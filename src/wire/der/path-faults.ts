import type { X509Certificate } from 'node:crypto'
import {
  CERTIFICATE_EXTENSION,
  extendedKeyUsages,
  extensionsOf,
  keyUsages,
  pathLength,
  type CertificateExtension,
} from './certificate-extensions.ts'
import { violatesNames } from './name-constraints.ts'
import { MalformedError } from '../reader.ts'

/** A reason to refuse a path. */
export interface PathFault {
  /** In OpenSSL's words, such as `certificate has expired`. */
  readonly error: string
  /** The certificate that is at fault, where it is one alone. */
  readonly culprit?: X509Certificate
  /** What there is to say beside. */
  readonly detail?: string
}

/** Extensions that OpenSSL 3 understands; who meets another one that is critical has to refuse, RFC 5280 §4.2. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  CERTIFICATE_EXTENSION.keyUsage,
  CERTIFICATE_EXTENSION.subjectAltName,
  CERTIFICATE_EXTENSION.basicConstraints,
  CERTIFICATE_EXTENSION.nameConstraints,
  CERTIFICATE_EXTENSION.extendedKeyUsage,
  // subjectKeyIdentifier, authorityKeyIdentifier, cRLDistributionPoints.
  '2.5.29.14',
  '2.5.29.35',
  '2.5.29.31',
  // certificatePolicies, policyMappings, policyConstraints, inhibitAnyPolicy.
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.36',
  '2.5.29.54',
  // sbgp-ipAddrBlock and sbgp-autonomousSysNum, id-pkix-ocsp-nocheck, proxyCertInfo, Netscape's certificate type.
  '1.3.6.1.5.5.7.1.7',
  '1.3.6.1.5.5.7.1.8',
  '1.3.6.1.5.5.7.48.1.5',
  '1.3.6.1.5.5.7.1.14',
  '2.16.840.1.113730.1.1',
])

/** For a server of TLS, and what Microsoft and Netscape had for it before. */
const SERVER_PURPOSES: ReadonlySet<string> = new Set(['serverAuth', '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1'])
/** One of these a server needs, RFC 5246 §7.4.2, RFC 8446 §4.4.2.2. */
const SERVER_KEY_USAGES: ReadonlySet<string> = new Set(['digitalSignature', 'keyEncipherment', 'keyAgreement'])

/**
 * Why clients refuse a path whose signatures fit, RFC 5280 §6.1: critical extensions that nobody knows, certificates for other
 * purposes, too many authorities, names outside of an authority's, dates. `chain` goes from the leaf to the root, both included.
 * Policies are not looked at; no client of mail or web asks for one.
 */
export function pathFaults(chain: readonly X509Certificate[], now: Date): readonly PathFault[] {
  const read = chain.map((x509) => ({ x509, extensions: unlessMalformed(() => extensionsOf(x509.raw)) }))
  const faults: readonly (readonly [error: string, broken: (extensions: Extensions, index: number) => boolean])[] = [
    ['unhandled critical extension', (extensions) => [...extensions].some(([oid, { critical }]) => critical && !UNDERSTOOD.has(oid))],
    ['unsuitable certificate purpose', (extensions, index) => !isForServers(extensions, index === 0)],
    ['path length constraint exceeded', (extensions, index) => authoritiesBelow(chain, index) > longestPath(extensions)],
    ['permitted subtree violation', (extensions, index) => index > 0 && violates(extensions, read[0]?.extensions, 'permitted')],
    ['excluded subtree violation', (extensions, index) => index > 0 && violates(extensions, read[0]?.extensions, 'excluded')],
  ]
  const ofExtensions = read.flatMap(({ x509: culprit, extensions }, index) => {
    const errors = unlessMalformed(() => faults.flatMap(([error, broken]) => (broken(extensions ?? NONE, index) ? [error] : [])))
    const malformed = extensions === undefined || errors === undefined
    return (malformed ? [MALFORMED] : errors).map((error) => ({ error, culprit }))
  })
  return [...ofExtensions, ...chain.flatMap((culprit) => dateFault(culprit, now))]
}

type Extensions = ReadonlyMap<string, CertificateExtension>

const NONE: Extensions = new Map()
const MALFORMED = 'invalid or inconsistent certificate extension'

function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

function dateFault(culprit: X509Certificate, now: Date): readonly PathFault[] {
  if (now < culprit.validFromDate) return [{ error: 'certificate is not yet valid', culprit }]
  return now > culprit.validToDate ? [{ error: 'certificate has expired', culprit }] : []
}

/** The purposes of an authority bind those below it as well, as OpenSSL, Go and Mozilla's programs have it. */
function isForServers(extensions: Extensions, leaf: boolean): boolean {
  const purposes = extensions.get(CERTIFICATE_EXTENSION.extendedKeyUsage)
  const usages = extensions.get(CERTIFICATE_EXTENSION.keyUsage)
  const purpose = purposes === undefined || extendedKeyUsages(purposes.value).some((one) => SERVER_PURPOSES.has(one))
  return purpose && (!leaf || usages === undefined || keyUsages(usages.value).some((one) => SERVER_KEY_USAGES.has(one)))
}

/** Those that issued themselves for a change of keys do not count, RFC 5280 §6.1.4. */
function authoritiesBelow(chain: readonly X509Certificate[], index: number): number {
  return chain.slice(1, index).filter(({ subject, issuer }) => subject !== issuer).length
}

function longestPath(extensions: Extensions): number {
  const constraints = extensions.get(CERTIFICATE_EXTENSION.basicConstraints)
  return (constraints === undefined ? undefined : pathLength(constraints.value)) ?? Infinity
}

function violates(extensions: Extensions, leaf: Extensions | undefined, kind: 'permitted' | 'excluded'): boolean {
  const constraints = extensions.get(CERTIFICATE_EXTENSION.nameConstraints)
  const names = leaf?.get(CERTIFICATE_EXTENSION.subjectAltName)
  return constraints !== undefined && names !== undefined && violatesNames(constraints.value, names.value, kind)
}
