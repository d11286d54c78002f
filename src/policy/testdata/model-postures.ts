import type { CertificatePosture, ChainPosture, FeaturePosture, Posture, ProtocolPosture } from '../posture.ts'
import { refusedProtocol, unknownPosture } from '../unknown-posture.ts'

/** A version that is offered, with its whole lists. */
export function offered(suites: readonly string[], groups: readonly string[] = [], order: ProtocolPosture['order'] = 'server'): ProtocolPosture {
  return { offered: true, suites, order, prefersClientChaCha: false, groups, groupsComplete: true, complete: true }
}

export const LEAF: CertificatePosture = {
  subject: 'CN=mail.example.com',
  issuer: 'CN=Example CA',
  names: ['mail.example.com'],
  serial: '01',
  notBefore: '2026-10-01T00:00:00Z',
  notAfter: '2026-12-30T00:00:00Z',
  keyType: 'ECDSA',
  keyBits: 256,
  curve: 'secp256r1',
  signatureAlgorithm: 'ecdsa-with-SHA384',
  signatureHash: 'SHA-384',
  selfSigned: false,
  isCa: false,
  mustStaple: false,
  scts: 2,
  ocspUrls: [],
  sha256: '00',
  pem: '',
}

const { curve: _curve, ...LEAF_WITHOUT_CURVE } = LEAF

const CA: CertificatePosture = { ...LEAF, subject: 'CN=Example CA', issuer: 'CN=Example Root', names: [], isCa: true, scts: 0 }

export const CHAIN: ChainPosture = {
  keyType: 'ECDSA',
  servedFor: ['sni', 'no-sni', 'wrong-sni'],
  certificates: [LEAF, CA],
  nameMatches: true,
  trusted: true,
  publiclyTrusted: true,
  ordered: true,
  missing: [],
  needless: [],
  stapledOcsp: 'absent',
  sctsInHandshake: 0,
}

const GOOD_FEATURES: FeaturePosture = {
  extendedMasterSecret: true,
  encryptThenMac: 'not-applicable',
  secureRenegotiation: true,
  clientRenegotiation: false,
  compression: false,
  heartbeat: false,
  truncatedHmac: false,
  alpn: [],
  sessionTickets: true,
  ticketLifetime: 7200,
  sessionIdResumption: false,
  ticketResumption: true,
  pskResumption: true,
  earlyData: false,
  fallbackScsv: 'not-applicable',
  downgradeSentinel: true,
  recordSplitting: 'not-applicable',
  ecdhReuse: false,
}

const no = refusedProtocol('alert protocol_version')
const GROUPS = ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1']

/** A server at which nothing is left to do. */
export const WELL_KEPT: Posture = {
  ...unknownPosture(),
  protocols: {
    SSLv2: no,
    SSLv3: no,
    TLSv1: no,
    'TLSv1.1': no,
    'TLSv1.2': offered(['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'], GROUPS.slice(1)),
    'TLSv1.3': offered(['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'], GROUPS),
  },
  sslv2Hello: false,
  groups: GROUPS,
  signatureSchemes: { 'TLSv1.2': ['ecdsa_secp256r1_sha256'], 'TLSv1.3': ['ecdsa_secp256r1_sha256'] },
  certificates: [CHAIN],
  features: GOOD_FEATURES,
  tolerance: { futureVersion: true, grease: true, longHello: true, manySuites: true },
  flaws: { heartbleed: false, ccsInjection: false, ticketbleed: false, robot: false, starttlsInjection: false },
  clear: { banner: '220 mail.example.com', capabilities: ['STARTTLS'], starttls: 'offered', authBeforeTls: [], textAfterGoAhead: false },
}

const OLD_SUITES = [
  'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_RSA_WITH_RC4_128_SHA',
  'TLS_RSA_WITH_RC4_128_MD5',
]

/** A server of 2010 that nobody has touched since. */
export const OLD: Posture = {
  ...WELL_KEPT,
  protocols: { SSLv2: no, SSLv3: offered(OLD_SUITES, [], 'client'), TLSv1: offered(OLD_SUITES, [], 'client'), 'TLSv1.1': no, 'TLSv1.2': no, 'TLSv1.3': no },
  sslv2Hello: true,
  groups: [],
  dh: {
    bits: 1024,
    prime: 'RFC 2409 group 2',
    all: [{ bits: 1024, prime: 'RFC 2409 group 2', generator: 2, protocols: ['SSLv3', 'TLSv1'] }],
    reused: true,
  },
  signatureSchemes: {},
  certificates: [
    {
      ...CHAIN,
      keyType: 'RSA',
      trusted: false,
      trustError: 'self-signed certificate',
      certificates: [
        {
          ...LEAF_WITHOUT_CURVE,
          keyType: 'RSA',
          keyBits: 1024,
          issuer: LEAF.subject,
          selfSigned: true,
          signatureAlgorithm: 'sha1WithRSAEncryption',
          signatureHash: 'SHA-1',
          notBefore: '2010-01-01T00:00:00Z',
          notAfter: '2020-01-01T00:00:00Z',
          scts: 0,
        },
      ],
    },
  ],
  features: { ...GOOD_FEATURES, extendedMasterSecret: false, encryptThenMac: false, clientRenegotiation: true, recordSplitting: false, ecdhReuse: 'not-applicable' },
}
