import { SmtpInput, type Heard, type Reading } from '../relays/smtp-input.ts'
import type { OutletOptions } from './outlet.ts'
import type { OutletSaying } from './outlet-saying.ts'
import { helloReply, PLAIN_REPLIES } from './smtp-offered.ts'

const MAX_ERRORS = 20

/** Whoever sends through an outlet: what is read of it, and what it is answered where no next hop has a say. */
export class OutletClient {
  readonly #options: OutletOptions
  readonly #saying: OutletSaying
  readonly #input: SmtpInput
  #reading: Reading['kind'] = 'wait'
  #errors = 0
  /** It has said who it is. */
  greeted = false
  /** It says no more. */
  isDone = false

  constructor(options: OutletOptions, saying: OutletSaying) {
    this.#options = options
    this.#saying = saying
    this.#input = new SmtpInput({ ...options, tls: 'none', hidesLogin: false, gateName: options.name })
  }

  push(bytes: Uint8Array): void {
    this.#input.push(bytes)
  }

  next(): Heard | undefined {
    return this.#input.next(false)
  }

  get isFull(): boolean {
    return this.#input.isFull
  }

  get reading(): Reading['kind'] {
    return this.#reading
  }

  /** Content is read up to its end, whatever else happens. */
  get isInContent(): boolean {
    return this.#reading === 'content' || this.#reading === 'chunk'
  }

  /** From here on it is this. */
  read(reading: Reading): void {
    if (reading.kind === this.#reading) return
    this.#reading = reading.kind
    this.#input.read(reading)
  }

  greet(): void {
    this.say(`220 ${this.#options.name} ${this.#options.lmtp ? 'LMTP' : 'ESMTP'}`)
  }

  /** Why it cannot be answered so, as a reply; undefined where it was greeted. */
  hello(verb: string, rest: string): string | undefined {
    const { name, lmtp, dsn } = this.#options
    if ((verb === 'LHLO') !== lmtp) return `502 5.5.1 Say ${lmtp ? 'LHLO' : 'EHLO'}`
    if (rest.trim() === '') return `501 5.5.4 Syntax: ${verb} name`
    this.greeted = true
    this.say(helloReply(verb, name, { dsn }))
    return undefined
  }

  /** A command that is nobody's. Why it cannot be answered, as a reply. */
  other(verb: string): string | undefined {
    const said = PLAIN_REPLIES[verb]
    if (said === undefined) return verb === '' ? '500 5.5.2 Syntax error' : '502 5.5.1 Command not implemented'
    this.say(said)
    return undefined
  }

  /** Gives whether these were too many. */
  fault(said: string): boolean {
    this.#errors += 1
    this.say(said)
    if (this.#errors <= MAX_ERRORS) return false
    this.say('421 4.7.0 Too many errors')
    return true
  }

  /** A line without its end. */
  say(said: string): void {
    this.#saying.toClient(`${said}\r\n`)
  }
}
