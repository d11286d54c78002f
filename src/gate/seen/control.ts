import type { GateConfig } from '../config/config.ts'
import type { OpenService } from '../gate.ts'
import type { CertificateState } from '../tls/certificate-state.ts'
import type { Seen } from '../workers/messages.ts'
import type { LiveConnection } from './snapshot.ts'
import { silentServices } from './silent-services.ts'
import { servicesOf, type GateStatus } from './status.ts'

/** A gate that runs, in this process or in several. */
export interface RunningGate {
  readonly services: readonly OpenService[]
  /** See `Gate.reload()`. */
  readonly reload: (config: GateConfig, drain: number) => Promise<void>
  /** What was counted, and at most so many of those who are there. */
  readonly look: (connections: number) => Promise<Seen>
}

export interface ControlOptions {
  /** Of Postern. */
  readonly version: string
  readonly pid: number
  /** The configuration, for people. */
  readonly file: string
  readonly now: () => Date
  /** Reads the configuration again. Rejects with a `PosternError`. */
  readonly read: () => Promise<GateConfig>
  /** What a service that is no more gives its clients, in milliseconds. */
  readonly drain: number
  /** Those that are served, as they are now. */
  readonly certificates: () => readonly CertificateState[]
  /** Lines that nobody could take. */
  readonly lost: () => GateStatus['log']
  /** What of the configuration counts only when the gate is started again, in sentences. */
  readonly later: () => readonly string[]
  /** Told when a configuration is about to be read again. */
  readonly reloading: () => void
  /** Told when that is over, and what was wrong. */
  readonly reloaded: (error: unknown) => Promise<void>
}

/** Whether clients should be sent here, and why not. */
export interface Readiness {
  readonly ready: boolean
  /** In sentences. */
  readonly why: readonly string[]
}

/** Servers behind are asked at most so often, in milliseconds, and have so long to answer. */
const ASK_EVERY_MS = 2000

/** What somebody who looks after a gate may know and do, whichever way they come: by signal, by admin socket, or by HTTP. */
export class GateControl {
  readonly #gate: RunningGate
  readonly #options: ControlOptions
  readonly #started: Date
  readonly #drained = Promise.withResolvers<undefined>()
  #config: GateConfig
  #state: GateStatus['state'] = 'running'
  #generation = 1
  #loaded: Date
  #failures = 0
  /** One reload after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #asked: { readonly at: number; readonly silent: Promise<readonly string[]> } | undefined

  constructor(gate: RunningGate, config: GateConfig, options: ControlOptions) {
    this.#gate = gate
    this.#config = config
    this.#options = options
    this.#started = options.now()
    this.#loaded = this.#started
  }

  /** Resolves when somebody wants the gate to end. */
  get drained(): Promise<undefined> {
    return this.#drained.promise
  }

  /** What of the configuration counts only when the gate is started again, in sentences. */
  get later(): readonly string[] {
    return this.#options.later()
  }

  async status(): Promise<GateStatus> {
    const { version, pid, file, now, lost, certificates } = this.#options
    const { snapshot } = await this.#gate.look(0)
    return {
      version,
      pid,
      started: this.#started.toISOString(),
      state: this.#state,
      configuration: {
        file,
        generation: this.#generation,
        loaded: this.#loaded.toISOString(),
        failures: this.#failures,
        later: this.later,
      },
      services: servicesOf(this.#config, this.#gate.services, now()),
      certificates: certificates().map(({ identity, file, notAfter, warnings }) => ({
        identity,
        file,
        notAfter: notAfter.toISOString(),
        warnings,
      })),
      log: lost(),
      counts: snapshot,
    }
  }

  /** At most so many, those that came first first. */
  async connections(most: number): Promise<readonly LiveConnection[]> {
    return (await this.#gate.look(most)).connections
  }

  /** Reads the configuration again and takes it up. Rejects with what is wrong with it, and then nothing has changed. */
  reload(): Promise<void> {
    const reloaded = this.#turn.then(() => this.#reload())
    this.#turn = reloaded.catch(() => undefined)
    return reloaded
  }

  async #reload(): Promise<void> {
    const { read, reloading, reloaded } = this.#options
    reloading()
    try {
      const config = await read()
      await this.#gate.reload(config, this.#options.drain)
      this.#config = config
      this.#generation += 1
      this.#loaded = this.#options.now()
    } catch (error) {
      this.#failures += 1
      await reloaded(error)
      throw error
    }
    await reloaded(undefined)
  }

  /** No new clients are wanted: whoever runs the gate ends it. */
  drain(): void {
    this.#state = 'draining'
    this.#drained.resolve(undefined)
  }

  /** Not while it drains, nor while a service has no server behind that answers. */
  async ready(): Promise<Readiness> {
    if (this.#state === 'draining') return { ready: false, why: ['The gate drains.'] }
    const { now } = this.#options
    if (this.#asked === undefined || now().getTime() - this.#asked.at > ASK_EVERY_MS)
      this.#asked = { at: now().getTime(), silent: silentServices(this.#config) }
    const silent = new Set(await this.#asked.silent)
    // Some take a connection, and then cannot do what they have to, such as TLS.
    await this.#gate.look(0)
    for (const { name, backends } of this.#gate.services) if (backends.length > 0 && backends.every(({ up }) => !up)) silent.add(name)
    return { ready: silent.size === 0, why: [...silent].map((name) => `No server behind ${name} answers.`) }
  }
}
