import { randomBytes } from 'node:crypto'
import { handshake, record, u16, u24, u8, vector } from './bytes.ts'
import { parseClientHello } from './client-hello.ts'
import { speakClear } from './dialogue.ts'
import type { Behaviour, ListenOptions } from './listener.ts'
import { Alert, Content, Message, TLS10, TLS12, TLS13 } from './numbers.ts'
import { tlsRow, type Row, type Truth, type Variation } from './row.ts'
import { script, type Reaction } from './script.ts'
import { scripted } from './scripted.ts'
import type { Wire } from './wire.ts'

type Given = NonNullable<Parameters<typeof script>[0]>
type Maker = (wire: Wire, paceMs: number | undefined, nth: number) => Promise<void>

const nothing: Truth = { reach: 'none' }
const closed: Truth = {
  reach: 'part',
  protocols: { TLSv1: [false, 'unknown'], 'TLSv1.1': [false, 'unknown'], 'TLSv1.2': [false, 'unknown'], 'TLSv1.3': [false, 'unknown'] },
}
/** Slow, or in a mood, but with an answer for those who try again. */
const patience: Truth = { reach: 'part', protocols: { 'TLSv1.2': [true, 'unknown'] } }

const base: Given = { versions: [TLS10, TLS12] }
/** A megabyte of nothing, sent again and again. */
const CHUNK = Buffer.alloc(64 * 1024)

/** A row that is more than a script. With `starttls` the peer turns hostile only behind the go-ahead. */
function peer(name: string, does: string, truth: Truth, work: Maker, listen?: ListenOptions): Row {
  const make = ({ starttls, paceMs }: Variation): Behaviour => {
    return async (wire, nth) => {
      if (!starttls || (await speakClear(starttls, wire, 'drops'))) await work(wire, paceMs, nth)
    }
  }
  return listen ? { name, does, door: 'tls', truth, make, listen } : { name, does, door: 'tls', truth, make }
}

/** Like `peer`, but nothing happens before the first bytes of a hello have come. */
const afterHello = (name: string, does: string, truth: Truth, work: Maker): Row =>
  peer(name, does, truth, async (wire, paceMs, nth) => {
    if (await readHello(wire)) await work(wire, paceMs, nth)
  })

/** Takes one record and notes the hello in it. False when the client has gone. */
async function readHello(wire: Wire): Promise<boolean> {
  const header = await wire.peek(5)
  if (!header) return false
  const length = header[0]! >= 0x80 ? (header.readUInt16BE() & 0x7fff) + 2 : header.readUInt16BE(3) + 5
  const bytes = await wire.read(length)
  if (!bytes) return false
  const hello = header[0] === Content.handshake ? parseClientHello(bytes.subarray(5), header.readUInt16BE(1)) : undefined
  if (hello) wire.hellos.push(hello)
  return true
}

async function forEver(wire: Wire, next: () => Buffer | string): Promise<void> {
  while (await wire.write(next()));
}

/** Stops in the middle of a handshake message. */
const cuts = (where: string, message: number, versions: readonly number[], truth: Truth): readonly Row[] =>
  (
    [
      ['hangs', 'keeps still', 'silence'],
      ['resets', 'resets', 'reset'],
      ['closes', 'closes', 'close'],
    ] as const satisfies readonly (readonly [string, string, Reaction])[]
  ).map(([word, how, reaction]) =>
    tlsRow(`${word}-mid-${where}`, `${how} in the middle of ${where}`, { versions, cut: { message, reaction } }, truth),
  )

/** Only keeps still, in the middle of one of the messages that come late or rarely. */
const hangs = (where: string, message: number, given: Given): Row =>
  tlsRow(
    `hangs-mid-${where}`,
    `keeps still in the middle of ${where}`,
    { ...given, cut: { message, reaction: 'silence' } },
    { reach: 'part' },
  )

/** A flight with one spoilt message. */
const spoilt = (name: string, does: string, type: number, spoil: (body: Buffer) => Buffer): Row =>
  tlsRow(name, does, { ...base, mangles: (message) => (message[0] === type ? spoil(message) : message) }, { reach: 'part' })

const body = (type: number, ...parts: readonly Buffer[]): Buffer => handshake(type, ...parts)

