import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { protocolVersion, type ProtocolName } from '../registry/index.ts'
import {
  encodeClientHelloRecords,
  encodeEcPointFormats,
  encodeKeyShareClientHello,
  encodePskKeyExchangeModes,
  encodeServerNameList,
  encodeSignatureSchemes,
  encodeSupportedGroups,
  encodeSupportedVersionsClientHello,
  EXTENSION_TYPE,
  type RawExtension,
} from '../wire/index.ts'

/** The protocols that begin with a ClientHello in a TLS record. */
export type HelloProtocol = Exclude<ProtocolName, 'SSLv2'>

/** What one hello offers. Whatever is not said here is what an ordinary client would send. */
export interface HelloOffer {
  readonly protocol: HelloProtocol
  readonly suites: readonly number[]
  readonly groups: readonly number[]
  readonly signatureSchemes: readonly number[]
  readonly serverName: string | undefined
  /** Empty: the server must name a group itself, in a HelloRetryRequest. */
  readonly keyShares?: readonly { readonly group: number; readonly keyExchange: Uint8Array }[]
  /** In place of the version in the old field. */
  readonly legacyVersion?: number
  readonly compressionMethods?: readonly number[]
  readonly sessionId?: Uint8Array
  /** In place of those with the same type, or behind the others. */
  readonly extensions?: readonly RawExtension[]
  /** Without any extensions, as before RFC 3546 §2. */
  readonly bare?: boolean
  /** A hello of 256 to 511 bytes is padded to 512, RFC 7685 §4. */
  readonly pad?: boolean
}

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746 §3.3: the renegotiation_info of a hello without extensions. */
const RENEGOTIATION_SCSV = 0x00ff

const SESSION_ID_LENGTH = 32
const EMPTY: Uint8Array = new Uint8Array(0)
const RECORD_HEADER_LENGTH = 5
const PADDED_LENGTH = 512
/** Type and length of an extension. */
const EXTENSION_HEADER_LENGTH = 4

/** The records of a ClientHello. Some old stacks refuse an empty session id, so there is always one. */
export function encodeOffer(offer: HelloOffer): Uint8Array {
  const records = encode(offer)
  const short = PADDED_LENGTH + RECORD_HEADER_LENGTH - records.length
  if (offer.pad !== true || offer.bare === true || offer.protocol === 'SSLv3' || short <= 0 || records.length < PADDED_LENGTH / 2)
    return records
  const padding = { type: EXTENSION_TYPE.padding, data: new Uint8Array(Math.max(0, short - EXTENSION_HEADER_LENGTH)) }
  return encode({ ...offer, extensions: [...(offer.extensions ?? []), padding] })
}

function encode(offer: HelloOffer): Uint8Array {
  const version = protocolVersion.code(offer.protocol)
  const hello = {
    legacyVersion: offer.legacyVersion ?? Math.min(version, protocolVersion.code('TLSv1.2')),
    random: randomBytes(SESSION_ID_LENGTH),
    legacySessionId: offer.sessionId ?? randomBytes(SESSION_ID_LENGTH),
    cipherSuites: offer.protocol === 'TLSv1.3' ? offer.suites : [...offer.suites, RENEGOTIATION_SCSV],
    legacyCompressionMethods: offer.compressionMethods ?? [0],
    extensions: offer.protocol === 'SSLv3' || offer.bare === true ? undefined : extensionsOf(offer),
  }
  return encodeClientHelloRecords(hello, offer.protocol === 'SSLv3' ? version : protocolVersion.code('TLSv1'))
}

/** An IP address is no server_name, and a name has no dot at its end, RFC 6066 §3. */
export function sniName(host: string): string | undefined {
  return isIP(host) > 0 ? undefined : host.replace(/\.$/, '')
}

function extensionsOf(offer: HelloOffer): readonly RawExtension[] {
  const own = offer.extensions ?? []
  const usual =
    offer.protocol === 'TLSv1.3'
      ? [...commonExtensions(offer), ...tls13Extensions(offer)]
      : [...commonExtensions(offer), ...tls12Extensions(offer)]
  const replaced = new Set(own.map((extension) => extension.type))
  return [...usual.filter((extension) => !replaced.has(extension.type)), ...own]
}

function commonExtensions(offer: HelloOffer): RawExtension[] {
  const extensions: RawExtension[] = []
  if (offer.serverName !== undefined) extensions.push({ type: EXTENSION_TYPE.server_name, data: encodeServerNameList([offer.serverName]) })
  if (offer.groups.length > 0) extensions.push({ type: EXTENSION_TYPE.supported_groups, data: encodeSupportedGroups(offer.groups) })
  if (offer.protocol === 'TLSv1.2' || offer.protocol === 'TLSv1.3') {
    extensions.push({ type: EXTENSION_TYPE.signature_algorithms, data: encodeSignatureSchemes(offer.signatureSchemes) })
  }
  return extensions
}

function tls12Extensions(_offer: HelloOffer): RawExtension[] {
  return [
    { type: EXTENSION_TYPE.ec_point_formats, data: encodeEcPointFormats([0]) },
    { type: EXTENSION_TYPE.encrypt_then_mac, data: EMPTY },
    { type: EXTENSION_TYPE.extended_master_secret, data: EMPTY },
    { type: EXTENSION_TYPE.session_ticket, data: EMPTY },
  ]
}

function tls13Extensions(offer: HelloOffer): RawExtension[] {
  return [
    { type: EXTENSION_TYPE.supported_versions, data: encodeSupportedVersionsClientHello([protocolVersion.code('TLSv1.3')]) },
    { type: EXTENSION_TYPE.psk_key_exchange_modes, data: encodePskKeyExchangeModes([1]) },
    { type: EXTENSION_TYPE.key_share, data: encodeKeyShareClientHello(offer.keyShares ?? []) },
  ]
}
