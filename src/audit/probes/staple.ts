import { encodeEmptyExtension, encodeStatusRequest, EXTENSION_TYPE, type RawExtension } from '../../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Known } from '../server.ts'

/** In hellos of their own: a wolfSSL server without a staple breaks off the handshake when it is asked for one. */
const EXTENSIONS: readonly RawExtension[] = [
  { type: EXTENSION_TYPE.status_request, data: encodeStatusRequest() },
  { type: EXTENSION_TYPE.signed_certificate_timestamp, data: encodeEmptyExtension() },
]

/** Staples and timestamps are noted with the chains that they come with: asking is enough. TLS 1.3 handshakes ask by themselves. */
export const stapleProbe: Probe<undefined> = {
  name: 'staple',
  question: 'Does the server staple OCSP responses and certificate timestamps?',
  reference: 'RFC 6066 §8, RFC 6962 §3.3',
  connections: 2,
  skip: (known) => (oldProtocol(known) === undefined ? {} : undefined),

  ask: async (server) => {
    const protocol = oldProtocol(server.known) ?? 'TLSv1.2'
    for (const au of ['RSA', 'ECDSA']) {
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
