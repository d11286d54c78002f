import { groupByCode, protocolVersion, TLS_EMPTY_RENEGOTIATION_INFO_SCSV } from '../../registry/index.ts'
import { encodeProtocolNameList } from '../application-protocols.ts'
import { encodeClientHello, RANDOM_LENGTH, type ClientHello } from '../client-hello.ts'
import { EXTENSION_TYPE, type RawExtension } from '../extension.ts'
import { encodeHandshake, HANDSHAKE_TYPE } from '../handshake.ts'
import { encodeKeyShareClientHello } from '../key-share.ts'
import { encodeCookie, encodeRenegotiationInfo, encodeSessionTicket } from '../opaque-extensions.ts'
import { bindersLength, decodeOfferedPsks, encodeOfferedPsks, encodePskKeyExchangeModes } from '../pre-shared-key.ts'
import { encodeServerNameList } from '../server-name.ts'
import { encodeSignatureSchemes } from '../signature-algorithms.ts'
import { encodeStatusRequest } from '../status-request.ts'
import { encodeEcPointFormats, encodeSupportedGroups } from '../supported-groups.ts'
import { encodeSupportedVersionsClientHello } from '../supported-versions.ts'
import { SUPPORTED_GROUPS, type KeyShare } from './key-agreement.ts'
import { hashLength, pskBinder, transcriptHash } from './key-schedule.ts'
import type { PrfHash } from './master-secret.ts'
import { concat } from './octets.ts'
import type { Resumption } from './resumption.ts'
import type { SessionOptions } from './session-options.ts'
import { prfHashOfSuite } from './suite-cipher.ts'

/** A hello and the secrets that belong to it. */
export interface ClientOffer {
  readonly hello: ClientHello
  readonly shares: readonly KeyShare[]
}

const SESSION_ID_LENGTH = 32
const EMPTY: Uint8Array = new Uint8Array()
const TLS12: number = protocolVersion.code('TLSv1.2')
const TLS13: number = protocolVersion.code('TLSv1.3')

/**
 * The hello that these options ask for, PSK binders not yet computed. `renegotiated` is the value of renegotiation_info (RFC 5746 §3.2):
 * empty in a first handshake, undefined to say nothing.
 */
export function makeOffer(options: SessionOptions, renegotiated: Uint8Array | undefined): ClientOffer {
  const versions = offeredVersions(options)
  const shares = versions.includes(TLS13) ? shareGroups(options).flatMap((group) => options.shareOf(group) ?? []) : []
  const onlySsl3 = versions.every((version) => version === protocolVersion.code('SSLv3'))
  // RFC 5746 §3.3 and §3.5: the signalling value is for first handshakes only.
  const signal = onlySsl3 && renegotiated?.length === 0 ? [TLS_EMPTY_RENEGOTIATION_INFO_SCSV] : []
  const hello = {
    legacyVersion: Math.min(Math.max(...versions), TLS12),
    random: options.randomBytes(RANDOM_LENGTH),
    legacySessionId: sessionId(options),
    cipherSuites: [...options.cipherSuites, ...signal],
    legacyCompressionMethods: options.compressionMethods,
    extensions: onlySsl3 ? ssl3Extensions(options, renegotiated) : extensionsOf(options, versions, shares, renegotiated),
  }
  return { hello: options.alterHello(hello), shares }
}

function shareGroups({ keyShares, groups }: SessionOptions): readonly number[] {
  if (keyShares) return keyShares
  const first = groups.find((group) => SUPPORTED_GROUPS.includes(group) && groupByCode(group)?.tls13 === true)
  return first === undefined ? [] : [first]
}

/** Newest first. */
function offeredVersions(options: SessionOptions): number[] {
  return options.protocols.map((protocol) => protocolVersion.code(protocol)).sort((left, right) => right - left)
}

