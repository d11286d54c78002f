import { expand } from '../../expand.ts'
import type { CataloguedClient } from './peer.ts'
import { FROM_TLS_1_2, UP_TO_TLS_1_0, UP_TO_TLS_1_2 } from './versions.ts'

const GECKO_PREFERENCES = 'https://github.com/mozilla/gecko-dev/blob/master/netwerk/base/security-prefs.js'
const NIST = ['secp256r1', 'secp384r1', 'secp521r1']

const GECKO_23 = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA,RC4_128_SHA}',
  'TLS_DHE_RSA_WITH_{CAMELLIA_256_CBC_SHA,AES_256_CBC_SHA,CAMELLIA_128_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}',
  'TLS_RSA_WITH_{CAMELLIA_256_CBC_SHA,AES_256_CBC_SHA,CAMELLIA_128_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA,RC4_128_SHA,RC4_128_MD5}',
)

const GECKO_27 = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_DHE_RSA_WITH_{AES_128_CBC_SHA,CAMELLIA_128_CBC_SHA,AES_256_CBC_SHA,CAMELLIA_256_CBC_SHA,3DES_EDE_CBC_SHA}',
  'TLS_RSA_WITH_{AES_128_CBC_SHA,CAMELLIA_128_CBC_SHA,AES_256_CBC_SHA,CAMELLIA_256_CBC_SHA,3DES_EDE_CBC_SHA,RC4_128_SHA}',
)

/** As Thunderbird 153 says it; Firefox has the same code. */
const GECKO_TODAY: CataloguedClient['client'] = {
  stack: 'specification',
  versions: FROM_TLS_1_2,
  suites: expand(
    'TLS_{AES_128_GCM_SHA256,CHACHA20_POLY1305_SHA256,AES_256_GCM_SHA384}',
    'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_{ECDSA,RSA}_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_{AES_128_CBC_SHA,AES_256_CBC_SHA}',
    'TLS_RSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CBC_SHA,AES_256_CBC_SHA}',
  ),
  groups: ['X25519MLKEM768', 'x25519', ...NIST, 'ffdhe2048', 'ffdhe3072'],
  keyShares: ['X25519MLKEM768', 'x25519', 'secp256r1'],
  signatureSchemes: [
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
    'ecdsa_secp521r1_sha512',
    ...expand('rsa_pss_rsae_sha{256,384,512}', 'rsa_pkcs1_sha{256,384,512}'),
    'ecdsa_sha1',
    'rsa_pkcs1_sha1',
  ],
}

const CHROMIUM: CataloguedClient['client'] = {
  stack: 'specification',
  versions: FROM_TLS_1_2,
  suites: expand(
    'TLS_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}',
    'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_{ECDSA,RSA}_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_RSA_WITH_{AES_128_CBC_SHA,AES_256_CBC_SHA}',
    'TLS_RSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CBC_SHA,AES_256_CBC_SHA}',
  ),
  groups: ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1'],
  keyShares: ['X25519MLKEM768', 'x25519'],
  signatureSchemes: [
    'mldsa44',
    'mldsa65',
    'mldsa87',
    'ecdsa_secp256r1_sha256',
    'rsa_pss_rsae_sha256',
    'rsa_pkcs1_sha256',
    'ecdsa_secp384r1_sha384',
    'rsa_pss_rsae_sha384',
    'rsa_pkcs1_sha384',
    'rsa_pss_rsae_sha512',
    'rsa_pkcs1_sha512',
  ],
}

/** Browsers and mail programs that bring their own TLS. */
export const BROWSERS: readonly CataloguedClient[] = [
  {
    name: 'Firefox and Thunderbird before version 27 (2014)',
    uses: ['web', 'mail'],
    client: { stack: 'specification', versions: UP_TO_TLS_1_0, suites: GECKO_23, groups: NIST },
    certainty: 'documented',
    sources: [GECKO_PREFERENCES, 'https://kb.mozillazine.org/Security.tls.version.*'],
    orderUnknown: true,
  },
  {
    name: 'Firefox 27 and Thunderbird 31 (2014)',
    uses: ['web', 'mail'],
    client: { stack: 'specification', versions: UP_TO_TLS_1_2, suites: GECKO_27, groups: NIST },
    certainty: 'documented',
    sources: [GECKO_PREFERENCES, 'https://kb.mozillazine.org/Security.tls.version.*'],
    orderUnknown: true,
  },
  {
    name: 'Thunderbird 153',
    uses: ['mail'],
    client: GECKO_TODAY,
    certainty: 'measured',
    sources: ['https://packages.debian.org/bookworm/thunderbird'],
    note: 'It speaks nothing older than TLS 1.2 since version 78.',
  },
  {
    name: 'Firefox of today',
    uses: ['web'],
    client: GECKO_TODAY,
    certainty: 'inferred',
    sources: ['https://packages.debian.org/bookworm/thunderbird'],
    note: 'Taken to be as Thunderbird 153, which is made of the same code.',
  },
  {
    name: 'Chromium 156, Chrome and Edge of today',
    uses: ['web'],
    client: CHROMIUM,
    certainty: 'measured',
    sources: ['https://packages.debian.org/bookworm/chromium'],
    note: 'Chromium was measured; Chrome and Edge are made of the same code.',
  },
]
