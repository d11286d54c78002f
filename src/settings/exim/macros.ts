import type { Found } from '../scopes.ts'

/** The TLS library that an Exim was built with. */
export type Library = 'gnutls' | 'openssl'

/** A macro, from its definition on. */
export interface Macro {
  readonly name: string
  /** Undefined: it cannot be told. */
  readonly value: string | undefined
  /** False: it may not be defined at all. */
  readonly sure: boolean
  /** Where its value stands, if that is a line of a file. */
  readonly found: Found | undefined
}

/** A text with macros replaced. */
export interface Expanded {
  readonly text: string
  /** False: a macro stands in it of which nobody knows what it is. */
  readonly known: boolean
  readonly used: readonly Macro[]
}

/**
 * The macros of a configuration in the order of their definition, which is the one in which Exim replaces them: wherever the name
 * stands in a line, within other words too.
 */
export class Macros {
  readonly #macros: Macro[] = []
  readonly #library: Library | undefined
  #askedLibrary = false

  constructor(library: Library | undefined) {
    this.#library = library
  }

  /** A condition was about the library. */
  get askedLibrary(): boolean {
    return this.#askedLibrary
  }

  get names(): readonly string[] {
    return this.#macros.map(({ name }) => name)
  }

  has(name: string): boolean {
    return this.#macros.some((macro) => macro.name === name)
  }

  /** The first definition of a name. */
  define(macro: Macro): void {
    this.#macros.push(macro)
  }

  /** `NAME == value` keeps the place in the order. */
  redefine(name: string, value: string | undefined): void {
    const index = this.#macros.findIndex((macro) => macro.name === name)
    const macro = this.#macros[index]
    if (macro !== undefined) this.#macros[index] = { ...macro, value, found: undefined }
  }

  expand(line: string): Expanded {
    if (!/[A-Z]/.test(line)) return { text: line, known: true, used: [] }
    let text = line
    let known = true
    const used: Macro[] = []
    for (const macro of this.#macros) {
      if (!text.includes(macro.name)) continue
      const { value } = macro
      used.push(macro)
      if (value === undefined || !macro.sure) known = false
      else text = text.replaceAll(macro.name, () => value)
    }
    return { text, known, used }
  }

  /** Whether a condition such as `.ifdef TEXT` holds: a macro stands in the text. */
  defined(text: string): boolean | 'unknown' {
    const there = this.#macros.filter(({ name }) => text.includes(name))
    if (there.some(({ sure }) => sure)) return true
    const builtIn = [...text.matchAll(/(?<![A-Za-z0-9])_[A-Z]\w*/g)].map(([name]) => this.#isBuiltIn(name))
    if (builtIn.includes(true)) return true
    return there.length > 0 || builtIn.includes('unknown') ? 'unknown' : false
  }

  /** Names that begin with `_` come with the program: they tell what it was built with. */
  #isBuiltIn(name: string): boolean | 'unknown' {
    if (name.startsWith('_HAVE_TLS')) return true
    const library = name === '_HAVE_GNUTLS' ? 'gnutls' : name === '_HAVE_OPENSSL' ? 'openssl' : undefined
    if (library === undefined) return 'unknown'
    this.#askedLibrary = true
    return this.#library === undefined ? 'unknown' : library === this.#library
  }
}
