import type { Word } from './words.ts'

/** A word that a leg takes from several places: what all of them say, else `unknown`. `own`: what it is where there are none. */
export function agreed<T>(own: Word<T>, words: readonly Word<T>[]): Word<T> {
  const [first = own] = words
  return words.every(({ value }) => String(value) === String(first.value)) ? first : { ...first, value: 'unknown' }
}
