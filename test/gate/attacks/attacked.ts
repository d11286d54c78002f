/** What every attack has in common: servers behind that keep what they hear, and a gate before them. What a client did is made undone by nobody: so every test ends with a look at who else is served. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { clientHello } from '../../peers/hellos.ts'
import { startGate, type Gated } from '../gated.ts'
import { Talker } from '../talker.ts'

export interface Behind {
  readonly server: Server
  readonly port: number
  /** All that came, of all connections of clients. */
  readonly heard: () => string
  readonly open: () => number
  readonly total: () => number
}

/** What the gate says when it looks at a server for itself. */
const LOOK = /^(?:EHLO gate\.example\r\n|p1 CAPABILITY\r\n|CAPA\r\n(?:QUIT\r\n)?$|QUIT\r\n|LOGOUT\r\n)/

/** A server behind that greets, answers each line, and keeps what it hears. */
export async function behind(t: TestContext, greeting: string, answer: (line: string, socket: Socket) => string): Promise<Behind> {
  const sockets = new Set<Socket>()
  const all: { heard: string }[] = []
  const ofClients = (): readonly { readonly heard: string }[] => all.filter(({ heard }) => !LOOK.test(heard))
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    const one = { heard: '' }
    all.push(one)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    // It answers what it has read before it closes, as servers do.
    socket.on('end', () => void setTimeout(() => socket.end(), 400))
    let rest = ''
    socket.on('data', (bytes) => {
      one.heard += bytes.toString('latin1')
      const lines = (rest + bytes.toString('latin1')).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) socket.write(answer(line, socket))
    })
    socket.write(greeting)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    server,
    port: address.port,
    heard: () =>
      ofClients()
        .map(({ heard }) => heard)
        .join(''),
    open: () => sockets.size,
    total: () => ofClients().length,
  }
}

export const smtp = (t: TestContext): Promise<Behind> =>
  behind(t, '220 behind ESMTP\r\n', (line) =>
    /^EHLO/i.test(line)
      ? '250-behind\r\n250-PIPELINING\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n'
      : /^DATA/i.test(line)
        ? '354 go on\r\n'
        : /^AUTH/i.test(line)
          ? '235 2.7.0 in\r\n'
          : /^(?:MAIL|RCPT|RSET|NOOP|\.$)/i.test(line)
            ? '250 ok\r\n'
            : '',
  )

export const imap = (t: TestContext): Promise<Behind> =>
  behind(t, '* OK [CAPABILITY IMAP4rev1] behind\r\n', (line) => {
    const [tag = '', command = ''] = line.split(' ')
    return command.toUpperCase() === 'CAPABILITY' ? `* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n` : `${tag} OK done\r\n`
  })

export const pop3 = (t: TestContext): Promise<Behind> =>
  behind(t, '+OK behind\r\n', (line) => (/^CAPA/i.test(line) ? '+OK\r\nUSER\r\n.\r\n' : '+OK\r\n'))

export const sieve = (t: TestContext): Promise<Behind> =>
  behind(t, '"IMPLEMENTATION" "behind"\r\n"SASL" "PLAIN"\r\n"SIEVE" "fileinto"\r\nOK\r\n', () => 'OK\r\n')

export interface Dialect {
  readonly name: string
  readonly serve: (t: TestContext) => Promise<Behind>
  /** The end of the greeting. */
  readonly greeted: RegExp
  readonly starttls: string
  readonly goAhead: RegExp
  /** What is injected: it must never reach the server, neither before nor behind TLS. */
  readonly evil: string
  /** A command that is answered, and its answer. */
  readonly ping: readonly [string, RegExp]
  /** What a client hears that is not let in. */
  readonly crowded: RegExp
  /** What is said of plain text in the segment of the request. */
  readonly injected: RegExp
}

