import { lineWithLiterals, type Grammar } from './cutter.ts'
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
  type ClientStep,
  type Dialect,
  type Reply,
  type Seen,
} from './dialect.ts'

/** Codes with which RFC 5530 §3 says that another time may be better. */
const TEMPORARY = /^\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b/i

/** One response, RFC 9051 §2.2.2: untagged, tagged or a continuation request. Its code is the tag and the word that follows. */
function* reply(): Grammar<Reply> {
  const { text } = yield* lineWithLiterals()
  const [, tag, word = '', rest = ''] = /^(\*|\+|p\d)(?: (\S+)(?: (.*))?)?$/s.exec(text) ?? []
  if (tag === undefined) throw malformed('IMAP', text)
  return { code: `${tag} ${word.toUpperCase()}`.trimEnd(), lines: [rest] }
}

/** RFC 9051 §6.2.1, after the greeting of §7.1 and CAPABILITY of §6.1.1. */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  const greeting = yield LISTEN
  note({ banner: greeting.lines.join('\n') })
  if (greeting.code === '* BYE') return refused(greeting, true)
  // RFC 9051 §7.1.4: the connection is authenticated already, and STARTTLS is allowed only before that.
  if (greeting.code === '* PREAUTH') return notOffered(greeting)
  if (greeting.code !== '* OK') return wrongProtocol(greeting)

  let capabilities = capabilitiesIn([greeting])
  if (!capabilities.includes('STARTTLS')) {
    const { untagged, last } = yield* ask('p1', { send: 'p1 CAPABILITY\r\n' })
    if (last.code !== 'p1 OK') return refused(last, isTemporary(last))
    capabilities = capabilitiesIn([...untagged, last])
  }
  note({ capabilities, authBeforeTls: logins(capabilities), authComplete: true })
  if (!capabilities.includes('STARTTLS')) return notOffered({ code: 'CAPABILITY', lines: [capabilities.join(' ')] })
  note({ starttls: 'offered' })

  const go = (yield* ask('p2', { send: 'p2 STARTTLS\r\n', starttls: true })).last
  return go.code === 'p2 OK' ? READY : refused(go, isTemporary(go))
}

/** Says something, and hears everything up to the tagged response or BYE. */
function* ask(tag: string, step: ClientStep): Generator<ClientStep, { untagged: Reply[]; last: Reply }, Reply> {
  const untagged: Reply[] = []
  for (let last = yield step; ; last = yield LISTEN) {
    if (last.code.startsWith(`${tag} `) || last.code === '* BYE') return { untagged, last }
    untagged.push(last)
  }
}

/** BYE comes before a server goes down or out of patience, RFC 9051 §7.1.5. */
function isTemporary(reply: Reply): boolean {
  return reply.code === '* BYE' || TEMPORARY.test(reply.lines[0] ?? '')
}

/** Of CAPABILITY responses (RFC 9051 §7.2.2) and of response codes `[CAPABILITY …]` (§7.1). */
function capabilitiesIn(replies: readonly Reply[]): string[] {
  const lists = replies.map(({ code, lines: [text = ''] }) =>
    code === '* CAPABILITY' ? text : (/\[CAPABILITY ([^\][]*)\]/i.exec(text)?.[1] ?? ''),
  )
  return words(lists.join(' '))
}

/** RFC 9051 §6.1.1 for AUTH=; the command LOGIN is there unless LOGINDISABLED is announced, §6.2.3. */
function logins(capabilities: readonly string[]): string[] {
  const mechanisms = capabilities.flatMap((capability) => (capability.startsWith('AUTH=') ? [capability.slice('AUTH='.length)] : []))
  return capabilities.includes('LOGINDISABLED') ? mechanisms : words(['LOGIN', ...mechanisms].join(' '))
}

export const imap: Dialect = {
  name: 'imap',
  title: 'IMAP',
  doors: [
    { port: 143, scheme: 'imap', tls: 'starttls' },
    { port: 993, scheme: 'imaps', tls: 'implicit' },
  ],
  reply,
  client,
  // RFC 9051 §6.2.1: what was announced before TLS may be another's, and LOGINDISABLED is no longer true.
  greetingBehindTls: (greeting) => greeting.replace(/^\* OK \[CAPABILITY [^\]\r\n]*\] ?/i, '* OK '),
  quit: 'p9 LOGOUT\r\n',
  injection: { command: 'p8 NOOP\r\n', answered: (text) => /^p8 /m.test(text) },
}
