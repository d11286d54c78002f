import { PosternError } from '../../errors.ts'
import type { HelloProtocol } from '../hello.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { endsSession, sessionSuites, type Server } from '../server.ts'

/**
 * What was heard inside TLS before anything was said there. `refused`: no TLS for who smuggles. `broke`: the text came to the TLS side
 * of the server, which took it for part of a handshake. Undefined when there was no handshake, and no such reason for that.
 */
export type SmuggledAnswer = { readonly heard: string; readonly answered: boolean } | 'refused' | 'broke' | undefined

/** An answer to a command that the server has taken comes at once. */
const PATIENCE_MS = 1000

export const starttlsInjectionProbe: Probe<SmuggledAnswer> = {
  name: 'starttls-injection',
  question: 'Is plain text that came with the STARTTLS command carried out inside TLS?',
  reference: 'CVE-2011-0411, RFC 3207 §4.2',
  connections: 2,
  skip: (known) =>
    known.beginning === 'implicit' || known.dialect.injection === undefined
      ? { flaws: { starttlsInjection: 'not-applicable' } }
      : undefined,

  ask: async (server) => {
    try {
      const answer = await smuggle(server)
      return answer === 'broke' && !(await connects(server)) ? undefined : answer
    } catch (error) {
      if (error instanceof PosternError && error.code === 'STARTTLS_REFUSED') return 'refused'
      throw error
    }
  },

  judge(answer) {
    if (answer === undefined) return { flaws: { starttlsInjection: 'unknown' } }
    if (answer === 'refused' || answer === 'broke') return { flaws: { starttlsInjection: false } }
    return { flaws: { starttlsInjection: answer.answered }, proof: Buffer.from(answer.heard.slice(0, 200), 'latin1') }
  },
}

export const starttlsInjection: AnyProbe = probe(starttlsInjectionProbe)

function sessionOf({ known }: Server): { protocols: [HelloProtocol]; cipherSuites: readonly number[] } {
  const protocol = known.protocols[0] ?? 'TLSv1.2'
  return { protocols: [protocol], cipherSuites: sessionSuites(known, protocol) }
}

/** The same handshake comes about when nothing is smuggled. */
function connects(server: Server): Promise<boolean> {
  return server.session(sessionOf(server), (conversation) => conversation.handshake())
}

function smuggle(server: Server): Promise<SmuggledAnswer> {
  const answered = server.known.dialect.injection?.answered ?? (() => false)
  return server.session(
    sessionOf(server),
    async (conversation): Promise<SmuggledAnswer> => {
      if (!(await conversation.handshake())) {
        return conversation.ended !== undefined || conversation.events.some(endsSession) ? 'broke' : undefined
      }
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
