import { hex } from './bytes.ts'
import type { InjectionHabit } from './script.ts'
import type { Wire } from './wire.ts'

/** How protocols get from connect to ClientHello on the server's side, and what little they say inside TLS. */

export type DialogueName =
  'smtp' | 'lmtp' | 'imap' | 'pop3' | 'sieve' | 'ftp' | 'nntp' | 'irc' | 'ldap' | 'xmpp' | 'xmpp-server' | 'postgres' | 'mysql'

/** The inside of TLS as a stream of bytes and lines. */
export class Tunnel {
  readonly #receive: () => Promise<Buffer | undefined>
  readonly write: (data: Buffer | string) => Promise<void>
  readonly #lines: string[]
  #buffer: Buffer = Buffer.alloc(0)

  constructor(receive: () => Promise<Buffer | undefined>, write: (data: Buffer | string) => Promise<void>, lines: string[]) {
    this.#receive = receive
    this.write = write
    this.#lines = lines
  }

  unread(bytes: Buffer): void {
    this.#buffer = Buffer.concat([bytes, this.#buffer])
  }

  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf(0x0a)
      if (end >= 0) {
        const line = this.#buffer.subarray(0, end).toString('latin1').replace(/\r$/, '')
        this.#buffer = this.#buffer.subarray(end + 1)
        this.#lines.push(line)
        return line
      }
      const more = await this.#receive()
      if (!more) return undefined
      this.#buffer = Buffer.concat([this.#buffer, more])
    }
  }

  /** The next bytes, however many. */
  async some(): Promise<Buffer | undefined> {
    if (this.#buffer.length === 0) return this.#receive()
    const bytes = this.#buffer
    this.#buffer = Buffer.alloc(0)
    return bytes
  }
}

interface TextProtocol {
  readonly greeting: string
  /** Said as soon as TLS stands, unasked, after STARTTLS. */
  readonly greetsAgain?: true
  /** The command that asks for TLS. */
  readonly starttls: RegExp
  readonly goAhead: (line: string) => string
  /** How the command is refused when text came with it. */
  readonly refusal: (line: string) => string
  readonly answer: (line: string, secure: boolean) => string
  readonly quit: RegExp
}

const HOST = 'hostile.example'
const tag = (line: string): string => line.split(' ')[0] || '*'

const mail = (ehlo: RegExp): TextProtocol => ({
  greeting: `220 ${HOST} ESMTP\r\n`,
  starttls: /^STARTTLS\s*$/i,
  goAhead: () => '220 2.0.0 Ready to start TLS\r\n',
  refusal: () => '554 5.5.1 Data after STARTTLS\r\n',
  quit: /^QUIT/i,
  answer(line, secure) {
    if (ehlo.test(line)) return `250-${HOST}\r\n250-PIPELINING\r\n250-${secure ? 'AUTH PLAIN' : 'STARTTLS'}\r\n250 8BITMIME\r\n`
    if (/^(NOOP|RSET)/i.test(line)) return '250 2.0.0 Ok\r\n'
    return /^QUIT/i.test(line) ? '221 2.0.0 Bye\r\n' : '502 5.5.2 Error: command not recognized\r\n'
  },
})

const capabilities = (secure: boolean): string =>
  `"IMPLEMENTATION" "${HOST}"\r\n"SIEVE" "fileinto"\r\n"SASL" "${secure ? 'PLAIN' : ''}"\r\n${secure ? '' : '"STARTTLS"\r\n'}OK\r\n`

