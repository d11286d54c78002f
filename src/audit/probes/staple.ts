import { signatureScheme } from '../../registry/index.ts'
import { encodeEmptyExtension, encodeStatusRequest, EXTENSION_TYPE, type RawExtension } from '../../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known, Server } from '../server.ts'
import { signedWith, tls13Session } from '../tls13-session.ts'

/** In hellos of their own: a wolfSSL server without a staple breaks off the handshake when it is asked for one. */
const EXTENSIONS: readonly RawExtension[] = [
  { type: EXTENSION_TYPE.status_request, data: encodeStatusRequest() },
  { type: EXTENSION_TYPE.signed_certificate_timestamp, data: encodeEmptyExtension() },
]

/** Staples and timestamps are noted with the chains that they come with: asking is enough. */
export const stapleProbe: Probe<undefined> = {
  name: 'staple',
  question: 'Does the server staple OCSP responses and certificate timestamps?',
  reference: 'RFC 6066 §8, RFC 6962 §3.3',
  connections: 2,
  skip: (known) => (oldProtocol(known) === undefined ? {} : undefined),

  ask: async (server) => {
    const protocol = oldProtocol(server.known) ?? 'TLSv1.2'
    const seen = await seenInTls13(server)
    for (const au of ['RSA', 'ECDSA'].filter((one) => one !== seen)) {
      const suites = server.known
        .suites(protocol)
        .filter((suite) => suite.au === au)
        .map((suite) => suite.code)
      if (suites.length === 0) continue
      await server.hello({
        protocol,
        suites,
        groups: OLD_GROUPS,
        signatureSchemes: SIGNATURE_SCHEMES,
        serverName: server.known.serverName,
        extensions: EXTENSIONS,
      })
    }
    return undefined
  },

  judge: () => ({}),
}

export const staple: AnyProbe = probe(stapleProbe)

function oldProtocol(known: Known): Known['protocols'][number] | undefined {
  return known.protocols.find((protocol) => protocol !== 'TLSv1.3' && protocol !== 'SSLv3')
}

/** Whose chain has been asked for with its staple in TLS 1.3, where it is the same. */
async function seenInTls13(server: Server): Promise<string | undefined> {
  if (!server.known.protocols.includes('TLSv1.3')) return undefined
  const { events, connected, options } = await tls13Session(server)
  const scheme = signedWith(events)
  if (!connected || options.statusRequest !== true || scheme === undefined) return undefined
  return /^(rsa|ecdsa)_/.exec(signatureScheme.name(scheme))?.[1]?.toUpperCase()
}
