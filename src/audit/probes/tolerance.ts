import type { Fact } from '../../policy/index.ts'
import { GREASE } from '../../registry/index.ts'
import { encodeSupportedVersionsClientHello, EXTENSION_TYPE, type RawExtension } from '../../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES, TLS13_GROUPS } from '../candidates.ts'
import type { Answer } from '../exchange.ts'
import type { HelloOffer, HelloProtocol } from '../hello.ts'
import { answered, prove } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Server } from '../server.ts'

/** A version after TLS 1.3 in the old field: servers answer with what they have, RFC 5246 §E.1. */
const FUTURE_VERSION = 0x0305
const TLS13 = 0x0304
const PADDING_LENGTH = 512
/** Numbers without a suite: a server that chokes on many of them chokes on the length. wolfSSL stands 150 suites. */
const FILLER: readonly number[] = Array.from({ length: 160 }, (_, index) => 0x5700 + index)
const [GREASE_ONE = 0x0a0a, GREASE_TWO = 0x1a1a] = GREASE

export interface ToleranceAnswers {
  /** Undefined, as all others: no answer that counts. */
  readonly futureVersion: Answer | undefined
  readonly grease: Answer | undefined
  /** Asked only where no other question was a long hello, and had an answer. */
  readonly longHello: Answer | undefined
  readonly manySuites: Answer | undefined
}

export const toleranceProbe: Probe<ToleranceAnswers> = {
  name: 'tolerance',
  question: 'Does the server pass over versions, suites, groups and extensions that it does not know?',
  reference: 'RFC 8446 §4.1.2 and §9.3, RFC 8701 §3.1',
  connections: 12,
  skip: () => undefined,
  ask: async (server) => ({
    futureVersion: await server.sure(fromTheFuture(server)),
    grease: await server.sure(greased(server)),
    longHello: server.known.stands?.longHello === 'unknown' ? await server.sure(padded(server)) : undefined,
    manySuites: server.known.stands?.manySuites === 'unknown' ? await server.sure(filled(server)) : undefined,
  }),

  judge: (answers) => ({
    tolerance: {
      ...(answers.futureVersion === undefined ? {} : { futureVersion: tolerated(answers.futureVersion) }),
      ...(answers.grease === undefined ? {} : { grease: tolerated(answers.grease) }),
      ...(answers.longHello === undefined ? {} : { longHello: tolerated(answers.longHello) }),
      ...(answers.manySuites === undefined ? {} : { manySuites: tolerated(answers.manySuites) }),
    },
    proofs: ASKED.flatMap(([fact, asked]) => {
      const answer = answers[fact]
      return answer === undefined ? [] : [prove(`tolerance.${fact}`, asked, answered(answer))]
    }),
  }),
}

const ASKED: readonly (readonly [fact: keyof ToleranceAnswers, asked: string])[] = [
  ['futureVersion', 'hello of a version that nobody has defined'],
  ['grease', 'hello with GREASE values'],
  ['longHello', 'hello of more than 512 bytes'],
  ['manySuites', 'hello with more than 150 suites'],
]

export const tolerance: AnyProbe = probe(toleranceProbe)

/** A server that hangs or closes on what it does not know is as intolerant as one that says so. */
function tolerated(answer: Answer): Fact {
  if (answer.kind === 'server-hello') return true
  return answer.kind === 'alert' || answer.kind === 'closed' ? false : 'unknown'
}

/** In the old field where the server speaks an old protocol, else in supported_versions. */
function fromTheFuture(server: Server): HelloOffer {
  const old = server.known.protocols.find((protocol) => protocol !== 'TLSv1.3')
  if (old !== undefined) return { ...usual(server, old), legacyVersion: FUTURE_VERSION }
  const versions = encodeSupportedVersionsClientHello([FUTURE_VERSION, TLS13])
  return { ...usual(server), extensions: [{ type: EXTENSION_TYPE.supported_versions, data: versions }] }
}

function usual(server: Server, protocol: HelloProtocol = server.known.protocols[0] ?? 'TLSv1.2'): HelloOffer {
  return {
    protocol,
    suites: server.known.suites(protocol).map((suite) => suite.code),
    groups: protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_GROUPS,
    signatureSchemes: SIGNATURE_SCHEMES,
    serverName: server.known.serverName,
  }
}

/** Longer than 512 bytes, RFC 7685 §3. */
function padded(server: Server): HelloOffer {
  return { ...usual(server), extensions: [{ type: EXTENSION_TYPE.padding, data: new Uint8Array(PADDING_LENGTH) }] }
}

function filled(server: Server): HelloOffer {
  const offer = usual(
    server,
    server.known.protocols.find((protocol) => protocol !== 'TLSv1.3'),
  )
  return { ...offer, suites: [...offer.suites, ...FILLER] }
}

function greased(server: Server): HelloOffer {
  const offer = usual(server)
  const extensions: RawExtension[] = [
    { type: GREASE_ONE, data: new Uint8Array(0) },
    { type: GREASE_TWO, data: new Uint8Array(1) },
  ]
  if (offer.protocol === 'TLSv1.3')
    extensions.unshift({ type: EXTENSION_TYPE.supported_versions, data: encodeSupportedVersionsClientHello([GREASE_ONE, TLS13]) })
  return {
    ...offer,
    suites: [GREASE_ONE, ...offer.suites],
    groups: [GREASE_ONE, ...offer.groups],
    signatureSchemes: [...offer.signatureSchemes, GREASE_ONE],
    extensions: offer.protocol === 'SSLv3' ? [] : extensions,
  }
}
