import type { OpensslGeneration } from '../../policy/index.ts'

/** What OpenSSL speaks in TLS 1.3 where nobody says otherwise: SSL_CTX_set_ciphersuites(3). */
export function defaultTls13Suites(generation: OpensslGeneration): readonly string[] {
  return generation === '1.0.2' ? [] : ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']
}

const KNOWN = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
]

/**
 * The suites of a list for TLS 1.3: names with colons between, spelled exactly so. Undefined where OpenSSL refuses it, which it does
 * for a name that it does not know.
 */
export function parseCiphersuites(list: string): readonly string[] | undefined {
  const names = list.split(':').filter((name) => name !== '')
  return names.every((name) => KNOWN.includes(name)) ? [...new Set(names)] : undefined
}
