/** What passes between a client and a server, read from the wire by somebody who is neither. */
import { createHash } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import {
  alertDescription,
  knownPrime,
  protocolVersion,
  signatureScheme,
  suiteByName,
  suiteName,
  supportedGroup,
} from '../../src/registry/index.ts'
import {
  CONTENT_TYPE,
  decodeCertificate,
  decodeClientHello,
  decodeServerHello,
  decodeServerKeyExchange,
  HANDSHAKE_TYPE,
  isHelloRetryRequest,
  MalformedError,
  selectedGroup,
  selectedVersion,
  serverKeyExchangeShape,
  type ClientHello,
} from '../../src/wire/index.ts'

export interface SeenAlert {
  readonly by: 'client' | 'server'
  readonly alert: string
  readonly fatal: boolean
}

/** Everything that can be read without keys. */
export interface Seen {
  hello?: ClientHello
  retryGroup?: string
  version?: string
  suite?: string
  group?: string
  dhBits?: number
  prime?: string
  signatureScheme?: string
  /** Colons between, as Node writes it. */
  fingerprint?: string
  readonly alerts: SeenAlert[]
  /** Who closed first. */
  closedBy?: 'client' | 'server'
  clientBytes: number
  serverBytes: number
}

/** The plain part of what one end sends, cut into messages. */
class Half {
  #bytes = Buffer.alloc(0)
  #messages = Buffer.alloc(0)
  #encrypted = false
  #first = true
  readonly #by: 'client' | 'server'
  readonly #seen: Seen

  constructor(by: 'client' | 'server', seen: Seen) {
    this.#by = by
    this.#seen = seen
  }

  push(piece: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, piece])
    if (this.#first && this.#bytes.length >= 2) this.#skipOldHello()
    while (!this.#encrypted && !this.#first && this.#bytes.length >= 5) {
      const type = this.#bytes[0]!
      if (type < 20 || type > 24) return void (this.#encrypted = true)
      const end = 5 + this.#bytes.readUInt16BE(3)
      if (this.#bytes.length < end) return
      this.#record(type, this.#bytes.subarray(5, end))
      this.#bytes = this.#bytes.subarray(end)
    }
  }

  /** A hello in the format of SSL 2.0 has a header of two bytes, the first bit of which is set, RFC 5246 §E.2. */
  #skipOldHello(): void {
    const header = this.#bytes.readUInt16BE(0)
    if (header < 0x8000) this.#first = false
    else if (this.#bytes.length >= 2 + (header & 0x7fff)) {
      this.#first = false
      this.#bytes = this.#bytes.subarray(2 + (header & 0x7fff))
    }
  }

  #record(type: number, fragment: Buffer): void {
    // In TLS 1.3 change_cipher_spec means nothing, RFC 8446 §5, and it may follow a HelloRetryRequest.
    if (
      type === CONTENT_TYPE.application_data ||
      (type === CONTENT_TYPE.change_cipher_spec && ![undefined, 'TLSv1.3'].includes(this.#seen.version))
    )
      this.#encrypted = true
    else if (type === CONTENT_TYPE.alert && fragment.length === 2)
      this.#seen.alerts.push({ by: this.#by, alert: alertDescription.name(fragment[1]!), fatal: fragment[0] === 2 })
    else if (type === CONTENT_TYPE.handshake) this.#handshake(fragment)
  }

  #handshake(fragment: Buffer): void {
    this.#messages = Buffer.concat([this.#messages, fragment])
    while (this.#messages.length >= 4) {
      const end = 4 + this.#messages.readUIntBE(1, 3)
      if (this.#messages.length < end) return
      this.#message(this.#messages[0]!, this.#messages.subarray(4, end))
      this.#messages = this.#messages.subarray(end)
    }
  }

  #message(type: number, body: Buffer): void {
    const seen = this.#seen
    if (type === HANDSHAKE_TYPE.client_hello) seen.hello ??= decodeClientHello(body)
    if (type === HANDSHAKE_TYPE.server_hello) {
      const hello = decodeServerHello(body)
      const group = selectedGroup(hello)
      const name = group === undefined ? undefined : supportedGroup.name(group)
      if (isHelloRetryRequest(hello)) {
        if (name !== undefined) seen.retryGroup = name
        return
      }
      seen.version = protocolVersion.name(selectedVersion(hello))
      seen.suite = suiteName(hello.cipherSuite)
      if (name !== undefined) seen.group = name
    }
    if (seen.version === undefined || seen.version === 'TLSv1.3') return
    if (type === HANDSHAKE_TYPE.certificate) {
      const leaf = decodeCertificate(body).certificateList[0]
      if (leaf !== undefined) seen.fingerprint = fingerprint(leaf)
    }
    if (type === HANDSHAKE_TYPE.server_key_exchange) this.#keyExchange(body)
  }

  #keyExchange(body: Buffer): void {
    const seen = this.#seen
    const suite = suiteByName(seen.suite!)
    if (suite === undefined) return
    const shape = serverKeyExchangeShape(suite, protocolVersion.find(seen.version!)!)
    if (shape === undefined) return
    const { params, signature } = decodeServerKeyExchange(body, shape)
    if (params?.kind === 'ECDHE' && params.curveParams.kind === 'named_curve')
      seen.group = supportedGroup.name(params.curveParams.namedCurve)
    if (params?.kind === 'DHE') {
      const prime = BigInt(`0x${Buffer.from(params.dhP).toString('hex')}`)
      seen.dhBits = prime.toString(2).length
      const known = knownPrime(params.dhP)
      if (known !== undefined) seen.prime = known.name
    }
    if (signature?.algorithm !== undefined) seen.signatureScheme = signatureScheme.name(signature.algorithm)
  }
}

/** What cannot be decoded is not seen; the two ends will say something about it. */
function quietly(look: () => void): void {
  try {
    look()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
  }
}

export function fingerprint(der: Uint8Array): string {
  return createHash('sha1').update(der).digest('hex').toUpperCase().match(/../g)!.join(':')
}

/** A relay for one connection to the port. */
export function relay(port: number): Promise<{ readonly port: number; readonly seen: Seen; close(): void }> {
  const seen: Seen = { alerts: [], clientBytes: 0, serverBytes: 0 }
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const behind = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    sockets.push(client, behind)
    const [fromClient, fromServer] = [new Half('client', seen), new Half('server', seen)]
    client.on('data', (bytes) => {
      seen.clientBytes += bytes.length
      quietly(() => fromClient.push(bytes))
      behind.write(bytes)
    })
    behind.on('data', (bytes) => {
      seen.serverBytes += bytes.length
      quietly(() => fromServer.push(bytes))
      client.write(bytes)
    })
    client.on('end', () => {
      seen.closedBy ??= 'client'
      behind.end()
    })
    behind.on('end', () => {
      seen.closedBy ??= 'server'
      client.end()
    })
    client.on('error', () => behind.end())
    behind.on('error', () => client.end())
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        seen,
        close: () => {
          server.close()
          for (const socket of sockets) socket.destroy()
        },
      })
    })
  })
}
