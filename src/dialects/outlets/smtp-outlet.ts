import type { Heard } from '../relays/smtp-input.ts'
import { parseChunk, type Command } from '../relays/smtp-command.ts'
import type { SmtpReply } from '../relays/smtp-reply.ts'
import type { Awaited, Outlet, OutletMaker, OutletOptions, OutletStep, Reach } from './outlet.ts'
import { NextHop, type Answered } from './next-hop.ts'
import { OutletClient } from './outlet-client.ts'
import { OutletSaying } from './outlet-saying.ts'
import { Passage } from './passage.ts'
import { ownReply, passed, passedToRecipient, type PassedReply } from './reply-words.ts'
import type { Recipient } from './smtp-envelope.ts'
import { recipientIn, senderIn, unkeepable } from './smtp-offered.ts'
import { recipientFault, whyNoData, type Transaction } from './transaction.ts'

class SmtpOutlet implements Outlet {
  readonly #options: OutletOptions
  readonly #client: OutletClient
  readonly #saying = new OutletSaying()
  /** A command that waits for the replies before it. */
  #waiting: Command | undefined
  #ended = false
  #hop: NextHop | undefined
  #transaction: Transaction | undefined
  /** The recipient for whom a next hop is looked for. */
  #first: Recipient | undefined
  readonly #passage: Passage

  constructor(options: OutletOptions) {
    this.#options = options
    this.#passage = new Passage(this.#saying, options.lmtp)
    this.#client = new OutletClient(options, this.#saying)
  }

  readonly start = (): OutletStep => {
    this.#client.greet()
    return this.#step()
  }

