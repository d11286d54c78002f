import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Server } from '../server.ts'

/** Asks for nothing but certificates: they are noted with every hello and handshake. */
export const withoutSniProbe: Probe<undefined> = {
  name: 'without-sni',
  question: 'Which certificate do clients get that name no server?',
  reference: 'RFC 6066 §3',
  connections: 2,
  skip: (known) => (known.serverName === undefined ? {} : undefined),

  ask: async (server) => {
    const old = server.known.protocols.find((protocol) => protocol !== 'TLSv1.3')
    if (old === undefined) {
      await server.session(
        { protocols: ['TLSv1.3'], cipherSuites: sessionSuites(server.known, 'TLSv1.3'), serverName: undefined },
        (conversation) => conversation.handshake(),
      )
      return undefined
    }
    for (const suites of byAuthentication(server, old)) {
      await server.hello({ protocol: old, suites, groups: OLD_GROUPS, signatureSchemes: SIGNATURE_SCHEMES, serverName: undefined })
    }
    return undefined
  },

  judge: () => ({}),
}

export const withoutSni: AnyProbe = probe(withoutSniProbe)

/** One list of suites for each kind of certificate: a server may have one of each. */
function byAuthentication(server: Server, protocol: Parameters<Server['known']['suites']>[0]): readonly (readonly number[])[] {
  const lists = new Map<string, number[]>()
  for (const { au, code } of server.known.suites(protocol)) {
    if (au !== 'RSA' && au !== 'ECDSA') continue
    lists.set(au, [...(lists.get(au) ?? []), code])
  }
  return [...lists.values()]
}
