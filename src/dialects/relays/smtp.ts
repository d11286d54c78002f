import type { Ending, Parting, Refusal, Relay, RelayMaker, RelayOptions, RelayStep } from '../relay.ts'
import { beginsHello } from './lines.ts'
import { inSmtp } from './parting.ts'
import { Saying } from './saying.ts'
import { judge, parseChunk, type Command } from './smtp-command.ts'
import { answerTo, Due, type Answer } from './smtp-due.ts'
import { announces, rewriteHello } from './smtp-hello.ts'
import { BEHIND_STARTTLS, MAX_HELD, SmtpInput, type Heard } from './smtp-input.ts'
import { Replies, type SmtpReply } from './smtp-reply.ts'

/** As many as servers put up with from one client, such as Postfix's smtpd_hard_error_limit. */
const MAX_ERRORS = 20

/** A client that was told so often why it may not go on does not listen. */
const MAX_REFUSALS = 10

/** These begin anew: of a transaction there is at most its sender behind them. */
const BEGINS: readonly Answer['to'][] = ['hello', 'helo', 'mail', 'reset']

/** The replies to these say how to read what follows: RFC 2920 §3.1 wants them last in a group of commands. */
const DECIDE: readonly Answer['to'][] = ['hello', 'helo', 'what-follows']

/**
 * Stands between an SMTP client and the server behind. It says nothing of messages: that one was accepted (RFC 5321 §4.2.5) a client hears in the
 * server's own words or not at all.
 */
class SmtpRelay implements Relay {
  readonly #options: RelayOptions
  /** LMTP answers a message once for each recipient, RFC 2033 §4.2. */
  readonly #eachRecipient: boolean
  readonly #saying = new Saying()
  readonly #input: SmtpInput
  #replies = new Replies()
  readonly #due = new Due()
  #stage: 'talk' | 'handshake' | 'over' = 'talk'
  #secure: boolean
  /** Of a ClientHello something was handed on. */
  #helloBegun = false
  /** TLS has made void what the client said of itself, and it has not said it again: RFC 3207 §4.2. */
  #helloDue = false
  /** The server has announced it in its last answer to EHLO. */
  #chunking = false
  #loggedIn = false
  /** A transaction was begun, and the server may still be in it. */
  #begun = false
  /** Of the present transaction, accepted by the server. */
  #recipients = 0
  /** The content that is being read is that of the whole message, or of its last chunk. */
  #endsMessage = false
  /** Content that is being read goes to the server. */
  #passes = true
  /** The reply that is due to content which has not ended yet. */
  #unfinished: Answer | undefined
  #acknowledged = false
  /** The server greeted with a refusal, and may go. */
  #unwelcome = false
  #lost = false
  #refusal: Refusal | undefined
  /** The gate has refused in place of the server's greeting, and speaks alone. */
  #alone = false
  #errors = 0
  #refusals = 0

  constructor(options: RelayOptions, eachRecipient: boolean) {
    this.#options = options
    this.#eachRecipient = eachRecipient
    this.#secure = options.tls === 'begun'
    this.#input = new SmtpInput(options)
  }

