import { OLD_CURVES, SIGNATURE_SCHEMES } from '../candidates.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'

/** Every answer is noted with its parameters: asking is enough. */
export const dhWithoutFfdheProbe: Probe<undefined> = {
  name: 'dh-without-ffdhe',
  question: 'Which Diffie-Hellman group do clients get that name none of RFC 7919?',
  reference: 'RFC 7919 §4',
  connections: 2,
  skip: (known) => (dheSuites(known.suites, known.protocols).length === 0 ? {} : undefined),

  ask: async (server) => {
    const { known } = server
    for (const { protocol, suites } of dheSuites(known.suites, known.protocols).slice(0, 2)) {
      await server.hello({ protocol, suites, groups: OLD_CURVES, signatureSchemes: SIGNATURE_SCHEMES, serverName: known.serverName })
    }
    return undefined
  },

  judge: () => ({}),
}

export const dhWithoutFfdhe: AnyProbe = probe(dhWithoutFfdheProbe)

type Known = Parameters<(typeof dhWithoutFfdheProbe)['skip']>[0]

/** The newest and the next older protocol with DHE, with those suites. */
function dheSuites(
  suitesOf: Known['suites'],
  protocols: Known['protocols'],
): readonly { protocol: Known['protocols'][number]; suites: readonly number[] }[] {
  return protocols
    .filter((protocol) => protocol !== 'TLSv1.3')
    .map((protocol) => ({
      protocol,
      suites: suitesOf(protocol)
        .filter((suite) => suite.kx === 'DHE')
        .map((suite) => suite.code),
    }))
    .filter(({ suites }) => suites.length > 0)
}
