import type { AnyProbe } from './probe.ts'
import { alpn } from './probes/alpn.ts'
import { ccsInjection } from './probes/ccs-injection.ts'
import { dhWithoutFfdhe } from './probes/dh-without-ffdhe.ts'
import { fallbackScsv } from './probes/fallback-scsv.ts'
import { heartbleed } from './probes/heartbleed.ts'
import { helloFeatures } from './probes/hello-features.ts'
import { prioritizeChaCha } from './probes/prioritize-chacha.ts'
import { recordSplitting } from './probes/record-splitting.ts'
import { clientRenegotiation } from './probes/renegotiation.ts'
import { resumption } from './probes/resumption.ts'
import { robot } from './probes/robot.ts'
import { sslv2Hello } from './probes/sslv2-hello.ts'
import { staple } from './probes/staple.ts'
import { starttlsInjection } from './probes/starttls-injection.ts'
import { tls13Signatures } from './probes/tls13-signatures.ts'
import { tolerance } from './probes/tolerance.ts'
import { withoutSni } from './probes/without-sni.ts'

/** Every probe. A new one is one file, one test and one line here. Those that wait longest come first. */
export const PROBES: readonly AnyProbe[] = [
  resumption,
  ccsInjection,
  heartbleed,
  starttlsInjection,
  robot,
  tls13Signatures,
  clientRenegotiation,
  alpn,
  helloFeatures,
  tolerance,
  recordSplitting,
  dhWithoutFfdhe,
  withoutSni,
  staple,
  prioritizeChaCha,
  sslv2Hello,
  fallbackScsv,
]

/** Asked behind all others, because it takes what they have heard. */
export { clientCertificate } from './probes/client-certificate.ts'
/** Asked behind the search for groups, because it takes what that has found. */
export { olderGroups } from './probes/older-groups.ts'