/** A session id of the server's where there is no ticket to offer; a made-up one beside a ticket shows whether it was taken, RFC 5077 §3.4. */
function sessionId({ sessionId, resume, randomBytes }: SessionOptions): Uint8Array {
  if (sessionId) return sessionId
  return resume && !resume.ticket ? resume.sessionId : randomBytes(SESSION_ID_LENGTH)
}

function extensionsOf(
  options: SessionOptions,
  versions: readonly number[],
  shares: readonly KeyShare[],
  renegotiated: Uint8Array | undefined,
): readonly RawExtension[] {
  const { extensions } = options
  const usual = [
    ...commonExtensions(options, versions),
    ...(versions.some((version) => version <= TLS12) ? earlierExtensions(options, renegotiated) : []),
    ...(versions.includes(TLS13) ? tls13Extensions(options, versions, shares) : []),
  ]
  const replaced = usual.map((extension) => extensions.find(({ type }) => type === extension.type) ?? extension)
  const added = extensions.filter(({ type }) => !usual.some((extension) => extension.type === type))
  // RFC 8446 §4.2.11: nothing stands behind pre_shared_key.
  return [...replaced, ...added, ...(versions.includes(TLS13) ? pskExtensions(options) : [])]
}

/** SSLv3 has none, but for what a renegotiation needs (RFC 5746 §4.5) and what is asked for. */
function ssl3Extensions({ extensions }: SessionOptions, renegotiated: Uint8Array | undefined): readonly RawExtension[] | undefined {
  if (!renegotiated || renegotiated.length === 0) return extensions.length > 0 ? extensions : undefined
  return [{ type: EXTENSION_TYPE.renegotiation_info, data: encodeRenegotiationInfo(renegotiated) }, ...extensions]
}

function commonExtensions(options: SessionOptions, versions: readonly number[]): RawExtension[] {
  const { serverName, groups, signatureSchemes, alpn, statusRequest } = options
  const extensions: RawExtension[] = []
  if (serverName !== undefined) extensions.push({ type: EXTENSION_TYPE.server_name, data: encodeServerNameList([serverName]) })
  if (groups.length > 0) extensions.push({ type: EXTENSION_TYPE.supported_groups, data: encodeSupportedGroups(groups) })
  // RFC 5246 §7.4.1.4.1: clients of earlier versions must not send it.
  if (versions.some((version) => version >= TLS12) && signatureSchemes.length > 0) {
    extensions.push({ type: EXTENSION_TYPE.signature_algorithms, data: encodeSignatureSchemes(signatureSchemes) })
  }
  if (alpn.length > 0) {
    extensions.push({ type: EXTENSION_TYPE.application_layer_protocol_negotiation, data: encodeProtocolNameList(alpn) })
  }
  if (statusRequest) extensions.push({ type: EXTENSION_TYPE.status_request, data: encodeStatusRequest() })
  return extensions
}

/** What TLS 1.3 has no use for. */
function earlierExtensions(options: SessionOptions, renegotiated: Uint8Array | undefined): RawExtension[] {
  const { resume, sessionTicket, extendedMasterSecret, encryptThenMac } = options
  const ticket = resume && resume.version < TLS13 ? resume.ticket : undefined
  const extensions: RawExtension[] = [{ type: EXTENSION_TYPE.ec_point_formats, data: encodeEcPointFormats([0]) }]
  if (renegotiated) extensions.push({ type: EXTENSION_TYPE.renegotiation_info, data: encodeRenegotiationInfo(renegotiated) })
  if (ticket ?? sessionTicket) extensions.push({ type: EXTENSION_TYPE.session_ticket, data: encodeSessionTicket(ticket ?? EMPTY) })
  if (encryptThenMac) extensions.push({ type: EXTENSION_TYPE.encrypt_then_mac, data: EMPTY })
  if (extendedMasterSecret) extensions.push({ type: EXTENSION_TYPE.extended_master_secret, data: EMPTY })
  return extensions
}

