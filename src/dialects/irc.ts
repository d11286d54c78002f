import { line, type Grammar } from './cutter.ts'
import {
  LISTEN,
  READY,
  malformed,
  notOffered,
  refused,
  words,
  type ClientOptions,
  type ClientScript,
  type ClientStep,
  type Dialect,
  type Reply,
  type Seen,
} from './dialect.ts'

/** RPL_STARTTLS and ERR_STARTTLS of the IRCv3 tls extension. */
const RPL_STARTTLS = '670'
const ERR_STARTTLS = '691'
/** The server does not know CAP or STARTTLS, or not now: ERR_UNKNOWNCOMMAND, ERR_NOTREGISTERED, RFC 2812 §5.2. */
const UNKNOWN = ['421', '451']

const TOKEN = 'postern-behind-starttls'

/** One message, RFC 2812 §2.3.1: a prefix, a command, parameters. Numeric replies always have a prefix, RFC 2812 §2.4. */
function* reply(): Grammar<Reply> {
  const text = yield* line()
  const [, prefix, command, parameters = ''] = /^(?:(:\S+) +)?(\d{3}|[A-Za-z]+)(?: +(.*))?$/s.exec(text) ?? []
  if (command === undefined || (prefix === undefined && /^\d/.test(command))) throw malformed('IRC', text)
  return { code: command.toUpperCase(), lines: [parameters] }
}

/** STARTTLS before registration, after the list of capabilities (IRCv3 capability negotiation). */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  const notices: string[] = []
  const { last, capabilities } = yield* list(notices)
  // NickServ and PASS take passwords without announcing it.
  note({ banner: notices.join('\n'), capabilities, authBeforeTls: mechanisms(capabilities), authComplete: false })
  if (last.code === 'ERROR') return refused(last, true)
  const announced = last.code === 'CAP'
  if (announced && !capabilities.includes('tls')) return notOffered(last)
  if (announced) note({ starttls: 'offered' })

  const go = yield* wait({ send: 'STARTTLS\r\n', starttls: true }, [RPL_STARTTLS, ERR_STARTTLS, ...UNKNOWN], notices)
  if (go.code === RPL_STARTTLS) return READY
  return announced || !UNKNOWN.includes(go.code) ? refused(go, go.code === 'ERROR') : notOffered(go)
}

/** `CAP * LS * :a b` says that more lines follow, `CAP * LS :a b` is the last. */
function* list(notices: string[]): Generator<ClientStep, { last: Reply; capabilities: string[] }, Reply> {
  const capabilities: string[] = []
  for (let step: ClientStep = { send: 'CAP LS 302\r\n' }; ; step = LISTEN) {
    const last = yield* wait(step, ['CAP', ...UNKNOWN], notices)
    const [, more, names = ''] = /^\S+ +LS +(\* +)?:?(.*)$/is.exec(last.lines[0] ?? '') ?? []
    if (last.code === 'CAP') capabilities.push(...names.split(' ').filter(Boolean))
    if (last.code !== 'CAP' || more === undefined) return { last, capabilities }
  }
}

/** Says something and hears until one of the wanted commands or ERROR; collects notices and answers PING on the way, RFC 2812 §3.7.2. */
function* wait(step: ClientStep, wanted: readonly string[], notices: string[]): Generator<ClientStep, Reply, Reply> {
  let heard = yield step
  while (heard.code !== 'ERROR' && !wanted.includes(heard.code)) {
    if (heard.code === 'NOTICE') notices.push(heard.lines.join(' '))
    heard = yield heard.code === 'PING' ? { send: `PONG ${heard.lines.join(' ')}\r\n` } : LISTEN
  }
  return heard
}

/** `sasl=PLAIN,EXTERNAL`, or `sasl` alone from servers that do not tell. */
function mechanisms(capabilities: readonly string[]): string[] {
  const sasl = capabilities.find((capability) => /^sasl(?:=|$)/i.test(capability))
  return sasl === undefined ? [] : words((sasl.split('=')[1] ?? 'SASL').replaceAll(',', ' '))
}

export const irc: Dialect = {
  name: 'irc',
  title: 'IRC',
  doors: [
    { port: 6667, scheme: 'irc', tls: 'starttls' },
    { port: 6697, scheme: 'ircs', tls: 'implicit' },
  ],
  reply,
  client,
  quit: 'QUIT\r\n',
  injection: { command: `PING ${TOKEN}\r\n`, answered: (text) => text.includes(TOKEN) || /^:\S+ 451 /m.test(text) },
}
