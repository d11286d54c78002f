import { Cursor, record, u8, vector } from './bytes.ts'
import { Content } from './numbers.ts'
import type { Protection } from './protection.ts'
import type { Reaction, Script } from './script.ts'
import type { Wire } from './wire.ts'

/** Ends the work on a connection from any depth. */
export class Over extends Error {}

/** What a client sent, one piece at a time. */
export type Incoming =
  | { readonly kind: 'handshake'; readonly type: number; readonly body: Buffer; readonly raw: Buffer }
  | { readonly kind: 'ccs' }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  | { readonly kind: 'heartbeat'; readonly body: Buffer }
  | { readonly kind: 'application'; readonly data: Buffer }
  /** A record that cannot be opened or is none; the alert it has earned. */
  | { readonly kind: 'bad'; readonly alert: number }
  | { readonly kind: 'gone' }

/** Records of TLS 1.3 hide their type, so they are opened apart. */
export interface Protection13 {
  seal(type: number, plain: Buffer): Buffer
  open(fragment: Buffer): { readonly type: number; readonly plain: Buffer } | undefined
}

/** More than RFC 5246 §6.2.3 allows a protected fragment to have. */
const MAX_FRAGMENT = 16384 + 2048

/** The record layer of one connection, and handshake messages cut out of it. */
export class Connection {
  readonly wire: Wire
  readonly script: Script
  /** Of outgoing records. */
  version = 0x0301
  reader: Protection | undefined
  writer: Protection | undefined
  reader13: Protection13 | undefined
  writer13: Protection13 | undefined
  /** Protected bytes that may still be thrown away unread: refused early data, RFC 8446 §4.2.10. */
  skippable = 0
  #partial: Buffer = Buffer.alloc(0)

  constructor(wire: Wire, script: Script) {
    this.wire = wire
    this.script = script
  }

  async next(): Promise<Incoming> {
    for (;;) {
      const message = this.#cutMessage()
      if (message) return message
      const incoming = await this.#record()
      if (incoming) return incoming
    }
  }

  #cutMessage(): Incoming | undefined {
    if (this.#partial.length < 4) return undefined
    const length = 4 + this.#partial.readUIntBE(1, 3)
    if (this.#partial.length < length) return undefined
    const raw = this.#partial.subarray(0, length)
    this.#partial = this.#partial.subarray(length)
    return { kind: 'handshake', type: raw[0]!, body: raw.subarray(4), raw }
  }

  /** One record; undefined where it only added to a handshake message, or was to be skipped. */
  async #record(): Promise<Incoming | undefined> {
    const header = await this.wire.read(5)
    if (!header) return { kind: 'gone' }
    const cursor = new Cursor(header)
    const [type, version, length] = [cursor.u8(), cursor.u16(), cursor.u16()]
    if (type < Content.ccs || type > Content.heartbeat || version >>> 8 !== 3) return { kind: 'bad', alert: 10 }
    if (length > MAX_FRAGMENT) return { kind: 'bad', alert: 22 }
    const fragment = await this.wire.read(length)
    if (!fragment) return { kind: 'gone' }
    return this.#open(type, version, fragment)
  }

  #open(type: number, version: number, fragment: Buffer): Incoming | undefined {
    if (this.reader13 && type === Content.application) {
      const opened = this.reader13.open(fragment)
      if (opened) return this.#sort(opened.type, opened.plain)
      this.skippable -= fragment.length
      return this.skippable >= 0 ? undefined : { kind: 'bad', alert: 20 }
    }
    if (!this.reader13 && this.skippable > 0 && type === Content.application) {
      this.skippable -= fragment.length
      return undefined
    }
    if (!this.reader) return this.#sort(type, fragment)
    const opened = this.reader.open(type, version, fragment)
    return Buffer.isBuffer(opened) ? this.#sort(type, opened) : { kind: 'bad', alert: opened.alert }
  }

  #sort(type: number, plain: Buffer): Incoming | undefined {
    if (type === Content.handshake) {
      this.#partial = Buffer.concat([this.#partial, plain])
      return undefined
    }
    if (type === Content.ccs) return { kind: 'ccs' }
    if (type === Content.alert) return { kind: 'alert', level: plain[0] ?? 0, description: plain[1] ?? 0 }
    if (type === Content.heartbeat) return { kind: 'heartbeat', body: plain }
    return { kind: 'application', data: plain }
  }

  /** Sends in records of at most `script.fragment` bytes, protected where that has begun. */
  async send(type: number, plain: Buffer): Promise<void> {
    const records: Buffer[] = []
    for (let offset = 0; offset === 0 || offset < plain.length; offset += this.script.fragment)
      records.push(this.#seal(type, plain.subarray(offset, offset + this.script.fragment)))
    const bytes = Buffer.concat(records)
    const { cut } = this.script
    const end = cut && type === Content.handshake ? middleOf(cut.message, plain) : undefined
    if (!(await this.wire.write(end === undefined ? bytes : bytes.subarray(0, end + 5 * Math.ceil(end / this.script.fragment)))))
      throw new Over()
    if (cut && end !== undefined) await this.react(cut.reaction)
  }

  #seal(type: number, plain: Buffer): Buffer {
    if (this.writer13) return record(Content.application, 0x0303, this.writer13.seal(type, plain))
    return record(type, this.version, this.writer ? this.writer.seal(type, this.version, plain) : plain)
  }

  async alert(description: number, level: 1 | 2 = 2): Promise<void> {
    await this.send(Content.alert, Buffer.from([level, description]))
  }

  /** Does what the reaction says and ends the connection. */
  async react(reaction: Reaction): Promise<never> {
    if (reaction === 'silence') await this.wire.hang()
    else if (reaction === 'reset') this.wire.reset()
    else if (reaction !== 'close') {
      if ('alert' in reaction) await this.alert(reaction.alert, reaction.level)
      else await this.wire.write('text' in reaction ? reaction.text : reaction.bytes)
    }
    throw new Over()
  }

  /** The wait that the script puts before its answers. */
  async delay(nth: number): Promise<void> {
    const ms = this.script.delayMs(nth)
    if (ms > 0 && !(await this.wire.pause(ms))) throw new Over()
  }
}

/** The offset of the middle of the first message of this type; undefined where there is none. */
function middleOf(type: number, messages: Buffer): number | undefined {
  for (let offset = 0; offset + 4 <= messages.length;) {
    const length = messages.readUIntBE(offset + 1, 3)
    if (messages[offset] === type) return offset + Math.floor((4 + length) / 2)
    offset += 4 + length
  }
  return undefined
}

/** One extension of a hello, RFC 5246 §7.4.1.4. */
export function extensionBytes(type: number, ...data: readonly Buffer[]): Buffer {
  return Buffer.concat([u8(type >>> 8), u8(type), vector(2, ...data)])
}
