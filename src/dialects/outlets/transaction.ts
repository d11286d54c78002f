import { ownReply, type PassedReply } from './reply-words.ts'
import type { Recipient, Sender } from './smtp-envelope.ts'
import type { HopAbilities } from './smtp-hop.ts'
import { unkeepable } from './smtp-offered.ts'

/** A message on its way, from MAIL to the last word of the next hop. */
export interface Transaction {
  readonly sender: Sender
  /** That of the first recipient. */
  domain: string | undefined
  /** Recipients that the next hop has taken. */
  accepted: number
  /** The next hop does not take this sender, or is gone: what is said to each recipient, and to DATA. */
  refused: PassedReply | undefined
  /** A chunk of its content has come, RFC 3030 §2. */
  chunked: boolean
}

const BEHIND_CHUNK = '503 5.5.1 A chunk came before: BDAT or RSET is next'

/** Why DATA cannot come now. */
export function whyNoData(transaction: Transaction | undefined): PassedReply | undefined {
  return transaction?.chunked === true && transaction.refused === undefined ? ownReply(BEHIND_CHUNK) : whyNoContent(transaction)
}

/** Why content of this transaction goes nowhere. */
export function whyNoContent(transaction: Transaction | undefined): PassedReply | undefined {
  if (transaction === undefined) return ownReply('503 5.5.1 MAIL comes first')
  return transaction.refused ?? (transaction.accepted === 0 ? ownReply('554 5.5.1 No valid recipients') : undefined)
}

/** Why a recipient cannot be asked for at the next hop of this transaction, as a reply. `domain`: see `Reach`; `abilities`: of a next hop that has begun it. */
export function recipientFault(
  transaction: Transaction,
  recipient: Recipient,
  domain: string | undefined,
  abilities: HopAbilities | undefined,
): string | undefined {
  if (transaction.chunked) return BEHIND_CHUNK
  if (domain === undefined) return '550 5.1.2 This outlet has no domain of its own: write the address in full'
  if (transaction.domain === undefined || transaction.domain === domain)
    return abilities === undefined ? undefined : unkeepable(transaction.sender, recipient, abilities)
  // RFC 5321 §4.5.3.1.10: the sender sends the rest in another transaction.
  return `452 4.5.3 One domain in each transaction: this one is for ${transaction.domain}, send ${domain} in another`
}
