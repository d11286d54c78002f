import { Duplex } from 'node:stream'
import { PosternError } from '../errors.ts'
import type { Happening } from './handles/ears.ts'

/**
 * What the gate asks of a stream that it carries octets over. Every `Duplex` of Node's has it, and so have those of `handles`, which are nothing else.
 * Events and fields are as Node's documentation of streams and of `net.Socket` says.
 */
export interface ByteStream {
  readonly destroyed: boolean
  readonly writable: boolean
  /** Octets that wait to be taken. */
  readonly writableLength: number
  readonly writableNeedDrain: boolean
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  readonly writableCorked: number
  readonly readableEnded: boolean
  /** Whether it goes on when the other side says no more. */
  allowHalfOpen: boolean
  on(event: 'data', listener: (bytes: Buffer) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: Happening, listener: () => void): unknown
  once(event: Happening, listener: () => void): unknown
  off(event: 'data', listener: (bytes: Buffer) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  off(event: Happening, listener: () => void): unknown
  removeAllListeners(): unknown
  pause(): unknown
  resume(): unknown
  isPaused(): boolean
  unshift(bytes: Uint8Array): unknown
  /** Gives false where no more should be written until `drain`. `written`: the system has it. */
  write(bytes: Uint8Array, written?: () => void): boolean
  cork(): void
  uncork(): void
  end(): unknown
  end(bytes: Uint8Array): unknown
  destroy(error?: Error): unknown
}

/** For what can only be done with a stream of Node's: whoever asks for it has seen to it that this is one. */
export function ofNode(stream: ByteStream): Duplex {
  if (stream instanceof Duplex) return stream
  throw new PosternError('bug', 'GATE_STREAM', 'Cannot do over a handle what takes a stream of Node')
}
