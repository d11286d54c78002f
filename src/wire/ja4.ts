import { createHash } from 'node:crypto'
import { isGrease } from '../registry/index.ts'
import { decodeProtocolNameList } from './application-protocols.ts'
import type { ClientHello } from './client-hello.ts'
import { EXTENSION_TYPE, findExtension } from './extension.ts'
import { decodeSignatureSchemes } from './signature-algorithms.ts'
import { decodeSupportedVersionsClientHello } from './supported-versions.ts'

/**
 * JA4, the fingerprint of a TLS client, as FoxIO's "JA4: TLS Client Fingerprinting" defines it
 * (github.com/FoxIO-LLC/ja4, technical_details/JA4.md; under the BSD 3-clause licence, unlike its relatives JA4S, JA4H, …).
 *
 *     t13d1516h2_8daaf6152771_e5627efa2ab1
 *     | | ||  | |            |
 *     | | ||  | |            12 digits of SHA-256: extensions sorted, without server_name and ALPN; signature schemes as they come
 *     | | ||  | 12 digits of SHA-256: suites, sorted
 *     | | ||  first and last character of the first ALPN name
 *     | | |how many suites, how many extensions
 *     | | d: with server_name, i: without
 *     | TLS version
 *     t: TCP, q: QUIC, d: DTLS
 */
export type Ja4Transport = 't' | 'q' | 'd'

/** The two characters of a version, JA4.md "TLS and DTLS Version". */
const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
  [0xfeff, 'd1'],
  [0xfefd, 'd2'],
  [0xfefc, 'd3'],
])

const HASH_DIGITS = 12
const MAX_COUNT = 99

/** The fingerprint. Throws `MalformedError` when supported_versions, ALPN or signature_algorithms do not decode. */
export function ja4(hello: ClientHello, options: { readonly transport?: Ja4Transport } = {}): string {
  const { suites, extensions } = listsOf(hello)
  return [shapeOf(hello, options.transport), hash(suites), hash(extensions)].join('_')
}

/** The same before hashing, which JA4.md calls `JA4_r`. Throws as `ja4()` does. */
export function ja4r(hello: ClientHello, options: { readonly transport?: Ja4Transport } = {}): string {
  const { suites, extensions } = listsOf(hello)
  return [shapeOf(hello, options.transport), suites, extensions].join('_')
}

function shapeOf(hello: ClientHello, transport: Ja4Transport = 't'): string {
  const types = withoutGrease((hello.extensions ?? []).map((extension) => extension.type))
  const name = types.includes(EXTENSION_TYPE.server_name) ? 'd' : 'i'
  const suites = withoutGrease(hello.cipherSuites)
  return `${transport}${versionOf(hello)}${name}${count(suites)}${count(types)}${alpnOf(hello)}`
}

function listsOf(hello: ClientHello): { suites: string; extensions: string } {
  const types = withoutGrease((hello.extensions ?? []).map((extension) => extension.type))
  const hashed = types.filter(
    (type) => type !== EXTENSION_TYPE.server_name && type !== EXTENSION_TYPE.application_layer_protocol_negotiation,
  )
  const schemes = findExtension(hello.extensions, EXTENSION_TYPE.signature_algorithms)
  const signed = schemes ? withoutGrease(decodeSignatureSchemes(schemes)) : []
  const extensions = list(sorted(hashed))
  return {
    suites: list(sorted(withoutGrease(hello.cipherSuites))),
    extensions: signed.length === 0 ? extensions : `${extensions}_${list(signed)}`,
  }
}

function versionOf(hello: ClientHello): string {
  const data = findExtension(hello.extensions, EXTENSION_TYPE.supported_versions)
  const versions = data ? withoutGrease(decodeSupportedVersionsClientHello(data)) : [hello.legacyVersion]
  return VERSIONS.get(Math.max(...versions)) ?? '00'
}

function alpnOf(hello: ClientHello): string {
  const data = findExtension(hello.extensions, EXTENSION_TYPE.application_layer_protocol_negotiation)
  const name = data ? decodeProtocolNameList(data)[0] : undefined
  if (name === undefined || name === '') return '00'
  // FoxIO's own programs still write 99 for such a name; the text says hex.
  const readable = /^[0-9A-Za-z](?:[^]*[0-9A-Za-z])?$/.test(name)
  const text = readable ? name : Array.from(name, (octet) => hex(octet.charCodeAt(0), 2)).join('')
  return text.charAt(0) + text.charAt(text.length - 1)
}

function withoutGrease(codes: readonly number[]): number[] {
  return codes.filter((code) => !isGrease(code))
}

function sorted(codes: readonly number[]): number[] {
  return [...codes].sort((a, b) => a - b)
}

function list(codes: readonly number[]): string {
  return codes.map((code) => hex(code, 4)).join(',')
}

function count(codes: readonly number[]): string {
  return String(Math.min(codes.length, MAX_COUNT)).padStart(2, '0')
}

function hash(text: string): string {
  return text === '' ? '0'.repeat(HASH_DIGITS) : createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
