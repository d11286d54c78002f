import type { Rulebook } from '../rulebook.ts'
import { expand } from '../expand.ts'
import { MOZILLA_CURVES, MOZILLA_ECDSA, MOZILLA_INTERMEDIATE, MOZILLA_TLS13, mozillaRulebook } from './mozilla.ts'

/** The edition before post-quantum groups, still with DHE suites: what most published configurations follow. */
export const mozillaIntermediate57: Rulebook = mozillaRulebook({
  name: 'mozilla-intermediate-5.7',
  title: 'Mozilla Server Side TLS, intermediate',
  edition: '5.7',
  date: '2023-05-15',
  tlsVersions: ['TLSv1.2', 'TLSv1.3'],
  ciphers: [
    ...MOZILLA_TLS13,
    ...MOZILLA_INTERMEDIATE,
    ...expand('TLS_DHE_RSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}'),
  ],
  tlsCurves: MOZILLA_CURVES.filter((curve) => curve !== 'X25519MLKEM768'),
  keys: [MOZILLA_ECDSA, { types: ['RSA'] }],
  smallestRsaKey: 2048,
  dhParamSize: 2048,
  maximumCertificateLifespan: 366,
  serverPreferredOrder: false,
})
