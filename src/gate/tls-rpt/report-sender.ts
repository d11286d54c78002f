import { mkdir, readdir, readFile, rmdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { z } from 'zod'
import type { Dns } from '../names/answer.ts'
import { buildReports, type Reporter } from './build-report.ts'
import { readReportAddresses, type ReportAddress } from './report-addresses.ts'
import { printReportMail } from './report-mail.ts'
import { REPORT, type TlsReport } from './report.ts'
import { dayOf, finishedDays, readTally, removeAll, writeWhole } from './tally-keeper.ts'

export interface SenderOptions {
  /** Where the outcomes of all processes are; one of them sends. */
  readonly folder: string
  readonly reporter: Reporter
  readonly dns: Pick<Dns, 'ask'>
  readonly now: () => Date
  readonly random: () => number
  /** A line for the operator. */
  readonly tell: (line: string) => void
  /** Gives in a clause why a report was not taken. */
  readonly post: (url: string, gzip: Uint8Array) => Promise<string | undefined>
  /** The same for mail; absent where no server signs what we send (RFC 8460 §3). */
  readonly mail?: ((to: string, message: string) => Promise<string | undefined>) | undefined
}

/** A report on its way. */
interface Pending {
  readonly domain: string
  readonly report: TlsReport
  /** Those that have not taken it. */
  readonly addresses: readonly ReportAddress[]
  /** Milliseconds since 1970: RFC 8460 §5.5 gives it a day. */
  readonly until: number
}

const PENDING: z.ZodType<Pending> = z.object({
  domain: z.string(),
  report: REPORT,
  addresses: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('https'), url: z.string() }),
      z.object({ kind: z.literal('mail'), address: z.string() }),
    ]),
  ),
  until: z.number(),
})

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** A day is over for every process by then. */
const SETTLED_MS = 10 * MINUTE
/** Not all of the world at midnight (RFC 8460 §4.1). */
const SPREAD_MS = 4 * HOUR
const ROUND_MS = 30 * MINUTE
const GIVEN_UP_MS = 24 * HOUR
/** Whoever holds the folder longer is no more. */
const STALE_MS = 3 * HOUR

/** Builds the reports of each day when it is over, and sends them until they are taken. */
export class ReportSender {
  readonly #options: SenderOptions
  readonly #pending: string
  readonly #offset: number
  #timer: NodeJS.Timeout | undefined

  constructor(options: SenderOptions) {
    this.#options = options
    this.#pending = join(options.folder, 'pending')
    this.#offset = SETTLED_MS + options.random() * SPREAD_MS
  }

  /** Looks every half hour whether there is something to send, in one process of those that share the folder. */
  start(): void {
    this.#timer = setInterval(() => void this.round(), ROUND_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Builds what is due, and sends what is pending. Never rejects. */
  async round(): Promise<void> {
    const lock = join(this.#options.folder, 'sending')
    try {
      await mkdir(this.#pending, { recursive: true, mode: 0o700 })
      if (!(await take(lock, this.#options.now()))) return
      try {
        const due = new Date(this.#options.now().getTime() - this.#offset)
        for (const [day, files] of await finishedDays(this.#options.folder, dayOf(due))) await this.#build(day, files)
        const names = await readdir(this.#pending)
        for (const name of names.filter((one) => one.endsWith('.json'))) await this.#send(join(this.#pending, name))
      } finally {
        await rmdir(lock)
      }
    } catch (error) {
      this.#options.tell(`Reports about TLS cannot be sent now: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** What is counted goes when all that comes of it is written down: after a crash between a report may come twice, by the same name. */
  async #build(day: string, files: readonly string[]): Promise<void> {
    const { tell, reporter, dns, now } = this.#options
    const tally = await readTally(files, tell)
    for (const [domain, report] of buildReports(day, tally.results(), reporter)) {
      const answer = await dns.ask(`_smtp._tls.${domain}`, 'TXT')
      const addresses = answer.kind === 'records' ? readReportAddresses(answer.records).filter((one) => this.#canReach(one)) : []
      if (addresses.length > 0) await this.#write({ domain, report, addresses, until: now().getTime() + GIVEN_UP_MS }, day)
    }
    await removeAll(files)
  }

  #canReach({ kind }: ReportAddress): boolean {
    return kind === 'https' || this.#options.mail !== undefined
  }

  #write(pending: Pending, day: string): Promise<void> {
    return writeWhole(join(this.#pending, `${day}.${pending.domain.slice(0, 200)}.json`), JSON.stringify(pending))
  }

  async #send(file: string): Promise<void> {
    const { tell, now } = this.#options
    const read = PENDING.safeParse(unlessNoJson(await readFile(file, 'utf8')))
    if (!read.success) return unlink(file)
    const { domain, addresses, until } = read.data
    const gzip = gzipSync(JSON.stringify(read.data.report))
    const left: ReportAddress[] = []
    let why = ''
    for (const address of addresses) {
      const refused = await this.#sendTo(address, read.data, gzip)
      if (refused === undefined) continue
      why = refused
      left.push(address)
    }
    if (left.length === 0) return unlink(file)
    if (now().getTime() < until) return writeWhole(file, JSON.stringify({ ...read.data, addresses: left }))
    tell(`The report about TLS with ${domain} was not taken for a day: ${why}. It is given up.`)
    await unlink(file)
  }

  async #sendTo(address: ReportAddress, { domain, report }: Pending, gzip: Uint8Array): Promise<string | undefined> {
    const { post, mail, now } = this.#options
    if (address.kind === 'https') return post(address.url, gzip)
    return mail?.(address.address, printReportMail(report, { domain, to: address.address, gzip, date: now() }))
  }
}

/** Whether we are the one who sends. */
async function take(lock: string, now: Date): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch {
    const { mtimeMs } = await stat(lock)
    if (now.getTime() - mtimeMs > STALE_MS) await rmdir(lock)
    return false
  }
}

function unlessNoJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
