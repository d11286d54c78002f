import { line, type Grammar } from './cutter.ts'
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

/** The server does not know EHLO, RFC 5321 §4.2.4; or it is another that greets with 220: FTP wants a login first, 530. */
const UNKNOWN_COMMAND = ['500', '501', '502', '504', '530']

/**
 * RFC 5321 §4.2.1: `250-more`, `250 last`, and a bare `250` is tolerated. The code of the last line decides: postscreen
 * says `220-` at once, and `220`, `421` or `521` when it has made up its mind.
 */
function* reply(): Grammar<Reply> {
  const lines: string[] = []
  for (;;) {
    const text = yield* line()
    const [, code, more, rest = ''] = /^([2-5]\d\d)([ -]?)(.*)$/s.exec(text) ?? []
    if (code === undefined) throw malformed('SMTP', text)
    lines.push(rest)
    if (more !== '-') return { code, lines }
  }
}

/** RFC 3207 §4, after the greeting of RFC 5321 §3.1 and EHLO (RFC 5321 §4.1.1.1) or LHLO (RFC 2033 §4.1). */
function* starttls(hello: 'EHLO' | 'LHLO', options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  const greeting = yield LISTEN
  note({ banner: greeting.lines.join('\n') })
  if (/^[23]/.test(greeting.code) && greeting.code !== '220') return wrongProtocol(greeting)
  if (greeting.code !== '220') return refused(greeting, isTemporary(greeting))

  const welcome = yield { send: `${hello} ${options.clientName}\r\n` }
  if (UNKNOWN_COMMAND.includes(welcome.code)) {
    // RFC 5321 §3.2: a server without extensions knows HELO. LMTP (RFC 2033 §4.1) and FTP know neither, SMTP does not know LHLO.
    const old = hello === 'LHLO' ? welcome : yield { send: `HELO ${options.clientName}\r\n` }
    if (old.code.startsWith('4')) return refused(old, true)
    return old.code === '250' ? notOffered(welcome) : wrongProtocol(welcome)
  }
  if (welcome.code !== '250') return refused(welcome, isTemporary(welcome))
  const keywords = welcome.lines.slice(1).map((keyword) => keyword.trim())
  note({ capabilities: keywords, authBeforeTls: mechanisms(keywords), authComplete: true })
  // RFC 5321 §4.1.1.1: keywords are case-insensitive, one to a line, after the first line.
  if (!keywords.some((keyword) => /^starttls\b/i.test(keyword))) return notOffered(welcome)
  note({ starttls: 'offered' })

  const go = yield { send: 'STARTTLS\r\n', starttls: true }
  return go.code === '220' ? READY : refused(go, isTemporary(go))
}

/** 4yz, RFC 5321 §4.2.1; 421 and 454 among them. */
function isTemporary(reply: Reply): boolean {
  return reply.code.startsWith('4')
}

/** RFC 4954 §3; `AUTH=` is what servers wrote before there was a standard, and some still write it for old clients. */
function mechanisms(keywords: readonly string[]): string[] {
  return words(keywords.map((keyword) => /^AUTH[ =](.*)$/i.exec(keyword)?.[1] ?? '').join(' '))
}

const common = {
  reply,
  client: (options, note) => starttls('EHLO', options, note),
  quit: 'QUIT\r\n',
  // RFC 5321 §4.1.1.9: NOOP changes nothing. Inside TLS an SMTP server says nothing of its own accord, RFC 3207 §4.2.
  // A greeting is no answer to it.
  injection: { command: 'NOOP\r\n', answered: (text) => /^(?!220)[2-5]\d\d[ -]/.test(text) },
} satisfies Partial<Dialect>

export const smtp: Dialect = {
  ...common,
  name: 'smtp',
  title: 'SMTP',
  doors: [
    { port: 25, scheme: 'smtp', tls: 'starttls' },
    { port: 465, scheme: 'smtps', tls: 'implicit' },
  ],
}

/** RFC 6409 §3.1, and RFC 8314 §7.3 for 465. */
export const submission: Dialect = {
  ...common,
  name: 'submission',
  title: 'SMTP submission',
  doors: [
    { port: 587, scheme: 'submission', tls: 'starttls' },
    { port: 465, scheme: 'submissions', tls: 'implicit' },
  ],
}

export const lmtp: Dialect = {
  ...common,
  name: 'lmtp',
  title: 'LMTP',
  client: (options, note) => starttls('LHLO', options, note),
  doors: [{ port: 24, scheme: 'lmtp', tls: 'starttls' }],
}
