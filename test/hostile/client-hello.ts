import { Cursor, ShortError } from './bytes.ts'
import { Extension } from './numbers.ts'

/** A ClientHello as the servers here read it: their own parser, for their own eyes. */
export interface ClientHello {
  readonly format: 'tls' | 'sslv2'
  /** Of the record it came in; 0 for the SSLv2 format. */
  readonly recordVersion: number
  readonly version: number
  readonly random: Buffer
  readonly sessionId: Buffer
  readonly suites: readonly number[]
  /** The three-byte kinds of an SSLv2 CLIENT-HELLO, those of SSLv2 among them. */
  readonly kinds: readonly number[]
  readonly compressions: readonly number[]
  /** In their order; undefined where the hello ends before them. */
  readonly extensions: readonly (readonly [type: number, data: Buffer])[] | undefined
  /** The handshake message, or the SSLv2 message without its header: what the Finished hash takes. */
  readonly raw: Buffer
}

/** RFC 5246 §7.4.1.2. Gives undefined where the bytes are not a ClientHello. `raw` is the whole handshake message. */
export function parseClientHello(raw: Buffer, recordVersion: number): ClientHello | undefined {
  return orUndefined(() => {
    const cursor = new Cursor(raw.subarray(4))
    const version = cursor.u16()
    const random = cursor.take(32)
    const sessionId = cursor.vector(1)
    const suites = new Cursor(cursor.vector(2)).u16s()
    const compressions = [...cursor.vector(1)]
    const extensions = cursor.left > 0 ? parseExtensions(cursor.vector(2)) : undefined
    return { format: 'tls', recordVersion, version, random, sessionId, suites, kinds: [], compressions, extensions, raw }
  })
}

/** The SSLv2 CLIENT-HELLO, RFC 5246 §E.2. `raw` begins with the message type. */
export function parseSslv2Hello(raw: Buffer): ClientHello | undefined {
  return orUndefined(() => {
    const cursor = new Cursor(raw.subarray(1))
    const version = cursor.u16()
    const [kindsLength, sessionIdLength, challengeLength] = [cursor.u16(), cursor.u16(), cursor.u16()]
    const cursorOfKinds = new Cursor(cursor.take(kindsLength))
    const kinds: number[] = []
    while (cursorOfKinds.left >= 3) kinds.push(cursorOfKinds.u24())
    const sessionId = cursor.take(sessionIdLength)
    const challenge = cursor.take(challengeLength)
    // The challenge stands at the right of ClientHello.random, with zeros before it.
    const random = Buffer.concat([Buffer.alloc(32), challenge]).subarray(-32)
    const suites = kinds.filter((kind) => kind <= 0xffff)
    return { format: 'sslv2', recordVersion: 0, version, random, sessionId, suites, kinds, compressions: [0], extensions: undefined, raw }
  })
}

function parseExtensions(bytes: Buffer): [number, Buffer][] {
  const cursor = new Cursor(bytes)
  const extensions: [number, Buffer][] = []
  while (cursor.left > 0) extensions.push([cursor.u16(), cursor.vector(2)])
  return extensions
}

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof ShortError) return undefined
    throw error
  }
}

/** The data of the first extension of this type. */
export function extension(hello: ClientHello, type: number): Buffer | undefined {
  return hello.extensions?.find(([one]) => one === type)?.[1]
}

/** A list of 16-bit numbers behind a length of `width` bytes, or undefined without the extension. */
function numbers(hello: ClientHello, type: number, width: 1 | 2): number[] | undefined {
  const data = extension(hello, type)
  return data && orUndefined(() => new Cursor(new Cursor(data).vector(width)).u16s())
}

export function groups(hello: ClientHello): number[] | undefined {
  return numbers(hello, Extension.supportedGroups, 2)
}

export function signatureSchemes(hello: ClientHello): number[] | undefined {
  return numbers(hello, Extension.signatureAlgorithms, 2)
}

export function supportedVersions(hello: ClientHello): number[] | undefined {
  return numbers(hello, Extension.supportedVersions, 1)
}

/** The shares of RFC 8446 §4.2.8, in the client's order. */
export function keyShares(hello: ClientHello): (readonly [group: number, share: Buffer])[] {
  const data = extension(hello, Extension.keyShare)
  if (!data) return []
  const found = orUndefined(() => {
    const cursor = new Cursor(new Cursor(data).vector(2))
    const shares: (readonly [number, Buffer])[] = []
    while (cursor.left > 0) shares.push([cursor.u16(), cursor.vector(2)])
    return shares
  })
  return found ?? []
}

/** The names of RFC 7301 §3.1. */
export function alpn(hello: ClientHello): string[] {
  const data = extension(hello, Extension.alpn)
  if (!data) return []
  const found = orUndefined(() => {
    const cursor = new Cursor(new Cursor(data).vector(2))
    const names: string[] = []
    while (cursor.left > 0) names.push(cursor.vector(1).toString('latin1'))
    return names
  })
  return found ?? []
}

/** The first host_name of RFC 6066 §3. */
export function serverName(hello: ClientHello): string | undefined {
  const data = extension(hello, Extension.serverName)
  if (!data || data.length < 5) return undefined
  return orUndefined(() => {
    const cursor = new Cursor(new Cursor(data).vector(2))
    cursor.u8()
    return cursor.vector(2).toString('latin1')
  })
}
