/** The building bricks of the sample reports: a plain, blameless thing of each kind, to be changed where a sample differs. */
import {
  refusedProtocol,
  type CertificatePosture,
  type ChainPosture,
  type FeaturePosture,
  type Finding,
  type FlawPosture,
  type Posture,
  type ProtocolPosture,
  type RuleVerdict,
  type TolerancePosture,
  type Verdict,
} from '../../../policy/index.ts'
import type { AuditReport, AuditResult } from '../../result.ts'

export const RULEBOOKS: AuditReport['rulebooks'] = [
  { name: 'mozilla-intermediate', title: 'Mozilla Server Side TLS, intermediate', edition: '6.0', date: '2026-04-06' },
  { name: 'rfc9325', title: 'BCP 195, RFC 9325 §3 and §4', edition: '2022-11', date: '2022-11-30' },
  { name: 'ncsc-nl', title: 'NCSC-NL guidelines for TLS', edition: '2025-05', date: '2025-05-01' },
  { name: 'nist', title: 'NIST SP 800-52', edition: 'r2', date: '2019-08-29' },
]

const EDITIONS: ReadonlyMap<string, string> = new Map(RULEBOOKS.map((book) => [book.name, book.edition]))

export function rule(rulebook: string, verdict: Verdict, says: string, subjects: readonly string[] = []): RuleVerdict {
  return { rulebook, edition: EDITIONS.get(rulebook) ?? '1', verdict, says, subjects, source: `${rulebook}, table of TLS settings` }
}

export function finding(id: string, verdict: Verdict, fact: string, rest: Partial<Finding> = {}): Finding {
  return { id, verdict, fact, subjects: [], rules: [], ...rest }
}

export function offered(suites: readonly string[], rest: Partial<ProtocolPosture> = {}): ProtocolPosture {
  return { offered: true, suites, order: 'server', prefersClientChaCha: false, groups: [], complete: true, ...rest }
}

export const rsaCertificate: CertificatePosture = {
  subject: 'CN=mail.example.com',
  issuer: "CN=YR1,O=Let's Encrypt,C=US",
  names: ['mail.example.com', 'smtp.example.com', 'imap.example.com'],
  serial: '05A1B2C3D4E5F60718293A4B5C6D7E8F9001',
  notBefore: '2026-10-20T08:00:00Z',
  notAfter: '2027-01-18T07:59:59Z',
  keyType: 'RSA',
  keyBits: 2048,
  signatureAlgorithm: 'sha256WithRSAEncryption',
  signatureHash: 'SHA-256',
  selfSigned: false,
  isCa: false,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['serverAuth'],
  mustStaple: false,
  scts: 2,
  ocspUrls: [],
  sha256: '7B1F4C0D9A8E3B2C5D6F7081920A3B4C5D6E7F8091A2B3C4D5E6F708192A3B4C',
  pem: '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUZk9tYXBsZSBvZiBhIGNlcnRpZmljYXRlIHRoYXQgaXMg\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n',
}

export const certificate: CertificatePosture = { ...rsaCertificate, keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' }

export const intermediate: CertificatePosture = {
  ...rsaCertificate,
  subject: "CN=YR1,O=Let's Encrypt,C=US",
  issuer: 'CN=ISRG Root YR,O=Internet Security Research Group,C=US',
  names: [],
  notBefore: '2025-09-03T00:00:00Z',
  notAfter: '2028-09-02T23:59:59Z',
  isCa: true,
  scts: 0,
  sha256: 'C0FFEE00112233445566778899AABBCCDDEEFF00112233445566778899AABBCC',
}

export const chain: ChainPosture = {
  keyType: 'ECDSA',
  servedFor: ['sni', 'no-sni'],
  certificates: [certificate, intermediate],
  nameMatches: true,
  trusted: true,
  ordered: true,
  missing: [],
  needless: [],
  stapledOcsp: 'not-applicable',
  sctsInHandshake: 0,
}

export const features: FeaturePosture = {
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

export const tolerance: TolerancePosture = { futureVersion: true, grease: true, longHello: true, manySuites: true }

export const flaws: FlawPosture = {
  heartbleed: false,
  ccsInjection: false,
  ticketbleed: false,
  robot: 'not-applicable',
  starttlsInjection: 'not-applicable',
}

export const TLS13: readonly string[] = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

export const posture: Posture = {
  role: 'server',
  protocols: {
    SSLv2: refusedProtocol('connection closed'),
    SSLv3: refusedProtocol('alert handshake_failure'),
    TLSv1: refusedProtocol('alert protocol_version'),
    'TLSv1.1': refusedProtocol('alert protocol_version'),
    'TLSv1.2': offered(['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], {
      groups: ['x25519', 'secp256r1'],
    }),
    'TLSv1.3': offered(TLS13, { prefersClientChaCha: true, groups: ['X25519MLKEM768', 'x25519', 'secp256r1'] }),
  },
  sslv2Hello: false,
  groups: ['X25519MLKEM768', 'x25519', 'secp256r1'],
  dh: null,
  signatureSchemes: { 'TLSv1.2': ['ecdsa_secp256r1_sha256'], 'TLSv1.3': ['ecdsa_secp256r1_sha256'] },
  certificates: [chain],
  features,
  tolerance,
  flaws,
  clear: null,
}

export const result: AuditResult = {
  target: 'imaps://mail.example.com:993',
  address: '192.0.2.20',
  reachable: true,
  problem: null,
  posture,
  evidence: [],
  findings: [],
  grade: 'A+',
  gradeReasons: [],
  cost: { connections: 27, milliseconds: 412 },
}

export function report(...targets: readonly AuditResult[]): AuditReport {
  return { version: 1, postern: '0.1.0', started: '2026-11-22T06:30:00Z', rulebooks: RULEBOOKS, targets }
}
