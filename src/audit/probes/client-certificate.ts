import type { FeaturePosture } from '../../policy/index.ts'
import { alertDescription, protocolVersion, type AlertName } from '../../registry/index.ts'
import { SUPPORTED_GROUPS, type SessionOptions } from '../../wire/index.ts'
import type { CertificateRequestsSeen } from '../certificate-requests.ts'
import { harmlessQuestion } from '../harmless-question.ts'
import type { HelloProtocol } from '../hello.ts'
import { prove, type Heard } from '../proof.ts'
import { probe, type AnyProbe, type Probe, type ProbeFacts } from '../probe.ts'
import { sessionSuites, type Conversation, type Known, type Server } from '../server.ts'

/** What a client without a certificate came to. `not-requested`: in this session nobody asked for one. */
export interface ClientCertificateAnswer {
  readonly kind: 'served' | 'refused' | 'not-requested' | 'unclear'
  readonly heard: Heard
}

/** After the handshake, tickets of TLS 1.3 follow at once or not at all. */
const TICKET_PATIENCE_MS = 400
const TLS13 = protocolVersion.code('TLSv1.3')

/** How an empty Certificate is refused: RFC 8446 §4.4.2.4, RFC 5246 §7.4.6, RFC 6101 §5.6.6, and as other stacks say it. */
const REFUSALS: ReadonlySet<number> = new Set(
  (
    [
      'certificate_required',
      'handshake_failure',
      'bad_certificate',
      'no_certificate',
      'unsupported_certificate',
      'certificate_unknown',
      'unknown_ca',
      'access_denied',
      // GnuTLS up to TLS 1.2.
      'decode_error',
    ] as const satisfies readonly AlertName[]
  ).map((name) => alertDescription.code(name)),
)

const REQUEST = 'first flight of the server'
const ASKED: Readonly<Record<ClientCertificateAnswer['kind'], string>> = {
  served: 'handshake with an empty Certificate',
  refused: 'handshake with an empty Certificate',
  'not-requested': REQUEST,
  unclear: 'handshake with an empty Certificate',
}
const FACTS: Readonly<Record<ClientCertificateAnswer['kind'], NonNullable<FeaturePosture['clientCertificate']>>> = {
  served: 'requested',
  refused: 'required',
  // It is asked only where a CertificateRequest was seen before: some clients are asked for theirs and some are not.
  'not-requested': 'unknown',
  unclear: 'unknown',
}

/**
 * Takes what was heard in passing (`seen`) and asks only where that leaves open whether a client without a certificate is served.
 * The answer is that of TLS: nginx with `ssl_verify_client on` finishes the handshake and refuses in HTTP, which is `requested`.
 */
export function clientCertificateProbe(seen: CertificateRequestsSeen): Probe<ClientCertificateAnswer> {
  return {
    name: 'client-certificate',
    question: 'Does the server ask for a client certificate, and does it serve clients that have none?',
    reference: 'RFC 8446 §4.4.2.4, RFC 5246 §7.4.6',
    connections: 2,

    skip: (known) => {
      if (seen.served !== undefined) return judge({ kind: 'served', heard: seen.served })
      if (seen.requested !== undefined) return sessionOf(known) === undefined ? { features: { clientCertificate: 'unknown' } } : undefined
      if (seen.notRequested === undefined) return { features: { clientCertificate: 'unknown' } }
      const proofs = [prove(FACT, REQUEST, seen.notRequested)]
      return { features: { clientCertificate: 'not-requested' }, proofs }
    },

    // An end says nothing by itself: whoever refuses and closes at once may take its own alert back with a reset.
    ask: async (server) => {
      const first = await askOne(server)
      return first.kind === 'unclear' ? askOne(server) : first
    },

    judge,
  }
}

export function clientCertificate(seen: CertificateRequestsSeen): AnyProbe {
  return probe(clientCertificateProbe(seen))
}

const FACT = 'features.clientCertificate'

function judge({ kind, heard }: ClientCertificateAnswer): ProbeFacts {
  return { features: { clientCertificate: FACTS[kind] }, proofs: [prove(FACT, ASKED[kind], heard)] }
}

/** The newest protocol in which a whole handshake can be made. */
function sessionOf(known: Known): ({ protocols: [HelloProtocol] } & Partial<SessionOptions>) | undefined {
  const protocol = known.protocols.find((one) => sessionSuites(known, one).length > 0)
  if (protocol === undefined) return undefined
  const options = { protocols: [protocol] as [HelloProtocol], cipherSuites: sessionSuites(known, protocol) }
  if (protocol !== 'TLSv1.3') return options
  const groups = known.tls13Groups.filter((group) => SUPPORTED_GROUPS.includes(group))
  return { ...options, groups, keyShares: groups.slice(0, 1) }
}

function askOne(server: Server): Promise<ClientCertificateAnswer> {
  const { known } = server
  return server.session(sessionOf(known) ?? {}, async (conversation) => {
    conversation.send(conversation.session.start())
    const end = await conversation.until((event) => event.kind === 'connected')
    const connected = conversation.find('connected')
    if (connected === undefined) return refusal(conversation, conversation.heard(end))
    if (conversation.find('certificate-request') === undefined) return { kind: 'not-requested', heard: conversation.heard(end) }
    // Up to TLS 1.2 the Finished of the server answers our Certificate.
    if (connected.version < TLS13) return { kind: 'served', heard: conversation.heard(conversation.find('finished') ?? connected) }
    return afterTls13(conversation, harmlessQuestion(known.dialect.name, known.serverName))
  })
}

/** We are connected before the server has seen our Certificate: what it thinks of that comes now. */
async function afterTls13(conversation: Conversation, question: Uint8Array | undefined): Promise<ClientCertificateAnswer> {
  const ticket = conversation.find('new-session-ticket')
  if (ticket !== undefined) return { kind: 'served', heard: conversation.heard(ticket) }
  let heard = await conversation.until((event) => event.kind === 'new-session-ticket', TICKET_PATIENCE_MS)
  if (heard === 'silent' && question !== undefined) {
    conversation.send(conversation.session.write(question))
    heard = await conversation.until((event) => event.kind === 'new-session-ticket' || event.kind === 'application-data')
  }
  const goesOn = typeof heard !== 'string' && (heard.kind === 'new-session-ticket' || heard.kind === 'application-data')
  return goesOn ? { kind: 'served', heard: conversation.heard(heard) } : refusal(conversation, conversation.heard(heard))
}

function refusal(conversation: Conversation, heard: Heard): ClientCertificateAnswer {
  const alert = conversation.find('alert')
  const asked = conversation.find('certificate-request') !== undefined
  return { kind: asked && alert !== undefined && REFUSALS.has(alert.description) ? 'refused' : 'unclear', heard }
}
