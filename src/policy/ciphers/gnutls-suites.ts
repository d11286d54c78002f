import { cipherSuites, type CipherSuite } from '../../registry/index.ts'

/** A suite as GnuTLS puts it together. */
export interface GnutlsSuite {
  readonly suite: CipherSuite
  /** Empty in TLS 1.3. */
  readonly kx: string
  readonly cipher: string
  readonly mac: string
  /** Lowest version: 0 stands for TLS 1.0 and older. */
  readonly tls: 0 | 2 | 3
  /** Lowest DTLS version, likewise; undefined where there is none. */
  readonly dtls: 0 | 2 | undefined
}

const KX_NAMES: Readonly<Record<string, string>> = {
  'ECDHE/RSA': 'ECDHE-RSA',
  'ECDHE/ECDSA': 'ECDHE-ECDSA',
  'ECDHE/anon': 'ANON-ECDH',
  'RSA/RSA': 'RSA',
  'DHE/RSA': 'DHE-RSA',
  'DHE/DSS': 'DHE-DSS',
  'DHE/anon': 'ANON-DH',
  'PSK/PSK': 'PSK',
  'RSA_PSK/RSA': 'RSA-PSK',
  'DHE_PSK/PSK': 'DHE-PSK',
  'ECDHE_PSK/PSK': 'ECDHE-PSK',
  'SRP/SRP': 'SRP',
  'SRP/RSA': 'SRP-RSA',
  'SRP/DSS': 'SRP-DSS',
  'GOST/GOST': 'VKO-GOST-12',
  'any/any': '',
}

const CIPHER_NAMES: Readonly<Record<string, string>> = {
  '3DES_EDE_CBC': '3DES-CBC',
  RC4_128: 'ARCFOUR-128',
  GOST_28147_CNT: 'GOST28147-TC26Z-CNT',
}

/** Every suite that GnuTLS has, by what it is made of. */
export const gnutlsSuites: readonly GnutlsSuite[] = cipherSuites.filter((suite) => suite.gnutls !== undefined).map(gnutlsSuite)

const byParts: ReadonlyMap<string, GnutlsSuite> = new Map(gnutlsSuites.map((one) => [`${one.kx}:${one.cipher}:${one.mac}`, one]))

/** The suite made of these parts; `kx` is empty for TLS 1.3. */
export function gnutlsSuiteOf(kx: string, cipher: string, mac: string): GnutlsSuite | undefined {
  return byParts.get(`${kx}:${cipher}:${mac}`)
}

function gnutlsSuite(suite: CipherSuite): GnutlsSuite {
  const tls = lowestVersion(suite)
  const stream = suite.enc.startsWith('RC4') || suite.kx === 'GOST'
  return {
    suite,
    kx: KX_NAMES[`${suite.kx}/${suite.au}`] ?? '',
    cipher: CIPHER_NAMES[suite.enc] ?? suite.enc.replaceAll('_', '-'),
    mac: suite.mac === 'GOST89' ? 'GOST28147-TC26Z-IMIT' : suite.mac,
    tls,
    dtls: tls === 3 || stream ? undefined : suite.mac === 'SHA1' || suite.mac === 'MD5' ? 0 : 2,
  }
}

/** GnuTLS keeps every SHA-2 suite to TLS 1.2, with one exception. */
function lowestVersion(suite: CipherSuite): 0 | 2 | 3 {
  if (suite.protocol === 'TLSv1.3') return 3
  if (suite.iana === 'TLS_ECDHE_PSK_WITH_NULL_SHA384') return 0
  return suite.mac === 'SHA1' || suite.mac === 'MD5' ? 0 : 2
}
