/**
 * What a server must know of a suite to answer with it: which messages go with its key exchange, and, for those
 * that a handshake can be finished with here, how its records are protected. Codes as IANA registered them.
 */

export type KeyExchange =
  | 'RSA'
  | 'RSA_EXPORT'
  | 'DH'
  | 'DHE_RSA'
  | 'DHE_RSA_EXPORT'
  | 'DHE_DSS'
  | 'DHE_DSS_EXPORT'
  | 'DH_anon'
  | 'DH_anon_EXPORT'
  | 'ECDH'
  | 'ECDHE_RSA'
  | 'ECDHE_ECDSA'
  | 'ECDH_anon'
  | 'PSK'
  | 'DHE_PSK'
  | 'RSA_PSK'
  | 'KRB5'

const CODES: Readonly<Record<KeyExchange, string>> = {
  RSA: '0001 0002 0004 0005 0007 0009 000a 002f 0035 003b 003c 003d 0041 0084 0096 009c 009d 00ba 00c0 c03c c03d c050 c051 c07a c07b c09c c09d c0a0 c0a1',
  RSA_EXPORT: '0003 0006 0008 0060 0061 0062 0064',
  DH: '000b 000c 000d 000e 000f 0010 0030 0031 0036 0037 003e 003f 0042 0043 0068 0069 0085 0086 0097 0098 00a0 00a1 00a4 00a5',
  DHE_RSA: '0015 0016 0033 0039 0045 0067 006b 0088 009a 009e 009f 00be 00c4 c044 c045 c052 c053 c07c c07d c09e c09f c0a2 c0a3 ccaa cc15',
  DHE_RSA_EXPORT: '0014',
  DHE_DSS: '0012 0013 0032 0038 0040 0044 0066 006a 0087 0099 00a2 00a3 00bd 00c3 c042 c043 c056 c057',
  DHE_DSS_EXPORT: '0011 0063 0065',
  DH_anon: '0018 001a 001b 0034 003a 0046 006c 006d 0089 009b 00a6 00a7 00bf 00c5 c046 c047 c05a c05b',
  DH_anon_EXPORT: '0017 0019',
  ECDH: 'c001 c002 c003 c004 c005 c00b c00c c00d c00e c00f c025 c026 c029 c02a c02d c02e c031 c032 c04a c04b c04e c04f c05e c05f c062 c063',
  ECDHE_RSA: 'c010 c011 c012 c013 c014 c027 c028 c02f c030 c04c c04d c060 c061 c076 c077 c08a c08b cca8 cc13',
  ECDHE_ECDSA: 'c006 c007 c008 c009 c00a c023 c024 c02b c02c c048 c049 c05c c05d c072 c073 c086 c087 c0ac c0ad c0ae c0af cca9 cc14',
  ECDH_anon: 'c015 c016 c017 c018 c019',
  PSK: '002c 008a 008b 008c 008d 00a8 00a9 00ae 00af 00b0 00b1 ccab',
  DHE_PSK: '002d 008e 008f 0090 0091 00aa 00ab 00b2 00b3 ccad',
  RSA_PSK: '002e 0092 0093 0094 0095 00ac 00ad 00b6 00b7 ccae',
  KRB5: '001e 001f 0020 0021 0022 0023 0024 0025 0026 0027 0028 0029 002a 002b',
}

const keyExchanges: ReadonlyMap<number, KeyExchange> = new Map(
  Object.entries(CODES).flatMap(([name, codes]) => codes.split(' ').map((code) => [parseInt(code, 16), name as KeyExchange] as const)),
)

/** The key exchange of a suite; a number that nobody registered is answered like plain RSA: certificate, then done. */
export function keyExchange(suite: number): KeyExchange {
  return keyExchanges.get(suite) ?? 'RSA'
}

/** Whose key signs ServerKeyExchange; undefined where there is none, or where it is not signed. */
export function signerOf(kx: KeyExchange): 'RSA' | 'DSS' | 'ECDSA' | undefined {
  if (kx === 'RSA_EXPORT' || kx.startsWith('DHE_RSA') || kx === 'ECDHE_RSA') return 'RSA'
  if (kx.startsWith('DHE_DSS')) return 'DSS'
  return kx === 'ECDHE_ECDSA' ? 'ECDSA' : undefined
}

/** Every suite of SSLv3 to TLS 1.2 that has a row above, ascending. */
export const KNOWN_SUITES: readonly number[] = [...keyExchanges.keys()].toSorted((a, b) => a - b)

