import { alertDescription, TLS_FALLBACK_SCSV } from '../../registry/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import type { Answer } from '../exchange.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known } from '../server.ts'

const INAPPROPRIATE_FALLBACK = alertDescription.code('inappropriate_fallback')

/** The newest protocol that is not the newest of all, and is older than TLS 1.3: what a client falls back to. */
function fallback(known: Known): Known['protocols'][number] | undefined {
  return known.protocols.slice(1)[0]
}

export const fallbackScsvProbe: Probe<Answer> = {
  name: 'fallback-scsv',
  question: 'Does the server notice that a client was talked down to an older protocol?',
  reference: 'RFC 7507 §3',
  connections: 1,
  skip: (known) => (fallback(known) === undefined ? { features: { fallbackScsv: 'not-applicable' } } : undefined),

  ask: (server) => {
    const protocol = fallback(server.known) ?? 'TLSv1.2'
    const suites = [...server.known.suites(protocol).map((suite) => suite.code), TLS_FALLBACK_SCSV]
    return server.hello({ protocol, suites, groups: OLD_GROUPS, signatureSchemes: SIGNATURE_SCHEMES, serverName: server.known.serverName })
  },

  judge(answer) {
    if (answer.kind === 'server-hello') return { features: { fallbackScsv: false } }
    const noticed = answer.kind === 'alert' && answer.description === INAPPROPRIATE_FALLBACK
    return { features: { fallbackScsv: noticed ? true : 'unknown' } }
  },
}

export const fallbackScsv: AnyProbe = probe(fallbackScsvProbe)
