import type { KeyObject } from 'node:crypto'
import { suiteByCode, suiteName } from '../../registry/index.ts'
import { decodeCertificateRequestTls13 } from '../certificate-request.ts'
import { decodeCertificateStatus } from '../certificate-status.ts'
import { decodeCertificateVerify } from '../certificate-verify.ts'
import { decodeCertificateTls13, encodeCertificateTls13 } from '../certificate.ts'
import { encodeEmptyMessage } from '../empty-message.ts'
import { decodeEncryptedExtensions } from '../encrypted-extensions.ts'
import { EXTENSION_TYPE, findExtension, type RawExtension } from '../extension.ts'
import { encodeHandshake, HANDSHAKE_TYPE, type HandshakeMessage } from '../handshake.ts'
import { decodeKeyShareServerHello } from '../key-share.ts'
import { decodeKeyUpdate, encodeKeyUpdate } from '../key-update.ts'
import { decodeNewSessionTicketTls13 } from '../new-session-ticket.ts'
import { decodeMaxEarlyDataSize } from '../pre-shared-key.ts'
import { CONTENT_TYPE } from '../record.ts'
import type { ServerHello } from '../server-hello.ts'
import { readCertificateKey, selectedProtocol, sendMessage, type Handshake, type HandshakeContext } from './handshake-context.ts'
import {
  deriveSecret,
  earlySecret,
  finishedVerifyData,
  handshakeSecret,
  masterSecret,
  nextTrafficSecret,
  resumptionPsk,
  trafficKeys,
} from './key-schedule.ts'
import type { PrfHash, Sender } from './master-secret.ts'
import { equal } from './octets.ts'
import { createTls13Protection, type RecordProtection } from './record-protection.ts'
import { malformed, unsupported } from './session-end.ts'
import type { SessionEvent } from './session-event.ts'
import { certificateVerifyContent, verifySignature } from './signature.ts'
import { suiteCipher, TLS13_IV_LENGTH, type SuiteCipher } from './suite-cipher.ts'

const TLS13 = 0x0304
const UPDATE_REQUESTED = 1

/** Keys out of a traffic secret, RFC 8446 §7.3. */
export function tls13Protection({ cipher, prfHash }: SuiteCipher, trafficSecret: Uint8Array): RecordProtection {
  return createTls13Protection(cipher, trafficKeys(prfHash, trafficSecret, cipher.keyLength, TLS13_IV_LENGTH))
}

/** A handshake of TLS 1.3, RFC 8446 §2, from the ServerHello on, and what comes behind it. */
export class Tls13Handshake implements Handshake {
  readonly #context: HandshakeContext
  readonly #hello: ServerHello
  readonly #suite: SuiteCipher
  readonly #usesPsk: boolean
  readonly #group: number | undefined
  readonly #handshakeSecret: Uint8Array
  /** The traffic secrets in force. */
  readonly #traffic: Record<Sender, Uint8Array>
  readonly #sendsEarlyData: boolean
  #extensions: readonly RawExtension[] = []
  #certificateKey: KeyObject | undefined
  #requestContext: Uint8Array | undefined
  #resumptionSecret: Uint8Array | undefined

