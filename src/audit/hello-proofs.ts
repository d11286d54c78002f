import { knownPrime, protocolVersion, signatureScheme } from '../registry/index.ts'
import { downgradeSentinel, EXTENSION_TYPE, findExtension } from '../wire/index.ts'
import type { Answer } from './exchange.ts'
import { newestOf } from './facts.ts'
import { encodeOffer } from './hello.ts'
import { groupName, observedGroup, type Observation } from './observation.ts'
import { answered, prove, type Proof } from './proof.ts'

const TLS13 = protocolVersion.code('TLSv1.3')

/** The answers to hellos that show what `facts.ts` makes of them: one for each fact, the one that decides. */
export function helloProofs(observations: readonly Observation[]): readonly Proof[] {
  const old = newestOf(observations)
  const cbc = old.filter(({ suite }) => suite?.mode === 'CBC')
  const older = observations.filter(({ answer }) => answer.version < TLS13)
  return [
    ...extensionProof('extendedMasterSecret', old, EXTENSION_TYPE.extended_master_secret, 'every'),
    ...extensionProof('encryptThenMac', cbc, EXTENSION_TYPE.encrypt_then_mac, 'every'),
    ...extensionProof('secureRenegotiation', old, EXTENSION_TYPE.renegotiation_info, 'every'),
    ...extensionProof('sessionTickets', old, EXTENSION_TYPE.session_ticket, 'some'),
    ...(observations.length > older.length ? sentinelProof(older) : []),
    ...keyExchangeProofs(observations),
    ...groupProofs(observations),
    ...schemeProofs(observations),
    ...lengthProofs(observations),
  ]
}

/** What came back for a CLIENT-HELLO of SSL 2.0. */
export function sslv2Proof(answer: Answer | undefined): readonly Proof[] {
  if (answer === undefined) return []
  const fact = answer.kind === 'sslv2-server-hello' ? 'protocols.SSLv2.suites' : 'protocols.SSLv2.refusal'
  return [prove(fact, 'CLIENT-HELLO of SSL 2.0', answered(answer))]
}

/** RFC 7685 §1: some hang on hellos that are longer. */
const LONG_HELLO = 512
const RECORD_HEADER_LENGTH = 5
const MANY_SUITES = 150

function lengthProofs(observations: readonly Observation[]): readonly Proof[] {
  const long = observations.find(({ offer }) => encodeOffer(offer).length - RECORD_HEADER_LENGTH > LONG_HELLO)
  const many = observations.find(({ offer }) => offer.suites.length > MANY_SUITES)
  return [
    ...(long === undefined ? [] : [prove('tolerance.longHello', `${words(long)}, longer than ${LONG_HELLO} bytes`, answered(long.answer))]),
    ...(many === undefined ? [] : [prove('tolerance.manySuites', words(many), answered(many.answer))]),
  ]
}

/** Where one without decides, one without is shown, and else one with. */
function extensionProof(name: string, observations: readonly Observation[], type: number, needed: 'every' | 'some'): readonly Proof[] {
  const has = ({ answer }: Observation): boolean => findExtension(answer.hello.extensions, type) !== undefined
  const one = observations.find((each) => has(each) === (needed === 'some')) ?? observations[0]
  if (one === undefined) return []
  const how = has(one) ? 'answered with the extension' : 'answered without the extension'
  return [{ fact: `features.${name}`, asked: `${words(one)}: ${how}`, answer: one.answer.bytes }]
}

function sentinelProof(older: readonly Observation[]): readonly Proof[] {
  const marked = ({ answer }: Observation): boolean => downgradeSentinel(answer.hello) !== undefined
  const one = older.find((each) => !marked(each)) ?? older[0]
  if (one === undefined) return []
  const asked = `${words(one)}: ServerHello.random ${marked(one) ? 'tells' : 'does not tell'} of a downgrade`
  return [{ fact: 'features.downgradeSentinel', asked, answer: one.answer.bytes }]
}

/** The weakest DH group that was served, and the public values that did, or did not, come twice. */
function keyExchangeProofs(observations: readonly Observation[]): readonly Proof[] {
  const dhe = observations.flatMap(({ keyExchange, answer }) =>
    keyExchange?.params?.kind === 'DHE' ? { ...keyExchange.params, answer } : [],
  )
  const [weakest] = dhe.toSorted((one, other) => one.dhP.length - other.dhP.length)
  const points = observations.flatMap(({ keyExchange }) => (keyExchange?.params?.kind === 'ECDHE' ? keyExchange.params.point : []))
  return [
    ...(weakest === undefined
      ? []
      : [
          {
            fact: 'dh',
            asked: `hello with DHE: ServerKeyExchange with ${knownPrime(weakest.dhP)?.name ?? 'a prime of its own'}`,
            answer: weakest.answer.flight.serverKeyExchange ?? weakest.dhP,
          },
        ]),
    ...reuseProof(points),
  ]
}

function reuseProof(points: readonly Uint8Array[]): readonly Proof[] {
  if (points.length < 2) return []
  const same = points.map((point) => points.filter((other) => Buffer.compare(point, other) === 0)).find((twice) => twice.length > 1)
  const asked = `public ECDHE values of ${points.length} connections: ${same === undefined ? 'all different' : 'one came again'}`
  return [{ fact: 'features.ecdhReuse', asked, answer: Buffer.concat((same ?? points).slice(0, 2)) }]
}

function groupProofs(observations: readonly Observation[]): readonly Proof[] {
  const first = firstOf(observations, observedGroup)
  return [...first].map(([code, one]) => ({
    fact: `groups.${groupName(code)}`,
    asked: `${words(one)}: ${one.answer.flight.serverKeyExchange === undefined ? 'key_share' : 'ServerKeyExchange'} with ${groupName(code)}`,
    answer: one.answer.flight.serverKeyExchange ?? one.answer.bytes,
  }))
}

function schemeProofs(observations: readonly Observation[]): readonly Proof[] {
  const first = firstOf(observations, ({ protocol, keyExchange }) =>
    protocol === 'TLSv1.2' ? keyExchange?.signature?.algorithm : undefined,
  )
  return [...first].map(([code, one]) => ({
    fact: `signatureSchemes.TLSv1.2.${signatureScheme.name(code)}`,
    asked: `${words(one)}: ServerKeyExchange signed with ${signatureScheme.name(code)}`,
    answer: one.answer.flight.serverKeyExchange ?? one.answer.bytes,
  }))
}

function firstOf(observations: readonly Observation[], codeOf: (one: Observation) => number | undefined): ReadonlyMap<number, Observation> {
  const first = new Map<number, Observation>()
  for (const one of observations) {
    const code = codeOf(one)
    if (code !== undefined && !first.has(code)) first.set(code, one)
  }
  return first
}

function words({ offer }: Observation): string {
  return `${offer.protocol} hello with ${offer.suites.length} suites`
}