  readonly fromClient = (bytes: Uint8Array): RelayStep => {
    if (this.#stage === 'handshake') this.#hello(bytes)
    else this.#input.push(bytes)
    this.#read()
    return this.#saying.step()
  }

  readonly fromServer = (bytes: Uint8Array): RelayStep => {
    if (this.#stage === 'over' || this.#alone || this.#lost) return {}
    this.#replies.push(bytes)
    // During the handshake nobody reads replies, nothing can be said, and the only one that is due is that to our RSET.
    if (this.#replies.left > MAX_HELD) this.#end('server-misbehaves')
    this.#hear()
    return this.#saying.step()
  }

  readonly secured = (server: 'same' | 'another' = 'same'): RelayStep => {
    this.#secure = true
    if (this.#stage !== 'handshake') return {}
    if (server === 'another') this.#meetAnother()
    // What was said in the clear does not count, on either side: RFC 3207 §4.2.
    this.#stage = 'talk'
    this.#helloDue = true
    this.#chunking = false
    this.#readCommands()
    this.#hear()
    return this.#lost ? this.serverLost() : this.#saying.step()
  }

  /** Nothing of the transaction that may have been begun is there, and no reply to what has ended it comes. */
  #meetAnother(): void {
    this.#due.clear()
    this.#replies = new Replies()
    this.#lost = false
    this.#unwelcome = false
  }

  readonly turnAway = (refusal: Refusal): RelayStep => {
    if (this.#stage === 'over') return {}
    this.#refusal = refusal
    if (this.#due.begins('greeting')) this.#refuseToGreet(refusal)
    else if (this.#input.reading === 'command') this.#reset()
    this.#read()
    return this.#saying.step()
  }

  readonly serverLost = (): RelayStep => {
    this.#lost = true
    if (this.#stage !== 'talk' || this.#alone) return this.#saying.step()
    const bye = this.#due.has('quit')
    // Behind an acknowledged message a 421 that answers nothing would only raise doubts about it; behind a refusal it says nothing new.
    const silent = this.#due.isEmpty && (this.#unwelcome || (this.#acknowledged && !this.#begun))
    this.#due.clear()
    this.#flush()
    if (this.#stage === 'talk' && bye) this.#say(`221 2.0.0 ${this.#options.gateName} closes`, 'quit')
    else if (this.#stage === 'talk' && silent) this.#end('server-lost')
    else if (this.#stage === 'talk') this.#say(this.#unavailable(), 'server-lost')
    return this.#saying.step()
  }

  /** RFC 5321 §3.8. Content that has not ended gets these words for its reply, and so does whatever else waits for one. */
  readonly lastWords = (why: Parting): Uint8Array | undefined =>
    this.#stage !== 'talk' || (this.#due.begins('greeting') && this.#replies.begun) ? undefined : inSmtp(why, this.#options.gateName)

  readonly isFull = (): boolean => this.#input.isFull

  readonly isAhead = (): boolean => this.#input.isAhead(this.#due.isFull)

  /** Reads as far as what came can be understood, and says what of ours is due. */
  #read(): void {
    while (this.#stage === 'talk') {
      const heard = this.#input.next(this.#due.isFull)
      if (heard === undefined) break
      this.#obey(heard)
    }
    this.#flush()
  }

  #obey(heard: Heard): void {
    switch (heard.kind) {
      case 'command':
        return this.#alone ? this.#seeOff(heard.command) : this.#judge(heard.command, heard.line)
      case 'exchange':
        this.#saying.toServer(heard.line)
        return this.#ask('what-follows')
      case 'octets':
        if (this.#passes) this.#saying.toServer(heard.bytes)
        return heard.isLast ? this.#contentEnded() : undefined
      case 'broken':
        return this.#break(heard.said, heard.ending)
    }
  }

  #judge(command: Command, line: Uint8Array): void {
    const judgement = judge(command, {
      ...this.#options,
      secure: this.#secure,
      helloDue: this.#helloDue,
      hello: this.#eachRecipient ? 'LHLO' : 'EHLO',
      chunking: this.#chunking,
      loggedIn: this.#loggedIn,
      refusal: this.#refusal,
    })
    switch (judgement.kind) {
      case 'pass':
        this.#saying.toServer(line)
        return this.#passed(command)
      case 'starttls':
        return this.#startTls()
      case 'refuse':
        return this.#refuse(command, judgement.said, judgement.because)
      case 'end':
        return this.#break(judgement.said, judgement.ending)
    }
  }

  #passed({ verb, rest }: Command): void {
    if (verb === 'BDAT') return this.#readChunk(rest, true)
    const to = answerTo(verb)
    if (BEGINS.includes(to)) this.#begun = to === 'mail'
    if (to === 'quit') this.#input.read({ kind: 'nothing' })
    this.#ask(to)
  }

  #ask(to: Answer['to']): void {
    this.#due.add({ to })
    if (DECIDE.includes(to)) this.#input.read({ kind: 'wait' })
  }

  #readChunk(rest: string, passes: boolean): void {
    const { size = 0, last = false } = parseChunk(rest) ?? {}
    if (passes) this.#expectContent({ to: last ? 'message' : 'other' })
    this.#passes = passes
    this.#endsMessage = passes && last
    this.#input.read({ kind: 'chunk', left: size })
  }

  #readMessage(): void {
    this.#expectContent({ to: 'message' })
    this.#passes = true
    this.#endsMessage = true
    this.#input.read({ kind: 'content' })
  }

  #expectContent(answer: Answer): void {
    this.#due.add(answer)
    this.#unfinished = answer
  }

  #contentEnded(): void {
    this.#unfinished = undefined
    if (this.#endsMessage) this.#begun = false
    this.#readCommands()
  }

  #readCommands(): void {
    this.#input.read({ kind: 'command' })
    if (this.#refusal !== undefined) this.#reset()
  }

  #startTls(): void {
    this.#input.read({ kind: 'upgrade' })
    this.#due.add('go-ahead')
    this.#reset()
  }

  /** The server is still where the client was, and would go on there with whoever comes out of TLS: RFC 3207 §4.2. */
  #reset(): void {
    if (!this.#begun) return
    this.#begun = false
    this.#saying.toServer('RSET\r\n')
    this.#due.add({ to: 'reset', swallowed: true })
  }

  /** Behind the go-ahead comes TLS, and plain text is neither obeyed nor handed on. */
  #hello(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (!this.#helloBegun && !beginsHello(bytes)) return this.#say(BEHIND_STARTTLS, 'starttls-injection')
    this.#helloBegun = true
    this.#saying.tls(bytes)
  }

  #beginTls(): void {
    this.#stage = 'handshake'
    this.#say('220 2.0.0 Ready to start TLS')
    const rest = this.#input.take()
    this.#helloBegun = rest.length > 0
    this.#saying.tls(rest)
  }

