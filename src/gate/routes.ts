import { ofNode, type ByteStream } from './byte-stream.ts'
import { FETCHED, introduces, type Known } from '../dialects/index.ts'
import { wayTo } from './backend.ts'
import { Backends, type BackendState } from './backends.ts'
import type { ServiceConfig } from './config/config.ts'
import { isAt } from './config/loops.ts'
import type { Place } from './config/places.ts'
import type { ClientFacts } from './facts.ts'
import type { CountingOptions } from './gate-options.ts'
import { LoginOutlet } from './outlet/login-outlet.ts'
import { Outlets } from './outlet/outlet.ts'

interface Route {
  readonly names: readonly string[]
  readonly backends: Backends
}

/** The servers behind a service, by the name that a client asks for in its hello. */
export class Routes {
  readonly #routes: readonly Route[]
  readonly #others: Backends
  /** In place of servers. */
  readonly #outlets: Outlets | undefined
  /** In front of servers. */
  readonly #logins: LoginOutlet | undefined

  /** Throws `POLICY_UNSPEAKABLE`. */
  constructor(config: ServiceConfig, { name: gateName, now, tell = () => undefined, tlsMemory, links: { pool } }: CountingOptions) {
    // In TLS that is passed on no server greets, whatever it speaks.
    const dialect = config.tls === 'passthrough' ? 'tls' : config.dialect
    const leadsBack = (place: Place): boolean => isAt(place, config)
    const { streams, outlet, limits, timeouts, logins } = config
    const settings = { dialect, streams, gateName, introduces: isDeferred(config), patience: timeouts.connect, now: now(), leadsBack, pool }
    const backendsOf = (backends: ServiceConfig['backends']): Backends =>
      new Backends(
        backends.map((backend) => wayTo(backend, settings)),
        { interval: config.healthInterval, now },
      )
    this.#routes = config.routes.map(({ names, backends }) => ({
      names: names.map((name) => name.toLowerCase()),
      backends: backendsOf(backends),
    }))
    this.#others = backendsOf(config.backends)
    const fetched = FETCHED[config.dialect]
    if (logins !== undefined && fetched !== undefined)
      this.#logins = new LoginOutlet(logins, {
        dialect: fetched,
        name: gateName,
        patience: timeouts.connect,
        ipv6Prefix: limits.ipv6Prefix,
      })
    if (outlet === undefined) return
    this.#outlets = new Outlets(outlet, {
      gateName,
      lmtp: config.dialect === 'lmtp',
      longestLine: limits.line,
      connect: timeouts.connect,
      now,
      tell,
      memory: tlsMemory,
      leadsBack,
    })
  }

  get states(): readonly BackendState[] {
    return this.#outlets?.states ?? this.#all.flatMap(({ states }) => states)
  }

  watch(): void {
    this.#outlets?.watch()
    for (const backends of this.#all) backends.watch()
  }

  leave(): void {
    this.#outlets?.leave()
    for (const backends of this.#all) backends.leave()
  }

  /** As `Backends.reach()`. `serverName`: undefined where the client asks for nobody. */
  reach(facts: ClientFacts, serverName: string | undefined): Promise<ByteStream> {
    if (this.#outlets !== undefined) return this.#outlets.reach(facts)
    if (this.#logins !== undefined) return this.#logins.reach(facts, async () => ofNode(await this.#others.reach(facts, 'greeting')))
    const found = serverName === undefined ? undefined : this.#routes.find(({ names }) => isAmong(names, serverName))
    return (found?.backends ?? this.#others).reach(facts, 'greeting')
  }

  /** The same server once more, told of TLS, where the client's hello came too late for a route: its greeting is known. */
  reachAgain(facts: ClientFacts): Promise<ByteStream> {
    return this.#others.reach(facts, 'greeted')
  }

  /** The same server once more, asked for TLS that is the client's. */
  reachForTls(facts: ClientFacts): Promise<ByteStream> {
    return this.#others.reach(facts, 'go-ahead')
  }

  /** As `Backends.recall()`; nobody has asked for a name yet. */
  recall(): Known | undefined {
    return this.#others.recall()
  }

  forget(): void {
    this.#others.forget()
  }

  /** As `Backends.tellTls`. */
  get tellTls(): boolean {
    return this.#all.some(({ tellTls }) => tellTls)
  }

  get #all(): readonly Backends[] {
    return [...this.#routes.map(({ backends }) => backends), this.#others]
  }
}

/** Whether clients may be greeted before anybody connects to a server: where they have something to do that is not for it. */
export function isDeferred({ dialect, tls, logins }: ServiceConfig): boolean {
  return logins === undefined && introduces(dialect) && (tls === 'starttls' || tls === 'starttls-passthrough' || tls === 'required')
}

/** RFC 6066 §3: without regard to case. A star stands for one whole label, the first: RFC 9525 §6.3. */
function isAmong(names: readonly string[], asked: string): boolean {
  const name = asked.toLowerCase()
  return names.includes(name) || names.includes(name.replace(/^[^.]+/, '*'))
}
