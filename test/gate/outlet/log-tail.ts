import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

/** A log that somebody else writes, read from where the last reading has ended. */
export class LogTail {
  readonly #file: string
  #read = 0

  constructor(file: string) {
    this.#file = file
  }

  /** Whole lines that are new; none where nobody has written any. */
  lines(): readonly string[] {
    if (!existsSync(this.#file)) return []
    const log = openSync(this.#file, 'r')
    const bytes = Buffer.alloc(Math.max(0, fstatSync(log).size - this.#read))
    readSync(log, bytes, 0, bytes.length, this.#read)
    closeSync(log)
    const whole = bytes.lastIndexOf('\n') + 1
    this.#read += whole
    return bytes.toString('latin1', 0, whole).split('\n').slice(0, -1)
  }
}
