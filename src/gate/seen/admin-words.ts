import { PosternError, type Fault } from '../../errors.ts'

/** What is asked over the admin socket, one line of JSON each. */
export type AdminRequest =
  | { readonly ask: 'status' }
  /** Those that are there, at most so many. */
  | { readonly ask: 'connections'; readonly most: number }
  /** Answered when the new configuration is in force, or was wrong. */
  | { readonly ask: 'reload' }
  | { readonly ask: 'drain' }

/** What is answered, one line of JSON each, in the order of the requests. */
export type AdminReply = { readonly answer: unknown } | { readonly error: AdminError }

export interface AdminError {
  readonly fault: Fault
  readonly code: string
  readonly message: string
  readonly remedy?: string
}

/** More connections than that are listed to nobody at once. */
export const MOST_LISTED = 10_000

/** Undefined for what is no request. */
export function requestOf(line: string): AdminRequest | undefined {
  const value = objectOf(line)
  if (value === undefined) return undefined
  switch (value['ask']) {
    case 'status':
    case 'reload':
    case 'drain':
      return { ask: value['ask'] }
    case 'connections': {
      const most = value['most'] ?? MOST_LISTED
      return Number.isInteger(most) && typeof most === 'number' && most >= 0
        ? { ask: 'connections', most: Math.min(most, MOST_LISTED) }
        : undefined
    }
    default:
      return undefined
  }
}

/** Undefined for what is no reply. */
export function replyOf(line: string): AdminReply | undefined {
  const value = objectOf(line)
  if (value === undefined) return undefined
  if ('answer' in value) return { answer: value['answer'] }
  const { error } = value
  if (!isRecord(error)) return undefined
  const { fault, code, message, remedy } = error
  if (!isFault(fault) || typeof code !== 'string' || typeof message !== 'string') return undefined
  return { error: { fault, code, message, ...(typeof remedy === 'string' ? { remedy } : {}) } }
}

/** What went wrong, as it is said over the socket. */
export function errorReply(error: unknown): AdminReply {
  if (error instanceof PosternError) {
    const { fault, code, message, remedy } = error
    return { error: { fault, code, message, ...(remedy === undefined ? {} : { remedy }) } }
  }
  return { error: { fault: 'bug', code: 'GATE_ADMIN', message: error instanceof Error ? error.message : String(error) } }
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const FAULTS: readonly Fault[] = ['input', 'peer', 'world', 'bug']

function isFault(value: unknown): value is Fault {
  return FAULTS.some((fault) => fault === value)
}
