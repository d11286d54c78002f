import { registry, type Registry } from './open-code.ts'

/** Protocol versions in the spelling of OpenSSL and of most settings files, oldest first. */
export type ProtocolName = 'SSLv2' | 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** Oldest first. */
export const PROTOCOLS: readonly ProtocolName[] = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** The numbers these versions have on the wire, RFC 8446 §4.2.1 and the SSL 2.0 specification. */
export const protocolVersion: Registry<ProtocolName> = registry('ProtocolVersion', 2, {
  SSLv2: 0x0002,
  SSLv3: 0x0300,
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
})
