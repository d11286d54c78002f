import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { needPeer, startPeer } from '../peers/index.ts'
import { clientHello } from '../peers/hellos.ts'
import { startGate, type Gated } from './gated.ts'
import { runGateProcess } from './gate-process.ts'
import { Talker } from './talker.ts'

/** Each attack against a gate that runs, by its name. What a client did is made undone by nobody: so every test ends with a look at who else is served. */

interface Behind {
  readonly port: number
  /** All that came, of all connections. */
  readonly heard: () => string
  readonly open: () => number
  readonly total: () => number
}

/** A server behind that greets, answers each line, and keeps what it hears. */
async function behind(t: TestContext, greeting: string, answer: (line: string, socket: Socket) => string): Promise<Behind> {
  const sockets = new Set<Socket>()
  let heard = ''
  let total = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    total += 1
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    // It answers what it has read before it closes, as servers do.
    socket.on('end', () => void setTimeout(() => socket.end(), 400))
    let rest = ''
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
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
  return { port: address.port, heard: () => heard, open: () => sockets.size, total: () => total }
}

const smtp = (t: TestContext): Promise<Behind> =>
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

const imap = (t: TestContext): Promise<Behind> =>
  behind(t, '* OK [CAPABILITY IMAP4rev1] behind\r\n', (line) => {
    const [tag = '', command = ''] = line.split(' ')
    return command.toUpperCase() === 'CAPABILITY' ? `* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n` : `${tag} OK done\r\n`
  })

const pop3 = (t: TestContext): Promise<Behind> =>
  behind(t, '+OK behind\r\n', (line) => (/^CAPA/i.test(line) ? '+OK\r\nUSER\r\n.\r\n' : '+OK\r\n'))

const sieve = (t: TestContext): Promise<Behind> =>
  behind(t, '"IMPLEMENTATION" "behind"\r\n"SASL" "PLAIN"\r\n"SIEVE" "fileinto"\r\nOK\r\n', () => 'OK\r\n')

