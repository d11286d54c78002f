import { cipherSuites, groups, signatureScheme, suiteByCode } from '../registry/index.ts'

/** What is offered to find out what is accepted: everything that has a name, common things first. */

/** Every suite up to TLS 1.2. Servers have been seen to take suites in protocols they were not made for, so no protocol gets fewer. */
export const OLD_SUITES: readonly number[] = commonFirst(
  cipherSuites.filter((suite) => suite.protocol !== 'TLSv1.3' && suite.code !== 0).map((suite) => suite.code),
)

export const TLS13_SUITES: readonly number[] = cipherSuites.filter((suite) => suite.protocol === 'TLSv1.3').map((suite) => suite.code)

export const TLS13_GROUPS: readonly number[] = groups.filter((group) => group.tls13).map((group) => group.code)

/** Groups of TLS 1.2, those of RFC 7919 among them: GnuTLS offers DHE only to those who name one. */
export const OLD_GROUPS: readonly number[] = groups.filter((group) => group.tls12).map((group) => group.code)

/** The curves and no ffdhe group: then a server uses the DH parameters that it was given. */
export const OLD_CURVES: readonly number[] = groups.filter((group) => group.tls12 && group.kind === 'ecdhe').map((group) => group.code)

/** What certificates in use sign with: RSA in both paddings, ECDSA, EdDSA, SHA-1, DSA. */
const USUAL_SCHEMES: readonly number[] = [
  0x0804, 0x0403, 0x0805, 0x0503, 0x0806, 0x0603, 0x0807, 0x0808, 0x0401, 0x0501, 0x0601, 0x0809, 0x080a, 0x080b, 0x0201, 0x0203, 0x0402,
  0x0202,
]

/** For hellos that must be short: x25519, and the curves of RFC 8422 §5.1.1 that are in use. */
export const SHORT_GROUPS: readonly number[] = [0x001d, 0x0017, 0x0018, 0x0019]

export const SHORT_SCHEMES: readonly number[] = [0x0804, 0x0401, 0x0501, 0x0601, 0x0403, 0x0503, 0x0201, 0x0203, 0x0202]

/** The usual ones first: wolfSSL 5.5 reads no more than 19, and refuses TLS 1.3 when its own is not among them. */
export const SIGNATURE_SCHEMES: readonly number[] = [
  ...USUAL_SCHEMES,
  ...signatureScheme.codes.filter((code) => !USUAL_SCHEMES.includes(code)),
]

/** Ten suites that every server of these protocols knows some of. No DHE: where parameters are lacking it breaks down whenever it can. */
export const COMMON_OLD_SUITES: readonly number[] = [0xc02f, 0xc02b, 0xc030, 0xc02c, 0xc013, 0xc014, 0x002f, 0x0035, 0x000a, 0x0005]

/**
 * Few suites that nobody minds in a hello: neither RC4 nor 3DES, which are known to have whole hellos refused. RSA and ECDSA apart, for
 * the same reason.
 */
export const HARMLESS_SUITES: Readonly<Record<'TLSv1.2' | 'older', Readonly<Record<'harmless' | 'harmless-ecdsa', readonly number[]>>>> = {
  'TLSv1.2': { harmless: [0xc02f, 0xc030, 0xc013, 0x002f], 'harmless-ecdsa': [0xc02b, 0xc02c] },
  older: { harmless: [0xc013, 0xc014, 0x002f], 'harmless-ecdsa': [0xc009, 0xc00a] },
}

/** The two that RFC 8446 §9.1 names first. */
export const HARMLESS_TLS13_SUITES: readonly number[] = [0x1301, 0x1302]

/** What most servers have comes first: forward secrecy, AEAD, a usual certificate. */
function commonFirst(codes: readonly number[]): readonly number[] {
  const weight = (code: number): number => {
    const suite = suiteByCode(code)
    if (suite === undefined) return 4
    return (suite.forwardSecrecy ? 0 : 1) + (suite.aead ? 0 : 1) + (suite.au === 'RSA' || suite.au === 'ECDSA' ? 0 : 2)
  }
  return codes.toSorted((one, other) => weight(one) - weight(other))
}
