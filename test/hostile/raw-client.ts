import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { handshake, record, u16, u8, vector } from './bytes.ts'
import { extensionBytes } from './connection.ts'
import { Content, Extension, Group, Message, TLS12 } from './numbers.ts'

/** A client that says exactly what it is told, for the self-tests of the servers. */

export interface HelloFields {
  readonly version?: number
  readonly recordVersion?: number
  readonly random?: Buffer
  readonly sessionId?: Buffer
  readonly suites?: readonly number[]
  readonly compressions?: readonly number[]
  /** The whole block; undefined leaves it out. */
  readonly extensions?: readonly Buffer[] | undefined
}

/** One per suite that the servers of the list have by default, and more. */
export const COMMON_SUITES: readonly number[] = [
  0xc02f, 0xc030, 0xc013, 0xc014, 0xc02b, 0x009c, 0x009d, 0x009e, 0x0033, 0x0039, 0x002f, 0x0035, 0x003c, 0x000a, 0x0005,
]

export const groupsExtension = (...groups: readonly number[]): Buffer =>
  extensionBytes(Extension.supportedGroups, vector(2, ...groups.map(u16)))
export const schemesExtension = (...schemes: readonly number[]): Buffer =>
  extensionBytes(Extension.signatureAlgorithms, vector(2, ...schemes.map(u16)))
export const versionsExtension = (...versions: readonly number[]): Buffer =>
  extensionBytes(Extension.supportedVersions, vector(1, ...versions.map(u16)))
export const keyShareExtension = (...shares: readonly (readonly [number, Buffer])[]): Buffer =>
  extensionBytes(Extension.keyShare, vector(2, ...shares.map(([group, share]) => Buffer.concat([u16(group), vector(2, share)]))))

/** What most clients say: curves, schemes, and secure renegotiation. */
export const COMMON_EXTENSIONS: readonly Buffer[] = [
  groupsExtension(Group.x25519, Group.secp256r1, Group.secp384r1),
  schemesExtension(0x0804, 0x0403, 0x0401, 0x0501, 0x0601, 0x0402, 0x0201, 0x0203, 0x0202),
  extensionBytes(Extension.renegotiationInfo, vector(1)),
]

/** A ClientHello message without its record. */
export function helloMessage(fields: HelloFields = {}): Buffer {
  const { version = TLS12, random = randomBytes(32), sessionId = randomBytes(32), suites = COMMON_SUITES, compressions = [0] } = fields
  const extensions = 'extensions' in fields ? fields.extensions : COMMON_EXTENSIONS
  return handshake(
    Message.clientHello,
    u16(version),
    random,
    vector(1, sessionId),
    vector(2, ...suites.map(u16)),
    vector(1, Buffer.from(compressions)),
    ...(extensions ? [vector(2, ...extensions)] : []),
  )
}

export function hello(fields: HelloFields = {}): Buffer {
  return record(Content.handshake, fields.recordVersion ?? Math.min(fields.version ?? TLS12, 0x0301), helloMessage(fields))
}

/** A hello for TLS 1.3 only: with an empty key_share unless shares are given. */
export function hello13(
  fields: {
    suites?: readonly number[]
    groups?: readonly number[]
    shares?: readonly (readonly [number, Buffer])[]
    more?: readonly Buffer[]
  } = {},
): Buffer {
  const { suites = [0x1301, 0x1302, 0x1303], groups = [Group.x25519, Group.secp256r1], shares = [], more = [] } = fields
  return hello({
    suites,
    extensions: [
      versionsExtension(0x0304),
      groupsExtension(...groups),
      schemesExtension(0x0804, 0x0403, 0x0401),
      keyShareExtension(...shares),
      ...more,
    ],
  })
}

/** An SSLv2-format hello for this version, RFC 5246 §E.2. */
export function sslv2Hello(version: number, kinds: readonly number[]): Buffer {
  const specs = Buffer.concat(kinds.map((kind) => Buffer.from([kind >>> 16, (kind >>> 8) & 0xff, kind & 0xff])))
  const body = Buffer.concat([u8(1), u16(version), u16(specs.length), u16(0), u16(16), specs, randomBytes(16)])
  return Buffer.concat([u16(0x8000 | body.length), body])
}

export interface WireRecord {
  readonly type: number
  readonly version: number
  readonly fragment: Buffer
}

/** Whole records from the front of these bytes. */
export function records(bytes: Buffer): WireRecord[] {
  const found: WireRecord[] = []
  for (let offset = 0; offset + 5 <= bytes.length;) {
    const length = bytes.readUInt16BE(offset + 3)
    if (offset + 5 + length > bytes.length) break
    found.push({ type: bytes[offset]!, version: bytes.readUInt16BE(offset + 1), fragment: bytes.subarray(offset + 5, offset + 5 + length) })
    offset += 5 + length
  }
  return found
}

/** Whole handshake messages in the clear records of these bytes. */
export function messages(bytes: Buffer): Buffer[] {
  const stream = Buffer.concat(
    records(bytes)
      .filter((one) => one.type === Content.handshake)
      .map((one) => one.fragment),
  )
  const found: Buffer[] = []
  for (let offset = 0; offset + 4 <= stream.length;) {
    const length = 4 + stream.readUIntBE(offset + 1, 3)
    if (offset + length > stream.length) break
    found.push(stream.subarray(offset, offset + length))
    offset += length
  }
  return found
}

