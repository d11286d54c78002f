import type { Answer } from '../exchange.ts'
import { answered, prove } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known } from '../server.ts'
import { encodeSslv2Offer, SSLV2_PATIENCE_MS } from '../sslv2-hello.ts'

/** The suites that the server is known to have, so that a refusal cannot be for want of a shared one. */
function suitesOf(known: Known): readonly number[] {
  return known.protocols
    .filter((protocol) => protocol !== 'TLSv1.3')
    .flatMap((protocol) => known.suites(protocol).map((suite) => suite.code))
}

export const sslv2HelloProbe: Probe<Answer> = {
  name: 'sslv2-hello',
  question: 'Is a hello in the format of SSL 2.0 answered with a later protocol?',
  reference: 'RFC 5246 §E.2, RFC 8446 §D.5',
  connections: 2,
  // TLS 1.3 has no such hello: a server that speaks nothing older can only refuse it.
  skip: (known) => (suitesOf(known).length === 0 ? { sslv2Hello: false } : undefined),
  ask: (server) => server.raw(encodeSslv2Offer('TLSv1.2', suitesOf(server.known)), { patience: SSLV2_PATIENCE_MS, silence: 'expected' }),

  judge(answer) {
    const proofs = [prove('sslv2Hello', 'hello of TLS 1.2 in the format of SSL 2.0', answered(answer))]
    if (answer.kind === 'server-hello') return { sslv2Hello: true, proofs }
    const refused = answer.kind === 'alert' || answer.kind === 'closed' || answer.kind === 'sslv2-error'
    return { sslv2Hello: refused ? false : 'unknown', proofs }
  },
}

export const sslv2Hello: AnyProbe = probe(sslv2HelloProbe)
