import type { Fact } from '../../policy/index.ts'
import { encodeEmptyExtension, encodeHeartbeatMode, EXTENSION_TYPE, findExtension, type RawExtension } from '../../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import type { Answer } from '../exchange.ts'
import { answered, prove } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known, Server } from '../server.ts'
import { sharedAnswer } from '../shared-answer.ts'

/** DEFLATE of TLS, RFC 3749 §2, before no compression. */
const COMPRESSION_METHODS = [1, 0]
const HEARTBEAT: RawExtension = { type: EXTENSION_TYPE.heartbeat, data: encodeHeartbeatMode(1) }
const TRUNCATED_HMAC: RawExtension = { type: EXTENSION_TYPE.truncated_hmac, data: encodeEmptyExtension() }

/** One answer when the server takes all three offers in one hello, else one for each. */
export interface HelloFeatureAnswers {
  readonly compression: Answer
  readonly heartbeat: Answer
  readonly truncatedHmac: Answer
}

function protocolOf(known: Known): Known['protocols'][number] | undefined {
  return (
    known.protocols.find((protocol) => protocol !== 'TLSv1.3' && protocol !== 'SSLv3') ??
    known.protocols.find((protocol) => protocol === 'SSLv3')
  )
}

export const helloFeaturesProbe: Probe<HelloFeatureAnswers> = {
  name: 'hello-features',
  question: 'Does the server compress, take heartbeats, or truncate the HMAC?',
  reference: 'RFC 3749 §2, CVE-2012-4929 (CRIME), RFC 6520 §2, RFC 6066 §7',
  connections: 4,
  skip: (known) => {
    if (protocolOf(known) !== undefined) return undefined
    return { features: { compression: 'not-applicable', heartbeat: 'not-applicable', truncatedHmac: 'not-applicable' } }
  },

  ask: (server) => helloFeatureAnswers(server),

  judge({ compression, heartbeat, truncatedHmac }) {
    return {
      features: {
        compression: compresses(compression),
        heartbeat: has(heartbeat, EXTENSION_TYPE.heartbeat),
        truncatedHmac: has(truncatedHmac, EXTENSION_TYPE.truncated_hmac),
      },
      proofs: [
        prove('features.compression', 'hello that offers DEFLATE', answered(compression)),
        prove('features.heartbeat', 'hello that offers heartbeats', answered(heartbeat)),
        prove('features.truncatedHmac', 'hello that offers truncated_hmac', answered(truncatedHmac)),
      ],
    }
  },
}

export const helloFeatures: AnyProbe = probe(helloFeaturesProbe)

/** Asked once for all probes of an audit. */
export const helloFeatureAnswers: (server: Server) => Promise<HelloFeatureAnswers> = sharedAnswer(
  askAll,
  ({ compression, heartbeat }) => compression.kind === 'server-hello' && heartbeat.kind === 'server-hello',
)

async function askAll(server: Server): Promise<HelloFeatureAnswers> {
  const all = await ask(server, COMPRESSION_METHODS, [HEARTBEAT, TRUNCATED_HMAC])
  if (all.kind === 'server-hello') return { compression: all, heartbeat: all, truncatedHmac: all }
  return {
    compression: await ask(server, COMPRESSION_METHODS, []),
    heartbeat: await ask(server, [0], [HEARTBEAT]),
    truncatedHmac: await ask(server, [0], [TRUNCATED_HMAC]),
  }
}

function ask(server: Server, compressionMethods: readonly number[], extensions: readonly RawExtension[]): Promise<Answer> {
  const protocol = protocolOf(server.known) ?? 'TLSv1.2'
  const suites = server.known.suites(protocol).map((suite) => suite.code)
  return server.hello({
    protocol,
    suites,
    groups: OLD_GROUPS,
    signatureSchemes: SIGNATURE_SCHEMES,
    serverName: server.known.serverName,
    compressionMethods,
    extensions,
  })
}

/** A method that was not offered is a mistake, and says nothing of those that were. */
function compresses(answer: Answer): Fact {
  if (answer.kind !== 'server-hello') return 'unknown'
  const { legacyCompressionMethod } = answer.hello
  return COMPRESSION_METHODS.includes(legacyCompressionMethod) ? legacyCompressionMethod !== 0 : 'unknown'
}

function has(answer: Answer, type: number): Fact {
  return answer.kind === 'server-hello' ? findExtension(answer.hello.extensions, type) !== undefined : 'unknown'
}
