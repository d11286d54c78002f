import { dotLines, line, type Grammar } from './cutter.ts'
import {
  LISTEN,
  READY,
  malformed,
  notOffered,
  refused,
  words,
  type ClientOptions,
  type ClientScript,
  type Dialect,
  type Reply,
  type Seen,
} from './dialect.ts'

const CAPA = 'CAPA\r\n'

/** RFC 1939 §3: one line, or after `+OK` to CAPA (RFC 2449 §5) lines up to a lone dot. Code and text, then the further lines. */
function* reply(asked: string): Grammar<Reply> {
  const status = yield* line()
  const [, code, text = ''] = /^(\+OK|-ERR)(?: (.*))?$/is.exec(status) ?? []
  if (code === undefined) throw malformed('POP3', status)
  const isList = asked === CAPA && code.toUpperCase() === '+OK'
  return { code: code.toUpperCase(), lines: isList ? [text, ...(yield* dotLines())] : [text] }
}

/** RFC 2595 §4, after the greeting of RFC 1939 §4 and CAPA of RFC 2449 §5. */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  const greeting = yield LISTEN
  note({ banner: greeting.lines.join('\n') })
  // A greeting that refuses is about now, unless it says otherwise: RFC 3206 §4.
  if (greeting.code !== '+OK') return refused(greeting, !/^\[SYS\/PERM\]/i.test(greeting.lines[0] ?? ''))

  const answer = yield { send: CAPA }
  const announced = answer.code === '+OK'
  const capabilities = answer.lines.slice(1).map((capability) => capability.trim())
  note({ capabilities, authBeforeTls: logins(greeting, announced ? capabilities : ['USER']), authComplete: announced })
  if (announced && !has(capabilities, 'STLS')) return notOffered(answer)
  if (announced) note({ starttls: 'offered' })

  // RFC 2595 §4 demands CAPA of a server that knows STLS; one that lacks CAPA is asked all the same.
  const go = yield { send: 'STLS\r\n', starttls: true }
  if (go.code === '+OK') return READY
  return announced || isTemporary(go) ? refused(go, isTemporary(go)) : notOffered(go)
}

/** RFC 3206 §4 and RFC 2449 §8.1. */
function isTemporary(reply: Reply): boolean {
  return /^\[(?:SYS\/TEMP|IN-USE|LOGIN-DELAY)\b/i.test(reply.lines[0] ?? '')
}

function has(capabilities: readonly string[], name: string): boolean {
  return capabilities.some((capability) => capability.toUpperCase().split(' ')[0] === name)
}

/** USER (RFC 2449 §6.2), APOP by the timestamp in the greeting (RFC 1939 §7), SASL mechanisms (RFC 5034 §3). */
function logins(greeting: Reply, capabilities: readonly string[]): string[] {
  const user = has(capabilities, 'USER') ? 'USER' : ''
  const apop = /<[^<>@\s]+@[^<>@\s]+>/.test(greeting.lines[0] ?? '') ? 'APOP' : ''
  const sasl = capabilities.map((capability) => /^SASL (.*)$/i.exec(capability)?.[1] ?? '')
  return words([user, apop, ...sasl].join(' '))
}

export const pop3: Dialect = {
  name: 'pop3',
  title: 'POP3',
  doors: [
    { port: 110, scheme: 'pop3', tls: 'starttls' },
    { port: 995, scheme: 'pop3s', tls: 'implicit' },
  ],
  reply,
  client,
  quit: 'QUIT\r\n',
  // NOOP is for logged-in sessions only (RFC 1939 §5); CAPA is always allowed, and a server says nothing unasked inside TLS.
  injection: { command: CAPA, answered: (text) => /^(?:\+OK|-ERR)/i.test(text) },
}
