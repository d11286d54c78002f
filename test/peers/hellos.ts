/**
 * Hellos that no TLS library on this machine sends any more, byte by byte, and what came back. For tests of the test
 * servers only: they must not be proved with the code that they are to prove.
 */
import { once } from 'node:events'
import { connect } from 'node:net'

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])
const u24 = (value: number): Buffer => Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff])
const sized = (...parts: readonly Buffer[]): Buffer => Buffer.concat([u16(Buffer.concat(parts).length), ...parts])
const RANDOM = Buffer.alloc(32, 0x5a)

/** A ClientHello record of SSLv3 to TLS 1.3 in which `extensions` stand as they are: type and content. */
export function clientHello(version: number, suites: readonly number[], extensions: readonly (readonly [number, Buffer])[] = []): Buffer {
  const all = extensions.map(([type, content]) => Buffer.concat([u16(type), sized(content)]))
  const body = Buffer.concat([
    u16(Math.min(version, 0x0303)),
    RANDOM,
    Buffer.from([32]),
    RANDOM,
    sized(...suites.map(u16)),
    Buffer.from([1, 0]),
    ...(all.length > 0 ? [sized(...all)] : []),
  ])
  const message = Buffer.concat([Buffer.from([1]), u24(body.length), body])
  return Buffer.concat([Buffer.from([22]), u16(Math.min(version, 0x0301)), sized(message)])
}

/** A TLS 1.3 hello that names groups and sends no key for any: the server names its choice in a HelloRetryRequest. */
export function helloWithoutKeys(suites: readonly number[], groups: readonly number[]): Buffer {
  return clientHello(0x0304, suites, [
    [43, Buffer.from([2, 3, 4])],
    [10, sized(...groups.map(u16))],
    [13, sized(...[0x0804, 0x0403, 0x0401].map(u16))],
    [51, sized()],
  ])
}

/** A hello in the format of SSLv2 that carries a later version, RFC 5246 §E.2. */
export function sslv2FormatHello(version: number, suites: readonly number[]): Buffer {
  const specs = Buffer.concat(suites.map(u24))
  const body = Buffer.concat([Buffer.from([1]), u16(version), u16(specs.length), u16(0), u16(32), specs, RANDOM])
  return Buffer.concat([u16(0x8000 | body.length), body])
}

/**
 * What the server makes of the hello: `version suite` of its ServerHello in hex, with `group` for a HelloRetryRequest,
 * `alert n`, or `closed`.
 */
export async function answerTo(hello: Buffer, port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, timeout: 5000 })
  socket.on('timeout', () => socket.destroy())
  socket.on('error', () => {})
  socket.write(hello)
  let bytes = Buffer.alloc(0)
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more])
    if (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) socket.destroy()
  })
  await once(socket, 'close')
  return read(bytes)
}

const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891', 'hex')

function read(bytes: Buffer): string {
  if (bytes.length < 7) return 'closed'
  if (bytes[0] === 21) return `alert ${bytes[6]}`
  if (bytes[0] !== 22 || bytes[5] !== 2) return `not TLS: ${bytes.subarray(0, 20).toString('hex')}`
  const afterSession = 44 + (bytes[43] ?? 0)
  const hex = (offset: number): string => bytes.readUInt16BE(offset).toString(16).padStart(4, '0')
  const hello = `${hex(9)} ${hex(afterSession)}`
  const isRetry = bytes.subarray(11, 27).equals(RETRY)
  const share = bytes.indexOf(Buffer.from([0, 51, 0, 2]), afterSession)
  return isRetry && share > 0 ? `${hello} group ${hex(share + 4)}` : hello
}
