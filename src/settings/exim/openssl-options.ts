import type { ProtocolName } from '../../registry/index.ts'

/** What Exim starts from: https://github.com/Exim/exim/blob/exim-4.98.2/src/src/tls-openssl.c, tls_openssl_options_parse. */
const START = ['no_sslv2', 'no_sslv3', 'single_dh_use', 'no_ticket', 'no_renegotiation']

/** Names of that file. Which of them a build knows is its OpenSSL's affair. */
const NAMES = [
  'all allow_no_dhe_kex allow_unsafe_legacy_renegotiation cipher_server_preference cryptopro_tlsext_bug dont_insert_empty_fragments',
  'enable_middlebox_compat ephemeral_rsa legacy_server_connect microsoft_big_sslv3_buffer microsoft_sess_id_bug msie_sslv2_rsa_padding',
  'netscape_challenge_bug netscape_reuse_cipher_change_bug no_anti_replay no_compression no_encrypt_then_mac no_renegotiation',
  'no_session_resumption_on_renegotiation no_sslv2 no_sslv3 no_ticket no_tlsv1 no_tlsv1_1 no_tlsv1_2 no_tlsv1_3 prioritize_chacha',
  'safari_ecdhe_ecdsa_bug single_dh_use single_ecdh_use ssleay_080_client_dh_bug sslref2_reuse_cert_type_bug tls_block_padding_bug',
  'tls_d5_bug tls_rollback_bug tlsext_padding',
]
  .join(' ')
  .split(' ')

const SWITCHES: readonly (readonly [protocol: ProtocolName, option: string])[] = [
  ['SSLv2', 'no_sslv2'],
  ['SSLv3', 'no_sslv3'],
  ['TLSv1', 'no_tlsv1'],
  ['TLSv1.1', 'no_tlsv1_1'],
  ['TLSv1.2', 'no_tlsv1_2'],
  ['TLSv1.3', 'no_tlsv1_3'],
]
const PREFERENCE = 'cipher_server_preference'

/** What `openssl_options` leaves on; undefined where Exim refuses the value, and does not start. */
export function parseOpensslOptions(
  value: string,
): { readonly protocols: readonly ProtocolName[]; readonly order: 'server' | 'client' } | undefined {
  const on = new Set(START)
  for (const word of wordsOf(value)) {
    const name = word.slice(1)
    if (!/^[+-]/.test(word) || !NAMES.includes(name)) return undefined
    if (word.startsWith('+')) on.add(name)
    else on.delete(name)
  }
  return {
    protocols: SWITCHES.filter(([protocol, option]) => protocol !== 'SSLv2' && !on.has(option)).map(([protocol]) => protocol),
    order: on.has(PREFERENCE) ? 'server' : 'client',
  }
}

/** The value with these versions and this order, and all other words as they were. A value that Exim refuses is not built upon. */
export function printOpensslOptions(value: string, protocols: readonly ProtocolName[], order: 'server' | 'client'): string {
  const now = parseOpensslOptions(value)
  const targets: readonly (readonly [option: string, now: boolean | undefined, wanted: boolean])[] = [
    ...SWITCHES.slice(1).map(
      ([protocol, option]) => [option, now && !now.protocols.includes(protocol), !protocols.includes(protocol)] as const,
    ),
    [PREFERENCE, now && now.order === 'server', order === 'server'],
  ]
  const changed = targets.filter(([, is, wanted]) => is !== wanted)
  const kept = (now === undefined ? [] : wordsOf(value)).filter((word) => !changed.some(([option]) => option === word.slice(1)))
  const added = changed.filter(([option, , wanted]) => START.includes(option) !== wanted)
  return [...kept, ...added.map(([option, , wanted]) => `${wanted ? '+' : '-'}${option}`)].join(' ')
}

function wordsOf(value: string): readonly string[] {
  return value.split(/\s+/).filter((word) => word !== '')
}
