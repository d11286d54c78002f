import { decodeProtocolNameList, EXTENSION_TYPE, findExtension } from '../../wire/index.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import { sessionSuites, type Server } from '../server.ts'

/** Protocol names that mail and file-transfer servers answer to, IANA "TLS ALPN Protocol IDs". */
const NAMES = [
  'h2',
  'http/1.1',
  'http/1.0',
  'imap',
  'pop3',
  'managesieve',
  'smtp',
  'ftp',
  'nntp',
  'irc',
  'xmpp-client',
  'xmpp-server',
  'postgresql',
  'acme-tls/1',
]
/** Web servers know two or three; whoever takes everything is not asked for ever. */
const MOST = 4

/** Each name in the order in which the server took it. Undefined when no handshake told. */
export type AlpnAnswer = readonly string[] | undefined

export const alpnProbe: Probe<AlpnAnswer> = {
  name: 'alpn',
  question: 'Which application protocols does the server agree to?',
  reference: 'RFC 7301 §3.2',
  connections: MOST + 1,
  skip: () => undefined,

  ask: async (server) => {
    const taken: string[] = []
    while (taken.length < MOST) {
      const name = await askOne(
        server,
        NAMES.filter((each) => !taken.includes(each)),
      )
      if (name === 'unknown') return taken.length > 0 ? taken : undefined
      if (name === 'none') break
      taken.push(name)
    }
    return taken
  },

  judge: (answer) => ({ features: { alpn: answer ?? 'unknown' } }),
}

export const alpn: AnyProbe = probe(alpnProbe)

/** The name that was taken, `none`, or `unknown`. */
function askOne(server: Server, names: readonly string[]): Promise<string> {
  const protocol = server.known.protocols.find((one) => one !== 'SSLv3')
  if (protocol === undefined) return Promise.resolve('none')
  return server.session(
    { protocols: [protocol], cipherSuites: sessionSuites(server.known, protocol), alpn: names },
    async (conversation) => {
      await conversation.handshake()
      const hello = conversation.find('server-hello')
      if (hello === undefined) return conversation.find('alert') === undefined ? 'unknown' : 'none'
      const encrypted = conversation.find('encrypted-extensions')
      if (protocol === 'TLSv1.3' && encrypted === undefined) return conversation.find('alert') === undefined ? 'unknown' : 'none'
      const chosen = chosenOf(protocol === 'TLSv1.3' ? encrypted?.extensions : hello.hello.extensions)
      return chosen !== undefined && names.includes(chosen) ? chosen : 'none'
    },
  )
}

function chosenOf(extensions: Parameters<typeof findExtension>[0]): string | undefined {
  const data = findExtension(extensions, EXTENSION_TYPE.application_layer_protocol_negotiation)
  return data === undefined ? undefined : decodeProtocolNameList(data)[0]
}