const LOOK_MS = 10

/** One connection. `end` says how the server has left. */
export class RawClient {
  readonly socket: Socket
  received: Buffer = Buffer.alloc(0)
  end: 'open' | 'fin' | 'reset' = 'open'
  #wake: (() => void) | undefined

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk])
      this.#wake?.()
    })
    this.socket.on('end', () => this.#over('fin'))
    this.socket.on('error', () => this.#over('reset'))
    this.socket.on('close', () => this.#over('fin'))
  }

  #over(how: 'fin' | 'reset'): void {
    if (this.end === 'open') this.end = how
    this.#wake?.()
  }

  write(bytes: Buffer | string): void {
    if (this.end === 'open') this.socket.write(bytes)
  }

  /** Waits until this holds, the server has left, or `ms` have passed. Gives whether it holds. Looks again every 10 ms. */
  async until(holds: () => boolean, ms = 3000): Promise<boolean> {
    for (let left = ms; !holds() && this.end === 'open' && left > 0;) {
      const began = performance.now()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      // Server and client are in this process: what the machine holds it up says nothing of either.
      left -= Math.min(performance.now() - began, LOOK_MS + 2)
    }
    return holds()
  }

  /** Waits for text. */
  async expect(pattern: RegExp, ms = 3000): Promise<boolean> {
    return this.until(() => pattern.test(this.received.toString('latin1')), ms)
  }

  /** Forgets what has come so far, so that the next answer stands alone. */
  clear(): Buffer {
    const bytes = this.received
    this.received = Buffer.alloc(0)
    return bytes
  }

  close(): void {
    this.socket.destroy()
  }
}

/** What a hello was answered with. */
export interface Answer {
  /** `messages` for a flight or a HelloRetryRequest, `partial` for bytes that are neither, `silent` for none. */
  readonly kind: 'messages' | 'alert' | 'fin' | 'reset' | 'silent' | 'partial' | 'sslv2'
  readonly messages: readonly Buffer[]
  readonly alert: number
  readonly bytes: Buffer
  readonly client: RawClient
}

/** A flight is whole with ServerHelloDone, or with a TLS 1.3 ServerHello. */
function complete(bytes: Buffer): boolean {
  if (records(bytes).some((one) => one.type === Content.alert && one.fragment[0] === 2)) return true
  if (bytes.length > 2 && bytes[0]! >= 0x80 && bytes.length >= 2 + (bytes.readUInt16BE() & 0x7fff)) return true
  const all = messages(bytes)
  return all.some(
    (one) => one[0] === Message.serverHelloDone || (one[0] === Message.serverHello && one.includes(Buffer.from('002b00020304', 'hex'))),
  )
}

/** Sends on a connection that may have a past, and waits for a whole answer. */
export async function say(client: RawClient, bytes: Buffer, ms = 3000): Promise<Answer> {
  client.write(bytes)
  await client.until(() => complete(client.received), ms)
  const received = client.received
  const alert = records(received).find((one) => one.type === Content.alert && one.fragment[0] === 2)
  const found = messages(received)
  const rest = { messages: found, alert: alert?.fragment[1] ?? -1, bytes: received, client }
  if (alert) return { kind: 'alert', ...rest }
  if (received.length > 0 && received[0]! >= 0x80) return { kind: 'sslv2', ...rest }
  if (found.length > 0 && complete(received)) return { kind: 'messages', ...rest }
  if (received.length > 0) return { kind: 'partial', ...rest }
  return { kind: client.end === 'open' ? 'silent' : client.end, ...rest }
}

/** Connects, sends, and waits for a whole answer. The connection stays open unless the answer is thrown away. */
export async function ask(port: number, bytes: Buffer, ms = 3000): Promise<Answer> {
  return say(new RawClient(port), bytes, ms)
}

/** The fields of a ServerHello. */
export interface ServerHello {
  readonly version: number
  readonly random: Buffer
  readonly sessionId: Buffer
  readonly suite: number
  readonly compression: number
  readonly extensions: ReadonlyMap<number, Buffer>
}

export function serverHelloOf(answer: Answer): ServerHello {
  const message = answer.messages.find((one) => one[0] === Message.serverHello)
  if (!message) throw new Error(`no ServerHello but ${answer.kind} ${answer.alert}`)
  const idLength = message[38]!
  const offset = 39 + idLength
  const extensions = new Map<number, Buffer>()
  for (let at = offset + 5; at + 4 <= message.length;) {
    const length = message.readUInt16BE(at + 2)
    extensions.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return {
    version: extensions.get(Extension.supportedVersions)?.readUInt16BE() ?? message.readUInt16BE(4),
    random: message.subarray(6, 38),
    sessionId: message.subarray(39, offset),
    suite: message.readUInt16BE(offset),
    compression: message[offset + 2]!,
    extensions,
  }
}

/** The message of this type. */
export function messageOf(answer: Answer, type: number): Buffer | undefined {
  return answer.messages.find((one) => one[0] === type)
}
