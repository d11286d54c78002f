import { registry, type Registry } from './open-code.ts'

/** An SSL 2.0 cipher kind: three bytes, the last two are the key size in bits. */
export interface Sslv2Cipher {
  readonly code: number
  /** As in the SSL 2.0 specification, appendix C.4. */
  readonly name: Sslv2CipherName
  readonly openssl: string
  readonly enc: string
  readonly mac: 'MD5' | 'SHA1'
  readonly bits: number
  readonly exportGrade: boolean
}

const CIPHER_KINDS = {
  SSL_CK_NULL_WITH_MD5: 0x000000,
  SSL_CK_RC4_128_WITH_MD5: 0x010080,
  SSL_CK_RC4_128_EXPORT40_WITH_MD5: 0x020080,
  SSL_CK_RC2_128_CBC_WITH_MD5: 0x030080,
  SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5: 0x040080,
  SSL_CK_IDEA_128_CBC_WITH_MD5: 0x050080,
  SSL_CK_DES_64_CBC_WITH_MD5: 0x060040,
  SSL_CK_DES_64_CBC_WITH_SHA: 0x060140,
  SSL_CK_DES_192_EDE3_CBC_WITH_MD5: 0x0700c0,
  SSL_CK_DES_192_EDE3_CBC_WITH_SHA: 0x0701c0,
  SSL_CK_RC4_64_WITH_MD5: 0x080080,
} as const

export type Sslv2CipherName = keyof typeof CIPHER_KINDS

/** Cipher kinds of SSL 2.0; those with SHA and RC4 with 64 bits came after the specification. */
export const sslv2CipherKind: Registry<Sslv2CipherName> = registry('SSL 2.0 CIPHER-KIND', 3, CIPHER_KINDS)

const DETAILS: Readonly<Record<Sslv2CipherName, readonly [openssl: string, enc: string, bits: number]>> = {
  SSL_CK_NULL_WITH_MD5: ['NULL-MD5', 'NULL', 0],
  SSL_CK_RC4_128_WITH_MD5: ['RC4-MD5', 'RC4_128', 128],
  SSL_CK_RC4_128_EXPORT40_WITH_MD5: ['EXP-RC4-MD5', 'RC4_40', 40],
  SSL_CK_RC2_128_CBC_WITH_MD5: ['RC2-CBC-MD5', 'RC2_128_CBC', 128],
  SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5: ['EXP-RC2-CBC-MD5', 'RC2_40_CBC', 40],
  SSL_CK_IDEA_128_CBC_WITH_MD5: ['IDEA-CBC-MD5', 'IDEA_CBC', 128],
  SSL_CK_DES_64_CBC_WITH_MD5: ['DES-CBC-MD5', 'DES_CBC', 56],
  SSL_CK_DES_64_CBC_WITH_SHA: ['DES-CBC-SHA', 'DES_CBC', 56],
  SSL_CK_DES_192_EDE3_CBC_WITH_MD5: ['DES-CBC3-MD5', '3DES_EDE_CBC', 112],
  SSL_CK_DES_192_EDE3_CBC_WITH_SHA: ['DES-CBC3-SHA', '3DES_EDE_CBC', 112],
  SSL_CK_RC4_64_WITH_MD5: ['RC4-64-MD5', 'RC4_64', 64],
}

/** Every cipher kind of SSL 2.0, ordered by code. */
export const sslv2Ciphers: readonly Sslv2Cipher[] = sslv2CipherKind.names.map((name) => {
  const [openssl, enc, bits] = DETAILS[name]
  const mac = name.endsWith('_SHA') ? 'SHA1' : 'MD5'
  return { code: sslv2CipherKind.code(name), name, openssl, enc, mac, bits, exportGrade: name.includes('EXPORT') }
})
