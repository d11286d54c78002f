import { expand } from '../../expand.ts'
import type { CataloguedClient, PeerUse } from './peer.ts'
import { UP_TO_TLS_1_0, UP_TO_TLS_1_2, UP_TO_TLS_1_3 } from './versions.ts'

const USES: readonly PeerUse[] = ['web', 'mail']
const ANDROID = 'https://developer.android.com/reference/javax/net/ssl/SSLSocket'
const APPLE =
  'https://github.com/apple-open-source/macos/blob/master/Security/OSX/libsecurity_ssl/regressions/ssl-46-SSLGetSupportedCiphers.c'
const WITHOUT_TLS_1_2 = 'https://learn.microsoft.com/en-us/microsoft-365/compliance/prepare-tls-1.2-in-office-365'
const NIST = ['secp256r1', 'secp384r1', 'secp521r1']
const WITH_X25519 = ['x25519', 'secp256r1', 'secp384r1']

const RC4 = expand('TLS_RSA_WITH_{RC4_128_SHA,RC4_128_MD5}')
const TLS_1_3 = expand('TLS_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}')
const ANDROID_4 = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA,RC4_128_SHA}',
  'TLS_DHE_RSA_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}',
  'TLS_RSA_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}',
)
const ANDROID_5 = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_DHE_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
)
const ANDROID_7 = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{CHACHA20_POLY1305_SHA256,AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
)
const APPLE_ECDHE = ['ECDSA', 'RSA'].flatMap((key) =>
  expand(
    `TLS_ECDHE_${key}_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA384,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}`,
  ),
)
const APPLE_RSA = expand(
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA256,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}',
)

/** Programs on Android and on Apple’s machines that use the system’s TLS. */
export const MOBILE: readonly CataloguedClient[] = [
  {
    name: 'Android 2.3',
    uses: USES,
    client: {
      stack: 'specification',
      versions: UP_TO_TLS_1_0,
      suites: [...expand('TLS_{RSA,DHE_RSA}_WITH_{AES_128_CBC_SHA,3DES_EDE_CBC_SHA}'), ...RC4],
      groups: [],
    },
    certainty: 'documented',
    sources: [ANDROID],
    orderUnknown: true,
  },
  {
    name: 'Android 4.0 to 4.4',
    uses: USES,
    client: { stack: 'specification', versions: UP_TO_TLS_1_0, suites: [...ANDROID_4, ...RC4], groups: NIST },
    certainty: 'documented',
    sources: [ANDROID, WITHOUT_TLS_1_2],
    note: 'From 4.1 on TLS 1.2 is there, and off until a program turns it on.',
    orderUnknown: true,
  },
  {
    name: 'Android 5 and 6',
    uses: USES,
    client: { stack: 'specification', versions: UP_TO_TLS_1_2, suites: [...ANDROID_5, 'TLS_RSA_WITH_RC4_128_SHA'], groups: NIST },
    certainty: 'documented',
    sources: [ANDROID],
    orderUnknown: true,
  },
  {
    name: 'Android 7 to 9',
    uses: USES,
    client: { stack: 'specification', versions: UP_TO_TLS_1_2, suites: ANDROID_7, groups: WITH_X25519 },
    certainty: 'documented',
    sources: [ANDROID],
    note: 'When DHE went is not known, so that it may have it.',
    more: ['suites'],
    orderUnknown: true,
  },
  {
    name: 'Android 10 and newer',
    uses: USES,
    client: { stack: 'specification', versions: UP_TO_TLS_1_3, suites: [...TLS_1_3, ...ANDROID_7], groups: WITH_X25519 },
    certainty: 'documented',
    sources: [ANDROID],
    orderUnknown: true,
  },
  {
    name: 'Safari and Mail up to OS X 10.8 and iOS 4',
    uses: USES,
    client: { stack: 'specification', versions: UP_TO_TLS_1_0, suites: [], groups: NIST },
    certainty: 'documented',
    sources: [WITHOUT_TLS_1_2],
    note: 'Which suites they have is not known here.',
    more: ['suites'],
  },
  {
    name: 'Safari and Mail of OS X 10.9 and 10.10, iOS 5 to 8',
    uses: USES,
    client: {
      stack: 'specification',
      versions: UP_TO_TLS_1_2,
      suites: [
        ...APPLE_ECDHE.filter((name) => !name.includes('GCM')),
        ...APPLE_RSA.filter((name) => !name.includes('GCM')),
        ...expand('TLS_DHE_RSA_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA}'),
        ...RC4,
      ],
      groups: NIST,
    },
    certainty: 'inferred',
    sources: ['https://ssl-config.mozilla.org/guidelines/5.8.json'],
    note: 'Mozilla’s intermediate policy, which has AEAD suites only, begins at Safari 9.',
    orderUnknown: true,
  },
  {
    name: 'Safari and Mail of OS X 10.11 to macOS 10.12, iOS 9 and 10',
    uses: USES,
    client: { stack: 'specification', versions: UP_TO_TLS_1_2, suites: [...APPLE_ECDHE, ...APPLE_RSA], groups: NIST },
    certainty: 'documented',
    sources: [APPLE],
    note: 'The list that programs get which choose none; 3DES went with later updates.',
    more: ['suites'],
  },
  {
    name: 'Safari and Mail of macOS 10.15, iOS 13 and newer',
    uses: USES,
    client: {
      stack: 'specification',
      versions: UP_TO_TLS_1_3,
      suites: [...TLS_1_3, ...APPLE_ECDHE],
      groups: [...WITH_X25519, 'secp521r1'],
    },
    certainty: 'inferred',
    sources: ['https://developer.apple.com/documentation/bundleresources/information-property-list/nsapptransportsecurity', APPLE],
    note: 'The suites that Apple’s rules for programs name; Mail may have more. Newer systems have left TLS 1.0 and 1.1.',
    more: ['suites'],
    orderUnknown: true,
  },
]
