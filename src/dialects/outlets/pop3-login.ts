import { hasControls, textOf, utf8 } from '../relays/lines.ts'
import { LoginDoor, type LoginStep, type NoLogin } from './login-door.ts'
import { SaslClaim, type Claimed } from './sasl-claim.ts'

/** A POP3 server up to the login, RFC 1939 §4: USER and PASS, and AUTH with PLAIN and LOGIN (RFC 5034 §4). */
export class Pop3Login extends LoginDoor {
  readonly #name: string
  readonly #sasl = new SaslClaim()
  #user: string | undefined

  /** `name`: the one that the gate goes by. */
  constructor(name: string) {
    super()
    this.#name = name
  }

  start(): string {
    return `+OK ${this.#name} ready\r\n`
  }

  welcome(): string {
    return '+OK logged in\r\n'
  }

  /** RFC 3206 §4. */
  protected refusal(why: string, kind: NoLogin): string {
    return `-ERR [${kind === 'wrong' ? 'AUTH' : 'SYS/TEMP'}] ${why}\r\n`
  }

  protected farewell(): string {
    return ''
  }

  protected read(): LoginStep | undefined {
    const read = this.lines.line()
    if (read === undefined) return undefined
    if (read === 'too-long') return { toClient: '-ERR line too long\r\n', end: true }
    const line = textOf(read)
    return this.#sasl.isRunning ? this.#answered(this.#sasl.answer(line)) : this.#command(line)
  }

  #command(line: string): LoginStep {
    const [, verb = '', rest = ''] = /^([A-Za-z]+)(?: (.*))?$/s.exec(line) ?? []
    switch (hasControls(line) ? '' : verb.toUpperCase()) {
      case 'USER':
        this.#user = utf8(rest)
        return { toClient: '+OK\r\n' }
      case 'PASS':
        return this.#user === undefined
          ? this.fault('-ERR USER comes first\r\n')
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
        return this.fault('-ERR log in first\r\n')
    }
  }

  #auth(rest: string): LoginStep {
    const [mechanism = '', initial] = rest.split(/ +/)
    if (mechanism === '') return { toClient: '+OK\r\nPLAIN\r\nLOGIN\r\n.\r\n' }
    return this.#answered(this.#sasl.begin(mechanism, initial))
  }

  #answered(claimed: Claimed): LoginStep {
    if ('claim' in claimed) return { toClient: '', claim: claimed.claim }
    return 'ask' in claimed ? { toClient: `+ ${claimed.ask}\r\n` } : this.fault(`-ERR ${claimed.fault}\r\n`)
  }
}
