/** Hand-made audit reports: each door is one that an administrator has on the desk sooner or later. */
import { UNKNOWN_PROTOCOL, unknownPosture, type Posture } from '../../../policy/index.ts'
import type { AuditReport, AuditResult } from '../../result.ts'
import { oldKerio } from './old-kerio.ts'
import {
  certificate,
  chain,
  features,
  finding,
  flaws,
  intermediate,
  offered,
  posture,
  report,
  result,
  rsaCertificate,
  rule,
} from './parts.ts'

const wellKept: AuditResult = {
  ...result,
  findings: [
    finding('protocol-tls13', 'good', 'TLS 1.3 is offered.', {
      subjects: ['TLSv1.3'],
      rules: [rule('rfc9325', 'good', 'SHOULD'), rule('ncsc-nl', 'good', 'good')],
    }),
    finding('groups', 'good', 'Key exchange is hybrid where the client can: X25519MLKEM768 comes first.', {
      subjects: ['X25519MLKEM768', 'x25519', 'secp256r1'],
      rules: [
        rule('mozilla-intermediate', 'good', 'listed'),
        rule('ncsc-nl', 'good', 'good', ['X25519MLKEM768']),
        rule('ncsc-nl', 'good', 'sufficient', ['x25519', 'secp256r1']),
        rule('nist', 'weak', 'not in the list', ['x25519']),
      ],
    }),
    finding('certificate', 'good', 'The certificate is valid for 57 more days and trusted.'),
  ],
}

const unreachable: AuditResult = {
  ...result,
  target: 'smtp://mx2.example.com:25',
  address: '2001:db8::25',
  reachable: false,
  problem: {
    code: 'CONNECT',
    message: 'Cannot connect to mx2.example.com port 25 (2001:db8::25): connection refused',
    remedy: 'Check that the server runs and that no firewall stands between, then audit again.',
  },
  posture: null,
  findings: [],
  grade: 'unknown',
  gradeReasons: ['The server was not reached.'],
  cost: { connections: 2, milliseconds: 6021 },
}

const dark: Posture = {
  ...posture,
  protocols: {
    ...posture.protocols,
    SSLv2: UNKNOWN_PROTOCOL,
    SSLv3: UNKNOWN_PROTOCOL,
    'TLSv1.2': offered(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', '0xfeed'], {
      order: 'unknown',
      prefersClientChaCha: 'unknown',
      complete: false,
    }),
    'TLSv1.3': UNKNOWN_PROTOCOL,
  },
  sslv2Hello: 'unknown',
  groups: [],
  signatureSchemes: { 'TLSv1.2': 'unknown' },
  certificates: [],
  features: { ...features, alpn: 'unknown', ticketLifetime: 'unknown', clientRenegotiation: 'unknown', compression: 'unknown' },
  flaws: { ...flaws, robot: 'unknown' },
  clear: { banner: '', capabilities: [], starttls: 'unknown', authBeforeTls: [], authComplete: false, textAfterGoAhead: 'unknown' },
}

const halfKnown: AuditResult = {
  ...result,
  target: 'pop3://mail.slow.example:110',
  address: '192.0.2.30',
  problem: {
    code: 'TIME_UP',
    message: 'Cannot finish the audit of mail.slow.example port 110: 60 s were up after 14 of 31 questions',
    remedy: 'Give it more time with --timeout.',
  },
  posture: dark,
  findings: [
    finding('protocol-tls13', 'unknown', 'TLS 1.3 hellos met silence three times.', { subjects: ['TLSv1.3'] }),
    finding('protocol-ssl3', 'unknown', 'SSL 3.0 hellos met silence three times.', {
      subjects: ['SSLv3'],
      rules: [rule('ncsc-nl', 'unknown', 'insufficient if offered')],
    }),
    finding('suites', 'weak', 'A suite that no registry knows is accepted.', {
      subjects: ['0xfeed'],
      remedy: 'Find out what 0xfeed is, and turn it off.',
    }),
    finding('robot', 'unknown', 'The answers to malformed key exchanges were too slow to compare.'),
  ],
  grade: 'unknown',
  gradeReasons: ['Too little is known: 14 of 31 questions were answered.'],
  cost: { connections: 14, milliseconds: 60_000 },
}

