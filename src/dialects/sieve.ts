import { lineWithLiterals, type Grammar } from './cutter.ts'
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

/** A server that answers NOOP returns this in the response code TAG, RFC 5804 §2.13. */
const TAG = 'postern-behind-starttls'

/** RFC 5804 §4: strings are quoted, with `\` before `"` and `\`, or literals. Sticky, so that a hostile line costs its length once. */
const STRING = / *(?:"((?:[^"\\]|\\.)*)"|\{\d+\+?\}\r\n)/sy

/** Lines of data, then OK, NO or BYE, RFC 5804 §1.2. `lines` is the data, its strings parted by a space, and then the text of the response. */
function* reply(): Grammar<Reply> {
  const lines: string[] = []
  for (;;) {
    const { text, literals } = yield* lineWithLiterals()
    const [, code, rest = ''] = /^(OK|NO|BYE)(?: (.*))?$/is.exec(text) ?? []
    if (code !== undefined) return { code: code.toUpperCase(), lines: [...lines, rest] }
    if (!/^["{]/.test(text)) throw malformed('ManageSieve', text)
    lines.push(strings(text, literals).join(' '))
  }
}

function strings(text: string, literals: readonly string[]): string[] {
  const found: string[] = []
  let next = 0
  for (let at = 0; ;) {
    STRING.lastIndex = at
    const match = STRING.exec(text)
    if (match === null) return found
    const literal = match[1] === undefined ? (literals[next++] ?? '') : ''
    found.push(match[1]?.replaceAll(/\\(.)/gs, '$1') ?? literal)
    at = match.index + match[0].length + literal.length
  }
}

/** RFC 5804 §2.2: the greeting is the list of capabilities (§1.7). */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  const greeting = yield LISTEN
  const capabilities = greeting.lines.slice(0, -1)
  note({ banner: valueOf(capabilities, 'IMPLEMENTATION') ?? greeting.lines.at(-1) ?? '' })
  if (greeting.code !== 'OK') return refused(greeting, isTemporary(greeting))
  note({ capabilities, authBeforeTls: words(valueOf(capabilities, 'SASL') ?? ''), authComplete: true })
  if (valueOf(capabilities, 'STARTTLS') === undefined) return notOffered(greeting)
  note({ starttls: 'offered' })

  const go = yield { send: 'STARTTLS\r\n', starttls: true }
  return go.code === 'OK' ? READY : refused(go, isTemporary(go))
}

/** BYE closes the connection, and TRYLATER says so itself, RFC 5804 §1.2 and §1.3. A referral is not a matter of time. */
function isTemporary(reply: Reply): boolean {
  const text = reply.lines.at(-1) ?? ''
  return /^\(TRYLATER\b/i.test(text) || (reply.code === 'BYE' && !/^\(REFERRAL\b/i.test(text))
}

/** The value of a capability, empty when it has none, undefined when it is not there. */
function valueOf(capabilities: readonly string[], name: string): string | undefined {
  const found = capabilities.find((capability) => capability.toUpperCase().split(' ')[0] === name)
  return found?.slice(name.length + 1)
}

export const sieve: Dialect = {
  name: 'sieve',
  title: 'ManageSieve',
  doors: [{ port: 4190, scheme: 'sieve', tls: 'starttls' }],
  reply,
  client,
  // RFC 5804 §2.2: the server lists its capabilities again, as in its greeting.
  greetingBehindTls: () => '',
  quit: 'LOGOUT\r\n',
  // Inside TLS the server lists its capabilities unasked (RFC 5804 §2.2): only the tag, or a refusal, tells of a NOOP.
  injection: { command: `NOOP "${TAG}"\r\n`, answered: (text) => text.includes(TAG) || /^NO\b/im.test(text) },
}