function tls13Extensions(options: SessionOptions, versions: readonly number[], shares: readonly KeyShare[]): RawExtension[] {
  return [
    { type: EXTENSION_TYPE.supported_versions, data: encodeSupportedVersionsClientHello(versions) },
    { type: EXTENSION_TYPE.psk_key_exchange_modes, data: encodePskKeyExchangeModes(options.pskModes) },
    { type: EXTENSION_TYPE.key_share, data: encodeShares(shares) },
  ]
}

function encodeShares(shares: readonly KeyShare[]): Uint8Array {
  return encodeKeyShareClientHello(shares.map(({ group, publicValue }) => ({ group, keyExchange: publicValue })))
}

/** Binders of the right length and no content: they are computed when nothing changes any more. */
function pskExtensions({ resume, ticketAge, earlyData }: SessionOptions): RawExtension[] {
  if (!resume?.ticket || resume.version !== TLS13) return []
  const obfuscatedTicketAge = (ticketAge() + resume.ticketAgeAdd) % 2 ** 32
  const binder = new Uint8Array(hashLength(prfHashOfSuite(resume.cipherSuite) ?? 'sha256'))
  const data = encodeOfferedPsks({ identities: [{ identity: resume.ticket, obfuscatedTicketAge }], binders: [binder] })
  const early = earlyData ? [{ type: EXTENSION_TYPE.early_data, data: EMPTY }] : []
  return [...early, { type: EXTENSION_TYPE.pre_shared_key, data }]
}

/**
 * The hello as a handshake message, with the binder of `resume` where it offers a PSK (RFC 8446 §4.2.11.2). `before` are the messages in
 * front of it: none, or those of a HelloRetryRequest.
 */
export function sealHello(hello: ClientHello, resume: Resumption | undefined, before: Uint8Array): Uint8Array {
  const encode = (extensions: readonly RawExtension[] | undefined): Uint8Array =>
    encodeHandshake({ type: HANDSHAKE_TYPE.client_hello, body: encodeClientHello({ ...hello, extensions }) })
  const unbound = encode(hello.extensions)
  const last = hello.extensions?.at(-1)
  const hash = resume && prfHashOfSuite(resume.cipherSuite)
  if (!resume || !hash || last?.type !== EXTENSION_TYPE.pre_shared_key) return unbound
  const { identities, binders } = decodeOfferedPsks(last.data)
  const truncated = concat(before, unbound.slice(0, unbound.length - bindersLength(binders)))
  const binder = pskBinder(hash, resume.secret, transcriptHash(hash, truncated))
  return encode(hello.extensions?.with(-1, { type: last.type, data: encodeOfferedPsks({ identities, binders: [binder] }) }))
}

/** What a HelloRetryRequest asks for: another group, a cookie back, or both. */
export interface Retry {
  readonly group: number | undefined
  readonly cookie: Uint8Array | undefined
  readonly hash: PrfHash
}

/** The second hello, RFC 8446 §4.1.2: nothing changes but what was asked for. Undefined when nobody here can do the group. */
export function retryOffer(
  offer: ClientOffer,
  { group, cookie, hash }: Retry,
  { resume, shareOf }: SessionOptions,
): ClientOffer | undefined {
  const share = group === undefined ? undefined : shareOf(group)
  if (group !== undefined && !share) return undefined
  const shares = share ? [share] : offer.shares
  // A PSK of another hash cannot be used any more, and early data never.
  const keepsPsk = resume !== undefined && prfHashOfSuite(resume.cipherSuite) === hash
  const kept = (offer.hello.extensions ?? []).filter(
    ({ type }) => type !== EXTENSION_TYPE.early_data && (keepsPsk || type !== EXTENSION_TYPE.pre_shared_key),
  )
  const changed = kept.map((extension) =>
    extension.type === EXTENSION_TYPE.key_share ? { type: extension.type, data: encodeShares(shares) } : extension,
  )
  const cookies = cookie ? [{ type: EXTENSION_TYPE.cookie, data: encodeCookie(cookie) }] : []
  return { hello: { ...offer.hello, extensions: [...cookies, ...changed] }, shares }
}
