import type { Worker } from 'node:cluster'
import { Gate, type OpenService, type PreparedGate } from '../gate.ts'
import type { ConnectionRecord } from '../record.ts'
import { Staples } from '../tls/staples.ts'
import { RefusedLately } from '../refused-lately.ts'
import { Neighbours } from './elsewhere.ts'
import { isToWorker, wordsOf, type FromWorker, type Order, type Seen } from './messages.ts'

export interface WorkOptions {
  readonly log: (record: ConnectionRecord) => void
  /** A sentence for whoever runs the gate. */
  readonly tell?: (sentence: string) => void
  readonly now: () => Date
}

/** Does in this process what the main one says over the channel between them. The process ends when that channel does. */
export function work(channel: Worker, options: WorkOptions): void {
  const one = new Working(channel, options)
  // The main process may go while something is on its way to it: then this one ends, without a word of Node's.
  channel.on('error', () => undefined)
  channel.on('message', (message: unknown) => one.hear(message))
}

class Working {
  readonly #channel: Worker
  readonly #options: WorkOptions
  readonly #neighbours: Neighbours
  readonly #refused: RefusedLately
  readonly #staples = new Staples()
  #gate: Gate | undefined
  #ticketKeys: Uint8Array | undefined
  #prepared: PreparedGate | undefined

  constructor(channel: Worker, options: WorkOptions) {
    this.#channel = channel
    this.#options = options
    this.#refused = new RefusedLately(() => performance.now(), {
      changed: (client, refused) => this.#say({ kind: 'refused', client, refused }),
    })
    this.#neighbours = new Neighbours((changes) => this.#say({ kind: 'crowd', changes }))
  }

  hear(message: unknown): void {
    if (!isToWorker(message)) return
    if (message.kind === 'elsewhere') this.#neighbours.hear(message.changes)
    else if (message.kind === 'staples') this.#staples.set(message.staples)
    else if (message.kind === 'refused') this.#refused.hear(message.client, message.refused)
    else if (message.kind === 'ticket-keys') this.#sealWith(message.keys)
    else if (message.kind === 'processes') this.#gate?.setProcesses(message.count)
    else if (message.kind === 'alive') this.#say({ kind: 'alive' })
    else void this.#obey(message.number, message.order)
  }

  /** They may come while the gate opens with the ones before. */
  #sealWith(keys: Uint8Array): void {
    this.#ticketKeys = keys
    this.#gate?.setTicketKeys(keys)
  }

  async #obey(number: number, order: Order): Promise<void> {
    try {
      const seen = await this.#do(order)
      this.#say({ kind: 'done', number, services: this.#services, ...(seen === undefined ? {} : { seen }) })
    } catch (error) {
      this.#say({ kind: 'failed', number, error: wordsOf(error) })
    }
  }

  async #do(order: Order): Promise<Seen | undefined> {
    switch (order.do) {
      case 'open': {
        const { config, name, ticketKeys, joins } = order
        const elsewhere = (service: string): ReturnType<Neighbours['at']> => this.#neighbours.at(service)
        this.#gate = await Gate.open(config, {
          ...this.#options,
          name,
          ticketKeys,
          joins,
          elsewhere,
          refused: this.#refused,
          staples: this.#staples,
        })
        if (this.#ticketKeys !== undefined) this.#gate.setTicketKeys(this.#ticketKeys)
        return undefined
      }
      case 'prepare':
        this.#prepared = await this.#gate?.prepare(order.config)
        return undefined
      case 'commit':
        // Whoever is left of services that are no more goes on meanwhile.
        void this.#prepared?.commit(order.drain)
        this.#prepared = undefined
        return undefined
      case 'abandon':
        this.#prepared?.abandon()
        this.#prepared = undefined
        return undefined
      case 'look':
        return this.#gate?.look(order.connections)
      case 'renew':
        await this.#gate?.renew(order.identities)
        return undefined
      case 'close':
        await this.#gate?.close(order.patience)
        return undefined
    }
  }

  get #services(): readonly OpenService[] {
    return this.#gate?.services ?? []
  }

  #say(message: FromWorker): void {
    // The main process may have gone at this moment: then this one ends, too.
    if (this.#channel.isConnected()) this.#channel.send(message, undefined, undefined, () => undefined)
  }
}
