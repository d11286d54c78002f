import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants } from 'node:crypto'
import { describe, test } from 'node:test'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { Talk } from '../session/driver.ts'
import { checkRows, using, type Check } from './checked.ts'
import { extensionBytes } from './connection.ts'
import { scripted, type HostileServer } from './index.ts'
import { MEMORY } from './memory.ts'
import { Extension, TLS12 } from './numbers.ts'
import { messages, RawClient, say, serverHelloOf } from './raw-client.ts'
import { RENEGOTIATION, SESSIONS } from './rows-sessions.ts'
import { dial, hear } from './tls-client.ts'
import { offer, once } from './walk.ts'

const TLS12_ONLY: ConnectionOptions = { maxVersion: 'TLSv1.2' }

/** The last session that a server gives. */
async function session(
  port: number,
  options: ConnectionOptions = TLS12_ONLY,
): Promise<{ session: Buffer | undefined; ticket: Buffer | undefined }> {
  const socket = await dial(port, options)
  let last: Buffer | undefined
  socket.on('session', (one: Buffer) => (last = one))
  await hear(socket, /220/)
  const found = { session: last ?? socket.getSession(), ticket: socket.getTLSTicket() }
  socket.destroy()
  return found
}

/** Whether the second connection resumes the first, in TLS 1.2 or in TLS 1.3. */
async function resumes(port: number, options: ConnectionOptions = TLS12_ONLY): Promise<boolean> {
  const first = await session(port, options)
  if (!first.session) return false
  const socket = await dial(port, { ...options, session: first.session })
  const reused = socket.isSessionReused()
  assert.match(await hear(socket, /220/), /^220/)
  socket.destroy()
  return reused
}

/** The session id that a ticket with a four-byte id of ours is answered with. */
async function idFor(port: number): Promise<Buffer> {
  const { ticket } = await session(port)
  assert.ok(ticket)
  const more = [extensionBytes(Extension.sessionTicket, ticket), extensionBytes(Extension.extendedMasterSecret)]
  const bytes = offer(TLS12, { suites: [0xc02f, 0xc030, 0x009c], more })
  // The 32-byte session id becomes one of four bytes, and three lengths become shorter by 28.
  const message = Buffer.concat([bytes.subarray(5, 5 + 38), Buffer.from('04c0ffee11', 'hex'), bytes.subarray(5 + 38 + 33)])
  message.writeUIntBE(message.length - 4, 1, 3)
  const record = Buffer.concat([bytes.subarray(0, 5), message])
  record.writeUInt16BE(message.length, 3)
  // An abbreviated flight has no ServerHelloDone to wait for.
  const client = new RawClient(port)
  client.write(record)
  await client.until(() => messages(client.received).length > 0)
  const answer = await say(client, Buffer.alloc(0), 0)
  client.close()
  return serverHelloOf(answer).sessionId
}

const resumption =
  (expected: boolean, options?: ConnectionOptions): Check =>
  async (port) =>
    assert.equal(await resumes(port, options), expected)

const lifetime = async (port: number): Promise<number> => {
  const text = await openssl(port, ['-tls1_2'])
  return Number(/lifetime hint: (\d+)/.exec(text)?.[1] ?? 0)
}

/** The machine's own client; it ends by itself when its input does. */
async function openssl(port: number, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(
      'openssl',
      ['s_client', '-no-CAfile', '-connect', `127.0.0.1:${port}`, ...args],
      { timeout: 5000 },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    )
    child.stdin?.end(input)
  })
}