export const DIALECTS: readonly Dialect[] = [
  {
    name: 'smtp',
    serve: smtp,
    greeted: /^220 .*\r\n/,
    starttls: 'STARTTLS\r\n',
    goAhead: /220 2\.0\.0 .*\r\n/,
    evil: 'MAIL FROM:<evil@example.org>\r\n',
    ping: ['EHLO x\r\n', /250 8BITMIME\r\n/],
    crowded: /^421 4\.3\.2 Too many connections[^\r]*\r\n$/,
    injected: /554 5\.5\.1 [^\r]*\r\n$/,
  },
  {
    name: 'imap',
    serve: imap,
    greeted: /^\* OK .*\r\n/,
    starttls: 'a STARTTLS\r\n',
    goAhead: /a OK .*\r\n/,
    evil: 'b LOGIN evil evil\r\n',
    ping: ['c NOOP\r\n', /c OK/],
    crowded: /^\* BYE \[UNAVAILABLE\] Too many connections[^\r]*\r\n$/,
    injected: /\* BYE [^\r]*\r\n$/,
  },
  {
    name: 'pop3',
    serve: pop3,
    greeted: /^\+OK .*\r\n/,
    starttls: 'STLS\r\n',
    goAhead: /\+OK .*\r\n/,
    evil: 'USER evil\r\n',
    ping: ['CAPA\r\n', /\.\r\n/],
    crowded: /^-ERR \[SYS\/TEMP\] Too many connections[^\r]*\r\n$/,
    injected: /-ERR [^\r]*\r\n$/,
  },
  {
    name: 'sieve',
    serve: sieve,
    greeted: /\r\nOK.*\r\n$/,
    starttls: 'STARTTLS\r\n',
    goAhead: /OK .*\r\n/,
    evil: 'PUTSCRIPT "evil" "keep;"\r\n',
    ping: ['NOOP\r\n', /OK/],
    crowded: /^BYE \(TRYLATER\) "Too many connections[^\r]*"\r\n$/,
    injected: /BYE [^\r]*\r\n$/,
  },
]

export const gateFor = (dialect: string, backend: number, t: TestContext, more: object = {}, service: object = {}): Promise<Gated> =>
  startGate({ services: { door: { dialect, tls: 'starttls', backend: `127.0.0.1:${backend}`, ...service } }, ...more }, t)

/** Somebody else is served, and at once. */
export async function servesOthers(port: number, { greeted, ping: [command, answer] }: Dialect): Promise<void> {
  const begin = performance.now()
  const other = await Talker.to(port)
  await other.hears(greeted)
  await other.asks(command, answer)
  other.leave()
  assert.ok(performance.now() - begin < 2000, 'others are held up')
}

/** The same as soon as those who have left are out. */
export async function servesAgain(port: number, dialect: Dialect): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const served = await servesOthers(port, dialect).then(
      () => true,
      () => false,
    )
    if (served) return
    await delay(50)
  }
  await servesOthers(port, dialect)
}

/** A hello of TLS 1.2 that is answered. */
export const HELLO: Buffer = clientHello(
  0x0303,
  [0xc02f],
  [
    [10, Buffer.from([0, 2, 0, 23])],
    [13, Buffer.from([0, 2, 4, 1])],
  ],
)

/** The record that it begins with. */
export const SERVER_HELLO: RegExp = new RegExp(`(?:^|\n)${String.fromCodePoint(22, 3, 3)}`)

const [smtpDialect] = DIALECTS as readonly [Dialect]
export const SMTP: Dialect = smtpDialect

export const SHORT: Readonly<Record<'hello' | 'handshake' | 'idle' | 'total', number>> = { hello: 1, handshake: 1, idle: 1.5, total: 3 }

export const MB: number = 1024 * 1024
const WAVE: Buffer = Buffer.alloc(MB, 'x'.repeat(70) + '\r\n')

/** Says as much as it is let, up to so many MB, once it was told to. */
export function flood(socket: Socket, most: number, wave: Buffer = WAVE, tell = (): unknown => undefined): void {
  let said = 0
  const more = (): void => {
    while (said < most && !socket.destroyed) {
      said += 1
      tell()
      if (!socket.write(wave)) return void socket.once('drain', more)
    }
  }
  more()
}
