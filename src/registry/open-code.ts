/**
 * A number from a registry. Values without a name are legal and are kept: an auditor must be able
 * to see, and to send, what no registry knows. Never a TypeScript `enum`.
 */
export interface Registry<Name extends string> {
  readonly title: string
  readonly names: readonly Name[]
  readonly codes: readonly number[]
  code(name: Name): number
  /** The code of a name that may not be registered. */
  find(name: string): number | undefined
  /** The registered name, or the number in hex when there is none. */
  name(code: number): Name | `0x${string}`
  has(code: number): boolean
}

/** Makes a registry of `width`-byte numbers out of its names. */
export function registry<Name extends string>(title: string, width: 1 | 2 | 3, codes: Readonly<Record<Name, number>>): Registry<Name> {
  // Object.keys() forgets the type of the keys; nothing else is lost here.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const names = Object.keys(codes) as Name[]
  const byName = new Map<string, number>(names.map((name) => [name, codes[name]]))
  const byCode = new Map(names.map((name) => [codes[name], name]))
  return {
    title,
    names,
    codes: [...byCode.keys()],
    code: (name) => codes[name],
    find: (name) => byName.get(name),
    name: (code) => byCode.get(code) ?? `0x${code.toString(16).padStart(width * 2, '0')}`,
    has: (code) => byCode.has(code),
  }
}
