import type { Rulebook } from '../rulebook.ts'
import { expand } from '../expand.ts'
import { MOZILLA_CURVES, MOZILLA_INTERMEDIATE, MOZILLA_TLS13, mozillaRulebook } from './mozilla.ts'

/** For services that very old clients must reach. Last published in 5.8; 6.0 dropped it. */
export const mozillaOld: Rulebook = mozillaRulebook({
  name: 'mozilla-old',
  title: 'Mozilla Server Side TLS, old',
  edition: '5.8',
  date: '2026-04-06',
  tlsVersions: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  ciphers: [
    ...MOZILLA_TLS13,
    ...MOZILLA_INTERMEDIATE,
    ...expand(
      'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_CBC_SHA256',
      'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_CBC_SHA',
      'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_CBC_SHA384',
      'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_CBC_SHA',
      'TLS_RSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384}',
      'TLS_RSA_WITH_AES_{128,256}_CBC_SHA256',
      'TLS_RSA_WITH_AES_{128,256}_CBC_SHA',
      'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
    ),
  ],
  tlsCurves: MOZILLA_CURVES,
  keys: [{ types: ['RSA'] }],
  smallestRsaKey: 2048,
  dhParamSize: 2048,
  maximumCertificateLifespan: 366,
  serverPreferredOrder: true,
})
