import type { ProtocolName } from './protocols.ts'

/** How the two ends agree on a secret. `any` in TLS 1.3, where groups and PSK modes decide. */
export type KeyExchange =
  | 'NULL'
  | 'RSA'
  | 'DH'
  | 'DHE'
  | 'ECDH'
  | 'ECDHE'
  | 'PSK'
  | 'RSA_PSK'
  | 'DHE_PSK'
  | 'ECDHE_PSK'
  | 'SRP'
  | 'KRB5'
  | 'GOST'
  | 'ECCPWD'
  | 'CECPQ1'
  | 'any'

/** How the server proves who it is. `anon`: it does not. `any` in TLS 1.3. */
export type Authentication = 'NULL' | 'anon' | 'RSA' | 'DSS' | 'ECDSA' | 'PSK' | 'SRP' | 'KRB5' | 'GOST' | 'ECCPWD' | 'any'

export type CipherMode = 'NULL' | 'stream' | 'CBC' | 'GCM' | 'CCM' | 'CCM_8' | 'POLY1305' | 'CTR' | 'CNT' | 'MGM' | 'AEGIS'

/** What protects the integrity of a record; `AEAD` where the cipher does it itself. */
export type RecordMac = 'NULL' | 'MD5' | 'SHA1' | 'SHA256' | 'SHA384' | 'GOST94' | 'GOST89' | 'GOST12' | 'OMAC' | 'AEAD'

/** The hash of the TLS 1.2 PRF (RFC 5246 §5) or of the TLS 1.3 HKDF (RFC 8446 §7.1). */
export type SuiteHash = 'SHA256' | 'SHA384' | 'SHA512' | 'SM3' | 'GOST94' | 'GOST12'

/** What a suite does, as far as its name tells. */
export interface SuiteAttributes {
  /** The first version it may be used in, in OpenSSL's view where OpenSSL has the suite. */
  readonly protocol: ProtocolName
  readonly kx: KeyExchange
  readonly au: Authentication
  /** Cipher, key size and mode, such as `AES_128_GCM`, `3DES_EDE_CBC`, `RC4_128`, `NULL`. */
  readonly enc: string
  readonly mode: CipherMode
  readonly mac: RecordMac
  readonly hash: SuiteHash
  /** Strength of the cipher in bits: 112 for 3DES, 40 or 56 for EXPORT suites, 0 for NULL. */
  readonly bits: number
  readonly aead: boolean
  readonly exportGrade: boolean
  /** A server key that leaks later does not open recorded connections. */
  readonly forwardSecrecy: boolean
}

const KEY_EXCHANGES: Readonly<Record<string, readonly [KeyExchange, Authentication]>> = {
  NULL: ['NULL', 'NULL'],
  RSA: ['RSA', 'RSA'],
  RSA_FIPS: ['RSA', 'RSA'],
  DH_DSS: ['DH', 'DSS'],
  DH_RSA: ['DH', 'RSA'],
  DHE_DSS: ['DHE', 'DSS'],
  DHE_RSA: ['DHE', 'RSA'],
  DH_anon: ['DHE', 'anon'],
  ECDH_ECDSA: ['ECDH', 'ECDSA'],
  ECDH_RSA: ['ECDH', 'RSA'],
  ECDHE_ECDSA: ['ECDHE', 'ECDSA'],
  ECDHE_RSA: ['ECDHE', 'RSA'],
  ECDH_anon: ['ECDHE', 'anon'],
  PSK: ['PSK', 'PSK'],
  RSA_PSK: ['RSA_PSK', 'RSA'],
  DHE_PSK: ['DHE_PSK', 'PSK'],
  PSK_DHE: ['DHE_PSK', 'PSK'],
  ECDHE_PSK: ['ECDHE_PSK', 'PSK'],
  SRP_SHA: ['SRP', 'SRP'],
  SRP_SHA_RSA: ['SRP', 'RSA'],
  SRP_SHA_DSS: ['SRP', 'DSS'],
  KRB5: ['KRB5', 'KRB5'],
  ECCPWD: ['ECCPWD', 'ECCPWD'],
  CECPQ1_RSA: ['CECPQ1', 'RSA'],
  CECPQ1_ECDSA: ['CECPQ1', 'ECDSA'],
  GOSTR341094: ['GOST', 'GOST'],
  GOSTR341001: ['GOST', 'GOST'],
  GOSTR341112_256: ['GOST', 'GOST'],
}

/** Ciphers whose name does not end in their strength. */
const STRENGTH: Readonly<Record<string, number>> = {
  NULL: 0,
  DES40_CBC: 40,
  DES_CBC_40: 40,
  DES_CBC: 56,
  '3DES_EDE_CBC': 112,
  IDEA_CBC: 128,
  SEED_CBC: 128,
  SM4_GCM: 128,
  SM4_CCM: 128,
  AEGIS_128L: 128,
}

const MACS: Readonly<Record<string, RecordMac>> = {
  MD5: 'MD5',
  SHA: 'SHA1',
  SHA256: 'SHA256',
  SHA384: 'SHA384',
  GOSTR3411: 'GOST94',
  IMIT: 'GOST89',
  OMAC: 'OMAC',
}

const FORWARD_SECRET: readonly KeyExchange[] = ['DHE', 'ECDHE', 'DHE_PSK', 'ECDHE_PSK', 'SRP', 'ECCPWD', 'CECPQ1', 'any']

