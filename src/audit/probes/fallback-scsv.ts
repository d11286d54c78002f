import { alertDescription, TLS_FALLBACK_SCSV } from '../../registry/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import { answered, prove } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known, Server } from '../server.ts'

const INAPPROPRIATE_FALLBACK = alertDescription.code('inappropriate_fallback')

/** The newest protocol that is not the newest of all, and is older than TLS 1.3: what a client falls back to. */
function fallback(known: Known): Known['protocols'][number] | undefined {
  return known.protocols.slice(1)[0]
}

export interface FallbackAnswers {
  readonly withScsv: Answer
  /** The same hello without the signal, where the answer to the one with it was no clear word. */
  readonly without: Answer | undefined
}

export const fallbackScsvProbe: Probe<FallbackAnswers> = {
  name: 'fallback-scsv',
  question: 'Does the server notice that a client was talked down to an older protocol?',
  reference: 'RFC 7507 §3',
  connections: 2,
  skip: (known) => {
    if (fallback(known) !== undefined) return undefined
    const undecided = known.undecided?.some((protocol) => protocol !== 'TLSv1.3') === true
    return { features: { fallbackScsv: undecided ? 'unknown' : 'not-applicable' } }
  },

  ask: async (server) => {
    const withScsv = await ask(server, [TLS_FALLBACK_SCSV])
    return { withScsv, without: isClear(withScsv) ? undefined : await ask(server, []) }
  },

  judge({ withScsv, without }) {
    const same = without === undefined ? '' : `, where the same one without it gets: ${describeAnswer(without)}; with it`
    const proofs = [prove('features.fallbackScsv', `older hello with TLS_FALLBACK_SCSV${same}`, answered(withScsv))]
    if (withScsv.kind === 'server-hello') return { features: { fallbackScsv: false }, proofs }
    if (isClear(withScsv)) return { features: { fallbackScsv: true }, proofs }
    // Dovecot and OpenLDAP close without a word: then it counts that the signal alone makes the difference.
    const refused = withScsv.kind === 'alert' || withScsv.kind === 'closed'
    return { features: { fallbackScsv: refused && without?.kind === 'server-hello' ? true : 'unknown' }, proofs }
  },
}

export const fallbackScsv: AnyProbe = probe(fallbackScsvProbe)

function isClear(answer: Answer): boolean {
  return answer.kind === 'server-hello' || (answer.kind === 'alert' && answer.description === INAPPROPRIATE_FALLBACK)
}

function ask(server: Server, signals: readonly number[]): Promise<Answer> {
  const protocol = fallback(server.known) ?? 'TLSv1.2'
  const suites = [...server.known.suites(protocol).map((suite) => suite.code), ...signals]
  return server.hello({ protocol, suites, groups: OLD_GROUPS, signatureSchemes: SIGNATURE_SCHEMES, serverName: server.known.serverName })
}
