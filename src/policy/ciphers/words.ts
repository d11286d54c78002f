import { AU, ENC, EVERYTHING, EXPORT, KX, MAC, PROTOCOL, STRENGTH, type Criteria } from './criteria.ts'
import { isSince, type OpensslGeneration } from './generation.ts'

type Selection = Partial<Omit<Criteria, 'code'>>
type WordRow = readonly [word: string, selection: Selection, since?: OpensslGeneration, until?: OpensslGeneration]

const NOT_NULL = ~ENC.NULL
const CCM8 = ENC.AES128CCM8 | ENC.AES256CCM8
const CCM = ENC.AES128CCM | ENC.AES256CCM | CCM8
const GCM = ENC.AES128GCM | ENC.AES256GCM
const AES128 = ENC.AES128 | ENC.AES128GCM | ENC.AES128CCM | ENC.AES128CCM8
const AES256 = ENC.AES256 | ENC.AES256GCM | ENC.AES256CCM | ENC.AES256CCM8
const CAMELLIA = ENC.CAMELLIA128 | ENC.CAMELLIA256
const ARIA = ENC.ARIA128GCM | ENC.ARIA256GCM
const OLD_BLOCK = ENC.DES | ENC.TRIPLE_DES | ENC.RC2 | ENC.IDEA | ENC.SEED
const FIXED_DH = KX.DHr | KX.DHd
const FIXED_ECDH = KX.ECDHr | KX.ECDHe
const PSK = KX.PSK | KX.RSAPSK | KX.ECDHEPSK | KX.DHEPSK
const EDH_3DES: Selection = { kx: KX.DHE, enc: ENC.TRIPLE_DES, mac: MAC.SHA1, strength: STRENGTH.HIGH | STRENGTH.FIPS }