const rsa = { ...rsaCertificate, keyBits: 3072, subject: 'CN=mail.example.com', notAfter: '2026-12-01T07:59:59Z' } as const
const stranger = {
  ...certificate,
  subject: 'CN=default.host.example',
  names: ['default.host.example'],
  notBefore: '2026-12-24T00:00:00Z',
} as const

const severalChains: AuditResult = {
  ...result,
  target: 'smtps://mail.example.com:465',
  posture: {
    ...posture,
    certificates: [
      { ...chain, servedFor: ['sni'], stapledOcsp: 'good', sctsInHandshake: 2 },
      {
        ...chain,
        keyType: 'RSA',
        servedFor: ['sni'],
        certificates: [rsa],
        trusted: false,
        trustError: 'unable to get local issuer certificate',
        missing: [intermediate.subject],
        ordered: 'not-applicable',
      },
      {
        ...chain,
        servedFor: ['no-sni', 'wrong-sni'],
        certificates: [stranger, intermediate, intermediate],
        nameMatches: false,
        ordered: false,
        needless: [intermediate.subject],
      },
    ],
  },
  findings: [
    finding('certificate-expiry', 'weak', 'The RSA certificate expires in 9 days.', {
      subjects: ['CN=mail.example.com'],
      remedy: 'Renew the certificate.',
    }),
    finding('chain-incomplete', 'bad', 'The RSA chain lacks its intermediate certificate.', {
      subjects: ['CN=mail.example.com'],
      remedy: 'Serve the full chain: leaf first, then the intermediate.',
      rules: [rule('ncsc-nl', 'bad', 'insufficient')],
    }),
    finding('protocol-tls13', 'good', 'TLS 1.3 is offered.', { subjects: ['TLSv1.3'] }),
  ],
  grade: 'C',
  gradeReasons: ['The RSA chain lacks its intermediate certificate.'],
  cost: { connections: 44, milliseconds: 903 },
}

/** Everything that a hostile server can put into a report: markup, terminal escapes, and letters that turn the line around. */
export const EVIL =
  '</script><script>alert(1)</script>"\'&\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n\u202egnp.exe\u2066\u200b|`@everyone ]]>#1'

const hostile: AuditResult = {
  ...result,
  target: `smtp://[2001:db8::bad]:25`,
  problem: { code: 'PEER', message: `Cannot read the reply: ${EVIL}`, remedy: 'Do not trust this server.' },
  posture: {
    ...posture,
    protocols: { ...posture.protocols, 'TLSv1.1': { ...posture.protocols['TLSv1.1'], refusal: EVIL } },
    certificates: [
      {
        ...chain,
        certificates: [
          { ...certificate, subject: `CN=${EVIL}`, issuer: EVIL, names: [EVIL, 'xn--bcher-kva.example'], signatureAlgorithm: EVIL },
        ],
        trustError: EVIL,
        missing: [EVIL],
      },
    ],
    features: { ...features, alpn: [EVIL] },
    clear: { banner: EVIL, capabilities: [EVIL], starttls: 'offered', authBeforeTls: [EVIL], textAfterGoAhead: true },
  },
  findings: [
    finding('banner', 'weak', `The banner says ${EVIL}`, {
      subjects: [EVIL],
      remedy: `Remove ${EVIL}`,
      neededBy: [EVIL],
      evidence: EVIL,
      rules: [rule('ncsc-nl', 'weak', EVIL, [EVIL])],
    }),
  ],
  evidence: [{ fact: EVIL, asked: EVIL, answer: EVIL }],
  grade: 'D',
  gradeReasons: [EVIL],
}

export const SAMPLES: Readonly<
  Record<
    'oldKerio' | 'wellKept' | 'unreachable' | 'halfKnown' | 'severalChains' | 'hostile' | 'nothing' | 'silent' | 'several',
    AuditReport
  >
> = {
  oldKerio: report(oldKerio),
  wellKept: report(wellKept),
  unreachable: report(unreachable),
  halfKnown: report(halfKnown),
  severalChains: report(severalChains),
  hostile: report(hostile),
  nothing: report(),
  silent: report({ ...halfKnown, findings: [], posture: unknownPosture() }),
  several: report(oldKerio, severalChains, wellKept, halfKnown, unreachable),
}