/** What `openssl s_client -early_data` hears of its early data, on the second of two connections. */
async function earlyData(
  port: number,
  server: HostileServer,
): Promise<{ limit: number; verdict: string; lines: readonly string[]; reused: boolean }> {
  const directory = mkdtempSync(join(tmpdir(), 'early-'))
  try {
    const [kept, early] = [join(directory, 'session'), join(directory, 'early')]
    writeFileSync(early, 'EHLO early.example\r\n')
    const first = await openssl(port, ['-tls1_3', '-sess_out', kept, '-ign_eof'], 'QUIT\r\n')
    const second = await openssl(port, ['-tls1_3', '-sess_in', kept, '-early_data', early, '-ign_eof'], 'QUIT\r\n')
    return {
      limit: Number(/Max Early Data: (\d+)/.exec(first)?.[1] ?? -1),
      verdict: /Early data was (\w+)/.exec(second)?.[1] ?? '',
      lines: server.seen[1]?.lines ?? [],
      reused: second.includes('Reused, TLSv1.3'),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const TLS13_ONLY: ConnectionOptions = { minVersion: 'TLSv1.3' }

checkRows('SESSIONS', SESSIONS, {
  ticketbleed: async (port) => {
    assert.equal(await resumes(port), true)
    const ids = [await idFor(port), await idFor(port), await idFor(port)]
    for (const id of ids) {
      assert.equal(id.subarray(0, 4).toString('hex'), 'c0ffee11')
      assert.equal(id.length, 32)
      assert.ok(MEMORY.includes(id.subarray(4)))
    }
    assert.ok(!ids[0]!.equals(ids[1]!) && !ids[1]!.equals(ids[2]!))
  },
  'ticketbleed-repaired': async (port) => {
    assert.equal(await resumes(port), true)
    assert.equal((await idFor(port)).toString('hex'), 'c0ffee11')
  },
  tickets: async (port) => {
    assert.equal(await resumes(port), true)
    assert.equal((await idFor(port)).toString('hex'), 'c0ffee11')
    assert.equal(await lifetime(port), 7200)
  },
  'tickets-own-id': async (port) => {
    const id = await idFor(port)
    assert.equal(id.length, 32)
    assert.notEqual(id.subarray(0, 4).toString('hex'), 'c0ffee11')
  },
  'tickets-not-accepted': async (port) => {
    assert.ok((await session(port)).ticket)
    assert.equal(await resumes(port), false)
    assert.equal((await idFor(port)).length, 32)
  },
  'tickets-empty': async (port) => {
    const offered = offer(TLS12, { suites: [0xc02f], more: [extensionBytes(Extension.sessionTicket)] })
    assert.ok(serverHelloOf(await once(port, offered)).extensions.has(Extension.sessionTicket))
    assert.equal((await session(port)).ticket, undefined)
    assert.equal(await resumes(port), false)
  },
  'tickets-for-a-week': async (port) => assert.equal(await lifetime(port), 604_800),
  'session-ids': async (port) => {
    assert.equal(await resumes(port), true)
    assert.equal((await session(port)).ticket, undefined)
  },
  'session-ids-forgotten': async (port) => {
    assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0xc02f] }))).sessionId.length, 32)
    assert.equal(await resumes(port), false)
  },
  'session-ids-echoed': async (port) => {
    const bytes = offer(TLS12, { suites: [0xc02f] })
    const answer = await once(port, bytes)
    assert.ok(serverHelloOf(answer).sessionId.equals(bytes.subarray(44, 76)))
    assert.ok(answer.messages.length > 1)
  },
  'no-sessions': async (port) => {
    assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0xc02f] }))).sessionId.length, 0)
    assert.equal(await resumes(port), false)
  },
  'resumes-with-other-suite': async (port) => {
    const options: ConnectionOptions = { ...TLS12_ONLY, ciphers: 'AES128-SHA:AES256-SHA' }
    const first = await session(port, options)
    await assert.rejects(dial(port, { ...options, session: first.session }), /cipher not returned|SSL/i)
  },
  'early-data': async (port, server) => {
    const { limit, verdict, lines, reused } = await earlyData(port, server)
    assert.deepEqual([limit, verdict, reused, lines[0]], [16384, 'accepted', true, 'EHLO early.example'])
  },
  'early-data-promised-only': async (port, server) => {
    const { limit, verdict, lines, reused } = await earlyData(port, server)
    assert.deepEqual([limit, verdict, reused], [16384, 'rejected', true])
    assert.ok(!lines.includes('EHLO early.example'))
  },
  'psk-without-early-data': async (port) => {
    assert.equal(await resumes(port, TLS13_ONLY), true)
    assert.doesNotMatch(await openssl(port, ['-tls1_3', '-ign_eof'], 'QUIT\r\n'), /Max Early Data: [1-9]/)
  },
  'psk-by-age': async (port) => {
    for (const age of [0, 1]) {
      const first = await Talk.open(port, { protocols: ['TLSv1.3'] })
      const { resumption: resume } = await first.expect('new-session-ticket')
      first.close()
      const second = await Talk.open(port, { protocols: ['TLSv1.3'], resume, ticketAge: () => age })
      assert.equal((await second.expect('connected')).resumed, age === 1)
      second.close()
    }
  },
  'psk-not-accepted': async (port) => {
    assert.ok((await session(port, TLS13_ONLY)).session)
    assert.equal(await resumes(port, TLS13_ONLY), false)
  },
  'no-tickets-tls13': resumption(false, TLS13_ONLY),
})

