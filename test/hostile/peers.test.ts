import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect } from 'node:tls'
import { hex } from './bytes.ts'
import { checkRows, eventually, using, type Check } from './checked.ts'
import { extensionBytes } from './connection.ts'
import { scripted } from './index.ts'
import { Alert, Content, Extension, Message, TLS12 } from './numbers.ts'
import { ask, hello13, messages, RawClient, records, say, type Answer } from './raw-client.ts'
import { PEERS } from './rows-peers.ts'
import { dial, hear } from './tls-client.ts'
import { offer, once } from './walk.ts'
import { ephemeral } from './groups.ts'

const HELLO = offer(TLS12, { suites: [0xc02f, 0x002f] })
const modern = (): Buffer => hello13({ shares: [[29, ephemeral(29).publicValue]] })

/** What the server does within 150 ms of being connected to, before anything is said to it. */
async function unasked(port: number, ms = 150): Promise<[end: string, heard: string]> {
  const client = new RawClient(port)
  await client.until(() => client.end !== 'open', ms)
  const found: [string, string] = [client.end, client.received.toString('latin1')]
  client.close()
  return found
}

const nothingUnasked = async (port: number): Promise<void> => assert.deepEqual(await unasked(port, 60), ['open', ''])

const answers =
  (kind: Answer['kind'], bytes: Buffer = HELLO, ms?: number): Check =>
  async (port) => {
    await nothingUnasked(port)
    const answer = await once(port, bytes, ms)
    assert.equal(answer.kind, kind)
  }

/** The flight stops within the message of this type, and then the connection is so. */
const cut =
  (type: number, end: RawClient['end'], bytes: () => Buffer = () => HELLO): Check =>
  async (port) => {
    const client = new RawClient(port)
    client.write(bytes())
    await client.until(() => client.received.length > 20)
    await client.until(() => client.end !== 'open', end === 'open' ? 80 : 3000)
    assert.equal(client.end, end)
    // A record says how long it is; what came of the last one is less.
    assert.ok(client.received.length > 20)
    const whole = records(client.received).reduce((sum, one) => sum + 5 + one.fragment.length, 0)
    const rest = client.received.subarray(whole)
    assert.ok(rest.length > 5 && rest.length < 5 + rest.readUInt16BE(3))
    if (rest[0] === Content.handshake)
      assert.deepEqual(
        typesIn(rest.subarray(5)),
        [Message.serverHello, Message.certificate, Message.serverKeyExchange].slice(0, ORDER.indexOf(type) + 1),
      )
    client.close()
  }

const ORDER: readonly number[] = [Message.serverHello, Message.certificate, Message.serverKeyExchange]

/** Types of the messages that begin in these bytes. */
function typesIn(bytes: Buffer): number[] {
  const types: number[] = []
  for (let offset = 0; offset + 4 <= bytes.length; offset += 4 + bytes.readUIntBE(offset + 1, 3)) types.push(bytes[offset]!)
  return types
}

const cuts = (where: string, type: number, bytes?: () => Buffer): Readonly<Record<string, Check>> => ({
  [`hangs-mid-${where}`]: cut(type, 'open', bytes),
  [`resets-mid-${where}`]: cut(type, 'reset', bytes),
  [`closes-mid-${where}`]: cut(type, 'fin', bytes),
})

/** The type of the last message that begins in the record that was cut. */
const lastOf = (bytes: Buffer): number => typesIn(bytes.subarray(5)).at(-1)!

/** A handshake that stops in the client's eyes, with nothing wrong so far. */
const neverSecure: Check = async (port) => {
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  let said = ''
  client.once('secureConnect', () => (said = 'secure'))
  client.once('error', (error) => (said = error.message))
  client.once('end', () => (said = 'end'))
  assert.equal(await eventually(() => said !== '', 200), false, said)
  client.destroy()
}

