import { cipherSuites, sslv2Ciphers, type CipherSuite, type Sslv2Cipher } from '../registry/index.ts'

/**
 * What matters about a cipher suite when it is judged. A suite has as many classes as apply to it.
 *
 * - `below-112`, `below-128`: the cipher's strength in bits, NULL included.
 * - `64-bit-block`: DES, 3DES, IDEA and RC2: after some 2^32 blocks two are the same (SWEET32).
 * - `static-dh`: DH or ECDH with a key from the certificate.
 * - `password`: authenticated by a shared secret, a password or a ticket and not by a certificate (PSK, SRP, Kerberos, ECCPWD).
 * - `modern`: forward secret, AEAD, at least 128 bits, authenticated by a certificate; every AEAD suite of TLS 1.3 but CCM_8.
 * - `rare-cipher`: IDEA, RC2, SEED and the GOST ciphers: not broken, but hardly looked after by TLS libraries.
 * - `unknown`: a number nobody has registered, or a name this version of Postern does not know.
 */
export type SuiteClass =
  | 'null'
  | 'anonymous'
  | 'export'
  | 'rc4'
  | 'des'
  | '3des'
  | 'rare-cipher'
  | '64-bit-block'
  | 'cbc'
  | 'md5'
  | 'sha1'
  | 'static-rsa'
  | 'static-dh'
  | 'dhe'
  | 'ecdhe'
  | 'password'
  | 'ccm8'
  | 'aead'
  | 'chacha20'
  | 'dss'
  | 'below-112'
  | 'below-128'
  | 'sslv2'
  | 'tls1.3'
  | 'modern'
  | 'unknown'

const RARE_CIPHER = /IDEA|RC2|SEED|28147|MAGMA|KUZNYECHIK/
const BLOCKS_OF_64_BITS = /DES|IDEA|RC2/
const PASSWORD_KEY_EXCHANGES = ['PSK', 'RSA_PSK', 'DHE_PSK', 'ECDHE_PSK', 'SRP', 'KRB5', 'ECCPWD']

/** The classes of a suite by its IANA name, or by its number (`0xabcd`) where it has none. */
export function suiteClasses(name: string): ReadonlySet<SuiteClass> {
  return byName.get(name) ?? UNKNOWN
}

/** Whether the suite is in any of the classes. */
export function suiteIs(name: string, ...classes: readonly SuiteClass[]): boolean {
  const own = suiteClasses(name)
  return classes.some((one) => own.has(one))
}

function classify(suite: CipherSuite): ReadonlySet<SuiteClass> {
  const { kx, au, enc, mode, mac, bits } = suite
  return classesThatHold([
    ...cipherTests(enc, bits, suite.exportGrade),
    ['anonymous', au === 'anon' || au === 'NULL'],
    ['cbc', mode === 'CBC'],
    ['md5', mac === 'MD5'],
    ['sha1', mac === 'SHA1'],
    ['static-rsa', kx === 'RSA'],
    ['static-dh', kx === 'DH' || kx === 'ECDH'],
    ['dhe', kx === 'DHE' || kx === 'DHE_PSK'],
    ['ecdhe', kx === 'ECDHE' || kx === 'ECDHE_PSK'],
    ['password', PASSWORD_KEY_EXCHANGES.includes(kx)],
    ['ccm8', mode === 'CCM_8'],
    ['aead', suite.aead],
    ['chacha20', mode === 'POLY1305'],
    ['dss', au === 'DSS'],
    ['tls1.3', kx === 'any'],
    ['modern', isModern(suite)],
  ])
}

function isModern({ kx, au, aead, mode, bits, enc }: CipherSuite): boolean {
  const ephemeral = kx === 'any' || (kx === 'ECDHE' && (au === 'RSA' || au === 'ECDSA'))
  return ephemeral && aead && bits >= 128 && mode !== 'CCM_8' && !RARE_CIPHER.test(enc)
}

/** Cipher kinds of SSL 2.0 all use RSA key exchange, which their names do not say. */
function classifySslv2({ enc, mac, bits, exportGrade }: Sslv2Cipher): ReadonlySet<SuiteClass> {
  return classesThatHold([
    ...cipherTests(enc, bits, exportGrade),
    ['sslv2', true],
    ['static-rsa', true],
    ['cbc', enc.endsWith('CBC')],
    ['md5', mac === 'MD5'],
    ['sha1', mac === 'SHA1'],
  ])
}

function cipherTests(enc: string, bits: number, exportGrade: boolean): readonly (readonly [SuiteClass, boolean])[] {
  return [
    ['null', enc === 'NULL'],
    ['export', exportGrade],
    ['rc4', enc.startsWith('RC4')],
    ['des', enc.startsWith('DES')],
    ['3des', enc.startsWith('3DES')],
    ['rare-cipher', RARE_CIPHER.test(enc)],
    ['64-bit-block', BLOCKS_OF_64_BITS.test(enc)],
    ['below-112', bits < 112],
    ['below-128', bits < 128],
  ]
}

function classesThatHold(tests: readonly (readonly [SuiteClass, boolean])[]): ReadonlySet<SuiteClass> {
  return new Set(tests.flatMap(([name, holds]) => (holds ? [name] : [])))
}

const UNKNOWN: ReadonlySet<SuiteClass> = new Set(['unknown'])
const byName: ReadonlyMap<string, ReadonlySet<SuiteClass>> = new Map([
  ...cipherSuites.map((suite) => [suite.iana, classify(suite)] as const),
  ...sslv2Ciphers.map((kind) => [kind.name, classifySslv2(kind)] as const),
])
