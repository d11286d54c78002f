import { Replies, type SmtpReply } from '../relays/smtp-reply.ts'
import type { Chunk } from '../relays/smtp-command.ts'
import { concealedReply, type Conceal } from './concealed.ts'
import { DotStuffing, END_OF_CONTENT } from './dot-stuffing.ts'
import type { Awaited, HopKnown, Reach } from './outlet.ts'
import type { OutletSaying } from './outlet-saying.ts'
import type { Recipient, Sender } from './smtp-envelope.ts'
import type { HopAbilities } from './smtp-hop.ts'
import { mailLine, rcptLine } from './smtp-offered.ts'

/** A reply that the next hop owes. `swallowed`: to what we said, not the client. */
export interface Owed {
  readonly to: 'mail' | 'rcpt' | 'data' | 'chunk' | 'message' | 'reset'
  readonly swallowed?: true
}

/** What a reply answers, and whether that could be so. */
export interface Answered {
  readonly owed: Owed
  readonly reply: SmtpReply
  readonly refused: boolean
}

/** What is known of it behind its hello. */
interface Known extends HopKnown {
  readonly abilities: HopAbilities
}

/** The next hop behind its hello: what it is told, and what it owes for that, in this order (RFC 2920 §3.1). */
export class NextHop {
  /** For whom it was reached. */
  readonly domain: string
  /** And for a message with REQUIRETLS, so that it can keep that. */
  readonly #forRequireTls: boolean
  readonly abilities: HopAbilities
  readonly #conceal: Conceal | undefined
  /** It has taken MAIL, and was not told to forget it. */
  inTransaction = false
  /** It has served a transaction, so that it may have closed the connection since. */
  used: boolean
  /** Chunks go to it as content that has begun and not ended. */
  #stuffing: DotStuffing | undefined
  readonly #saying: OutletSaying
  readonly #replies = new Replies()
  #owed: readonly Owed[] = []

  constructor(
    { domain, requiresTls }: Pick<Reach, 'domain' | 'requiresTls'>,
    { abilities, conceal, used = false }: Known,
    saying: OutletSaying,
  ) {
    this.domain = domain
    this.#forRequireTls = requiresTls
    this.abilities = abilities
    this.#conceal = conceal
    this.used = used
    this.#saying = saying
  }

  /** It will do for this one, too. */
  serves({ domain, requiresTls }: Pick<Reach, 'domain' | 'requiresTls'>): boolean {
    return this.domain === domain && (this.#forRequireTls || !requiresTls)
  }

  get pipelines(): boolean {
    return this.abilities.has('PIPELINING')
  }

  /** RFC 3030 §2. */
  get takesChunks(): boolean {
    return this.abilities.has('CHUNKING')
  }

  /** Nothing but more content, or its end, can be said. */
  get isInContent(): boolean {
    return this.#stuffing !== undefined
  }

  /** Whatever is said next is said when these have been answered. */
  get owed(): readonly Owed[] {
    return this.#owed
  }

  get owesNothing(): boolean {
    return this.#owed.length === 0
  }

  /** How it can be left at best. */
  parting(how: 'quit' | 'abort'): 'keep' | 'quit' | 'abort' {
    if (how === 'abort' || this.isInContent) return 'abort'
    return this.used && this.owesNothing && !this.inTransaction ? 'keep' : 'quit'
  }

  /** A command may follow before it has answered. */
  get takesMore(): boolean {
    return this.owesNothing || (this.pipelines && this.#owed.every(({ to }) => to === 'rcpt'))
  }

  /** What it is silent about. */
  get awaited(): Awaited {
    const { to = 'nothing' } = this.#owed[0] ?? {}
    return to === 'reset' ? 'mail' : to === 'chunk' ? 'content' : to
  }

  /** The transaction. Where it takes several commands at once, it gets the first recipient with the sender. */
  begin(sender: Sender, first: Recipient): void {
    this.inTransaction = true
    this.#send(mailLine(sender, this.abilities), { to: 'mail', swallowed: true })
    if (this.pipelines) this.recipient(first)
  }

  recipient(recipient: Recipient): void {
    this.#send(rcptLine(recipient), { to: 'rcpt' })
  }

  data(): void {
    this.#send('DATA\r\n', { to: 'data' })
  }

  /** Where it takes no chunks, they become content: it has to say that it takes that. */
  dataForChunks(): void {
    this.#send('DATA\r\n', { to: 'data', swallowed: true })
  }

  /** It does, and chunks follow. */
  beginContent(): void {
    this.#stuffing = new DotStuffing()
  }

  /** The octets of a chunk follow. */
  chunk({ size, last }: Chunk): void {
    this.#saying.toHop(`BDAT ${size}${last ? ' LAST' : ''}\r\n`)
  }

  /** Octets of a message, or of a chunk. Gives why they cannot go to it, as a reply without its end. */
  content(bytes: Uint8Array): string | undefined {
    if (this.#stuffing !== undefined) return this.#stuffing.write(bytes, (piece) => this.#saying.toHop(piece))
    this.#saying.toHop(bytes)
    return undefined
  }

  /** The last chunk was given to `content()`. Gives why the message cannot end there. */
  endContent(): string | undefined {
    const fault = this.#stuffing?.end()
    if (fault !== undefined) return fault
    if (this.#stuffing !== undefined) this.#saying.toHop(END_OF_CONTENT)
    this.#stuffing = undefined
    return undefined
  }

  /** A chunk, or the end of the message, is on its way. */
  contentSent(to: 'chunk' | 'message'): void {
    this.#owed = [...this.#owed, { to }]
  }

  /** It forgets the transaction. */
  reset(): void {
    if (!this.inTransaction) return
    this.inTransaction = false
    this.#send('RSET\r\n', { to: 'reset', swallowed: true })
  }

  /** It has refused the sender: what it says of recipients that were told with it is nobody's business. */
  senderRefused(): void {
    this.inTransaction = false
    this.#owed = this.#owed.map(({ to }) => ({ to, swallowed: true }))
  }

  /** It has said what becomes of the message. */
  messageOver(): void {
    this.inTransaction = false
    this.used = true
  }

  push(bytes: Uint8Array): void {
    this.#replies.push(bytes)
  }

  /** What it has said, undefined where more has to come. */
  reply(): SmtpReply | 'nonsense' | undefined {
    const reply = this.#replies.next(false)
    return reply === undefined || reply === 'nonsense' ? reply : concealedReply(reply, this.#conceal)
  }

  /** Which of our commands a reply answers; undefined where it cannot answer any. */
  answered(reply: SmtpReply): Answered | undefined {
    const [owed, ...others] = this.#owed
    const refused = /^[45]/.test(reply.code)
    if (owed === undefined || !(refused || reply.code.startsWith(owed.to === 'data' ? '3' : '2'))) return undefined
    this.#owed = others
    return { owed, reply, refused }
  }

  #send(line: string, owed: Owed): void {
    this.#saying.toHop(line)
    this.#owed = [...this.#owed, owed]
  }
}
