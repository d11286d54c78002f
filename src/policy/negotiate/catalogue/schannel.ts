import { expand } from '../../expand.ts'

/** Microsoft's pages about Schannel, the TLS of Windows. */
const PAGES = 'https://learn.microsoft.com/en-us/windows/win32/secauthn/'

/** Which versions each Windows has on. */
export const SCHANNEL_VERSIONS: string = `${PAGES}protocols-in-tls-ssl--schannel-ssp-`

/** A list of suites with the groups and the page that it comes from, in Windows' own order. */
export interface SchannelList {
  readonly suites: readonly string[]
  readonly groups: readonly string[]
  readonly source: string
}

const NIST = ['secp256r1', 'secp384r1']
const WITH_X25519 = ['x25519', ...NIST]

const OLD_SUITES = expand('TLS_RSA_WITH_{RC4_128_MD5,RC4_128_SHA,3DES_EDE_CBC_SHA}', 'TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA')

/** Windows 7 to 8.1 have GCM for RSA certificates only with DHE and static RSA. */
const WINDOWS_7_SUITES = expand(
  'TLS_ECDHE_RSA_WITH_{AES_256_CBC_SHA384,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_DHE_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA256,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_ECDHE_ECDSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA384,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_DHE_DSS_WITH_{AES_256_CBC_SHA256,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA',
  'TLS_RSA_WITH_{RC4_128_SHA,RC4_128_MD5}',
)

const ECDHE_OF_WINDOWS_10 = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
  'TLS_DHE_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_CBC_SHA384,AES_128_CBC_SHA256}',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA}',
)
const RSA_OF_WINDOWS_10 = expand(
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA256,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
)

/** Suites that are on when nobody has changed them, without those of 56 bits and less. */
export const SCHANNEL: Readonly<Record<'xp' | 'vista' | 'seven' | 'eight' | 'ten' | 'eleven', SchannelList>> = {
  xp: { suites: OLD_SUITES, groups: [], source: `${PAGES}tls-cipher-suites` },
  vista: {
    suites: expand(
      'TLS_RSA_WITH_{AES_128_CBC_SHA,AES_256_CBC_SHA,RC4_128_SHA,3DES_EDE_CBC_SHA}',
      'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_CBC_SHA,AES_256_CBC_SHA}',
      'TLS_DHE_DSS_WITH_{AES_128_CBC_SHA,AES_256_CBC_SHA,3DES_EDE_CBC_SHA}',
      'TLS_RSA_WITH_RC4_128_MD5',
    ),
    groups: [...NIST, 'secp521r1'],
    source: `${PAGES}schannel-cipher-suites-in-windows-vista`,
  },
  seven: { suites: WINDOWS_7_SUITES, groups: NIST, source: `${PAGES}tls-cipher-suites-in-windows-7` },
  eight: { suites: WINDOWS_7_SUITES, groups: NIST, source: `${PAGES}tls-cipher-suites-in-windows-8-1` },
  ten: {
    suites: [
      ...ECDHE_OF_WINDOWS_10,
      ...expand('TLS_DHE_RSA_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA}'),
      ...RSA_OF_WINDOWS_10,
      ...expand('TLS_DHE_DSS_WITH_{AES_256_CBC_SHA256,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}'),
      ...expand('TLS_RSA_WITH_{RC4_128_SHA,RC4_128_MD5}'),
    ],
    groups: WITH_X25519,
    source: `${PAGES}tls-cipher-suites-in-windows-10-v1607`,
  },
  eleven: {
    suites: [...expand('TLS_AES_{256_GCM_SHA384,128_GCM_SHA256}'), ...ECDHE_OF_WINDOWS_10, ...RSA_OF_WINDOWS_10],
    groups: WITH_X25519,
    source: `${PAGES}tls-cipher-suites-in-windows-11`,
  },
}
