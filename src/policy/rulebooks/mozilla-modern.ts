import type { Rulebook } from '../rulebook.ts'
import { MOZILLA_CURVES, MOZILLA_ECDSA, MOZILLA_TLS13, mozillaRulebook } from './mozilla.ts'

/** For services whose clients all have TLS 1.3. */
export const mozillaModern: Rulebook = mozillaRulebook({
  name: 'mozilla-modern',
  title: 'Mozilla Server Side TLS, modern',
  edition: '6.0',
  date: '2026-04-06',
  tlsVersions: ['TLSv1.3'],
  ciphers: MOZILLA_TLS13,
  tlsCurves: MOZILLA_CURVES,
  keys: [MOZILLA_ECDSA],
  maximumCertificateLifespan: 90,
  serverPreferredOrder: false,
})
