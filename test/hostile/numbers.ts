/** Numbers of the wire under the names that their RFCs give them. */

export const SSL2 = 0x0002
export const SSL3 = 0x0300
export const TLS10 = 0x0301
export const TLS11 = 0x0302
export const TLS12 = 0x0303
export const TLS13 = 0x0304

/** RFC 5246 §6.2.1, RFC 6520 §6. */
export const Content = { ccs: 20, alert: 21, handshake: 22, application: 23, heartbeat: 24 } as const

/** RFC 5246 §7.4, RFC 8446 §4. */
export const Message = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  certificateStatus: 22,
  keyUpdate: 24,
  messageHash: 254,
} as const

/** RFC 8446 §6, RFC 5246 §7.2. */
export const Alert = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  decryptionFailed: 21,
  recordOverflow: 22,
  decompressionFailure: 30,
  handshakeFailure: 40,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  inappropriateFallback: 86,
  userCanceled: 90,
  noRenegotiation: 100,
  unrecognizedName: 112,
  certificateRequired: 116,
} as const

/** The IANA registry of TLS ExtensionType values, RFC 8447 §7. */
export const Extension = {
  serverName: 0,
  maxFragmentLength: 1,
  truncatedHmac: 4,
  statusRequest: 5,
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  heartbeat: 15,
  alpn: 16,
  sct: 18,
  padding: 21,
  encryptThenMac: 22,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  cookie: 44,
  pskKeyExchangeModes: 45,
  keyShare: 51,
  renegotiationInfo: 0xff01,
} as const

/** RFC 8422 §5.1.1, RFC 7919 §2. */
export const Group = {
  sect283k1: 9,
  secp192r1: 19,
  secp224r1: 21,
  secp256k1: 22,
  secp256r1: 23,
  secp384r1: 24,
  secp521r1: 25,
  brainpoolP256r1: 26,
  brainpoolP384r1: 27,
  x25519: 29,
  x448: 30,
  ffdhe2048: 0x100,
  ffdhe3072: 0x101,
  ffdhe4096: 0x102,
  secp256r1mlkem768: 0x11eb,
  x25519mlkem768: 0x11ec,
} as const

/** RFC 5746 §3.3. */
export const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff
/** RFC 7507 §2. */
export const FALLBACK_SCSV = 0x5600

/** 0x0a0a, 0x1a1a, ... RFC 8701 §2. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >>> 8 === (value & 0xff)
}
