import type { RelayOptions } from '../dialects/index.ts'
import { clientKey } from './client-key.ts'
import type { ClientFacts } from './facts.ts'
import type { Front, Rules } from './front.ts'
import type { BegunRecord } from './record.ts'
import { plainWords, refusalWords } from './words.ts'

/** What is remembered of one client whose TLS does not come about, as one connection of it sees that. */
export class Refusals {
  readonly #front: Front
  readonly #rules: Rules
  readonly #record: BegunRecord
  readonly #client: string

  constructor(front: Front, rules: Rules, record: BegunRecord, facts: ClientFacts) {
    this.#front = front
    this.#rules = rules
    this.#record = record
    this.#client = `${front.name} ${clientKey(facts.address, front.ipv6Prefix)}`
  }

  /** Senders that are opportunistic come back in plain text when their handshake is refused. */
  plainTls(): Pick<RelayOptions, 'tls' | 'whyTls'> {
    const { refused, plainAfterRefusal } = this.#front
    const found = refused.of(this.#client)
    if (found === undefined) return { tls: 'offered' }
    const isRefused = plainAfterRefusal === 'refuse'
    this.#record.plainAfterRefusal = isRefused ? 'refused' : 'observed'
    return isRefused ? { tls: 'required', whyTls: { words: plainWords(found.words), temporary: !found.lasting } } : { tls: 'offered' }
  }

  /** What the policy does not allow will not be allowed the next time; everything else may be bad luck, or a mistake of ours. */
  note(reason: string = ''): void {
    const words = refusalWords(this.#record, this.#rules)
    this.#front.refused.note(this.#client, { words: words ?? `TLS did not come about (${reason}).`, lasting: words !== undefined })
  }

  forget(): void {
    this.#front.refused.forget(this.#client)
  }
}
