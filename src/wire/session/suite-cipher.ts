import { suiteByCode, type CipherSuite, type KeyExchange } from '../../registry/index.ts'
import type { PrfHash } from './master-secret.ts'
import type { MacHash } from './record-mac.ts'
import type { BulkCipher } from './record-protection.ts'

/** What a suite asks of the record layer and of the key derivation. */
export interface SuiteCipher {
  readonly cipher: BulkCipher
  readonly mac: MacHash
  /** Octets of the MAC. */
  readonly macLength: number
  readonly prfHash: PrfHash
}

/** The `nonce` of an AEAD in TLS 1.3, RFC 8446 §5.3. */
export const TLS13_IV_LENGTH: number = 12

const AES_BLOCK = 16
const DES_BLOCK = 8

/** By the registry's name of the cipher. Not here is what node:crypto has no more (RC2, IDEA, SEED) or never had (Camellia in GCM). */
const CIPHERS: Readonly<Record<string, BulkCipher>> = {
  NULL: bulk('null', 'null', 0, 0),
  RC4_128: bulk('stream', 'rc4', 16, 0),
  RC4_40: { ...bulk('stream', 'rc4', 16, 0), secretLength: 5 },
  '3DES_EDE_CBC': bulk('cbc', 'des-ede3-cbc', 24, DES_BLOCK),
  DES_CBC: bulk('cbc', 'des-cbc', 8, DES_BLOCK),
  DES40_CBC: { ...bulk('cbc', 'des-cbc', 8, DES_BLOCK), secretLength: 5 },
  CHACHA20_POLY1305: { ...bulk('chacha', 'chacha20-poly1305', 32, 0), ivLength: 12, tagLength: 16 },
  ...withKeySizes('AES', 'aes'),
  ...withKeySizes('ARIA', 'aria'),
  CAMELLIA_128_CBC: bulk('cbc', 'camellia-128-cbc', 16, AES_BLOCK),
  CAMELLIA_256_CBC: bulk('cbc', 'camellia-256-cbc', 32, AES_BLOCK),
}

const MACS: Readonly<Record<string, readonly [MacHash, length: number]>> = {
  NULL: ['none', 0],
  AEAD: ['none', 0],
  MD5: ['md5', 16],
  SHA1: ['sha1', 20],
  SHA256: ['sha256', 32],
  SHA384: ['sha384', 48],
}

/** Undefined for suites that cannot be done here. The ChaCha20 of the drafts and EXPORT1024 share the names of what can. */
export function suiteCipher(suite: CipherSuite): SuiteCipher | undefined {
  if (suite.iana.endsWith('_OLD') || suite.iana.includes('_EXPORT1024_')) return undefined
  const [cipher, mac] = [CIPHERS[suite.enc], MACS[suite.mac]]
  if (!cipher || !mac || (suite.hash !== 'SHA256' && suite.hash !== 'SHA384')) return undefined
  // TLS 1.3 suites of RFC 9150 §3 protect integrity alone, in a way of their own.
  if (suite.kx === 'any' && !suite.aead) return undefined
  return { cipher, mac: mac[0], macLength: mac[1], prfHash: suite.hash === 'SHA384' ? 'sha384' : 'sha256' }
}

/** Key exchanges that a session can do. */
const KEY_EXCHANGES: ReadonlySet<KeyExchange> = new Set(['RSA', 'DHE', 'ECDH', 'ECDHE', 'any'])

/** Whether a session can finish a handshake with this suite. If it cannot, whatever needs one is unknown. */
export function canSpeakSuite(suite: CipherSuite): boolean {
  return KEY_EXCHANGES.has(suite.kx) && suiteCipher(suite) !== undefined
}

export function suiteCipherByCode(code: number): SuiteCipher | undefined {
  const suite = suiteByCode(code)
  return suite && suiteCipher(suite)
}

/** The hash of the PRF or HKDF of the suite with this number. */
export function prfHashOfSuite(code: number): PrfHash | undefined {
  return suiteCipherByCode(code)?.prfHash
}

function bulk(mode: BulkCipher['mode'], algorithm: string, keyLength: number, blockLength: number): BulkCipher {
  return { mode, algorithm, keyLength, secretLength: keyLength, blockLength, ivLength: blockLength, tagLength: 0 }
}

/** RFC 5288 §3, RFC 6655 §3 and §4, RFC 6209 §2.2: four octets of the nonce come from the key block. */
function withKeySizes(prefix: string, algorithm: string): Readonly<Record<string, BulkCipher>> {
  const aead = (mode: 'gcm' | 'ccm', bits: number, tagLength: number): BulkCipher => ({
    ...bulk(mode, `${algorithm}-${bits}-${mode}`, bits / 8, 0),
    ivLength: 4,
    tagLength,
  })
  return Object.fromEntries(
    [128, 256].flatMap((bits) => [
      [`${prefix}_${bits}_CBC`, bulk('cbc', `${algorithm}-${bits}-cbc`, bits / 8, AES_BLOCK)],
      [`${prefix}_${bits}_GCM`, aead('gcm', bits, 16)],
      [`${prefix}_${bits}_CCM`, aead('ccm', bits, 16)],
      [`${prefix}_${bits}_CCM_8`, aead('ccm', bits, 8)],
    ]),
  )
}