describe('sessions', () => {
  test('a TLS 1.3 session comes back after a HelloRetryRequest too', () =>
    using(scripted({ versions: [0x0304], tls13: { groups: [24] } }), async (port) =>
      assert.equal(await resumes(port, { ...TLS13_ONLY, ecdhCurve: 'X25519:P-384' }), true),
    ))

  test('a TLS 1.0 session comes back by ticket', () =>
    using(scripted({ versions: [0x0301], tickets: { lifetime: 60, accepted: true, sessionId: 'echo' } }), async (port) =>
      assert.equal(await resumes(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }), true),
    ))
})

/** Lets Node speak with servers that know nothing of RFC 5746 §3.6. */
const LEGACY: ConnectionOptions = {
  ...TLS12_ONLY,
  secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT | constants.SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION,
}

/** How a wish to renegotiate ends, and whether the connection lives on. */
async function renegotiate(socket: TLSSocket, ms: number): Promise<'done' | 'refused' | 'nothing'> {
  const ended = new Promise<'done' | 'refused'>((resolve) => {
    socket.once('error', () => resolve('refused'))
    socket.once('close', () => resolve('refused'))
    // Without a reader the end of the stream would go unheard.
    socket.resume()
    socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error ? 'refused' : 'done'))
  })
  const nothing = new Promise<'nothing'>((resolve) => setTimeout(resolve, ms, 'nothing'))
  return Promise.race([ended, nothing])
}

const renegotiation =
  (options: ConnectionOptions, expected: readonly string[], info: boolean): Check =>
  async (port) => {
    const hello = serverHelloOf(await once(port, offer(TLS12, { suites: [0xc02f] })))
    assert.equal(hello.extensions.has(Extension.renegotiationInfo), info)
    const socket = await dial(port, options)
    const found: string[] = []
    for (const one of expected) found.push(await renegotiate(socket, one === 'nothing' ? 300 : 3000))
    assert.deepEqual(found, expected)
    if (found.at(-1) === 'done') {
      socket.write('NOOP\r\n')
      assert.match(await hear(socket, /250/), /250 2\.0\.0 Ok/)
    }
    socket.destroy()
  }

checkRows('RENEGOTIATION', RENEGOTIATION, {
  'renegotiation-allowed': renegotiation(TLS12_ONLY, ['done', 'done', 'done', 'done', 'done'], true),
  'renegotiation-thrice': renegotiation(TLS12_ONLY, ['done', 'done', 'done', 'refused'], true),
  'renegotiation-insecure': renegotiation(LEGACY, ['done', 'done'], false),
  'renegotiation-refused': renegotiation(TLS12_ONLY, ['refused'], true),
  'renegotiation-alerted': renegotiation(TLS12_ONLY, ['refused'], true),
  'renegotiation-closed': renegotiation(TLS12_ONLY, ['refused'], true),
  'renegotiation-ignored': renegotiation(TLS12_ONLY, ['nothing'], true),
  'renegotiation-insecure-refused': renegotiation(LEGACY, ['refused'], false),
})
