import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { recordLine } from '../../../src/gate/index.ts'
import { clientHello } from '../../peers/hellos.ts'
import { Talker } from '../talker.ts'
import { gateFor, smtp } from './attacked.ts'

const sized = (bytes: Uint8Array, octets: number): Buffer => {
  const length = Buffer.alloc(octets)
  length.writeUIntBE(bytes.length, 0, octets)
  return Buffer.concat([length, bytes])
}

describe('log-injection', () => {
  test('what a client calls itself and asks for makes no line of its own, and gives no order to a terminal', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, {}, { tls: 'implicit' })
    const evil = 'a.example\r\n{"service":"forged"}\n\u001b[2J\u009b31m\u0000\u2028"'
    const name = sized(Buffer.concat([Buffer.from([0]), sized(Buffer.from(evil, 'latin1'), 2)]), 2)
    const protocols = sized(sized(Buffer.from(evil.slice(0, 40), 'latin1'), 1), 2)
    const groups = sized(Buffer.from([0, 23]), 2)
    const schemes = sized(Buffer.from([4, 1]), 2)
    const talker = await Talker.to(gated.port('door'))
    talker.say(
      clientHello(
        0x0303,
        [0xc02f],
        [
          [0, name],
          [16, protocols],
          [10, groups],
          [13, schemes],
        ],
      ),
    )
    const record = await gated.record()
    talker.leave()
    assert.ok(JSON.stringify(record.hello).includes('forged'), 'or nothing was shown')
    const line = recordLine(record)
    assert.match(line, /^[ -~]+\n$/)
    assert.equal((JSON.parse(line) as { service: string }).service, 'door')
  })
})
