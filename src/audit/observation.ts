import { groupByCode, PROTOCOLS, protocolVersion, suiteByCode, type CipherSuite, type ProtocolName } from '../registry/index.ts'
import { decodeServerKeyExchange, MalformedError, serverKeyExchangeShape, type ServerKeyExchange } from '../wire/index.ts'
import type { Answer } from './exchange.ts'
import type { HelloOffer } from './hello.ts'

/** A ServerHello with the question it answers, and what its flight says about the key exchange. */
export interface Observation {
  readonly offer: HelloOffer
  readonly answer: Answer & { readonly kind: 'server-hello' }
  readonly protocol: ProtocolName | undefined
  readonly suite: CipherSuite | undefined
  readonly keyExchange: ServerKeyExchange | undefined
}

/** Makes an observation of an answer; undefined for everything but a ServerHello. */
export function observe(offer: HelloOffer, answer: Answer): Observation | undefined {
  if (answer.kind !== 'server-hello') return undefined
  const suite = suiteByCode(answer.hello.cipherSuite)
  const protocol = PROTOCOLS.find((name) => protocolVersion.code(name) === answer.version)
  return { offer, answer, protocol, suite, keyExchange: keyExchangeOf(answer, suite) }
}

/** The group of an observation by code point: of the HelloRetryRequest, or of the ServerKeyExchange. */
export function observedGroup(observation: Observation): number | undefined {
  if (observation.answer.group !== undefined) return observation.answer.group
  const params = observation.keyExchange?.params
  return params?.kind === 'ECDHE' && params.curveParams.kind === 'named_curve' ? params.curveParams.namedCurve : undefined
}

/** The IANA name of a group, or its number. */
export function groupName(code: number): string {
  return groupByCode(code)?.name ?? `0x${code.toString(16).padStart(4, '0')}`
}

function keyExchangeOf(answer: Answer & { readonly kind: 'server-hello' }, suite: CipherSuite | undefined): ServerKeyExchange | undefined {
  const body = answer.flight.serverKeyExchange
  const shape = suite === undefined ? undefined : serverKeyExchangeShape(suite, answer.version)
  if (body === undefined || shape === undefined) return undefined
  try {
    return decodeServerKeyExchange(body, shape)
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
