import {
  clientOfPosture,
  handshakeServerOf,
  type HandshakeCertificate,
  type HandshakeClient,
  type HandshakeServer,
} from '../../policy/negotiate/index.ts'
import { cipherSuites, suiteByName } from '../../registry/index.ts'
import type { Leg } from '../words.ts'

/** Every way in which the end may turn out, since settings do not say all of it. */
export interface PossibleEnds<T> {
  readonly ends: readonly T[]
  /** Its suites are not known, so that only versions count. */
  readonly anySuite: boolean
  /** What makes the ends differ, in words. */
  readonly open: readonly string[]
}

/** Every suite with a key exchange that is met today. */
export const EVERY_SUITE: readonly string[] = cipherSuites
  .filter(({ kx, au, enc }) => ['any', 'ECDHE', 'DHE', 'RSA'].includes(kx) && au !== 'anon' && au !== 'PSK' && enc !== 'NULL')
  .map(({ iana }) => iana)

/**
 * What unknown suites may be: all of them, or those of one key exchange up to TLS 1.2. Who has all may choose one that the other end then
 * refuses, for its group or its signature, where another one alone would have done.
 */
const POSSIBLE_SUITES: readonly { readonly suites: readonly string[] }[] = [
  EVERY_SUITE,
  ...['ECDHE', 'DHE', 'RSA'].map((only) => EVERY_SUITE.filter((name) => ['any', only].includes(suiteByName(name)?.kx ?? ''))),
].map((suites) => ({ suites }))

export const RSA_KEY: HandshakeCertificate = { keyType: 'RSA', keyBits: 2048 }
export const ECDSA_KEY: HandshakeCertificate = { keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' }

/** Sizes that settings which leave it open may mean, beside none. */
const DH_SIZES = [1024, 2048, 4096]
/** Every server that has curves has this one. */
const SMALLEST_GROUPS = ['secp256r1']

/** Undefined where not even the versions are known. */
export function serversOfLeg({ posture, words }: Leg, certificate: HandshakeCertificate): PossibleEnds<HandshakeServer> | undefined {
  if (words.protocols.value === 'unknown') return undefined
  const anySuite = words.suites.value === 'unknown'
  const made = handshakeServerOf(posture)
  const certificates = posture.certificates.length > 0 ? made.certificates : [certificate]
  const base: HandshakeServer = { ...made, certificates, ...(anySuite ? { suites: EVERY_SUITE } : {}) }
  const open = [...(anySuite ? ['suites'] : []), ...openWords(base, { posture, words })]
  const ways = [
    anySuite ? POSSIBLE_SUITES : [{}],
    open.includes('suite order') ? [{ order: 'server' as const }, { order: 'client' as const }] : [{}],
    open.includes('groups') ? [{}, { groups: SMALLEST_GROUPS }] : [{}],
    open.includes('size of DHE') ? [{}, ...DH_SIZES.map((dh) => ({ dh }))] : [{}],
    open.includes('SSLv2 hello') ? [{ sslv2Hello: true }, { sslv2Hello: false }] : [{}],
  ]
  return { ends: combine(base, ways), anySuite, open }
}

function openWords({ suites }: HandshakeServer, { words }: Pick<Leg, 'posture' | 'words'>): readonly string[] {
  const uses = (kx: string): boolean => suites.some((name) => suiteByName(name)?.kx === kx)
  return [
    ...(words.order.value === 'unknown' ? ['suite order'] : []),
    ...(words.groups.value === 'unknown' ? ['groups'] : []),
    ...(words.dh.value === 'unknown' && uses('DHE') ? ['size of DHE'] : []),
    ...(words.sslv2Hello.value === 'unknown' ? ['SSLv2 hello'] : []),
  ]
}

/** Undefined where not even the versions are known. */
export function clientsOfLeg({ posture, words }: Leg): PossibleEnds<HandshakeClient> | undefined {
  if (words.protocols.value === 'unknown') return undefined
  const anySuite = words.suites.value === 'unknown'
  const base: HandshakeClient = { ...clientOfPosture(posture), ...(anySuite ? { suites: EVERY_SUITE } : {}) }
  const open = [...(anySuite ? ['suites'] : []), ...(words.groups.value === 'unknown' ? ['groups'] : [])]
  const ways = [anySuite ? POSSIBLE_SUITES : [{}], open.includes('groups') ? [{}, { groups: SMALLEST_GROUPS }] : [{}]]
  return { ends: combine(base, ways), anySuite, open }
}

function combine<T extends object>(base: T, ways: readonly (readonly Partial<T>[])[]): readonly T[] {
  return ways.reduce<readonly T[]>((ends, choices) => ends.flatMap((end) => choices.map((choice) => ({ ...end, ...choice }))), [base])
}
