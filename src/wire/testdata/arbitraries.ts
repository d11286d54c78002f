import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { CertificateStatus } from '../certificate-status.ts'
import type { DigitallySigned } from '../digitally-signed.ts'
import type { EcParameters } from '../ec-parameters.ts'
import type { ProxyTlv } from '../proxy-header.ts'
import type { RawExtension } from '../extension.ts'
import type { ServerParams } from '../server-key-exchange.ts'

/** Values of every codec, foolish and illegal ones included: what can be written down can be sent and seen. */

/** As `decode…()` makes them: objects with the usual prototype. */
export function record<T>(fields: { [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true })
}

export const u4: Arbitrary<number> = fc.integer({ min: 0, max: 0xf })
export const u8: Arbitrary<number> = fc.integer({ min: 0, max: 0xff })
export const u16: Arbitrary<number> = fc.integer({ min: 0, max: 0xffff })
export const u24: Arbitrary<number> = fc.integer({ min: 0, max: 0xffffff })
export const u32: Arbitrary<number> = fc.integer({ min: 0, max: 0xffffffff })

export const bytes: Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 24 })
export const random: Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 32, maxLength: 32 })
export const byteStrings: Arbitrary<Uint8Array[]> = fc.array(bytes, { maxLength: 4 })
export const u8s: Arbitrary<number[]> = fc.array(u8, { maxLength: 8 })
export const u16s: Arbitrary<number[]> = fc.array(u16, { maxLength: 8 })
export const cipherSpecs: Arbitrary<number[]> = fc.array(u24, { maxLength: 8 })

/** One character a byte, the whole range. */
export const octetText: Arbitrary<string> = bytes.map((octets) => String.fromCharCode(...octets))
export const octetTexts: Arbitrary<string[]> = fc.array(octetText, { maxLength: 4 })

export function octets(length: number): Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length })
}

export const proxyTlvs: Arbitrary<ProxyTlv[]> = fc.array(record({ type: u8, value: bytes }), { maxLength: 4 })

/** Of a line of a proxy. */
export const word: Arbitrary<string> = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 15 })

/** Unknown types and duplicates: the few numbers make them likely. */
export const extensions: Arbitrary<RawExtension[]> = fc.array(
  record({ type: fc.oneof(u16, fc.integer({ min: 0, max: 3 })), data: bytes }),
  {
    maxLength: 5,
  },
)
export const extensionsOrNone: Arbitrary<RawExtension[] | undefined> = fc.option(extensions, { nil: undefined })

export const keyShare: Arbitrary<{ group: number; keyExchange: Uint8Array }> = record({ group: u16, keyExchange: bytes })

/** With an algorithm since TLS 1.2, and without one before. */
export function signature(version: number): Arbitrary<DigitallySigned> {
  return record({ algorithm: version >= 0x0303 ? u16 : fc.constant(undefined), signature: bytes })
}

export const certificateStatus: Arbitrary<CertificateStatus> = fc.oneof(
  record({ kind: fc.constant('ocsp' as const), ocspResponse: bytes }),
  record({ kind: fc.constant('ocsp-multi' as const), ocspResponseList: byteStrings }),
  record({ kind: fc.constant('unknown' as const), statusType: u8.filter((type) => type !== 1 && type !== 2), response: bytes }),
)

const opaque8 = bytes.map((value) => [value.length, ...value])

function explicitCurve(kind: 'explicit_prime' | 'explicit_char2', start: readonly number[], vectors: number): Arbitrary<EcParameters> {
  const fields = fc.array(opaque8, { minLength: vectors, maxLength: vectors })
  return fields.map((values) => ({ kind, explicit: Uint8Array.from([...start, ...values.flat()]) }))
}

/** Every curve_type, and both bases of the second. */
const curve: Arbitrary<EcParameters> = fc.oneof(
  record({ kind: fc.constant('named_curve' as const), namedCurve: u16 }),
  explicitCurve('explicit_prime', [], 6),
  explicitCurve('explicit_char2', [1, 2, 1], 6),
  explicitCurve('explicit_char2', [1, 2, 2], 8),
)

/** What the server sends for this kind of key exchange. */
export const serverParams: Readonly<Record<ServerParams['kind'], Arbitrary<ServerParams>>> = {
  DHE: record({ kind: fc.constant('DHE' as const), dhP: bytes, dhG: bytes, dhYs: bytes }),
  ECDHE: record({ kind: fc.constant('ECDHE' as const), curveParams: curve, point: bytes }),
  RSA_EXPORT: record({ kind: fc.constant('RSA_EXPORT' as const), rsaModulus: bytes, rsaExponent: bytes }),
  SRP: record({ kind: fc.constant('SRP' as const), srpN: bytes, srpG: bytes, srpS: bytes, srpB: bytes }),
}
