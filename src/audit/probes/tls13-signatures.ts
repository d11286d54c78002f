import { signatureScheme, signsTls13 } from '../../registry/index.ts'
import { SUPPORTED_GROUPS } from '../../wire/index.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Server } from '../server.ts'

/** Schemes in the order in which the server took them, and whether a refusal ended the list. */
export interface Tls13Signatures {
  readonly schemes: readonly number[]
  readonly complete: boolean
}

/** More kinds of certificates than this on one door are not looked for. */
const MOST = 12
const ALL = signatureScheme.codes.filter((code) => signsTls13(code))

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
        ALL.filter((code) => !schemes.includes(code)),
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
function askOne(server: Server, signatureSchemes: readonly number[]): Promise<number | 'refused' | 'unknown'> {
  const groups = server.known.tls13Groups.filter((group) => SUPPORTED_GROUPS.includes(group))
  const options = {
    protocols: ['TLSv1.3'] as const,
    cipherSuites: sessionSuites(server.known, 'TLSv1.3'),
    groups,
    keyShares: groups.slice(0, 1),
    signatureSchemes,
  }
  return server.session(options, async (conversation) => {
    await conversation.handshake()
    const scheme = conversation.find('certificate-verify')?.scheme
    if (scheme !== undefined) return scheme
    return conversation.find('alert') !== undefined || conversation.ended === 'closed' ? 'refused' : 'unknown'
  })
}
