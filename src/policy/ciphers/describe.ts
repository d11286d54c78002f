import type { CipherSuite } from '../../registry/index.ts'
import { opensslName } from './build.ts'
import { isSince, type OpensslGeneration } from './generation.ts'

/** A suite in the words of `openssl ciphers -v`. */
export interface ListedSuite {
  /** Such as `0x1302`. */
  readonly code: string
  /** null where OpenSSL does not have the suite. */
  readonly openssl: string | null
  readonly iana: string
  /** The cipher generation, as in the third column of `openssl ciphers -v`: no promise that the version is switched on. */
  readonly protocol: string
  readonly kx: string
  readonly au: string
  readonly enc: string
  readonly mac: string
  /** Strength of the cipher: 112 for 3DES, whose key has 168 bits. */
  readonly bits: number
}

/** Kx, Au, Enc and Mac as the OpenSSL of that generation prints them, SSL_CIPHER_description(3). */
export function describeSuite(suite: CipherSuite, generation: OpensslGeneration): ListedSuite {
  return {
    code: `0x${suite.code.toString(16).toUpperCase().padStart(4, '0')}`,
    openssl: opensslName(suite, generation) ?? null,
    iana: suite.iana,
    protocol: suite.protocol === 'TLSv1' && !isSince(generation, '1.1.1') ? 'SSLv3' : suite.protocol,
    ...keyWords(suite),
    enc: encryptionWord(suite),
    mac: MAC_WORDS[suite.mac] ?? suite.mac,
    bits: suite.bits,
  }
}

const MAC_WORDS: Readonly<Record<string, string>> = { NULL: 'None', GOST12: 'GOST2012' }

const KX_WORDS: Readonly<Record<string, string>> = {
  DHE: 'DH',
  ECDHE: 'ECDH',
  RSA_PSK: 'RSAPSK',
  DHE_PSK: 'DHEPSK',
  ECDHE_PSK: 'ECDHEPSK',
  NULL: 'None',
}

const AU_WORDS: Readonly<Record<string, string>> = { anon: 'None', NULL: 'None' }

function keyWords({ kx, au, exportGrade, iana }: CipherSuite): { kx: string; au: string } {
  // A fixed Diffie-Hellman key is the certificate's: what signed it stands behind the slash.
  if (kx === 'DH' || kx === 'ECDH') return { kx: `${kx}/${au}`, au: kx }
  const size = exportGrade ? `(${iana.includes('1024') ? 1024 : 512})` : ''
  return { kx: (KX_WORDS[kx] ?? kx) + (kx === 'RSA' || kx === 'DHE' ? size : ''), au: AU_WORDS[au] ?? au }
}

const CIPHER_WORDS: Readonly<Record<string, string>> = {
  '3DES_EDE': '3DES',
  DES40: 'DES',
  CHACHA20: 'CHACHA20/POLY1305',
  GOST_28147: 'GOST89',
  CAMELLIA: 'Camellia',
}

const MODE_WORDS: Readonly<Record<string, string>> = { GCM: 'GCM', CCM: 'CCM', CCM_8: 'CCM8' }

function encryptionWord({ enc, mode, bits }: CipherSuite): string {
  if (enc === 'NULL') return 'None'
  const cipher = enc.replace(/_(?:CBC|GCM|CCM|CCM_8|POLY1305|CNT|CTR)$/, '').replace(/_(?:40|56|128|256)$/, '')
  // OpenSSL prints the length of the key here.
  const key = cipher === '3DES_EDE' ? 168 : bits
  return `${CIPHER_WORDS[cipher] ?? cipher}${MODE_WORDS[mode] ?? ''}(${key})`
}
