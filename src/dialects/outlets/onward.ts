import { textOf, type Lines } from '../relays/lines.ts'

/** What the server said when it let somebody in. */
export interface LoggedIn {
  readonly kind: 'ready'
  /** Lines before its answer, with their ends; they are for the client. */
  readonly before: string
  /** The text of its answer. */
  readonly words: string
  /** What it said behind that in one breath. */
  readonly behind: string
}

/** `no-way`: it offers nothing by which the secret could be shown. */
export type OnwardOutcome = LoggedIn | { readonly kind: 'refused' | 'nonsense'; readonly words: string } | { readonly kind: 'no-way' }

export interface OnwardStep {
  readonly send: string
  readonly outcome: OnwardOutcome | undefined
}

/** Logs in at a server, from its greeting to its answer: a script without a socket. */
export interface OnwardScript {
  readonly push: (bytes: Uint8Array) => OnwardStep
}

/** Octets of a line of a server before the login. */
export const LONGEST_ANSWER: number = 16 * 1024

export const SAYS_TOO_MUCH: OnwardOutcome = { kind: 'nonsense', words: 'it says too much' }

/** Hands each whole line to `hear`, until there is an outcome. What is to be sent comes together. */
export function hearLines(lines: Lines, bytes: Uint8Array, hear: (text: string) => OnwardStep): OnwardStep {
  lines.push(bytes)
  let send = ''
  for (;;) {
    const line = lines.line()
    if (line === undefined) return { send, outcome: undefined }
    if (line === 'too-long') return { send, outcome: SAYS_TOO_MUCH }
    const step = hear(textOf(line))
    send += step.send
    if (step.outcome !== undefined) return { send, outcome: step.outcome }
  }
}
