import { prove, type Heard } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Known } from '../server.ts'

/** What a renegotiation that we started came to. */
export interface Renegotiation {
  readonly kind: 'done' | 'refused' | 'ignored' | 'no-session'
  /** What the second hello was answered with, if it came to be said. */
  readonly heard?: Heard
}

/** Servers on JSSE that do not want to say nothing: whoever wants to answers a handshake message as quickly as the first one. */
const PATIENCE_MS = 2000

const FACTS: Readonly<Record<Renegotiation['kind'], boolean | 'unknown'>> = {
  done: true,
  refused: false,
  ignored: 'unknown',
  'no-session': 'unknown',
}

function protocolOf(known: Known): Known['protocols'][number] | undefined {
  return known.protocols.find((protocol) => protocol !== 'TLSv1.3')
}

export const clientRenegotiationProbe: Probe<Renegotiation> = {
  name: 'client-renegotiation',
  question: 'Does the server renegotiate when a client asks for it?',
  reference: 'RFC 5746 §3.5, CVE-2011-1473',
  connections: 1,
  skip: (known) => (protocolOf(known) === undefined ? { features: { clientRenegotiation: 'not-applicable' } } : undefined),

  ask: (server) => {
    const protocol = protocolOf(server.known) ?? 'TLSv1.2'
    const cipherSuites = sessionSuites(server.known, protocol)
    return server.session({ protocols: [protocol], cipherSuites }, async (conversation): Promise<Renegotiation> => {
      if (!(await conversation.handshake())) return { kind: 'no-session' }
      conversation.send(conversation.session.renegotiate())
      const ending = await conversation.until((event) => event.kind === 'connected' || event.kind === 'alert', PATIENCE_MS)
      const heard = conversation.heard(ending)
      if (typeof ending === 'string') return { kind: ending === 'silent' ? 'ignored' : 'refused', heard }
      return { kind: ending.kind === 'connected' ? 'done' : 'refused', heard }
    })
  },

  judge({ kind, heard }) {
    const features = { clientRenegotiation: FACTS[kind] }
    return heard === undefined
      ? { features }
      : { features, proofs: [prove('features.clientRenegotiation', 'second hello under keys', heard)] }
  },
}

export const clientRenegotiation: AnyProbe = probe(clientRenegotiationProbe)
