/** What happens to a stream, beside octets and errors. */
export type Happening = 'close' | 'drain' | 'end' | 'finish'

interface Ear {
  readonly happening: Happening
  readonly listener: () => void
  readonly once: boolean
}

/**
 * Who listens to a stream. `EventEmitter` of Node's does the same for whatever names and words there are, and for each connection through the gate some forty
 * listeners come and go. As there, who comes or goes while it is told is heard from the next time on.
 */
export abstract class Ears {
  #octets: ((bytes: Buffer) => void)[] = []
  #errors: ((error: Error) => void)[] = []
  #others: Ear[] = []
  /** Lists are not changed then, but exchanged. */
  #tells = 0

  on(event: 'data', listener: (bytes: Buffer) => void): this
  on(event: 'error', listener: (error: Error) => void): this
  on(event: Happening, listener: () => void): this
  on(event: 'data' | 'error' | Happening, listener: ((bytes: Buffer) => void) & ((error: Error) => void) & (() => void)): this {
    if (event === 'data') {
      this.#octets = this.#with(this.#octets, listener)
      this.heeded()
    } else if (event === 'error') this.#errors = this.#with(this.#errors, listener)
    else this.#others = this.#with(this.#others, { happening: event, listener, once: false })
    return this
  }

  once(event: Happening, listener: () => void): this {
    this.#others = this.#with(this.#others, { happening: event, listener, once: true })
    return this
  }

  off(event: 'data', listener: (bytes: Buffer) => void): this
  off(event: 'error', listener: (error: Error) => void): this
  off(event: Happening, listener: () => void): this
  off(event: 'data' | 'error' | Happening, listener: ((bytes: Buffer) => void) & ((error: Error) => void) & (() => void)): this {
    if (event === 'data') this.#octets = this.#octets.filter((one) => one !== listener)
    else if (event === 'error') this.#errors = this.#errors.filter((one) => one !== listener)
    else this.#others = this.#others.filter((ear) => ear.listener !== listener || ear.happening !== event)
    return this
  }

  removeAllListeners(): this {
    this.#octets = []
    this.#errors = []
    this.#others = []
    return this
  }

  /** Somebody listens to octets from now on. */
  protected abstract heeded(): void

  protected tellOctets(bytes: Buffer): void {
    this.#tells += 1
    for (const listener of this.#octets) listener(bytes)
    this.#tells -= 1
  }

  /** An error that nobody listens to is none. */
  protected tellError(error: Error): void {
    this.#tells += 1
    for (const listener of this.#errors) listener(error)
    this.#tells -= 1
  }

  protected tell(happening: Happening): void {
    const ears = this.#others
    if (ears.some((ear) => ear.once && ear.happening === happening))
      this.#others = ears.filter((ear) => !ear.once || ear.happening !== happening)
    this.#tells += 1
    for (const ear of ears) if (ear.happening === happening) ear.listener()
    this.#tells -= 1
  }

  #with<One>(list: One[], one: One): One[] {
    if (this.#tells > 0) return [...list, one]
    list.push(one)
    return list
  }
}
