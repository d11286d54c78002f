/** From best to worst. `unknown`: what is not known could make it worse, see docs/findings.md. */
export type Grade = 'A+' | 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'unknown'

/** A grade that something can be capped at. */
export type Cap = Exclude<Grade, 'A+' | 'unknown'>

/** What is true of every finding with one id: its words, and what it does to the grade. The ids are forever. */
export interface FindingKind {
  readonly id: string
  readonly title: string
  /** Why it matters, for someone who has never heard of it. */
  readonly why: string
  readonly reference: string
  /** In general terms; the settings of a product say it better. Missing where nothing ever needs to be done. */
  readonly remedy?: string
  /** The best grade that a door with a `weak` verdict here can have; without it, weak does not count. */
  readonly weak?: Cap
  /** The same for `bad`. */
  readonly bad?: Cap
  /**
   * `weak` at worst where senders that find no TLS go on in plain text and check no certificate, as mail servers do among
   * themselves on port 25 (RFC 7435 §3): there, refusing an old client costs more than it gives.
   */
  readonly mildWhenOpportunistic?: true
}
