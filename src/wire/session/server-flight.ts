import type { KeyObject } from 'node:crypto'
import type { Authentication, CipherSuite, KeyExchange } from '../../registry/index.ts'
import { decodeCertificateRequest } from '../certificate-request.ts'
import { decodeCertificateStatus } from '../certificate-status.ts'
import { decodeCertificate } from '../certificate.ts'
import type { DigitallySigned } from '../digitally-signed.ts'
import { decodeEmptyMessage } from '../empty-message.ts'
import { HANDSHAKE_TYPE, type HandshakeMessage } from '../handshake.ts'
import { decodeServerKeyExchange, encodeServerParams, type ServerKeyExchangeShape, type ServerParams } from '../server-key-exchange.ts'
import { readCertificateKey } from './handshake-context.ts'
import type { HelloRandoms } from './master-secret.ts'
import { unsupported } from './session-end.ts'
import type { SessionEvent } from './session-event.ts'
import { serverKeyExchangeContent, verifySignature, type SignatureValidity } from './signature.ts'

/** The shape of a ServerKeyExchange. With plain RSA there should be none: where one comes, it is what FREAK was about. */
const SHAPES: Readonly<Partial<Record<KeyExchange, ServerKeyExchangeShape['keyExchange']>>> = {
  RSA: 'RSA_EXPORT',
  DHE: 'DHE',
  ECDHE: 'ECDHE',
  SRP: 'SRP',
  PSK: 'PSK',
  RSA_PSK: 'RSA_PSK',
  DHE_PSK: 'DHE_PSK',
  ECDHE_PSK: 'ECDHE_PSK',
}

/** Those who prove themselves with a signature under the parameters. */
const SIGNERS: ReadonlySet<Authentication> = new Set(['RSA', 'DSS', 'ECDSA'])

/** What the server says between its hello and ServerHelloDone, up to TLS 1.2. RFC 5246 §7.4.2 to §7.4.5. */
export class ServerFlight {
  readonly #version: number
  readonly #suite: CipherSuite | undefined
  readonly #randoms: HelloRandoms
  /** Of the server's certificate. */
  certificateKey: KeyObject | undefined
  /** Of the ServerKeyExchange. */
  params: ServerParams | undefined
  certificateRequested = false

  constructor(version: number, suite: CipherSuite | undefined, randoms: HelloRandoms) {
    this.#version = version
    this.#suite = suite
    this.#randoms = randoms
  }

  /** What a message of this flight says; undefined when it is none of this flight. */
  read({ type, body }: HandshakeMessage, bytes: Uint8Array): SessionEvent | undefined {
    switch (type) {
      case HANDSHAKE_TYPE.certificate: {
        const { certificateList } = decodeCertificate(body)
        this.certificateKey = readCertificateKey(certificateList[0])
        return { kind: 'certificate', chain: certificateList, extensions: [], bytes }
      }
      case HANDSHAKE_TYPE.certificate_status:
        return { kind: 'certificate-status', status: decodeCertificateStatus(body), bytes }
      case HANDSHAKE_TYPE.server_key_exchange:
        return this.#readKeyExchange(body, bytes)
      case HANDSHAKE_TYPE.certificate_request:
        this.certificateRequested = true
        return { kind: 'certificate-request', request: decodeCertificateRequest(body, this.#version), bytes }
      case HANDSHAKE_TYPE.server_hello_done:
        decodeEmptyMessage(body, 'ServerHelloDone')
        return { kind: 'server-hello-done', bytes }
      default:
        return undefined
    }
  }

  #readKeyExchange(body: Uint8Array, bytes: Uint8Array): SessionEvent {
    const message = decodeServerKeyExchange(body, this.#shape())
    this.params = message.params
    return {
      kind: 'server-key-exchange',
      params: message.params,
      scheme: message.signature?.algorithm,
      signatureValid: this.#verify(message.params, message.signature),
      bytes,
    }
  }

  #verify(params: ServerParams | undefined, signature: DigitallySigned | undefined): SignatureValidity | 'not-signed' {
    if (!params || !signature) return 'not-signed'
    const content = serverKeyExchangeContent(this.#randoms.client, this.#randoms.server, encodeServerParams(params))
    return verifySignature(this.certificateKey, signature.algorithm, content, signature.signature)
  }

  /** The message does not say what is in it. */
  #shape(): ServerKeyExchangeShape {
    const keyExchange = this.#suite && SHAPES[this.#suite.kx]
    if (!keyExchange) throw unsupported('cipher-suite', `ServerKeyExchange of ${this.#suite?.iana ?? 'a suite without a name'}`)
    return { keyExchange, signed: SIGNERS.has(this.#suite.au) && !keyExchange.endsWith('PSK'), version: this.#version }
  }
}
