import { signatureScheme } from '../../registry/index.ts'
import type { SessionEvent } from '../../wire/index.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Server } from '../server.ts'
import { signedWith, TLS13_SCHEMES, tls13Options, tls13Session } from '../tls13-session.ts'

/** Schemes in the order in which the server took them, and whether a refusal ended the list. */
export interface Tls13Signatures {
  readonly schemes: readonly number[]
  readonly complete: boolean
}

/** More kinds of certificates than this on one door are not looked for. */
const MOST = 12

export const tls13SignaturesProbe: Probe<Tls13Signatures> = {
  name: 'tls13-signatures',
  question: 'Which signature schemes does the server use in TLS 1.3?',
  reference: 'RFC 8446 §4.2.3',
  connections: MOST + 1,
  skip: (known) => (known.protocols.includes('TLSv1.3') ? undefined : { signatureSchemes: { 'TLSv1.3': [] } }),

  ask: async (server) => {
    const schemes: number[] = []
    while (schemes.length < MOST) {
      const scheme = await askOne(
        server,
        TLS13_SCHEMES.filter((code) => !schemes.includes(code)),
      )
      if (scheme === 'refused') return { schemes, complete: true }
      if (scheme === 'unknown') break
      // A server that signs with what was not offered does not read the list.
      if (schemes.includes(scheme)) return { schemes, complete: true }
      schemes.push(scheme)
    }
    return { schemes, complete: false }
  },

  judge: ({ schemes, complete }) => ({
    signatureSchemes: { 'TLSv1.3': complete && schemes.length > 0 ? schemes.map((code) => signatureScheme.name(code)) : 'unknown' },
  }),
}

export const tls13Signatures: AnyProbe = probe(tls13SignaturesProbe)

/** The certificate and its signature come encrypted: it takes a handshake with a real key share. */
async function askOne(server: Server, signatureSchemes: readonly number[]): Promise<number | 'refused' | 'unknown'> {
  if (signatureSchemes.length === TLS13_SCHEMES.length) {
    const { events } = await tls13Session(server)
    return signedWith(events) ?? (refused(events) ? 'refused' : 'unknown')
  }
  return server.session({ ...tls13Options(server.known), signatureSchemes }, async (conversation) => {
    await conversation.handshake()
    const { events, ended } = conversation
    return signedWith(events) ?? (refused(events) || ended === 'closed' ? 'refused' : 'unknown')
  })
}

function refused(events: readonly SessionEvent[]): boolean {
  return events.some((event) => event.kind === 'alert')
}
