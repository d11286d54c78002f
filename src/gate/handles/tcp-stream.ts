import type { Landing } from '../landing.ts'
import { HandleStream } from './handle-stream.ts'
import type { Address, NodeHandles, TcpHandle } from './node-handles.ts'

/** What comes lands here, and is copied out of it at once: memory of its own for each read would be 64 kB, most of it for nothing. */
const shared = Buffer.allocUnsafeSlow(64 * 1024)

/** Less shares memory with others; more is given back by `carry()` as soon as it has gone on. In octets. */
const LARGE = 4096

/** A connection of TCP. TLS may go over it, and is then all that is left of it. */
export class TcpStream extends HandleStream {
  readonly handle: TcpHandle
  readonly #landing: Landing | undefined
  #over: HandleStream | undefined

  /** `landing`: where what it reads lands, in place of `data`. */
  constructor(node: NodeHandles, handle: TcpHandle, landing?: Landing) {
    super(node, handle, landing?.memory ?? shared)
    this.handle = handle
    this.#landing = landing
    handle.setNoDelay(true)
  }

  /** The other end; empty where the system does not tell, as of who has gone. */
  get peer(): Address {
    const found: Address = {}
    this.handle.getpeername(found)
    return found
  }

  /** The own end. */
  get local(): Address {
    const found: Address = {}
    this.handle.getsockname(found)
    return found
  }

  override get isGone(): boolean {
    return !this.destroyed && this.handle.getpeername({}) !== 0
  }

  /** Gives what has come and nobody has taken. From now on it is read and written by what goes over it, and is gone when that is. */
  carry(over: HandleStream): readonly Buffer[] {
    this.pause()
    this.#over = over
    return this.takeEarly()
  }

  override destroy(error?: Error): this {
    if (this.#over === undefined) return super.destroy(error)
    this.#over.destroy(error)
    return this
  }

  /** What goes over it has closed it. */
  overIsClosed(): void {
    this.destroyed = true
    this.closed(undefined)
  }

  /** Ends it with TCP's reset; where something goes over it, that is closed. */
  resetAndDestroy(): void {
    if (this.#over !== undefined) return void this.#over.destroy()
    if (this.destroyed) return
    this.destroyed = true
    const closed = (): void => this.closed(undefined)
    if (this.handle.reset(closed) !== 0) this.handle.close(closed)
  }

  protected override close(closed: () => void): void {
    this.handle.close(closed)
  }

  protected override landed(octets: number): void {
    if (this.#landing === undefined) this.came(copyOf(octets))
    else if (!this.#landing.land(octets)) this.pause()
  }
}

function copyOf(octets: number): Buffer {
  const landed = shared.subarray(0, octets)
  if (octets < LARGE) return Buffer.from(landed)
  const copy = Buffer.allocUnsafeSlow(octets)
  copy.set(landed)
  return copy
}
