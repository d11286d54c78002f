import { PosternError } from '../../errors.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Server } from '../server.ts'

/** What was heard inside TLS before anything was said there. `refused`: no TLS for who smuggles. Undefined when there was no handshake. */
export type SmuggledAnswer = { readonly heard: string; readonly answered: boolean } | 'refused' | undefined

/** An answer to a command that the server has taken comes at once. */
const PATIENCE_MS = 1000

export const starttlsInjectionProbe: Probe<SmuggledAnswer> = {
  name: 'starttls-injection',
  question: 'Is plain text that came with the STARTTLS command carried out inside TLS?',
  reference: 'CVE-2011-0411, RFC 3207 §4.2',
  connections: 1,
  skip: (known) =>
    known.beginning === 'implicit' || known.dialect.injection === undefined
      ? { flaws: { starttlsInjection: 'not-applicable' } }
      : undefined,

  ask: async (server) => {
    try {
      return await smuggle(server)
    } catch (error) {
      if (error instanceof PosternError && error.code === 'STARTTLS_REFUSED') return 'refused'
      throw error
    }
  },

  judge(answer) {
    if (answer === undefined) return { flaws: { starttlsInjection: 'unknown' } }
    if (answer === 'refused') return { flaws: { starttlsInjection: false } }
    return { flaws: { starttlsInjection: answer.answered }, proof: Buffer.from(answer.heard.slice(0, 200), 'latin1') }
  },
}

export const starttlsInjection: AnyProbe = probe(starttlsInjectionProbe)

function smuggle(server: Server): Promise<SmuggledAnswer> {
  const protocol = server.known.protocols[0] ?? 'TLSv1.2'
  const answered = server.known.dialect.injection?.answered ?? (() => false)
  return server.session(
    { protocols: [protocol], cipherSuites: sessionSuites(server.known, protocol) },
    async (conversation): Promise<SmuggledAnswer> => {
      if (!(await conversation.handshake())) return undefined
      if (!conversation.events.some((event) => event.kind === 'application-data')) {
        await conversation.until((event) => event.kind === 'application-data', PATIENCE_MS)
      }
      const heard = conversation.events
        .flatMap((event) => (event.kind === 'application-data' ? [Buffer.from(event.data).toString('latin1')] : []))
        .join('')
      return { heard, answered: answered(heard) }
    },
    { smuggle: true },
  )
}