interface Dialect {
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

const DIALECTS: readonly Dialect[] = [
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

const gateFor = (dialect: string, backend: number, t: TestContext, more: object = {}, service: object = {}): Promise<Gated> =>
  startGate({ services: { door: { dialect, tls: 'starttls', backend: `127.0.0.1:${backend}`, ...service } }, ...more }, t)

/** Somebody else is served, and at once. */
async function servesOthers(port: number, { greeted, ping: [command, answer] }: Dialect): Promise<void> {
  const begin = performance.now()
  const other = await Talker.to(port)
  await other.hears(greeted)
  await other.asks(command, answer)
  other.leave()
  assert.ok(performance.now() - begin < 2000, 'others are held up')
}

/** The same as soon as those who have left are out. */
async function servesAgain(port: number, dialect: Dialect): Promise<void> {
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
const HELLO = clientHello(
  0x0303,
  [0xc02f],
  [
    [10, Buffer.from([0, 2, 0, 23])],
    [13, Buffer.from([0, 2, 4, 1])],
  ],
)

/** The record that it begins with. */
const SERVER_HELLO = new RegExp(`(?:^|\n)${String.fromCodePoint(22, 3, 3)}`)

const [SMTP] = DIALECTS as readonly [Dialect]

describe('starttls-injection', { concurrency: 4 }, () => {
  for (const dialect of DIALECTS) {
    const { name, serve, greeted, starttls, goAhead, evil, injected } = dialect
    const begin = async (t: TestContext): Promise<{ back: Behind; gated: Gated; talker: Talker }> => {
      const back = await serve(t)
      const gated = await gateFor(name, back.port, t)
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      if (name === 'smtp') await talker.asks('EHLO client\r\n', /250 8BITMIME\r\n/)
      return { back, gated, talker }
    }
    const unheard = async ({ back, gated }: { back: Behind; gated: Gated }): Promise<void> => {
      assert.ok(!back.heard().includes('evil'), back.heard())
      assert.equal((await gated.record()).ended.why, 'starttls-injection')
      await servesOthers(gated.port('door'), dialect)
    }

    test(`${name}: in the segment of the request`, async (t) => {
      const all = await begin(t)
      assert.match(await all.talker.asks(starttls + evil, injected), injected)
      await all.talker.isClosed()
      assert.doesNotMatch(all.talker.heard, /^220|OK Begin/)
      await unheard(all)
    })

    test(`${name}: in a later segment, before the go-ahead is read`, async (t) => {
      const all = await begin(t)
      all.talker.say(starttls)
      await delay(1)
      all.talker.say(evil)
      await all.talker.isClosed()
      await unheard(all)
    })

    test(`${name}: between the go-ahead and the hello`, async (t) => {
      const all = await begin(t)
      await all.talker.asks(starttls, goAhead)
      all.talker.say(Buffer.concat([Buffer.from(evil), HELLO]))
      await all.talker.isClosed()
      await unheard(all)
    })

    test(`${name}: a hello in the segment of the request is one in a hurry, and is served`, async (t) => {
      const { back, gated, talker } = await begin(t)
      await talker.asks(Buffer.concat([Buffer.from(starttls), HELLO]), goAhead)
      await talker.hears(SERVER_HELLO)
      talker.leave()
      assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'reset' })
      assert.ok(!back.heard().includes('evil'))
    })
  }
})

/** In two parts, since Exim wants DATA at the end of a group. */
const SMUGGLED = [
  'MAIL FROM:<smuggled@example.org>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n',
  'Subject: x\r\n\r\nsmuggled\r\n.\r\n',
] as const
const BREAKS = ['\r\n', '\n', '\r'] as const
const ENDS: readonly string[] = [
  ...BREAKS.flatMap((before) => BREAKS.map((after) => `${before}.${after}`)).filter((end) => end !== '\r\n.\r\n'),
  '\r\n.\r\r\n',
  '\n\r\n.\n',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
]

/** Says a message with another one in it, with this end before it. */
async function smuggle(port: number, end: string): Promise<string> {
  const talker = await Talker.to(port)
  await talker.hears(/^220 .*\r\n/)
  await talker.asks('EHLO client.example\r\n', /250 [^\r]*\r\n$/)
  await talker.asks('MAIL FROM:<sender@example.org>\r\n', /^250 /)
  await talker.asks('RCPT TO:<victim@example.net>\r\n', /^250 /)
  await talker.asks('DATA\r\n', /^354 /)
  talker.say(`Subject: outer\r\n\r\nouter${end}${SMUGGLED[0]}`)
  await delay(60)
  talker.say(SMUGGLED[1])
  await delay(60)
  const { heard } = talker
  talker.leave()
  return heard
}

describe('smuggling', () => {
  for (const name of ['postfix', 'exim'] as const) {
    test(`${name} behind hears of no end but the one`, { skip: needPeer(name) }, async (t) => {
      const { doors, log } = name === 'postfix' ? await startPeer('postfix', {}, t) : await startPeer('exim', { acceptsMail: true }, t)
      const gated = await gateFor('smtp', doors.smtp, t)
      for (const end of ENDS) {
        const said = await smuggle(gated.port('door'), end)
        const bare = /(?<!\r)\n|\r(?!\n)/.test(end)
        const { ended } = await gated.record()
        assert.equal(ended.why === 'smuggling', bare, JSON.stringify([end, said, ended]))
        if (bare) assert.match(said, /\r\n550 5\.5\.2 [^\r]*\r\n$/)
      }
      await delay(200)
      assert.doesNotMatch(log(), /smuggled@/)
      // The control: without a gate some of them get through, or this test shows nothing. Debian has mended its Exim.
      if (name === 'postfix') {
        for (const end of ENDS) await smuggle(doors.smtp, end)
        for (let tries = 0; tries < 50 && !log().includes('smuggled@'); tries += 1) await delay(20)
        assert.match(log(), /smuggled@/)
      }
      await servesOthers(gated.port('door'), { ...SMTP, ping: ['NOOP\r\n', /^250 /] })
    })
  }
})

const SHORT = { hello: 1, handshake: 1, idle: 1.5, total: 3 }

describe('slowloris', { concurrency: 8 }, () => {
  const drip = async (talker: Talker, bytes: Uint8Array, each = 250): Promise<void> => {
    for (const byte of bytes) {
      if (talker.closed) return
      talker.say(Uint8Array.of(byte))
      await delay(each)
    }
  }

  test('a hello octet by octet ends by `hello`', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t, { timeouts: SHORT }, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    void drip(talker, HELLO)
    const took = await talker.isClosed()
    assert.ok(took > 800 && took < 2000, `${took} ms`)
    assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'too-late' })
    assert.equal(back.total(), 0, 'nobody behind is asked before TLS')
  })

  test('silence before a hello ends by `hello`', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { timeouts: SHORT }, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    const took = await talker.isClosed()
    assert.ok(took > 800 && took < 2000, `${took} ms`)
    assert.equal((await gated.record()).ended.reason, 'too-late')
  })

  test('what follows a hello octet by octet ends by `handshake`', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { timeouts: { ...SHORT, idle: 60, total: 60 } }, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    talker.say(HELLO)
    await talker.hears(SERVER_HELLO)
    // A record of 4 kB that never comes whole.
    void drip(talker, Buffer.concat([Buffer.from([22, 3, 3, 16, 0]), Buffer.alloc(4096, 1)]))
    const took = await talker.isClosed()
    assert.ok(took > 800 && took < 2000, `${took} ms`)
    assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'timeout' })
  })

  for (const [when, secured] of [['before TLS', false] as const, ['in TLS', true] as const]) {
    test(`a command octet by octet ends by \`idle\`, ${when}`, async (t) => {
      const back = await smtp(t)
      const gated = await gateFor('smtp', back.port, t, { timeouts: { ...SHORT, total: 60 } }, { tls: secured ? 'implicit' : 'starttls' })
      const talker = secured ? await Talker.inTls(gated.port('door')) : await Talker.to(gated.port('door'))
      await talker.hears(SMTP.greeted)
      void drip(talker, Buffer.from('N'.repeat(100)))
      const took = await talker.isClosed()
      assert.ok(took > 1200 && took < 3000, `${took} ms`)
      assert.equal((await gated.record()).ended.why, 'idle')
      for (let tries = 0; tries < 100 && back.open() > 0; tries += 1) await delay(20)
      assert.equal(back.open(), 0, 'nor does it hold a connection behind')
    })
  }

  test('commands one by one end by `total`', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { timeouts: { ...SHORT, total: 2 } })
    const talker = await Talker.to(gated.port('door'))
    void drip(talker, Buffer.from('NOOP\r\n'.repeat(100)), 40)
    const took = await talker.isClosed()
    assert.ok(took > 1500 && took < 3500, `${took} ms`)
    assert.equal((await gated.record()).ended.why, 'total')
  })

  test('holds nobody up', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t)
    const slow = await Promise.all(Array.from({ length: 90 }, () => Talker.to(gated.port('door'))))
    for (const talker of slow) talker.say('EHL')
    await servesOthers(gated.port('door'), SMTP)
    for (const talker of slow) talker.leave()
  })
})