/** It never ends: so many bytes are taken, then the client leaves and the server lets go. */
const endless =
  (looks: (bytes: Buffer) => boolean, least = 2_000_000): Check =>
  async (port, server) => {
    const client = new RawClient(port)
    client.write(HELLO)
    let [count, first] = [0, Buffer.alloc(0)]
    assert.ok(
      await client.until(() => {
        const bytes = client.clear()
        count += bytes.length
        if (first.length < 4000) first = Buffer.concat([first, bytes])
        return count >= least
      }, 8000),
    )
    assert.ok(looks(first), first.subarray(0, 40).toString('hex'))
    client.close()
    assert.ok(await eventually(() => server.open() === 0))
  }

const startsWith =
  (...bytes: readonly number[]): ((found: Buffer) => boolean) =>
  (found) =>
    found.subarray(0, bytes.length).equals(Buffer.from(bytes))

/** Message `type` is spoilt as `check` says, and the rest of the flight is there. */
const spoilt =
  (type: number, check: (message: Buffer) => void): Check =>
  async (port) => {
    const answer = await once(port, HELLO, 300)
    const all = messages(answer.bytes)
    assert.deepEqual(
      all.map((one) => one[0]),
      [...ORDER, Message.serverHelloDone],
    )
    check(all.find((one) => one[0] === type)!)
  }

/** Connections one after the other: which of nine are answered. */
const everyThird =
  (mood: Answer['kind']): Check =>
  async (port) => {
    const kinds: string[] = []
    for (let count = 0; count < 6; count++) kinds.push((await once(port, HELLO, mood === 'silent' && count % 3 === 2 ? 150 : 3000)).kind)
    assert.deepEqual(kinds, ['messages', 'messages', mood, 'messages', 'messages', mood])
  }

const limit =
  (most: number): Check =>
  async (port, server) => {
    const clients = Array.from({ length: most }, () => new RawClient(port))
    assert.ok(await eventually(() => server.open() === most))
    const late = new RawClient(port)
    await late.until(() => late.end !== 'open')
    assert.equal(late.end, 'reset')
    const answer = await say(clients[0]!, HELLO)
    assert.equal(answer.kind, 'messages')
    for (const client of clients) client.close()
    await eventually(() => server.open() === 0)
    assert.equal((await once(port, HELLO)).kind, 'messages')
  }

