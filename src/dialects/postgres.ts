import { bigEndian } from './ber.ts'
import type { Grammar } from './cutter.ts'
import {
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

/** SSLRequest of the frontend/backend protocol: its length, and 80877103 where a version would stand. */
const SSL_REQUEST = '\0\0\0\x08\x04\xd2\x16\x2f'

/** SQLSTATE classes 53 (insufficient resources) and 57 (operator intervention, such as "starting up"). */
const TEMPORARY = /^(?:53|57)/

/**
 * One byte, `S` or `N`; or `E` and an error: as protocol 3 writes it, with a length and fields, or, from a server that
 * failed before it knew the version, text up to a zero byte. Lines: SQLSTATE (empty when there is none) and message.
 */
function* reply(): Grammar<Reply> {
  const code = yield { count: 1 }
  if (code === 'S' || code === 'N') return { code, lines: [] }
  if (code !== 'E') throw malformed('PostgreSQL', code)
  const text = yield { until: '\0' }
  if (text !== '\0') return { code, lines: ['', text.slice(0, -1).trimEnd()] }
  // The zero byte is the first of the length, which counts its own four bytes.
  const length = bigEndian(yield { count: 3 })
  const fields = (yield { count: Math.max(0, length - 4) }).split('\0')
  const field = (type: string) => fields.find((one) => one.startsWith(type))?.slice(1) ?? ''
  return { code, lines: [field('C'), field('M')] }
}

function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  note({ authComplete: false })
  const answer = yield { send: SSL_REQUEST, starttls: true }
  if (answer.code === 'S') return READY
  if (answer.code === 'N') return notOffered(answer)
  const [state = '', text = ''] = answer.lines
  // Without an SQLSTATE the server could not even start a process for us.
  return refused({ code: state, lines: [text] }, state === '' || TEMPORARY.test(state))
}

/** StartupMessage of protocol 3.0 for a user that hardly exists: the answer is a question for a password, or a refusal. */
const STARTUP_MESSAGE = ((body) => `\0\0\0${String.fromCharCode(body.length + 4)}${body}`)('\0\x03\0\0user\0postern\0database\0postern\0\0')

export const postgres: Dialect = {
  name: 'postgres',
  title: 'PostgreSQL',
  doors: [
    { port: 5432, scheme: 'postgres', tls: 'starttls' },
    { port: 5432, scheme: 'postgresql', tls: 'starttls' },
  ],
  reply,
  client,
  // Terminate belongs to a session that has started; a client that only shook hands closes.
  quit: undefined,
  // CVE-2021-23214: bytes behind SSLRequest were read as if they had come inside TLS. A server that has learnt of it
  // says so inside TLS, with SQLSTATE 08P01 (protocol violation).
  injection: { command: STARTUP_MESSAGE, answered: (text) => /^[RE]\0/.test(text) && !text.includes('\0C08P01\0') },
}
