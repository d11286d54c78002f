import type { Chunk } from '../relays/smtp-command.ts'
import type { NextHop } from './next-hop.ts'
import type { OutletSaying } from './outlet-saying.ts'
import { ownReply, type PassedReply } from './reply-words.ts'
import { whyNoContent, type Transaction } from './transaction.ts'

/** How content goes from the client to the next hop, and what is said at its end where it does not. */
export class Passage {
  readonly #saying: OutletSaying
  readonly #lmtp: boolean
  /** Its octets are being read, or will be when the next hop takes them. */
  #chunk: Chunk | undefined
  /** In place of the reply to what is being read: it goes nowhere any more. */
  #instead: PassedReply | undefined

  constructor(saying: OutletSaying, lmtp: boolean) {
    this.#saying = saying
    this.#lmtp = lmtp
  }

  /** Undefined: the content is that of DATA. */
  get chunk(): Chunk | undefined {
    return this.#chunk
  }

  /** The message ends with what is being read. */
  get isWhole(): boolean {
    return this.#chunk?.last ?? true
  }

  /** RFC 3030 §2: octets follow, whether anybody wants them or not. Gives whether they can be read before the next hop has answered. */
  begin(chunk: Chunk, transaction: Transaction | undefined, hop: NextHop | undefined): boolean {
    this.#chunk = chunk
    this.#instead = whyNoContent(transaction)
    if (transaction !== undefined) transaction.chunked = true
    if (this.#instead !== undefined || hop === undefined || hop.isInContent) return true
    if (hop.takesChunks) hop.chunk(chunk)
    else hop.dataForChunks()
    return hop.takesChunks
  }

  /** Nothing more of it goes on, and this is what is said at its end. */
  refuse(reply: PassedReply): void {
    this.#instead ??= reply
  }

  pass(bytes: Uint8Array, hop: NextHop | undefined): void {
    if (this.#instead !== undefined) return
    const fault = hop?.content(bytes)
    if (fault !== undefined) this.#instead = ownReply(fault)
  }

  /** All of it was read. Gives whether it is on its way. */
  end(transaction: Transaction | undefined, hop: NextHop | undefined): boolean {
    const { isWhole } = this
    const fault = isWhole && this.#instead === undefined ? hop?.endContent() : undefined
    const instead = fault === undefined ? this.#instead : ownReply(fault)
    if (instead === undefined && !isWhole && hop?.isInContent === true) {
      // It takes the message or not when that has ended.
      this.#saying.toClient(`250 2.0.0 ${this.#chunk?.size ?? 0} octets\r\n`)
    } else {
      // In LMTP for each recipient, RFC 2033 §4.2.
      const replies = isWhole && this.#lmtp ? Math.max(transaction?.accepted ?? 0, 1) : 1
      for (let count = 0; count < replies; count += 1) {
        if (instead === undefined) hop?.contentSent(isWhole ? 'message' : 'chunk')
        else this.#saying.toClient(instead.text)
      }
    }
    this.#chunk = undefined
    this.#instead = undefined
    if (instead !== undefined && transaction !== undefined) transaction.refused = instead
    return instead === undefined
  }
}
