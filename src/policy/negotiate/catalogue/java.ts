import type { ProtocolName } from '../../../registry/index.ts'
import { expand } from '../../expand.ts'
import { STACKS } from '../stacks.ts'
import type { CataloguedClient, PeerUse } from './peer.ts'
import { FROM_TLS_1_2, UP_TO_TLS_1_0, UP_TO_TLS_1_2 } from './versions.ts'

const USES: readonly PeerUse[] = ['web', 'mail', 'smtp', 'ftp']
const PROVIDERS = 'https://docs.oracle.com/en/java/javase/17/security/oracle-providers.html'
const DIAGNOSING = 'https://blogs.oracle.com/java/post/diagnosing-tls-ssl-and-https'
const DH_OF_OLD_JAVA = 'https://httpd.apache.org/docs/current/ssl/ssl_faq.html#javadh'
const V2_HELLO = 'https://docs.wildfly.org/wildfly-proposals/elytron/WFCORE-5145-ssl-allowed-protocols.html'
const LIMITED = 'AES with 256 bits needs policy files that have to be added.'

/** Those with DSS are left out, for no server has such a certificate any more. */
const FORWARD_SECRET = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_CBC_SHA384',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_CBC_SHA256',
  'TLS_DHE_{RSA,DSS}_WITH_AES_256_CBC_SHA256',
  'TLS_DHE_{RSA,DSS}_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_CBC_SHA',
  'TLS_DHE_{RSA,DSS}_WITH_AES_256_CBC_SHA',
  'TLS_DHE_{RSA,DSS}_WITH_AES_128_CBC_SHA',
)
const STATIC_RSA = expand(
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
  'TLS_RSA_WITH_{AES_256_CBC_SHA256,AES_128_CBC_SHA256}',
  'TLS_RSA_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA}',
)
const WITH_CHACHA = expand(
  'TLS_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,CHACHA20_POLY1305_SHA256}',
  'TLS_ECDHE_ECDSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,CHACHA20_POLY1305_SHA256}',
  'TLS_ECDHE_RSA_WITH_{AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256,AES_128_GCM_SHA256}',
  'TLS_DHE_RSA_WITH_{AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}',
  'TLS_DHE_DSS_WITH_AES_256_GCM_SHA384',
  'TLS_DHE_{RSA,DSS}_WITH_AES_128_GCM_SHA256',
)
const WITHOUT_CHACHA = expand(
  'TLS_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
  'TLS_ECDHE_ECDSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
  'TLS_ECDHE_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
  'TLS_DHE_{RSA,DSS}_WITH_AES_256_GCM_SHA384',
  'TLS_DHE_{RSA,DSS}_WITH_AES_128_GCM_SHA256',
)
const LIMITED_RSA_AND_DHE = expand('TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_DHE_{RSA,DSS}_WITH_AES_128_CBC_SHA')
const OLD = expand('TLS_{RSA,DHE_RSA,DHE_DSS}_WITH_3DES_EDE_CBC_SHA', 'TLS_RSA_WITH_{RC4_128_SHA,RC4_128_MD5}')
const NIST = ['secp256r1', 'secp384r1', 'secp521r1']

const SCHEMES = STACKS['jsse-17'].signatureSchemes
const JAVA_17 = { stack: 'jsse-17', versions: FROM_TLS_1_2, minDhBits: 1024 } as const

/** x25519 and x448 came with Java 13, Ed25519 and Ed448 with Java 15. */
const JAVA_11 = {
  ...JAVA_17,
  groups: STACKS['jsse-17'].groups.filter((name) => !name.startsWith('x')),
  signatureSchemes: SCHEMES.filter((name) => !name.startsWith('ed')),
} as const

interface Row extends Omit<CataloguedClient, 'uses' | 'client'> {
  readonly versions: readonly ProtocolName[]
  readonly suites: readonly string[]
  readonly rest: Omit<CataloguedClient['client'], 'versions' | 'suites'>
}

