import { SmtpInput, type Heard } from '../relays/smtp-input.ts'
import type { Command } from '../relays/smtp-command.ts'
import type { SmtpReply } from '../relays/smtp-reply.ts'
import type { Awaited, Outlet, OutletMaker, OutletOptions, OutletStep } from './outlet.ts'
import { NextHop, type Answered } from './next-hop.ts'
import { OutletSaying } from './outlet-saying.ts'
import { ownReply, passed, type PassedReply } from './reply-words.ts'
import { parseRecipient, parseSender, type Recipient } from './smtp-envelope.ts'
import type { HopAbilities } from './smtp-hop.ts'
import { helloReply, PLAIN_REPLIES, senderFault, unkeepable } from './smtp-offered.ts'
import { recipientFault, type Transaction } from './transaction.ts'

const MAX_ERRORS = 20

class SmtpOutlet implements Outlet {
  readonly #options: OutletOptions
  readonly #input: SmtpInput
  #reading: 'command' | 'wait' | 'content' = 'wait'
  readonly #saying = new OutletSaying()
  /** A command that waits for the replies before it. */
  #waiting: Command | undefined
  #ended = false
  #clientIsDone = false
  #greeted = false
  #hop: NextHop | undefined
  #transaction: Transaction | undefined
  /** The recipient for whom a next hop is looked for. */
  #first: Recipient | undefined
  /** In place of the reply to the message that is being read: it goes nowhere any more. */
  #instead: PassedReply | undefined
  #errors = 0

  constructor(options: OutletOptions) {
    this.#options = options
    this.#input = new SmtpInput({ ...options, tls: 'none', hidesLogin: false, gateName: options.name })
  }

  readonly start = (): OutletStep => {
    this.#say(`220 ${this.#options.name} ${this.#options.lmtp ? 'LMTP' : 'ESMTP'}`)
    return this.#step()
  }