checkRows('PEERS', PEERS, {
  silent: answers('silent', HELLO, 150),
  deaf: async (port, server) => {
    assert.equal((await once(port, HELLO, 150)).kind, 'silent')
    assert.ok(await eventually(() => server.connections() === 1))
    assert.equal(server.seen[0]?.count, 0)
  },
  'closes-at-once': async (port) => assert.deepEqual(await unasked(port, 2000), ['fin', '']),
  'resets-at-once': async (port) => assert.deepEqual(await unasked(port, 2000), ['reset', '']),
  'silent-after-hello': answers('silent', HELLO, 150),
  'resets-after-hello': answers('reset'),
  'closes-after-hello': answers('fin'),
  'alerts-after-hello': async (port) => assert.equal((await once(port, HELLO)).alert, Alert.protocolVersion),
  'alert-then-open': async (port) => {
    const answer = await ask(port, HELLO)
    assert.equal(answer.alert, Alert.handshakeFailure)
    await answer.client.until(() => false, 100)
    assert.equal(answer.client.end, 'open')
    answer.client.close()
  },
  'alert-late': async (port) => {
    const before = Date.now()
    assert.equal((await once(port, HELLO)).alert, Alert.handshakeFailure)
    assert.ok(Date.now() - before >= 1490)
  },
  'one-byte-a-second': async (port) => {
    const client = new RawClient(port)
    client.write(HELLO)
    await client.until(() => client.received.length > 1, 8000)
    assert.ok(client.received.length >= 2 && client.received.length < 9)
    client.close()
  },
  'a-hundred-bytes-a-tenth': async (port) => {
    const before = Date.now()
    const answer = await once(port, HELLO, 10_000)
    assert.equal(answer.kind, 'messages')
    assert.ok(Date.now() - before >= (Math.floor(answer.bytes.length / 100) - 1) * 100)
  },
  ...cuts('server-hello', Message.serverHello),
  ...cuts('certificate', Message.certificate),
  ...cuts('server-key-exchange', Message.serverKeyExchange),
  ...cuts('server-hello-tls13', Message.serverHello, modern),
  ...cuts('encrypted-certificate', Message.certificate, modern),
  'hangs-mid-server-hello-done': async (port) => assert.deepEqual(messages((await once(port, HELLO, 150)).bytes), []),
  'hangs-mid-certificate-request': async (port) => assert.equal(lastOf((await once(port, HELLO, 150)).bytes), Message.certificateRequest),
  'hangs-mid-certificate-status': async (port) => {
    const bytes = offer(TLS12, { suites: [0xc02f], more: [extensionBytes(Extension.statusRequest, hex('0100000000'))] })
    assert.equal(lastOf((await once(port, bytes, 150)).bytes), Message.certificateStatus)
  },
  ...Object.fromEntries(
    ['new-session-ticket', 'finished', 'encrypted-extensions', 'certificate-verify', 'finished-tls13'].map((where) => [
      `hangs-mid-${where}`,
      neverSecure,
    ]),
  ),
  'hangs-mid-new-session-ticket-tls13': async (port) => {
    const socket = await dial(port)
    assert.equal(await hear(socket, undefined, 120), '')
    assert.equal(socket.destroyed, false)
    socket.destroy()
  },
  'hangs-mid-sslv2-server-hello': async (port) => {
    const answer = await once(port, HELLO, 150)
    assert.deepEqual([answer.bytes.readUInt16BE() & 0x7fff, answer.bytes.length, answer.bytes[2]], [900, 303, 4])
  },
  'hangs-mid-record-header': async (port) => assert.equal((await once(port, HELLO, 150)).bytes.toString('hex'), '160303'),
  'hangs-after-half-an-alert': async (port) => assert.equal((await once(port, HELLO, 150)).bytes.toString('hex'), '150303000102'),
  garbage: async (port) => {
    const client = new RawClient(port)
    client.write(HELLO)
    await client.until(() => client.end !== 'open')
    assert.deepEqual([client.received.length, client.end], [4000, 'fin'])
  },
  'garbage-at-once': async (port) => {
    const client = new RawClient(port)
    assert.ok(await client.until(() => client.received.length === 400))
    assert.equal(client.end, 'open')
    client.close()
  },
  'garbage-for-ever': endless(startsWith(0xa5, 0xa5, 0xa5)),
  'record-of-ffff': async (port) => {
    const answer = await once(port, HELLO, 300)
    assert.ok(startsWith(22, 3, 3, 0xff, 0xff)(answer.bytes))
    assert.equal(answer.bytes.length, 5 + 0xffff)
  },
  'empty-records-for-ever': endless(startsWith(22, 3, 3, 0, 0, 22, 3, 3, 0, 0), 500_000),
  'warnings-for-ever': endless(startsWith(21, 3, 3, 0, 2, 1, 112, 21), 500_000),
  'warns-first': async (port) => {
    const answer = await once(port, HELLO)
    assert.ok(startsWith(21, 3, 3, 0, 2, 1, 112, 22)(answer.bytes))
    assert.equal(answer.kind, 'messages')
  },
  'fragments-for-ever': endless(startsWith(22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff, 22, 3, 3, 0, 1, 0), 500_000),
  'message-of-16-mb': endless(startsWith(22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff, 22, 3, 3, 0x40, 0), 16_000_000),
  'certificate-of-16-mb': endless(
    (bytes) => typesIn(records(bytes)[0]?.fragment ?? bytes.subarray(5))[1] === Message.certificate,
    15_900_000,
  ),
  'twenty-megabytes': endless(startsWith(23, 3, 3, 0x40, 0), 20_000_000),
  'http-on-tls': async (port) => {
    await nothingUnasked(port)
    const client = new RawClient(port)
    client.write(HELLO)
    assert.ok(await client.expect(/^HTTP\/1\.1 400 [^]*<h1>/))
  },
  'smtp-on-tls': async (port) => {
    const client = new RawClient(port)
    assert.ok(await client.expect(/^220 /))
    client.write(Buffer.concat([HELLO, Buffer.from('\n')]))
    assert.ok(await client.expect(/\r\n500 /))
    client.close()
  },
  'ssh-on-tls': async (port) => assert.ok(await new RawClient(port).expect(/^SSH-2\.0-/)),
  'resets-every-third': everyThird('reset'),
  'silent-every-third': everyThird('silent'),
  'closes-every-third': everyThird('fin'),
  'at-most-three': limit(3),
  'at-most-one': limit(1),
  'server-hello-cut': spoilt(Message.serverHello, (message) => assert.equal(message.length, 20)),
  'server-hello-trailing': spoilt(Message.serverHello, (message) => assert.equal(message.readUInt16BE(42) + 44 + 3, message.length)),
  'server-hello-bad-extensions': spoilt(Message.serverHello, (message) => assert.ok(message.readUInt16BE(message.length - 2) === 500)),
  'certificate-empty': spoilt(Message.certificate, (message) => assert.equal(message.toString('hex'), '0b000003000000')),
  'certificate-garbage': spoilt(Message.certificate, (message) => assert.equal(message.length, 4 + 3 + 3 + 500)),
  'certificate-bad-length': spoilt(Message.certificate, (message) => assert.ok(message.readUIntBE(4, 3) > message.length)),
  'key-exchange-garbage': spoilt(Message.serverKeyExchange, (message) => assert.equal(message.length, 64)),
  'key-exchange-empty': spoilt(Message.serverKeyExchange, (message) => assert.equal(message.toString('hex'), '0c000000')),
  'done-with-body': spoilt(Message.serverHelloDone, (message) => assert.equal(message.length, 13)),
  'one-byte-records': async (port) => {
    const answer = await once(port, HELLO)
    assert.equal(answer.kind, 'messages')
    assert.ok(records(answer.bytes).every((one) => one.fragment.length === 1))
  },
})

