import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeHeartbeatMessage, encodeHeartbeatMessage, HEARTBEAT_MESSAGE_TYPE } from './heartbeat.ts'
import { hex } from './testdata/hex.ts'

describe('HeartbeatMessage (RFC 6520 §4)', () => {
  test('divides payload and padding by the length it says', () => {
    assert.deepEqual(decodeHeartbeatMessage(hex('02 0002 aabb ccddee')), {
      type: HEARTBEAT_MESSAGE_TYPE.heartbeat_response,
      payloadLength: 2,
      payload: hex('aabb'),
      padding: hex('ccddee'),
    })
  })

  test('can be written with a length that is a lie (CVE-2014-0160), and is refused like that', () => {
    const none = new Uint8Array(0)
    const lie = encodeHeartbeatMessage({
      type: HEARTBEAT_MESSAGE_TYPE.heartbeat_request,
      payloadLength: 0x4000,
      payload: none,
      padding: none,
    })
    assert.deepEqual(lie, hex('01 4000'))
    assert.throws(() => decodeHeartbeatMessage(lie), { message: 'Cannot decode HeartbeatMessage.payload at offset 3: 16384 bytes short' })
  })
})
