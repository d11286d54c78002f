import type { CommandLine } from './run-command.ts'

/** How the service is treated around a change. */
export interface Service {
  readonly stop?: CommandLine
  readonly start?: CommandLine
  readonly check?: CommandLine
  /** Make what the service reads out of files that have changed, such as an index; run again where these are put back. */
  readonly rebuild?: readonly CommandLine[]
  /** It has to be stopped before its files are read for the last time. */
  readonly rewritesOnStop: boolean
  /** Milliseconds for each command, and for doors to open. */
  readonly patience: number
}
