import type { Build } from './build.ts'
import { EVERYTHING, intersect, type Criteria } from './criteria.ts'
import { defaultList, isSince } from './generation.ts'
import type { Operator } from './suite-order.ts'

interface At {
  /** Offset in the list, in UTF-16 units. */
  readonly at: number
  /** The term as it is written, operator included, without what is lost behind it. */
  readonly text: string
}

/** A term that selects suites. */
export interface SelectTerm extends At {
  readonly kind: 'select'
  readonly operator: Operator
  /** The parts between `+`. */
  readonly words: readonly string[]
  readonly criteria: Criteria
}

/** A term that OpenSSL steps over without a word. */
export interface IgnoredTerm extends At {
  readonly kind: 'ignored'
  readonly operator: Operator
  /** The part it stumbled over. */
  readonly culprit: string
  readonly why: 'unknown' | 'contradiction'
  /** What stood between the culprit and the next separator, and was thrown away with it. */
  readonly lost: string
}

/** `@STRENGTH`. */
export interface StrengthTerm extends At {
  readonly kind: 'strength'
  readonly lost: string
}

/** `@SECLEVEL=n`. */
export interface LevelTerm extends At {
  readonly kind: 'seclevel'
  readonly level: number
  readonly lost: string
}

/** DEFAULT at the very start: the terms it stands for come next, with `at` in their own list. */
export interface DefaultTerm extends At {
  readonly kind: 'default'
  readonly terms: readonly Term[]
}

/** SUITEB128 and its kin at the very start: replaces the whole list. */
export interface SuiteBTerm extends At {
  readonly kind: 'suite-b'
  readonly terms: readonly Term[]
  readonly lost: string
}

/** What makes OpenSSL refuse the whole list. */
export interface InvalidTerm extends At {
  readonly kind: 'invalid'
  readonly why: 'character' | 'command'
  readonly culprit: string
}

export type Term = SelectTerm | IgnoredTerm | StrengthTerm | LevelTerm | DefaultTerm | SuiteBTerm | InvalidTerm

const SUITE_B = [
  ['SUITEB128ONLY', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['SUITEB128C2', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['SUITEB128', 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['SUITEB192', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
] as const

/** Takes a list apart as the OpenSSL of `build` does, ssl_cipher_process_rulestr(). Stops at an invalid character. */
export function parseTerms(list: string, build: Build): Term[] {
  for (const [word, meaning] of SUITE_B) {
    if (list.startsWith(word)) {
      return [{ kind: 'suite-b', at: 0, text: word, terms: new Parser(meaning, 0, build).terms(), lost: list.slice(word.length) }]
    }
  }
  if (!list.startsWith('DEFAULT')) return new Parser(list, 0, build).terms()
  const terms = new Parser(defaultList(build.generation), 0, build).terms()
  return [{ kind: 'default', at: 0, text: 'DEFAULT', terms }, ...new Parser(list, 'DEFAULT'.length, build).terms()]
}

const OPERATORS: Readonly<Record<string, Operator | 'command'>> = { '-': 'delete', '+': 'move', '!': 'kill', '@': 'command' }
const SEPARATOR = /[: ;,]/

class Parser {
  readonly #list: string
  readonly #build: Build
  readonly #word: RegExp
  #offset: number

  constructor(list: string, offset: number, build: Build) {
    // C strings end at NUL.
    this.#list = list.split('\0', 1)[0] ?? ''
    this.#offset = offset
    this.#build = build
    this.#word = wordPattern(build)
  }

  terms(): Term[] {
    const terms: Term[] = []
    while (this.#offset < this.#list.length) {
      if (SEPARATOR.test(this.#list.charAt(this.#offset))) {
        this.#offset++
        continue
      }
      const term = this.#term()
      terms.push(term)
      if (term.kind === 'invalid' && term.why === 'character') break
    }
    return terms
  }

  #term(): Term {
    const at = this.#offset
    const operator = OPERATORS[this.#list.charAt(at)] ?? 'add'
    if (operator !== 'add') this.#offset++
    return operator === 'command' ? this.#command(at) : this.#selection(at, operator)
  }

  #command(at: number): Term {
    const word = this.#readWord()
    if (word === '') return this.#invalid(at, 'character')
    const text = this.#since(at)
    const level = this.#build.generation === '1.0.2' ? undefined : /^SECLEVEL=([0-5])$/.exec(word)?.[1]
    if (word !== 'STRENGTH' && level === undefined) {
      this.#skip()
      return { kind: 'invalid', at, text, why: 'command', culprit: word }
    }
    const lost = this.#skip()
    return level === undefined ? { kind: 'strength', at, text, lost } : { kind: 'seclevel', at, text, level: Number(level), lost }
  }

  #selection(at: number, operator: Operator): Term {
    let criteria: Criteria = EVERYTHING
    const words: string[] = []
    for (;;) {
      const word = this.#readWord()
      if (word === '') return this.#invalid(at, 'character')
      const more = this.#list.charAt(this.#offset) === '+'
      const text = this.#since(at)
      if (more) this.#offset++
      const found = this.#build.vocabulary.get(word)
      if (found === undefined) return { kind: 'ignored', at, text, operator, culprit: word, why: 'unknown', lost: this.#lost(more) }
      const both = intersect(criteria, found, this.#build.generation !== '1.0.2')
      if (both === undefined) return { kind: 'ignored', at, text, operator, culprit: word, why: 'contradiction', lost: this.#lost(more) }
      criteria = both
      words.push(word)
      if (!more) return { kind: 'select', at, text, operator, words, criteria }
    }
  }

  #lost(more: boolean): string {
    return (more ? '+' : '') + this.#skip()
  }

  #invalid(at: number, why: 'character'): InvalidTerm {
    const culprit = String.fromCodePoint(this.#list.codePointAt(this.#offset) ?? 0)
    return { kind: 'invalid', at, text: this.#since(at), why, culprit: this.#offset < this.#list.length ? culprit : '' }
  }

  #readWord(): string {
    this.#word.lastIndex = this.#offset
    const word = this.#word.exec(this.#list)?.[0] ?? ''
    this.#offset += word.length
    return word
  }

  /** Everything up to the next separator. */
  #skip(): string {
    const start = this.#offset
    while (this.#offset < this.#list.length && !SEPARATOR.test(this.#list.charAt(this.#offset))) this.#offset++
    return this.#list.slice(start, this.#offset)
  }

  #since(at: number): string {
    return this.#list.slice(at, this.#offset)
  }
}

/** `=` came with @SECLEVEL, `_` with IANA names. */
function wordPattern({ generation }: Build): RegExp {
  if (generation === '1.0.2') return /[A-Za-z0-9.-]*/y
  return isSince(generation, '3.5') ? /[A-Za-z0-9._=-]*/y : /[A-Za-z0-9.=-]*/y
}
