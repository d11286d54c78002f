import { OLD_CURVES, SIGNATURE_SCHEMES } from '../candidates.ts'
import type { Answer } from '../exchange.ts'
import type { HelloProtocol } from '../hello.ts'
import { answered, prove } from '../proof.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known } from '../server.ts'

/** What came back for the other groups alone, by protocol. */
export type OlderGroupsAnswer = readonly { readonly protocol: HelloProtocol; readonly answer: Answer | undefined }[]

/** The protocols older than the one whose groups were searched for, as far as they have suites with curves. SSLv3 has no groups. */
function older(known: Known): readonly HelloProtocol[] {
  return known.protocols
    .filter((protocol) => protocol === 'TLSv1' || protocol === 'TLSv1.1')
    .filter((protocol) => curveSuites(known, protocol).length > 0)
}

function curveSuites(known: Known, protocol: HelloProtocol): readonly number[] {
  return known
    .suites(protocol)
    .filter((suite) => suite.kx === 'ECDHE')
    .map((suite) => suite.code)
}

/**
 * Servers have one list of groups for all old protocols, so these are not searched for again: one question for each shows that no
 * other group than those of the newest old protocol (`groups`, by code point) is used in an older one.
 */
export function olderGroupsProbe(groups: readonly number[]): Probe<OlderGroupsAnswer> {
  const others = OLD_CURVES.filter((group) => !groups.includes(group))
  return {
    name: 'older-groups',
    question: 'Do older protocols use groups that the newest of them does not?',
    reference: 'RFC 8422 §5.1.1',
    connections: 5,
    skip: (known) => (groups.length === 0 || others.length === 0 || older(known).length === 0 ? {} : undefined),

    ask: async (server) => {
      const asked: { protocol: HelloProtocol; answer: Answer | undefined }[] = []
      for (const protocol of older(server.known)) {
        const suites = curveSuites(server.known, protocol)
        asked.push({
          protocol,
          answer: await server.hello({
            protocol,
            suites,
            groups: others,
            signatureSchemes: SIGNATURE_SCHEMES,
            serverName: server.known.serverName,
          }),
        })
      }
      // One for all of them: whoever serves nobody by now has perhaps refused none of these for its groups.
      const sure = !asked.some(({ answer }) => answer !== undefined && isRefusal(answer)) || (await server.serves())
      return sure ? asked : asked.map(({ protocol }) => ({ protocol, answer: undefined }))
    },

    judge: (asked) => ({
      groupsOfNewest: asked.filter(({ answer }) => answer !== undefined && isRefusal(answer)).map(({ protocol }) => protocol),
      proofs: asked.flatMap(({ protocol, answer }) => {
        const what = `${protocol} hello with ECDHE and only groups that newer protocols refuse`
        return answer === undefined ? [] : [prove(`protocols.${protocol}.groups`, what, answered(answer))]
      }),
    }),
  }
}

function isRefusal({ kind }: Answer): boolean {
  return kind === 'alert' || kind === 'closed'
}

export function olderGroups(groups: readonly number[]): AnyProbe {
  return probe(olderGroupsProbe(groups))
}
