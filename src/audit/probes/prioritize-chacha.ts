import { OLD_GROUPS, SIGNATURE_SCHEMES, TLS13_GROUPS } from '../candidates.ts'
import type { Answer } from '../exchange.ts'
import type { HelloProtocol } from '../hello.ts'
import { answered, prove } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known } from '../server.ts'

/** What was chosen by protocol when ChaCha20 stood first; by code point. */
export interface ChaChaAnswers {
  readonly asked: readonly { readonly protocol: HelloProtocol; readonly answer: Answer }[]
}

const PROTOCOLS: readonly HelloProtocol[] = ['TLSv1.2', 'TLSv1.3']

/** It makes a difference only where the server has an order of its own, has ChaCha20, and does not put it first anyway. */
function matters(known: Known, protocol: HelloProtocol): boolean {
  const suites = known.suites(protocol)
  const first = suites[0]
  return known.order(protocol) === 'server' && first !== undefined && !isChaCha(first.code) && suites.some((suite) => isChaCha(suite.code))
}

export const prioritizeChaChaProbe: Probe<ChaChaAnswers> = {
  name: 'prioritize-chacha',
  question: 'Does the server prefer ChaCha20 for clients that put it first?',
  reference: 'OpenSSL SSL_OP_PRIORITIZE_CHACHA, SSL_CTX_set_options(3)',
  connections: 2,
  skip: () => undefined,

  ask: async (server) => {
    const asked: { protocol: HelloProtocol; answer: Answer }[] = []
    for (const protocol of PROTOCOLS.filter((one) => matters(server.known, one))) {
      const codes = server.known.suites(protocol).map((suite) => suite.code)
      const suites = [...codes.filter(isChaCha), ...codes.filter((code) => !isChaCha(code))]
      const groups = protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_GROUPS
      asked.push({
        protocol,
        answer: await server.hello({ protocol, suites, groups, signatureSchemes: SIGNATURE_SCHEMES, serverName: server.known.serverName }),
      })
    }
    return { asked }
  },

  judge({ asked }) {
    const facts: { -readonly [P in HelloProtocol]?: boolean | 'unknown' | 'not-applicable' } = {}
    for (const protocol of PROTOCOLS) {
      const one = asked.find((each) => each.protocol === protocol)
      facts[protocol] =
        one === undefined ? 'not-applicable' : one.answer.kind === 'server-hello' ? isChaCha(one.answer.hello.cipherSuite) : 'unknown'
    }
    return {
      prefersClientChaCha: { SSLv3: 'not-applicable', TLSv1: 'not-applicable', 'TLSv1.1': 'not-applicable', ...facts },
      proofs: asked.map(({ protocol, answer }) =>
        prove(`protocols.${protocol}.prefersClientChaCha`, `${protocol} hello with ChaCha20 first`, answered(answer)),
      ),
    }
  },
}

export const prioritizeChaCha: AnyProbe = probe(prioritizeChaChaProbe)

/** By code point: the three of TLS 1.3 and RFC 7905 §2, and those of the drafts. */
function isChaCha(code: number): boolean {
  return code === 0x1303 || (code >= 0xcca8 && code <= 0xccae) || (code >= 0xcc13 && code <= 0xcc15)
}