/** The words of openssl-ciphers(1) and what they select, with the first and last generation that has them. */
const WORDS: readonly WordRow[] = [
  ['ALL', { enc: NOT_NULL }],
  ['COMPLEMENTOFALL', { enc: ENC.NULL }],
  ['COMPLEMENTOFDEFAULT', { notDefault: true }],
  ['kRSA', { kx: KX.RSA }],
  ['kDHr', { kx: KX.DHr }, '1.0.2', '1.0.2'],
  ['kDHd', { kx: KX.DHd }, '1.0.2', '1.0.2'],
  ['kDH', { kx: FIXED_DH }, '1.0.2', '1.0.2'],
  ['kEDH', { kx: KX.DHE }],
  ['kDHE', { kx: KX.DHE }],
  ['DH', { kx: FIXED_DH | KX.DHE }, '1.0.2', '1.0.2'],
  ['DH', { kx: KX.DHE }, '1.1.1'],
  ['kKRB5', { kx: KX.KRB5 }, '1.0.2', '1.0.2'],
  ['kECDHr', { kx: KX.ECDHr }, '1.0.2', '1.0.2'],
  ['kECDHe', { kx: KX.ECDHe }, '1.0.2', '1.0.2'],
  ['kECDH', { kx: FIXED_ECDH }, '1.0.2', '1.0.2'],
  ['kEECDH', { kx: KX.ECDHE }],
  ['kECDHE', { kx: KX.ECDHE }],
  ['ECDH', { kx: FIXED_ECDH | KX.ECDHE }, '1.0.2', '1.0.2'],
  ['ECDH', { kx: KX.ECDHE }, '1.1.1'],
  ['kPSK', { kx: KX.PSK }],
  ['kRSAPSK', { kx: KX.RSAPSK }, '1.1.1'],
  ['kECDHEPSK', { kx: KX.ECDHEPSK }, '1.1.1'],
  ['kDHEPSK', { kx: KX.DHEPSK }, '1.1.1'],
  ['kSRP', { kx: KX.SRP }],
  ['kGOST', { kx: KX.GOST }],
  ['kGOST18', { kx: KX.GOST18 }, '3.0'],
  ['aRSA', { au: AU.RSA }],
  ['aDSS', { au: AU.DSS }],
  ['DSS', { au: AU.DSS }],
  ['aKRB5', { au: AU.KRB5 }, '1.0.2', '1.0.2'],
  ['aNULL', { au: AU.NULL }],
  ['aDH', { au: AU.DH }, '1.0.2', '1.0.2'],
  ['aECDH', { au: AU.ECDH }, '1.0.2', '1.0.2'],
  ['aECDSA', { au: AU.ECDSA }],
  ['ECDSA', { au: AU.ECDSA }],
  ['aPSK', { au: AU.PSK }],
  ['aGOST94', { au: AU.GOST94 }, '1.0.2', '1.0.2'],
  ['aGOST01', { au: AU.GOST01 }],
  ['aGOST12', { au: AU.GOST12 }, '1.1.1'],
  ['aGOST', { au: AU.GOST94 | AU.GOST01 | AU.GOST12 }],
  ['aSRP', { au: AU.SRP }],
  ['EDH', { kx: KX.DHE, au: ~AU.NULL }],
  ['DHE', { kx: KX.DHE, au: ~AU.NULL }],
  ['EECDH', { kx: KX.ECDHE, au: ~AU.NULL }],
  ['ECDHE', { kx: KX.ECDHE, au: ~AU.NULL }],
  ['NULL', { enc: ENC.NULL }],
  ['KRB5', { kx: KX.KRB5, au: AU.KRB5 }, '1.0.2', '1.0.2'],
  ['RSA', { kx: KX.RSA, au: AU.RSA }],
  ['ADH', { kx: KX.DHE, au: AU.NULL }],
  ['AECDH', { kx: KX.ECDHE, au: AU.NULL }],
  ['PSK', { kx: KX.PSK, au: AU.PSK }, '1.0.2', '1.0.2'],
  ['PSK', { kx: PSK }, '1.1.1'],
  ['SRP', { kx: KX.SRP }],
  ['DES', { enc: ENC.DES }, '1.0.2', '1.0.2'],
  ['3DES', { enc: ENC.TRIPLE_DES }],
  ['RC4', { enc: ENC.RC4 }],
  ['RC2', { enc: ENC.RC2 }],
  ['IDEA', { enc: ENC.IDEA }],
  ['SEED', { enc: ENC.SEED }],
  ['eNULL', { enc: ENC.NULL }],
  ['GOST', { enc: ENC.GOST89 | ENC.GOST8912 | ENC.MAGMA | ENC.KUZNYECHIK }, '1.1.1'],
  ['AES128', { enc: AES128 }],
  ['AES256', { enc: AES256 }],
  ['AES', { enc: AES128 | AES256 }],
  ['AESGCM', { enc: GCM }],
  ['AESCCM', { enc: CCM }, '1.1.1'],
  ['AESCCM8', { enc: CCM8 }, '1.1.1'],
  ['CAMELLIA128', { enc: ENC.CAMELLIA128 }],
  ['CAMELLIA256', { enc: ENC.CAMELLIA256 }],
  ['CAMELLIA', { enc: CAMELLIA }],
  ['CHACHA20', { enc: ENC.CHACHA20 }, '1.1.1'],
  ['GOST2012-GOST8912-GOST8912', { enc: ENC.GOST8912 }, '3.0'],
  ['ARIA', { enc: ARIA }, '1.1.1'],
  ['ARIAGCM', { enc: ARIA }, '1.1.1'],
  ['ARIA128', { enc: ENC.ARIA128GCM }, '1.1.1'],
  ['ARIA256', { enc: ENC.ARIA256GCM }, '1.1.1'],
  ['CBC', { enc: OLD_BLOCK | ENC.AES128 | ENC.AES256 | CAMELLIA }, '3.0'],
  ['MD5', { mac: MAC.MD5 }],
  ['SHA1', { mac: MAC.SHA1 }],
  ['SHA', { mac: MAC.SHA1 }],
  ['GOST94', { mac: MAC.GOST94 }],
  ['GOST89MAC', { mac: MAC.GOST89MAC }],
  ['SHA256', { mac: MAC.SHA256 }],
  ['SHA384', { mac: MAC.SHA384 }],
  ['GOST12', { mac: MAC.GOST12 }, '1.1.1'],
  ['SSLv2', { protocol: PROTOCOL.SSLv2 }, '1.0.2', '1.0.2'],
  ['SSLv3', { protocol: PROTOCOL.SSLv3 }],
  // 1.0.2 does not tell TLS 1.0 from SSL 3.0.
  ['TLSv1', { protocol: PROTOCOL.SSLv3 }, '1.0.2', '1.0.2'],
  ['TLSv1', { protocol: PROTOCOL.TLSv1 }, '1.1.1'],
  ['TLSv1.0', { protocol: PROTOCOL.TLSv1 }, '1.1.1'],
  ['TLSv1.2', { protocol: PROTOCOL['TLSv1.2'] }],
  ['EXP', { exportGrade: EXPORT.YES }, '1.0.2', '1.0.2'],
  ['EXPORT', { exportGrade: EXPORT.YES }, '1.0.2', '1.0.2'],
  ['EXPORT40', { strength: STRENGTH.EXP40 }, '1.0.2', '1.0.2'],
  ['EXPORT56', { strength: STRENGTH.EXP56 }, '1.0.2', '1.0.2'],
  ['LOW', { strength: STRENGTH.LOW }],
  ['MEDIUM', { strength: STRENGTH.MEDIUM }],
  ['HIGH', { strength: STRENGTH.HIGH }],
  ['FIPS', { enc: NOT_NULL, strength: STRENGTH.FIPS }],
  // Names of suites that are no longer there, kept as words.
  ['EDH-DSS-DES-CBC3-SHA', { ...EDH_3DES, au: AU.DSS }, '1.1.1'],
  ['EDH-RSA-DES-CBC3-SHA', { ...EDH_3DES, au: AU.RSA }, '1.1.1'],
]

