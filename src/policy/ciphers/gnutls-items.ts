/** The lists that a priority string works on, in GnuTLS names. */
export interface GnutlsLists {
  /** Such as `TLS1.2`, `DTLS1.2`. */
  readonly protocols: readonly string[]
  readonly ciphers: readonly string[]
  readonly kx: readonly string[]
  readonly macs: readonly string[]
  /** Without `SIGN-`. */
  readonly signatures: readonly string[]
  /** Without `GROUP-`. */
  readonly groups: readonly string[]
}

const words = (text: string): readonly string[] => text.split(' ')

const EC_GROUPS = words('SECP256R1 SECP384R1 SECP521R1 X25519 X448')
const DH_GROUPS = words('FFDHE2048 FFDHE3072 FFDHE4096 FFDHE6144 FFDHE8192')
const GOST_GROUPS = words('GC256A GC256B GC256C GC256D GC512A GC512B GC512C')
const GROUPS = [...EC_GROUPS, ...DH_GROUPS]
const STREAM = words('TLS1.3 TLS1.2 TLS1.1 TLS1.0')
const DATAGRAM = words('DTLS1.2 DTLS1.0')
const KX = words('ECDHE-ECDSA ECDHE-RSA RSA DHE-RSA')
const CIPHERS = words('AES-256-GCM CHACHA20-POLY1305 AES-256-CCM AES-256-CBC AES-128-GCM AES-128-CCM AES-128-CBC')
const MACS = words('SHA1 AEAD')
const SHA256_SIGNATURES = words('RSA-SHA256 RSA-PSS-SHA256 RSA-PSS-RSAE-SHA256 ECDSA-SHA256 ECDSA-SECP256R1-SHA256 EdDSA-Ed25519')
const SHA384_SIGNATURES = words('RSA-SHA384 RSA-PSS-SHA384 RSA-PSS-RSAE-SHA384 ECDSA-SHA384 ECDSA-SECP384R1-SHA384 EdDSA-Ed448')
const SHA512_SIGNATURES = words('RSA-SHA512 RSA-PSS-SHA512 RSA-PSS-RSAE-SHA512 ECDSA-SHA512 ECDSA-SECP521R1-SHA512')
const SECURE_SIGNATURES = [...SHA256_SIGNATURES, ...SHA384_SIGNATURES, ...SHA512_SIGNATURES]
const SIGNATURES = [...SECURE_SIGNATURES, 'RSA-SHA1', 'ECDSA-SHA1']

/** Holds where a string does not begin with NONE, before its first item. */
export const GNUTLS_START: GnutlsLists = {
  protocols: [...STREAM, ...DATAGRAM],
  ciphers: [],
  kx: [],
  macs: [],
  signatures: SIGNATURES,
  groups: GROUPS,
}

type Keyword = Omit<GnutlsLists, 'protocols'> & { readonly protocols?: readonly string[] }

const NORMAL: Keyword = { ciphers: CIPHERS, kx: KX, macs: MACS, signatures: SIGNATURES, groups: GROUPS }

const SECURE128: Keyword = {
  ...NORMAL,
  ciphers: words('AES-256-GCM CHACHA20-POLY1305 AES-256-CBC AES-256-CCM AES-128-GCM AES-128-CBC AES-128-CCM'),
  signatures: SECURE_SIGNATURES,
}

const SECURE192: Keyword = {
  ciphers: words('AES-256-GCM CHACHA20-POLY1305 AES-256-CBC AES-256-CCM'),
  kx: KX,
  macs: ['AEAD'],
  signatures: [...SHA384_SIGNATURES, ...SHA512_SIGNATURES],
  groups: words('SECP384R1 SECP521R1 FFDHE8192'),
}

const SUITEB192: Keyword = {
  protocols: ['TLS1.2'],
  ciphers: ['AES-256-GCM'],
  kx: ['ECDHE-ECDSA'],
  macs: ['AEAD'],
  signatures: words('ECDSA-SHA384 ECDSA-SECP384R1-SHA384'),
  groups: ['SECP384R1'],
}

/** The initial keywords and what they set, as GnuTLS 3.7 and 3.8 have them; PERFORMANCE on a processor with AES instructions. */
export const GNUTLS_KEYWORDS: ReadonlyMap<string, Keyword> = new Map([
  ['NORMAL', NORMAL],
  ['LEGACY', NORMAL],
  ['PFS', { ...NORMAL, kx: words('ECDHE-ECDSA ECDHE-RSA DHE-RSA') }],
  ['SECURE128', SECURE128],
  ['SECURE', SECURE128],
  ['SECURE192', SECURE192],
  ['SECURE256', SECURE192],
  [
    'SUITEB128',
    {
      ...SUITEB192,
      ciphers: words('AES-256-GCM AES-128-GCM'),
      signatures: words('ECDSA-SHA256 ECDSA-SECP256R1-SHA256 ECDSA-SHA384 ECDSA-SECP384R1-SHA384'),
      groups: words('SECP256R1 SECP384R1'),
    },
  ],
  ['SUITEB192', SUITEB192],
  [
    'PERFORMANCE',
    {
      ...NORMAL,
      ciphers: words('AES-128-GCM AES-256-GCM CHACHA20-POLY1305 AES-128-CCM AES-256-CCM AES-128-CBC AES-256-CBC'),
      kx: words('RSA ECDHE-ECDSA ECDHE-RSA DHE-RSA'),
    },
  ],
])