describe('hello-bomb', { concurrency: 4 }, () => {
  const record = (content: Uint8Array, type = 22): Buffer =>
    Buffer.concat([Buffer.from([type, 3, 1, content.length >> 8, content.length & 0xff]), content])
  const fragmented = (bytes: Uint8Array, size: number): Buffer => {
    const records: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) records.push(record(bytes.subarray(at, at + size)))
    return Buffer.concat(records)
  }
  const long = Buffer.concat([Buffer.from([1, 1, 0, 0]), Buffer.alloc(65_536)])
  const bombs: readonly (readonly [name: string, bytes: Buffer])[] = [
    ['64 kB of a hello', fragmented(long, 16_384)],
    ['a hello that says it has 16 MB', fragmented(Buffer.concat([Buffer.from([1, 255, 255, 255]), Buffer.alloc(100_000)]), 16_384)],
    ['endless records of handshake messages that are none', Buffer.alloc(200_000, record(Buffer.from([1, 255, 0, 0]).subarray(0, 1)))],
    ['a hello in fragments of an octet', fragmented(long, 1)],
    ['empty records without end', Buffer.alloc(200_000, record(Buffer.alloc(0)))],
    ['warnings without end', Buffer.alloc(200_000, record(Buffer.from([1, 90]), 21))],
  ]
  for (const [name, bytes] of bombs) {
    test(`${name}: closed, and others are served`, async (t) => {
      const back = await smtp(t)
      const gated = await startGate(
        {
          services: {
            tls: { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${back.port}` },
            door: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${back.port}` },
          },
          timeouts: SHORT,
        },
        t,
      )
      const talker = await Talker.to(gated.port('tls'))
      talker.say(bytes)
      await servesOthers(gated.port('door'), SMTP)
      await talker.isClosed(3000)
      assert.equal(back.total(), 1, 'only for those who are served')
      assert.equal(gated.records.find(({ service }) => service === 'tls')?.ended.why, 'handshake-failed')
    })
  }

  test('a hello in fragments of an octet that is one is served', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, {}, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    for (const byte of fragmented(HELLO.subarray(5), 1)) talker.say(Uint8Array.of(byte))
    await talker.hears(SERVER_HELLO)
    talker.leave()
    assert.deepEqual((await gated.record()).hello?.suites, ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])
  })
})