  /** `sendsEarlyData`: the client is writing with early keys. Throws `SessionEnd`. */
  constructor(context: HandshakeContext, hello: ServerHello, sendsEarlyData: boolean) {
    const suite = suiteByCode(hello.cipherSuite)
    const cipher = suite && suiteCipher(suite)
    if (!cipher || suite.kx !== 'any') throw unsupported('cipher-suite', suiteName(hello.cipherSuite))
    this.#context = context
    this.#hello = hello
    this.#suite = cipher
    this.#sendsEarlyData = sendsEarlyData
    this.#usesPsk = findExtension(hello.extensions, EXTENSION_TYPE.pre_shared_key) !== undefined
    const share = this.#agree()
    this.#group = share?.group
    const psk = this.#usesPsk ? context.options.resume?.secret : undefined
    this.#handshakeSecret = handshakeSecret(this.#hash, earlySecret(this.#hash, psk), share?.secret)
    const messages = context.transcript.hash(this.#hash)
    this.#traffic = {
      client: deriveSecret(this.#hash, this.#handshakeSecret, 'c hs traffic', messages),
      server: deriveSecret(this.#hash, this.#handshakeSecret, 's hs traffic', messages),
    }
    this.#read()
    if (!sendsEarlyData) this.#write()
  }

  receive(message: HandshakeMessage, bytes: Uint8Array): boolean {
    if (this.#resumptionSecret) return this.#receiveLater(message, bytes)
    if (message.type === HANDSHAKE_TYPE.certificate_verify) return this.#receiveVerify(message.body, bytes)
    if (message.type === HANDSHAKE_TYPE.finished) return this.#receiveFinished(message.body, bytes)
    const events = this.#readFlight(message, bytes)
    if (!events) return false
    this.#context.transcript.add(bytes)
    for (const event of events) this.#context.emit(event)
    return true
  }

  /** It means nothing here, RFC 8446 §D.4. */
  receiveChangeCipherSpec(): void {
    this.#context.emit({ kind: 'change-cipher-spec' })
  }

  /** The secret of (EC)DHE; undefined where the server wants the PSK alone. */
  #agree(): { readonly group: number; readonly secret: Uint8Array } | undefined {
    const data = findExtension(this.#hello.extensions, EXTENSION_TYPE.key_share)
    if (!data) {
      if (this.#usesPsk) return undefined
      throw malformed('ServerHello.extensions', 'neither key_share nor pre_shared_key')
    }
    const { group, keyExchange } = decodeKeyShareServerHello(data)
    const share = this.#context.offer.shares.find((offered) => offered.group === group)
    if (!share) throw malformed('ServerHello.key_share', `group ${group}, for which the client sent no share`)
    const secret = share.agree(keyExchange)
    if (!secret) throw malformed('ServerHello.key_share', `no value of group ${group}`)
    return { group, secret }
  }

  /** EncryptedExtensions to Certificate; undefined for what is none of them. */
  #readFlight({ type, body }: HandshakeMessage, bytes: Uint8Array): readonly SessionEvent[] | undefined {
    switch (type) {
      case HANDSHAKE_TYPE.encrypted_extensions:
        this.#extensions = decodeEncryptedExtensions(body)
        return [{ kind: 'encrypted-extensions', extensions: this.#extensions, bytes }]
      case HANDSHAKE_TYPE.certificate_request: {
        const request = decodeCertificateRequestTls13(body)
        this.#requestContext = request.certificateRequestContext
        return [{ kind: 'certificate-request', request, bytes }]
      }
      case HANDSHAKE_TYPE.certificate:
        return this.#readCertificate(body, bytes)
      case HANDSHAKE_TYPE.compressed_certificate:
        throw unsupported('certificate-compression', 'a CompressedCertificate')
      default:
        return undefined
    }
  }

  #readCertificate(body: Uint8Array, bytes: Uint8Array): readonly SessionEvent[] {
    const { certificateList } = decodeCertificateTls13(body)
    const extensions = certificateList[0]?.extensions ?? []
    const chain = certificateList.map((entry) => entry.certData)
    this.#certificateKey = readCertificateKey(chain[0])
    const stapled = findExtension(extensions, EXTENSION_TYPE.status_request)
    const status: SessionEvent[] = stapled ? [{ kind: 'certificate-status', status: decodeCertificateStatus(stapled), bytes }] : []
    return [{ kind: 'certificate', chain, extensions, bytes }, ...status]
  }

  #receiveVerify(body: Uint8Array, bytes: Uint8Array): boolean {
    const { transcript, emit } = this.#context
    const { algorithm, signature } = decodeCertificateVerify(body, TLS13)
    const content = certificateVerifyContent(transcript.hash(this.#hash))
    emit({
      kind: 'certificate-verify',
      scheme: algorithm,
      signatureValid: verifySignature(this.#certificateKey, algorithm, content, signature),
      bytes,
    })
    transcript.add(bytes)
    return true
  }

  #receiveFinished(body: Uint8Array, bytes: Uint8Array): boolean {
    const { transcript, emit } = this.#context
    const expected = finishedVerifyData(this.#hash, this.#traffic.server, transcript.hash(this.#hash))
    emit({ kind: 'finished', valid: equal(body, expected), bytes })
    transcript.add(bytes)
    const master = masterSecret(this.#hash, this.#handshakeSecret)
    const messages = transcript.hash(this.#hash)
    this.#answer()
    this.#traffic.client = deriveSecret(this.#hash, master, 'c ap traffic', messages)
    this.#traffic.server = deriveSecret(this.#hash, master, 's ap traffic', messages)
    this.#resumptionSecret = deriveSecret(this.#hash, master, 'res master', transcript.hash(this.#hash))
    this.#read()
    this.#write()
    this.#connect()
    return true
  }

  /** The client's second flight, RFC 8446 §4.4 and §4.5. */
  #answer(): void {
    const { transcript } = this.#context
    if (this.#earlyDataAccepted) sendMessage(this.#context, HANDSHAKE_TYPE.end_of_early_data, encodeEmptyMessage())
    if (this.#sendsEarlyData) this.#write()
    if (this.#requestContext) {
      const certificate = { certificateRequestContext: this.#requestContext, certificateList: [] }
      sendMessage(this.#context, HANDSHAKE_TYPE.certificate, encodeCertificateTls13(certificate))
    }
    const verifyData = finishedVerifyData(this.#hash, this.#traffic.client, transcript.hash(this.#hash))
    sendMessage(this.#context, HANDSHAKE_TYPE.finished, verifyData)
  }

  #connect(): void {
    this.#context.emit({
      kind: 'connected',
      version: TLS13,
      cipherSuite: this.#hello.cipherSuite,
      resumed: this.#usesPsk,
      group: this.#group,
      extendedMasterSecret: false,
      encryptThenMac: false,
      secureRenegotiation: false,
      alpn: selectedProtocol(this.#extensions),
      earlyData: this.#earlyDataOutcome,
      resumption: undefined,
    })
  }

  /** What may come when the handshake is over, RFC 8446 §4.6. */
  #receiveLater({ type, body }: HandshakeMessage, bytes: Uint8Array): boolean {
    if (type === HANDSHAKE_TYPE.new_session_ticket) this.#context.emit(this.#readTicket(body, bytes))
    else if (type === HANDSHAKE_TYPE.key_update) this.#updateKeys(decodeKeyUpdate(body) === UPDATE_REQUESTED, bytes)
    else return false
    return true
  }

  #readTicket(body: Uint8Array, bytes: Uint8Array): SessionEvent {
    const { ticket, ticketLifetime, ticketAgeAdd, ticketNonce, extensions } = decodeNewSessionTicketTls13(body)
    const earlyData = findExtension(extensions, EXTENSION_TYPE.early_data)
    const maxEarlyData = earlyData && decodeMaxEarlyDataSize(earlyData)
    const resumption = {
      version: TLS13,
      cipherSuite: this.#hello.cipherSuite,
      secret: resumptionPsk(this.#hash, this.#resumptionSecret ?? new Uint8Array(), ticketNonce),
      sessionId: new Uint8Array(),
      ticket,
      ticketAgeAdd,
      maxEarlyData: maxEarlyData ?? 0,
      extendedMasterSecret: false,
    }
    return { kind: 'new-session-ticket', lifetime: ticketLifetime, ticket, maxEarlyData, resumption, bytes }
  }

  /** RFC 8446 §4.6.3: whoever is asked answers under the old keys. */
  #updateKeys(requested: boolean, bytes: Uint8Array): void {
    this.#context.emit({ kind: 'key-update', requested, bytes })
    this.#traffic.server = nextTrafficSecret(this.#hash, this.#traffic.server)
    this.#read()
    if (requested) this.sendKeyUpdate(false)
  }

  /** Under the old keys; from then on new ones are used. `requested`: the server shall do the same. */
  sendKeyUpdate(requested: boolean): void {
    const body = encodeKeyUpdate(requested ? UPDATE_REQUESTED : 0)
    this.#context.channel.send(CONTENT_TYPE.handshake, encodeHandshake({ type: HANDSHAKE_TYPE.key_update, body }))
    this.#traffic.client = nextTrafficSecret(this.#hash, this.#traffic.client)
    this.#write()
  }

  #read(): void {
    this.#context.channel.protectReading(tls13Protection(this.#suite, this.#traffic.server))
  }

  #write(): void {
    this.#context.channel.protectWriting(tls13Protection(this.#suite, this.#traffic.client))
  }

  get #hash(): PrfHash {
    return this.#suite.prfHash
  }

  get #earlyDataAccepted(): boolean {
    return this.#sendsEarlyData && findExtension(this.#extensions, EXTENSION_TYPE.early_data) !== undefined
  }

  get #earlyDataOutcome(): 'accepted' | 'rejected' | 'not-offered' {
    if (this.#context.options.earlyData === undefined) return 'not-offered'
    return this.#earlyDataAccepted ? 'accepted' : 'rejected'
  }
}
