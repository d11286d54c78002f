export type Verdict = 'good' | 'weak' | 'bad' | 'unknown'

/** What one rulebook says of the thing that a finding is about. */
export interface RuleVerdict {
  /** Such as `ncsc-nl`. */
  readonly rulebook: string
  readonly edition: string
  readonly verdict: Verdict
  /** The rulebook's own word: `insufficient`, `MUST NOT`, `not recommended`. */
  readonly says: string
  /** What it says it of, where that is not all of the finding: suites, groups. */
  readonly subjects: readonly string[]
  readonly source: string
}

/** One thing worth telling the owner of a server, whoever found it. */
export interface Finding {
  /** Stable and documented in docs/findings.md, such as `tls-compression`. */
  readonly id: string
  /** Postern's own verdict, which makes the grade. */
  readonly verdict: Verdict
  /** What was seen, in one sentence without advice. */
  readonly fact: string
  /** The things concerned: protocol, suite, group or certificate names. */
  readonly subjects: readonly string[]
  /** What to do. Required for weak and bad findings. */
  readonly remedy?: string
  /** Known clients that need the weak thing and would be cut off. */
  readonly neededBy?: readonly string[]
  /** The bytes (hex) or the text that prove the fact. */
  readonly evidence?: string
  readonly rules: readonly RuleVerdict[]
}
