import type { Socket } from 'node:net'
import type { Secured } from './front.ts'

/** Who a client is and how it came: what the server behind may be told of it. */
export interface ClientFacts {
  /** Without the prefix of an IPv4 client of a socket for both families. */
  readonly address: string
  readonly port: number
  /** Where it came to. */
  readonly localAddress: string
  readonly localPort: number
  /** Absent as long as the client speaks in the clear. */
  readonly tls?: TlsFacts
}

/** TLS between the client and the gate. */
export interface TlsFacts {
  /** As Node names it, `TLSv1.3`. */
  readonly version: string
  /** IANA name. */
  readonly suite: string
  readonly serverName?: string
  readonly alpn?: string
  readonly group?: string
  readonly clientCertificate?: CertificateFacts
}

/** What a client has shown of itself. */
export interface CertificateFacts {
  /** An authority that is trusted here vouches for it. */
  readonly verified: boolean
  readonly commonName?: string
  /** Hex, upper case, no colons. */
  readonly sha256: string
}

/** `serverName` is what the client asked for. */
export function tlsFacts(secured: Secured, serverName: string | undefined): TlsFacts {
  const { version, suite, group, alpn } = secured.negotiated
  const { clientCertificate } = secured
  return {
    version,
    suite,
    ...(serverName === undefined ? {} : { serverName }),
    ...(alpn === undefined ? {} : { alpn }),
    ...(group === undefined ? {} : { group }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  }
}

/** An IPv4 address as such, whatever socket it came to. */
export function plainAddress(address: string): string {
  return address.startsWith(':') ? address.replace(/^::ffff:(?=\d+\.)/i, '') : address
}

/** Both ends of a connection. Node forgets them when the other has gone. */
export function factsOf(socket: Socket): ClientFacts {
  return {
    address: plainAddress(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    localAddress: plainAddress(socket.localAddress ?? ''),
    localPort: socket.localPort ?? 0,
  }
}
