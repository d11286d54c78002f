import { concealedReply, concealing, type Conceal } from './concealed.ts'
import type { Login } from './sasl.ts'
import { loginLines } from './smtp-login.ts'
import { MAX_HELD } from '../relays/smtp-input.ts'
import { Replies, type SmtpReply } from '../relays/smtp-reply.ts'

/** What the next hop can do: the keywords of its answer to EHLO in upper case, with their parameters. RFC 5321 §4.1.1.1. */
export type HopAbilities = ReadonlyMap<string, string>

export interface HopOptions {
  /** The name that we go by. */
  readonly clientName: string
  /** LHLO takes the place of EHLO, RFC 2033 §4.1. */
  readonly lmtp: boolean
  /** `try`: STARTTLS where it is offered; `require`: no further without it; `never`; `begun`: in TLS before the first word. */
  readonly tls: 'try' | 'require' | 'never' | 'begun'
  /** In TLS alone. */
  readonly login?: Login
}

/** How far it has come. */
export type HopOutcome =
  /** Whatever comes next is TLS; then `secured()`. */
  | { readonly kind: 'starttls' }
  | { readonly kind: 'ready'; readonly abilities: HopAbilities }
  | { readonly kind: 'refused'; readonly to: 'greeting' | 'hello' | 'starttls' | 'login'; readonly reply: SmtpReply }
  /** It has no way to log in that fits what there is. */
  | { readonly kind: 'no-login' }
  /** TLS is required and not offered. */
  | { readonly kind: 'no-tls' }
  /** It is no SMTP, or it said something behind its go-ahead for TLS: CVE-2011-0411. */
  | { readonly kind: 'nonsense' | 'injection' }

export interface HopStep {
  readonly send: string
  /** Undefined: more has to come. */
  readonly outcome: HopOutcome | undefined
}

/** From the connection to the next hop up to the first transaction, as a script without a socket. */
export class HopOpening {
  readonly #options: HopOptions
  #replies = new Replies()
  #waits: 'greeting' | 'hello' | 'helo' | 'starttls' | 'handshake' | 'login' | 'over' = 'greeting'
  #abilities: HopAbilities = new Map()
  /** Lines of a login that have not been said. */
  #toSay: readonly string[] = []
  #secure: boolean
  readonly #conceal: Conceal | undefined

  constructor(options: HopOptions) {
    this.#options = options
    this.#conceal = options.login === undefined ? undefined : concealing(options.login)
    this.#secure = options.tls === 'begun'
  }

  /** Something came, in the clear before `secured()`. */
  push(bytes: Uint8Array): HopStep {
    if (this.#waits === 'handshake' || this.#waits === 'over') return this.#end({ kind: 'injection' })
    this.#replies.push(bytes)
    let said = ''
    for (;;) {
      const reply = this.#replies.next(false)
      if (reply === undefined) return this.#replies.left > MAX_HELD ? this.#end({ kind: 'nonsense' }) : { send: said, outcome: undefined }
      if (reply === 'nonsense') return this.#end({ kind: 'nonsense' })
      const { send, outcome } = this.#hear(concealedReply(reply, this.#conceal))
      said += send
      if (outcome !== undefined) return this.#replies.left > 0 ? this.#end({ kind: 'injection' }) : { send: said, outcome }
    }
  }

  /** TLS stands; nothing that was said before counts: RFC 3207 §4.2. */
  secured(): string {
    this.#secure = true
    this.#replies = new Replies()
    return this.#hello()
  }

  #hear(reply: SmtpReply): HopStep {
    const { code } = reply
    const accepted = code.startsWith('2')
    switch (this.#waits) {
      case 'greeting':
        return code === '220' ? { send: this.#hello(), outcome: undefined } : this.#end({ kind: 'refused', to: 'greeting', reply })
      case 'hello':
        if (accepted) return this.#greeted(abilitiesIn(reply))
        // RFC 5321 §3.2: whoever does not know EHLO may know HELO.
        if (!code.startsWith('5') || this.#options.lmtp) return this.#end({ kind: 'refused', to: 'hello', reply })
        this.#waits = 'helo'
        return { send: `HELO ${this.#options.clientName}\r\n`, outcome: undefined }
      case 'helo':
        return accepted ? this.#greeted(new Map()) : this.#end({ kind: 'refused', to: 'hello', reply })
      case 'login':
        return this.#loginAnswered(reply)
      default:
        if (code !== '220') return this.#end({ kind: 'refused', to: 'starttls', reply })
        this.#waits = 'handshake'
        return { send: '', outcome: { kind: 'starttls' } }
    }
  }

  #hello(): string {
    this.#waits = 'hello'
    return `${this.#options.lmtp ? 'LHLO' : 'EHLO'} ${this.#options.clientName}\r\n`
  }

  #greeted(abilities: HopAbilities): HopStep {
    const { tls } = this.#options
    if (this.#secure && this.#options.login !== undefined) return this.#logIn(this.#options.login, abilities)
    if (this.#secure || tls === 'never') return this.#end({ kind: 'ready', abilities })
    if (abilities.has('STARTTLS')) {
      this.#waits = 'starttls'
      return { send: 'STARTTLS\r\n', outcome: undefined }
    }
    return this.#end(tls === 'require' ? { kind: 'no-tls' } : { kind: 'ready', abilities })
  }

  #logIn(login: Login, abilities: HopAbilities): HopStep {
    const [first, ...more] = loginLines(login, abilities) ?? []
    if (first === undefined) return this.#end({ kind: 'no-login' })
    this.#abilities = abilities
    this.#waits = 'login'
    this.#toSay = more
    return { send: `${first}\r\n`, outcome: undefined }
  }

  #loginAnswered(reply: SmtpReply): HopStep {
    const [next, ...more] = this.#toSay
    if (reply.code.startsWith('2')) return this.#end({ kind: 'ready', abilities: this.#abilities })
    if (reply.code !== '334' || next === undefined) return this.#end({ kind: 'refused', to: 'login', reply })
    this.#toSay = more
    return { send: `${next}\r\n`, outcome: undefined }
  }

  #end(outcome: HopOutcome): HopStep {
    this.#waits = 'over'
    return { send: '', outcome }
  }
}

function abilitiesIn({ lines }: SmtpReply): HopAbilities {
  const found = lines.slice(1).map((line) => /^\d{3}[ -][ \t]*([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =]([^\r\n]*))?/.exec(line) ?? [])
  return new Map(found.flatMap(([, keyword, rest = '']) => (keyword === undefined ? [] : [[keyword.toUpperCase(), rest.trim()] as const])))
}
