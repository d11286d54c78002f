import { registry, type Registry } from './open-code.ts'
import { GROUP_TABLE, type GroupRow } from './group-table.ts'

/** What is exchanged: points of a curve, powers in a finite field, a curve and a KEM together, or a KEM alone. */
export type GroupKind = 'ecdhe' | 'ffdhe' | 'hybrid' | 'kem'

/** A group of the TLS Supported Groups registry, RFC 8446 §4.2.7. */
export interface NamedGroup {
  readonly code: number
  /** The IANA name. */
  readonly name: string
  readonly kind: GroupKind
  /** Size of the field or modulus in bits; of the curve in a hybrid; of the public matrix dimension times 256 in a KEM alone. */
  readonly bits: number
  /** Security strength in bits, NIST SP 800-57 part 1 table 2 and SP 800-56A appendix D; against classical computers in a hybrid. */
  readonly strength: number
  /** May be used in TLS 1.3. */
  readonly tls13: boolean
  /** May be used in TLS 1.2 and earlier. */
  readonly tls12: boolean
  /** Name in OpenSSL's group lists, where OpenSSL has the group. */
  readonly openssl?: string
  /** Other spellings that OpenSSL understands, such as `P-256`. */
  readonly aliases: readonly string[]
  /** Name in GnuTLS priority strings without `GROUP-`. */
  readonly gnutls?: string
}

/** Every group, ordered by code point. */
export const groups: readonly NamedGroup[] = GROUP_TABLE.map(namedGroup)

/** Numbers and names alone. */
export const supportedGroup: Registry<string> = registry(
  'TLS Supported Groups',
  2,
  Object.fromEntries(groups.map((group) => [group.name, group.code])),
)

const byCode: ReadonlyMap<number, NamedGroup> = new Map(groups.map((group) => [group.code, group]))
const byName: ReadonlyMap<string, NamedGroup> = new Map(
  groups.flatMap((group) =>
    [group.name, group.openssl ?? group.name, ...group.aliases, `GROUP-${group.gnutls ?? group.name}`].map(
      (name) => [name.toLowerCase(), group] as const,
    ),
  ),
)

/** The group with this code point, or undefined where nobody has named one. */
export function groupByCode(code: number): NamedGroup | undefined {
  return byCode.get(code)
}

/** The group with this name in the spelling of IANA, OpenSSL (`prime256v1`, `P-256`), GnuTLS (`GROUP-SECP256R1`) or JSSE. Case does not count. */
export function groupByName(name: string): NamedGroup | undefined {
  return byName.get(name.toLowerCase())
}

function namedGroup([code, name, kind, bits, strength, versions, openssl, gnutls]: GroupRow): NamedGroup {
  const [first = '', ...aliases] = openssl === '' ? [] : openssl.split(' ')
  return {
    code,
    name,
    kind,
    bits,
    strength,
    tls13: versions !== '1.2',
    tls12: versions !== '1.3',
    ...(first === '' ? {} : { openssl: first }),
    aliases,
    ...(gnutls === undefined ? {} : { gnutls }),
  }
}