  #refuse({ verb, rest }: Command, said: string, because: 'error' | 'turned-away'): void {
    if (because === 'turned-away') this.#refusals += 1
    else this.#errors += 1
    if (this.#refusals > MAX_REFUSALS) return this.#break(`421 4.7.10 ${this.#refusal?.words ?? ''}`, 'turned-away')
    if (this.#errors > MAX_ERRORS) return this.#break('421 4.7.0 Too many errors', 'too-many-errors')
    this.#due.add({ said })
    // What follows BDAT is content, refused or not.
    if (verb === 'BDAT') this.#readChunk(rest, false)
  }

  /** In place of the server's greeting. RFC 5321 §3.1: after 554 the client is let finish with QUIT, and gets 503 for all else. */
  #refuseToGreet({ words, temporary, status = '7.10' }: Refusal): void {
    this.#due.answered()
    this.#alone = true
    if (temporary) return this.#say(`421 4.${status} ${words}`, 'turned-away')
    this.#say(`554 5.${status} ${words}`)
    this.#readCommands()
  }

  #seeOff({ verb }: Command): void {
    if (verb === 'QUIT') return this.#break(`221 2.0.0 ${this.#options.gateName} closes`, 'turned-away')
    this.#refuse({ verb: '', rest: '' }, `503 5.5.1 ${this.#refusal?.words ?? ''}`, 'turned-away')
  }

  #hear(): void {
    while (this.#stage === 'talk') {
      const reply = this.#replies.next(this.#due.begins('greeting'))
      if (reply === undefined) return
      if (reply === 'nonsense') return this.#say(this.#unavailable(), 'server-misbehaves')
      this.#understand(reply)
      this.#read()
    }
  }

  #understand(reply: SmtpReply): void {
    const text = reply.lines.join('')
    // postscreen says the first line of its greeting long before the last.
    if (!reply.whole && this.#due.begins('greeting')) return this.#saying.toClient(text)
    // RFC 5321 §3.8: at any time, whatever was asked.
    if (reply.code === '421') return this.#sayAsItIs(text, 'quit')
    const due = this.#due.answered()
    const refused = /^[45]/.test(reply.code)
    // A reply to nothing would be taken for that to what comes next, and in the end one for the acknowledgement of a message.
    if (due === undefined && refused) return this.#sayAsItIs(text, 'server-misbehaves')
    if (due === undefined || (due === this.#unfinished && !refused)) return this.#say(this.#unavailable(), 'server-misbehaves')
    if (due.swallowed !== true) this.#saying.toClient(due.to === 'hello' ? rewriteHello(reply, this.#options, this.#secure) : text)
    this.#learn(due, reply)
  }

  #learn(due: Answer, { code, lines }: SmtpReply): void {
    const accepted = code.startsWith('2')
    if (due.to === 'rcpt' && accepted) this.#recipients += 1
    if (accepted && BEGINS.includes(due.to)) this.#recipients = 0
    if (due.to === 'message') this.#messageAnswered(due, accepted)
    if (due.to === 'what-follows') this.#follow(code)
    if (due.to === 'quit') this.#end('quit')
    if (due.to === 'hello' || due.to === 'helo') this.#greetingAnswered(lines, accepted)
    if (due.to !== 'greeting') return
    this.#unwelcome = !accepted
    this.#readCommands()
  }

  #greetingAnswered(lines: readonly string[], accepted: boolean): void {
    if (accepted) this.#chunking = announces(lines, 'CHUNKING')
    if (accepted) this.#helloDue = false
    this.#readCommands()
  }

  #follow(code: string): void {
    if (code === '334') return this.#input.read({ kind: 'exchange' })
    if (code === '354') return this.#readMessage()
    this.#loggedIn ||= code === '235'
    this.#readCommands()
  }

  #messageAnswered({ more }: Answer, accepted: boolean): void {
    this.#acknowledged ||= accepted
    const left = (more ?? (this.#eachRecipient ? this.#recipients : 1)) - 1
    if (left > 0) this.#due.again({ to: 'message', more: left })
  }

  /** Says what of ours is due: nobody waits for a reply before it. */
  #flush(): void {
    while (this.#stage === 'talk') {
      const own = this.#due.own()
      if (own === undefined) return
      if (own === 'go-ahead') this.#beginTls()
      else this.#say(own.said, own.ending)
    }
  }

  /** Reads no further, and ends when the replies before have been given. Content that has not ended gets these words for its reply. */
  #break(said: string, ending: Ending): void {
    this.#due.end({ said, ending }, this.#unfinished)
    this.#input.read({ kind: 'nothing' })
  }

  #unavailable(): string {
    return `421 4.3.0 ${this.#options.gateName} is not available, try again later`
  }

  #say(said: string, ending?: Ending): void {
    this.#sayAsItIs(`${said}\r\n`, ending)
  }

  #sayAsItIs(text: string, ending?: Ending): void {
    this.#saying.toClient(text)
    if (ending !== undefined) this.#end(ending)
  }

  #end(ending: Ending): void {
    this.#saying.end(ending === 'quit' && this.#refusals > 0 ? 'turned-away' : ending)
    this.#stage = 'over'
    this.#input.read({ kind: 'nothing' })
  }
}

/** SMTP (RFC 5321 §3.1) and submission (RFC 6409 §3.1). */
export const smtpRelay: RelayMaker = (options) => new SmtpRelay(options, false)

/** LMTP, RFC 2033 §4. */
export const lmtpRelay: RelayMaker = (options) => new SmtpRelay(options, true)
