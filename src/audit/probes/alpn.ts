import { alertDescription, protocolVersion } from '../../registry/index.ts'
import { decodeProtocolNameList, EXTENSION_TYPE, findExtension, type SessionEvent } from '../../wire/index.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Server } from '../server.ts'
import { ALPN_NAMES, tls13Session } from '../tls13-session.ts'

const TLS13 = protocolVersion.code('TLSv1.3')
const NO_APPLICATION_PROTOCOL = alertDescription.code('no_application_protocol')
/** Web servers know two or three; whoever takes everything is not asked for ever. */
const MOST = 4

/** Each name in the order in which the server took it. Undefined when no handshake told. */
export type AlpnAnswer = readonly string[] | undefined

export const alpnProbe: Probe<AlpnAnswer> = {
  name: 'alpn',
  question: 'Which application protocols does the server agree to?',
  reference: 'RFC 7301 §3.2',
  connections: MOST + 2,
  skip: ({ protocols }) => (protocols.some((one) => one !== 'SSLv3') ? undefined : { features: { alpn: [] } }),

  ask: async (server) => {
    const taken: string[] = []
    while (taken.length < MOST) {
      const names = ALPN_NAMES.filter((each) => !taken.includes(each))
      const name = chosenAlpn(await heard(server, names), names)
      if (name === 'unknown' || (name === 'refused' && !(await server.serves()))) return taken.length > 0 ? taken : undefined
      if (name === 'none' || name === 'refused') break
      taken.push(name)
    }
    return taken
  },

  judge: (answer) => ({ features: { alpn: answer ?? 'unknown' } }),
}

export const alpn: AnyProbe = probe(alpnProbe)

async function heard(server: Server, names: readonly string[]): Promise<readonly SessionEvent[]> {
  const protocol = server.known.protocols.find((one) => one !== 'SSLv3')
  if (protocol === undefined) return []
  if (protocol === 'TLSv1.3' && names.length === ALPN_NAMES.length) return (await tls13Session(server)).withAlpn
  const options = { protocols: [protocol], cipherSuites: sessionSuites(server.known, protocol), alpn: names }
  return server.session(options, async (conversation) => {
    await conversation.handshake()
    return conversation.events
  })
}

/**
 * The name that was taken; `none`: no name, or a word that it is none of these; `refused`: no handshake, for whatever reason; `unknown`:
 * nobody knows.
 */
export function chosenAlpn(events: readonly SessionEvent[], names: readonly string[]): string {
  const hello = events.find((event) => event.kind === 'server-hello')
  const encrypted = events.find((event) => event.kind === 'encrypted-extensions')
  const extensions = hello?.version === TLS13 ? encrypted?.extensions : hello?.hello.extensions
  const alert = events.find((event) => event.kind === 'alert')
  if (alert?.description === NO_APPLICATION_PROTOCOL) return 'none'
  if (extensions === undefined) return alert === undefined ? 'unknown' : 'refused'
  const data = findExtension(extensions, EXTENSION_TYPE.application_layer_protocol_negotiation)
  const chosen = data === undefined ? undefined : decodeProtocolNameList(data)[0]
  return chosen !== undefined && names.includes(chosen) ? chosen : 'none'
}