describe('line-bomb', { concurrency: 4 }, () => {
  for (const dialect of DIALECTS) {
    const { name, serve, greeted, ping } = dialect
    test(`${name}: a line without an end`, async (t) => {
      const back = await serve(t)
      const gated = await gateFor(name, back.port, t)
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      const before = back.heard().length
      talker.say('A'.repeat(10_000_000))
      await talker.isClosed()
      assert.equal((await gated.record()).ended.why, 'line-too-long')
      assert.equal(back.heard().length, before)
      await servesOthers(gated.port('door'), dialect)
    })

    test(`${name}: commands without waiting for an answer`, async (t) => {
      const silent = await behind(t, await greetingOf(name), () => '')
      const gated = await gateFor(name, silent.port, t, { timeouts: SHORT })
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      talker.say(ping[0].repeat(2_000_000))
      await talker.isClosed()
      assert.ok(silent.heard().length < 1_000_000, `${silent.heard().length} octets went on`)
      assert.ok((await gated.record()).bytes.in < 1_000_000)
    })
  }
})

async function greetingOf(name: string): Promise<string> {
  const greetings: Readonly<Record<string, string>> = {
    smtp: '220 behind ESMTP\r\n',
    imap: '* OK behind\r\n',
    pop3: '+OK behind\r\n',
    sieve: '"SASL" ""\r\nOK\r\n',
  }
  return greetings[name] ?? ''
}

describe('half-open', { concurrency: 4 }, () => {
  for (const secured of [false, true]) {
    test(`who says no more still hears the answer, ${secured ? 'in TLS' : 'before it'}`, async (t) => {
      const back = await behind(t, '220 behind\r\n', (line, socket) => {
        if (line !== '.') return line.startsWith('DATA') ? '354 go on\r\n' : /^(?:EHLO|MAIL|RCPT)/.test(line) ? '250 ok\r\n' : ''
        setTimeout(() => void socket.end('250 queued\r\n'), 200)
        return ''
      })
      const gated = await gateFor('smtp', back.port, t, {}, { tls: secured ? 'implicit' : 'starttls' })
      const talker = secured ? await Talker.inTls(gated.port('door')) : await Talker.to(gated.port('door'))
      await talker.hears(SMTP.greeted)
      for (const command of ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<a@example.org>']) await talker.asks(`${command}\r\n`, /^250 |\r\n250 /)
      await talker.asks('DATA\r\n', /^354 /)
      talker.say('text\r\n.\r\n')
      talker.done()
      await talker.hears(/250 queued\r\n/)
      assert.equal((await gated.record()).ended.why, 'client-left')
    })
  }

  test('whoever vanishes in the middle of anything leaves nothing behind', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t)
    const parts = [
      '',
      'EHLO x\r\n',
      'EHLO x\r\nSTARTTLS\r\n',
      Buffer.concat([Buffer.from('STARTTLS\r\n'), HELLO]),
      'MAIL FR',
      'STARTTLS\r\n\x16\x03',
    ]
    for (const leave of ['done', 'leave', 'reset'] as const) {
      for (const part of parts) {
        const talker = await Talker.to(gated.port('door'))
        await talker.hears(SMTP.greeted)
        talker.say(part)
        await delay(20)
        if (leave === 'reset') talker.socket.resetAndDestroy()
        else talker[leave]()
        await gated.record()
        talker.leave()
      }
    }
    for (let tries = 0; tries < 100 && back.open() > 0; tries += 1) await delay(20)
    assert.equal(back.open(), 0)
  })
})

const MB = 1024 * 1024
const WAVE = Buffer.alloc(MB, 'x'.repeat(70) + '\r\n')

