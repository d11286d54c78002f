/**
 * The one place that knows of what Node is made of inside. `process.binding()` (DEP0111, of the documentation alone) gives the same parts that `node:net` and
 * `node:tls` are written with. They are no promise of Node's: which of its versions have them as they are here is said below, was tried, and is looked at when the
 * gate starts; everywhere else it goes by Node's own streams.
 */
import type { Server } from 'node:net'
import type { SecureContext } from 'node:tls'

/** A stream of the system, or TLS over one. Methods give 0, or a negative number of the system's error. */
export interface Handle {
  /** `memory`: undefined where the octets lie in what `useUserBuffer()` was given. */
  onread: (memory: ArrayBuffer | undefined) => void
  readonly bytesRead: number
  readStart(): number
  readStop(): number
  useUserBuffer(memory: Uint8Array): void
  writeBuffer(request: Request, bytes: Uint8Array): number
  writev(request: Request, chunks: readonly Uint8Array[], allBuffers: true): number
  shutdown(request: Request): number
}

/** Something that the system has been asked for. */
export interface Request {
  oncomplete: (status: number) => void
}

export interface TcpHandle extends Handle {
  close(closed: () => void): void
  /** Ends it with a reset; or gives an error, and nothing has happened. */
  reset(closed: () => void): number
  setNoDelay(on: boolean): number
  getpeername(into: Address): number
  getsockname(into: Address): number
  connect(request: Request, address: string, port: number): number
  connect6(request: Request, address: string, port: number): number
}

/** Filled in by the system. */
export interface Address {
  address?: string
  port?: number
}

/** TLS as a server. Nothing but `destroySSL()` may be called once that was. */
export interface TlsHandle extends Handle {
  oncertcb: (asked: { readonly OCSPRequest?: unknown }) => void
  /** As if it had come over the stream below. */
  receive(bytes: Uint8Array): void
  destroySSL(): void
  /** What was on its way in the clear has been written. */
  writesIssuedByPrevListenerDone(): void
  setALPNProtocols(wire: Uint8Array): void
  enableCertCb(): void
  certCbDone(): void
  setOCSPResponse(response: Uint8Array): void
  getProtocol(): string | null
  getCipher(): { readonly name: string; readonly standardName: string }
  getSession(): Buffer | undefined
  isSessionReused(): boolean
  getServername(): unknown
  getALPNNegotiatedProtocol(): unknown
}

/** Who is told of a handshake. */
export interface HandshakeEars {
  /** `now`: milliseconds of a clock that only goes forward. */
  readonly begun: (now: number) => void
  readonly done: () => void
  readonly broken: (error: Error) => void
}

export interface NodeHandles {
  /** Not connected yet. */
  readonly tcp: () => TcpHandle
  /** `writes`: something is on its way over the stream below in the clear. */
  readonly tls: (below: TcpHandle, context: SecureContext, writes: boolean) => TlsHandle
  readonly tell: (tls: TlsHandle, ears: HandshakeEars) => void
  readonly request: (kind: 'write' | 'shutdown' | 'connect', oncomplete: Request['oncomplete']) => Request
  /** Of the last read: octets, or a negative number of the system's error. */
  readonly octets: () => number
  /** Whether the last write goes on. */
  readonly goesOn: () => boolean
}

/** Major versions of Node whose inner parts are known. */
const KNOWN: readonly number[] = [24]

/** The end of a stream, in libuv's numbers. */
export const UV_EOF: number = -4095

/** Undefined where Node is not made as is known here. `version`: Node's; `binding`: what gives its parts by their names. */
export function findHandles(version: string, binding: unknown): NodeHandles | undefined {
  if (!KNOWN.includes(Number.parseInt(version, 10)) || typeof binding !== 'function') return undefined
  const part = (name: string): unknown => {
    try {
      return Reflect.apply(binding, process, [name])
    } catch {
      // Node may be told to keep them to itself: `--permission`.
      return undefined
    }
  }
  return assembled(part('tcp_wrap'), part('stream_wrap'), part('tls_wrap'))
}

