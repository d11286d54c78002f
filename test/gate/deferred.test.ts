import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { certificates, needPeer, startPeer, type Peer } from '../peers/index.ts'
import { runGateProcess } from './gate-process.ts'
import { startGate, type Gated } from './gated.ts'
import { logged } from './logged.ts'
import { Talker } from './talker.ts'

const { root } = await certificates()

/** The port of a server, or what a server does with a connection. */
type Behind = number | ((socket: Socket) => void)

/** A way to a server that counts who takes it, and may be closed. */
class Counted {
  count = 0
  port = 0
  readonly #server = createServer((socket) => this.#take(socket))
  readonly #to: Behind

  private constructor(to: Behind) {
    this.#to = to
  }

  static async start(t: TestContext, to: Behind): Promise<Counted> {
    const counted = new Counted(to)
    counted.#server.listen(0, '127.0.0.1')
    await once(counted.#server, 'listening')
    counted.port = (counted.#server.address() as AddressInfo).port
    t.after(() => counted.close())
    return counted
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Those who are there go on. */
  close(): void {
    this.#server.close()
  }

  #take(socket: Socket): void {
    this.count += 1
    socket.on('error', () => socket.destroy())
    if (typeof this.#to === 'function') return this.#to(socket)
    const behind = connect(this.#to, '127.0.0.1')
    behind.on('error', () => socket.destroy())
    socket.on('close', () => behind.destroy())
    behind.on('close', () => socket.destroy())
    socket.pipe(behind).pipe(socket)
  }
}

/** An SMTP server that says what it is told to say. */
function smtp(says: { greeting: string; hello: string }): (socket: Socket) => void {
  return (socket) => {
    socket.write(`${says.greeting}\r\n`)
    socket.on('data', (bytes) => {
      for (const line of bytes.toString('latin1').split('\r\n').slice(0, -1)) {
        if (line.startsWith('EHLO')) socket.write(says.hello)
        else if (line.startsWith('QUIT')) socket.end('221 bye\r\n')
        else socket.write('250 2.0.0 ok\r\n')
      }
    })
  }
}

interface Words {
  readonly greeted: RegExp
  readonly list: string
  readonly listed: RegExp
  readonly starttls: string
  readonly goAhead: RegExp
  /** Only the server can answer it. */
  readonly need: string
  readonly met: RegExp
}

const IN_SMTP: Words = {
  greeted: /^220 [^\r]*\r\n$/,
  list: 'EHLO client.example\r\n',
  listed: /^250-STARTTLS\r\n[^]*^250 [^\r]*\r\n$/m,
  starttls: 'STARTTLS\r\n',
  goAhead: /^220 2\.0\.0/,
  need: 'EHLO client.example\r\n',
  met: /^250-[^]*^250 [^\r]*\r\n$/m,
}

const IN_IMAP: Words = {
  greeted: /^\* OK \[CAPABILITY [^\]]*STARTTLS LOGINDISABLED\] [^\r]*\r\n$/,
  list: 'a CAPABILITY\r\n',
  listed: /^\* CAPABILITY [^\r]*STARTTLS LOGINDISABLED\r\na OK/,
  starttls: 'b STARTTLS\r\n',
  goAhead: /^b OK/,
  need: 'c LOGIN deferred x\r\n',
  met: /^c OK/m,
}

/** Says everything up to TLS. */
async function toTls(port: number, { greeted, list, listed, starttls, goAhead }: Words, from?: string): Promise<Talker> {
  const client = await Talker.to(port, from)
  await client.hears(greeted)
  await client.asks(list, listed)
  await client.asks(starttls, goAhead)
  await client.secure()
  return client
}

/** Clients come until the gate greets them in the server's place. */
async function warm({ port, record }: Gated, service: string, behind: Counted, from?: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const before = behind.count
    const client = await Talker.to(port(service), from)
    await client.hears(/\n/)
    client.leave()
    await record()
    if (behind.count === before) return
    await delay(20)
  }
  assert.fail('the server is asked for every client')
}

type Service = Readonly<Record<string, unknown>>

const gateTo = (front: Service, t: TestContext, more: Service = {}): Promise<Gated> => startGate({ services: { front }, ...more }, t)

type Doors = Readonly<Record<string, number>>

describe('a client that only goes to TLS is no connection for the server behind', () => {
  let dovecot: Peer<'dovecot'> | undefined
  before(async () => {
    if (needPeer('dovecot') === false) dovecot = await startPeer('dovecot', {})
  })
  after(() => dovecot?.stop())
  const doorsOf = async (peer: 'postfix' | 'exim' | 'dovecot', t: TestContext): Promise<Doors> => {
    if (peer === 'dovecot') return dovecot?.doors ?? {}
    return peer === 'postfix' ? (await startPeer(peer, {}, t)).doors : (await startPeer(peer, {}, t)).doors
  }
  const rows: readonly (readonly [peer: 'postfix' | 'exim' | 'dovecot', dialect: string, words: Words, more?: Service])[] = [
    ['postfix', 'smtp', IN_SMTP],
    ['exim', 'smtp', IN_SMTP],
    ['dovecot', 'imap', IN_IMAP],
    ['dovecot', 'imap', { ...IN_IMAP, greeted: /^\* OK Dovecot[^\r]*\r\n$/ }, { tls: 'starttls', ca: root }],
    [
      'dovecot',
      'pop3',
      {
        greeted: /^\+OK [^\r<]*\r\n$/,
        list: 'CAPA\r\n',
        listed: /^\+OK[^]*\r\nSTLS\r\n\.\r\n$/,
        starttls: 'STLS\r\n',
        goAhead: /^\+OK/,
        need: 'CAPA\r\n',
        met: /^\+OK[^]*\r\n\.\r\n$/,
      },
    ],
    ['dovecot', 'lmtp', { ...IN_SMTP, list: 'LHLO client.example\r\n', need: 'LHLO client.example\r\n' }],
  ]
  for (const [peer, dialect, words, more = {}] of rows) {
    test(`${dialect} of ${peer}${'tls' in more ? ', in TLS' : ''}`, { skip: needPeer(peer) }, async (t) => {
      const doors = await doorsOf(peer, t)
      const behind = await Counted.start(t, doors[dialect] ?? 0)
      const modes = ['required', 'starttls'] as const
      const service = (tls: string): Service => ({ dialect, tls, backend: { address: behind.address, ...more } })
      const gated = await startGate({ services: { required: service('required'), starttls: service('starttls') } }, t)
      const { port, record } = gated
      for (const mode of modes) {
        await warm(gated, mode, behind)
        const before = behind.count
        const client = await toTls(port(mode), words)
        assert.equal(behind.count, before, 'nobody has asked it anything')
        await client.asks(words.need, words.met)
        assert.equal(behind.count, before + 1, 'one connection is enough')
        client.leave()
        assert.equal((await record()).ended.why, 'client-left')
      }
    })
  }

  test('in ManageSieve it is one as soon as TLS stands, which begins with its capabilities', { skip: needPeer('dovecot') }, async (t) => {
    const behind = await Counted.start(t, dovecot?.doors.sieve ?? 0)
    const gated = await gateTo({ dialect: 'sieve', tls: 'required', backend: behind.address }, t)
    const { port } = gated
    const words = { greeted: /^OK/m, list: 'CAPABILITY\r\n', listed: /^"SASL" ""\r\n[^]*^OK/m, starttls: 'STARTTLS\r\n', goAhead: /^OK/ }
    await warm(gated, 'front', behind)
    const before = behind.count
    const client = await Talker.to(port('front'))
    await client.hears(words.greeted)
    await client.asks(words.list, words.listed)
    await client.asks(words.starttls, words.goAhead)
    assert.equal(behind.count, before)
    await client.secure()
    await client.hears(/^"SASL" "PLAIN"[^]*^OK[^\r]*\r\n$/m)
    assert.match(await client.asks('AUTHENTICATE "PLAIN" "AHNpZXZlAHg="\r\n', /\r\n/), /^OK/)
    assert.equal(behind.count, before + 1)
    client.leave()
  })

  test('nor are those that never get there, in whatever number', async (t) => {
    const behind = await Counted.start(t, smtp({ greeting: '220 behind ESMTP', hello: '250-behind\r\n250 SIZE\r\n' }))
    const gated = await gateTo({ dialect: 'smtp', tls: 'required', backend: behind.address }, t)
    const { port, record } = gated
    await warm(gated, 'front', behind)
    const before = behind.count
    const lines = [
      '',
      'EHLO x\r\n',
      'MAIL FROM:<>\r\n',
      'STARTTLS\r\nx',
      'AUTH PLAIN AHgAeA==\r\n',
      'RSET\r\nNOOP\r\nVRFY x\r\n',
      'QUIT\r\n',
    ]
    await Promise.all(
      lines.map(async (line) => {
        const client = await Talker.to(port('front'))
        await client.hears(IN_SMTP.greeted)
        if (line !== '') await client.asks(line, /\r\n/)
        client.leave()
        await record()
      }),
    )
    assert.equal(behind.count, before)
  })

  test('of several processes each asks for itself', async (t) => {
    const behind = await Counted.start(t, smtp({ greeting: '220 behind ESMTP', hello: '250-behind\r\n250 SIZE\r\n' }))
    const front = { listen: '127.0.0.1:0', dialect: 'smtp', tls: 'required', policy: 'mozilla-intermediate', backend: behind.address }
    const gate = await runGateProcess({ services: { front }, workers: 2 })
    t.after(() => gate.end())
    const come = async (): Promise<void> => {
      const client = await toTls(gate.port('front'), IN_SMTP)
      await client.asks('QUIT\r\n', /^221/)
    }
    for (let count = 0; count < 30; count++) await come()
    assert.ok(behind.count <= 10, `${behind.count} connections`)
    const before = behind.count
    await Promise.all(Array.from({ length: 12 }, come))
    assert.ok(behind.count - before <= 2, `${behind.count - before} connections more`)
  })
})

describe('who is told of TLS hears of it over the one connection there is', () => {
  const CLIENT = '127.0.0.9'

  test('by PROXY', { skip: needPeer('dovecot') }, async (t) => {
    const { doors, log } = await startPeer('dovecot', { behindProxy: true }, t)
    const behind = await Counted.start(t, doors.imap)
    const gated = await gateTo({ dialect: 'imap', tls: 'required', backend: { address: behind.address, proxy: 'v2' } }, t)
    const { port } = gated
    await warm(gated, 'front', behind, CLIENT)
    const before = behind.count
    const client = await toTls(port('front'), IN_IMAP, CLIENT)
    await client.asks(IN_IMAP.need, IN_IMAP.met)
    assert.equal(behind.count, before + 1)
    client.leave()
    await logged(log, /Login: user=<deferred>.*rip=127\.0\.0\.9, lip=127\.0\.0\.1,.*(?:TLS|secured)/)
  })

  test('by XCLIENT', { skip: needPeer('postfix') }, async (t) => {
    const { doors, log } = await startPeer('postfix', { xclient: true }, t)
    const behind = await Counted.start(t, doors.smtp)
    const gated = await gateTo({ dialect: 'smtp', tls: 'required', backend: { address: behind.address, xclient: true } }, t)
    const { port } = gated
    await warm(gated, 'front', behind, CLIENT)
    const before = behind.count
    const client = await toTls(port('front'), IN_SMTP, CLIENT)
    assert.doesNotMatch(await client.asks(IN_SMTP.need, IN_SMTP.met), /XCLIENT/)
    await client.asks('MAIL FROM:<deferred@example.org>\r\n', /^250 2\.1\.0/)
    assert.match(await client.asks('RCPT TO:<nobody@example.net>\r\n', /\r\n/), / Relay access denied/)
    assert.equal(behind.count, before + 1)
    await client.asks('QUIT\r\n', /^221/)
    await logged(log, /NOQUEUE: reject: RCPT from unknown\[127\.0\.0\.9\]: .*from=<deferred@/)
  })
})

describe('what was heard of a server is not believed longer than it is true', () => {
  test('it is gone: the client hears so in its first answer, the next one in place of the greeting', async (t) => {
    const behind = await Counted.start(t, smtp({ greeting: '220 behind ESMTP', hello: '250-behind\r\n250 SIZE\r\n' }))
    const gated = await gateTo({ dialect: 'smtp', tls: 'required', backend: behind.address }, t)
    const { port, record } = gated
    await warm(gated, 'front', behind)
    behind.close()
    const client = await toTls(port('front'), IN_SMTP)
    assert.match(await client.asks('EHLO client.example\r\n', /\r\n/), /^421 4\.3\.0 /)
    await client.isClosed()
    const { ended } = await record()
    assert.equal(ended.why, 'server-lost')
    assert.match(ended.reason ?? '', /^Cannot reach the server behind at 127\.0\.0\.1:/)
    const next = await Talker.to(port('front'))
    await next.isClosed()
    assert.match(next.heard, /^421 4\.3\.0 /)
  })

  test('it can do less: nobody goes on with what was announced, and the next one hears what is true', async (t) => {
    const says = { greeting: '220 behind ESMTP', hello: '250-behind\r\n250-SIZE\r\n250 SMTPUTF8\r\n' }
    const behind = await Counted.start(t, smtp(says))
    const gated = await gateTo({ dialect: 'smtp', tls: 'starttls', backend: behind.address }, t)
    const { port, record } = gated
    await warm(gated, 'front', behind)
    says.hello = '250-behind\r\n250 SIZE\r\n'
    const client = await Talker.to(port('front'))
    await client.hears(IN_SMTP.greeted)
    assert.match(await client.asks(IN_SMTP.list, IN_SMTP.listed), /SMTPUTF8/)
    assert.match(await client.asks('MAIL FROM:<é@example.org> SMTPUTF8\r\n', /\r\n/), /^421 4\.3\.0 /)
    assert.equal((await record()).ended.why, 'server-misbehaves')
    const next = await Talker.to(port('front'))
    await next.hears(IN_SMTP.greeted)
    assert.doesNotMatch(await next.asks(IN_SMTP.list, IN_SMTP.listed), /SMTPUTF8/)
    assert.match(await next.asks('MAIL FROM:<a@example.org>\r\n', /\r\n/), /^250 /)
    next.leave()
  })

  test('it refuses this client: that is the answer', async (t) => {
    const says = { greeting: '220 behind ESMTP', hello: '250-behind\r\n250 SIZE\r\n' }
    const behind = await Counted.start(t, smtp(says))
    const gated = await gateTo({ dialect: 'smtp', tls: 'required', backend: behind.address }, t)
    const { port } = gated
    await warm(gated, 'front', behind)
    says.greeting = '554 5.7.1 not you'
    const client = await toTls(port('front'), IN_SMTP)
    assert.equal(await client.asks('EHLO client.example\r\n', /\r\n/), '554 5.7.1 not you\r\n')
    client.leave()
  })
})

describe('a client without a server', () => {
  const front = async (t: TestContext, more: Service = {}): Promise<Gated> => {
    const behind = await Counted.start(t, smtp({ greeting: '220 behind ESMTP', hello: '250-behind\r\n250 SIZE\r\n' }))
    const gated = await gateTo({ dialect: 'smtp', tls: 'required', backend: behind.address }, t, more)
    await warm(gated, 'front', behind)
    return gated
  }

  test('that says no more is let go, and has its line in the log', async (t) => {
    const { port, record } = await front(t)
    const client = await Talker.to(port('front'))
    await client.hears(IN_SMTP.greeted)
    client.done()
    await client.isClosed()
    assert.equal((await record()).ended.why, 'client-left')
  })

  test('is waited for no longer than others', async (t) => {
    const { port, record } = await front(t, { timeouts: { idle: 1 } })
    const client = await Talker.to(port('front'))
    await client.hears(IN_SMTP.greeted)
    await client.isClosed()
    assert.equal((await record()).ended.why, 'idle')
  })
})
