import { PosternError } from '../../errors.ts'
import { protocolVersion } from '../../registry/index.ts'
import { encodeAlert } from '../alert.ts'
import { decodeEmptyMessage } from '../empty-message.ts'
import { EXTENSION_TYPE, findExtension } from '../extension.ts'
import { encodeHandshake, HANDSHAKE_TYPE, type HandshakeMessage } from '../handshake.ts'
import { decodeCookie } from '../opaque-extensions.ts'
import { MalformedError, Reader } from '../reader.ts'
import { CONTENT_TYPE } from '../record.ts'
import { decodeServerHello, isHelloRetryRequest, selectedGroup, selectedVersion, type ServerHello } from '../server-hello.ts'
import { makeOffer, retryOffer, sealHello, type ClientOffer } from './client-offer.ts'
import type { FlightItem } from '../flight.ts'
import type { HandshakeContext } from './handshake-context.ts'
import { deriveSecret, earlySecret } from './key-schedule.ts'
import { RecordChannel } from './record-channel.ts'
import { malformed, SessionEnd, unsupported } from './session-end.ts'
import type { SessionEvent, Step } from './session-event.ts'
import { DEFAULT_OPTIONS, type SessionOptions } from './session-options.ts'
import { prfHashOfSuite, suiteCipherByCode } from './suite-cipher.ts'
import { Tls12Handshake, type HandmadeKeyExchange } from './tls12-handshake.ts'
import { tls13Protection, Tls13Handshake } from './tls13-handshake.ts'
import { Transcript } from './transcript.ts'

const SSL3: number = protocolVersion.code('SSLv3')
const TLS10: number = protocolVersion.code('TLSv1')
const TLS12: number = protocolVersion.code('TLSv1.2')
const TLS13: number = protocolVersion.code('TLSv1.3')
const ALERT_LEVEL = { warning: 1, fatal: 2 } as const
const CLOSE_NOTIFY = 0

/** Bytes are read in pieces of this size, so that no push can fill the reader's buffer. */
const SEGMENT_LENGTH = 65_536

/** Whether and how a renegotiation says what it belongs to. */
export interface RenegotiationOptions {
  /** False leaves renegotiation_info out, as clients from before RFC 5746 §3.5 did. */
  readonly indication: boolean
}

/**
 * The client's end of TLS connections as an auditor needs it: SSLv3 to TLS 1.3, without a socket, every fact shown, and able to misbehave
 * on purpose. The caller sends what it is given, pushes what arrives, and reads the events. Signatures and Finished are verified, and
 * what they show is a fact in an event: nothing is refused for it. A client certificate that is asked for is declined.
 *
 *     const session = new ClientSession({ protocols: ['TLSv1.2'], serverName: 'mail.example.com' })
 *     socket.write(session.start())
 *     socket.on('data', (bytes) => {
 *       const { send, events } = session.push(bytes)
 *       if (send) socket.write(send)
 *       for (const event of events) console.log(event.kind)
 *     })
 *
 * This is no client to trust with anything: it checks no certificate, and its arithmetic leaks time.
 */
export class ClientSession {
  readonly #options: SessionOptions
  readonly #channel: RecordChannel
  #context: HandshakeContext
  #handshake: Tls12Handshake | Tls13Handshake | undefined
  #events: SessionEvent[] = []
  #hearing: 'all' | 'alerts' | 'nothing' = 'all'
  #retried = false
  #compatibilitySent = false
  #writesEarly = false

