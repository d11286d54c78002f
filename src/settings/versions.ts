/** Compares versions such as `3.10` and `3.9.1` by their numbers, as far as both go: below 0, 0 or above 0. */
export function compareVersions(one: string, other: string): number {
  const [mine, theirs] = [numbersOf(one), numbersOf(other)]
  for (let index = 0; index < Math.max(mine.length, theirs.length); index++) {
    const difference = (mine[index] ?? 0) - (theirs[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function numbersOf(version: string): readonly number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number)
}

/** What holds where nothing is said, from one version on. */
export interface DefaultRow {
  readonly setting: string
  readonly value: string
  /** The first version; empty: all that are known. */
  readonly since: string
  readonly source: string
}

/** The default of a setting in a version: the last row whose first version is not newer. */
export function defaultOf(rows: readonly DefaultRow[], setting: string, version: string): DefaultRow | undefined {
  return rows.findLast((row) => row.setting === setting && (row.since === '' || compareVersions(row.since, version) <= 0))
}