const ROWS: readonly Row[] = [
  {
    name: 'Java 6',
    versions: UP_TO_TLS_1_0,
    suites: [...LIMITED_RSA_AND_DHE, ...OLD],
    rest: { stack: 'specification', groups: [], maxDhBits: 1024, sslv2Hello: true },
    certainty: 'documented',
    sources: [DIAGNOSING, DH_OF_OLD_JAVA, V2_HELLO],
    note: `It has no elliptic curves by itself. ${LIMITED}`,
    orderUnknown: true,
  },
  {
    name: 'Java 7',
    versions: ['TLSv1'],
    suites: expand(
      'TLS_{ECDHE_ECDSA,ECDHE_RSA,RSA,DHE_RSA,DHE_DSS}_WITH_AES_128_CBC_SHA',
      'TLS_{ECDHE_ECDSA,ECDHE_RSA,RSA}_WITH_RC4_128_SHA',
      'TLS_{ECDHE_ECDSA,ECDHE_RSA,RSA,DHE_RSA,DHE_DSS}_WITH_3DES_EDE_CBC_SHA',
      'TLS_RSA_WITH_RC4_128_MD5',
    ),
    rest: { stack: 'specification', groups: NIST, maxDhBits: 1024 },
    certainty: 'documented',
    sources: [DIAGNOSING, DH_OF_OLD_JAVA, 'https://simsmi.blogspot.com/2011/07/jsse-oracle-provider-preference-of-tls.html'],
    note: `TLS 1.2 is there, and off in clients until a program turns it on. ${LIMITED}`,
  },
  {
    name: 'Java 8 before update 161',
    versions: UP_TO_TLS_1_2,
    suites: [
      ...expand('TLS_{ECDHE_ECDSA,ECDHE_RSA,RSA,DHE_RSA,DHE_DSS}_WITH_{AES_128_CBC_SHA256,AES_128_CBC_SHA,AES_128_GCM_SHA256}'),
      ...OLD,
    ],
    rest: { stack: 'specification', groups: NIST, maxDhBits: 2048 },
    certainty: 'documented',
    sources: [DIAGNOSING, 'https://bugs.openjdk.org/browse/JDK-7044060'],
    note: LIMITED,
    orderUnknown: true,
  },
  {
    name: 'Java 8 of today',
    versions: FROM_TLS_1_2,
    suites: [...WITHOUT_CHACHA, ...FORWARD_SECRET, ...STATIC_RSA],
    rest: JAVA_11,
    certainty: 'documented',
    sources: ['https://github.com/openjdk/jdk8u-dev/tree/master/jdk/src/share/classes/sun/security/ssl'],
    note: 'TLS 1.3 is on in clients since update 341 of Oracle and 352 of OpenJDK. That it lacks x25519 and Ed25519 is inferred.',
  },
  {
    name: 'Java 11 of today',
    versions: FROM_TLS_1_2,
    suites: [...WITHOUT_CHACHA, ...FORWARD_SECRET, ...STATIC_RSA],
    rest: JAVA_11,
    certainty: 'inferred',
    sources: ['https://docs.oracle.com/en/java/javase/11/security/oracle-providers.html'],
    note: 'Taken to be as Java 8 of today, whose TLS comes from it.',
  },
  {
    name: 'Java 17',
    versions: FROM_TLS_1_2,
    suites: [...WITH_CHACHA, ...FORWARD_SECRET, ...STATIC_RSA],
    rest: JAVA_17,
    certainty: 'measured',
    sources: [PROVIDERS],
  },
  {
    name: 'Java 21',
    versions: FROM_TLS_1_2,
    suites: [...WITH_CHACHA, ...FORWARD_SECRET, ...STATIC_RSA],
    rest: JAVA_17,
    certainty: 'inferred',
    sources: ['https://docs.oracle.com/en/java/javase/21/security/oracle-providers.html'],
    note: 'Taken to be as Java 17. Newer updates may have static RSA off, as Java 25 has.',
  },
  {
    name: 'Java 25',
    versions: FROM_TLS_1_2,
    suites: [...WITH_CHACHA, ...FORWARD_SECRET],
    rest: {
      ...JAVA_17,
      signatureSchemes: SCHEMES.filter((name) => !name.endsWith('_sha1')),
      certificateSchemes: SCHEMES,
    },
    certainty: 'measured',
    sources: ['https://docs.oracle.com/en/java/javase/25/security/oracle-providers.html'],
    note: 'Static RSA is off.',
  },
]

export const JAVA_CLIENTS: readonly CataloguedClient[] = ROWS.map(({ versions, suites, rest, ...row }) => ({
  ...row,
  uses: USES,
  client: { ...rest, versions, suites },
}))
