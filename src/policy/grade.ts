import type { Grade } from './finding-kind.ts'
import type { Finding } from './finding.ts'
import { findingKind } from './findings.ts'

export interface Graded {
  readonly grade: Grade
  /** Why this grade and no better one, the weightiest first; empty for `A+`. */
  readonly reasons: readonly string[]
}

/** From best to worst. */
export const LETTERS = ['A+', 'A', 'B', 'C', 'D', 'E', 'F'] as const

type Letter = (typeof LETTERS)[number]

/** An unknown whose worst answer would give less than this makes the grade itself `unknown`. */
const WORST_THAT_UNKNOWN_COUNTS_AS: Letter = 'C'

/**
 * The grade that findings make. Each finding that is not good caps it. An unknown counts as its worst answer; where that
 * would be worse than C, and the rest is better, nobody can say how good the door is, and the grade is `unknown`.
 * So no unknown ever gives a better grade than its worst answer would, and nothing that gets worse ever gives a better grade.
 * `opportunistic` as in `compare`.
 */
export function grade(findings: readonly Finding[], options: { readonly opportunistic?: boolean } = {}): Graded {
  const opportunistic = options.opportunistic === true
  const caps = findings.flatMap((finding): Cap[] => {
    const letter = capOf(finding, opportunistic)
    return letter === undefined
      ? []
      : [{ finding, letter, open: finding.verdict === 'unknown' && isWorse(letter, WORST_THAT_UNKNOWN_COUNTS_AS) }]
  })
  const settled = caps.filter(({ open }) => !open)
  const letter = settled.map((cap) => cap.letter).reduce<Letter>((a, b) => (isWorse(b, a) ? b : a), 'A+')
  const open = caps.filter((cap) => cap.open && isWorse(cap.letter, letter))
  const decisive = letter === 'A+' ? [] : settled.filter((cap) => cap.letter === letter)
  if (open.length > 0) return { grade: 'unknown', reasons: [...worstFirst(open), ...decisive].map(reason) }
  return { grade: letter, reasons: decisive.map(reason) }
}

interface Cap {
  readonly finding: Finding
  readonly letter: Letter
  /** Unknown, and its worst answer would be worse than what an unknown may count as. */
  readonly open: boolean
}

/** The best grade that is left with this finding, or undefined where it does not count. */
function capOf({ id, verdict }: Finding, opportunistic: boolean): Letter | undefined {
  const kind = findingKind(id)
  if (kind === undefined || verdict === 'good') return undefined
  if (verdict === 'bad') return kind.bad ?? kind.weak
  if (verdict === 'weak') return kind.weak ?? kind.bad
  const mild = opportunistic && kind.mildWhenOpportunistic === true
  return mild ? (kind.weak ?? kind.bad) : (kind.bad ?? kind.weak)
}

function isWorse(a: Letter, b: Letter): boolean {
  return LETTERS.indexOf(a) > LETTERS.indexOf(b)
}

function worstFirst(caps: readonly Cap[]): readonly Cap[] {
  return caps.toSorted((a, b) => LETTERS.indexOf(b.letter) - LETTERS.indexOf(a.letter))
}

function reason({ finding, letter, open }: Cap): string {
  if (open) return `could be ${letter}: ${finding.fact}`
  const worst = finding.verdict === 'unknown' ? ' It counts as its worst answer.' : ''
  return `not above ${letter}: ${finding.fact}${worst}`
}
