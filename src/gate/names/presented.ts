import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'

/** More certificates than anybody sends who means it. */
const MOST = 16

/** What the other end of a connection presented, its own certificate first. `[]` where it has presented none. */
export function presentedChain(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && chain.length < MOST) {
    const certificate = new X509Certificate(next.raw)
    // What has issued itself is its own issuer here.
    if (chain.at(-1)?.fingerprint256 === certificate.fingerprint256) break
    chain.push(certificate)
    next = next.issuerCertificate
  }
  return chain
}
