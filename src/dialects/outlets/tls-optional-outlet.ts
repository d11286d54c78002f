import { latin1 } from '../relays/lines.ts'
import type { Heard } from '../relays/smtp-input.ts'
import type { Command } from '../relays/smtp-command.ts'
import type { SmtpReply } from '../relays/smtp-reply.ts'
import { NextHop, type Answered } from './next-hop.ts'
import type { Awaited, Outlet, OutletOptions, OutletStep } from './outlet.ts'
import { OutletClient } from './outlet-client.ts'
import { OutletSaying } from './outlet-saying.ts'
import { ownReply, passed, passedToRecipient, type PassedReply } from './reply-words.ts'
import type { Recipient, Sender } from './smtp-envelope.ts'
import { recipientIn, senderIn, unkeepable } from './smtp-offered.ts'
import { saysTlsOptional } from './tls-required-field.ts'

/** Octets in which the end of a header is looked for; a message whose header is longer says nothing. And so many wait for a next hop. */
const MOST_HELD = 64 * 1024

/**
 * In place of a next hop that is kept from its domain's mail by what the domain itself demands of TLS: takes one message for one recipient, looks whether
 * its header says `TLS-Required: No` (RFC 8689 §4.2.2), and leads it on then. Whatever comes of that is said at the end of the message, which until then
 * nobody has taken. Begins behind the hello, and ends behind a message. What it hears comes from an outlet, and is well-formed.
 */
class TlsOptionalOutlet implements Outlet {
  readonly #options: OutletOptions
  /** What is said of a message without that header. */
  readonly #refusal: PassedReply
  readonly #client: OutletClient
  readonly #saying = new OutletSaying()
  #sender: Sender | undefined
  #recipient: Recipient | undefined
  #hop: NextHop | undefined
  /** `held`: what has come of the message is kept until the next hop takes it; `passing`: it goes on; `refused`: it goes nowhere. */
  #content: 'none' | 'header' | 'held' | 'passing' | 'refused' = 'none'
  #held: Uint8Array[] = []
  #heldOctets = 0
  /** The last octets of the header so far, as if it stood behind a line. */
  #tail = '\r\n'
  #isWhole = false
  /** In place of the reply of a next hop. */
  #instead: PassedReply | undefined
  #ended = false

  constructor(options: OutletOptions, refusal: string) {
    this.#options = options
    this.#refusal = ownReply(refusal)
    this.#client = new OutletClient(options, this.#saying)
  }

  readonly start = (): OutletStep => {
    this.#client.read({ kind: 'command' })
    return this.#saying.step()
  }

