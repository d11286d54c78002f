import type { DataPlace, Refusal, RelayMaker, RelayStep } from '../relay.ts'
import {
  BEFORE_TLS,
  extendedHostPort,
  ftpCommand,
  hostPort,
  LEAVES_NOTHING,
  LOGINS,
  NEVER,
  TRANSFERS,
  WHILE_CARRYING,
  type FtpCommand,
  type FtpPlace,
} from './ftp-command.ts'
import { extendedPassiveReply, featuresReply, passiveReply, portIn } from './ftp-reply.ts'
import { LineRelay } from './line-relay.ts'

/** Octets of a list of features. */
const MAX_FEATURES = 16 * 1024

/** RFC 2577 §3: below are the services of others. */
const FIRST_FREE_PORT = 1024

/** So many may be without an answer while something is carried. */
const MAX_PENDING = 8

/** What telnet's words begin with; no hello in the format of SSL 2.0 is so long. */
const IAC = 0xff

/** Servers that have never heard of EPSV, or not of this family. */
const KNOWS_NO_EPSV: readonly string[] = ['500', '501', '502', '504', '522']

/** What the server has to answer. */
type Pending = 'passed' | 'features' | 'port' | 'transfer' | 'server-size' | 'server-protection'

/** How a data connection shall come about, as the client wants it. */
type Wanted = { readonly kind: 'PASV' | 'EPSV' } | { readonly kind: 'PORT'; readonly port: number }

/** What becomes of a command: it is passed on, it was answered here, or it is refused in so many words. */
type Answer = 'pass' | 'ours' | { readonly refuse: string }

/**
 * FTP from the first word to the last: RFC 959 §5, RFC 2228 §3, RFC 4217 §4, RFC 2428 §2. Commands go to the server one by one; while something is carried, those
 * that may be said then go at once.
 *
 * The server is asked for a port of its own for every data connection, whatever the client wants, and neither side hears of the other's address.
 */
class FtpRelay extends LineRelay {
  protected override readonly partsForNow: boolean = true
  readonly #pending: Pending[] = []
  /** Something is carried: RFC 959 §4.2, the preliminary reply has come. */
  #carrying = false
  /** What came while something is carried, and has to wait. */
  #held: FtpCommand | 'none' | undefined
  /** The code of the reply in whose middle the server is, and what has come of it where it is not passed on at once. */
  #inside: string | undefined
  #lines: string[] = []
  #linesLength = 0
  #wanted: Wanted | undefined
  #asksExtended = true
  /** EPSV ALL, RFC 2428 §4: nothing else opens data connections any more. */
  #extendedOnly = false
  /** Where the client waits, and the server does. */
  #active: { readonly port: number; readonly serverPort: number } | undefined
  /** What goes to the server as soon as the data connection is there; `port`: the reply of the gate. */
  #waiting: FtpCommand | 'port' | undefined
  /** RFC 4217 §9. */
  #sized = false
  #protected = false
  /** Data goes to the server in TLS; `wanted` as long as it has not agreed. */
  #serverData: 'clear' | 'wanted' | 'in TLS' = 'clear'
  #isAnotherServer = false
  /** The server was told something in the clear that it would still know in TLS. */
  #leftSomething = false

