import type { Finding, Posture } from '../policy/index.ts'

/** The exchange that proves a fact of a posture. */
export interface Evidence {
  /** Path in the posture, such as `protocols.TLSv1` or `protocols.TLSv1.2.suites.TLS_RSA_WITH_AES_128_CBC_SHA`. */
  readonly fact: string
  /** The question in a few words, such as `TLS 1.2 hello with 318 suites`. */
  readonly asked: string
  /** Hex of what came back, cut to a few hundred bytes; empty for silence. */
  readonly answer: string
}

export interface Cost {
  readonly connections: number
  readonly milliseconds: number
}

export type Grade = 'A+' | 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'unknown'

/** What is known of one door after an audit. */
export interface AuditResult {
  /** As a URL, such as `smtp://mail.example.com:25`. */
  readonly target: string
  /** The address that was spoken to, such as `192.0.2.1` or `2001:db8::1`. */
  readonly address: string | null
  /** It was spoken to: in TLS, or far enough to hear that it offers none. */
  readonly reachable: boolean
  /** Why there is no posture, or why it is not whole: connection refused, no STARTTLS, time was up. */
  readonly problem: {
    readonly code: string
    /** Stands there only where Postern itself failed. */
    readonly fault?: 'bug'
    readonly message: string
    readonly remedy?: string
  } | null
  readonly posture: Posture | null
  readonly evidence: readonly Evidence[]
  readonly findings: readonly Finding[]
  readonly grade: Grade
  /** Why this grade and no better one. */
  readonly gradeReasons: readonly string[]
  readonly cost: Cost
}

/** Everything that one `postern audit` found. */
export interface AuditReport {
  /** Of this JSON shape. */
  readonly version: 1
  readonly postern: string
  /** ISO 8601. */
  readonly started: string
  readonly rulebooks: readonly { readonly name: string; readonly title: string; readonly edition: string; readonly date: string }[]
  readonly targets: readonly AuditResult[]
}