  readonly fromClient = (bytes: Uint8Array): OutletStep => {
    if (!this.#ended) this.#client.push(bytes)
    for (let heard = this.#client.next(); heard !== undefined && !this.#ended; heard = this.#client.next()) this.#obey(heard)
    return this.#saying.step()
  }

  readonly fromHop = (bytes: Uint8Array): OutletStep => {
    this.#hop?.push(bytes)
    for (let reply = this.#hop?.reply(); reply !== undefined; reply = this.#hop?.reply()) {
      if (reply === 'nonsense') this.#refuse(ownReply(MISBEHAVES))
      else this.#hear(reply)
    }
    return this.#saying.step()
  }

  readonly reached: Outlet['reached'] = (abilities, known = {}) => {
    const [sender, recipient] = [this.#sender, this.#recipient]
    if (this.#ended || sender === undefined || recipient === undefined) return { leave: 'abort' }
    this.#hop = new NextHop({ domain: recipient.domain ?? '', requiresTls: false }, { abilities, ...known }, this.#saying)
    const fault = unkeepable(sender, recipient, abilities)
    if (fault === undefined) this.#hop.begin(sender, recipient)
    else this.#refuse(ownReply(fault))
    return this.#saying.step()
  }

  readonly unreached = (said: string): OutletStep => {
    if (!this.#ended) this.#refuse(ownReply(said))
    return this.#saying.step()
  }

  readonly hopLost = (why: string): OutletStep => {
    if (this.#hop !== undefined) this.#refuse(ownReply(`451 4.4.2 The connection to the next hop was lost: ${why}`))
    return this.#saying.step()
  }

  /** What has not come to its end never will: the next hop must not take it for whole. */
  readonly clientDone = (): OutletStep => {
    if (!this.#ended && !this.#isWhole) this.#end()
    return this.#saying.step()
  }

  readonly isFull = (): boolean => this.#client.isFull || (this.#content === 'held' && this.#heldOctets >= MOST_HELD)

  readonly awaits = (): Awaited => {
    if (this.#hop === undefined) return 'nothing'
    return this.#content === 'passing' && !this.#isWhole ? 'content' : this.#hop.awaited
  }

  #obey(heard: Heard): void {
    if (heard.kind === 'command') return this.#command(heard.command)
    if (heard.kind === 'octets') return this.#octets(heard.bytes, heard.isLast)
    return this.#end()
  }

  #command({ verb, rest }: Command): void {
    switch (verb) {
      case 'MAIL':
        return this.#mail(senderIn(rest, this.#options))
      case 'RCPT':
        return this.#rcpt(recipientIn(rest, this.#options))
      case 'DATA':
        this.#content = 'header'
        this.#client.say('354 Go ahead')
        return this.#client.read({ kind: 'content' })
      default:
        return this.#end()
    }
  }

  #mail(sender: ReturnType<typeof senderIn>): void {
    if ('said' in sender) return this.#client.say(sender.said)
    this.#sender = sender
    this.#client.say('250 2.1.0 Ok')
  }

  #rcpt(recipient: ReturnType<typeof recipientIn>): void {
    if ('said' in recipient) return this.#client.say(recipient.said)
    // There is one reply to the message, and it may be the one to the recipient.
    if (this.#recipient !== undefined)
      return this.#client.say('452 4.5.3 One recipient in each transaction where TLS fails with their domain: send the others in another')
    this.#recipient = recipient
    this.#client.say('250 2.1.5 Ok, as far as the message says that it may go without TLS: TLS fails with its domain')
  }

  #octets(bytes: Uint8Array, isLast: boolean): void {
    this.#isWhole = isLast
    if (isLast) this.#client.read({ kind: 'wait' })
    if (this.#content === 'passing') this.#hop?.content(bytes)
    else if (this.#content !== 'refused') this.#hold(bytes)
    if (this.#content === 'header') this.#look(bytes)
    if (isLast && !this.#ended) this.#wholeIn()
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes)
    this.#heldOctets += bytes.length
  }

  #look(bytes: Uint8Array): void {
    const text = this.#tail + latin1(bytes)
    this.#tail = text.slice(-3)
    const ends = text.includes('\r\n\r\n')
    if (!ends && !this.#isWhole && this.#heldOctets < MOST_HELD) return
    this.#content = 'held'
    if ((ends || this.#isWhole) && saysTlsOptional(latin1(Buffer.concat(this.#held))))
      this.#saying.reach({ domain: this.#recipient?.domain ?? '', requiresTls: false })
    else this.#refuse(this.#refusal)
  }

  #wholeIn(): void {
    if (this.#content === 'passing') this.#hop?.contentSent('message')
    if (this.#content === 'refused' && this.#instead !== undefined) this.#finish(this.#instead)
  }

  #hear(reply: SmtpReply): void {
    const hop = this.#hop
    if (hop === undefined) return
    if (reply.code === '421') return this.#refuse(passed(reply))
    const answered = hop.answered(reply)
    // Before the end of the message a refusal counts, and an acknowledgement of what has not come cannot be one.
    if (answered === undefined) return this.#refuse(/^[45]/.test(reply.code) ? passed(reply) : ownReply(MISBEHAVES))
    this.#answered(hop, answered)
  }

  #answered(hop: NextHop, { owed, reply, refused }: Answered): void {
    if (owed.swallowed === true && owed.to !== 'mail') return
    if (owed.to === 'message') {
      hop.messageOver()
      return this.#finish(passed(reply))
    }
    if (refused) {
      if (owed.to === 'mail') hop.senderRefused()
      return this.#refuse(owed.to === 'mail' ? passedToRecipient(reply) : passed(reply))
    }
    if (owed.to === 'mail' && !hop.pipelines && this.#recipient !== undefined) hop.recipient(this.#recipient)
    if (owed.to === 'rcpt') hop.data()
    if (owed.to === 'data') this.#pass(hop)
  }

  #pass(hop: NextHop): void {
    this.#content = 'passing'
    for (const bytes of this.#held) hop.content(bytes)
    this.#held = []
    if (this.#isWhole) this.#wholeIn()
  }

  #refuse(reply: PassedReply): void {
    if (this.#instead === undefined) this.#leave(this.#content === 'passing' ? 'abort' : 'quit')
    this.#instead ??= reply
    this.#content = 'refused'
    this.#held = []
    if (this.#isWhole) this.#wholeIn()
  }

  #finish(reply: PassedReply): void {
    this.#saying.toClient(reply.text)
    this.#leave('quit')
    this.#end()
  }

  #leave(how: 'quit' | 'abort'): void {
    if (this.#hop !== undefined) this.#saying.leave(this.#hop.parting(how))
    this.#hop = undefined
  }

  #end(): void {
    this.#leave('abort')
    this.#ended = true
    this.#client.read({ kind: 'nothing' })
    this.#saying.end()
  }
}

const MISBEHAVES = '451 4.5.0 The next hop said what it may not say here'

/** `refusal`: a reply without the end of its line, to messages that do not say `TLS-Required: No`. */
export function tlsOptionalOutlet(options: OutletOptions, refusal: string): Outlet {
  return new TlsOptionalOutlet(options, refusal)
}
