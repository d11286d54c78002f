import { isGrease, TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV } from '../registry/index.ts'
import { decodeProtocolNameList } from './application-protocols.ts'
import type { ClientHello } from './client-hello.ts'
import { EXTENSION_TYPE, findExtension } from './extension.ts'
import { decodeServerNameList } from './server-name.ts'
import { decodeSignatureSchemes } from './signature-algorithms.ts'
import type { Sslv2ClientHello } from './sslv2.ts'
import { decodeSupportedGroups } from './supported-groups.ts'
import { decodeSupportedVersionsClientHello } from './supported-versions.ts'

/** What a client's hello offers, as code points in its order, without GREASE (RFC 8701 §2). */
export interface Offer {
  readonly sslv2Format: boolean
  /** The newest version. */
  readonly newest: number
  /** Every version; undefined where the hello names the newest one alone, as up to TLS 1.2. */
  readonly versions: readonly number[] | undefined
  /** Without signals. */
  readonly suites: readonly number[]
  /** Undefined: it names none. */
  readonly groups: readonly number[] | undefined
  /** Undefined: it names none, as up to TLS 1.1. */
  readonly signatureSchemes: readonly number[] | undefined
  readonly secureRenegotiation: boolean
  /** TLS_FALLBACK_SCSV, RFC 7507 §4. */
  readonly fallback: boolean
  readonly serverName: string | undefined
  /** Protocol names of ALPN. */
  readonly alpn: readonly string[]
  /** It asks for a staple, RFC 6066 §8. */
  readonly statusRequest: boolean
}

/** Throws `MalformedError` when an extension does not decode. */
export function offerOf(hello: ClientHello): Offer {
  const { legacyVersion, cipherSuites, extensions = [] } = hello
  const read = <T>(type: number, decode: (data: Uint8Array) => T): T | undefined => {
    const data = findExtension(extensions, type)
    return data && decode(data)
  }
  const versions = read(EXTENSION_TYPE.supported_versions, decodeSupportedVersionsClientHello)?.filter((code) => !isGrease(code))
  const signalled = findExtension(extensions, EXTENSION_TYPE.renegotiation_info) !== undefined
  return {
    sslv2Format: false,
    newest: Math.max(...(versions ?? [legacyVersion]), 0),
    versions,
    suites: cipherSuites.filter(isSuite),
    groups: read(EXTENSION_TYPE.supported_groups, decodeSupportedGroups)?.filter((code) => !isGrease(code)),
    signatureSchemes: read(EXTENSION_TYPE.signature_algorithms, decodeSignatureSchemes)?.filter((code) => !isGrease(code)),
    secureRenegotiation: cipherSuites.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV) || signalled,
    fallback: cipherSuites.includes(TLS_FALLBACK_SCSV),
    serverName: read(EXTENSION_TYPE.server_name, decodeServerNameList)?.find(({ nameType }) => nameType === HOST_NAME)?.name,
    alpn: read(EXTENSION_TYPE.application_layer_protocol_negotiation, decodeProtocolNameList) ?? [],
    statusRequest: findExtension(extensions, EXTENSION_TYPE.status_request) !== undefined,
  }
}

/** RFC 6066 §3. */
const HOST_NAME = 0

/** A hello in the format of SSL 2.0, in which suites of TLS have a zero before them. RFC 5246 §E.2. */
export function offerOfSslv2({ version, cipherSpecs }: Sslv2ClientHello): Offer {
  return {
    sslv2Format: true,
    newest: version,
    versions: undefined,
    suites: cipherSpecs.filter((spec) => spec <= 0xffff).filter(isSuite),
    groups: undefined,
    signatureSchemes: undefined,
    secureRenegotiation: cipherSpecs.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
    fallback: cipherSpecs.includes(TLS_FALLBACK_SCSV),
    serverName: undefined,
    alpn: [],
    statusRequest: false,
  }
}

function isSuite(code: number): boolean {
  return !isGrease(code) && code !== TLS_EMPTY_RENEGOTIATION_INFO_SCSV && code !== TLS_FALLBACK_SCSV
}