/** Suites that RFC 5246 §7.4.9 and its followers brought: AEAD, or a MAC of SHA-256 or SHA-384. They do not exist before TLS 1.2. */
export function needsTls12(suite: number): boolean {
  const ranges = [
    [0x003b, 0x0040],
    [0x0067, 0x006d],
    [0x009c, 0x00c5],
    [0xc023, 0xc032],
    [0xc03c, 0xc0af],
    [0xcc13, 0xccae],
  ] as const
  return ranges.some(([from, to]) => suite >= from && suite <= to)
}

/** How records of a suite are protected. */
export interface Bulk {
  readonly kind: 'cbc' | 'gcm' | 'chacha' | 'null'
  /** Node's name of the cipher. */
  readonly cipher: string
  readonly keyLength: number
  /** The block of CBC, or the part of the nonce that comes from the key block. */
  readonly ivLength: number
  /** HMAC's hash, where there is one. */
  readonly mac: 'sha1' | 'sha256' | 'sha384' | 'none'
  readonly macLength: number
  /** The hash of the TLS 1.2 PRF, RFC 5246 §5. */
  readonly prf: 'sha256' | 'sha384'
}

const cbc = (bits: 128 | 256, mac: 'sha1' | 'sha256' | 'sha384'): Bulk => ({
  kind: 'cbc',
  cipher: `aes-${bits}-cbc`,
  keyLength: bits / 8,
  ivLength: 16,
  mac,
  macLength: { sha1: 20, sha256: 32, sha384: 48 }[mac],
  prf: mac === 'sha384' ? 'sha384' : 'sha256',
})
const gcm = (bits: 128 | 256): Bulk => ({
  kind: 'gcm',
  cipher: `aes-${bits}-gcm`,
  keyLength: bits / 8,
  ivLength: 4,
  mac: 'none',
  macLength: 0,
  prf: bits === 256 ? 'sha384' : 'sha256',
})
const triple: Bulk = { kind: 'cbc', cipher: 'des-ede3-cbc', keyLength: 24, ivLength: 8, mac: 'sha1', macLength: 20, prf: 'sha256' }
const chacha: Bulk = { kind: 'chacha', cipher: 'chacha20-poly1305', keyLength: 32, ivLength: 12, mac: 'none', macLength: 0, prf: 'sha256' }
const nothing: Bulk = { kind: 'null', cipher: '', keyLength: 0, ivLength: 0, mac: 'sha1', macLength: 20, prf: 'sha256' }

const BULK: ReadonlyMap<number, Bulk> = new Map([
  ...([0x0002, 0xc010, 0xc006, 0xc015] as const).map((code) => [code, nothing] as const),
  ...([0x000a, 0x0016, 0x0013, 0x001b, 0xc012, 0xc008, 0xc017] as const).map((code) => [code, triple] as const),
  ...([0x002f, 0x0033, 0x0032, 0x0034, 0xc013, 0xc009, 0xc018] as const).map((code) => [code, cbc(128, 'sha1')] as const),
  ...([0x0035, 0x0039, 0x0038, 0x003a, 0xc014, 0xc00a, 0xc019] as const).map((code) => [code, cbc(256, 'sha1')] as const),
  ...([0x003c, 0x0067, 0x0040, 0x006c, 0xc027, 0xc023] as const).map((code) => [code, cbc(128, 'sha256')] as const),
  ...([0x003d, 0x006b, 0x006a, 0x006d] as const).map((code) => [code, cbc(256, 'sha256')] as const),
  ...([0xc028, 0xc024] as const).map((code) => [code, cbc(256, 'sha384')] as const),
  ...([0x009c, 0x009e, 0x00a2, 0x00a6, 0xc02f, 0xc02b] as const).map((code) => [code, gcm(128)] as const),
  ...([0x009d, 0x009f, 0x00a3, 0x00a7, 0xc030, 0xc02c] as const).map((code) => [code, gcm(256)] as const),
  ...([0xcca8, 0xcca9, 0xccaa] as const).map((code) => [code, chacha] as const),
])

/** How to protect records of this suite, or undefined where a handshake with it cannot be finished here. */
export function bulk(suite: number): Bulk | undefined {
  return BULK.get(suite)
}

/** The code points whose bulk cipher is ChaCha20, RFC 7905 §2, its draft and RFC 8446 §B.4. */
export function isChaCha(suite: number): boolean {
  return (suite >= 0xcca8 && suite <= 0xccae) || (suite >= 0xcc13 && suite <= 0xcc15) || suite === 0x1303
}