const TEXT: Readonly<Partial<Record<DialogueName, TextProtocol>>> = {
  smtp: mail(/^EHLO/i),
  lmtp: mail(/^LHLO/i),
  imap: {
    greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n',
    starttls: /^\S+ STARTTLS\s*$/i,
    goAhead: (line) => `${tag(line)} OK Begin TLS negotiation now\r\n`,
    refusal: (line) => `${tag(line)} BAD Data after STARTTLS\r\n`,
    quit: /^\S+ LOGOUT/i,
    answer(line, secure) {
      const offers = secure ? 'AUTH=PLAIN' : 'STARTTLS LOGINDISABLED'
      if (/^\S+ CAPABILITY/i.test(line)) return `* CAPABILITY IMAP4rev1 ${offers}\r\n${tag(line)} OK done\r\n`
      if (/^\S+ NOOP/i.test(line)) return `${tag(line)} OK done\r\n`
      return /^\S+ LOGOUT/i.test(line) ? `* BYE\r\n${tag(line)} OK done\r\n` : `${tag(line)} BAD unknown\r\n`
    },
  },
  pop3: {
    greeting: '+OK ready\r\n',
    starttls: /^STLS\s*$/i,
    goAhead: () => '+OK Begin TLS negotiation\r\n',
    refusal: () => '-ERR Data after STLS\r\n',
    quit: /^QUIT/i,
    answer(line, secure) {
      if (/^CAPA/i.test(line)) return `+OK\r\n${secure ? 'USER' : 'STLS'}\r\nUIDL\r\n.\r\n`
      return /^(NOOP|QUIT)/i.test(line) ? '+OK\r\n' : '-ERR unknown\r\n'
    },
  },
  sieve: {
    greeting: capabilities(false),
    greetsAgain: true,
    starttls: /^STARTTLS\s*$/i,
    goAhead: () => 'OK "Begin TLS negotiation now"\r\n',
    refusal: () => 'NO "Data after STARTTLS"\r\n',
    quit: /^LOGOUT/i,
    answer(line, secure) {
      if (/^CAPABILITY/i.test(line)) return capabilities(secure)
      const noop = /^NOOP(?: "([^"]*)")?/i.exec(line)
      // RFC 5804 §2.13: the argument comes back as a literal in a response code.
      if (noop?.[1] !== undefined) return `OK (TAG {${noop[1].length}}\r\n${noop[1]}) "done"\r\n`
      return noop || /^LOGOUT/i.test(line) ? 'OK "done"\r\n' : 'NO "unknown"\r\n'
    },
  },
  ftp: {
    greeting: `220 ${HOST} FTP\r\n`,
    starttls: /^AUTH TLS(-C)?\s*$/i,
    goAhead: () => '234 Proceed with negotiation.\r\n',
    refusal: () => '503 Data after AUTH\r\n',
    quit: /^QUIT/i,
    answer(line) {
      if (/^FEAT/i.test(line)) return '211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n'
      if (/^NOOP/i.test(line)) return '200 Ok\r\n'
      return /^QUIT/i.test(line) ? '221 Bye\r\n' : '530 Please login\r\n'
    },
  },
  nntp: {
    greeting: `200 ${HOST} ready\r\n`,
    starttls: /^STARTTLS\s*$/i,
    goAhead: () => '382 Continue with TLS negotiation\r\n',
    refusal: () => '502 Data after STARTTLS\r\n',
    quit: /^QUIT/i,
    answer(line, secure) {
      if (/^CAPABILITIES/i.test(line)) return `101 Capability list:\r\nVERSION 2\r\n${secure ? '' : 'STARTTLS\r\n'}READER\r\n.\r\n`
      if (/^DATE/i.test(line)) return '111 20260101000000\r\n'
      return /^QUIT/i.test(line) ? '205 Bye\r\n' : '500 Unknown\r\n'
    },
  },
  irc: {
    greeting: '',
    starttls: /^STARTTLS\s*$/i,
    goAhead: () => `:${HOST} 670 * :STARTTLS successful, go ahead with TLS handshake\r\n`,
    refusal: () => `:${HOST} 691 * :STARTTLS failed\r\n`,
    quit: /^QUIT/i,
    answer(line) {
      if (/^CAP LS/i.test(line)) return `:${HOST} CAP * LS :multi-prefix tls\r\n`
      if (/^PING/i.test(line)) return `:${HOST} PONG ${HOST} :${line.slice(5)}\r\n`
      return /^QUIT/i.test(line) ? 'ERROR :Closing link\r\n' : ''
    },
  },
}

/** Talks in clear until TLS may begin. False when the client has gone, or was refused. */
export async function speakClear(name: DialogueName, wire: Wire, injection: InjectionHabit): Promise<boolean> {
  const protocol = TEXT[name]
  if (!protocol) return speakOther(name, wire)
  if (!(await wire.write(protocol.greeting))) return false
  for (;;) {
    const line = await wire.line()
    if (line === undefined) return false
    if (protocol.starttls.test(line)) return upgrade(protocol, line, wire, injection)
    await wire.write(protocol.answer(line, false))
    if (protocol.quit.test(line)) return false
  }
}

