import { CLIENT_RENEG_LIMIT, CLIENT_RENEG_WINDOW, type SecureContext } from 'node:tls'
import { HandleStream, ignore } from './handle-stream.ts'
import { UV_EOF, type HandshakeEars, type NodeHandles, type TlsHandle } from './node-handles.ts'
import type { TcpStream } from './tcp-stream.ts'

/** What a server's handshakes go by. */
export interface ServerTerms {
  readonly context: SecureContext
  /** As in RFC 7301 §3.1; undefined: application protocols are left alone. */
  readonly alpn: Uint8Array | undefined
  /** Gives what is stapled where a client asks for it. Undefined: nothing ever is. */
  readonly staple: (() => Uint8Array | undefined) | undefined
  /** Milliseconds. */
  readonly patience: number
}

/** Who is told how a handshake ended: one of the two, once. */
export interface HandshakeEnd {
  readonly secured: (stream: TlsStream) => void
  /** The connection is gone, or goes behind the alert. `error` as with Node's `tlsClientError`. */
  readonly failed: (error: Error) => void
}

const NOTHING = new Uint8Array()
const NOBODY: HandshakeEars = { begun: ignore, done: ignore, broken: ignore }

/**
 * Begins TLS with a client, over its connection. What has come there already belongs to it. Undefined where the connection is gone already: Node would end the
 * process for TLS over a handle that is closed.
 */
export function beginTls(node: NodeHandles, below: TcpStream, terms: ServerTerms, end: HandshakeEnd): TlsStream | undefined {
  if (!below.destroyed) return new TlsStream(node, below, terms, end)
  end.failed(HUNG_UP)
  return undefined
}

/** TLS with a client, over its connection. What has come there already belongs to it. */
export class TlsStream extends HandleStream {
  readonly #below: TcpStream
  readonly #tls: TlsHandle
  #end: HandshakeEnd | undefined
  readonly #timer: NodeJS.Timeout
  /** Those that a client of TLS 1.2 and before has begun lately, and when the last was, in milliseconds. */
  #begins = 0
  #begunAt = 0

  constructor(node: NodeHandles, below: TcpStream, { context, alpn, staple, patience }: ServerTerms, end: HandshakeEnd) {
    const writes = below.writableLength > 0
    const tls = node.tls(below.handle, context, writes)
    super(node, tls)
    this.#below = below
    this.#tls = tls
    this.#end = end
    this.#timer = setTimeout(this.#late, patience)
    node.tell(tls, { begun: this.#begun, done: this.#done, broken: this.#broken })
    if (alpn !== undefined) tls.setALPNProtocols(alpn)
    if (staple !== undefined) this.#staple(staple)
    if (writes) below.write(NOTHING, () => this.destroyed || tls.writesIssuedByPrevListenerDone())
    const early = below.carry(this)
    this.start()
    for (const bytes of early) if (!this.destroyed) tls.receive(bytes)
  }

  override get isGone(): boolean {
    return this.#below.isGone
  }

  get alpnProtocol(): string | false | null {
    const found = this.#tls.getALPNNegotiatedProtocol()
    return typeof found === 'string' ? found : false
  }

  get servername(): string | undefined {
    const found = this.#tls.getServername()
    return typeof found === 'string' ? found : undefined
  }

  getProtocol(): string | null {
    return this.#tls.getProtocol()
  }

  getCipher(): { readonly name: string; readonly standardName: string } {
    return this.#tls.getCipher()
  }

  getSession(): Buffer | undefined {
    return this.#tls.getSession()
  }

  isSessionReused(): boolean {
    return this.#tls.isSessionReused()
  }

  protected override close(closed: () => void): void {
    clearTimeout(this.#timer)
    this.#fail(HUNG_UP)
    this.#below.handle.close(() => {
      const tls = this.#tls
      tls.destroySSL()
      this.node.tell(tls, NOBODY)
      closed()
      this.#below.overIsClosed()
    })
  }

  /** Each record comes in memory of its own. */
  protected override landed(): void {}

  protected override over(status: number): void {
    if (this.#end !== undefined && status === UV_EOF) this.#fail(HUNG_UP)
    else super.over(status)
  }

  /** OpenSSL refuses each that is not the first, and who asks for one after the other is to go, as with Node's own streams. */
  readonly #begun = (now: number): void => {
    if (now - this.#begunAt >= CLIENT_RENEG_WINDOW * 1000) this.#begins = 0
    this.#begunAt = now
    this.#begins += 1
    if (this.#begins > CLIENT_RENEG_LIMIT + 1) this.destroy(coded('ERR_TLS_SESSION_ATTACK', 'TLS session renegotiation attack detected'))
  }

  /** TLS 1.3 comes here for what follows on a handshake, too. */
  readonly #done = (): void => {
    const end = this.#end
    if (end === undefined || this.destroyed) return
    this.#end = undefined
    clearTimeout(this.#timer)
    end.secured(this)
  }

  readonly #late = (): void => this.#fail(coded('ERR_TLS_HANDSHAKE_TIMEOUT', 'TLS handshake timeout'))

  readonly #broken = (error: Error): void => {
    if (this.#end === undefined) this.destroy(error)
    else this.#fail(error)
  }

  #fail(error: Error): void {
    const end = this.#end
    if (end === undefined) return
    this.#end = undefined
    this.destroy()
    end.failed(error)
  }

  #staple(staple: () => Uint8Array | undefined): void {
    const tls = this.#tls
    tls.oncertcb = ({ OCSPRequest }) => {
      const response = OCSPRequest === undefined || OCSPRequest === false ? undefined : staple()
      if (response !== undefined) tls.setOCSPResponse(response)
      tls.certCbDone()
    }
    tls.enableCertCb()
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/** As Node says it of whoever goes in the middle of a handshake. */
const HUNG_UP: Error = coded('ECONNRESET', 'socket hang up')