  constructor(options: Partial<SessionOptions> = {}) {
    this.#options = { ...DEFAULT_OPTIONS, ...options }
    const onlySsl3 = this.#options.protocols.every((protocol) => protocol === 'SSLv3')
    const observe = (record: SessionEvent): void => void this.#events.push(record)
    this.#channel = new RecordChannel(
      this.#options.recordVersion ?? (onlySsl3 ? SSL3 : TLS10),
      this.#options.observeRecords ? observe : undefined,
    )
    this.#context = this.#newContext(this.#options, new Uint8Array(), new Uint8Array())
  }

  /** The ClientHello, and early data behind it where that was asked for. */
  start(): Uint8Array {
    this.#sendHello()
    const { resume, earlyData } = this.#options
    const offers = findExtension(this.#context.offer.hello.extensions, EXTENSION_TYPE.early_data) !== undefined
    if (resume && earlyData && offers) this.#sendEarlyData(resume.cipherSuite, resume.secret, earlyData)
    return this.#channel.takeOutgoing()
  }

  /** Reads what arrived, however it was cut. Never throws for anything that a peer can send. */
  push(bytes: Uint8Array): Step {
    return this.#step(() => {
      const reader = new Reader(bytes, 'segment')
      while (reader.left > 0 && this.#hearing !== 'nothing') {
        this.#channel.push(reader.take(Math.min(reader.left, SEGMENT_LENGTH), 'bytes'))
        this.#drain()
      }
    })
  }

  /** Application data under the keys in force. */
  write(data: Uint8Array): Uint8Array {
    return this.sendRecord(CONTENT_TYPE.application_data, data)
  }

  /** Any record at any moment, under the keys in force, if there are any. For one in clear, use `encodeRecord()`. */
  sendRecord(type: number, fragment: Uint8Array): Uint8Array {
    this.#channel.send(type, fragment)
    return this.#channel.takeOutgoing()
  }

  /** close_notify, RFC 8446 §6.1. */
  close(): Uint8Array {
    return this.sendRecord(CONTENT_TYPE.alert, encodeAlert({ level: ALERT_LEVEL.warning, description: CLOSE_NOTIFY }))
  }

  /** A new ClientHello inside the connection, RFC 5246 §7.4.1.2. The server may refuse it by an alert, by closing, or by silence. */
  renegotiate({ indication }: RenegotiationOptions = { indication: true }): Uint8Array {
    const finished = this.#tls12('renegotiate').verifyData
    if (!finished) throw outOfPlace('renegotiate', 'the handshake before is not over')
    this.#handshake = undefined
    const protocols = this.#options.protocols.filter((protocol) => protocolVersion.code(protocol) < TLS13)
    const options = { ...this.#options, protocols, resume: undefined, earlyData: undefined }
    this.#context = this.#newContext(options, indication ? finished.client : undefined, finished.both)
    this.#sendHello()
    return this.#channel.takeOutgoing()
  }

  /**
   * With `pauseAfterServerHelloDone`: ClientKeyExchange, by hand if its parts are given, and before it an empty Certificate if one was asked
   * for. The keys follow from it.
   */
  sendClientKeyExchange(handmade?: HandmadeKeyExchange): Step {
    const handshake = this.#tls12('send a ClientKeyExchange')
    return this.#step(() => handshake.sendClientKeyExchange(handmade))
  }

  /** Up to TLS 1.2: ChangeCipherSpec, and the new keys from then on. `sendRecord(20, …)` sends one without consequences. */
  sendChangeCipherSpec(): Uint8Array {
    this.#tls12('send a ChangeCipherSpec').sendChangeCipherSpec()
    return this.#channel.takeOutgoing()
  }

  /** Up to TLS 1.2: Finished, with a `verify_data` of one's own if it is given. */
  sendFinished(verifyData?: Uint8Array): Uint8Array {
    this.#tls12('send a Finished').sendFinished(verifyData)
    return this.#channel.takeOutgoing()
  }

  /** TLS 1.3: KeyUpdate, RFC 8446 §4.6.3, and new keys from then on. `requested`: the server shall do the same. */
  updateKeys(requested: boolean): Uint8Array {
    if (!(this.#handshake instanceof Tls13Handshake)) throw outOfPlace('update keys', 'this is not TLS 1.3')
    this.#handshake.sendKeyUpdate(requested)
    return this.#channel.takeOutgoing()
  }

  /** For `renegotiated` and `expected` see RFC 5746 §3.5; both are empty in a first handshake. */
  #newContext(options: SessionOptions, renegotiated: Uint8Array | undefined, expected: Uint8Array): HandshakeContext {
    return {
      options,
      channel: this.#channel,
      transcript: new Transcript(),
      offer: makeOffer(options, renegotiated),
      expectedRenegotiation: expected,
      emit: (event) => void this.#events.push(event),
    }
  }

  #sendHello(): void {
    const { offer, transcript, options } = this.#context
    const message = sealHello(offer.hello, options.resume, transcript.bytes())
    transcript.add(message)
    this.#channel.send(CONTENT_TYPE.handshake, message)
  }

  #sendEarlyData(suiteCode: number, psk: Uint8Array, data: Uint8Array): void {
    const suite = suiteCipherByCode(suiteCode)
    if (!suite) return
    this.#channel.setVersion(TLS12)
    this.#sendCompatibility()
    const messages = this.#context.transcript.hash(suite.prfHash)
    const secret = deriveSecret(suite.prfHash, earlySecret(suite.prfHash, psk), 'c e traffic', messages)
    this.#channel.protectWriting(tls13Protection(suite, secret))
    this.#channel.send(CONTENT_TYPE.application_data, data)
    this.#writesEarly = true
  }

  /** Middleboxes want to see a change_cipher_spec where they see a session id, RFC 8446 §D.4. */
  #sendCompatibility(): void {
    if (this.#compatibilitySent || this.#context.offer.hello.legacySessionId.length === 0) return
    this.#compatibilitySent = true
    this.#channel.send(CONTENT_TYPE.change_cipher_spec, Uint8Array.of(1))
  }

  #step(work: () => void): Step {
    try {
      work()
    } catch (error) {
      this.#end(error)
    }
    const [events, send] = [this.#events, this.#channel.takeOutgoing()]
    this.#events = []
    return send.length > 0 ? { send, events } : { events }
  }

  #end(error: unknown): void {
    if (error instanceof SessionEnd) this.#events.push(error.event)
    else if (error instanceof MalformedError) this.#events.push({ kind: 'malformed', error })
    else throw error
    const isUnsupported = error instanceof SessionEnd && error.event.kind === 'unsupported'
    this.#hearing = isUnsupported ? 'alerts' : 'nothing'
    if (isUnsupported) this.#channel.stopOpening()
  }

  #drain(): void {
    for (let item = this.#channel.next(); item; item = this.#channel.next()) this.#take(item)
  }

  #take(item: FlightItem): void {
    if (item.kind === 'alert') this.#takeAlert(item.level, item.description)
    else if (this.#hearing === 'alerts') return
    else if (item.kind === 'handshake') this.#takeMessage({ type: item.type, body: item.body })
    else if (item.kind === 'change-cipher-spec') this.#takeChangeCipherSpec()
    else if (item.kind === 'application-data') this.#events.push({ kind: 'application-data', data: item.record.fragment })
    else if (item.kind === 'heartbeat') this.#events.push({ kind: 'heartbeat', fragment: item.record.fragment })
    else if (item.kind !== 'encrypted') throw malformed('Record', 'the server answers with a message of SSLv2')
  }

  #takeAlert(level: number, description: number): void {
    this.#events.push({ kind: 'alert', level, description, sealed: this.#channel.lastSealed })
    if (description === CLOSE_NOTIFY) this.#events.push({ kind: 'closed', by: 'close-notify' })
    else if (level === ALERT_LEVEL.fatal) this.#events.push({ kind: 'closed', by: 'fatal-alert' })
  }

  /** Before the ServerHello it has no keys to change; behind a HelloRetryRequest it means nothing, RFC 8446 §D.4. */
  #takeChangeCipherSpec(): void {
    if (this.#handshake) this.#handshake.receiveChangeCipherSpec()
    else this.#events.push({ kind: 'change-cipher-spec' })
  }

  #takeMessage(message: HandshakeMessage): void {
    const bytes = encodeHandshake(message)
    if (message.type === HANDSHAKE_TYPE.hello_request && !(this.#handshake instanceof Tls13Handshake)) {
      decodeEmptyMessage(message.body, 'HelloRequest')
      this.#events.push({ kind: 'hello-request', bytes })
    } else if (message.type === HANDSHAKE_TYPE.server_hello && !this.#handshake)
      this.#takeServerHello(decodeServerHello(message.body), bytes)
    else if (!this.#handshake?.receive(message, bytes)) this.#events.push({ kind: 'unexpected-message', type: message.type, bytes })
  }

  #takeServerHello(hello: ServerHello, bytes: Uint8Array): void {
    if (isHelloRetryRequest(hello)) {
      this.#retry(hello, bytes)
      return
    }
    const version = selectedVersion(hello)
    this.#events.push({ kind: 'server-hello', version, hello, bytes })
    if (version < SSL3 || version > TLS13) throw unsupported('version', `0x${version.toString(16).padStart(4, '0')}`)
    this.#context.transcript.add(bytes)
    this.#channel.setVersion(version)
    if (version < TLS13) {
      if (this.#writesEarly) this.#channel.writeInClear()
      this.#handshake = new Tls12Handshake(this.#context, hello)
      return
    }
    this.#sendCompatibility()
    this.#handshake = new Tls13Handshake(this.#context, hello, this.#writesEarly)
  }

  /** RFC 8446 §4.1.4. */
  #retry(hello: ServerHello, bytes: Uint8Array): void {
    const group = selectedGroup(hello)
    this.#events.push({ kind: 'hello-retry-request', hello, group, bytes })
    if (this.#retried) throw malformed('HelloRetryRequest', 'a second one')
    this.#retried = true
    const hash = prfHashOfSuite(hello.cipherSuite)
    if (!hash) throw unsupported('cipher-suite', `0x${hello.cipherSuite.toString(16).padStart(4, '0')}`)
    const cookie = findExtension(hello.extensions, EXTENSION_TYPE.cookie)
    const { offer, transcript, options } = this.#context
    const retry = { group, cookie: cookie && decodeCookie(cookie), hash }
    const second: ClientOffer | undefined = retryOffer(offer, retry, options)
    if (!second) throw unsupported('group', `group ${group}`)
    this.#channel.writeInClear()
    this.#writesEarly = false
    this.#channel.setVersion(TLS12)
    this.#sendCompatibility()
    transcript.hashFirstHello(hash)
    transcript.add(bytes)
    this.#context = { ...this.#context, offer: second }
    this.#sendHello()
  }

  #tls12(what: string): Tls12Handshake {
    if (this.#handshake instanceof Tls12Handshake) return this.#handshake
    throw outOfPlace(what, this.#handshake ? 'this is TLS 1.3' : 'the server has not said hello')
  }
}

function outOfPlace(what: string, why: string): PosternError {
  return new PosternError('bug', 'SESSION_OUT_OF_PLACE', `Cannot ${what} now: ${why}`)
}
