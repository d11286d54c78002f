import type { FailureDetails, PolicyResult } from './report.ts'

/** All policies and failures of a day together, in letters: what is beyond that is not counted. */
const MOST_LETTERS = 8 * 1024 * 1024
/** Ways to fail under one policy; what fails in yet another way counts in the sum alone. */
const MOST_WAYS = 100

interface Row {
  readonly policy: PolicyResult['policy']
  good: number
  bad: number
  readonly ways: Map<string, { readonly details: FailureDetails; count: number }>
}

/** Results of one day, added up by domain and policy. */
export class Tally {
  readonly #rows = new Map<string, Row>()
  #letters = 0

  get isEmpty(): boolean {
    return this.#rows.size === 0
  }

  add({ policy, summary, 'failure-details': failures = [] }: PolicyResult): void {
    const row = this.#rowOf(policy)
    if (row === undefined) return
    row.good += summary['total-successful-session-count']
    row.bad += summary['total-failure-session-count']
    for (const details of failures) this.#addWay(row, details)
  }

  /** By domain, so that reports are the same whatever came first. */
  results(): readonly PolicyResult[] {
    return [...this.#rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => resultOf(row))
  }

  #rowOf(policy: PolicyResult['policy']): Row | undefined {
    const key = JSON.stringify([policy['policy-domain'], policy['policy-type'], policy['policy-string'] ?? []])
    const known = this.#rows.get(key)
    if (known !== undefined || !this.#hasRoom(key)) return known
    const row = { policy, good: 0, bad: 0, ways: new Map() }
    this.#rows.set(key, row)
    return row
  }

  #addWay(row: Row, { 'failed-session-count': count, ...details }: FailureDetails): void {
    const key = JSON.stringify(Object.entries(details).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    const known = row.ways.get(key)
    if (known !== undefined) known.count += count
    else if (row.ways.size < MOST_WAYS && this.#hasRoom(key))
      row.ways.set(key, { details: { ...details, 'failed-session-count': 0 }, count })
  }

  #hasRoom(key: string): boolean {
    if (this.#letters + key.length > MOST_LETTERS) return false
    this.#letters += key.length
    return true
  }
}

function resultOf({ policy, good, bad, ways }: Row): PolicyResult {
  const details = [...ways.values()].map((way) => ({ ...way.details, 'failed-session-count': way.count }))
  return {
    policy,
    summary: { 'total-successful-session-count': good, 'total-failure-session-count': bad },
    'failure-details': details.toSorted((a, b) => b['failed-session-count'] - a['failed-session-count']),
  }
}
