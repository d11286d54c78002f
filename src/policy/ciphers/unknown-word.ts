import { suiteByName, type CipherSuite } from '../../registry/index.ts'
import { buildOf, opensslName, type Build } from './build.ts'
import { OPENSSL_GENERATIONS, type OpensslGeneration } from './generation.ts'
import { isWordSomewhere } from './words.ts'

/** What an unknown word of a list was probably meant to be. */
export type UnknownWord =
  /** DEFAULT and the SUITEB words count at the very start only. */
  | { readonly kind: 'not-at-start'; readonly word: string }
  /** Words and names are case-sensitive; `known` is how it is written. */
  | { readonly kind: 'wrong-case'; readonly word: string; readonly known: string }
  /** TLS 1.3 suites are not set here. */
  | { readonly kind: 'tls13'; readonly word: string; readonly suite: CipherSuite }
  /** A name in the spelling of IANA, GnuTLS or JSSE; `known` is what this OpenSSL calls it. */
  | { readonly kind: 'foreign-name'; readonly word: string; readonly suite: CipherSuite; readonly known: string }
  /** A suite that a default build of this generation does not have. */
  | { readonly kind: 'no-such-suite'; readonly word: string; readonly suite: CipherSuite }
  /** A word that other generations know. */
  | { readonly kind: 'other-generation'; readonly word: string; readonly generations: readonly OpensslGeneration[] }
  /** A word for algorithms that no default build has: GOST, Kerberos. */
  | { readonly kind: 'needs-engine'; readonly word: string }
  | { readonly kind: 'nonsense'; readonly word: string }

/** Says what an unknown word was probably meant to be. */
export function unknownWord(word: string, build: Build): UnknownWord {
  if (/^(?:DEFAULT|SUITEB)/.test(word)) return { kind: 'not-at-start', word }
  const suite = suiteByName(word)
  if (suite !== undefined) return unknownSuite(word, suite, build)
  const known = build.vocabulary.has(word.toUpperCase()) ? word.toUpperCase() : knownInAnyCase(word, build)
  if (known !== undefined) return { kind: 'wrong-case', word, known }
  const generations = OPENSSL_GENERATIONS.filter((generation) => buildOf(generation).vocabulary.has(word))
  if (generations.length > 0) return { kind: 'other-generation', word, generations }
  return { kind: isWordSomewhere(word) ? 'needs-engine' : 'nonsense', word }
}

function unknownSuite(word: string, suite: CipherSuite, build: Build): UnknownWord {
  if (suite.protocol === 'TLSv1.3') return { kind: 'tls13', word, suite }
  const known = opensslName(suite, build.generation)
  if (known !== undefined && build.vocabulary.has(known)) return { kind: 'foreign-name', word, suite, known }
  return { kind: 'no-such-suite', word, suite }
}

function knownInAnyCase(word: string, build: Build): string | undefined {
  const lower = word.toLowerCase()
  return [...build.vocabulary.keys()].find((known) => known.toLowerCase() === lower)
}
