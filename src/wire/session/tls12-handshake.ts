import { protocolVersion, suiteByCode, suiteName, type CipherSuite } from '../../registry/index.ts'
import { encodeAlert } from '../alert.ts'
import { encodeCertificate } from '../certificate.ts'
import { encodeClientKeyExchange, type ClientKeyExchangeShape } from '../client-key-exchange.ts'
import { EXTENSION_TYPE, findExtension } from '../extension.ts'
import { HANDSHAKE_TYPE, type HandshakeMessage } from '../handshake.ts'
import { decodeNewSessionTicket } from '../new-session-ticket.ts'
import { decodeRenegotiationInfo } from '../opaque-extensions.ts'
import { CONTENT_TYPE } from '../record.ts'
import type { ServerHello } from '../server-hello.ts'
import { selectedProtocol, sendMessage, type Handshake, type HandshakeContext } from './handshake-context.ts'
import { createProtections } from './key-block.ts'
import { secretDerivation, type HelloRandoms, type SecretDerivation, type Sender } from './master-secret.ts'
import { concat, equal } from './octets.ts'
import { exchangeKeys } from './premaster-secret.ts'
import type { RecordProtection } from './record-protection.ts'
import type { Resumption } from './resumption.ts'
import { ServerFlight } from './server-flight.ts'
import { malformed, unsupported } from './session-end.ts'
import { suiteCipher, type SuiteCipher } from './suite-cipher.ts'

/** A ClientKeyExchange made by hand. */
export interface HandmadeKeyExchange {
  /** EncryptedPreMasterSecret, dh_Yc or ecdh_Yc: the length goes in front by itself. */
  readonly exchangeKeys: Uint8Array
  /** What the keys are to be derived from. */
  readonly preMasterSecret: Uint8Array
}

const SSL3: number = protocolVersion.code('SSLv3')
const ALERT_LEVEL_WARNING = 1
const NO_CERTIFICATE = 41

/** A handshake of SSLv3 to TLS 1.2, RFC 5246 §7.3, from the ServerHello on. */
export class Tls12Handshake implements Handshake {
  readonly #context: HandshakeContext
  readonly #hello: ServerHello
  readonly #suite: CipherSuite | undefined
  readonly #cipher: SuiteCipher | undefined
  readonly #randoms: HelloRandoms
  readonly #derivation: SecretDerivation
  readonly #flight: ServerFlight
  #ticket: Uint8Array | undefined
  #group: number | undefined
  #masterSecret: Uint8Array | undefined
  #protections: Readonly<Record<Sender, RecordProtection>> | undefined
  #resumed = false
  #serverChanged = false
  #certificateSent = false
  readonly #verifyData: Record<Sender, Uint8Array | undefined> = { client: undefined, server: undefined }

  constructor(context: HandshakeContext, hello: ServerHello) {
    this.#context = context
    this.#hello = hello
    this.#suite = suiteByCode(hello.cipherSuite)
    this.#cipher = this.#suite && suiteCipher(this.#suite)
    this.#randoms = { client: context.offer.hello.random, server: hello.random }
    this.#derivation = secretDerivation(hello.legacyVersion, this.#cipher?.prfHash ?? 'sha256')
    this.#flight = new ServerFlight(hello.legacyVersion, this.#suite, this.#randoms)
  }

  /** `verify_data` of client and server one behind the other, for a renegotiation (RFC 5746 §3.5); undefined before both are there. */
  get verifyData(): { readonly client: Uint8Array; readonly both: Uint8Array } | undefined {
    const { client, server } = this.#verifyData
    return client && server && { client, both: concat(client, server) }
  }

  receive(message: HandshakeMessage, bytes: Uint8Array): boolean {
    if (message.type === HANDSHAKE_TYPE.finished) return this.#receiveFinished(message.body, bytes)
    const { transcript, emit, options } = this.#context
    const event =
      message.type === HANDSHAKE_TYPE.new_session_ticket ? this.#readTicket(message.body, bytes) : this.#flight.read(message, bytes)
    if (!event) return false
    transcript.add(bytes)
    emit(event)
    if (message.type === HANDSHAKE_TYPE.server_hello_done && !options.pauseAfterServerHelloDone) this.#answer()
    return true
  }

