import { hasControls, Lines, octets, textOf } from '../relays/lines.ts'

/** What a client says who it is with. UTF-8. */
export interface Claim {
  readonly user: string
  readonly password: string
}

export interface LoginStep {
  readonly toClient: string
  /** Whether it is right is answered with `refuse()`, or by whoever takes its place. */
  readonly claim?: Claim
  readonly end?: true
}

/** RFC 4954 §4: lines of an exchange are as long as the mechanism makes them. */
const LONGEST = 12_288
const MAX_REFUSALS = 3
const MAX_ERRORS = 20

/** A POP3 server up to the login, RFC 1939 §4, as a script without a socket: USER and PASS, and AUTH with PLAIN and LOGIN (RFC 5034 §4). */
export class Pop3Login {
  readonly #name: string
  readonly #lines = new Lines(LONGEST)
  #user: string | undefined
  #exchange: 'none' | 'plain' | 'login-user' | 'login-password' = 'none'
  #refusals = 0
  #errors = 0
  #waiting = false
  #ended = false

  /** `name`: the one that the gate goes by. */
  constructor(name: string) {
    this.#name = name
  }

  start(): string {
    return `+OK ${this.#name} ready\r\n`
  }

  push(bytes: Uint8Array): LoginStep {
    if (!this.#ended) this.#lines.push(bytes)
    return this.#read()
  }

  /** The claim was wrong, or cannot be used now. `why`: a clause in ASCII. */
  refuse(why: string, code: 'AUTH' | 'SYS/TEMP' = 'AUTH'): LoginStep {
    this.#waiting = false
    this.#refusals += 1
    const said = `-ERR [${code}] ${why}\r\n`
    if (this.#refusals >= MAX_REFUSALS) return this.#end(said)
    const { toClient, ...step } = this.#read()
    return { ...step, toClient: said + toClient }
  }

  /** What came behind the claim; it is for the server behind. */
  rest(): Uint8Array {
    return this.#lines.take()
  }

  /** What comes is only kept until the claim is answered, and there is enough of it. */
  get isFull(): boolean {
    return this.#waiting && this.#lines.left > LONGEST
  }

  #read(): LoginStep {
    let said = ''
    while (!this.#waiting && !this.#ended) {
      const line = this.#lines.line()
      if (line === undefined) break
      if (line === 'too-long') return this.#end(`${said}-ERR line too long\r\n`)
      const { toClient, claim, end } = this.#exchange === 'none' ? this.#command(textOf(line)) : this.#answer(textOf(line))
      said += toClient
      this.#waiting = claim !== undefined
      if (claim !== undefined) return { toClient: said, claim }
      if (end === true) return this.#end(said)
    }
    return { toClient: said }
  }

  #command(line: string): LoginStep {
    const [, verb = '', rest = ''] = /^([A-Za-z]+)(?: (.*))?$/s.exec(line) ?? []
    switch (hasControls(line) ? '' : verb.toUpperCase()) {
      case 'USER':
        this.#user = utf8(rest)
        return { toClient: '+OK\r\n' }
      case 'PASS':
        return this.#user === undefined
          ? this.#fault('USER comes first')
          : { toClient: '', claim: { user: this.#user, password: utf8(rest) } }
      case 'AUTH':
        return this.#auth(rest)
      case 'CAPA':
        return { toClient: '+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n.\r\n' }
      case 'NOOP':
        return { toClient: '+OK\r\n' }
      case 'QUIT':
        return { toClient: `+OK ${this.#name} closes\r\n`, end: true }
      default:
        return this.#fault('log in first')
    }
  }

  #auth(rest: string): LoginStep {
    const [mechanism = '', initial] = rest.split(/ +/)
    if (mechanism === '') return { toClient: '+OK\r\nPLAIN\r\nLOGIN\r\n.\r\n' }
    if (mechanism.toUpperCase() === 'PLAIN') {
      if (initial !== undefined) return this.#plain(initial)
      this.#exchange = 'plain'
      return { toClient: '+ \r\n' }
    }
    if (mechanism.toUpperCase() !== 'LOGIN' || initial !== undefined) return this.#fault('no such mechanism')
    this.#exchange = 'login-user'
    return { toClient: '+ VXNlcm5hbWU6\r\n' }
  }

  #answer(line: string): LoginStep {
    const exchange = this.#exchange
    this.#exchange = 'none'
    if (line === '*') return this.#fault('given up')
    if (exchange === 'plain') return this.#plain(line)
    if (exchange === 'login-user') {
      this.#user = decoded(line)
      this.#exchange = 'login-password'
      return { toClient: '+ UGFzc3dvcmQ6\r\n' }
    }
    return { toClient: '', claim: { user: this.#user ?? '', password: decoded(line) } }
  }

  /** RFC 4616 §2. */
  #plain(text: string): LoginStep {
    const [as, user, password, ...more] = decoded(text).split('\0')
    if (user === undefined || password === undefined || more.length > 0 || (as !== '' && as !== user)) return this.#fault('bad PLAIN')
    return { toClient: '', claim: { user, password } }
  }

  #fault(why: string): LoginStep {
    this.#errors += 1
    return { toClient: `-ERR ${why}\r\n`, ...(this.#errors > MAX_ERRORS ? { end: true } : {}) }
  }

  #end(toClient: string): LoginStep {
    this.#ended = true
    this.#lines.take()
    return { toClient, end: true }
  }
}

function utf8(latin1: string): string {
  return Buffer.from(octets(latin1)).toString('utf8')
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
