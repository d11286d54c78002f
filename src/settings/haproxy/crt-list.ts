import { join } from 'node:path'
import { lookUp, type ScopedLeg } from '../scopes.ts'
import type { LegWords } from '../words.ts'
import type { Setup } from './words.ts'

type ListedWord = 'protocols' | 'suites' | 'groups'

const WORDS: Readonly<Record<string, ListedWord>> = {
  'ssl-min-ver': 'protocols',
  'ssl-max-ver': 'protocols',
  ciphers: 'suites',
  ciphersuites: 'suites',
  curves: 'groups',
  ecdhe: 'groups',
}

/** The words that a `crt-list` of a bind line says anew for names in it; all of them where it cannot be read. */
export function listedWords(leg: ScopedLeg, { more, folder }: Setup): readonly ListedWord[] {
  const path = leg.role === 'server' ? lookUp(leg, 'crt-list')?.value : undefined
  if (path === undefined) return []
  const text = more?.(path.startsWith('/') ? path : join(folder, path))?.text
  if (text === undefined) return [...new Set(Object.values(WORDS))]
  const options = [...text.matchAll(/^(?!\s*#)[^[\r\n]*\[([^\]\r\n]*)\]/gm)].flatMap(([, inside = '']) => inside.split(/\s+/))
  return [...new Set(options.flatMap((option) => WORDS[option] ?? []))]
}

/** What a list of certificates says anew for some names is not what the line says. */
export function withoutListed(words: LegWords, listed: readonly ListedWord[]): LegWords {
  const { protocols, suites, groups } = words
  return {
    ...words,
    protocols: listed.includes('protocols') ? { ...protocols, value: 'unknown' } : protocols,
    suites: listed.includes('suites') ? { ...suites, value: 'unknown' } : suites,
    groups: listed.includes('groups') ? { ...groups, value: 'unknown' } : groups,
  }
}
