import { StringDecoder } from 'node:string_decoder'

/** Text that comes in pieces, given on in whole lines: those of several processes do not mix. */
export class WholeLines {
  readonly #give: (lines: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #begun = ''

  constructor(give: (lines: string) => void) {
    this.#give = give
  }

  push(bytes: Buffer): void {
    const text = this.#begun + this.#decoder.write(bytes)
    const end = text.lastIndexOf('\n') + 1
    this.#begun = text.slice(end)
    if (end > 0) this.#give(text.slice(0, end))
  }
}
