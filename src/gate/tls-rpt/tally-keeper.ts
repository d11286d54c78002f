import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../names/ask-udp.ts'
import { canonicalName } from '../names/dns-message.ts'
import { resultOf, type SessionOutcome } from './outcome.ts'
import { RESULTS } from './report.ts'
import { Tally } from './tally.ts'

/** A crash loses no more than what was counted in the last minute. */
const FLUSH_MS = 60_000

export interface KeeperOptions {
  /** Made where there is none. */
  readonly folder: string
  readonly now: () => Date
  /** A line for the operator. */
  readonly tell: (line: string) => void
}

/** The day of UTC, `2026-11-22` (RFC 8460 §4.1). */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 'YYYY-MM-DD'.length)
}

/** Counts outcomes, by days, in a file of its own for each process and day. Nothing rejects: mail is worth more than its statistics. */
export class TallyKeeper {
  readonly #options: KeeperOptions
  #tally = new Tally()
  #day = ''
  #file = ''
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #told = false

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  note(outcome: SessionOutcome): void {
    const domain = canonicalName(outcome.domain)
    if (domain === undefined) return
    const day = dayOf(this.#options.now())
    if (day !== this.#day) this.#begin(day)
    this.#tally.add(resultOf({ ...outcome, domain }))
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref()
  }

  /** Writes down what was counted. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const [tally, file] = [this.#tally, this.#file]
    this.#writing = this.#writing.then(() => this.#write(tally, file))
    return this.#writing
  }

  #begin(day: string): void {
    void this.flush()
    this.#tally = new Tally()
    this.#day = day
    this.#file = join(this.#options.folder, `${day}.${randomUUID()}${END}`)
  }

  async #write(tally: Tally, file: string): Promise<void> {
    if (tally.isEmpty) return
    try {
      await mkdir(this.#options.folder, { recursive: true, mode: 0o700 })
      await writeWhole(file, JSON.stringify(tally.results()))
    } catch (error) {
      if (!this.#told) this.#options.tell(`What is to be reported about TLS cannot be kept in ${this.#options.folder} (${codeOf(error)}).`)
      this.#told = true
    }
  }
}

const END = '.json'
const NAME = /^(\d{4}-\d\d-\d\d)\.[0-9a-f-]{36}\.json$/

/** Writes a file at once, or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const fresh = `${file}.${randomUUID()}`
  await writeFile(fresh, text, { mode: 0o600, flush: true })
  await rename(fresh, file)
}

/** Files of days that are over, by day. `today`: in UTC. */
export async function finishedDays(folder: string, today: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = await readdir(folder).catch(() => [])
  const found = names.flatMap((name) => {
    const day = NAME.exec(name)?.[1] ?? today
    return day < today ? [{ day, file: join(folder, name) }] : []
  })
  const byDay = Map.groupBy(found, ({ day }) => day)
  return new Map([...byDay].map(([day, files]) => [day, files.map(({ file }) => file)]))
}

/** Adds up files of one day. What is damaged is set aside. */
export async function readTally(files: readonly string[], tell: (line: string) => void): Promise<Tally> {
  const tally = new Tally()
  for (const file of files) {
    const read = RESULTS.safeParse(await jsonIn(file))
    if (read.success) for (const result of read.data) tally.add(result)
    else {
      tell(`${file}, which counts what is to be reported about TLS, is damaged. It is set aside as ${file}.broken.`)
      await rename(file, `${file}.broken`)
    }
  }
  return tally
}

/** Removes them; those that are gone are gone. */
export async function removeAll(files: readonly string[]): Promise<void> {
  await Promise.all(files.map((file) => unlink(file).catch(() => undefined)))
}

async function jsonIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}
