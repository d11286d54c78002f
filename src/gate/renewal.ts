import { stat } from 'node:fs/promises'
import type { IdentityConfig, PairConfig } from './config/config.ts'
import { readPair, type PairProblem } from './config/read-identity.ts'
import { PosternError } from '../errors.ts'

/** What a renewal does besides looking. */
export interface RenewalEvents {
  /** Takes up identities that were read anew. Rejects where they cannot be used; then nothing has changed. */
  readonly renewed: (identities: readonly IdentityConfig[]) => Promise<void>
  /** A line for the operator. */
  readonly tell: (line: string) => void
}

/** What is known of the files of one certificate. */
interface Seen {
  /** Their state when they were taken, or when it was said that they cannot be. */
  settled?: string
  /** Their state when they could not be used: the other file may be on its way. */
  doubted?: string
}

/**
 * Looks at the files of certificates and keys, and takes them up anew when they have changed. Renewals replace files or turn links around, and certificate
 * and key change one after the other: a pair is taken when its files rest and fit each other; until then, and where they never do, the old one stays.
 */
export class Renewal {
  readonly #events: RenewalEvents
  #identities: readonly IdentityConfig[] = []
  readonly #every: number
  #seen = new Map<string, Seen>()
  #timer: NodeJS.Timeout | undefined

  /** `every`: milliseconds from look to look. */
  constructor(every: number, events: RenewalEvents) {
    this.#every = every
    this.#events = events
  }

  /** As they were read last. */
  get identities(): readonly IdentityConfig[] {
    return this.#identities
  }

  /** From now on these are looked at, and none of those before. */
  watch(identities: readonly IdentityConfig[]): void {
    this.#identities = identities
    this.#seen = new Map()
    this.stop()
    this.#timer = setTimeout(() => void this.#lookAgain(), this.#every).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #lookAgain(): Promise<void> {
    const timer = this.#timer
    await this.look()
    // Others may be watched by now, or nobody.
    if (timer === this.#timer && timer !== undefined) this.#timer = setTimeout(() => void this.#lookAgain(), this.#every).unref()
  }

  /** Looks once. Never rejects: what goes wrong is told. */
  async look(): Promise<void> {
    const watched = this.#identities
    const looked = await Promise.all(watched.map((identity) => this.#lookAt(identity)))
    if (watched !== this.#identities || looked.every((identity, index) => identity === watched[index])) return
    this.#identities = looked
    const changed = looked.filter((identity, index) => identity !== watched[index])
    try {
      await this.#events.renewed(changed)
      for (const { name } of changed) this.#events.tell(`The certificates of ${name} have changed, and are served from now on.`)
    } catch (error) {
      const why = error instanceof PosternError ? error.message : String(error)
      const names = changed.map(({ name }) => name).join(', ')
      this.#events.tell(`The certificates of ${names} have changed, and cannot be served: ${why}. The old ones stay.`)
    }
  }

  /** The identity as it was where nothing is to be done. */
  async #lookAt(identity: IdentityConfig): Promise<IdentityConfig> {
    const pairs = await Promise.all(identity.pairs.map((pair) => this.#lookAtPair(identity.name, pair)))
    return pairs.every((pair, index) => pair === identity.pairs[index]) ? identity : { ...identity, pairs }
  }

  async #lookAtPair(name: string, pair: PairConfig): Promise<PairConfig> {
    const key = pair.files.join('\n')
    const seen = this.#seen.get(key) ?? {}
    this.#seen.set(key, seen)
    const state = await stateOf(pair.files)
    if (state === seen.settled) return pair
    const [certificate = '', own] = pair.files
    const { keyGroup } = pair
    const named = { certificate, ...(own === undefined ? {} : { key: own }), ...(keyGroup === undefined ? {} : { keyGroup }) }
    const read = await readPair(named, '')
    if (state !== (await stateOf(pair.files))) return pair
    if ('word' in read) {
      this.#doubt(name, seen, state, read)
      return pair
    }
    seen.settled = state
    return read.certificate === pair.certificate && read.key === pair.key ? pair : { ...pair, certificate: read.certificate, key: read.key }
  }

  /** It is said once, when the files have rested from one look to the next. */
  #doubt(name: string, seen: Seen, state: string, { what, remedy }: PairProblem): void {
    if (seen.doubted === state) {
      seen.settled = state
      this.#events.tell(`The certificates of ${name} have changed, and cannot be used: ${what}. The old ones stay. ${remedy}`)
    }
    seen.doubted = state
  }
}

/** Changes when one of the files does, or the end of a link. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = files.map(async (file) => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    } catch {
      return 'gone'
    }
  })
  return (await Promise.all(states)).join('\n')
}