const TLS_PEERS: readonly Row[] = [
  peer('silent', 'accepts and keeps still', nothing, (wire) => wire.hang()),
  peer('deaf', 'accepts and never reads', nothing, (wire) => wire.hang(), { deaf: true }),
  // To a client that speaks at once this looks like a hello refused by closing.
  peer('closes-at-once', 'closes as soon as it has accepted', closed, async () => undefined),
  peer('resets-at-once', 'resets as soon as it has accepted', nothing, async (wire) => wire.reset()),
  afterHello('silent-after-hello', 'reads the hello and keeps still', nothing, (wire) => wire.hang()),
  afterHello('resets-after-hello', 'reads the hello and resets', nothing, async (wire) => wire.reset()),
  tlsRow(
    'closes-after-hello',
    'refuses every hello by closing, which is an answer',
    { versions: [], refusals: { ...script().refusals, version: 'close' } },
    { ...closed, problem: 'NO_HANDSHAKE' },
  ),
  tlsRow(
    'alerts-after-hello',
    'refuses every hello with protocol_version',
    { versions: [] },
    {
      reach: 'part',
      problem: 'NO_HANDSHAKE',
      protocols: { SSLv3: false, TLSv1: false, 'TLSv1.1': false, 'TLSv1.2': false, 'TLSv1.3': false },
    },
  ),
  afterHello(
    'alert-then-open',
    'refuses every hello with handshake_failure and leaves the connection open',
    { reach: 'part', problem: 'NO_HANDSHAKE', protocols: { 'TLSv1.2': false } },
    async (wire) => {
      await wire.write(record(Content.alert, TLS12, Buffer.from([2, Alert.handshakeFailure])))
      await wire.hang()
    },
  ),
  afterHello(
    'alert-late',
    'refuses every hello after a second and a half',
    { reach: 'part', protocols: { 'TLSv1.2': [false, 'unknown'] } },
    async (wire, paceMs) => {
      await wire.pause(paceMs ?? 1500)
      await wire.write(record(Content.alert, TLS12, Buffer.from([2, Alert.handshakeFailure])))
    },
  ),
  paced('one-byte-a-second', 'speaks good TLS, one byte a second', base, { bytes: 1, ms: 1000 }, patience),
  paced('a-hundred-bytes-a-tenth', 'speaks good TLS, a hundred bytes every tenth of a second', base, { bytes: 100, ms: 100 }, patience),
  ...cuts('server-hello', Message.serverHello, base.versions!, { reach: 'part', protocols: { TLSv1: 'unknown', 'TLSv1.2': 'unknown' } }),
  ...cuts('certificate', Message.certificate, base.versions!, { reach: 'part' }),
  ...cuts('server-key-exchange', Message.serverKeyExchange, base.versions!, { reach: 'part' }),
  ...cuts('server-hello-tls13', Message.serverHello, [TLS13], { reach: 'part', protocols: { 'TLSv1.3': 'unknown', 'TLSv1.2': false } }),
  ...cuts('encrypted-certificate', Message.certificate, [TLS13], { reach: 'part' }),
  hangs('server-hello-done', Message.serverHelloDone, base),
  hangs('certificate-request', Message.certificateRequest, { ...base, certificateRequest: { authorities: 3, required: false } }),
  hangs('certificate-status', Message.certificateStatus, { ...base, statusRequest: true }),
  hangs('new-session-ticket', Message.newSessionTicket, { ...base, tickets: { lifetime: 60, accepted: true, sessionId: 'echo' } }),
  hangs('finished', Message.finished, base),
  hangs('encrypted-extensions', Message.encryptedExtensions, { versions: [TLS13] }),
  hangs('certificate-verify', Message.certificateVerify, { versions: [TLS13] }),
  hangs('finished-tls13', Message.finished, { versions: [TLS13] }),
  hangs('new-session-ticket-tls13', Message.newSessionTicket, { versions: [TLS13] }),
  afterHello('hangs-mid-sslv2-server-hello', 'answers any hello with half an SSLv2 SERVER-HELLO and keeps still', nothing, async (wire) => {
    await wire.write(Buffer.concat([u16(0x8000 | 900), u8(4), Buffer.alloc(300)]))
    await wire.hang()
  }),
  afterHello('hangs-mid-record-header', 'sends three bytes of a record header', nothing, async (wire) => {
    await wire.write(Buffer.from([Content.handshake, 3, 3]))
    await wire.hang()
  }),
  afterHello('hangs-after-half-an-alert', 'sends the first byte of an alert', nothing, async (wire) => {
    await wire.write(record(Content.alert, TLS12, u8(2)))
    await wire.hang()
  }),
  afterHello('garbage', 'answers with 4,000 random bytes', nothing, async (wire) => {
    await wire.write(randomBytes(4000))
  }),
  peer('garbage-at-once', 'sends random bytes before it is asked', nothing, async (wire) => {
    await wire.write(randomBytes(400))
    await wire.hang()
  }),
  afterHello('garbage-for-ever', 'answers with random bytes without end', nothing, (wire) => forEver(wire, () => CHUNK.fill(0xa5))),
  afterHello('record-of-ffff', 'sends a record header with length 0xffff and fills it', nothing, async (wire) => {
    await wire.write(Buffer.concat([u8(Content.handshake), u16(TLS12), u16(0xffff), Buffer.alloc(0xffff)]))
    await wire.hang()
  }),
  afterHello('empty-records-for-ever', 'sends handshake records of length 0 without end', nothing, (wire) => {
    const records = Buffer.concat(Array.from({ length: 1000 }, () => record(Content.handshake, TLS12, Buffer.alloc(0))))
    return forEver(wire, () => records)
  }),
  afterHello('warnings-for-ever', 'sends warning alerts without end', nothing, (wire) => {
    const alerts = Buffer.concat(Array.from({ length: 1000 }, () => record(Content.alert, TLS12, Buffer.from([1, Alert.unrecognizedName]))))
    return forEver(wire, () => alerts)
  }),
  tlsRow(
    'warns-first',
    'sends one unrecognized_name warning, then good TLS',
    { ...base },
    { reach: 'whole', protocols: { 'TLSv1.2': true, TLSv1: true } },
  ),
  afterHello('fragments-for-ever', 'sends a handshake message of 16 MB in fragments of one byte', nothing, async (wire) => {
    await wire.write(record(Content.handshake, TLS12, Buffer.from([Message.serverHello, 0xff, 0xff, 0xff])))
    const fragments = Buffer.concat(Array.from({ length: 1000 }, () => record(Content.handshake, TLS12, u8(0))))
    await forEver(wire, () => fragments)
  }),
  afterHello('message-of-16-mb', 'claims a ServerHello of 16 MB and sends it in full records', nothing, async (wire) => {
    await wire.write(record(Content.handshake, TLS12, Buffer.from([Message.serverHello, 0xff, 0xff, 0xff])))
    const full = record(Content.handshake, TLS12, Buffer.alloc(16384))
    for (let count = 0; count < 1024; count++) if (!(await wire.write(full))) return
    await wire.hang()
  }),
  tlsRow(
    'certificate-of-16-mb',
    'sends a Certificate of nearly 16 MB',
    {
      ...base,
      mangles: (message) =>
        message[0] === Message.certificate
          ? body(Message.certificate, u24(16_000_000), u24(15_999_997), Buffer.alloc(15_999_997))
          : message,
    },
    { reach: 'part' },
  ),
  afterHello('twenty-megabytes', 'answers with 20 MB of application data', nothing, async (wire) => {
    const full = record(Content.application, TLS12, Buffer.alloc(16384))
    for (let count = 0; count < 1280; count++) if (!(await wire.write(full))) return
  }),
  afterHello('http-on-tls', 'answers a hello with an HTTP error page', nothing, async (wire) => {
    await wire.write(
      'HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>The plain HTTP request was sent to HTTPS port</h1>\r\n',
    )
  }),
  peer('smtp-on-tls', 'greets in plain SMTP where TLS is expected', nothing, async (wire) => {
    await wire.write('220 hostile.example ESMTP\r\n')
    if (await wire.line()) await wire.write('500 5.5.2 Error: bad syntax\r\n')
    await wire.hang()
  }),
  peer('ssh-on-tls', 'greets like an SSH server', nothing, async (wire) => {
    await wire.write('SSH-2.0-OpenSSH_9.2\r\n')
    await wire.hang()
  }),
  moody('resets-every-third', 'resets every third connection at once', async (wire) => wire.reset()),
  moody('silent-every-third', 'keeps still on every third connection', (wire) => wire.hang()),
  moody('closes-every-third', 'closes every third connection at once', async () => undefined),
  limited('at-most-three', 'resets connections beyond three at once', 3),
  limited('at-most-one', 'resets connections beyond one at once', 1),
  spoilt('server-hello-cut', 'ServerHello ends within its random', Message.serverHello, (message) =>
    body(Message.serverHello, message.subarray(4, 20)),
  ),
  spoilt('server-hello-trailing', 'ServerHello has bytes behind its extensions', Message.serverHello, (message) =>
    body(Message.serverHello, message.subarray(4), Buffer.alloc(3)),
  ),
  spoilt('server-hello-bad-extensions', 'an extension of ServerHello is longer than the message', Message.serverHello, (message) =>
    body(Message.serverHello, message.subarray(4, 42), vector(2, u16(0xff01), u16(500))),
  ),
  spoilt('certificate-empty', 'Certificate has no certificates', Message.certificate, () => body(Message.certificate, u24(0))),
  spoilt('certificate-garbage', 'Certificate holds 500 random bytes', Message.certificate, () =>
    body(Message.certificate, vector(3, vector(3, randomBytes(500)))),
  ),
  spoilt('certificate-bad-length', 'Certificate counts more bytes than it has', Message.certificate, (message) =>
    body(Message.certificate, u24(0xffff), message.subarray(7)),
  ),
  spoilt('key-exchange-garbage', 'ServerKeyExchange holds random bytes', Message.serverKeyExchange, () =>
    body(Message.serverKeyExchange, randomBytes(60)),
  ),
  spoilt('key-exchange-empty', 'ServerKeyExchange is empty', Message.serverKeyExchange, () => body(Message.serverKeyExchange)),
  spoilt('done-with-body', 'ServerHelloDone has a body', Message.serverHelloDone, () => body(Message.serverHelloDone, Buffer.alloc(9))),
  tlsRow(
    'one-byte-records',
    'speaks good TLS in records of one byte',
    { ...base, fragment: 1 },
    { reach: 'whole', protocols: { 'TLSv1.2': true, TLSv1: true } },
  ),
]

