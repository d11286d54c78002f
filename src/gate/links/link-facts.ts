import { isIP } from 'node:net'
import type { CertificateFacts, ClientFacts, TlsFacts } from '../facts.ts'
import { fieldsOf, isRecord } from './inside-list.ts'

/** The field of a CONNECT request that says who a client is. */
export const FACTS_FIELD = 'postern-client'

/** What no client has reason to need, in octets of base64. */
const LONGEST = 8192

/** For the field: nothing that a client has chosen goes into it as it came. */
export function encodeFacts(facts: ClientFacts): string {
  return Buffer.from(JSON.stringify(facts)).toString('base64url')
}

/** Undefined for anything else than what `encodeFacts()` gives. */
export function decodeFacts(text: string): ClientFacts | undefined {
  if (text.length > LONGEST) return undefined
  const { address, port, localAddress, localPort, tls } = fieldsOf(Buffer.from(text, 'base64url').toString())
  if (!isAddress(address) || !isAddress(localAddress) || !isPort(port) || !isPort(localPort)) return undefined
  const known = isRecord(tls) ? tlsOf(tls) : undefined
  return { address, port, localAddress, localPort, ...(known === undefined ? {} : { tls: known }) }
}

function tlsOf(fields: Readonly<Record<string, unknown>>): TlsFacts | undefined {
  const { version, suite, serverName, alpn, group, clientCertificate } = fields
  if (typeof version !== 'string' || typeof suite !== 'string') return undefined
  const certificate = isRecord(clientCertificate) ? certificateOf(clientCertificate) : undefined
  return {
    version,
    suite,
    ...(typeof serverName === 'string' ? { serverName } : {}),
    ...(typeof alpn === 'string' ? { alpn } : {}),
    ...(typeof group === 'string' ? { group } : {}),
    ...(certificate === undefined ? {} : { clientCertificate: certificate }),
  }
}

function certificateOf({ verified, commonName, sha256 }: Readonly<Record<string, unknown>>): CertificateFacts | undefined {
  if (typeof verified !== 'boolean' || typeof sha256 !== 'string') return undefined
  return { verified, sha256, ...(typeof commonName === 'string' ? { commonName } : {}) }
}

/** Empty where the gate did not know it any more. */
function isAddress(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || isIP(value) > 0)
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff
}