/** Says as much as it is let, up to so many MB, once it was told to. */
function flood(socket: Socket, most: number, wave = WAVE, tell = (): unknown => undefined): void {
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

describe('bounded memory, in a process of its own', { concurrency: 2 }, () => {
  /** As `slow-client`: an attack of 200 MB may cost the gate a few MB, and what the system keeps in sockets. */
  const ALLOWED_KB = 24 * 1024

  async function grows(
    t: TestContext,
    words: Readonly<Record<string, unknown>>,
    attack: (port: number) => Promise<Talker[]>,
  ): Promise<void> {
    const gate = await runGateProcess({ services: { door: { listen: '127.0.0.1:0', policy: 'mozilla-intermediate', ...words } } })
    t.after(gate.end)
    // What it needs anyway: its code is compiled with the first connections, and not with those of the attack.
    for (let at = 0; at < 20; at += 1) {
      const talker = words['tls'] === 'implicit' ? await Talker.inTls(gate.port('door')) : await Talker.to(gate.port('door'))
      await delay(5)
      talker.leave()
    }
    await delay(200)
    const before = gate.memory()
    const talkers = await attack(gate.port('door'))
    let most = 0
    for (let at = 0; at < 20; at += 1) {
      await delay(75)
      most = Math.max(most, gate.memory())
    }
    for (const talker of talkers) talker.leave()
    t.diagnostic(`from ${before} kB to ${most} kB`)
    assert.ok(most - before < ALLOWED_KB, `from ${before} kB to ${most} kB`)
  }

  test('slow-client: 200 MB for a client that reads nothing', async (t) => {
    const back = await behind(t, '* OK behind\r\n', (line, socket) => {
      if (!line.includes('LOGIN')) setImmediate(() => flood(socket, 200))
      return `${line.split(' ')[0]} OK done\r\n`
    })
    await grows(t, { dialect: 'imap', tls: 'implicit', backend: `127.0.0.1:${back.port}` }, async (port) => {
      const talker = await Talker.inTls(port)
      await talker.hears(/^\* OK/)
      await talker.asks('a LOGIN x x\r\n', /a OK/)
      talker.socket.pause()
      talker.say('b FETCH 1:* BODY[]\r\n')
      await delay(500)
      return [talker]
    })
  })

  test('slow-client: ten of them that ask and do not read', async (t) => {
    const back = await pop3(t)
    await grows(t, { dialect: 'pop3', tls: 'starttls', backend: `127.0.0.1:${back.port}` }, async (port) => {
      const talkers = await Promise.all(Array.from({ length: 10 }, () => Talker.to(port)))
      for (const talker of talkers) {
        talker.socket.pause()
        for (let at = 0; at < 20; at += 1) talker.say('CAPA\r\n'.repeat(50_000))
      }
      return talkers
    })
  })
})

describe('backend-floods', { concurrency: 4 }, () => {
  const lines: readonly (readonly [name: string, line: string])[] = [
    ['smtp', '220-more\r\n'],
    ['smtp', 'nonsense\r\n'],
    ['imap', '* OK more\r\n'],
    ['imap', 'no end of a line '],
    ['pop3', '+OK more\r\n'],
    ['sieve', '"MORE" "more"\r\n'],
    ['sieve', '{999999999}\r\n'],
  ]
  for (const [name, line] of lines) {
    test(`${name} behind that says 200 MB of ${JSON.stringify(line)} to a client that reads nothing is not read on`, async (t) => {
      let said = 0
      const flooding = createServer((socket) => {
        socket.on('error', () => {})
        flood(socket, 200, Buffer.alloc(MB, line), () => (said += 1))
      }).listen(0, '127.0.0.1')
      await once(flooding, 'listening')
      t.after(() => void flooding.close())
      const address = flooding.address()
      const gated = await gateFor(name, typeof address === 'object' && address !== null ? address.port : 0, t)
      const talker = await Talker.to(gated.port('door'))
      talker.socket.pause()
      await delay(700)
      // What lies in sockets between the two is the system's.
      assert.ok(said < 20, `${said} MB were taken`)
      talker.leave()
      await gated.record()
    })
  }
})

describe('renegotiation', () => {
  test('is refused, and costs the client its connection or nothing', { skip: needPeer('openssl') }, async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, {}, { tls: 'implicit' })
    const client = spawn('openssl', ['s_client', '-tls1_2', '-connect', `127.0.0.1:${gated.port('door')}`], { timeout: 20_000 })
    let out = ''
    for (const stream of [client.stdout, client.stderr]) stream.on('data', (bytes: Buffer) => void (out += bytes.toString('latin1')))
    while (!out.includes('220 behind')) await delay(20)
    client.stdin.write('R\n')
    await once(client, 'exit')
    assert.match(out, /RENEGOTIATING[^]*no renegotiation/i)
    assert.doesNotMatch(out, /verify return[^]*RENEGOTIATING[^]*verify return/)
    await gated.record()
  })
})

