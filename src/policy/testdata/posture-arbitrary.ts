import * as fc from 'fast-check'
import { cipherSuites, groups, knownPrimes, PROTOCOLS, signatureScheme, sslv2Ciphers, type ProtocolName } from '../../registry/index.ts'
import type {
  CertificatePosture,
  ChainPosture,
  ClearPosture,
  DhPosture,
  Fact,
  FeaturePosture,
  FlawPosture,
  KeyType,
  Posture,
  ProtocolPosture,
  TolerancePosture,
} from '../posture.ts'
import { refusedProtocol, unknownPosture } from '../unknown-posture.ts'

/** True, false, `unknown` or `not-applicable`. */
export const fact: fc.Arbitrary<Fact> = fc.constantFrom<Fact>(true, false, 'unknown', 'not-applicable')

const tls13Suites = cipherSuites.filter((suite) => suite.kx === 'any').map((suite) => suite.iana)
const olderSuites = cipherSuites.filter((suite) => suite.kx !== 'any').map((suite) => suite.iana)

function suitesOf(protocol: ProtocolName): fc.Arbitrary<readonly string[]> {
  const names = protocol === 'SSLv2' ? sslv2Ciphers.map((kind) => kind.name) : protocol === 'TLSv1.3' ? tls13Suites : olderSuites
  return fc.uniqueArray(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.constant('0xabcd') }), { maxLength: 8 })
}

const groupNames = fc.uniqueArray(fc.constantFrom(...groups.map((group) => group.name), '0xabcd'), { maxLength: 6 })

function offeredProtocol(protocol: ProtocolName): fc.Arbitrary<ProtocolPosture> {
  return fc.record({
    offered: fc.constant<true>(true),
    suites: suitesOf(protocol),
    order: fc.constantFrom('server', 'client', 'unknown'),
    prefersClientChaCha: fact,
    groups: groupNames,
    complete: fc.boolean(),
  })
}

/** A version that is offered, refused, or not known about. */
export function protocolArbitrary(protocol: ProtocolName): fc.Arbitrary<ProtocolPosture> {
  const unknown = unknownPosture().protocols[protocol]
  return fc.oneof(offeredProtocol(protocol), fc.constantFrom(refusedProtocol('alert protocol_version'), unknown))
}

