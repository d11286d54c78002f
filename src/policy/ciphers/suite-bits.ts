import { suiteByCode, type CipherSuite } from '../../registry/index.ts'
import { AU, ENC, EXPORT, KX, MAC, PROTOCOL, STRENGTH, type SuiteBits } from './criteria.ts'
import type { OpensslGeneration } from './generation.ts'
import { suiteClasses, type SuiteClass } from './suite-classes.ts'

const KX_BITS: Readonly<Record<string, number>> = {
  RSA: KX.RSA,
  DHE: KX.DHE,
  ECDHE: KX.ECDHE,
  PSK: KX.PSK,
  RSA_PSK: KX.RSAPSK,
  DHE_PSK: KX.DHEPSK,
  ECDHE_PSK: KX.ECDHEPSK,
  SRP: KX.SRP,
}

const AU_BITS: Readonly<Record<string, number>> = { RSA: AU.RSA, DSS: AU.DSS, anon: AU.NULL, ECDSA: AU.ECDSA, PSK: AU.PSK, SRP: AU.SRP }

const ENC_BITS: Readonly<Record<string, number>> = {
  NULL: ENC.NULL,
  '3DES_EDE_CBC': ENC.TRIPLE_DES,
  RC4_128: ENC.RC4,
  IDEA_CBC: ENC.IDEA,
  SEED_CBC: ENC.SEED,
  AES_128_CBC: ENC.AES128,
  AES_256_CBC: ENC.AES256,
  CAMELLIA_128_CBC: ENC.CAMELLIA128,
  CAMELLIA_256_CBC: ENC.CAMELLIA256,
  AES_128_GCM: ENC.AES128GCM,
  AES_256_GCM: ENC.AES256GCM,
  AES_128_CCM: ENC.AES128CCM,
  AES_256_CCM: ENC.AES256CCM,
  AES_128_CCM_8: ENC.AES128CCM8,
  AES_256_CCM_8: ENC.AES256CCM8,
  CHACHA20_POLY1305: ENC.CHACHA20,
  ARIA_128_GCM: ENC.ARIA128GCM,
  ARIA_256_GCM: ENC.ARIA256GCM,
}

const MAC_BITS: Readonly<Record<string, number>> = { MD5: MAC.MD5, SHA1: MAC.SHA1, SHA256: MAC.SHA256, SHA384: MAC.SHA384, AEAD: MAC.AEAD }

/** The suites of a default build, from the highest code point down: where OpenSSL begins before it sorts. */
export function suitesOf(generation: OpensslGeneration): SuiteBits[] {
  return [...suiteClasses(generation)]
    .toSorted(([left], [right]) => right - left)
    .flatMap(([code, suiteClass]) => {
      const suite = suiteByCode(code)
      return suite === undefined ? [] : [suiteBits(suite, suiteClass, generation)]
    })
}

function suiteBits(suite: CipherSuite, suiteClass: SuiteClass, generation: OpensslGeneration): SuiteBits {
  return {
    code: suite.code,
    ...certificateBits(suite),
    enc: ENC_BITS[suite.enc] ?? 0,
    mac: MAC_BITS[suite.mac] ?? 0,
    protocol: protocolBit(suite, generation),
    strength: strengthBits(suiteClass),
    exportGrade: EXPORT.NOT,
    notDefault: suiteClass.endsWith('-'),
    // 3.2 and later count the length of the tag.
    strengthBits: generation === '3.5' && suite.mode === 'CCM_8' ? 64 : suite.bits,
  }
}

/** Only 1.0.2 has suites with a Diffie-Hellman key in the certificate, and gives those words of their own. */
function certificateBits({ kx, au }: CipherSuite): { kx: number; au: number } {
  if (kx === 'DH') return { kx: au === 'RSA' ? KX.DHr : KX.DHd, au: AU.DH }
  if (kx === 'ECDH') return { kx: au === 'RSA' ? KX.ECDHr : KX.ECDHe, au: AU.ECDH }
  return { kx: KX_BITS[kx] ?? 0, au: AU_BITS[au] ?? 0 }
}

function protocolBit({ protocol }: CipherSuite, generation: OpensslGeneration): number {
  if (protocol === 'TLSv1.2') return PROTOCOL['TLSv1.2']
  return protocol === 'TLSv1' && generation !== '1.0.2' ? PROTOCOL.TLSv1 : PROTOCOL.SSLv3
}

function strengthBits(suiteClass: SuiteClass): number {
  const fips = suiteClass.includes(' F') ? STRENGTH.FIPS : 0
  if (suiteClass.startsWith('HIGH')) return STRENGTH.HIGH | fips
  return (suiteClass.startsWith('MEDIUM') ? STRENGTH.MEDIUM : STRENGTH.NONE) | fips
}
