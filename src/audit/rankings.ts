import { resolveCipherList } from '../policy/index.ts'
import type { Ranking } from './guess-suite.ts'

/** Everything that OpenSSL has, in its own order: what most servers prefer that were given a list of kinds. */
const EVERYTHING = 'ALL:COMPLEMENTOFALL'

let rankings: readonly Ranking[] | undefined

/** Orders in which servers are known to prefer suites when nobody has given them another one. */
export function libraryRankings(): readonly Ranking[] {
  rankings ??= (['1.1.1', '3.5', '1.0.2'] as const).map((generation) =>
    resolveCipherList(EVERYTHING, { generation }).suites.map((suite) => suite.code),
  )
  return rankings
}