  readonly fromClient = (bytes: Uint8Array): OutletStep => {
    if (!this.#ended) this.#client.push(bytes)
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

  readonly reached: Outlet['reached'] = (abilities, known = {}) => {
    if (this.#ended || this.#first === undefined) return { leave: 'abort' }
    this.#begin(new NextHop(this.#wanted, { abilities, ...known }, this.#saying), this.#first)
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
    this.#client.isDone = true
    return this.#step()
  }

  readonly isFull = (): boolean => this.#client.isFull

  readonly awaits = (): Awaited => {
    if (this.#hop === undefined) return 'nothing'
    if (this.#client.isInContent) return 'content'
    return this.#hop.awaited
  }

  #step(): OutletStep {
    while (!this.#ended) {
      this.#settle()
      const heard = this.#client.next()
      if (heard === undefined) break
      this.#obey(heard)
    }
    if (this.#client.isDone && !this.#ended && this.#client.reading === 'command' && this.#hop?.owesNothing !== false) this.#close('quit')
    // What has not come to its end never will: the next hop must not take it for whole.
    if (this.#client.isDone && !this.#ended && this.#client.isInContent) this.#close('abort')
    return this.#saying.step()
  }

  #obey(heard: Heard): void {
    switch (heard.kind) {
      case 'command':
        return this.#command(heard.command)
      case 'octets':
        this.#passage.pass(heard.bytes, this.#hop)
        return heard.isLast ? this.#contentEnded() : undefined
      case 'exchange':
      case 'broken':
        this.#client.say(heard.kind === 'broken' ? heard.said : '500 5.5.2 Syntax error')
        return this.#close('abort')
    }
  }

  /** Performs what has waited for a reply, and says how to read what comes next. */
  #settle(): void {
    const command = this.#waiting
    if (command !== undefined && this.#hop?.owesNothing !== false && this.#first === undefined) {
      this.#waiting = undefined
      this.#perform(command)
    }
    if (this.#ended || this.#client.isInContent) return
    const isFree = this.#waiting === undefined && this.#first === undefined && this.#hop?.takesMore !== false
    this.#client.read({ kind: isFree ? 'command' : 'wait' })
  }

  /** Recipients may be told one behind the other; everything else waits for the replies before it. */
  #command(command: Command): void {
    if (this.#hop?.owesNothing !== false || (command.verb === 'RCPT' && this.#mayFollow(command))) this.#perform(command)
    else this.#waiting = command
  }

  #mayFollow(command: Command): boolean {
    const recipient = recipientIn(command.rest, this.#options)
    if ('said' in recipient || this.#transaction === undefined || this.#transaction.refused !== undefined) return false
    return this.#hop?.inTransaction === true && this.#faultOf(this.#transaction, recipient) === undefined
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
        return this.#client.say('250 2.0.0 Ok')
      case 'QUIT':
        this.#client.say(`221 2.0.0 ${this.#options.name} closes`)
        return this.#close('quit')
      case 'BDAT':
        return this.#bdat(rest)
      default:
        return this.#fault(this.#client.other(verb))
    }
  }

  #hello(verb: string, rest: string): void {
    const fault = this.#client.hello(verb, rest)
    if (fault === undefined) this.#forget()
    this.#fault(fault)
  }

  #mail(rest: string): void {
    if (!this.#client.greeted) return this.#fault('503 5.5.1 Say EHLO first')
    if (this.#transaction !== undefined) return this.#fault('503 5.5.1 There is a sender already')
    const sender = senderIn(rest, this.#options)
    if ('said' in sender) return this.#fault(sender.said)
    this.#transaction = { sender, domain: undefined, accepted: 0, refused: undefined, chunked: false }
    this.#client.say('250 2.1.0 Ok')
  }

  #rcpt(rest: string): void {
    const transaction = this.#transaction
    if (transaction === undefined) return this.#fault('503 5.5.1 MAIL comes first')
    const recipient = recipientIn(rest, this.#options)
    if ('said' in recipient) return this.#fault(recipient.said)
    const domain = this.#domainOf(recipient)
    const fault = this.#faultOf(transaction, recipient)
    // The domain in it is in any letters, and a reply in ASCII.
    if (fault !== undefined || domain === undefined) return this.#saying.toClient(ownReply(fault ?? '').text)
    transaction.domain = domain
    if (transaction.refused !== undefined) return this.#saying.toClient(transaction.refused.text)
    if (this.#hop?.inTransaction === true) return this.#hop.recipient(recipient)
    this.#first = recipient
    if (this.#hop?.serves(this.#wanted) === true) return this.#begin(this.#hop, recipient)
    this.#leave('quit')
    this.#saying.reach(this.#wanted)
  }

  /** What kind of next hop the transaction needs. */
  get #wanted(): Reach {
    const { domain = '', sender } = this.#transaction ?? {}
    return { domain, requiresTls: sender?.parameters.has('REQUIRETLS') === true }
  }

  #faultOf(transaction: Transaction, recipient: Recipient): string | undefined {
    const abilities = this.#hop?.inTransaction === true ? this.#hop.abilities : undefined
    return recipientFault(transaction, recipient, this.#domainOf(recipient), abilities)
  }

  /** One key for all where one next hop is for all. */
  #domainOf({ domain }: Recipient): string | undefined {
    return this.#options.oneHop ? '' : domain
  }

  #begin(hop: NextHop, first: Recipient): void {
    this.#hop = hop
    const sender = this.#transaction?.sender
    if (sender === undefined) return
    const fault = unkeepable(sender, first, hop.abilities)
    if (fault === undefined) hop.begin(sender, first)
    else this.#answerFirst(ownReply(fault))
  }

  #data(rest: string): void {
    if (rest.trim() !== '') return this.#fault('501 5.5.4 Syntax: DATA')
    const why = whyNoData(this.#transaction)
    if (why !== undefined) return this.#saying.toClient(why.text)
    this.#hop?.data()
  }

  /** RFC 3030 §2. What follows is content, whether anybody wants it or not. */
  #bdat(rest: string): void {
    const chunk = parseChunk(rest)
    if (chunk === undefined) {
      this.#client.say('501 5.5.4 Syntax: BDAT size [LAST]')
      return this.#close('abort')
    }
    if (this.#passage.begin(chunk, this.#transaction, this.#hop)) this.#readChunk()
  }

  #readChunk(): void {
    this.#client.read({ kind: 'chunk', left: this.#passage.chunk?.size ?? 0 })
  }

  #contentEnded(): void {
    this.#client.read({ kind: 'wait' })
    const { isWhole } = this.#passage
    if (this.#passage.end(this.#transaction, this.#hop)) return
    if (isWhole) this.#forget()
    else this.#reset()
  }

  #hear(hop: NextHop, reply: SmtpReply): void {
    if (reply.code === '421') return this.#lost(reply)
    if (this.#client.isInContent || hop.isInContent) return this.#early(reply)
    const answered = hop.answered(reply)
    if (answered === undefined) return this.#lost(MISBEHAVES)
    const { owed, refused } = answered
    if (owed.to === 'mail') return this.#senderAnswered(hop, answered)
    if (owed.to === 'data' && owed.swallowed === true) return this.#dataForChunksAnswered(hop, answered)
    if (owed.swallowed === true) return
    if (owed.to === 'chunk' && refused) {
      // And the message with it: what has come of it is gone, RFC 3030 §2.
      this.#refuse(passed(reply))
      this.#reset()
    }
    if (owed.to === 'rcpt') this.#first = undefined
    if (owed.to === 'rcpt' && !refused && this.#transaction !== undefined) this.#transaction.accepted += 1
    this.#saying.toClient(passed(reply).text)
    if (owed.to === 'data' && !refused) this.#client.read({ kind: 'content' })
    if (owed.to !== 'message' || !hop.owesNothing) return
    this.#transaction = undefined
    hop.messageOver()
  }

  #senderAnswered(hop: NextHop, { reply, refused }: Answered): void {
    if (!refused) {
      if (!hop.pipelines && this.#first !== undefined) hop.recipient(this.#first)
      return
    }
    hop.senderRefused()
    this.#refuse(passedToRecipient(reply))
    this.#answerFirst(passedToRecipient(reply))
  }

  #dataForChunksAnswered(hop: NextHop, { reply, refused }: Answered): void {
    if (refused) this.#passage.refuse(passed(reply))
    else hop.beginContent()
    this.#readChunk()
  }

  /** Before the end of the message: a refusal counts, an acknowledgement of what has not come cannot be one. */
  #early(reply: SmtpReply): void {
    const said = /^[45]/.test(reply.code) ? passed(reply) : ownReply(MISBEHAVES)
    this.#leave('abort')
    if (this.#client.isInContent) this.#passage.refuse(said)
    else this.#refuse(said)
  }

  /** The next hop is gone, and what it owes never comes. `why`: its last words, or ours. */
  #lost(why: SmtpReply | string): void {
    const hop = this.#hop
    const said = typeof why === 'string' ? ownReply(why) : passed(why)
    this.#leave('abort')
    if (this.#client.isInContent) return this.#passage.refuse(said)
    if (this.#passage.chunk !== undefined) {
      this.#passage.refuse(said)
      return this.#readChunk()
    }
    const transaction = this.#transaction
    const owed = (hop?.owed ?? []).filter(({ swallowed }) => swallowed !== true)
    // It has taken nothing yet: another may.
    if (this.#first !== undefined && transaction?.domain !== undefined && hop !== undefined)
      return this.#saying.reach({ ...this.#wanted, ...(hop.used ? {} : { failed: said.text.trimEnd() }) })
    for (const _ of owed) this.#saying.toClient(said.text)
    if (owed.some(({ to }) => to === 'message')) this.#transaction = undefined
    // What it has taken of the transaction is gone with it.
    else if (hop?.inTransaction === true) this.#refuse(said)
  }

  /** Whatever still comes of the transaction. */
  #refuse(reply: PassedReply): void {
    if (this.#transaction !== undefined) this.#transaction.refused = reply
  }

  #answerFirst(reply: PassedReply): void {
    this.#first = undefined
    this.#saying.toClient(reply.text)
  }

  /** RSET, and whatever else ends a transaction without a message. */
  #forget(): void {
    this.#transaction = undefined
    this.#reset()
  }

  /** In the middle of content it can be told nothing but more of it. */
  #reset(): void {
    if (this.#hop?.isInContent === true) this.#leave('abort')
    else this.#hop?.reset()
  }

  #leave(how: 'quit' | 'abort'): void {
    if (this.#hop !== undefined) this.#saying.leave(this.#hop.parting(how))
    this.#hop = undefined
  }

  #close(how: 'quit' | 'abort'): void {
    this.#leave(how)
    this.#ended = true
    this.#saying.end()
    this.#client.read({ kind: 'nothing' })
  }

  #fault(said: string | undefined): void {
    if (said !== undefined && this.#client.fault(said)) this.#close('quit')
  }
}

const MISBEHAVES = '451 4.5.0 The next hop said what it may not say here'

/** SMTP, RFC 5321 §3.6.2. */
export const smtpOutlet: OutletMaker = (options) => new SmtpOutlet(options)