  readonly fromClient = (bytes: Uint8Array): OutletStep => {
    if (!this.#ended) this.#input.push(bytes)
    return this.#step()
  }

  readonly fromHop = (bytes: Uint8Array): OutletStep => {
    if (this.#hop === undefined || this.#ended) return {}
    this.#hop.push(bytes)
    while (this.#hop !== undefined) {
      const reply = this.#hop.reply()
      if (reply === undefined) break
      if (reply === 'nonsense') this.#lost(MISBEHAVES)
      else this.#hear(this.#hop, reply)
    }
    return this.#step()
  }

  readonly reached = (abilities: HopAbilities): OutletStep => {
    if (this.#ended || this.#first === undefined) return { leave: 'abort' }
    const { domain = '' } = this.#transaction ?? {}
    this.#begin(new NextHop(domain, abilities, this.#saying), this.#first)
    return this.#step()
  }

  readonly unreached = (said: string): OutletStep => {
    if (this.#ended || this.#first === undefined) return {}
    this.#answerFirst(ownReply(said))
    return this.#step()
  }

  readonly hopLost = (why: string): OutletStep => {
    if (this.#hop !== undefined && !this.#ended) this.#lost(`451 4.4.2 The connection to the next hop was lost: ${why}`)
    return this.#step()
  }

  readonly clientDone = (): OutletStep => {
    this.#clientIsDone = true
    // What has not come to its end never will: the next hop must not take it for whole.
    if (this.#reading === 'content') this.#close('abort')
    return this.#step()
  }

  readonly isFull = (): boolean => this.#input.isFull

  readonly awaits = (): Awaited => {
    if (this.#hop === undefined) return 'nothing'
    if (this.#reading === 'content') return 'content'
    const { to = 'nothing' } = this.#hop.owed[0] ?? {}
    return to === 'reset' ? 'mail' : to
  }

  #step(): OutletStep {
    while (!this.#ended) {
      this.#settle()
      const heard = this.#input.next(false)
      if (heard === undefined) break
      this.#obey(heard)
    }
    if (this.#clientIsDone && !this.#ended && this.#reading === 'command' && this.#owesNothing) this.#close('quit')
    return this.#saying.step()
  }

  #obey(heard: Heard): void {
    switch (heard.kind) {
      case 'command':
        return this.#command(heard.command)
      case 'octets':
        if (this.#instead === undefined) this.#saying.toHop(heard.bytes)
        return heard.isLast ? this.#contentEnded() : undefined
      case 'exchange':
      case 'broken':
        this.#say(heard.kind === 'broken' ? heard.said : '500 5.5.2 Syntax error')
        return this.#close('abort')
    }
  }

  /** Performs what has waited for a reply, and says how to read what comes next. */
  #settle(): void {
    const command = this.#waiting
    if (command !== undefined && this.#owesNothing && this.#first === undefined) {
      this.#waiting = undefined
      this.#perform(command)
    }
    if (this.#ended || this.#reading === 'content') return
    const { owed = [], pipelines = false } = this.#hop ?? {}
    const isFree = this.#waiting === undefined && this.#first === undefined
    this.#read(isFree && (owed.length === 0 || (pipelines && owed.every(({ to }) => to === 'rcpt'))) ? 'command' : 'wait')
  }

  /** Content is read up to its end, whatever else happens. */
  #read(kind: 'command' | 'wait' | 'content'): void {
    if (kind === this.#reading) return
    this.#reading = kind
    this.#input.read({ kind })
  }

  get #owesNothing(): boolean {
    return (this.#hop?.owed ?? []).length === 0
  }

  /** Recipients may be told one behind the other; everything else waits for the replies before it. */
  #command(command: Command): void {
    if (this.#owesNothing || (command.verb === 'RCPT' && this.#mayFollow(command))) this.#perform(command)
    else this.#waiting = command
  }

  #mayFollow(command: Command): boolean {
    const recipient = parseRecipient(command.rest)
    if ('said' in recipient || recipient.parameters.size > 0 || this.#transaction?.refused !== undefined) return false
    return this.#hop?.inTransaction === true && this.#domainOf(recipient) === this.#transaction?.domain
  }

  #perform(command: Command): void {
    const { verb, rest } = command
    switch (verb) {
      case 'EHLO':
      case 'HELO':
      case 'LHLO':
        return this.#hello(verb, rest)
      case 'MAIL':
        return this.#mail(rest)
      case 'RCPT':
        return this.#rcpt(rest)
      case 'DATA':
        return this.#data(rest)
      case 'RSET':
        this.#forget()
        return this.#say('250 2.0.0 Ok')
      case 'QUIT':
        this.#say(`221 2.0.0 ${this.#options.name} closes`)
        return this.#close('quit')
      case 'BDAT':
        // What follows is content, and nobody may read it as commands.
        this.#say('503 5.5.1 CHUNKING is not offered')
        return this.#close('abort')
      default:
        return this.#other(verb)
    }
  }

  #hello(verb: string, rest: string): void {
    const { name, lmtp } = this.#options
    if ((verb === 'LHLO') !== lmtp) return this.#fault(`502 5.5.1 Say ${lmtp ? 'LHLO' : 'EHLO'}`)
    if (rest.trim() === '') return this.#fault(`501 5.5.4 Syntax: ${verb} name`)
    this.#forget()
    this.#greeted = true
    this.#say(helloReply(verb, name))
  }

  #other(verb: string): void {
    const said = PLAIN_REPLIES[verb]
    if (said !== undefined) return this.#say(said)
    this.#fault(verb === '' ? '500 5.5.2 Syntax error' : '502 5.5.1 Command not implemented')
  }

  #mail(rest: string): void {
    if (!this.#greeted) return this.#fault('503 5.5.1 Say EHLO first')
    if (this.#transaction !== undefined) return this.#fault('503 5.5.1 There is a sender already')
    const sender = parseSender(rest)
    const said = 'said' in sender ? sender.said : senderFault(sender)
    if (said !== undefined || 'said' in sender) return this.#fault(said ?? '')
    this.#transaction = { sender, domain: undefined, accepted: 0, refused: undefined }
    this.#say('250 2.1.0 Ok')
  }

  #rcpt(rest: string): void {
    const transaction = this.#transaction
    if (transaction === undefined) return this.#fault('503 5.5.1 MAIL comes first')
    const recipient = parseRecipient(rest)
    if ('said' in recipient) return this.#fault(recipient.said)
    const domain = this.#domainOf(recipient)
    const fault = recipientFault(transaction, recipient, domain)
    if (fault !== undefined || domain === undefined) return this.#say(fault ?? '')
    transaction.domain = domain
    if (transaction.refused !== undefined) return this.#saying.toClient(transaction.refused.text)
    if (this.#hop?.inTransaction === true) return this.#hop.recipient(recipient)
    this.#first = recipient
    if (this.#hop?.domain === domain) return this.#begin(this.#hop, recipient)
    this.#leave('quit')
    this.#saying.reach({ domain })
  }

  /** One key for all where one next hop is for all. */
  #domainOf({ domain }: Recipient): string | undefined {
    return this.#options.oneHop ? '' : domain
  }

  #begin(hop: NextHop, first: Recipient): void {
    this.#hop = hop
    const sender = this.#transaction?.sender
    if (sender === undefined) return
    const fault = unkeepable(sender, hop.abilities)
    if (fault === undefined) hop.begin(sender, first)
    else this.#answerFirst(ownReply(fault))
  }

  #data(rest: string): void {
    if (rest.trim() !== '') return this.#fault('501 5.5.4 Syntax: DATA')
    if (this.#transaction === undefined) return this.#fault('503 5.5.1 MAIL comes first')
    if (this.#transaction.refused !== undefined) return this.#saying.toClient(this.#transaction.refused.text)
    if (this.#transaction.accepted === 0) return this.#say('554 5.5.1 No valid recipients')
    this.#hop?.data()
  }

  #contentEnded(): void {
    const instead = this.#instead
    const replies = this.#options.lmtp ? (this.#transaction?.accepted ?? 1) : 1
    this.#instead = undefined
    this.#read('wait')
    for (let count = 0; count < replies; count += 1) {
      if (instead === undefined) this.#hop?.messageSent()
      else this.#saying.toClient(instead.text)
    }
    if (instead !== undefined) this.#transaction = undefined
  }

  #hear(hop: NextHop, reply: SmtpReply): void {
    if (reply.code === '421') return this.#lost(reply)
    if (this.#reading === 'content') return this.#early(reply)
    const answered = hop.answered(reply)
    if (answered === undefined) return this.#lost(MISBEHAVES)
    const { owed, refused } = answered
    if (owed.to === 'mail') return this.#senderAnswered(hop, answered)
    if (owed.swallowed === true) return
    if (owed.to === 'rcpt') this.#first = undefined
    if (owed.to === 'rcpt' && !refused && this.#transaction !== undefined) this.#transaction.accepted += 1
    this.#saying.toClient(passed(reply).text)
    if (owed.to === 'data' && !refused) this.#read('content')
    if (owed.to === 'message' && this.#owesNothing) this.#messageOver(hop)
  }

  #senderAnswered(hop: NextHop, { reply, refused }: Answered): void {
    if (!refused) {
      if (!hop.pipelines && this.#first !== undefined) hop.recipient(this.#first)
      return
    }
    hop.senderRefused()
    if (this.#transaction !== undefined) this.#transaction.refused = passed(reply)
    this.#answerFirst(passed(reply))
  }

  #messageOver(hop: NextHop): void {
    this.#transaction = undefined
    hop.inTransaction = false
    hop.used = true
  }

  /** Before the end of the message: a refusal counts, an acknowledgement of what has not come cannot be one. */
  #early(reply: SmtpReply): void {
    if (/^[45]/.test(reply.code)) this.#instead ??= passed(reply)
    else this.#instead ??= ownReply(MISBEHAVES)
    this.#leave('abort')
  }

  /** The next hop is gone, and what it owes never comes. `why`: its last words, or ours. */
  #lost(why: SmtpReply | string): void {
    const hop = this.#hop
    const said = typeof why === 'string' ? ownReply(why) : passed(why)
    this.#leave('abort')
    if (this.#reading === 'content') {
      this.#instead ??= said
      return
    }
    const transaction = this.#transaction
    const owed = (hop?.owed ?? []).filter(({ swallowed }) => swallowed !== true)
    // It has taken nothing yet: another may.
    if (this.#first !== undefined && transaction?.domain !== undefined && hop !== undefined)
      return this.#saying.reach({ domain: transaction.domain, ...(hop.used ? {} : { failed: said.text.trimEnd() }) })
    for (const _ of owed) this.#saying.toClient(said.text)
    if (owed.some(({ to }) => to === 'message')) this.#transaction = undefined
    // What it has taken of the transaction is gone with it.
    else if (transaction !== undefined && hop?.inTransaction === true) transaction.refused = said
  }

  #answerFirst(reply: PassedReply): void {
    this.#first = undefined
    this.#saying.toClient(reply.text)
  }

  /** RSET, and whatever else ends a transaction without a message. */
  #forget(): void {
    this.#transaction = undefined
    this.#hop?.reset()
  }

  #leave(how: 'quit' | 'abort'): void {
    if (this.#hop !== undefined) this.#saying.leave(how)
    this.#hop = undefined
  }

  #close(how: 'quit' | 'abort'): void {
    this.#leave(how)
    this.#ended = true
    this.#saying.end()
    this.#input.read({ kind: 'nothing' })
  }

  #fault(said: string): void {
    this.#errors += 1
    this.#say(said)
    if (this.#errors <= MAX_ERRORS) return
    this.#say('421 4.7.0 Too many errors')
    this.#close('quit')
  }

  #say(said: string): void {
    this.#saying.toClient(`${said}\r\n`)
  }
}

const MISBEHAVES = '451 4.5.0 The next hop said what it may not say here'

/** SMTP, RFC 5321 §3.6.2. */
export const smtpOutlet: OutletMaker = (options) => new SmtpOutlet(options)
