import type { OnReadOpts } from 'node:net'

/**
 * Eight full records, which Node hands to the system in one write. Twice as much would take it two, and hold up who else is served; half as much costs a
 * quarter more for each MB with fifty clients. What a client leaves waiting is that much at most.
 */
const LENGTH = 128 * 1024

/** One for all connections: what lands here has to be taken before anything else is read. */
const shared = Buffer.allocUnsafeSlow(LENGTH)

/**
 * Where the octets of a server behind land that go on to a client in TLS without a look at them: OpenSSL makes records of them at once, so that they need no
 * memory of their own. Nobody may keep what `take` is given.
 */
export class Landing {
  /** For `net.connect()`. */
  readonly onread: OnReadOpts
  /** Where the octets are when `land()` is called. */
  readonly memory: Uint8Array = shared
  #take: ((bytes: Buffer) => boolean) | undefined
  /** What came before there was anybody to take it. */
  readonly #early: Buffer[] = []

  constructor() {
    this.onread = { buffer: shared, callback: (length) => this.land(length) }
  }

  /** From now on what comes goes there. It says whether more may come; else `resume()` of the socket has it come again. */
  give(take: (bytes: Buffer) => boolean): void {
    this.#take = take
    for (const bytes of this.#early.splice(0)) take(bytes)
  }

  /** Nothing comes any more: see `unhook()`. */
  over(): void {
    this.#take = undefined
  }

  /** So many octets have come. Gives false where no more may come for now. */
  land(length: number): boolean {
    const bytes = shared.subarray(0, length)
    if (this.#take !== undefined) return this.#take(bytes)
    this.#early.push(Buffer.from(bytes))
    return false
  }
}

const LANDING: unique symbol = Symbol('where it lands')

interface Landed {
  readonly destroyed: boolean
  [LANDING]?: Landing | undefined
}

/** Remembers where what a socket reads lands. */
export function landsIn(socket: Landed, landing: Landing): void {
  socket[LANDING] = landing
}

/** Undefined: it is read as others are. */
export function landingOf(stream: Landed): Landing | undefined {
  return stream[LANDING]
}