describe('hostile behind STARTTLS', { concurrency: 6 }, () => {
  const doors = ['smtp', 'imap', 'pop3'] as const
  const COMMAND = { smtp: 'STARTTLS\r\n', imap: 'a STARTTLS\r\n', pop3: 'STLS\r\n' } as const
  for (const name of ['silent-after-hello', 'resets-after-hello', 'garbage', 'heartbleed', 'tls10-only', 'resets-mid-certificate'])
    for (const door of doors)
      test(`${name} behind ${door}`, () =>
        using(
          name,
          async (port) => {
            const client = new RawClient(port)
            await client.expect(/\r\n/)
            client.clear()
            client.write(COMMAND[door])
            await client.expect(/\r\n/)
            client.clear()
            const answer = await say(client, HELLO, name === 'silent-after-hello' ? 150 : 3000)
            const expected = {
              'silent-after-hello': 'silent',
              'resets-after-hello': 'reset',
              heartbleed: 'messages',
              'tls10-only': 'messages',
            } as const
            if (name in expected) assert.equal(answer.kind, expected[name as keyof typeof expected])
            else assert.notEqual(answer.kind, 'messages')
            client.close()
          },
          { starttls: door },
        ))
})

test('paceMs makes slow servers quick', () =>
  using('one-byte-a-second', async (port) => assert.equal((await once(port, HELLO, 15_000)).kind, 'messages'), { paceMs: 0 }))

test('a server that is asked nothing keeps no more than it has seen', () =>
  using(scripted(), async (port, server) => {
    const client = new RawClient(port)
    client.write(Buffer.alloc(300_000, 0x16))
    await client.until(() => client.end !== 'open')
    await eventually(() => (server.seen[0]?.count ?? 0) >= 300_000)
    assert.equal(server.seen[0]?.bytes.length, 64 * 1024)
  }))
