import type { Ending } from '../relay.ts'

/** A reply of the server that is due. */
export interface Answer {
  readonly to: 'greeting' | 'hello' | 'helo' | 'mail' | 'rcpt' | 'reset' | 'what-follows' | 'message' | 'quit' | 'other'
  /** We asked, not the client. */
  readonly swallowed?: true
  /** LMTP: so many more come of the same kind. */
  readonly more?: number
}

const ANSWERS: ReadonlyMap<string, Answer['to']> = new Map([
  ['EHLO', 'hello'],
  ['LHLO', 'hello'],
  ['HELO', 'helo'],
  ['MAIL', 'mail'],
  ['RCPT', 'rcpt'],
  ['RSET', 'reset'],
  ['QUIT', 'quit'],
  ['NOOP', 'other'],
  ['VRFY', 'other'],
  ['EXPN', 'other'],
  ['HELP', 'other'],
  ['ETRN', 'other'],
])

/** What the reply to a command means. That to DATA, AUTH, and what nobody here has heard of says how to read what follows. */
export function answerTo(verb: string): Answer['to'] {
  return ANSWERS.get(verb) ?? 'what-follows'
}

/** A reply of ours, which waits until those before it have been given. */
export interface Own {
  /** Without the end of the line. */
  readonly said: string
  readonly ending?: Ending
}

/** Or the go-ahead for TLS, which does too. */
type One = Answer | Own | 'go-ahead'

/** Commands that wait for their replies. RFC 2920 §3.1 sets no limit; a hundred recipients (RFC 5321 §4.5.3.1.8) and more may come at once. */
const MAX_DUE = 1000

/** The replies that are due to the client: they are given in the order of its commands, RFC 2920 §3.2. */
export class Due {
  #queue: One[] = [{ to: 'greeting' }]

  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  get isFull(): boolean {
    return this.#queue.length >= MAX_DUE
  }

  add(due: One): void {
    this.#queue.push(due)
  }

  /** The server's reply has been given, and so many more belong to it. */
  again(due: Answer): void {
    this.#queue.unshift(due)
  }

  /** Whether the server's next reply is of this kind. */
  begins(to: Answer['to']): boolean {
    return isTo(this.#queue[0], to)
  }

  has(to: Answer['to']): boolean {
    return this.#queue.some((due) => isTo(due, to))
  }

  /** What the server's next reply answers. Undefined where none is due. */
  answered(): Answer | undefined {
    const [due] = this.#queue
    if (due === undefined || due === 'go-ahead' || 'said' in due) return undefined
    this.#queue.shift()
    return due
  }

  /** What is ours to say now. */
  own(): Own | 'go-ahead' | undefined {
    const [due] = this.#queue
    if (due === undefined || (due !== 'go-ahead' && 'to' in due)) return undefined
    this.#queue.shift()
    return due
  }

  /** The end comes in place of `unfinished` and of a go-ahead for TLS, or behind all that is due. */
  end(end: Own, unfinished: Answer | undefined): void {
    const from = this.#queue.findIndex((due) => due === 'go-ahead' || due === unfinished)
    if (from >= 0) this.#queue.length = from
    this.#queue.push(end)
  }

  /** Nothing is due any more, but an end that was to come. */
  clear(): void {
    this.#queue = this.#queue.filter((due) => due !== 'go-ahead' && 'ending' in due)
  }
}

function isTo(due: One | undefined, to: Answer['to']): boolean {
  return due !== undefined && due !== 'go-ahead' && 'to' in due && due.to === to
}