const GOST: Pick<GnutlsLists, 'ciphers' | 'kx' | 'macs' | 'signatures' | 'groups'> = {
  ciphers: ['GOST28147-TC26Z-CNT'],
  kx: ['VKO-GOST-12'],
  macs: ['GOST28147-TC26Z-IMIT'],
  signatures: words('GOSTR341012-256 GOSTR341012-512'),
  groups: GOST_GROUPS,
}

/** An item that stands for several. */
export interface GnutlsBundle {
  /** Matched against the start of the item, as GnuTLS does. */
  readonly prefix: string
  readonly add: Partial<GnutlsLists>
  /** Taken away one by one; without it, `-` empties the lists that `add` names, whatever stands in them. */
  readonly remove?: Partial<GnutlsLists>
}

/** In the order in which GnuTLS compares them: the first that fits counts. */
export const GNUTLS_BUNDLES: readonly GnutlsBundle[] = [
  { prefix: 'VERS-TLS-ALL', add: { protocols: STREAM }, remove: { protocols: STREAM } },
  { prefix: 'VERS-DTLS-ALL', add: { protocols: DATAGRAM }, remove: { protocols: [...DATAGRAM, 'DTLS0.9'] } },
  { prefix: 'VERS-ALL', add: { protocols: [...STREAM, ...DATAGRAM] } },
  { prefix: 'CURVE-ALL', add: { groups: GROUPS } },
  { prefix: 'GROUP-ALL', add: { groups: GROUPS } },
  { prefix: 'GROUP-DH-ALL', add: { groups: DH_GROUPS }, remove: { groups: DH_GROUPS } },
  { prefix: 'GROUP-EC-ALL', add: { groups: EC_GROUPS }, remove: { groups: EC_GROUPS } },
  { prefix: 'GROUP-GOST-ALL', add: { groups: GOST_GROUPS }, remove: { groups: GOST_GROUPS } },
  { prefix: 'SIGN-ALL', add: { signatures: SIGNATURES } },
  { prefix: 'SIGN-GOST-ALL', add: { signatures: GOST.signatures } },
  { prefix: 'MAC-ALL', add: { macs: MACS } },
  { prefix: 'MAC-GOST-ALL', add: { macs: GOST.macs } },
  { prefix: 'CIPHER-ALL', add: { ciphers: CIPHERS } },
  { prefix: 'CIPHER-GOST-ALL', add: { ciphers: GOST.ciphers } },
  { prefix: 'KX-ALL', add: { kx: KX } },
  { prefix: 'KX-GOST-ALL', add: { kx: GOST.kx } },
  { prefix: 'GOST', add: GOST },
]

/** Names that GnuTLS knows; some belong to no suite of TLS. */
export const GNUTLS_MACS: readonly string[] = words(
  'SHA1 SHA256 SHA384 SHA512 SHA224 UMAC-96 UMAC-128 AEAD MD5 GOSTR341194 STREEBOG-256 STREEBOG-512 AES-CMAC-128 AES-CMAC-256 ' +
    'AES-GMAC-128 AES-GMAC-192 AES-GMAC-256 GOST28147-TC26Z-IMIT OMAC-MAGMA OMAC-KUZNYECHIK',
)

export const GNUTLS_CIPHERS: readonly string[] = words(
  'AES-256-CBC AES-192-CBC AES-128-CBC AES-128-GCM AES-192-GCM AES-256-GCM AES-128-CCM AES-256-CCM AES-128-CCM-8 AES-256-CCM-8 ' +
    'ARCFOUR-128 ESTREAM-SALSA20-256 SALSA20-256 CHACHA20-32 CHACHA20-64 CAMELLIA-256-CBC CAMELLIA-192-CBC CAMELLIA-128-CBC ' +
    'CHACHA20-POLY1305 CAMELLIA-128-GCM CAMELLIA-256-GCM GOST28147-TC26Z-CFB GOST28147-CPA-CFB GOST28147-CPB-CFB GOST28147-CPC-CFB ' +
    'GOST28147-CPD-CFB AES-128-CFB8 AES-192-CFB8 AES-256-CFB8 AES-128-XTS AES-256-XTS AES-128-SIV AES-256-SIV GOST28147-TC26Z-CNT ' +
    'MAGMA-CTR-ACPKM KUZNYECHIK-CTR-ACPKM 3DES-CBC DES-CBC RC2-40 NULL',
)

/** Named for old strings, without effect. */
export const GNUTLS_GONE: readonly string[] = words('ARCFOUR-40 RSA-EXPORT')

