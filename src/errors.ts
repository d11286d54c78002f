/**
 * Errors that a person can act on. Everything that Postern throws on purpose is a `PosternError`;
 * anything else that reaches the command line is a bug and says so.
 */

/**
 * Who has to act. This decides the exit code, the log level and the HTTP status.
 *
 * - `input`: the person who typed the command or wrote the policy.
 * - `peer`:  the other end of the connection broke its protocol.
 * - `world`: network, disk or clock. Trying again may help.
 * - `bug`:   Postern itself. Ask for a report.
 */
export type Fault = 'input' | 'peer' | 'world' | 'bug'

/** An error that says what was being done, why it failed, and what to do next. */
export class PosternError extends Error {
  override readonly name = 'PosternError'
  readonly fault: Fault
  /** Stable, documented in docs/errors.md. Tests and scripts match on this. */
  readonly code: string
  /** One imperative sentence for the reader, or undefined if nothing can be done. */
  readonly remedy: string | undefined

  constructor(fault: Fault, code: string, message: string, options: { remedy?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.fault = fault
    this.code = code
    this.remedy = options.remedy
  }
}
