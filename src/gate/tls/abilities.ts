import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { CipherSuite, NamedGroup, ProtocolName } from '../../registry/index.ts'

/** The versions that Node can speak. */
export type NodeProtocol = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** Oldest first. */
export const NODE_PROTOCOLS: readonly NodeProtocol[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

export function isNodeProtocol(protocol: ProtocolName): protocol is NodeProtocol {
  return NODE_PROTOCOLS.some((one) => one === protocol)
}

/** Answers do not change while a Node runs, and each costs a context. */
const answers = new Map<string, boolean>()

/** Whether this Node makes a context with these options, which name one thing alone: beside others, unknown names pass unnoticed. */
function takes(key: string, options: SecureContextOptions): boolean {
  const known = answers.get(key)
  if (known !== undefined) return known
  let answer = true
  try {
    createSecureContext(options)
  } catch {
    answer = false
  }
  answers.set(key, answer)
  return answer
}

/** Whether the OpenSSL inside this Node has a suite. */
export function hasSuite({ openssl, iana, protocol }: CipherSuite): boolean {
  if (openssl === undefined) return false
  // Names of TLS 1.3 go another way, on which a security level may not stand.
  return takes(`suite ${iana}`, { ciphers: protocol === 'TLSv1.3' ? openssl : `${openssl}:@SECLEVEL=0` })
}

/** Whether the OpenSSL inside this Node has a group. */
export function hasGroup({ openssl }: NamedGroup): boolean {
  return openssl !== undefined && takes(`group ${openssl}`, { ecdhCurve: openssl })
}

/** Whether the OpenSSL inside this Node has a signature scheme, which it calls by its IANA name. */
export function hasScheme(name: string): boolean {
  return takes(`scheme ${name}`, { sigalgs: name })
}