const dh: fc.Arbitrary<DhPosture> = fc
  .array(
    fc.record({
      bits: fc.constantFrom(512, 768, 1024, 2048, 3072, 4096),
      prime: fc.constantFrom('custom', ...knownPrimes.map((prime) => prime.name)),
      generator: fc.constantFrom(2, 5),
      protocols: fc.subarray([...PROTOCOLS]),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .chain((all) => {
    const [smallest] = all.toSorted((a, b) => a.bits - b.bits)
    const { bits, prime } = smallest ?? { bits: 2048, prime: 'custom' }
    return fact.map((reused) => ({ bits, prime, all, reused }))
  })

const date = fc.constantFrom('2020-01-01T00:00:00Z', '2026-10-01T00:00:00Z', '2026-11-25T00:00:00Z', '2027-01-01T00:00:00Z', 'never')

const certificate: fc.Arbitrary<CertificatePosture> = fc.record(
  {
    subject: fc.constantFrom('CN=mail.example.com', ''),
    issuer: fc.constant('CN=Example CA'),
    names: fc.subarray(['mail.example.com', '192.0.2.1']),
    serial: fc.constant('01'),
    notBefore: date,
    notAfter: date,
    keyType: fc.constantFrom<KeyType>('RSA', 'RSA-PSS', 'ECDSA', 'DSA', 'DH', 'Ed25519', 'Ed448', 'ML-DSA', 'unknown'),
    keyBits: fc.constantFrom(0, 256, 384, 1024, 2048, 3072),
    curve: fc.constantFrom('secp256r1', 'secp384r1', 'secp160r1'),
    signatureAlgorithm: fc.constantFrom('sha256WithRSAEncryption', 'sha1WithRSAEncryption', 'ED25519'),
    signatureHash: fc.constantFrom('MD5', 'SHA-1', 'SHA-224', 'SHA-256', 'none', 'unknown'),
    selfSigned: fc.boolean(),
    isCa: fc.boolean(),
    mustStaple: fc.boolean(),
    scts: fc.nat(3),
    ocspUrls: fc.subarray(['http://ocsp.example.com']),
    sha256: fc.constant('00'),
    pem: fc.constant(''),
  },
  {
    requiredKeys: [
      'subject',
      'issuer',
      'names',
      'serial',
      'notBefore',
      'notAfter',
      'keyType',
      'keyBits',
      'signatureAlgorithm',
      'signatureHash',
      'selfSigned',
      'isCa',
      'mustStaple',
      'scts',
      'ocspUrls',
      'sha256',
      'pem',
    ],
  },
)

const chain: fc.Arbitrary<ChainPosture> = fc.record({
  keyType: fc.constantFrom<KeyType>('RSA', 'ECDSA', 'unknown'),
  servedFor: fc.subarray(['sni', 'no-sni', 'wrong-sni']),
  certificates: fc.array(certificate, { maxLength: 3 }),
  nameMatches: fact,
  trusted: fact,
  publiclyTrusted: fact,
  ordered: fact,
  missing: fc.subarray(['CN=Example CA']),
  needless: fc.subarray(['CN=Example Root']),
  stapledOcsp: fc.constantFrom('good', 'revoked', 'expired', 'unknown-status', 'absent', 'unknown', 'not-applicable'),
  sctsInHandshake: fc.nat(2),
})

const schemes = fc.oneof(
  fc.constant<'unknown'>('unknown'),
  fc.uniqueArray(fc.constantFrom<string>(...signatureScheme.names), { maxLength: 4 }),
)

const featuresAsked = {
  extendedMasterSecret: fact,
  encryptThenMac: fact,
  secureRenegotiation: fact,
  clientRenegotiation: fact,
  compression: fact,
  heartbeat: fact,
  truncatedHmac: fact,
  alpn: fc.oneof(fc.constant<'unknown'>('unknown'), fc.subarray(['smtp', 'imap'])),
  sessionTickets: fact,
  ticketLifetime: fc.constantFrom<Fact<number>>(0, 300, 7200, 604_800, 604_801, 'unknown', 'not-applicable'),
  sessionIdResumption: fact,
  ticketResumption: fact,
  pskResumption: fact,
  earlyData: fact,
  fallbackScsv: fact,
  downgradeSentinel: fact,
  recordSplitting: fact,
  ecdhReuse: fact,
}

const features: fc.Arbitrary<FeaturePosture> = fc.oneof(
  fc.record(featuresAsked),
  fc.record({
    ...featuresAsked,
    clientCertificate: fc.constantFrom<NonNullable<FeaturePosture['clientCertificate']>>(
      'required',
      'requested',
      'not-requested',
      'unknown',
      'not-applicable',
    ),
  }),
)

const tolerance: fc.Arbitrary<TolerancePosture> = fc.record({ futureVersion: fact, grease: fact, longHello: fact, manySuites: fact })

const flaws: fc.Arbitrary<FlawPosture> = fc.record({ heartbleed: fact, ccsInjection: fact, ticketbleed: fact, robot: fact, starttlsInjection: fact })

const clear: fc.Arbitrary<ClearPosture> = fc.record({
  banner: fc.constant('220 mail.example.com ESMTP'),
  capabilities: fc.subarray(['STARTTLS', 'AUTH PLAIN']),
  starttls: fc.constantFrom('offered', 'missing', 'refused', 'unknown'),
  authBeforeTls: fc.subarray(['PLAIN', 'LOGIN']),
  textAfterGoAhead: fact,
})

/** Any posture that a measurement could come to, and some that none should. For property tests. */
export const postureArbitrary: fc.Arbitrary<Posture> = fc.record({
  role: fc.constantFrom('server', 'server', 'server', 'client'),
  protocols: fc.record({
    SSLv2: protocolArbitrary('SSLv2'),
    SSLv3: protocolArbitrary('SSLv3'),
    TLSv1: protocolArbitrary('TLSv1'),
    'TLSv1.1': protocolArbitrary('TLSv1.1'),
    'TLSv1.2': protocolArbitrary('TLSv1.2'),
    'TLSv1.3': protocolArbitrary('TLSv1.3'),
  }),
  sslv2Hello: fact,
  groups: groupNames,
  dh: fc.option(dh),
  signatureSchemes: fc.record({ 'TLSv1.2': schemes, 'TLSv1.3': schemes }, { requiredKeys: [] }),
  certificates: fc.array(chain, { maxLength: 2 }),
  features,
  tolerance,
  flaws,
  clear: fc.option(clear),
})