async function upgrade(protocol: TextProtocol, line: string, wire: Wire, injection: InjectionHabit): Promise<boolean> {
  const extra = wire.takeBuffered()
  // A client in a hurry may send its hello before it has read the go-ahead; that is not text.
  if (extra.length > 0 && (extra[0] === 0x16 || extra[0]! >= 0x80)) {
    wire.unread(extra)
  } else if (extra.length > 0) {
    if (injection === 'refuses') return (await wire.write(protocol.refusal(line)), false)
    if (injection === 'executes') wire.injected = extra
  }
  await wire.write(protocol.goAhead(line))
  if (injection === 'answers-in-clear')
    for (const one of extra.toString('latin1').split('\r\n').filter(Boolean)) await wire.write(protocol.answer(one, false))
  return true
}

async function speakOther(name: DialogueName, wire: Wire): Promise<boolean> {
  if (name === 'postgres') return postgres(wire)
  if (name === 'mysql') return mysql(wire)
  return name === 'ldap' ? ldap(wire) : xmpp(wire, name === 'xmpp-server')
}

/** SSLRequest, then one letter. */
async function postgres(wire: Wire): Promise<boolean> {
  const request = await wire.read(8)
  if (!request?.equals(hex('00000008 04d2162f'))) return false
  return wire.write('S')
}

/** Protocol::HandshakeV10 with CLIENT_SSL among the capabilities, then an SSLRequest packet. */
async function mysql(wire: Wire): Promise<boolean> {
  const body = Buffer.concat([
    hex('0a'),
    Buffer.from('8.0.0-hostile\0'),
    hex('01000000 6162636465666768 00 ffff ff 0200 ffff 15 00000000000000000000'),
    Buffer.from('ijklmnopqrst\0mysql_native_password\0'),
  ])
  await wire.write(Buffer.concat([Buffer.from([body.length & 0xff, body.length >>> 8, 0, 0]), body]))
  const header = await wire.read(4)
  return header !== undefined && (await wire.read(header.readUIntLE(0, 3))) !== undefined
}

/** ExtendedRequest with the OID of RFC 4511 §4.14.1; the answer repeats the message id. */
async function ldap(wire: Wire): Promise<boolean> {
  const head = await wire.read(2)
  const body = head && (await wire.read(head[1]!))
  if (!body?.includes('1.3.6.1.4.1.1466.20037')) return false
  const id = body.subarray(0, 2 + body[1]!)
  const answer = Buffer.concat([id, hex('78 07 0a0100 0400 0400')])
  return wire.write(Buffer.concat([hex('30'), Buffer.from([answer.length]), answer]))
}

/** RFC 6120 §5.4. */
async function xmpp(wire: Wire, server: boolean): Promise<boolean> {
  if (!(await readUntil(wire, /<stream:stream[^>]*>/))) return false
  const namespace = server ? 'jabber:server' : 'jabber:client'
  await wire.write(
    `<?xml version='1.0'?><stream:stream xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams' from='${HOST}' id='1' version='1.0'>` +
      `<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`,
  )
  if (!(await readUntil(wire, /<starttls[^>]*>/))) return false
  return wire.write(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
}

async function readUntil(wire: Wire, pattern: RegExp): Promise<boolean> {
  let text = ''
  while (!pattern.test(text)) {
    const byte = await wire.read(1)
    if (!byte) return false
    text += byte.toString('latin1')
  }
  return true
}

/** Speaks inside TLS until the client leaves. `greets` where TLS began with the connection. */
export async function speakInside(name: DialogueName | 'http', tunnel: Tunnel, greets: boolean): Promise<void> {
  if (name === 'http') return http(tunnel)
  const protocol = TEXT[name]
  if (!protocol) return swallow(tunnel)
  if (greets || protocol.greetsAgain) await tunnel.write(protocol.greetsAgain ? protocol.answer('CAPABILITY', true) : protocol.greeting)
  for (;;) {
    const line = await tunnel.line()
    if (line === undefined) return
    await tunnel.write(protocol.answer(line, true))
    if (protocol.quit.test(line)) return
  }
}

async function http(tunnel: Tunnel): Promise<void> {
  for (;;) {
    let line = await tunnel.line()
    while (line) line = await tunnel.line()
    if (line === undefined) return
    const body = 'hostile\n'
    await tunnel.write(`HTTP/1.1 200 OK\r\nServer: hostile\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`)
    await tunnel.write(body)
  }
}

async function swallow(tunnel: Tunnel): Promise<void> {
  while (await tunnel.some());
}