describe('connection-flood', { concurrency: 4 }, () => {
  for (const dialect of DIALECTS) {
    const { name, serve, greeted, crowded } = dialect
    for (const limit of ['connections', 'perClient'] as const) {
      test(`${name}: beyond \`${limit}\` a client is told to come again, and those who are in stay`, async (t) => {
        const back = await serve(t)
        const gated = await gateFor(name, back.port, t, { limits: { [limit]: 3 } })
        const inside = await Promise.all(Array.from({ length: 3 }, () => Talker.to(gated.port('door'))))
        for (const talker of inside) await talker.hears(greeted)
        const outside = await Promise.all(Array.from({ length: 20 }, () => Talker.to(gated.port('door'))))
        for (const talker of outside) {
          await talker.isClosed()
          assert.match(talker.heard, crowded)
          talker.leave()
        }
        assert.equal(back.total(), 3, 'the server behind hears nothing of it')
        assert.deepEqual(
          gated.records.map(({ ended }) => ended),
          [{ why: 'crowded', reason: limit }],
          'a flood of connections is none of records',
        )
        await inside[0]?.asks(...dialect.ping)
        inside[1]?.leave()
        while (back.open() > 2) await delay(5)
        await servesAgain(gated.port('door'), dialect)
      })
    }
  }

  test('with TLS from the start nothing can be said: it is closed', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { limits: { connections: 1 } }, { tls: 'implicit' })
    const inside = await Talker.inTls(gated.port('door'))
    const outside = await Talker.to(gated.port('door'))
    await outside.isClosed()
    assert.equal(outside.heard, '')
    await inside.hears(SMTP.greeted)
  })

  test('whoever does not go when told to is put out', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, { limits: { connections: 1 } })
    await (await Talker.to(gated.port('door'))).hears(SMTP.greeted)
    const outside = await Talker.to(gated.port('door'))
    await outside.hears(SMTP.crowded)
    await delay(1500)
    const write = promisify(outside.socket.write.bind(outside.socket) as (text: string, done: (error?: Error | null) => void) => boolean)
    await assert.rejects(async () => {
      for (let at = 0; at < 20; at += 1) await Promise.all([write('x'), delay(20)])
    })
  })

  test('more connections than it has descriptors do not end it', async (t) => {
    const back = await smtp(t)
    const service = {
      listen: '127.0.0.1:0',
      policy: 'mozilla-intermediate',
      dialect: 'smtp',
      tls: 'starttls',
      backend: `127.0.0.1:${back.port}`,
    }
    const gate = await runGateProcess({ services: { door: service }, limits: { perClient: 1000 } }, 'ulimit -n 64')
    t.after(gate.end)
    const talkers = await Promise.all(Array.from({ length: 150 }, () => Talker.to(gate.port('door')).catch(() => undefined)))
    await delay(500)
    for (const talker of talkers) talker?.leave()
    await servesAgain(gate.port('door'), SMTP)
  })
})

describe('no-amplification', () => {
  test('a client that sends no whole hello costs the server behind nothing, and hears nothing', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t, { timeouts: SHORT }, { tls: 'implicit' })
    const talkers = await Promise.all(Array.from({ length: 30 }, () => Talker.to(gated.port('door'))))
    for (const talker of talkers) talker.say(HELLO.subarray(0, 40))
    for (const talker of talkers) await talker.isClosed()
    assert.equal(back.total(), 0)
    assert.ok(talkers.every(({ heard }) => heard === ''))
  })

  for (const { name, serve, greeted } of DIALECTS) {
    test(`${name}: wrong commands are answered so often, and with less than a line each`, async (t) => {
      const back = await serve(t)
      const gated = await gateFor(name, back.port, t, {}, { tls: 'required' })
      const talker = await Talker.to(gated.port('door'))
      await talker.hears(greeted)
      const greeting = talker.heard.length
      const before = back.heard().length
      for (let at = 0; at < 200 && !talker.closed; at += 1) {
        talker.say(name === 'imap' ? 'a LOGIN x x\r\n' : name === 'sieve' ? 'AUTHENTICATE "PLAIN"\r\n' : 'AUTH PLAIN x\r\n')
        await delay(1)
      }
      await talker.isClosed()
      assert.ok(talker.heard.length - greeting < 25 * 120, talker.heard)
      assert.equal(back.heard().length, before)
      assert.equal((await gated.record()).ended.why, 'too-many-errors')
    })
  }

  test('each client has one connection behind, whatever it says', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t)
    const talker = await Talker.to(gated.port('door'))
    await talker.hears(SMTP.greeted)
    for (let at = 0; at < 10; at += 1) await talker.asks('EHLO x\r\n', /250 8BITMIME\r\n/)
    talker.leave()
    await gated.record()
    assert.equal(back.total(), 1)
  })
})

