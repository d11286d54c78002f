import { decodeDer, type DerElement, openDer } from './der.ts'

/** Which hosts an authority may certify, RFC 5280 §4.2.1.10. */

/** `GeneralName`, RFC 5280 §4.2.1.6. */
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87
/** `permittedSubtrees [0]` and `excludedSubtrees [1]` of NameConstraints. */
const SUBTREES = { permitted: 0xa0, excluded: 0xa1 } as const

/**
 * Whether a name in a subjectAltName is outside of what is permitted, or inside of what is excluded. Both arguments are the DER of
 * extension values. Only host names and addresses are looked at: a client of TLS asks for no others. Throws `MalformedError`.
 */
export function violatesNames(constraints: Uint8Array, subjectAltName: Uint8Array, kind: 'permitted' | 'excluded'): boolean {
  const subtrees = openDer(constraints, 'NameConstraints').find(({ tag }) => tag === SUBTREES[kind])
  const bases = subtrees === undefined ? [] : decodeDer(subtrees.contents, 'GeneralSubtrees').flatMap(baseOf)
  const names = openDer(subjectAltName, 'GeneralNames').filter(({ tag }) => tag === DNS_NAME || tag === IP_ADDRESS)
  return names.some((name) => {
    const same = bases.filter(({ tag }) => tag === name.tag)
    const inside = same.some((base) => isWithin(name, base))
    return kind === 'excluded' ? inside : same.length > 0 && !inside
  })
}

function baseOf(subtree: DerElement): readonly DerElement[] {
  return decodeDer(subtree.contents, 'GeneralSubtree').slice(0, 1)
}

function isWithin(name: DerElement, base: DerElement): boolean {
  return name.tag === DNS_NAME ? isSubdomain(text(name), text(base)) : isInNetwork(name.contents, base.contents)
}

/** A name with any number of labels in front of the base. A dot before the base, as some authorities write it, changes nothing. */
function isSubdomain(name: string, base: string): boolean {
  const parent = base.replace(/^\./, '')
  return parent === '' || name === parent || name.endsWith(`.${parent}`)
}

/** The base is an address and its mask, one behind the other. */
function isInNetwork(address: Uint8Array, base: Uint8Array): boolean {
  if (base.length !== address.length * 2) return false
  return address.every((byte, index) => {
    const mask = base[address.length + index] ?? 0
    return (byte & mask) === ((base[index] ?? 0) & mask)
  })
}

function text({ contents }: DerElement): string {
  return Buffer.from(contents).toString('latin1').toLowerCase()
}
