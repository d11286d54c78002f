import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Content, Alert, SSL3, TLS12, Message } from './numbers.ts'
import { record, u8 } from './bytes.ts'
import { checkRows, using, type Check } from './checked.ts'
import { scripted } from './index.ts'
import { connectionKeys } from './keys.ts'
import { protection } from './protection.ts'
import { ask, records, serverHelloOf, type RawClient } from './raw-client.ts'
import { CCS } from './rows-ccs.ts'
import { bulk } from './suites.ts'
import { offer } from './walk.ts'

const SUITES = [0xc02f, 0x002f, 0x0035]

async function open(port: number, version: number): Promise<RawClient> {
  const answer = await ask(port, offer(version, { suites: SUITES }))
  assert.equal(answer.kind, 'messages')
  answer.client.clear()
  return answer.client
}

const ccs = (version: number): Buffer => record(Content.ccs, version, u8(1))

/** What comes after one ChangeCipherSpec, and after another. */
async function twice(port: number, version: number, wait = 120): Promise<[first: string, second: string]> {
  const client = await open(port, version)
  const told = async (ms: number): Promise<string> => {
    await client.until(() => client.received.length > 0 || client.end !== 'open', ms)
    await client.until(() => client.end !== 'open', client.received.length > 0 ? 300 : 0)
    const bytes = client.clear()
    const alert = records(bytes).find((one) => one.type === Content.alert)?.fragment[1]
    return alert === undefined ? (bytes.length > 0 ? bytes.toString('latin1') : client.end) : `alert ${alert}`
  }
  client.write(ccs(version))
  const first = await told(wait)
  if (client.end !== 'open') return [first, '']
  client.write(ccs(version))
  const second = await told(2000)
  client.close()
  return [first, second]
}

const is =
  (version: number, first: string, second = ''): Check =>
  async (port) =>
    assert.deepEqual(await twice(port, version, first === 'open' ? 120 : 3000), [first, second])

checkRows('CCS', CCS, {
  'ccs-injection': is(TLS12, 'open', `alert ${Alert.badRecordMac}`),
  // SSLv3 cannot be finished here, so that its records fail for another reason; on the wire it is the same.
  'ccs-injection-ssl3': is(SSL3, 'open', `alert ${Alert.badRecordMac}`),
  'ccs-injection-gcm': is(TLS12, 'open', `alert ${Alert.badRecordMac}`),
  'ccs-injection-late': is(TLS12, 'open', `alert ${Alert.badRecordMac}`),
  'ccs-refused': is(TLS12, `alert ${Alert.unexpectedMessage}`),
  'ccs-refused-tls13': is(TLS12, `alert ${Alert.unexpectedMessage}`),
  'ccs-refused-late': is(TLS12, 'open', `alert ${Alert.unexpectedMessage}`),
  'ccs-handshake-failure': is(TLS12, `alert ${Alert.handshakeFailure}`),
  'ccs-internal-error': is(TLS12, `alert ${Alert.internalError}`),
  'ccs-bad-record-mac-at-once': is(TLS12, `alert ${Alert.badRecordMac}`),
  'ccs-closes': is(TLS12, 'fin'),
  'ccs-resets': is(TLS12, 'reset'),
  'ccs-ignored': is(TLS12, 'open', 'open'),
  'ccs-vsftpd': is(TLS12, '500 OOPS: child died\r\n'),
})

test('ccs-injection answers a CBC record of one byte with decryption_failed', () =>
  using(scripted({ suites: [0x002f], earlyCcs: 'accepts' }), async (port) =>
    assert.deepEqual(await twice(port, TLS12), ['open', `alert ${Alert.decryptionFailed}`]),
  ))

test('ccs-injection reads records under the keys of an empty master secret', () =>
  using('ccs-injection', async (port) => {
    const bytes = offer(TLS12, { suites: [0x002f] })
    const answer = await ask(port, bytes)
    const { random, suite } = serverHelloOf(answer)
    const keys = connectionKeys(TLS12, bulk(suite)!, Buffer.alloc(0), random, Buffer.from(bytes.subarray(11, 43)))
    const sealed = protection(bulk(suite)!, TLS12, keys.client, false).seal(
      Content.handshake,
      TLS12,
      Buffer.from([Message.finished, 0, 0, 0]),
    )
    answer.client.clear()
    answer.client.write(Buffer.concat([ccs(TLS12), record(Content.handshake, TLS12, sealed)]))
    await answer.client.until(() => answer.client.end !== 'open')
    // The MAC was right: what is wrong is the Finished that nobody waits for.
    assert.equal(records(answer.client.received)[0]?.fragment[1], Alert.unexpectedMessage)
  }))