  protected get serverIsDue(): boolean {
    if (!this.greeted || this.#waiting !== undefined) return true
    return this.#pending.length > 0 && (!this.#carrying || this.refusal !== undefined)
  }

  override secured(server: 'same' | 'another' = 'same'): RelayStep {
    this.#isAnotherServer = server === 'another'
    return super.secured(server)
  }

  protected begin(): void {
    this.#sized = false
    this.#protected = false
    if (this.#isAnotherServer) this.#protectServer()
  }

  /** RFC 4217 §9: one before the other. */
  #protectServer(): void {
    if (this.#serverData === 'clear') return
    this.#serverData = 'wanted'
    this.#pass('PBSZ 0', 'server-size')
  }

  /** RFC 959 §5.4: 421 is the one that says that nothing more is heard. */
  protected farewell({ words, temporary }: Refusal): string {
    const unfinished = this.#inside === undefined || this.#isCollected ? '' : `${this.#inside} Incomplete\r\n`
    return `${unfinished}${temporary ? '421' : this.refusal === undefined ? '500' : '530'} ${words}\r\n`
  }

  /** In the clear, before ABOR. */
  protected override isHello(first: Uint8Array): boolean {
    return first[0] !== IAC && super.isHello(first)
  }

  serverInTls(): void {
    this.#serverData = 'wanted'
  }

  dataReady(place: DataPlace | undefined): RelayStep {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (!this.looks || waiting === undefined) return {}
    if (waiting === 'port') this.#listening(place)
    else if (place === undefined) this.say.toClient('425 Cannot open a data connection to you\r\n')
    else this.#carry(waiting)
    return this.pump()
  }

  protected readClient(): boolean {
    const command = this.#held ?? this.#nextCommand()
    if (command === undefined) return false
    if (this.#pending.length > 0 && !this.#goesAhead(command)) {
      this.#held = command
      return false
    }
    this.#held = undefined
    if (command === 'none') this.refuse('501 This is not a command\r\n')
    else this.#command(command)
    return true
  }

  #goesAhead(command: FtpCommand | 'none'): boolean {
    return command !== 'none' && WHILE_CARRYING.includes(command.name) && this.#pending.length < MAX_PENDING
  }

  #nextCommand(): FtpCommand | 'none' | undefined {
    const line = this.clientCommand()
    return line === undefined ? undefined : (ftpCommand(line) ?? 'none')
  }

