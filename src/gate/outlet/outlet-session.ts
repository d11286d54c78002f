import type { Duplex } from 'node:stream'
import {
  smtpOutlet,
  type Awaited,
  type HopAbilities,
  type Outlet,
  type OutletOptions,
  type OutletStep,
  type Reach,
} from '../../dialects/index.ts'
import { closeBehind } from '../closing.ts'
import { isFailure, type HopFailure } from './hop-failure.ts'
import { whyOver } from './hop-sessions.ts'
import type { Reached, Reaching } from './reaching.ts'

/** What a session needs of the outlet that it belongs to. */
export interface SessionSettings extends OutletOptions {
  /** What is said; without it, that of an outlet of SMTP. */
  readonly script?: Outlet
  /** In place of a next hop for a domain, where what that demands of TLS is why there is none: takes a message that may do without. `said`: to others. */
  readonly tlsOptional?: (domain: string, said: string) => Duplex
  readonly reaching: (reach: Pick<Reach, 'domain' | 'requiresTls'>) => Reaching
  /** It may be of use for another message. */
  readonly keep: (hop: Reached) => void
  /** Milliseconds that the next hop may take. */
  readonly patience: Readonly<Record<Exclude<Awaited, 'nothing'>, number>>
}

/** Leads one client and its next hops, as fast as the slower of both takes what the other says. */
export class OutletSession {
  readonly #client: Duplex
  readonly #settings: SessionSettings
  readonly #outlet: Outlet
  #hop: Duplex | undefined
  /** What is known of that. */
  #reached: Reached | undefined
  /** Whom the last next hop was for, and whoever comes behind it. */
  #reaching: { readonly domain: string; readonly to: Reaching } | undefined
  #timer: NodeJS.Timeout | undefined
  #awaited: Awaited = 'nothing'
  #over = false

  constructor(client: Duplex, settings: SessionSettings) {
    this.#client = client
    this.#settings = settings
    this.#outlet = settings.script ?? smtpOutlet(settings)
  }

  start(): void {
    const client = this.#client
    client.on('data', (bytes: Uint8Array) => this.#perform(this.#outlet.fromClient(bytes)))
    client.on('drain', () => this.#flow())
    client.on('end', () => this.#perform(this.#outlet.clientDone()))
    client.on('error', () => {})
    client.on('close', () => this.#end())
    this.#perform(this.#outlet.start())
  }

  #perform(step: OutletStep): void {
    if (this.#over) return
    if (step.toHop !== undefined) this.#hop?.write(step.toHop)
    if (step.leave !== undefined) this.#leave(step.leave)
    if (step.reach !== undefined) void this.#reach(step.reach)
    if (step.toClient !== undefined && this.#client.writable) this.#client.write(step.toClient)
    if (step.end === true) return this.#end()
    this.#watch(step.toHop !== undefined)
    this.#flow()
  }

  async #reach({ domain, failed, requiresTls }: Reach): Promise<void> {
    if (this.#reaching?.domain !== domain || failed === undefined)
      this.#reaching = { domain, to: this.#settings.reaching({ domain, requiresTls }) }
    const { to } = this.#reaching
    if (failed !== undefined) to.note({ said: failed })
    // A mistake of ours is for one message, and ends nobody else's connection.
    const reached = await to.next().catch((): HopFailure => ({ said: '451 4.3.0 Something went wrong on the way to the next hop' }))
    if (isFailure(reached)) return this.#unreached(reached, requiresTls || !to.isByDomain ? undefined : domain)
    if (this.#over) return void reached.stream.destroy()
    this.#take(reached.stream, reached)
    const { abilities, conceal, isKept } = reached
    this.#perform(this.#outlet.reached(abilities, { conceal, used: isKept }))
  }

  /** `optional`: the domain of messages that may do without TLS. */
  #unreached({ said }: HopFailure, optional: string | undefined): void {
    const { tlsOptional } = this.#settings
    if (optional === undefined || tlsOptional === undefined || this.#over) return this.#perform(this.#outlet.unreached(said))
    this.#take(tlsOptional(optional, said), undefined)
    this.#perform(this.#outlet.reached(TLS_OPTIONAL))
  }

  #take(stream: Duplex, reached: Reached | undefined): void {
    this.#reached = reached
    this.#hop = stream
    stream.on('data', this.#heard)
    stream.on('drain', this.#flow)
    stream.on('end', this.#gone)
    stream.on('close', this.#gone)
    stream.resume()
  }

  readonly #heard = (bytes: Uint8Array): void => this.#perform(this.#outlet.fromHop(bytes))
  readonly #gone = (): void => {
    if (this.#hop !== undefined) this.#lost(this.#hop, whyOver(this.#hop))
  }

  #lost(stream: Duplex, why: string): void {
    if (this.#hop !== stream) return
    this.#unhook(stream)
    stream.destroy()
    this.#perform(this.#outlet.hopLost(why))
  }

  /** What is left without good-bye drops what it has of a message: RFC 5321 §4.1.1.10. */
  #leave(how: 'keep' | 'quit' | 'abort'): void {
    const [hop, reached] = [this.#hop, this.#reached]
    if (hop === undefined) return
    this.#unhook(hop)
    if (how === 'abort') hop.destroy()
    else if (how === 'quit' || reached === undefined) closeBehind(hop)
    else this.#settings.keep(reached)
  }

  /** Nothing of here listens to it any more. */
  #unhook(hop: Duplex): void {
    this.#hop = undefined
    hop.off('data', this.#heard)
    hop.off('drain', this.#flow)
    hop.off('end', this.#gone)
    hop.off('close', this.#gone)
  }

  /** `isNew`: something was said, so that it begins anew. RFC 5321 §4.5.3.2. */
  #watch(isNew: boolean): void {
    const awaited = this.#outlet.awaits()
    if (awaited === this.#awaited && !isNew) return
    this.#awaited = awaited
    clearTimeout(this.#timer)
    const hop = this.#hop
    if (awaited === 'nothing' || hop === undefined) return
    this.#timer = setTimeout(() => this.#lost(hop, 'it does not answer in time'), this.#settings.patience[awaited])
  }

  readonly #flow = (): void => {
    const hop = this.#hop
    read(this.#client, !this.#outlet.isFull() && hop?.writableNeedDrain !== true)
    if (hop !== undefined) read(hop, !this.#client.writableNeedDrain)
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    this.#leave('abort')
    closeBehind(this.#client)
  }
}

/** Chunks become content for it, and what the next hop cannot take is refused when there is one. */
const TLS_OPTIONAL: HopAbilities = new Map(['PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8'].map((name) => [name, ''] as const))

function read(stream: Duplex, wanted: boolean): void {
  if (stream.isPaused() === !wanted) return
  if (wanted) stream.resume()
  else stream.pause()
}
