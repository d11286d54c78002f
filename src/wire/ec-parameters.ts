import type { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** `ECCurveType`, RFC 8422 §5.4; the explicit ones are of RFC 4492 §5.4 and were withdrawn. */
export const EC_CURVE_TYPE = { explicit_prime: 1, explicit_char2: 2, named_curve: 3 } as const

/** `ECBasisType`, RFC 4492 §5.4, with the number of exponents that follow. */
const BASIS_EXPONENTS: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 3],
])

/** prime_p, curve.a, curve.b, base, order and cofactor, RFC 4492 §5.4. */
const EXPLICIT_PRIME_FIELDS = 6

/** curve.a, curve.b, base, order and cofactor, RFC 4492 §5.4. */
const EXPLICIT_CHAR2_FIELDS = 5

/**
 * The curve a server computes on. RFC 8422 §5.4, and RFC 4492 §5.4 for curves that are spelt out:
 *
 *     struct {
 *         ECCurveType curve_type;
 *         select (curve_type) {
 *             case explicit_prime: opaque prime_p<1..2^8-1>; ECCurve curve; ECPoint base; opaque order<1..2^8-1>; opaque cofactor<1..2^8-1>;
 *             case explicit_char2: uint16 m; ECBasisType basis; …; ECCurve curve; ECPoint base; …;
 *             case named_curve: NamedCurve namedcurve;
 *         };
 *     } ECParameters;
 */
export type EcParameters =
  | { readonly kind: 'named_curve'; readonly namedCurve: number }
  /** The bytes between curve_type and the public point: that a server sends them is all that matters here. */
  | { readonly kind: 'explicit_prime' | 'explicit_char2'; readonly explicit: Uint8Array }

export function readEcParameters(reader: Reader): EcParameters {
  const curveType = reader.u8('curve_type')
  if (curveType === EC_CURVE_TYPE.named_curve) return { kind: 'named_curve', namedCurve: reader.u16('namedcurve') }
  if (curveType === EC_CURVE_TYPE.explicit_prime) {
    return { kind: 'explicit_prime', explicit: copyOpaques(reader, new Writer(), EXPLICIT_PRIME_FIELDS).done() }
  }
  if (curveType !== EC_CURVE_TYPE.explicit_char2) reader.refuse('curve_type', `${curveType} has no known shape`)
  const field = reader.u16('m')
  const basis = reader.u8('basis')
  const exponents = BASIS_EXPONENTS.get(basis) ?? reader.refuse('basis', `${basis} has no known shape`)
  const start = new Writer().u16(field).u8(basis)
  return { kind: 'explicit_char2', explicit: copyOpaques(reader, start, exponents + EXPLICIT_CHAR2_FIELDS).done() }
}

export function writeEcParameters(writer: Writer, params: EcParameters): Writer {
  if (params.kind === 'named_curve') return writer.u8(EC_CURVE_TYPE.named_curve).u16(params.namedCurve)
  return writer.u8(EC_CURVE_TYPE[params.kind]).bytes(params.explicit)
}

function copyOpaques(reader: Reader, writer: Writer, count: number): Writer {
  for (let index = 0; index < count; index++) writer.opaque(1, reader.opaque(1, 'explicit'))
  return writer
}
