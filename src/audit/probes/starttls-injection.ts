import { PosternError } from '../../errors.ts'
import type { HelloProtocol } from '../hello.ts'
import { prove, type Heard } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { endsSession, sessionSuites, type Conversation, type Server } from '../server.ts'

/** What came of text that was sent along with STARTTLS. */
export type SmuggledAnswer =
  /** A handshake, and this text inside TLS before anything was said there; `answered`: it answers what was smuggled. */
  | { readonly kind: 'inside'; readonly text: string; readonly answered: boolean; readonly heard: Heard }
  /** No TLS for who smuggles. */
  | { readonly kind: 'refused'; readonly heard: Heard }
  /** The text came to the TLS side of the server, which took it for part of a handshake. */
  | { readonly kind: 'broke'; readonly heard: Heard }
  /** No handshake, and no such reason for that; or one that was taken back, for want of a client certificate. */
  | { readonly kind: 'unclear' }

/** An answer to a command that the server has taken comes at once. */
const PATIENCE_MS = 1000

const SMUGGLED = 'command sent along with STARTTLS'
const ASKED: Readonly<Record<Exclude<SmuggledAnswer['kind'], 'unclear'>, string>> = {
  inside: `${SMUGGLED}, and what came inside TLS before anything was said there`,
  refused: SMUGGLED,
  broke: `${SMUGGLED}, then a hello that is answered without that`,
}

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
      return answer.kind === 'broke' && !(await connects(server)) ? { kind: 'unclear' } : answer
    } catch (error) {
      if (!(error instanceof PosternError) || error.code !== 'STARTTLS_REFUSED') throw error
      return { kind: 'refused', heard: { how: error.message, bytes: new Uint8Array(0) } }
    }
  },

  judge(answer) {
    if (answer.kind === 'unclear') return { flaws: { starttlsInjection: 'unknown' } }
    const starttlsInjection = answer.kind === 'inside' && answer.answered
    return { flaws: { starttlsInjection }, proofs: [prove('flaws.starttlsInjection', ASKED[answer.kind], answer.heard)] }
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
        const end =
          conversation.events.find((event) => event.kind === 'alert') ?? conversation.events.find(endsSession) ?? conversation.ended
        return end === undefined ? { kind: 'unclear' } : { kind: 'broke', heard: conversation.heard(end) }
      }
      const said = conversation.find('application-data')
      const heard = said ?? (await conversation.until((event) => event.kind === 'application-data', PATIENCE_MS))
      const text = textOf(conversation)
      // In TLS 1.3 we are connected before the server has seen that we have no certificate, RFC 8446 §4.4.2.4.
      const over = conversation.ended !== undefined || conversation.events.some(endsSession)
      if (text === '' && over && conversation.find('certificate-request') !== undefined) return { kind: 'unclear' }
      return { kind: 'inside', text, answered: answered(text), heard: conversation.heard(heard) }
    },
    { smuggle: true },
  )
}

function textOf({ events }: Conversation): string {
  return events.flatMap((event) => (event.kind === 'application-data' ? [Buffer.from(event.data).toString('latin1')] : [])).join('')
}
