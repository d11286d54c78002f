/** An old mail server with the defaults of its time. Nearly everything that can be wrong is wrong. */
import { refusedProtocol, type Posture } from '../../../policy/index.ts'
import type { AuditResult } from '../../result.ts'
import { chain, features, finding, flaws, offered, posture, result, rsaCertificate, rule } from './parts.ts'

const STATIC_RSA: readonly string[] = [
  'TLS_RSA_WITH_RC4_128_SHA',
  'TLS_RSA_WITH_RC4_128_MD5',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
]
const DHE: readonly string[] = [
  'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA',
]
const ECDHE: readonly string[] = [
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_RC4_128_SHA',
]
const TLS12: readonly string[] = [
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
  ...ECDHE,
  'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
  ...DHE,
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_RSA_WITH_AES_128_CBC_SHA256',
  ...STATIC_RSA,
]

const rotten: Posture = {
  ...posture,
  protocols: {
    SSLv2: refusedProtocol('connection closed'),
    SSLv3: offered([...DHE, ...STATIC_RSA], { order: 'client' }),
    TLSv1: offered([...ECDHE, ...DHE, ...STATIC_RSA], { order: 'client', groups: ['secp256r1'] }),
    'TLSv1.1': offered([...ECDHE, ...DHE, ...STATIC_RSA], { order: 'client', groups: ['secp256r1'] }),
    'TLSv1.2': offered(TLS12, { order: 'client', groups: ['secp256r1'] }),
    'TLSv1.3': refusedProtocol('alert protocol_version'),
  },
  sslv2Hello: true,
  groups: ['secp256r1'],
  dh: {
    bits: 1024,
    prime: 'RFC 2409 group 2',
    all: [{ bits: 1024, prime: 'RFC 2409 group 2', generator: 2, protocols: ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2'] }],
    reused: true,
  },
  signatureSchemes: { 'TLSv1.2': ['rsa_pkcs1_sha1', 'rsa_pkcs1_sha256'] },
  certificates: [
    {
      ...chain,
      keyType: 'RSA',
      certificates: [
        {
          ...rsaCertificate,
          subject: 'CN=mail.old.example,O=Old & Sons Ltd,C=GB',
          issuer: 'CN=mail.old.example,O=Old & Sons Ltd,C=GB',
          names: ['mail.old.example'],
          notBefore: '2016-10-13T10:00:00Z',
          notAfter: '2026-10-13T10:00:00Z',
          keyBits: 1024,
          signatureAlgorithm: 'sha1WithRSAEncryption',
          signatureHash: 'SHA-1',
          selfSigned: true,
          scts: 0,
        },
      ],
      trusted: false,
      trustError: 'self-signed certificate',
      needless: [],
    },
  ],
  features: {
    ...features,
    extendedMasterSecret: false,
    encryptThenMac: false,
    secureRenegotiation: true,
    clientRenegotiation: true,
    pskResumption: 'not-applicable',
    earlyData: 'not-applicable',
    fallbackScsv: false,
    downgradeSentinel: 'not-applicable',
    recordSplitting: true,
  },
  flaws: { ...flaws, robot: false, starttlsInjection: true, ticketbleed: 'unknown' },
  clear: {
    banner: '220 mail.old.example Kerio Connect 7.4.3 ESMTP ready',
    capabilities: ['SIZE 20971520', 'STARTTLS', 'AUTH CRAM-MD5 PLAIN LOGIN', 'ENHANCEDSTATUSCODES', '8BITMIME', 'PIPELINING'],
    starttls: 'offered',
    authBeforeTls: ['CRAM-MD5', 'PLAIN', 'LOGIN'],
    textAfterGoAhead: false,
  },
}

const ALL_REFUSE = [
  rule('mozilla-intermediate', 'bad', 'not listed'),
  rule('rfc9325', 'bad', 'MUST NOT'),
  rule('ncsc-nl', 'bad', 'insufficient'),
  rule('nist', 'bad', 'SHALL NOT'),
]

export const oldKerio: AuditResult = {
  ...result,
  target: 'smtp://mail.old.example:25',
  address: '192.0.2.10',
  posture: rotten,
  grade: 'F',
  gradeReasons: ['SSLv3 is offered.', 'RC4 suites are accepted.', 'Commands sent before TLS are carried out after it.'],
  evidence: [
    { fact: 'protocols.SSLv3', asked: 'SSL 3.0 hello with 142 suites', answer: '160300004a020000460300656c1f0a' },
    { fact: 'sslv2Hello', asked: 'SSLv2-format hello for TLS 1.0', answer: '160301004a0200004603016563' },
    { fact: 'protocols.SSLv2', asked: 'SSL 2.0 CLIENT-HELLO', answer: '' },
  ],
  findings: [
    finding('starttls-injection', 'bad', 'A NOOP that was sent in clear behind STARTTLS was answered inside TLS.', {
      remedy: 'Update the mail server: it must throw away what it has read before the handshake (CVE-2011-0411).',
      evidence: 'S: 220 2.0.0 Ready to start TLS\nC: STARTTLS\\r\\nNOOP\\r\\n\nS (in TLS): 250 2.0.0 OK',
    }),
    finding('protocol-ssl3', 'bad', 'SSL 3.0 is offered.', {
      subjects: ['SSLv3'],
      remedy: 'Turn SSL 3.0 off.',
      neededBy: ['Internet Explorer 6 on Windows XP'],
      evidence: '160300004a020000460300656c1f0a',
      rules: ALL_REFUSE,
    }),
    finding('cipher-rc4', 'bad', 'RC4 suites are accepted.', {
      subjects: ['TLS_ECDHE_RSA_WITH_RC4_128_SHA', 'TLS_RSA_WITH_RC4_128_SHA', 'TLS_RSA_WITH_RC4_128_MD5'],
      remedy: 'Take RC4 out of the cipher list (add !RC4).',
      neededBy: ['Outlook Express on Windows XP', 'Exchange 2003 as a sending server'],
      rules: ALL_REFUSE,
    }),
    finding('dh-size', 'bad', 'DHE uses a prime of 1024 bits, the shared one of RFC 2409 §6.2.', {
      subjects: DHE,
      remedy:
        'Use ffdhe2048 or larger, or take the DHE suites out: every client that can do DHE with 2048 bits can also do ECDHE, but for Java 6 and 7.',
      neededBy: ['Java 6 and 7, which cannot do DHE over 1024 bits'],
      rules: [rule('rfc9325', 'bad', 'MUST NOT be below 2048 bits'), rule('ncsc-nl', 'bad', 'insufficient')],
    }),
    finding('certificate-expired', 'bad', 'The certificate CN=mail.old.example expired 39 days ago.', {
      subjects: ['CN=mail.old.example,O=Old & Sons Ltd,C=GB'],
      remedy: 'Renew the certificate, and automate its renewal (ACME).',
      rules: [rule('nist', 'bad', 'SHALL be valid')],
    }),
    finding('protocol-tls1', 'weak', 'TLS 1.0 and TLS 1.1 are offered.', {
      subjects: ['TLSv1', 'TLSv1.1'],
      remedy: 'Turn TLS 1.0 and 1.1 off once the log shows that nobody who matters still uses them.',
      neededBy: [
        'Android 4.3 and older',
        'Outlook on Windows 7 without KB3140245',
        'Java 6 and 7',
        'Exchange 2010 as a sending server',
        'many printers and scanners that send mail',
      ],
      rules: [
        rule('mozilla-intermediate', 'bad', 'not listed'),
        rule('rfc9325', 'bad', 'MUST NOT'),
        rule('ncsc-nl', 'bad', 'insufficient'),
        rule('nist', 'weak', 'SHOULD NOT'),
      ],
    }),
    finding('forward-secrecy', 'weak', 'Suites without forward secrecy are accepted.', {
      subjects: ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'TLS_RSA_WITH_AES_128_CBC_SHA256', ...STATIC_RSA],
      remedy: 'Take the suites with RSA key exchange out of the cipher list (add !kRSA).',
      neededBy: ['Exchange 2010 as a sending server'],
      rules: [
        rule('rfc9325', 'weak', 'SHOULD NOT'),
        rule('ncsc-nl', 'bad', 'insufficient'),
        rule('mozilla-intermediate', 'bad', 'not listed'),
        rule('nist', 'good', 'allowed in the transition appendix'),
      ],
    }),
    finding('cipher-order', 'weak', 'The client chooses the suite.', { remedy: 'Let the server choose.' }),
    finding('ticketbleed', 'unknown', 'No session ticket was issued in three connections, so that the question could not be asked.'),
    finding('sslv2', 'good', 'SSL 2.0 is refused.', {
      subjects: ['SSLv2'],
      rules: [rule('rfc9325', 'good', 'MUST NOT, and is not')],
    }),
    finding('heartbleed', 'good', 'The heartbeat extension is not spoken.'),
    finding('tls-compression', 'good', 'The server chose no compression.'),
  ],
  cost: { connections: 71, milliseconds: 1840 },
}
