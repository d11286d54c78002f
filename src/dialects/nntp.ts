import { dotLines, line, type Grammar } from './cutter.ts'
import {
  LISTEN,
  READY,
  malformed,
  notOffered,
  refused,
  words,
  wrongProtocol,
  type ClientOptions,
  type ClientScript,
  type Dialect,
  type Reply,
  type Seen,
} from './dialect.ts'

/** The response that brings a list, RFC 3977 §5.2.1. No other command that we send has a multi-line answer. */
const CAPABILITY_LIST = '101'

/** RFC 3977 §3.2: a code and text; after 101 a multi-line data block, §3.1.1. */
function* reply(): Grammar<Reply> {
  const status = yield* line()
  const [, code, text = ''] = /^([1-5]\d\d)(?: (.*))?$/s.exec(status) ?? []
  if (code === undefined) throw malformed('NNTP', status)
  return { code, lines: code === CAPABILITY_LIST ? [text, ...(yield* dotLines())] : [text] }
}

/** RFC 4642 §2.2, after the greeting (RFC 3977 §5.1) and CAPABILITIES (§5.2). */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  const greeting = yield LISTEN
  note({ banner: greeting.lines.join('\n') })
  if (/^[123]/.test(greeting.code) && greeting.code !== '200' && greeting.code !== '201') return wrongProtocol(greeting)
  if (greeting.code !== '200' && greeting.code !== '201') return refused(greeting, isTemporary(greeting))

  let answer = yield { send: 'CAPABILITIES\r\n' }
  if (!has(answer, 'STARTTLS') && has(answer, 'MODE-READER')) {
    // RFC 3977 §3.4.2: this server shows what it can do for readers only after MODE READER.
    const reader = yield { send: 'MODE READER\r\n' }
    if (reader.code !== '200' && reader.code !== '201') return refused(reader, isTemporary(reader))
    answer = yield { send: 'CAPABILITIES\r\n' }
  }
  const announced = answer.code === CAPABILITY_LIST
  const capabilities = answer.lines.slice(1).map((capability) => capability.trim())
  note({ capabilities, authBeforeTls: logins(capabilities), authComplete: announced })
  if (announced && !has(answer, 'STARTTLS')) return notOffered(answer)
  if (answer.code === '400') return refused(answer, true)
  if (announced) note({ starttls: 'offered' })

  // Servers from before RFC 3977 §5.2 do not know CAPABILITIES, and may know STARTTLS all the same.
  const go = yield { send: 'STARTTLS\r\n', starttls: true }
  if (go.code === '382') return READY
  return announced || isTemporary(go) ? refused(go, isTemporary(go)) : notOffered(go)
}

/** 400 and 403, RFC 3977 §3.2.1. 580 (RFC 4642 §2.2.1) may be either, and is taken at its first digit. */
function isTemporary(reply: Reply): boolean {
  return reply.code.startsWith('4')
}

function has(answer: Reply, name: string): boolean {
  return answer.code === CAPABILITY_LIST && answer.lines.slice(1).some((capability) => words(capability)[0] === name)
}

/** AUTHINFO with USER or SASL as arguments, and the mechanisms of SASL, RFC 4643 §2.1. */
function logins(capabilities: readonly string[]): string[] {
  const arguments_ = (name: string) =>
    capabilities.flatMap((capability) => (words(capability)[0] === name ? words(capability).slice(1) : []))
  return words([...arguments_('AUTHINFO').filter((argument) => argument === 'USER'), ...arguments_('SASL')].join(' '))
}

export const nntp: Dialect = {
  name: 'nntp',
  title: 'NNTP',
  doors: [
    { port: 119, scheme: 'nntp', tls: 'starttls' },
    { port: 563, scheme: 'nntps', tls: 'implicit' },
  ],
  reply,
  client,
  quit: 'QUIT\r\n',
  // RFC 3977 §7.1: DATE is allowed at any time and changes nothing; inside TLS a server says nothing unasked, RFC 4642 §2.2.2.
  injection: { command: 'DATE\r\n', answered: (text) => /^[1-5]\d\d /.test(text) },
}