  #command(command: FtpCommand): void {
    const answer = this.#answer(command)
    if (answer === 'ours') return
    if (answer !== 'pass') {
      this.refuse(`${answer.refuse}\r\n`)
      return
    }
    if (command.name === 'QUIT') this.leaving = true
    if (!LEAVES_NOTHING.includes(command.name)) this.#leftSomething = true
    if (command.name === 'ABOR') this.say.data({ kind: 'abort' })
    this.#pass(command.text, command.name === 'FEAT' ? 'features' : 'passed')
  }

  #pass(text: string, pending: Pending): void {
    this.#pending.push(pending)
    this.say.toServer(`${text}\r\n`)
  }

  #answer(command: FtpCommand): Answer {
    const { name, rest } = command
    if (name === 'PBSZ') return this.#size(rest)
    if (name === 'PROT') return this.#protect(rest)
    if (this.refusal !== undefined) return this.#turnedAway(this.refusal, name)
    if (name === 'AUTH') return this.#auth(rest)
    if (name === 'CCC') return { refuse: '533 TLS goes on to the end' }
    if (NEVER.includes(name)) return { refuse: `502 ${name} is not for here` }
    const isRefused = (this.hidesLogin && LOGINS.includes(name)) || (this.needsTls && !BEFORE_TLS.includes(name))
    if (isRefused) return { refuse: this.offersTls ? '530 Say AUTH TLS first' : '534 Nobody can log in here without TLS' }
    return this.#dataAnswer(command)
  }

  #dataAnswer(command: FtpCommand): Answer {
    const { name, rest } = command
    if (TRANSFERS.has(name)) return this.#transfer(command)
    if (name === 'EPSV') return this.#extendedPassive(rest)
    if (name !== 'PASV' && name !== 'PORT' && name !== 'EPRT') return 'pass'
    if (this.#extendedOnly) return { refuse: '503 You have said EPSV ALL' }
    if (name !== 'PASV') return name === 'PORT' ? this.#port(hostPort(rest)) : this.#port(extendedHostPort(rest))
    return this.#family === '2' ? { refuse: '502 PASV has no place for IPv6, say EPSV' } : this.#want({ kind: 'PASV' })
  }

  /** RFC 4217 §4.1, and `SSL` from before it. */
  #auth(rest: string): Answer {
    if (this.secure) return { refuse: '503 TLS has begun already' }
    if (!this.offersTls) return { refuse: '502 There is no TLS here' }
    if (rest === '') return { refuse: '501 AUTH needs a mechanism' }
    if (!/^(?:TLS|TLS-C|SSL)$/i.test(rest)) return { refuse: '504 Say AUTH TLS' }
    if (this.#leftSomething) return { refuse: '503 Say AUTH TLS before anything else' }
    this.upgrade('234 Begin TLS\r\n')
    return 'ours'
  }

  /** RFC 4217 §9: there is no buffer, so that its size is 0. */
  #size(rest: string): Answer {
    if (!this.secure) return { refuse: '503 Say AUTH TLS first' }
    if (!/^\d{1,10}$/.test(rest)) return { refuse: '501 PBSZ needs a number' }
    this.#sized = true
    this.say.toClient('200 PBSZ=0\r\n')
    return 'ours'
  }

  /** RFC 2228 §3 and RFC 4217 §9. */
  #protect(rest: string): Answer {
    if (!this.#sized) return { refuse: this.secure ? '503 Say PBSZ 0 first' : '503 Say AUTH TLS first' }
    const level = rest.toUpperCase()
    if (level === 'S' || level === 'E') return { refuse: '536 TLS has the levels C and P' }
    if (level !== 'C' && level !== 'P') return { refuse: '504 There is no such level' }
    if (level === 'C' && !this.#takesClearData) return { refuse: '534 Data goes in TLS here' }
    this.#protected = level === 'P'
    this.say.toClient(`200 Data goes ${this.#protected ? 'in TLS' : 'in the clear'}\r\n`)
    return 'ours'
  }

  get #takesClearData(): boolean {
    return this.options.tls === 'offered' || this.options.tls === 'none'
  }

  /** The server has no part in this any more. */
  #turnedAway({ words, temporary }: Refusal, name: string): Answer {
    if (temporary) this.finish('turned-away')
    else if (name === 'QUIT') {
      this.say.toClient('221 Good-bye\r\n')
      this.quit()
    } else return { refuse: `530 ${words}` }
    return 'ours'
  }

  /** `1`: IPv4, `2`: IPv6, RFC 2428 §2. */
  get #family(): FtpPlace['family'] {
    return this.options.client?.address?.includes(':') === true ? '2' : '1'
  }

  #extendedPassive(rest: string): Answer {
    if (/^ALL$/i.test(rest)) {
      this.#extendedOnly = true
      this.say.toClient('200 Nothing but EPSV from now on\r\n')
      return 'ours'
    }
    if (rest !== '' && rest !== this.#family) return { refuse: `522 Say EPSV ${this.#family}, (${this.#family})` }
    return this.#want({ kind: 'EPSV' })
  }

  /** RFC 2577 §3: nobody but the client itself, and no port of a service. */
  #port(place: FtpPlace | 'family' | undefined): Answer {
    if (place === undefined) return { refuse: '501 This is not an address with a port' }
    if (place === 'family' || place.family !== this.#family)
      return { refuse: `522 This connection is of another family, (${this.#family})` }
    if (!isSame(place, this.options.client?.address)) return { refuse: '504 Data goes to your own address alone' }
    if (place.port < FIRST_FREE_PORT) return { refuse: '504 Data goes to no port below 1024' }
    return this.#want({ kind: 'PORT', port: place.port })
  }

  #want(wanted: Wanted): Answer {
    this.#wanted = wanted
    this.#active = undefined
    this.#leftSomething = true
    this.#pass(this.#asksExtended ? 'EPSV' : 'PASV', 'port')
    return 'ours'
  }

  /** RFC 4217 §10.2. */
  #transfer(command: FtpCommand): Answer {
    if (!this.#protected && !this.#takesClearData) return { refuse: '521 Data goes in TLS here, say PROT P' }
    if (this.#serverData === 'wanted') return { refuse: '425 The server behind takes no data in TLS' }
    this.#leftSomething = true
    if (this.#active === undefined) this.#carry(command)
    else {
      this.say.data({ kind: 'connect', ...this.#active })
      this.#active = undefined
      this.#waiting = command
    }
    return 'ours'
  }

  #carry({ name, text }: FtpCommand): void {
    this.say.data({
      kind: 'transfer',
      secure: this.#protected,
      serverSecure: this.#serverData === 'in TLS',
      upload: TRANSFERS.get(name) === 'to the server',
    })
    this.#pass(text, 'transfer')
  }

  protected readServer(): boolean {
    const text = this.serverLine()
    if (text === undefined) return false
    const [, code, more] = /^([1-5]\d\d)([ -]|$)/.exec(text) ?? []
    if (this.#inside === undefined && code === undefined) {
      this.finish('server-misbehaves')
      return false
    }
    // RFC 959 §4.2: between the first line and the last anything may stand.
    const isLast = this.#inside === undefined ? more !== '-' : code === this.#inside && more !== '-'
    this.#inside ??= code
    if (this.#isCollected) this.#collect(text)
    else this.say.toClient(`${text}\r\n`)
    if (isLast) this.#replied(this.#inside ?? '', text)
    return true
  }

  /** A reply that the gate says in its own words. */
  get #isCollected(): boolean {
    const [pending] = this.#pending
    return pending !== undefined && pending !== 'passed' && pending !== 'transfer'
  }

  #collect(text: string): void {
    this.#lines.push(text)
    this.#linesLength += text.length
    if (this.#linesLength > MAX_FEATURES) this.finish('server-misbehaves')
  }

  #replied(code: string, last: string): void {
    this.#inside = undefined
    if (code === '421') this.leaving = true
    // RFC 959 §4.2.1: another one follows.
    if (code.startsWith('1')) {
      this.#carrying ||= this.#pending[0] === 'transfer'
      return
    }
    if (!this.greeted) {
      this.greeted = true
      this.leaving ||= !code.startsWith('2')
      if (!this.leaving) this.#protectServer()
      return
    }
    const answered = this.#pending.shift()
    if (this.#pending.length === 0) this.#carrying = false
    const lines = this.#lines
    this.#lines = []
    this.#linesLength = 0
    if (answered === 'features') this.#features(code, lines)
    if (answered === 'port') this.#serverPort(code, last, lines)
    if (answered === 'server-size') this.#pass('PROT P', 'server-protection')
    if (answered === 'server-protection' && code.startsWith('2')) this.#serverData = 'in TLS'
  }

  #features(code: string, lines: readonly string[]): void {
    const ours = [...(this.offersTls ? ['AUTH TLS'] : []), ...(this.offersTls || this.secure ? ['PBSZ', 'PROT'] : [])]
    // Clients look here for TLS, whatever the server makes of the question.
    if (code === '211' || (this.offersTls && code !== '421')) this.say.toClient(featuresReply(code === '211' ? lines : [], ours))
    else this.say.toClient(lines.map((line) => `${line}\r\n`).join(''))
  }

  #serverPort(code: string, last: string, lines: readonly string[]): void {
    const serverPort = code.startsWith('2') ? portIn(last) : undefined
    if (serverPort !== undefined && this.#wanted?.kind === 'PORT') {
      this.#active = { port: this.#wanted.port, serverPort }
      this.say.toClient('200 Fine\r\n')
    } else if (serverPort !== undefined) {
      this.say.data({ kind: 'listen', serverPort })
      this.#waiting = 'port'
    } else if (this.#asksExtended && KNOWS_NO_EPSV.includes(code)) {
      this.#asksExtended = false
      this.#pass('PASV', 'port')
    } else if (code.startsWith('2')) this.say.toClient('425 The server has said no port\r\n')
    else this.say.toClient(lines.map((line) => `${line}\r\n`).join(''))
  }

  #listening(place: DataPlace | undefined): void {
    if (place === undefined) this.say.toClient('425 Cannot open a port for you\r\n')
    else this.say.toClient(this.#wanted?.kind === 'PASV' ? passiveReply(place) : extendedPassiveReply(place))
  }
}

/** However IPv6 addresses are abbreviated. Who gives no address at all, as lftp over IPv6, means its own: nothing is ever opened towards another one. */
function isSame({ family, address }: FtpPlace, client: string | undefined): boolean {
  if (client === undefined) return false
  if (family === '1') return address === client || address === '0.0.0.0'
  return [canonical(client), canonical('::')].includes(canonical(address))
}

function canonical(address: string): string | undefined {
  return URL.parse(`http://[${address}]/`)?.hostname
}

export const ftpRelay: RelayMaker = (options) => new FtpRelay(options)