export const GNUTLS_KX: readonly string[] = words(
  'ECDHE-RSA ECDHE-ECDSA RSA DHE-RSA DHE-DSS PSK RSA-PSK DHE-PSK ECDHE-PSK SRP-DSS SRP-RSA SRP ANON-DH ANON-ECDH VKO-GOST-12',
)

export const GNUTLS_PROTOCOLS: readonly string[] = words('SSL3.0 TLS1.0 TLS1.1 TLS1.2 TLS1.3 DTLS0.9 DTLS1.0 DTLS1.2')

/** The hybrids came with 3.8. */
export const GNUTLS_GROUPS: readonly string[] = [
  ...words('SECP192R1 SECP224R1'),
  ...GROUPS,
  ...GOST_GROUPS,
  ...words('X25519-MLKEM768 SECP256R1-MLKEM768 SECP384R1-MLKEM1024'),
]

/** `both`: any version; `old`: up to TLS 1.2; `new`: TLS 1.3. Without a code point: certificates only. */
export type GnutlsSignature = readonly [name: string, code?: number, versions?: 'both' | 'old' | 'new']

export const GNUTLS_SIGNATURES: readonly GnutlsSignature[] = [
  ['RSA-SHA256', 0x0401, 'both'],
  ['RSA-SHA384', 0x0501, 'both'],
  ['RSA-SHA512', 0x0601, 'both'],
  ['RSA-PSS-SHA256', 0x0809, 'both'],
  ['RSA-PSS-RSAE-SHA256', 0x0804, 'both'],
  ['RSA-PSS-SHA384', 0x080a, 'both'],
  ['RSA-PSS-RSAE-SHA384', 0x0805, 'both'],
  ['RSA-PSS-SHA512', 0x080b, 'both'],
  ['RSA-PSS-RSAE-SHA512', 0x0806, 'both'],
  ['EdDSA-Ed25519', 0x0807, 'both'],
  ['EdDSA-Ed448', 0x0808, 'both'],
  ['ECDSA-SHA256', 0x0403, 'old'],
  ['ECDSA-SHA384', 0x0503, 'old'],
  ['ECDSA-SHA512', 0x0603, 'old'],
  ['ECDSA-SECP256R1-SHA256', 0x0403, 'new'],
  ['ECDSA-SECP384R1-SHA384', 0x0503, 'new'],
  ['ECDSA-SECP521R1-SHA512', 0x0603, 'new'],
  ['RSA-SHA1', 0x0201, 'both'],
  ['ECDSA-SHA1', 0x0203, 'both'],
  ['DSA-SHA1', 0x0202, 'old'],
  ['GOSTR341012-256', 0x0840, 'old'],
  ['GOSTR341012-512', 0x0841, 'old'],
  ...words(
    'ECDSA-SHA3-224 ECDSA-SHA3-256 ECDSA-SHA3-384 ECDSA-SHA3-512 RSA-SHA3-224 RSA-SHA3-256 RSA-SHA3-384 RSA-SHA3-512 DSA-SHA3-224 ' +
      'DSA-SHA3-256 DSA-SHA3-384 DSA-SHA3-512 RSA-RAW RSA-SHA224 RSA-RMD160 DSA-SHA224 DSA-SHA256 RSA-MD5 RSA-MD2 ECDSA-SHA224 ' +
      'GOSTR341001 DSA-SHA384 DSA-SHA512',
  ).map((name): GnutlsSignature => [name]),
]

/** The last three came with 3.8. */
export const GNUTLS_OPTIONS: readonly string[] = words(
  'COMPAT DUMBFW NO_EXTENSIONS NO_TICKETS NO_TICKETS_TLS12 NO_ETM FORCE_ETM NO_SESSION_HASH STATELESS_COMPRESSION VERIFY_ALLOW_BROKEN ' +
    'VERIFY_ALLOW_SIGN_RSA_MD5 VERIFY_ALLOW_SIGN_WITH_SHA1 VERIFY_DISABLE_CRL_CHECKS SSL3_RECORD_VERSION LATEST_RECORD_VERSION ' +
    'VERIFY_ALLOW_X509_V1_CA_CRT UNSAFE_RENEGOTIATION SAFE_RENEGOTIATION PARTIAL_RENEGOTIATION DISABLE_SAFE_RENEGOTIATION ' +
    'FALLBACK_SCSV DISABLE_WILDCARDS SERVER_PRECEDENCE PROFILE_VERY_WEAK PROFILE_LOW PROFILE_LEGACY PROFILE_MEDIUM PROFILE_HIGH ' +
    'PROFILE_ULTRA PROFILE_FUTURE PROFILE_SUITEB128 PROFILE_SUITEB192 NEW_PADDING DEBUG_ALLOW_KEY_USAGE_VIOLATIONS ' +
    'ALLOW_SMALL_RECORDS DISABLE_TLS13_COMPAT_MODE FORCE_SESSION_HASH NO_STATUS_REQUEST NO_SHUFFLE_EXTENSIONS',
)
