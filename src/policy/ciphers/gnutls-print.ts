import { groupByName, signatureScheme, suiteByName, type CipherSuite, type ProtocolName } from '../../registry/index.ts'
import { parseGnutlsPriority } from './gnutls.ts'
import { GNUTLS_SIGNATURES } from './gnutls-items.ts'
import { gnutlsSuites, type GnutlsSuite } from './gnutls-suites.ts'

/** What a priority string is wanted for. Empty groups or schemes: those of NORMAL. */
export interface GnutlsWish {
  readonly protocols: readonly ProtocolName[]
  /** In order of preference. */
  readonly suites: readonly CipherSuite[]
  /** IANA names. */
  readonly groups?: readonly string[]
  /** IANA names. */
  readonly signatureSchemes?: readonly string[]
  readonly serverPrecedence?: boolean
}

/** A priority string, and in what it differs from the wish: GnuTLS multiplies key exchanges, ciphers and MACs, it does not list suites. */
export interface GnutlsPrint {
  readonly priority: string
  /** IANA names of suites that come along unasked. */
  readonly extra: readonly string[]
  /** IANA names of suites, groups and schemes that GnuTLS cannot be given. */
  readonly missing: readonly string[]
  /** The suites that were asked for stand in the order that was asked for. */
  readonly ordered: boolean
}

/** Writes a priority string for GnuTLS 3.7 and later. */
export function printGnutlsPriority(wish: GnutlsWish): GnutlsPrint {
  const parts = wish.suites.flatMap((suite) => gnutlsSuites.find((one) => one.suite.code === suite.code) ?? [])
  const groups = (wish.groups ?? []).map((name) => ({ name, gnutls: groupByName(name)?.gnutls }))
  const schemes = (wish.signatureSchemes ?? []).map((name) => ({ name, gnutls: signatureNames(name) }))
  const priority = [
    'NONE',
    ...wish.protocols.flatMap((name) => VERSIONS[name] ?? []),
    ...items(parts),
    ...(groups.length === 0 ? ['+GROUP-ALL'] : groups.flatMap(({ gnutls }) => (gnutls === undefined ? [] : [`+GROUP-${gnutls}`]))),
    ...(schemes.length === 0 ? ['+SIGN-ALL'] : schemes.flatMap(({ gnutls }) => gnutls.map((name) => `+SIGN-${name}`))),
    ...(wish.serverPrecedence === true ? ['%SERVER_PRECEDENCE'] : []),
  ].join(':')
  const given = parseGnutlsPriority(priority).suites
  const wanted = wish.suites.map((suite) => suite.iana)
  const kept = given.map((suite) => suite.iana).filter((name) => wanted.includes(name))
  return {
    priority,
    extra: given.map((suite) => suite.iana).filter((name) => !wanted.includes(name)),
    missing: [
      ...wanted.filter((name) => !kept.includes(name)),
      ...groups.filter(({ gnutls }) => gnutls === undefined).map(({ name }) => name),
      ...schemes.filter(({ gnutls }) => gnutls.length === 0).map(({ name }) => name),
    ],
    ordered: kept.every((name, index) => name === wanted.filter((one) => kept.includes(one))[index]),
  }
}

const VERSIONS: Readonly<Record<string, string>> = {
  TLSv1: '+VERS-TLS1.0',
  'TLSv1.1': '+VERS-TLS1.1',
  'TLSv1.2': '+VERS-TLS1.2',
  'TLSv1.3': '+VERS-TLS1.3',
}

/** Each part once, in the order in which the suites bring it. */
function items(parts: readonly GnutlsSuite[]): string[] {
  const pick = (part: (one: GnutlsSuite) => string): string[] => [...new Set(parts.map(part))].filter((name) => name !== '')
  return [...pick((one) => one.kx), ...pick((one) => one.cipher), ...pick((one) => one.mac)].map((name) => `+${name}`)
}

/** ECDSA schemes have two names: one for TLS 1.2, one for 1.3. */
function signatureNames(iana: string): string[] {
  const code = signatureScheme.find(iana)
  return GNUTLS_SIGNATURES.flatMap(([name, known]) => (known !== undefined && known === code ? [name] : []))
}

/** Does this look like a priority string rather than like an OpenSSL cipher list? */
export function looksLikeGnutls(text: string): boolean {
  return (
    /^\s*(?:NORMAL|LEGACY|PFS|PERFORMANCE|SECURE(?:128|192|256)?|NONE|@[A-Z]+)(?::|\s*$)/i.test(text) && suiteByName(text) === undefined
  )
}
