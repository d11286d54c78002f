import type { Writable } from 'node:stream'
import type { ConnectionRecord } from '../record.ts'

/** A line of the log, in ASCII: what a client says of itself must not give orders to the terminal of whoever reads it. */
export function recordLine(record: Partial<ConnectionRecord>): string {
  const text = JSON.stringify(record).replaceAll(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `${text}\n`
}

/** So much waits for a reader that is slow, in octets; what comes then is dropped. */
const MOST_WAITING = 8 * 1024 * 1024

/** So many characters go to the system at once, though the turn is not over. */
const TOGETHER = 64 * 1024

/** The line of the log that tells of lines which were lost. */
export function droppedLine(dropped: number, now: Date): string {
  return `${JSON.stringify({ time: now.toISOString(), dropped })}\n`
}

/**
 * The log of a gate, or what it tells whoever runs it, in lines. A reader that is slow, that has gone, or a disk that is full must not keep the gate from its work: lines that nobody takes are
 * dropped and counted, and the first that is taken again is followed by one that says how many were lost.
 */
export class LogWriter {
  readonly #stream: Writable
  readonly #told: (lost: number) => string
  /** Lines of this turn. */
  #waiting = ''
  #dropped = 0
  /** Those that no line has told of. */
  #untold = 0
  /** The last line may have been written in half. */
  #torn = false

  /** The stream's errors are this one's from now on. `told`: a line about so many that were lost. */
  constructor(stream: Writable, told: (lost: number) => string) {
    this.#stream = stream
    this.#told = told
    stream.on('error', () => undefined)
  }

  /** Lines that were lost so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** Whole lines, with their ends. Those of one turn go to the system together. */
  write(lines: string): void {
    if (this.#waiting === '') setImmediate(this.#flush)
    this.#waiting += lines
    if (this.#waiting.length >= TOGETHER) this.#flush()
  }

  readonly #flush = (): void => {
    const lines = this.#waiting
    this.#waiting = ''
    if (lines === '') return
    if (this.#stream.writableLength > MOST_WAITING || !this.#stream.writable) return this.#lost(lines)
    const untold = this.#untold
    this.#untold = 0
    const told = untold === 0 ? '' : this.#told(untold)
    const mend = this.#torn ? '\n' : ''
    this.#torn = false
    this.#stream.write(mend + told + lines, (error) => {
      if (error === null || error === undefined) return
      this.#untold += untold
      this.#torn = true
      this.#lost(lines)
    })
  }

  /** What is on its way has so many milliseconds to arrive. */
  async end(patience: number): Promise<void> {
    this.#flush()
    if (this.#stream.writableLength === 0) return
    const arrived = new Promise<void>((resolve) => void this.#stream.write('', () => resolve()))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, patience)))
    await Promise.race([arrived, late])
    clearTimeout(timer)
  }

  #lost(lines: string): void {
    const count = lines.split('\n').length - 1
    this.#dropped += count
    this.#untold += count
  }
}
