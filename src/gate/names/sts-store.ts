import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf } from './ask-udp.ts'

/** A policy that was fetched. */
export interface KeptPolicy {
  readonly domain: string
  readonly id: string
  readonly mode: 'enforce' | 'testing' | 'none'
  readonly mx: readonly string[]
  /** Seconds. */
  readonly maxAge: number
  /** Milliseconds since 1970. */
  readonly fetchedAt: number
}

const KEPT: z.ZodType<KeptPolicy> = z.strictObject({
  domain: z.string(),
  id: z.string(),
  mode: z.enum(['enforce', 'testing', 'none']),
  mx: z.array(z.string()),
  maxAge: z.number(),
  fetchedAt: z.number(),
})

const END = '.json'
const BROKEN = '.broken'
/** A year of all domains that a busy server writes to; more are fetched anew after a restart. */
const MOST_FILES = 20_000
/** Names of files are no longer. */
const LONGEST_NAME = 240

/**
 * Policies on disk, one file for each domain, so that processes that share the folder take nothing from each other. Nothing rejects: what cannot be
 * kept is fetched again.
 */
export class StsStore {
  readonly #folder: string
  readonly #tell: (line: string) => void
  #files = 0
  #told = false

  /** `folder` is made where there is none. `tell`: a line for the operator. */
  constructor(folder: string, tell: (line: string) => void) {
    this.#folder = folder
    this.#tell = tell
  }

  /** Removes what has expired. */
  async tidy(now: number): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      const names = await readdir(this.#folder)
      for (const name of names.filter((one) => one.endsWith(END))) {
        const kept = await this.get(name.slice(0, -END.length))
        if (kept !== undefined && isExpired(kept, now)) await unlink(join(this.#folder, name))
        else if (kept !== undefined) this.#files++
      }
    } catch (error) {
      this.#complain(error)
    }
  }

  /** What was kept of a domain; a file that cannot be read is set aside. */
  async get(domain: string): Promise<KeptPolicy | undefined> {
    const file = join(this.#folder, domain + END)
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#complain(error)
      return undefined
    }
    const kept = KEPT.safeParse(unlessNoJson(text))
    if (kept.success && kept.data.domain === domain) return kept.data
    this.#tell(`The MTA-STS policy of ${domain} in ${file} is damaged. It is set aside as ${file}${BROKEN}, and fetched again.`)
    await rename(file, file + BROKEN).catch((error: unknown) => this.#complain(error))
    return undefined
  }

  /** Takes the place of what was kept at once, or not at all. */
  async put(policy: KeptPolicy): Promise<void> {
    if (policy.domain.length > LONGEST_NAME || this.#files >= MOST_FILES) return
    const file = join(this.#folder, policy.domain + END)
    const fresh = `${file}.${randomUUID()}`
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await writeFile(fresh, JSON.stringify(policy), { mode: 0o600, flush: true })
      await rename(fresh, file)
      this.#files++
    } catch (error) {
      this.#complain(error)
    }
  }

  /** Said once: a full disk would fill the log, too. */
  #complain(error: unknown): void {
    if (!this.#told)
      this.#tell(`MTA-STS policies cannot be kept in ${this.#folder} (${codeOf(error)}). After a restart they are fetched anew.`)
    this.#told = true
  }
}

/** Whether it no longer holds. */
export function isExpired({ fetchedAt, maxAge }: KeptPolicy, now: number): boolean {
  // What was fetched in the future was fetched by a clock that was wrong.
  return now >= fetchedAt + maxAge * 1000 || fetchedAt > now
}

function unlessNoJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