function assembled(tcpPart: unknown, streamPart: unknown, tlsPart: unknown): NodeHandles | undefined {
  if (!isTcpPart(tcpPart) || !isStreamPart(streamPart) || !isTlsPart(tlsPart)) return undefined
  const { TCP, TCPConnectWrap, constants } = tcpPart
  const { WriteWrap, ShutdownWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = streamPart
  const makers = { write: WriteWrap, shutdown: ShutdownWrap, connect: TCPConnectWrap }
  return {
    tcp: () => new TCP(constants.SOCKET),
    tls: (below, context, writes) => tlsPart.wrap(below, context.context, true, writes),
    tell: (tls, { begun, done, broken }) => {
      Reflect.set(tls, 'onhandshakestart', begun)
      Reflect.set(tls, 'onhandshakedone', done)
      Reflect.set(tls, 'onerror', broken)
    },
    request: (kind, oncomplete) => {
      const request = new makers[kind]()
      request.oncomplete = oncomplete
      return request
    },
    octets: () => streamBaseState[kReadBytesOrError] ?? 0,
    goesOn: () => streamBaseState[kLastWriteWasAsync] !== 0,
  }
}

type Maker<Made, Words extends readonly unknown[] = []> = new (...words: Words) => Made

interface TcpPart {
  readonly TCP: Maker<TcpHandle, [kind: number]>
  readonly TCPConnectWrap: Maker<Request>
  readonly constants: { readonly SOCKET: number }
}

interface StreamPart {
  readonly WriteWrap: Maker<Request>
  readonly ShutdownWrap: Maker<Request>
  readonly streamBaseState: Readonly<Record<number, number>>
  readonly kReadBytesOrError: number
  readonly kLastWriteWasAsync: number
}

interface TlsPart {
  readonly wrap: (below: TcpHandle, context: unknown, isServer: true, writes: boolean) => TlsHandle
}

const HANDLE = ['readStart', 'readStop', 'useUserBuffer', 'writeBuffer', 'writev', 'shutdown']
const TCP_HANDLE = [...HANDLE, 'close', 'reset', 'setNoDelay', 'getpeername', 'getsockname', 'connect', 'connect6']
const TLS_HANDLE = [
  ...HANDLE,
  'receive',
  'destroySSL',
  'writesIssuedByPrevListenerDone',
  'setALPNProtocols',
  'enableCertCb',
  'certCbDone',
  'setOCSPResponse',
  'getProtocol',
  'getCipher',
  'getSession',
  'isSessionReused',
  'getServername',
  'getALPNNegotiatedProtocol',
]

function isTcpPart(part: unknown): part is TcpPart {
  return makes(part, 'TCP', TCP_HANDLE) && makes(part, 'TCPConnectWrap', []) && typeof at(at(part, 'constants'), 'SOCKET') === 'number'
}

function isStreamPart(part: unknown): part is StreamPart {
  const numbers = ['kReadBytesOrError', 'kLastWriteWasAsync']
  return (
    makes(part, 'WriteWrap', []) &&
    makes(part, 'ShutdownWrap', []) &&
    ArrayBuffer.isView(at(part, 'streamBaseState')) &&
    numbers.every((name) => typeof at(part, name) === 'number')
  )
}

function isTlsPart(part: unknown): part is TlsPart {
  return typeof at(part, 'wrap') === 'function' && makes(part, 'TLSWrap', TLS_HANDLE)
}

/** Whether there is a class whose objects can do all that. */
function makes(part: unknown, name: string, methods: readonly string[]): boolean {
  const made = at(part, name)
  const prototype = at(made, 'prototype')
  return typeof made === 'function' && methods.every((method) => typeof at(prototype, method) === 'function')
}

function at(value: unknown, name: string): unknown {
  const has = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return has ? Reflect.get(value, name) : undefined
}

interface Listening {
  onconnection: (error: number, accepted: TcpHandle | undefined) => void
}

/** Has `take` get each connection that a listening server accepts, in place of a socket. Where that gives false, it becomes one. */
export function takeAccepted(server: Server, take: (accepted: TcpHandle) => boolean): void {
  const handle = at(server, '_handle')
  if (!isListening(handle)) return
  const usual = handle.onconnection
  handle.onconnection = (error, accepted) => {
    const isTcp = accepted !== undefined && typeof at(accepted, 'getpeername') === 'function'
    if (error !== 0 && error !== undefined) usual.call(handle, error, accepted)
    else if (!isTcp || !take(accepted)) usual.call(handle, error, accepted)
  }
}

function isListening(handle: unknown): handle is Listening {
  return typeof at(handle, 'onconnection') === 'function'
}

/** What a server of TLS goes by: its context, and what it says of application protocols, in the form of RFC 7301 §3.1. Undefined where Node keeps it otherwise. */
export function contextOf(server: Server): { readonly context: SecureContext; readonly alpn: Uint8Array | undefined } | undefined {
  const context = at(server, '_sharedCreds')
  const alpn = at(server, 'ALPNProtocols')
  if (!isSecureContext(context)) return undefined
  return { context, alpn: alpn instanceof Uint8Array && alpn.length > 0 ? alpn : undefined }
}

function isSecureContext(value: unknown): value is SecureContext {
  return typeof at(value, 'context') === 'object'
}

/** Those of this Node. */
export const nodeHandles: NodeHandles | undefined = findHandles(process.versions.node, Reflect.get(process, 'binding'))
