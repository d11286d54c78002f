import type { Grammar } from './cutter.ts'
import {
  LISTEN,
  READY,
  malformed,
  notOffered,
  refused,
  words,
  wrongProtocol,
  type ClientScript,
  type Dialect,
  type Outcome,
  type Reply,
  type Seen,
} from './dialect.ts'

/** Stream errors that pass, RFC 6120 §4.9.3. */
const TEMPORARY = [
  'connection-timeout',
  'internal-server-error',
  'remote-connection-failed',
  'reset',
  'resource-constraint',
  'system-shutdown',
]

/** Stream features nest six deep (XEP-0388 with XEP-0386 inside); a nest without an end would cost the square of its depth. */
const MAX_DEPTH = 16

/**
 * One thing on the top level of the stream, RFC 6120 §4.2: the stream header (`stream`, its attributes as the line), its
 * end (`/stream`), or a whole element, its inside flattened to paths: `mechanisms/mechanism`, `mechanisms/mechanism=PLAIN`.
 */
function* reply(): Grammar<Reply> {
  const path: string[] = []
  const lines: string[] = []
  for (;;) {
    const { text, tag } = yield* markup(path.length === 0)
    if (path.length === 0 && tag.startsWith('?')) continue
    const [, closing, name, attributes = '', empty] = /^(\/?)(?:[\w.-]+:)?([\w.-]+)((?:\s.*?)?)(\/?)$/s.exec(tag) ?? []
    if (name === undefined || path.length > MAX_DEPTH) throw malformed('XMPP', `<${tag}>`)
    if (path.length === 0 && (closing === '/' || name === 'stream')) return { code: `${closing}${name}`, lines: [attributes.trim()] }
    if (text !== '' && path.length > 1) lines.push(`${path.slice(1).join('/')}=${text}`)
    if (closing !== '/') {
      path.push(name)
      if (path.length > 1) lines.push(path.slice(1).join('/'))
    }
    if (closing !== '/' && empty !== '/') continue
    if (path.pop() !== name) throw malformed('XMPP', `<${tag}>`)
    if (path.length === 0) return { code: name, lines }
  }
}

/** Text up to a tag, and the tag without its brackets. A `>` may stand in text and in attribute values, XML 1.0 §2.4. */
function* markup(top: boolean): Grammar<{ text: string; tag: string }> {
  const parts: string[] = []
  if (top) {
    // Between elements only white space is allowed: anything else is another protocol, and may never send a `>`.
    let first = yield { count: 1 }
    while (/\s/.test(first)) first = yield { count: 1 }
    if (first !== '<') throw malformed('XMPP', first)
    parts.push(first)
  }
  const state = { inside: top, quote: '' }
  do {
    const part = yield { until: '>' }
    for (const character of part) advance(state, character)
    parts.push(part)
  } while (!state.inside || state.quote !== '')
  const whole = parts.join('')
  const open = whole.indexOf('<')
  return { text: whole.slice(0, open).trim(), tag: whole.slice(open + 1, -1) }
}

function advance(state: { inside: boolean; quote: string }, character: string): void {
  if (!state.inside) state.inside = character === '<'
  else if (state.quote !== '') state.quote = state.quote === character ? '' : state.quote
  else if (character === '"' || character === "'") state.quote = character
}

/** RFC 6120 §5.4, after stream headers and stream features (§5.4.1). */
function* starttls(attributes: string, note: (seen: Seen) => void): ClientScript {
  const header = yield {
    send: `<?xml version='1.0'?><stream:stream ${attributes} xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`,
  }
  if (header.code !== 'stream') return header.code === 'error' || header.code === '/stream' ? refusal(header) : wrongProtocol(header)
  // The other attributes (an id, and their order) change from stream to stream.
  note({ banner: valueOf('from', header) })
  // RFC 6120 §4.7.5: without a version there are no stream features, and so no STARTTLS.
  if (valueOf('version', header) === '') return notOffered(header)

  const features = yield LISTEN
  if (features.code !== 'features') return refusal(features)
  note({ capabilities: summary(features.lines), authBeforeTls: mechanisms(features.lines), authComplete: true })
  if (!features.lines.includes('starttls')) return notOffered({ code: 'features', lines: [summary(features.lines).join(' ')] })
  note({ starttls: 'offered' })

  const go = yield { send: "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", starttls: true }
  return go.code === 'proceed' ? READY : refusal(go)
}

/** The value of an attribute of a stream header, empty when it is not there. */
function valueOf(attribute: string, header: Reply): string {
  const [, double = '', single = ''] = new RegExp(`(?:^|\\s)${attribute}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(header.lines[0] ?? '') ?? []
  return double + single
}

/** A stream error (RFC 6120 §4.9), `<failure/>` (§5.4.2.2) or the end of the stream. */
function refusal(reply: Reply): Outcome {
  const conditions = reply.lines.filter((path) => !/[/=]/.test(path) && path !== 'text')
  const text = reply.lines.filter((path) => path.startsWith('text=')).map((path) => path.slice('text='.length))
  const temporary = reply.code === 'error' && conditions.some((condition) => TEMPORARY.includes(condition))
  return refused({ code: reply.code, lines: [[...conditions, ...text].join(' ')] }, temporary)
}

/** The names of the features; `starttls required` where it is that. */
function summary(paths: readonly string[]): string[] {
  const names = paths.filter((path) => !/[/=]/.test(path))
  return names.map((name) => (name === 'starttls' && paths.includes('starttls/required') ? 'starttls required' : name))
}

/** SASL (RFC 6120 §6.4.1), its successor in XEP-0388, and the login of XEP-0078, which sends passwords outside SASL. */
function mechanisms(paths: readonly string[]): string[] {
  const sasl = paths.map((path) => /^(?:mechanisms|authentication)\/mechanism=(.*)$/s.exec(path)?.[1] ?? '')
  return words([...sasl, paths.includes('auth') ? 'IQ-AUTH' : ''].join(' '))
}

/** A second stream header, answered by a third stream header that nobody asked for inside TLS. */
function injection(attributes: string): Dialect['injection'] {
  const command = `<stream:stream ${attributes} xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`
  return { command, answered: (text) => text.trimStart().startsWith('<') }
}

// Inside TLS no stream is open yet that could be closed (RFC 6120 §5.3.2): one just leaves.
const common = { reply, quit: undefined } satisfies Partial<Dialect>

export const xmpp: Dialect = {
  ...common,
  name: 'xmpp',
  title: 'XMPP',
  doors: [
    { port: 5222, scheme: 'xmpp', tls: 'starttls' },
    { port: 5223, scheme: 'xmpps', tls: 'implicit' },
  ],
  client: ({ serverName }, note) => starttls(`to='${serverName}' xmlns='jabber:client'`, note),
  injection: injection("to='localhost' xmlns='jabber:client'"),
}

/** Servers name both ends: who calls decides what is offered, RFC 6120 §4.7.1. */
export const xmppServer: Dialect = {
  ...common,
  name: 'xmpp-server',
  title: 'XMPP between servers',
  doors: [
    { port: 5269, scheme: 'xmpp-server', tls: 'starttls' },
    { port: 5270, scheme: 'xmpps-server', tls: 'implicit' },
  ],
  client: ({ clientName, serverName }, note) =>
    starttls(`from='${clientName}' to='${serverName}' xmlns='jabber:server' xmlns:db='jabber:server:dialback'`, note),
  injection: injection("to='localhost' xmlns='jabber:server'"),
}
