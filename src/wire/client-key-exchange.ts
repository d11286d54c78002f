import type { SuiteAttributes } from '../registry/index.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const SSL3 = 0x0300

/** What a ClientKeyExchange of a suite looks like. Nothing in the message says so: it takes the suite. */
export interface ClientKeyExchangeShape {
  readonly keyExchange: 'RSA' | 'DHE' | 'ECDHE' | 'PSK' | 'RSA_PSK' | 'DHE_PSK' | 'ECDHE_PSK'
  /** As on the wire, such as 0x0303: SSLv3 has no length before an encrypted premaster secret. */
  readonly version: number
}

/** The shape for this suite, or undefined for TLS 1.3 and what nobody speaks. A static server key takes an ephemeral one of the client. */
export function clientKeyExchangeShape({ kx }: Pick<SuiteAttributes, 'kx'>, version: number): ClientKeyExchangeShape | undefined {
  if (kx === 'DH') return { keyExchange: 'DHE', version }
  if (kx === 'ECDH') return { keyExchange: 'ECDHE', version }
  const known = kx === 'RSA' || kx === 'DHE' || kx === 'ECDHE' || kx === 'PSK' || kx === 'RSA_PSK' || kx === 'DHE_PSK' || kx === 'ECDHE_PSK'
  return known ? { keyExchange: kx, version } : undefined
}

/** ClientKeyExchange, RFC 5246 §7.4.7, RFC 4279 §2, RFC 5489 §2. */
export interface ClientKeyExchange {
  /** Of the PSK suites. */
  readonly pskIdentity: Uint8Array | undefined
  /** EncryptedPreMasterSecret, dh_Yc or ecdh_Yc. Undefined for PSK alone. */
  readonly exchangeKeys: Uint8Array | undefined
}

export function decodeClientKeyExchange(body: Uint8Array, shape: ClientKeyExchangeShape): ClientKeyExchange {
  const reader = new Reader(body, 'ClientKeyExchange')
  const message = {
    pskIdentity: shape.keyExchange.endsWith('PSK') ? reader.opaque(2, 'psk_identity') : undefined,
    exchangeKeys: readExchangeKeys(reader, shape),
  }
  reader.end()
  return message
}

export function encodeClientKeyExchange(message: ClientKeyExchange, shape: ClientKeyExchangeShape): Uint8Array {
  const writer = new Writer()
  if (message.pskIdentity) writer.opaque(2, message.pskIdentity)
  if (!message.exchangeKeys) return writer.done()
  const width = lengthWidth(shape)
  return (width === 0 ? writer.bytes(message.exchangeKeys) : writer.opaque(width, message.exchangeKeys)).done()
}

function readExchangeKeys(reader: Reader, shape: ClientKeyExchangeShape): Uint8Array | undefined {
  if (shape.keyExchange === 'PSK') return undefined
  const width = lengthWidth(shape)
  return width === 0 ? reader.rest() : reader.opaque(width, 'exchange_keys')
}

/** How many bytes of length stand before the keys. RFC 5246 §7.4.7.1 tells of SSLv3, where an RSA secret has none. */
function lengthWidth({ keyExchange, version }: ClientKeyExchangeShape): 0 | 1 | 2 {
  if (keyExchange === 'ECDHE' || keyExchange === 'ECDHE_PSK') return 1
  return keyExchange === 'RSA' && version <= SSL3 ? 0 : 2
}
