import { identitiesOf, type GateConfig, type IdentityConfig } from './config/config.ts'
import { Renewal } from './renewal.ts'
import { Stapling } from './stapling.ts'
import { certificateStates, type CertificateState } from './tls/certificate-state.ts'
import type { StapleList } from './tls/staples.ts'

/** A gate, in one process or in several. */
export interface Kept {
  readonly renew: (identities: readonly IdentityConfig[]) => Promise<void>
  /** From now on these are stapled, and no others. */
  readonly staple: (staples: StapleList) => void
}

export interface UpkeepOptions {
  readonly now: () => Date
  /** A line for the operator, of what happens by itself. */
  readonly tell: (line: string) => void
  /** How often files are looked at, in milliseconds; ten seconds without it. */
  readonly lookEvery?: number
}

const LOOK_EVERY_MS = 10_000

/** What has to be done while a gate runs, once for all its processes: certificates are renewed, and their staples. */
export class Upkeep {
  readonly #renewal: Renewal
  readonly #stapling: Stapling
  readonly #now: () => Date

  constructor(gate: Kept, config: GateConfig, { now, tell, lookEvery = LOOK_EVERY_MS }: UpkeepOptions) {
    this.#now = now
    this.#stapling = new Stapling(lookEvery, { now, tell, staple: (staples) => gate.staple(staples) })
    const renewed = async (identities: readonly IdentityConfig[]): Promise<void> => {
      await gate.renew(identities)
      this.#stapling.watch(this.#renewal.identities)
    }
    this.#renewal = new Renewal(lookEvery, { renewed, tell })
    this.become(config)
  }

  /** Every certificate that is served, as it is now. */
  get certificates(): readonly CertificateState[] {
    return certificateStates(this.#renewal.identities, this.#now())
  }

  /** The gate has taken up another configuration. */
  become(config: GateConfig): void {
    this.#renewal.watch(identitiesOf(config))
    this.#stapling.watch(identitiesOf(config))
  }

  stop(): void {
    this.#renewal.stop()
    this.#stapling.stop()
  }
}
