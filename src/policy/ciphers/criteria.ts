/**
 * What a word of a cipher list selects, as sets of bits: a suite is selected when it shares a bit with every set that
 * is not empty. Intersections (`A+B`) intersect the sets, which is not always the intersection of the suites.
 */
export interface Criteria {
  readonly kx: number
  readonly au: number
  readonly enc: number
  readonly mac: number
  readonly protocol: number
  /** Strength classes, and FIPS. */
  readonly strength: number
  readonly exportGrade: number
  readonly notDefault: boolean
  /** One suite by its name, where the generation compares names to the end. */
  readonly code: number | undefined
}

export const KX = {
  RSA: 1,
  DHr: 2,
  DHd: 4,
  DHE: 8,
  KRB5: 16,
  ECDHr: 32,
  ECDHe: 64,
  ECDHE: 128,
  PSK: 256,
  RSAPSK: 512,
  ECDHEPSK: 1024,
  DHEPSK: 2048,
  SRP: 4096,
  GOST: 8192,
  GOST18: 16384,
} as const

export const AU = {
  RSA: 1,
  DSS: 2,
  NULL: 4,
  DH: 8,
  ECDH: 16,
  ECDSA: 32,
  PSK: 64,
  SRP: 128,
  KRB5: 256,
  GOST94: 512,
  GOST01: 1024,
  GOST12: 2048,
} as const

export const ENC = {
  DES: 1,
  TRIPLE_DES: 2,
  RC4: 4,
  RC2: 8,
  IDEA: 16,
  NULL: 32,
  AES128: 64,
  AES256: 128,
  CAMELLIA128: 256,
  CAMELLIA256: 512,
  SEED: 1024,
  AES128GCM: 2048,
  AES256GCM: 4096,
  AES128CCM: 8192,
  AES256CCM: 16384,
  AES128CCM8: 0x8000,
  AES256CCM8: 0x10000,
  CHACHA20: 0x20000,
  ARIA128GCM: 0x40000,
  ARIA256GCM: 0x80000,
  GOST89: 0x100000,
  GOST8912: 0x200000,
  MAGMA: 0x400000,
  KUZNYECHIK: 0x800000,
} as const

export const MAC = { MD5: 1, SHA1: 2, SHA256: 4, SHA384: 8, AEAD: 16, GOST94: 32, GOST89MAC: 64, GOST12: 128 } as const

/** Cipher generations, not protocol switches: the version that brought a suite. */
export const PROTOCOL = { SSLv2: 1, SSLv3: 2, TLSv1: 4, 'TLSv1.2': 8 } as const

export const STRENGTH = { NONE: 1, LOW: 2, MEDIUM: 4, HIGH: 8, FIPS: 16, EXP40: 32, EXP56: 64 } as const

export const EXPORT = { NOT: 1, YES: 2 } as const

/** Selects every suite. */
export const EVERYTHING: Criteria = {
  kx: 0,
  au: 0,
  enc: 0,
  mac: 0,
  protocol: 0,
  strength: 0,
  exportGrade: 0,
  notDefault: false,
  code: undefined,
}

/** A suite as the language sees it. */
export interface SuiteBits extends Omit<Criteria, 'code'> {
  readonly code: number
  /** What @STRENGTH sorts by. */
  readonly strengthBits: number
}

export function selects(criteria: Criteria, suite: SuiteBits): boolean {
  return (
    (criteria.code === undefined || criteria.code === suite.code) &&
    shares(criteria.kx, suite.kx) &&
    shares(criteria.au, suite.au) &&
    shares(criteria.enc, suite.enc) &&
    shares(criteria.mac, suite.mac) &&
    shares(criteria.protocol, suite.protocol) &&
    shares(criteria.strength, suite.strength) &&
    shares(criteria.exportGrade, suite.exportGrade) &&
    (!criteria.notDefault || suite.notDefault)
  )
}

function shares(wanted: number, had: number): boolean {
  return wanted === 0 || (wanted & had) !== 0
}

/**
 * The criteria of `left+right`, or undefined where they exclude each other, which makes OpenSSL ignore the whole term.
 * From 1.1.0 on a strength class that follows COMPLEMENTOFDEFAULT displaces it (`forgetful`).
 */
export function intersect(left: Criteria, right: Criteria, forgetful: boolean): Criteria | undefined {
  const both = {
    kx: meet(left.kx, right.kx),
    au: meet(left.au, right.au),
    enc: meet(left.enc, right.enc),
    mac: meet(left.mac, right.mac),
    protocol: meet(left.protocol, right.protocol),
    strength: meet(left.strength, right.strength),
    exportGrade: meet(left.exportGrade, right.exportGrade),
  }
  for (const field of Object.values(both)) if (field === undefined) return undefined
  const displaced = forgetful && left.strength === 0 && right.strength !== 0
  return {
    kx: both.kx ?? 0,
    au: both.au ?? 0,
    enc: both.enc ?? 0,
    mac: both.mac ?? 0,
    protocol: both.protocol ?? 0,
    strength: both.strength ?? 0,
    exportGrade: both.exportGrade ?? 0,
    notDefault: (left.notDefault && !displaced) || right.notDefault,
    // The last part of a term decides whether it names one suite.
    code: right.code,
  }
}

function meet(left: number, right: number): number | undefined {
  if (left === 0) return right
  if (right === 0) return left
  return (left & right) === 0 ? undefined : left & right
}
