import { suiteAttributes, type SuiteAttributes } from './suite-attributes.ts'
import { SUITE_TABLE } from './cipher-suite-table.ts'

/** A TLS cipher suite with its spellings and what it does. */
export interface CipherSuite extends SuiteAttributes {
  readonly code: number
  /** The IANA name. Suites that IANA has not registered have a name of the same form, see `registered`. */
  readonly iana: string
  /** The name in OpenSSL 1.1.0 and later. */
  readonly openssl?: string
  readonly gnutls?: string
  /** The name in Java's JSSE, where Java has or had the suite. */
  readonly jsse?: string
  readonly registered: boolean
  /** IANA's column "Recommended" is Y, RFC 9847 §3. */
  readonly recommended: boolean
  /** IANA's column "DTLS-OK" is Y. */
  readonly dtls: boolean
}

/** Not a suite: says that the client knows secure renegotiation, RFC 5746 §3.3. */
export const TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff

/** Not a suite: says that the client tries again with an older version, RFC 7507 §2. */
export const TLS_FALLBACK_SCSV = 0x5600

const RECOMMENDED: ReadonlySet<number> = new Set([
  0x009e, 0x009f, 0x00aa, 0x00ab, 0x1301, 0x1302, 0x1303, 0x1304, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xc09e, 0xc09f, 0xc0a6, 0xc0a7, 0xcca8,
  0xcca9, 0xccaa, 0xccac, 0xccad, 0xd001, 0xd002, 0xd005,
])

/** Beside the RC4 suites, which RFC 6347 §4.1.2.2 rules out. */
const NOT_FOR_DTLS: ReadonlySet<number> = new Set([0x00c6, 0x00c7, 0xc0a3, 0xc100, 0xc101, 0xc102, 0xc103, 0xc104, 0xc105, 0xc106])

const UNREGISTERED: ReadonlySet<number> = new Set([
  0x0060, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, 0x0066, 0x0080, 0x0081, 0x0082, 0x0083, 0x16b7, 0x16b8, 0x16b9, 0x16ba, 0xcc13, 0xcc14,
  0xcc15, 0xfefe, 0xfeff, 0xff85, 0xff87, 0xffe0, 0xffe1,
])

/** OpenSSL names up to 1.0.2; later versions still understand the last two of the list. */
export const oldOpensslNames: ReadonlyMap<string, string> = new Map([
  ['EXP-EDH-DSS-DES-CBC-SHA', 'EXP-DHE-DSS-DES-CBC-SHA'],
  ['EDH-DSS-DES-CBC-SHA', 'DHE-DSS-DES-CBC-SHA'],
  ['EXP-EDH-RSA-DES-CBC-SHA', 'EXP-DHE-RSA-DES-CBC-SHA'],
  ['EDH-RSA-DES-CBC-SHA', 'DHE-RSA-DES-CBC-SHA'],
  ['EDH-DSS-DES-CBC3-SHA', 'DHE-DSS-DES-CBC3-SHA'],
  ['EDH-RSA-DES-CBC3-SHA', 'DHE-RSA-DES-CBC3-SHA'],
])

/** Every suite, ordered by code point. */
export const cipherSuites: readonly CipherSuite[] = SUITE_TABLE.map(([code, iana, openssl, gnutls]) => {
  const attributes = suiteAttributes(iana)
  const jsse = jsseName(iana, attributes, UNREGISTERED.has(code))
  return {
    code,
    iana,
    ...(openssl === '' ? {} : { openssl }),
    ...(gnutls === undefined ? {} : { gnutls }),
    ...(jsse === undefined ? {} : { jsse }),
    ...attributes,
    registered: !UNREGISTERED.has(code),
    recommended: RECOMMENDED.has(code),
    dtls: !UNREGISTERED.has(code) && !attributes.enc.startsWith('RC4_') && !NOT_FOR_DTLS.has(code),
  }
})

const byCode: ReadonlyMap<number, CipherSuite> = new Map(cipherSuites.map((suite) => [suite.code, suite]))
const byName: ReadonlyMap<string, CipherSuite> = allNames()

/** The suite with this code point, or undefined where nobody has named one. */
export function suiteByCode(code: number): CipherSuite | undefined {
  return byCode.get(code)
}

/**
 * The suite with this name in the spelling of IANA, OpenSSL, GnuTLS or JSSE, or of Java by IBM (`SSL_` in front of
 * every name). Case counts, as it does in those programs.
 */
export function suiteByName(name: string): CipherSuite | undefined {
  return byName.get(name) ?? (name.startsWith('SSL_') ? byName.get(`TLS_${name.slice('SSL_'.length)}`) : undefined)
}

/** The IANA name, or the number as `0xabcd` where there is none. */
export function suiteName(code: number): string {
  return byCode.get(code)?.iana ?? `0x${code.toString(16).padStart(4, '0')}`
}

/** JSSE kept the names of SSL 3.0 for the suites that are older than TLS. */
function jsseName(iana: string, { kx, au, enc, mode, mac, bits }: SuiteAttributes, unregistered: boolean): string | undefined {
  if (unregistered || enc === 'IDEA_CBC' || (kx === 'RSA' && enc.startsWith('RC2'))) return undefined
  if (kx === 'KRB5') return enc.startsWith('RC2') ? undefined : iana
  const oldCipher = enc.startsWith('RC4') || enc.includes('DES') || enc === 'NULL'
  if (kx === 'any') return /^AES_(?:128|256)_GCM$|^CHACHA20/.test(enc) && bits > 0 ? iana : undefined
  if (!['RSA', 'DHE', 'ECDH', 'ECDHE'].includes(kx)) return undefined
  if (oldCipher) return kx.startsWith('EC') || mac === 'SHA256' ? iana : iana.replace('TLS_', 'SSL_')
  const aes = enc.startsWith('AES_') && (mode === 'CBC' || mode === 'GCM')
  return aes || (mode === 'POLY1305' && au !== 'anon') ? iana : undefined
}

/** IANA names win where two spellings collide. */
function allNames(): Map<string, CipherSuite> {
  const names = new Map<string, CipherSuite>()
  const add = (name: string | undefined, suite: CipherSuite): void => {
    if (name !== undefined && !names.has(name)) names.set(name, suite)
  }
  for (const suite of cipherSuites) add(suite.iana, suite)
  for (const suite of cipherSuites) for (const name of [suite.openssl, suite.gnutls, suite.jsse]) add(name, suite)
  for (const [old, now] of oldOpensslNames) {
    const suite = names.get(now)
    if (suite !== undefined) names.set(old, suite)
  }
  return names
}
