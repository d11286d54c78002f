import type { ProtocolName } from '../registry/index.ts'
import { expand } from './expand.ts'

/** What is known of a client or a sending server of some age. */
export interface KnownClient {
  readonly name: string
  readonly protocols: readonly ProtocolName[]
  /** IANA names that matter for old servers; not all it has. */
  readonly suites: readonly string[]
  /** The largest finite-field group that it takes, in bits. */
  readonly largestDh?: number
  /** Its hello has the format of SSL 2.0. */
  readonly sslv2Hello?: true
  readonly source: string
}

const AES_CBC = '{AES_128_CBC_SHA,AES_256_CBC_SHA}'
const AES_CBC_SHA2 = '{AES_128_CBC_SHA256,AES_256_CBC_SHA384}'
const AES_GCM = '{AES_128_GCM_SHA256,AES_256_GCM_SHA384}'
const RC4 = ['TLS_RSA_WITH_RC4_128_SHA', 'TLS_RSA_WITH_RC4_128_MD5']
const TRIPLE_DES = 'TLS_RSA_WITH_3DES_EDE_CBC_SHA'
const SCHANNEL = 'https://learn.microsoft.com/en-us/windows/win32/secauthn/'
const MOZILLA_OLD = 'https://ssl-config.mozilla.org/guidelines/5.8.json (old, oldest_clients)'

/** Windows 7 to 8.1 have GCM for RSA certificates only with DHE and static RSA. */
const WINDOWS_7_SUITES = expand(
  `TLS_ECDHE_{RSA,ECDSA}_WITH_${AES_CBC_SHA2}`,
  `TLS_ECDHE_{RSA,ECDSA}_WITH_${AES_CBC}`,
  `TLS_DHE_RSA_WITH_${AES_GCM}`,
  `TLS_RSA_WITH_${AES_GCM}`,
  'TLS_RSA_WITH_AES_{128,256}_CBC_SHA256',
  `TLS_RSA_WITH_${AES_CBC}`,
  `TLS_ECDHE_ECDSA_WITH_${AES_GCM}`,
  TRIPLE_DES,
  ...RC4,
)

/** Old clients that are still met, with what they can do. Nothing newer than TLS 1.2 with AEAD suites needs to be here. */
export const KNOWN_CLIENTS: readonly KnownClient[] = [
  {
    name: 'Windows XP with Service Pack 2 (Internet Explorer 6)',
    protocols: ['SSLv3'],
    suites: [TRIPLE_DES, ...RC4],
    source: 'https://wiki.mozilla.org/Security/Server_Side_TLS (version 5.0: without SSLv3 these clients are lost)',
  },
  {
    name: 'Windows XP with Service Pack 3 (Internet Explorer 8)',
    protocols: ['SSLv3', 'TLSv1'],
    suites: [TRIPLE_DES, ...RC4],
    source: MOZILLA_OLD,
  },
  {
    name: 'Exchange on Windows Server 2003, whose 3DES is flawed',
    protocols: ['SSLv3', 'TLSv1'],
    suites: RC4,
    source: 'https://www.postfix.org/postconf.5.html#tls_preempt_cipherlist',
  },
  {
    name: 'Windows Vista and Windows Server 2008',
    protocols: ['SSLv3', 'TLSv1'],
    suites: [...expand(`TLS_RSA_WITH_${AES_CBC}`, `TLS_ECDHE_{RSA,ECDSA}_WITH_${AES_CBC}`), TRIPLE_DES, ...RC4],
    source: `${SCHANNEL}schannel-cipher-suites-in-windows-vista, ${SCHANNEL}protocols-in-tls-ssl--schannel-ssp-`,
  },
  {
    name: 'Windows 7 and Windows Server 2008 R2 where TLS 1.2 has not been turned on',
    protocols: ['SSLv3', 'TLSv1'],
    suites: WINDOWS_7_SUITES,
    source: `${SCHANNEL}tls-cipher-suites-in-windows-7, ${SCHANNEL}protocols-in-tls-ssl--schannel-ssp-`,
  },
  {
    name: 'Windows 7 to 8.1 and Windows Server 2008 R2 to 2012 R2 (Outlook, Exchange, Internet Explorer)',
    protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    suites: WINDOWS_7_SUITES,
    source: `${SCHANNEL}tls-cipher-suites-in-windows-7, ${SCHANNEL}tls-cipher-suites-in-windows-8-1`,
  },
  {
    name: 'Java 6',
    protocols: ['SSLv3', 'TLSv1'],
    suites: [...expand(`TLS_RSA_WITH_${AES_CBC}`, `TLS_DHE_RSA_WITH_${AES_CBC}`), 'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA', TRIPLE_DES, ...RC4],
    largestDh: 1024,
    sslv2Hello: true,
    source:
      'https://blogs.oracle.com/java/post/diagnosing-tls-ssl-and-https, https://httpd.apache.org/docs/current/ssl/ssl_faq.html#javadh, https://docs.wildfly.org/wildfly-proposals/elytron/WFCORE-5145-ssl-allowed-protocols.html',
  },
  {
    name: 'Java 7',
    protocols: ['TLSv1'],
    suites: [
      ...expand(`TLS_RSA_WITH_${AES_CBC}`, `TLS_ECDHE_{RSA,ECDSA}_WITH_${AES_CBC}`, `TLS_DHE_RSA_WITH_${AES_CBC}`),
      'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA',
      TRIPLE_DES,
      ...RC4,
    ],
    largestDh: 1024,
    source:
      'https://blogs.oracle.com/java/post/diagnosing-tls-ssl-and-https, https://httpd.apache.org/docs/current/ssl/ssl_faq.html#javadh',
  },
  {
    name: 'Android 4.4 and older (programs that use the system’s TLS)',
    protocols: ['TLSv1'],
    suites: [
      ...expand(`TLS_RSA_WITH_${AES_CBC}`, `TLS_ECDHE_{RSA,ECDSA}_WITH_${AES_CBC}`, `TLS_DHE_RSA_WITH_${AES_CBC}`),
      TRIPLE_DES,
      ...RC4,
    ],
    source: 'https://developer.android.com/reference/javax/net/ssl/SSLSocket',
  },
  {
    name: 'Programs with OpenSSL 0.9.8',
    protocols: ['SSLv3', 'TLSv1'],
    suites: [...expand(`TLS_DHE_RSA_WITH_${AES_CBC}`, `TLS_RSA_WITH_${AES_CBC}`), 'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA', TRIPLE_DES, ...RC4],
    source: MOZILLA_OLD,
  },
  {
    name: 'Apple’s programs before OS X 10.11 and iOS 9',
    protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    suites: [
      ...expand(
        `TLS_ECDHE_{RSA,ECDSA}_WITH_${AES_CBC_SHA2}`,
        `TLS_ECDHE_{RSA,ECDSA}_WITH_${AES_CBC}`,
        'TLS_RSA_WITH_AES_{128,256}_CBC_SHA256',
        `TLS_RSA_WITH_${AES_CBC}`,
        `TLS_DHE_RSA_WITH_${AES_CBC}`,
      ),
      TRIPLE_DES,
      ...RC4,
    ],
    source: 'https://ssl-config.mozilla.org/guidelines/5.8.json (intermediate, which has AEAD suites only, begins at Safari 9)',
  },
]
