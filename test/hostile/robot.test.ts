import assert from 'node:assert/strict'
import { constants, createPublicKey, publicEncrypt, X509Certificate } from 'node:crypto'
import { handshake, record, u16, u8, vector } from './bytes.ts'
import { checkRows, type Check } from './checked.ts'
import { Alert, Content, Message, TLS12 } from './numbers.ts'
import { ask, messageOf, records } from './raw-client.ts'
import { ROBOT } from './rows-robot.ts'
import type { Padding } from './script.ts'
import { offer } from './walk.ts'

/** The five blocks of the ROBOT probes, for a 2048-bit key: Böck, Somorovsky, Young, "Return Of Bleichenbacher's Oracle Threat", section 3. */
const FILL = Buffer.alloc(205, 0xab)
const SECRET = Buffer.alloc(46, 0x11)
const BLOCKS: Readonly<Record<Padding, Buffer>> = {
  good: Buffer.concat([u16(2), FILL, u8(0), u16(TLS12), SECRET]),
  'bad-start': Buffer.concat([u16(0x4117), FILL, u8(0), u16(TLS12), SECRET]),
  'no-zero': Buffer.concat([u16(2), FILL, Buffer.alloc(3, 0x11), SECRET]),
  'misplaced-zero': Buffer.concat([u16(2), FILL, u8(0x11), SECRET, u16(0x0011)]),
  'bad-version': Buffer.concat([u16(2), FILL, u8(0), u16(0x0202), SECRET]),
}
const PADDINGS = Object.keys(BLOCKS) as Padding[]

const CCS = record(Content.ccs, TLS12, u8(1))
const FINISHED = record(Content.handshake, TLS12, Buffer.alloc(64, 0x6e))

type Flow = 'finished' | 'key-exchange'

/** One block, with or without ChangeCipherSpec and a Finished that cannot be right. */
async function answerTo(port: number, padding: Padding, flow: Flow, ms: number): Promise<string> {
  const answer = await ask(port, offer(TLS12, { suites: [0x002f] }))
  assert.equal(answer.kind, 'messages')
  const key = createPublicKey(
    new X509Certificate(messageOf(answer, Message.certificate)!.subarray(10)).publicKey.export({ type: 'spki', format: 'pem' }),
  )
  const encrypted = publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, BLOCKS[padding])
  const exchange = record(Content.handshake, TLS12, handshake(Message.clientKeyExchange, vector(2, encrypted)))
  const { client } = answer
  client.clear()
  client.write(flow === 'finished' ? Buffer.concat([exchange, CCS, FINISHED]) : exchange)
  await client.until(() => client.end !== 'open', ms)
  const alert = records(client.received)[0]?.fragment[1]
  client.close()
  return alert === undefined ? client.end : `alert ${alert}`
}

const MAC = `alert ${Alert.badRecordMac}`
const DECRYPT = `alert ${Alert.decryptError}`

/** What every padding is answered with, where it is not `others`. */
const oracle =
  (flow: Flow, others: string, different: Partial<Record<Padding, string>>): Check =>
  async (port) => {
    const expected = PADDINGS.map((padding) => [padding, different[padding] ?? others] as const)
    const found = await Promise.all(
      expected.map(async ([padding, answer]) => [padding, await answerTo(port, padding, flow, answer === 'open' ? 400 : 3000)]),
    )
    assert.deepEqual(found, expected)
  }

const weak = (answer: string): Partial<Record<Padding, string>> => Object.fromEntries(PADDINGS.slice(1).map((padding) => [padding, answer]))

/** The same padding, asked again and again, is not answered alike; and no padding has an answer of its own. */
const flaps =
  (answers: readonly string[], ms = 3000): Check =>
  async (port) => {
    const found = new Set<string>()
    for (let round = 0; round < 3; round++) for (const padding of PADDINGS) found.add(await answerTo(port, padding, 'finished', ms))
    assert.deepEqual([...found].toSorted(), answers.toSorted())
  }

checkRows('ROBOT', ROBOT, {
  'robot-strong-alert': oracle('finished', MAC, { 'bad-start': DECRYPT }),
  'robot-strong-reset': oracle('finished', MAC, { 'bad-start': 'reset' }),
  'robot-strong-close': oracle('finished', MAC, { 'bad-start': 'fin' }),
  'robot-strong-timeout': oracle('finished', MAC, { 'bad-start': 'open' }),
  'robot-strong-at-key-exchange': oracle('key-exchange', 'open', { 'bad-start': DECRYPT }),
  'robot-weak-alert': oracle('finished', MAC, weak(DECRYPT)),
  'robot-weak-reset': oracle('finished', MAC, weak('reset')),
  'robot-weak-at-key-exchange': oracle('key-exchange', 'open', weak(DECRYPT)),
  'robot-version-oracle': oracle('finished', MAC, { 'bad-version': DECRYPT }),
  'robot-safe': async (port, server) => {
    await oracle('finished', MAC, {})(port, server)
    await oracle('key-exchange', 'open', {})(port, server)
  },
  'robot-safe-closes': oracle('finished', 'fin', {}),
  'robot-safe-handshake-failure': oracle('key-exchange', `alert ${Alert.handshakeFailure}`, {}),
  'robot-safe-jitter': async (port, server) => {
    const before = Date.now()
    await oracle('finished', MAC, {})(port, server)
    assert.ok(Date.now() - before >= 190)
  },
  'robot-flapping-alerts': flaps([MAC, DECRYPT, `alert ${Alert.handshakeFailure}`]),
  'robot-flapping-resets': flaps([MAC, 'reset']),
  'robot-flapping-timeouts': flaps([MAC, 'open'], 250),
  'robot-no-rsa': async (port) => {
    const answer = await ask(port, offer(TLS12, { suites: [0x002f, 0x009c, 0x000a] }))
    assert.equal(answer.alert, Alert.handshakeFailure)
  },
})
