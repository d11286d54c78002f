import assert from 'node:assert/strict'
import { record, u16, u8 } from './bytes.ts'
import { checkRows, type Check } from './checked.ts'
import { extensionBytes } from './connection.ts'
import { MEMORY } from './memory.ts'
import { Alert, Content, Extension, Message, TLS10, TLS12 } from './numbers.ts'
import { messageOf, records, serverHelloOf, type Answer, type RawClient } from './raw-client.ts'
import { HEARTBLEED } from './rows-heartbleed.ts'
import { offer } from './walk.ts'
import { ask } from './raw-client.ts'

/** Says hello with the extension and takes the flight. */
async function open(port: number, version: number): Promise<[RawClient, Answer]> {
  const answer = await ask(port, offer(version, { suites: [0x002f, 0xc013], more: [extensionBytes(Extension.heartbeat, u8(1))] }))
  assert.equal(answer.kind, 'messages')
  answer.client.clear()
  return [answer.client, answer]
}

/** A request that claims `claimed` bytes of payload and holds `payload`. */
const request = (version: number, claimed: number, payload: string, padding = 0): Buffer =>
  record(Content.heartbeat, version, Buffer.concat([u8(1), u16(claimed), Buffer.from(payload), Buffer.alloc(padding)]))

/** The payload of the whole heartbeat response, and how many records it took. */
function response(client: RawClient): { payload: Buffer; records: number } {
  const found = records(client.received).filter((one) => one.type === Content.heartbeat)
  const body = Buffer.concat(found.map((one) => one.fragment))
  assert.equal(body[0], 2)
  return { payload: body.subarray(3, 3 + body.readUInt16BE(1)), records: found.length }
}

const bleeds =
  (version: number, least = 0): Check =>
  async (port) => {
    const [client, flight] = await open(port, version)
    assert.equal(serverHelloOf(flight).extensions.get(Extension.heartbeat)?.toString('hex'), '01')
    const before = Date.now()
    client.write(request(version, 0x4000, 'abc'))
    assert.ok(await client.until(() => client.received.length >= 0x4000 + 3 + 16 + 10))
    assert.ok(Date.now() - before >= least)
    const { payload, records: count } = response(client)
    assert.ok(payload.equals(Buffer.concat([Buffer.from('abc'), MEMORY.subarray(0, 0x4000 - 3)])))
    assert.equal(count, 2)
    client.close()
  }

const answersInstead =
  (check: (client: RawClient) => void, ms = 3000): Check =>
  async (port) => {
    const [client] = await open(port, TLS12)
    client.write(request(TLS12, 0x4000, ''))
    await client.until(() => client.end !== 'open', ms)
    check(client)
    client.close()
  }

const alerts = (level: number, description: number): Check =>
  answersInstead((client) => assert.deepEqual(records(client.received)[0]?.fragment, Buffer.from([level, description])))

/** Keeps still at a request that claims too much; `honest` says what it does with one that does not. */
const quiet =
  (honest: 'answers' | 'silent'): Check =>
  async (port) => {
    const [client] = await open(port, TLS12)
    client.write(request(TLS12, 0x4000, 'abc', 16))
    assert.equal(await client.until(() => client.received.length > 0, 120), false)
    client.write(request(TLS12, 5, 'hello', 16))
    assert.equal(
      await client.until(() => client.received.length >= 5 + 3 + 5 + 16, honest === 'answers' ? 3000 : 120),
      honest === 'answers',
    )
    if (honest === 'answers') assert.equal(response(client).payload.toString(), 'hello')
    client.close()
  }

checkRows('HEARTBLEED', HEARTBLEED, {
  heartbleed: bleeds(TLS12),
  'heartbleed-tls10': bleeds(TLS10),
  'heartbleed-late': bleeds(TLS12, 690),
  'heartbeat-correct': quiet('answers'),
  'heartbeat-clips': async (port) => {
    const [client] = await open(port, TLS12)
    client.write(request(TLS12, 0x4000, 'abc'))
    await client.until(() => client.received.length >= 5 + 3 + 3 + 16)
    assert.equal(response(client).payload.toString(), 'abc')
    client.close()
  },
  'heartbeat-silent': quiet('silent'),
  'heartbeat-alerts': alerts(2, Alert.unexpectedMessage),
  'heartbeat-warns': alerts(1, Alert.illegalParameter),
  'heartbeat-closes': answersInstead((client) => assert.deepEqual([client.end, client.received.length], ['fin', 0])),
  'heartbeat-resets': answersInstead((client) => assert.deepEqual([client.end, client.received.length], ['reset', 0])),
  'heartbeat-vsftpd': answersInstead((client) => assert.match(client.received.toString(), /^500 OOPS: .*\r\n {500}/)),
  'heartbeat-large-ca-list': async (port) => {
    const [client, flight] = await open(port, TLS12)
    assert.ok(messageOf(flight, Message.certificateRequest)!.length > 50_000)
    client.write(request(TLS12, 0x4000, 'abc'))
    assert.equal(await client.until(() => client.received.length > 0, 120), false)
    client.close()
  },
  'heartbeat-absent': async (port) => {
    const [client, flight] = await open(port, TLS12)
    assert.ok(!serverHelloOf(flight).extensions.has(Extension.heartbeat))
    client.write(request(TLS12, 0x4000, 'abc'))
    await client.until(() => client.end !== 'open')
    assert.deepEqual(records(client.received)[0]?.fragment, Buffer.from([2, Alert.unexpectedMessage]))
  },
})
