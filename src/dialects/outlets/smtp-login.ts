import { saslWords, type Login } from './sasl.ts'
import type { HopAbilities } from './smtp-hop.ts'

/** What is said, one line for each go-ahead: RFC 4954 §4. */
export type LoginLines = readonly [first: string, ...more: string[]]

/** The lines of the best mechanism that a server announces; undefined where it has none for this. */
export function loginLines(login: Login, abilities: HopAbilities): LoginLines | undefined {
  const found = saslWords(login, (abilities.get('AUTH') ?? '').toUpperCase().split(/[ \t]+/))
  if (found === undefined) return undefined
  const { mechanism, says, mayBeginAtOnce } = found
  const [first, ...more] = says
  return mayBeginAtOnce ? [`AUTH ${mechanism} ${first}`, ...more] : [`AUTH ${mechanism}`, ...says]
}