/** What the suite with this IANA name does. Unregistered names follow the same pattern. */
export function suiteAttributes(iana: string): SuiteAttributes {
  const name = iana.replace(/_(?:OLD|2)$/, '')
  const split = /^(?:TLS|SSL)_(.+?)_WITH_(.+)$/.exec(name)
  const [kx, au] = keyExchange(split?.[1] ?? '', name)
  const tail = split?.[2] ?? name.slice('TLS_'.length)
  const { enc, mac, hash } = recordProtection(tail, kx === 'any')
  const mode = cipherMode(enc)
  // RFC 9189 §4: the suites of 2012 use Streebog, whatever their record protection is.
  const attributes = { kx, au, enc, mode, mac, hash: name.includes('GOSTR341112') ? 'GOST12' : hash, aead: mac === 'AEAD' } as const
  return {
    protocol: firstProtocol(name, attributes),
    ...attributes,
    bits: strength(enc, name),
    exportGrade: name.includes('_EXPORT'),
    forwardSecrecy: FORWARD_SECRET.includes(kx),
  }
}

function keyExchange(words: string, name: string): readonly [KeyExchange, Authentication] {
  // RFC 9367 §4: these are TLS 1.3 suites although their name has the old form.
  if (words === '' || name.includes('_MGM_')) return ['any', 'any']
  return KEY_EXCHANGES[words.replace(/_EXPORT(?:1024)?$/, '')] ?? ['NULL', 'NULL']
}

/** Splits `AES_128_CBC_SHA256` into cipher and MAC. The hash of an AEAD suite is that of the key schedule. */
function recordProtection(tail: string, tls13: boolean): { enc: string; mac: RecordMac; hash: SuiteHash } {
  const integrityOnly = /^(SHA256|SHA384)_\1$/.exec(tail)?.[1]
  if (integrityOnly !== undefined) return { enc: 'NULL', mac: MACS[integrityOnly] ?? 'NULL', hash: suiteHash(integrityOnly) }
  if (tail === 'NULL_NULL') return { enc: 'NULL', mac: 'NULL', hash: 'SHA256' }
  if (/_MGM_[LS]$/.test(tail)) return { enc: tail, mac: 'AEAD', hash: 'GOST12' }
  const [, cipher = tail, digest = ''] = /^(.+?)_(MD5|SHA|SHA256|SHA384|SHA512|SM3|GOSTR3411|IMIT|OMAC)$/.exec(tail) ?? []
  const aead = tls13 || /_(?:GCM|CCM|CCM_8|POLY1305)$/.test(cipher)
  const enc = cipher === '28147_CNT' ? 'GOST_28147_CNT' : cipher.replace('DES_CBC_40', 'DES40_CBC').replace(/(RC2)_CBC_(\d+)/, '$1_$2_CBC')
  return { enc, mac: aead ? 'AEAD' : (MACS[digest] ?? 'NULL'), hash: suiteHash(digest) }
}

function suiteHash(digest: string): SuiteHash {
  if (digest === 'SHA384' || digest === 'SHA512' || digest === 'SM3') return digest
  if (digest === 'OMAC') return 'GOST12'
  if (digest === 'GOSTR3411' || digest === 'IMIT') return 'GOST94'
  return 'SHA256'
}

function cipherMode(enc: string): CipherMode {
  if (enc === 'NULL') return 'NULL'
  if (enc.startsWith('RC4_')) return 'stream'
  if (enc.startsWith('AEGIS_')) return 'AEGIS'
  const found = /_(CBC|GCM|CCM_8|CCM|POLY1305|CTR|CNT|MGM)(?:_[LS])?$/.exec(enc)?.[1]
  const modes: readonly CipherMode[] = ['CBC', 'GCM', 'CCM_8', 'CCM', 'POLY1305', 'CTR', 'CNT', 'MGM']
  return modes.find((mode) => mode === found) ?? 'NULL'
}

function strength(enc: string, name: string): number {
  if (name.includes('_EXPORT1024_')) return 56
  const listed = STRENGTH[enc]
  if (listed !== undefined) return listed
  const digits = /_(40|56|128|256)(?:_|$)/.exec(enc)?.[1]
  return digits === undefined ? 256 : Number(digits)
}

type Known = Pick<SuiteAttributes, 'kx' | 'enc' | 'mac' | 'aead'>

function firstProtocol(name: string, { kx, enc, mac, aead }: Known): ProtocolName {
  if (kx === 'any') return 'TLSv1.3'
  if (aead || enc.startsWith('ARIA_')) return 'TLSv1.2'
  if (kx === 'GOST') return name.includes('GOSTR341112') && mac === 'OMAC' ? 'TLSv1.2' : 'TLSv1'
  const preShared = kx.endsWith('PSK')
  // RFC 5487 §3.1 lets the SHA-2 CBC suites with a PSK be used in older versions too, unlike those of RFC 5246 §1.2.
  if (mac === 'SHA256' || mac === 'SHA384') return preShared ? 'TLSv1' : 'TLSv1.2'
  return kx === 'ECDH' || kx === 'ECDHE' || kx === 'ECDHE_PSK' || name.includes('_EXPORT1024_') || name.includes('DHE_DSS_WITH_RC4')
    ? 'TLSv1'
    : 'SSLv3'
}