const GOST_ENC = ENC.GOST89 | ENC.GOST8912 | ENC.MAGMA | ENC.KUZNYECHIK
const LEGACY_PROVIDER = ENC.DES | ENC.RC2 | ENC.RC4 | ENC.IDEA | ENC.SEED

/** Algorithms that a default build does not have: Kerberos, GOST without its engine, and from 3.0 on the legacy provider's. */
function missing(generation: OpensslGeneration): Pick<Criteria, 'kx' | 'au' | 'enc' | 'mac'> {
  return {
    kx: KX.KRB5 | KX.GOST | KX.GOST18,
    au: AU.KRB5 | AU.GOST94 | AU.GOST01 | AU.GOST12,
    enc: GOST_ENC | (isSince(generation, '3.0') ? LEGACY_PROVIDER : 0),
    mac: MAC.GOST94 | MAC.GOST89MAC | MAC.GOST12,
  }
}

/** The words of one generation. Those whose algorithms are all missing from the build are unknown to it. */
export function wordsOf(generation: OpensslGeneration): Map<string, Criteria> {
  const without = missing(generation)
  const words = new Map<string, Criteria>()
  for (const [word, selection, since = '1.0.2', until = '3.5'] of WORDS) {
    if (!isSince(generation, since) || !isSince(until, generation)) continue
    const criteria = { ...EVERYTHING, ...selection }
    const gone = (wanted: number, absent: number): boolean => wanted !== 0 && (wanted & ~absent) === 0
    if (gone(criteria.kx, without.kx) || gone(criteria.au, without.au)) continue
    if (gone(criteria.enc, without.enc) || gone(criteria.mac, without.mac)) continue
    words.set(word, criteria)
  }
  return words
}

/** Is this a word in some generation, whether a default build knows it or not? */
export function isWordSomewhere(word: string): boolean {
  return WORDS.some(([known]) => known === word)
}
