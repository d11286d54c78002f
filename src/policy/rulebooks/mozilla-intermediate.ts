import type { Rulebook } from '../rulebook.ts'
import { MOZILLA_CURVES, MOZILLA_ECDSA, MOZILLA_INTERMEDIATE, MOZILLA_TLS13, mozillaRulebook } from './mozilla.ts'

/** For services in general. The same in 5.8. */
export const mozillaIntermediate: Rulebook = mozillaRulebook({
  name: 'mozilla-intermediate',
  title: 'Mozilla Server Side TLS, intermediate',
  edition: '6.0',
  date: '2026-04-06',
  tlsVersions: ['TLSv1.2', 'TLSv1.3'],
  ciphers: [...MOZILLA_TLS13, ...MOZILLA_INTERMEDIATE],
  tlsCurves: MOZILLA_CURVES,
  keys: [MOZILLA_ECDSA, { types: ['RSA'] }],
  smallestRsaKey: 2048,
  dhParamSize: 2048,
  maximumCertificateLifespan: 366,
  serverPreferredOrder: false,
})