describe('http-on-smtp', { concurrency: 4 }, () => {
  const REQUEST = 'POST / HTTP/1.1\r\nHost: mail\r\nContent-Length: 99\r\n\r\nEHLO x\r\nMAIL FROM:<evil@example.org>\r\n'
  for (const dialect of DIALECTS) {
    const { name, serve, greeted } = dialect
    for (const waits of [true, false]) {
      test(`${name}: a browser that ${waits ? 'hears the greeting' : 'speaks first'} says nothing to the server`, async (t) => {
        const back = await serve(t)
        const gated = await gateFor(name, back.port, t)
        const talker = await Talker.to(gated.port('door'))
        if (waits) await talker.hears(greeted)
        talker.say(REQUEST)
        await talker.isClosed()
        assert.equal((await gated.record()).ended.why, 'not-the-protocol')
        assert.doesNotMatch(back.heard(), /evil|HTTP/)
        await servesOthers(gated.port('door'), dialect)
      })
    }
  }

  test('where TLS is due nothing of it is read', async (t) => {
    const back = await smtp(t)
    const gated = await gateFor('smtp', back.port, t, {}, { tls: 'implicit' })
    const talker = await Talker.to(gated.port('door'))
    talker.say(REQUEST)
    await talker.isClosed()
    assert.equal((await gated.record()).ended.why, 'handshake-failed')
    assert.equal(back.total(), 0)
  })
})

describe('records', () => {
  const PASSWORD = 'AHRlc3QAczNjcjN0LXBhc3N3b3Jk'
  const BODY = 'confidential-body-of-a-message'

  test('have neither a password nor a message in them, however the connection went', async (t) => {
    const back = await smtp(t)
    const gated = await startGate(
      {
        services: {
          door: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${back.port}`, hideLogin: false },
          tls: { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${back.port}` },
          lost: { dialect: 'smtp', tls: 'none', backend: '127.0.0.1:1' },
        },
        timeouts: { hello: 1, idle: 1 },
      },
      t,
    )
    const login = `AUTH PLAIN ${PASSWORD}\r\n`
    const message = `MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n${BODY}`
    const stories: readonly (readonly string[])[] = [
      ['EHLO x\r\n', login, message, '\r\n.\r\n', 'QUIT\r\n'],
      ['EHLO x\r\n', login, `${message}\n.\n`],
      ['EHLO x\r\n', `STARTTLS\r\n${login}`],
      ['EHLO x\r\n', 'STARTTLS\r\n', login],
      [login, BODY.repeat(1000)],
      [PASSWORD, BODY],
      [`\x16\x03\x01\x00\x40\x01\x00\x00\x3c${PASSWORD}${BODY}`],
      [`GET /${PASSWORD} HTTP/1.1\r\n\r\n`],
    ]
    for (const service of ['door', 'tls', 'lost']) {
      for (const story of stories) {
        const talker = await Talker.to(gated.port(service))
        if (service === 'door') await talker.hears(SMTP.greeted)
        for (const part of story) {
          talker.say(part)
          await delay(15)
        }
        talker.leave()
        await gated.record()
      }
    }
    const secured = await Talker.inTls(gated.port('tls'))
    await secured.hears(SMTP.greeted)
    await secured.asks('EHLO x\r\n', /250 8BITMIME/)
    await secured.asks(login, /^235/)
    secured.say(`${message}\n.\n`)
    await secured.isClosed()
    await gated.record()
    const all = JSON.stringify(gated.records)
    assert.equal(gated.records.length, 3 * stories.length + 1)
    for (const secret of [PASSWORD, PASSWORD.slice(4, 20), BODY, BODY.slice(0, 12)]) assert.ok(!all.includes(secret), all)
    assert.ok(back.heard().includes(PASSWORD), 'or nothing was shown')
  })
})
