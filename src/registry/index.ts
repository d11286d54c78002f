/**
 * Names and numbers that others have registered: protocols, suites, groups, schemes, extensions, alerts, with their
 * OpenSSL, GnuTLS and JSSE spellings. Data only: nothing here decides whether a value is allowed.
 *
 *     protocolVersion.name(0x0304) // 'TLSv1.3'
 */
export { registry, type Registry } from './open-code.ts'
export { PROTOCOLS, protocolVersion, type ProtocolName } from './protocols.ts'
