import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, renameSync, statSync } from 'node:fs'
import { connect, performServerHandshake, type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer, type TLSSocket } from 'node:tls'
import { dialGate } from '../../src/gate/links/dial.ts'
import { joinGate } from '../../src/gate/links/enrolment.ts'
import { newCertificate, readLinkFile, writeLinkFile } from '../../src/gate/links/link-file.ts'
import { ENROLMENT_PROTOCOL, LINK_PROTOCOL } from '../../src/gate/links/protocol.ts'
import { renewIfDue } from '../../src/gate/links/renewing.ts'
import { selfSigned } from '../../src/gate/links/self-signed.ts'
import { startGate } from './gated.ts'
import { broken, echoed, echoServer, gone, startEnds, type LinkEnds } from './link-ends.ts'

const DAY = 24 * 60 * 60 * 1000

describe('who may open links', () => {
  test('nobody who has not joined, whose certificate is another, or who was revoked', async (t) => {
    const { join: enrol, dial, stand, told, folder, list, pool } = await startEnds(t)
    const file = await enrol('office')
    const stranger = join(folder, 'stranger.link')
    await writeLinkFile(stranger, { ...(await readLinkFile(file)), ...newCertificate('office', new Date()) })
    dial(stranger)
    while (told.length === 0) await delay(5)
    assert.match(
      told[0] ?? '',
      /^The link edge does not stand, and is tried again: Cannot open a link to the gate at .*: it does not know this inside$/,
    )
    dial(file)
    await stand(1)
    assert.equal(await list.revoke('office'), true)
    assert.equal(await list.revoke('office'), false)
    await stand(0, 3000)
    await delay(300)
    assert.deepEqual(pool.links, [], 'it does not come back')
  })

  test('revoked, it loses what goes over its links at once', async (t) => {
    const { join: enrol, dial, stand, reach, list } = await startEnds(t)
    dial(await enrol('office'))
    await stand(1)
    const stream = await reach()
    await echoed(stream, 'here')
    const end = broken(stream, 2000)
    await list.revoke('office')
    assert.match(await end, /the link was lost/)
  })

  test('revoked, it loses them where it has said, too, that it takes no more', async (t) => {
    const { join: enrol, stand, reach, list, door } = await startEnds(t)
    const file = await readLinkFile(await enrol('office'))
    const socket = await dialGate({ ...file, gate: `127.0.0.1:${door.place.port}` }, file, LINK_PROTOCOL)
    const session = performServerHandshake(socket)
    session.on('error', () => undefined)
    session.on('stream', (one, { ':method': method }) => {
      one.on('error', () => undefined)
      one.respond({ ':status': 200 }, { endStream: method !== 'CONNECT' })
    })
    await stand(1)
    const stream = await reach()
    session.close()
    await stand(0)
    const end = broken(stream, 2000)
    await list.revoke('office')
    assert.match(await end, /the link was lost/)
  })

  test('nobody while it cannot be looked up who may, as where no descriptor is left, and the gate goes on', async (t) => {
    const { join: enrol, folder, door } = await startEnds(t)
    const file = await readLinkFile(await enrol('office'))
    const unreadable = join(folder, 'links', 'insides')
    renameSync(unreadable, `${unreadable}.away`)
    const gate = { ...file, gate: `127.0.0.1:${door.place.port}` }
    await gone(await dialGate(gate, file, LINK_PROTOCOL))
    await assert.rejects(joinGate({ ...gate, secret: 'A'.repeat(43) }, new Date()), { code: 'LINK_REFUSED' })
  })

  test('nobody whose link comes about behind a door that has been closed: there nobody looks who was revoked', async (t) => {
    const { join: enrol, pool, door } = await startEnds(t)
    const file = await readLinkFile(await enrol('office'))
    const socket = await dialGate({ ...file, gate: `127.0.0.1:${door.place.port}` }, file, LINK_PROTOCOL)
    const session = performServerHandshake(socket)
    session.on('error', () => undefined)
    session.on('error', () => undefined)
    const [stream] = (await once(session, 'stream')) as [ServerHttp2Stream]
    stream.on('error', () => undefined)
    door.close()
    stream.respond({ ':status': 200 }, { endStream: true })
    await gone(socket)
    assert.deepEqual(pool.links, [])
  })

  test('not with a certificate that has expired, and a link does not outlive its own', async (t) => {
    let now = new Date()
    const { join: enrol, dial, stand, told } = await startEnds(t, { now: () => now })
    const file = await enrol('office')
    dial(file)
    await stand(1)
    now = new Date(now.getTime() + 31 * DAY)
    await stand(0, 3000)
    while (!told.some((sentence) => /does not know this inside/.test(sentence))) await delay(5)
  })

  test('the next certificate comes by itself, and the one before is no more as soon as that is used', async (t) => {
    let now = new Date()
    const { join: enrol, dial, stand, list, door } = await startEnds(t, { now: () => now })
    const file = await enrol('office')
    const before = await readLinkFile(file)
    await renewIfDue(file, now)
    assert.deepEqual(await readLinkFile(file), before, 'it is not due')
    now = new Date(now.getTime() + 25 * DAY)
    dial(file, () => now)
    while ((await readLinkFile(file)).certificate === before.certificate) await delay(5)
    assert.equal((await list.all())[0]?.certificates.length, 2)
    await stand(1)
    dial(file, () => now)
    while ((await list.all())[0]?.certificates.length !== 1) await delay(5)
    // What was there before the change is known by no file any more.
    const socket = await dialGate({ ...before, gate: `127.0.0.1:${door.place.port}` }, before, LINK_PROTOCOL)
    await gone(socket)
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  test('the gate is known by its key: who stands in its place hears nothing', async (t) => {
    const { join: enrol, dial, road, told } = await startEnds(t)
    const file = await enrol('office')
    const own = newCertificate('somebody', new Date())
    let heard = 0
    const other = createServer({ key: own.key, cert: own.certificate, ALPNProtocols: [LINK_PROTOCOL] }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => void (heard += bytes.length))
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    t.after(() => other.close())
    road.lead((other.address() as AddressInfo).port)
    dial(file)
    while (told.length === 0) await delay(5)
    assert.match(told[0] ?? '', /its key is not the one of the invitation$/)
    assert.equal(heard, 0)
  })
})

describe('an invitation', () => {
  test('is good once, for as long as it says, and no stranger guesses for ever', async (t) => {
    let now = new Date()
    const { list, road } = await startEnds(t, { now: () => now })
    const invited = { gate: road.place, pin: await list.pin(), name: 'office' }
    const joins = (secret: string): Promise<unknown> => joinGate({ ...invited, secret }, now)
    const first = await list.invite('office', new Date(now.getTime() + 60_000))
    const both = await Promise.allSettled([joins(first), joins(first)])
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'], 'one of two who come at the same time')
    const wrong = /nobody is expected with this secret/
    await assert.rejects(joins(first), wrong)
    const late = await list.invite('office', new Date(now.getTime() + 60_000))
    assert.equal((await list.expected()).length, 1)
    now = new Date(now.getTime() + 61_000)
    await assert.rejects(joins(late), wrong)
    assert.deepEqual(await list.expected(), [])
    const guesses = await Promise.allSettled(Array.from({ length: 25 }, () => joins('A'.repeat(43))))
    const why = guesses.map((guess) => (guess.status === 'rejected' ? String(guess.reason) : ''))
    assert.ok(why.filter((words) => wrong.test(words)).length <= 20)
    assert.ok(why.some((words) => /too many have tried/.test(words)))
  })

  test('leads to nothing else: other questions, long ones and silence', async (t) => {
    const { list, road } = await startEnds(t)
    const gate = { gate: road.place, pin: await list.pin() }
    for (const [says, hears] of [
      ['{"renew":"x"}\n', '{"refused":"unknown"}\n'],
      ['{}\n', '{"refused":"unknown"}\n'],
      ['nonsense\n', '{"refused":"unknown"}\n'],
      ['x'.repeat(10_000), ''],
    ] as const) {
      const socket = await dialGate(gate, newCertificate('office', new Date()), ENROLMENT_PROTOCOL)
      let heard = ''
      socket.on('data', (bytes: Buffer) => void (heard += bytes.toString()))
      socket.write(says)
      await gone(socket)
      assert.equal(heard, hears, says.slice(0, 20))
    }
  })
})

describe('a gate that is not to be trusted', () => {
  /** One with the key of the real one. Gives who comes to it. */
  async function hostileDoor({ road, folder }: LinkEnds, t: TestContext): Promise<() => Promise<TLSSocket>> {
    const key = createPrivateKey(readFileSync(join(folder, 'links', 'gate.key'), 'utf8'))
    const own = selfSigned(key, createPublicKey(key), 'gate', new Date(Date.now() - DAY), new Date(Date.now() + DAY))
    const options = { key: own.key, cert: own.certificate, ALPNProtocols: [LINK_PROTOCOL], requestCert: true, rejectUnauthorized: false }
    // An inside whose link was lost comes again, and goes with its gate.
    const server = createServer(options, (socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    road.lead((server.address() as AddressInfo).port)
    const came = once(server, 'secureConnection') as Promise<[TLSSocket]>
    return async () => (await came)[0]
  }

  /** Speaks HTTP/2, and does what the test wants. */
  async function hostileGate(ends: LinkEnds, t: TestContext): Promise<() => Promise<ClientHttp2Session>> {
    const comes = await hostileDoor(ends, t)
    return async () => {
      const socket = await comes()
      const session = connect('https://link', { createConnection: () => socket, peerMaxConcurrentStreams: 20_000 })
      session.on('error', () => undefined)
      t.after(() => session.destroy())
      await once(session, 'remoteSettings')
      session.request({ ':path': '/link', 'postern-process': 'x', 'postern-processes': '1' }).resume()
      return session
    }
  }

  test('floods an inside with streams: no more clients are served than there may be', async (t) => {
    const ends = await startEnds(t)
    const file = await ends.join('office')
    const gate = await hostileGate(ends, t)
    await startGate(
      {
        links: { gates: { edge: file } },
        limits: { perClient: 30 },
        services: { plain: { listen: { link: 'edge' }, dialect: 'tcp', tls: 'none', backend: await echoServer(t) } },
      },
      t,
    )
    const session = await gate()
    assert.equal(session.remoteSettings.maxConcurrentStreams, 10_000)
    const answers = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const stream = session.request({ ':method': 'CONNECT', ':authority': 'plain' }, { endStream: false })
        stream.on('error', () => undefined)
        const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { readonly ':status': number }]
        return headers[':status']
      }),
    )
    assert.deepEqual([answers.filter((status) => status === 200).length, answers.filter((status) => status === 503).length], [30, 270])
  })

  test('resets what it asks for, again and again: the link ends, CVE-2023-44487; as many as clients that break off make do not end it', async (t) => {
    const ends = await startEnds(t)
    const file = await ends.join('office')
    const comes = await hostileDoor(ends, t)
    await startGate(
      {
        links: { gates: { edge: file } },
        services: { plain: { listen: { link: 'edge' }, dialect: 'tcp', tls: 'none', backend: await echoServer(t) } },
      },
      t,
    )
    const socket = await comes()
    let heard = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => void (heard = Buffer.concat([heard, bytes])))
    socket.on('error', () => undefined)
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(FRAME.settings, 0)]))
    const ping = frame(FRAME.ping, 0, Buffer.alloc(8))
    socket.write(Buffer.concat([...resets(0, 10_000), ping]))
    while (count(heard, FRAME.ping, ACK) < 1) await delay(20)
    assert.equal(count(heard, FRAME.goaway), 0)
    socket.write(Buffer.concat([...resets(10_000, 40_000), ping]))
    while (!socket.destroyed && count(heard, FRAME.ping, ACK) < 2) await delay(20)
    assert.ok(socket.destroyed, 'it is served to the end')
  })
})

/** Types of frames, RFC 9113 §6. */
const FRAME = { headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 } as const
const ACK = 1
const END_HEADERS = 4
const CANCEL = Buffer.of(0, 0, 0, 8)

/** RFC 9113 §4.1. */
function frame(type: number, stream: number, content: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(content.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(type === FRAME.headers ? END_HEADERS : 0, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, content])
}

/** How many are there of this type and with these flags. */
function count(bytes: Buffer, type: number, flags = 0): number {
  let found = 0
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3))
    if (bytes.readUInt8(at + 3) === type && bytes.readUInt8(at + 4) === flags) found += 1
  return found
}

/** Requests for `CONNECT` to a service that is not there, each with its reset, as fields that are not in the table of RFC 7541 §6.2.2. */
function resets(from: number, to: number): Buffer[] {
  const block = Buffer.concat([Buffer.from('\x02\x07CONNECT'), Buffer.from('\x01\x01x')])
  return Array.from({ length: to - from }, (_, index) => {
    const stream = 2 * (from + index) + 1
    return Buffer.concat([frame(FRAME.headers, stream, block), frame(FRAME.reset, stream, CANCEL)])
  })
}