function paced(name: string, does: string, given: Given, pace: { bytes: number; ms: number }, truth: Truth): Row {
  const make = ({ starttls, paceMs }: Variation): Behaviour => {
    const good = scripted(starttls ? { ...given, starttls } : given)
    return (wire, nth) => {
      wire.pace = { bytes: pace.bytes, ms: paceMs ?? pace.ms }
      return good(wire, nth)
    }
  }
  return { name, does, door: 'tls', truth, make }
}

/** Every third connection meets the mood, the others good TLS. */
function moody(name: string, does: string, mood: (wire: Wire) => Promise<void>): Row {
  const make = ({ starttls }: Variation): Behaviour => {
    const good = scripted(starttls ? { ...base, starttls } : base)
    return (wire, nth) => (nth % 3 === 0 ? mood(wire) : good(wire, nth))
  }
  return { name, does, door: 'tls', truth: patience, make }
}

function limited(name: string, does: string, maxConnections: number): Row {
  return { ...tlsRow(name, does, base, patience), listen: { maxConnections } }
}

/** The warning comes before the flight, so it is made here and not in the script. */
const warnsFirst: Row['make'] = ({ starttls }) => {
  const given: Given = { ...base, mangles: undefined }
  const good = scripted(given)
  return async (wire, nth) => {
    if (starttls && !(await speakClear(starttls, wire, 'drops'))) return
    if (!(await wire.peek(5))) return
    await wire.write(record(Content.alert, TLS12, Buffer.from([1, Alert.unrecognizedName])))
    await good(wire, nth)
  }
}

/** Peers that are broken, slow or in a bad mood, whatever protocol they speak. */
export const PEERS: readonly Row[] = TLS_PEERS.map((row) => (row.name === 'warns-first' ? { ...row, make: warnsFirst } : row))
