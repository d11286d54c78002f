import type { Grammar } from './cutter.ts'
import {
  LISTEN,
  READY,
  malformed,
  notOffered,
  refused,
  type ClientOptions,
  type ClientScript,
  type Dialect,
  type Reply,
  type Seen,
} from './dialect.ts'

// First bytes of a payload.
const HANDSHAKE_V10 = 10
const ERROR_PACKET = 0xff

// Capability flags.
const CLIENT_LONG_PASSWORD = 0x1
const CLIENT_PROTOCOL_41 = 0x200
const CLIENT_SSL = 0x800
const CLIENT_SECURE_CONNECTION = 0x8000
const CLIENT_PLUGIN_AUTH = 0x80000

const MAX_PACKET_SIZE = 0x1000000
/** utf8mb4_general_ci, which every server since 5.5.3 knows. */
const CHARACTER_SET = 45
const FILLER_LENGTH = 23

/** ER_CON_COUNT_ERROR, ER_OUT_OF_RESOURCES, ER_SERVER_SHUTDOWN, ER_TOO_MANY_USER_CONNECTIONS. */
const TEMPORARY = ['1040', '1041', '1053', '1203']

/** One packet: its payload's length in three bytes, its number, its payload. A handshake gives version and capability flags, an error number and text. */
function* reply(): Grammar<Reply> {
  const header = yield { count: 4 }
  const length = littleEndian(header.slice(0, 3))
  if (header.charCodeAt(3) !== 0 || length === 0) throw malformed('MySQL', header)
  const payload = yield { count: length }
  if (payload.charCodeAt(0) === ERROR_PACKET) {
    // Before the handshake there is no SQL state; servers that send one mark it with #.
    return { code: String(littleEndian(payload.slice(1, 3))), lines: [payload.slice(3).replace(/^#\w{5}/, '')] }
  }
  const end = payload.indexOf('\0', 1)
  // After the version: thread id (4), scramble (8), filler (1), capability flags (2).
  const flags = payload.slice(end + 14, end + 16)
  if (payload.charCodeAt(0) !== HANDSHAKE_V10 || end < 0 || flags.length < 2) throw malformed('MySQL', payload)
  return { code: 'HandshakeV10', lines: [payload.slice(1, end), String(littleEndian(flags))] }
}

/** The SSL Connection Request Packet has no answer: behind it the server waits for a ClientHello. */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  const greeting = yield LISTEN
  const [version = '', flags = ''] = greeting.lines
  if (greeting.code !== 'HandshakeV10') return refused(greeting, TEMPORARY.includes(greeting.code))
  note({ banner: version, authComplete: false })
  if ((Number(flags) & CLIENT_SSL) === 0) return notOffered({ code: version, lines: ['without CLIENT_SSL'] })
  note({ capabilities: ['CLIENT_SSL'], starttls: 'offered' })
  yield { send: sslRequest(), starttls: true, unanswered: true }
  return READY
}

function sslRequest(): string {
  const flags = CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH
  const payload = number(flags, 4) + number(MAX_PACKET_SIZE, 4) + number(CHARACTER_SET, 1) + '\0'.repeat(FILLER_LENGTH)
  return number(payload.length, 3) + number(1, 1) + payload
}

function littleEndian(text: string): number {
  let value = 0
  for (let at = text.length - 1; at >= 0; at--) value = value * 256 + text.charCodeAt(at)
  return value
}

function number(value: number, width: number): string {
  return Array.from({ length: width }, (_, index) => String.fromCharCode((value >>> (8 * index)) & 0xff)).join('')
}

export const mysql: Dialect = {
  name: 'mysql',
  title: 'MySQL',
  doors: [{ port: 3306, scheme: 'mysql', tls: 'starttls' }],
  reply,
  client,
  // COM_QUIT belongs to a session that has logged in.
  quit: undefined,
  // Only a login can follow the SSL request, and a refused login counts against our host (max_connect_errors).
  injection: undefined,
}
