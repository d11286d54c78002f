import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { PosternError } from '../../errors.ts'
import { dialGate } from './dial.ts'
import { InsideLink, type Greeting } from './inside-link.ts'
import { readLinkFile } from './link-file.ts'
import type { LivenessTimes } from './liveness.ts'
import type { Offers } from './offers.ts'
import { LINK_PROTOCOL } from './protocol.ts'
import { renewIfDue } from './renewing.ts'

export interface DiallerOptions {
  /** The name of the link. */
  readonly link: string
  /** The path of its file. */
  readonly file: string
  readonly offers: Offers
  readonly now: () => Date
  /** Between 0 and 1: insides that have lost a gate at the same time do not come back at the same time. */
  readonly random: () => number
  /** A sentence for whoever runs this. */
  readonly tell: (sentence: string) => void
  readonly liveness?: LivenessTimes
}

/** Milliseconds between two attempts: at first, and at most; each is twice as long as the one before. */
const FIRST_MS = 250
const LONGEST_MS = 30_000
/** Who came to a process of the gate to which there is a link already soon tries another. */
const DUPLICATE_MS = 20
const LONGEST_DUPLICATE_MS = 2000
/** A link that ended sooner was none: the next attempt waits as behind a failure. */
const LIVED_MS = 10_000
/** How often it is looked whether another certificate is due. */
const RENEWAL_MS = 60 * 60 * 1000

/** Opens links to one gate and keeps them up: one to each of its processes. */
export class Dialler {
  readonly #options: DiallerOptions
  readonly #links = new Map<string, InsideLink>()
  /** To processes that take no new clients. */
  readonly #leaving = new Set<InsideLink>()
  readonly #closing = new AbortController()
  readonly #instance = randomUUID()
  readonly #renewal: NodeJS.Timeout
  #wanted = 1
  #failures = 0
  #duplicates = 0
  /** Why no link stands, as it was said last; empty: one does. */
  #told: string | undefined
  #wake: (() => void) | undefined

  constructor(options: DiallerOptions) {
    this.#options = options
    this.#renewal = setInterval(() => void this.#renew(), RENEWAL_MS).unref()
    void this.#run()
  }

  get links(): readonly InsideLink[] {
    return [...this.#links.values(), ...this.#leaving]
  }

  /** Takes no new clients; links end when nobody is left on them, or after so many milliseconds. */
  async close(patience: number): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#renewal)
    this.#wake?.()
    const links = this.links
    for (const link of links) link.close()
    const timer = setTimeout(() => {
      for (const link of links) link.end()
    }, patience)
    await Promise.all(links.map((link) => link.gone))
    clearTimeout(timer)
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      if (this.#links.size >= this.#wanted) {
        await new Promise<void>((resolve) => void (this.#wake = resolve))
        continue
      }
      const begun = performance.now()
      try {
        await this.#dial(begun)
      } catch (error) {
        this.#failed(error)
      }
      await delay(this.#pause, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  get #pause(): number {
    const doubled = (first: number, times: number, longest: number): number => Math.min(first * 2 ** times, longest)
    const wait =
      this.#failures > 0
        ? doubled(FIRST_MS, this.#failures - 1, LONGEST_MS)
        : this.#duplicates > 0
          ? doubled(DUPLICATE_MS, Math.floor(this.#duplicates / (2 * this.#wanted)), LONGEST_DUPLICATE_MS)
          : 0
    return wait * (0.5 + this.#options.random() / 2)
  }

  /** Up to a link that stands, or to a process of the gate that has one. */
  async #dial(begun: number): Promise<void> {
    const { file, link, offers, liveness } = this.#options
    const read = await readLinkFile(file)
    const socket = await dialGate(read, read, LINK_PROTOCOL)
    let isDuplicate = false
    const opened = new InsideLink(socket, {
      link,
      offers,
      instance: this.#instance,
      welcome: ({ process }) => {
        isDuplicate = this.#links.has(process)
        return !isDuplicate && !this.#closing.signal.aborted
      },
      processes: (count) => this.#counted(opened, count),
      ...(liveness === undefined ? {} : { liveness }),
    })
    const greeting = await opened.greeted
    if (isDuplicate) {
      this.#duplicates += 1
      return
    }
    if (greeting === undefined) throw turnedAway(read.gate)
    this.#take(opened, greeting, begun)
    await this.#renew()
  }

  #take(link: InsideLink, { process, processes }: Greeting, begun: number): void {
    this.#links.set(process, link)
    this.#wanted = processes
    this.#duplicates = 0
    this.#failures = 0
    if (this.#told !== '') this.#options.tell(`The link ${this.#options.link} stands.`)
    this.#told = ''
    void link.gone.then(() => {
      if (this.#leaving.delete(link)) return
      this.#links.delete(process)
      if (performance.now() - begun < LIVED_MS) this.#failures += 1
      if (this.#links.size === 0 && !this.#closing.signal.aborted) this.#lost('it has ended')
      this.#wake?.()
    })
  }

  /** There is no link too many: those to processes that are none of them any more end by themselves. */
  #counted(link: InsideLink, count: number): void {
    if (count > 0) this.#wanted = count
    else {
      for (const [process, one] of this.#links) if (one === link) this.#links.delete(process)
      this.#leaving.add(link)
    }
    this.#wake?.()
  }

  #failed(error: unknown): void {
    if (!(error instanceof PosternError)) throw error
    this.#failures += 1
    if (this.#links.size === 0) this.#lost(error.message)
  }

  /** Once for each reason. */
  #lost(why: string): void {
    if (this.#told === why || this.#closing.signal.aborted) return
    this.#told = why
    this.#options.tell(`The link ${this.#options.link} does not stand, and is tried again: ${why}`)
  }

  async #renew(): Promise<void> {
    const { file, link, now, tell } = this.#options
    try {
      await renewIfDue(file, now())
    } catch (error) {
      tell(`The certificate of the link ${link} is not renewed yet: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function turnedAway(gate: string): PosternError {
  return new PosternError('peer', 'LINK_REFUSED', `Cannot open a link to the gate at ${gate}: it does not know this inside`, {
    remedy: 'Its certificate has expired there, or somebody has revoked it: have the gate invite it anew, and type postern link join.',
  })
}
