import { line, type Grammar } from './cutter.ts'
import {
  LISTEN,
  READY,
  malformed,
  notOffered,
  refused,
  wrongProtocol,
  type ClientOptions,
  type ClientScript,
  type Dialect,
  type Reply,
  type Seen,
} from './dialect.ts'

/** RFC 959 §4.2: `123-first`, then any lines, then `123 last` with the same code. Lines between may begin with anything. */
function* reply(): Grammar<Reply> {
  const first = yield* line()
  const [, code, more, text = ''] = /^([1-6]\d\d)([ -]?)(.*)$/s.exec(first) ?? []
  if (code === undefined) throw malformed('FTP', first)
  const lines = [text]
  if (more !== '-') return { code, lines }
  for (;;) {
    const next = yield* line()
    if (next === code || next.startsWith(`${code} `)) return { code, lines: [...lines, next.slice(4)] }
    lines.push(next)
  }
}

/** RFC 4217 §4, after the greeting and FEAT (RFC 4217 §6, RFC 2389 §3.2). */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  let greeting = yield LISTEN
  // RFC 959 §5.4: 120 says that the service will be ready in some minutes, and 220 follows.
  while (greeting.code.startsWith('1')) greeting = yield LISTEN
  note({ banner: greeting.lines.join('\n') })
  if (/^[236]/.test(greeting.code) && greeting.code !== '220') return wrongProtocol(greeting)
  if (greeting.code !== '220') return refused(greeting, isTemporary(greeting))

  const answer = yield { send: 'FEAT\r\n' }
  if (answer.code === '421') return refused(answer, true)
  const features = answer.code === '211' ? answer.lines.slice(1, -1).map((feature) => feature.trim()) : []
  const announced = features.some((feature) => /^AUTH\b.*\b(?:TLS|SSL)\b/i.test(feature))
  note({ capabilities: features, ...(announced && { starttls: 'offered' }) })

  // Asked even where FEAT does not tell: older servers know AUTH but not FEAT, or forget to list it.
  let go = yield { send: 'AUTH TLS\r\n', starttls: true }
  // AUTH SSL is what servers knew before RFC 4217 §4.1 settled on TLS.
  if (go.code.startsWith('5')) go = yield { send: 'AUTH SSL\r\n', starttls: true }
  // RFC 4217 §4.2: 334 would promise an ADAT exchange, yet some servers send it and start TLS.
  if (go.code === '234' || go.code === '334') return READY
  return announced || isTemporary(go) ? refused(go, isTemporary(go)) : notOffered(go)
}

/** 4yz, RFC 959 §4.2.1; 431 of RFC 2228 §3 among them. */
function isTemporary(reply: Reply): boolean {
  return reply.code.startsWith('4')
}

export const ftp: Dialect = {
  name: 'ftp',
  title: 'FTP',
  doors: [
    { port: 21, scheme: 'ftp', tls: 'starttls' },
    { port: 990, scheme: 'ftps', tls: 'implicit' },
  ],
  reply,
  client,
  quit: 'QUIT\r\n',
  injection: { command: 'NOOP\r\n', answered: (text) => /^[1-6]\d\d[ -]/.test(text) },
}
