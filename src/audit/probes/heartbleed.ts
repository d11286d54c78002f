import { CONTENT_TYPE, encodeHeartbeatMode, EXTENSION_TYPE, findExtension, HEARTBEAT_MESSAGE_TYPE, Writer } from '../../wire/index.ts'
import { answered, prove, type Heard } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Known } from '../server.ts'
import { helloFeatureAnswers } from './hello-features.ts'

/** What a heartbeat request that claims more than it brings was answered with. `fragment`: a response with bytes nobody sent. */
export type HeartbeatAnswer =
  /** `heard`: the ServerHello without the extension. */
  | { readonly kind: 'not-negotiated'; readonly heard: Heard }
  | { readonly kind: 'response'; readonly fragment: Uint8Array; readonly heard: Heard }
  /** It was passed over, and the handshake went on. */
  | { readonly kind: 'discarded'; readonly heard: Heard }
  | { readonly kind: 'refused'; readonly heard: Heard }
  | { readonly kind: 'unclear' }

/** The least that proves it: memory of the server beyond these few bytes is none of our business. */
const CLAIMED_LENGTH = 32
const REQUEST = `heartbeat request that claims ${CLAIMED_LENGTH} bytes and brings none`
const ASKED: Readonly<Record<Exclude<HeartbeatAnswer['kind'], 'unclear'>, string>> = {
  'not-negotiated': 'hello that offers heartbeats, answered without the extension',
  discarded: `${REQUEST}, passed over, and the handshake finished`,
  response: REQUEST,
  refused: REQUEST,
}
/** A response comes at once or never. */
const RESPONSE_PATIENCE_MS = 1000

function protocolOf(known: Known): Known['protocols'][number] | undefined {
  return known.protocols.find((protocol) => protocol !== 'TLSv1.3' && protocol !== 'SSLv3')
}

export const heartbleedProbe: Probe<HeartbeatAnswer> = {
  name: 'heartbleed',
  question: 'Does a heartbeat that claims more than it brings come back with memory of the server?',
  reference: 'CVE-2014-0160, RFC 6520 §4',
  connections: 1,
  skip: (known) => (protocolOf(known) === undefined ? { flaws: { heartbleed: 'not-applicable' } } : undefined),

  ask: async (server) => {
    const { heartbeat } = await helloFeatureAnswers(server)
    if (heartbeat.kind === 'server-hello' && findExtension(heartbeat.hello.extensions, EXTENSION_TYPE.heartbeat) === undefined) {
      return { kind: 'not-negotiated', heard: answered(heartbeat) }
    }
    const protocol = protocolOf(server.known) ?? 'TLSv1.2'
    const options = {
      protocols: [protocol],
      cipherSuites: sessionSuites(server.known, protocol),
      extensions: [{ type: EXTENSION_TYPE.heartbeat, data: encodeHeartbeatMode(1) }],
      pauseAfterServerHelloDone: true,
    }
    return server.session(options, async (conversation): Promise<HeartbeatAnswer> => {
      conversation.send(conversation.session.start())
      await conversation.until((event) => event.kind === 'server-hello-done')
      if (conversation.find('server-hello-done') === undefined) return { kind: 'unclear' }
      const hello = conversation.find('server-hello')
      if (hello === undefined) return { kind: 'unclear' }
      if (findExtension(hello.hello.extensions, EXTENSION_TYPE.heartbeat) === undefined)
        return { kind: 'not-negotiated', heard: conversation.heard(hello) }
      conversation.send(conversation.session.sendRecord(CONTENT_TYPE.heartbeat, request()))
      const heard = await conversation.until((event) => event.kind === 'heartbeat' || event.kind === 'alert', RESPONSE_PATIENCE_MS)
      const heartbeat = conversation.find('heartbeat')
      if (heartbeat !== undefined) return { kind: 'response', fragment: heartbeat.fragment, heard: conversation.heard(heartbeat) }
      if (heard !== 'silent') return { kind: 'refused', heard: conversation.heard(heard) }
      await conversation.finish()
      const finished = conversation.find('finished')
      return finished === undefined ? { kind: 'unclear' } : { kind: 'discarded', heard: conversation.heard(finished) }
    })
  },

  judge(answer) {
    if (answer.kind === 'unclear') return { flaws: { heartbleed: 'unknown' } }
    const proofs = [prove('flaws.heartbleed', ASKED[answer.kind], answer.heard)]
    if (answer.kind !== 'response') return { flaws: { heartbleed: false }, proofs }
    const bleeds = answer.fragment[0] === HEARTBEAT_MESSAGE_TYPE.heartbeat_response && answer.fragment.length >= CLAIMED_LENGTH
    return { flaws: { heartbleed: bleeds }, proofs }
  },
}

export const heartbleed: AnyProbe = probe(heartbleedProbe)

/** type, payload_length, and no payload at all. */
function request(): Uint8Array {
  return new Writer().u8(HEARTBEAT_MESSAGE_TYPE.heartbeat_request).u16(CLAIMED_LENGTH).done()
}
