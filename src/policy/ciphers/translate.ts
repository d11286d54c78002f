import { suiteByName } from '../../registry/index.ts'
import { buildOf, opensslName } from './build.ts'
import type { OpensslGeneration } from './generation.ts'

export interface Translation {
  /** The list with the names that this OpenSSL understands. */
  readonly list: string
  readonly replaced: readonly { readonly at: number; readonly from: string; readonly to: string }[]
  /** Names of suites that have no place in such a list: those of TLS 1.3, and those that this OpenSSL does not have. */
  readonly left: readonly string[]
}

/**
 * Puts OpenSSL names in place of IANA, GnuTLS and JSSE names that this generation does not understand; everything
 * else in the list stays as it is.
 */
export function translateSuiteNames(list: string, generation: OpensslGeneration): Translation {
  const { vocabulary } = buildOf(generation)
  const replaced: { at: number; from: string; to: string }[] = []
  const left: string[] = []
  const translated = list.replace(/[A-Za-z0-9][A-Za-z0-9._=-]*/g, (word, at: number) => {
    const suite = vocabulary.has(word) ? undefined : suiteByName(word)
    if (suite === undefined) return word
    const to = opensslName(suite, generation)
    if (to === undefined || !vocabulary.has(to)) {
      left.push(word)
      return word
    }
    replaced.push({ at, from: word, to })
    return to
  })
  return { list: translated, replaced, left }
}