  /** The server changes to its keys. Before there are any it does so only when it takes up an earlier session. */
  receiveChangeCipherSpec(): void {
    const { emit, channel, options } = this.#context
    emit({ kind: 'change-cipher-spec' })
    if (!this.#protections) {
      const { resume } = options
      if (!resume || resume.version !== this.#hello.legacyVersion || resume.cipherSuite !== this.#hello.cipherSuite)
        throw malformed('ChangeCipherSpec', 'it comes before there are keys')
      this.#resumed = true
      this.#deriveKeys(resume.secret)
    }
    if (this.#protections) channel.protectReading(this.#protections.server)
    this.#serverChanged = true
  }

  /** ClientKeyExchange with, if it was asked for, a Certificate without certificates before it. Throws `SessionEnd`. */
  sendClientKeyExchange(handmade?: HandmadeKeyExchange): void {
    this.#declineCertificate()
    const { exchangeKeys, preMasterSecret } = handmade ?? this.#exchange()
    const shape = { keyExchange: clientShape(this.#suite), version: this.#hello.legacyVersion }
    const body = encodeClientKeyExchange({ pskIdentity: undefined, exchangeKeys }, shape)
    sendMessage(this.#context, HANDSHAKE_TYPE.client_key_exchange, body)
    this.#deriveKeys(
      this.#extendedMasterSecret
        ? this.#derivation.extendedMasterSecret(preMasterSecret, this.#context.transcript.bytes())
        : this.#derivation.masterSecret(preMasterSecret, this.#randoms),
    )
  }

  /** From here on the client writes with the new keys, if there are any. */
  sendChangeCipherSpec(): void {
    const { channel } = this.#context
    channel.send(CONTENT_TYPE.change_cipher_spec, Uint8Array.of(1))
    if (this.#protections) channel.protectWriting(this.#protections.client)
  }

  sendFinished(verifyData: Uint8Array = this.#computeVerifyData('client')): void {
    sendMessage(this.#context, HANDSHAKE_TYPE.finished, verifyData)
    this.#verifyData.client = verifyData
    this.#connectWhenDone()
  }

  #answer(): void {
    this.sendClientKeyExchange()
    this.sendChangeCipherSpec()
    this.sendFinished()
  }

  #exchange(): HandmadeKeyExchange {
    if (!this.#suite || !this.#cipher) throw unsupported('cipher-suite', suiteName(this.#hello.cipherSuite))
    if (this.#hello.legacyCompressionMethod !== 0) throw unsupported('compression', `method ${this.#hello.legacyCompressionMethod}`)
    const { offer, options } = this.#context
    const outcome = exchangeKeys({
      suite: this.#suite,
      offeredVersion: offer.hello.legacyVersion,
      params: this.#flight.params,
      certificateKey: this.#flight.certificateKey,
      randomBytes: options.randomBytes,
    })
    if (outcome.kind === 'unsupported') throw unsupported(outcome.what, outcome.detail)
    if (outcome.kind === 'unusable') throw malformed(outcome.field, 'no value of its group')
    this.#group = outcome.group
    return outcome
  }

  /** RFC 5246 §7.4.6; SSLv3 has an alert for it, RFC 6101 §5.6.6. */
  #declineCertificate(): void {
    if (!this.#flight.certificateRequested || this.#certificateSent) return
    this.#certificateSent = true
    if (this.#hello.legacyVersion > SSL3) {
      sendMessage(this.#context, HANDSHAKE_TYPE.certificate, encodeCertificate({ certificateList: [] }))
      return
    }
    this.#context.channel.send(CONTENT_TYPE.alert, encodeAlert({ level: ALERT_LEVEL_WARNING, description: NO_CERTIFICATE }))
  }

  #deriveKeys(masterSecret: Uint8Array): void {
    this.#masterSecret = masterSecret
    if (!this.#suite || !this.#cipher) throw unsupported('cipher-suite', suiteName(this.#hello.cipherSuite))
    this.#protections = createProtections({
      version: this.#hello.legacyVersion,
      suite: this.#cipher,
      exportGrade: this.#suite.exportGrade,
      derivation: this.#derivation,
      masterSecret,
      randoms: this.#randoms,
      encryptThenMac: this.#encryptThenMac,
      truncatedHmac: this.#has(EXTENSION_TYPE.truncated_hmac),
    })
  }

  #readTicket(body: Uint8Array, bytes: Uint8Array): Parameters<HandshakeContext['emit']>[0] {
    const { ticket, ticketLifetimeHint } = decodeNewSessionTicket(body)
    // RFC 5077 §3.3: a server that promised a ticket and thinks better of it sends none of any length.
    this.#ticket = ticket.length > 0 ? ticket : undefined
    return { kind: 'new-session-ticket', lifetime: ticketLifetimeHint, ticket, maxEarlyData: undefined, resumption: undefined, bytes }
  }

  #receiveFinished(body: Uint8Array, bytes: Uint8Array): boolean {
    if (!this.#serverChanged) return false
    const { transcript, emit } = this.#context
    const valid = equal(body, this.#computeVerifyData('server'))
    transcript.add(bytes)
    this.#verifyData.server = body
    emit({ kind: 'finished', valid, bytes })
    if (this.#resumed) {
      this.sendChangeCipherSpec()
      this.sendFinished()
    } else this.#connectWhenDone()
    return true
  }

  #computeVerifyData(sender: Sender): Uint8Array {
    return this.#derivation.verifyData(this.#masterSecret ?? new Uint8Array(), sender, this.#context.transcript.bytes())
  }

  #connectWhenDone(): void {
    const { client, server } = this.#verifyData
    if (!client || !server) return
    this.#context.emit({
      kind: 'connected',
      version: this.#hello.legacyVersion,
      cipherSuite: this.#hello.cipherSuite,
      resumed: this.#resumed,
      group: this.#group,
      extendedMasterSecret: this.#extendedMasterSecret,
      encryptThenMac: this.#encryptThenMac,
      secureRenegotiation: this.#secureRenegotiation(),
      alpn: selectedProtocol(this.#hello.extensions),
      earlyData: 'not-offered',
      resumption: this.#resumption(),
    })
  }

  #resumption(): Resumption {
    return {
      version: this.#hello.legacyVersion,
      cipherSuite: this.#hello.cipherSuite,
      secret: this.#masterSecret ?? new Uint8Array(),
      sessionId: this.#hello.legacySessionIdEcho,
      ticket: this.#ticket ?? (this.#resumed ? this.#context.options.resume?.ticket : undefined),
      ticketAgeAdd: 0,
      maxEarlyData: 0,
      extendedMasterSecret: this.#extendedMasterSecret,
    }
  }

  #has(extension: number): boolean {
    return findExtension(this.#hello.extensions, extension) !== undefined
  }

  /** RFC 7627 §5.4: SSLv3 has none, whatever the server says. */
  get #extendedMasterSecret(): boolean {
    return this.#hello.legacyVersion > SSL3 && this.#has(EXTENSION_TYPE.extended_master_secret)
  }

  /** RFC 7366 §3: for block ciphers only. */
  get #encryptThenMac(): boolean {
    return this.#cipher?.cipher.mode === 'cbc' && this.#has(EXTENSION_TYPE.encrypt_then_mac)
  }

  #secureRenegotiation(): boolean {
    const data = findExtension(this.#hello.extensions, EXTENSION_TYPE.renegotiation_info)
    return data !== undefined && equal(decodeRenegotiationInfo(data), this.#context.expectedRenegotiation)
  }
}

/** RFC 8422 §5.7 has one octet of length, all others two. */
function clientShape(suite: CipherSuite | undefined): ClientKeyExchangeShape['keyExchange'] {
  if (suite?.kx === 'ECDHE' || suite?.kx === 'ECDH') return 'ECDHE'
  return suite?.kx === 'DHE' ? 'DHE' : 'RSA'
}
