import { Lines } from '../relays/lines.ts'
import type { LoggedIn } from './onward.ts'

/** What a client says who it is with. UTF-8. */
export interface Claim {
  readonly user: string
  readonly password: string
}

export interface LoginStep {
  readonly toClient: string
  /** Whether it is right is answered with `refuse()`, or `welcome()` and whoever takes its place. */
  readonly claim?: Claim
  readonly end?: true
}

/** Why a claim leads nowhere: it is wrong, or cannot be used now. */
export type NoLogin = 'wrong' | 'unavailable'

/** RFC 4954 §4: lines of an exchange are as long as the mechanism makes them. */
export const LONGEST_LOGIN = 12_288
const MAX_REFUSALS = 3
const MAX_ERRORS = 20

/** A server up to the login, as a script without a socket. */
export abstract class LoginDoor {
  protected readonly lines: Lines = new Lines(LONGEST_LOGIN)
  #refusals = 0
  #errors = 0
  #waiting = false
  #ended = false

  abstract start(): string
  /** What the client hears once the server behind has let somebody in for it; it sees of it what is of use to it. */
  abstract welcome(ready: LoggedIn): string
  /** A thing that the client says, or undefined when there is none yet. */
  protected abstract read(): LoginStep | undefined
  /** `why`: a clause in ASCII. */
  protected abstract refusal(why: string, kind: NoLogin): string
  /** The last word to a client that goes on and on, if there is one. */
  protected abstract farewell(why: string): string

  push(bytes: Uint8Array): LoginStep {
    if (!this.#ended) this.lines.push(bytes)
    return this.#readOn()
  }

  /** The claim led nowhere. `why`: a clause in ASCII. */
  refuse(why: string, kind: NoLogin = 'wrong'): LoginStep {
    this.#waiting = false
    this.#refusals += 1
    const said = this.refusal(why, kind)
    if (this.#refusals >= MAX_REFUSALS) return this.#end(said + this.farewell('too many logins'))
    const { toClient, ...step } = this.#readOn()
    return { ...step, toClient: said + toClient }
  }

  /** What came behind the claim; it is for the server behind. */
  rest(): Uint8Array {
    return this.lines.take()
  }

  /** An answer to what cannot be done; who goes on so is left alone. */
  protected fault(said: string): LoginStep {
    this.#errors += 1
    return this.#errors > MAX_ERRORS ? { toClient: said + this.farewell('too many errors'), end: true } : { toClient: said }
  }

  #readOn(): LoginStep {
    let said = ''
    while (!this.#waiting && !this.#ended) {
      const step = this.read()
      if (step === undefined) break
      const { toClient, claim, end } = step
      said += toClient
      this.#waiting = claim !== undefined
      if (claim !== undefined) return { toClient: said, claim }
      if (end === true) return this.#end(said)
    }
    return { toClient: said }
  }

  #end(toClient: string): LoginStep {
    this.#ended = true
    this.lines.take()
    return { toClient, end: true }
  }
}
