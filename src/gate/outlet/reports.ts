import { join } from 'node:path'
import type { Names } from '../names/names.ts'
import { handOver, postReport, ReportSender, TallyKeeper } from '../tls-rpt/index.ts'
import type { ReportsConfig } from './outlet-config.ts'
import type { Count } from './reported.ts'

export interface ReportsSettings {
  readonly gateName: string
  /** The folder of what outlives the process. */
  readonly state: string
  readonly now: () => Date
  /** A sentence for whoever runs the gate. */
  readonly tell: (sentence: string) => void
  readonly names: () => Promise<Names>
}

/** Counts what becomes of sessions, and reports it when the day is over (RFC 8460 §4). */
export class Reports {
  readonly #keeper: TallyKeeper
  readonly #sender: ReportSender
  #left = false

  constructor({ organization, contact, mail: server }: ReportsConfig, { gateName, state, now, tell, names }: ReportsSettings) {
    const folder = join(state, 'tls-rpt')
    this.#keeper = new TallyKeeper({ folder, now, tell })
    this.#sender = new ReportSender({
      folder,
      reporter: { organization, contact },
      dns: { ask: async (name, type) => (await names()).dns.ask(name, type) },
      now,
      random: Math.random,
      tell,
      post: async (url, gzip) => postReport(url, gzip, { dns: (await names()).dns }),
      mail: server === undefined ? undefined : (to, message) => handOver({ server, name: gateName, from: contact, to, message }),
    })
  }

  readonly count: Count = (outcome) => {
    this.#keeper.note(outcome)
    // The process may end any time now.
    if (this.#left) void this.#keeper.flush()
  }

  start(): void {
    this.#sender.start()
  }

  leave(): void {
    this.#left = true
    this.#sender.stop()
    void this.#keeper.flush()
  }
}
