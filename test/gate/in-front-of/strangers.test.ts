import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { strangersIn } from '../../../src/cli/gate-strangers.ts'
import { placeOf } from '../../../src/gate/config/places.ts'

describe('a server of mail that sees the gate in place of its clients', () => {
  const rows: readonly (readonly [
    why: string,
    dialect: string,
    address: string,
    told: Partial<Record<'proxy' | 'xclient', boolean>>,
    warned: boolean,
  ])[] = [
    ['on the same machine', 'smtp', '127.0.0.1:2525', {}, true],
    ['with another address of loopback', 'smtp', '127.0.0.9:2525', {}, true],
    ['in IPv6', 'submission', '[::1]:2525', {}, true],
    ['by its name', 'smtp', 'localhost:2525', {}, true],
    ['told by PROXY', 'smtp', '127.0.0.1:2525', { proxy: true }, false],
    ['told by XCLIENT', 'smtp', '127.0.0.1:2525', { xclient: true }, false],
    ['on another machine, which knows the gate by its address', 'smtp', '192.0.2.1:25', {}, false],
    ['LMTP, which relays for nobody', 'lmtp', '127.0.0.1:24', {}, false],
    ['IMAP', 'imap', '127.0.0.1:143', {}, false],
  ]
  for (const [why, dialect, address, told, warned] of rows) {
    test(why, () => {
      const place = placeOf(address)
      assert.ok(place)
      const backends = [{ place, proxy: false, xclient: false, ...told }]
      const lines = strangersIn([{ name: 'mx', dialect, backends }])
      assert.equal(lines.length, warned ? 1 : 0)
      for (const line of lines) assert.match(line, /^mx: .* an open relay .* proxy: v2 or xclient: true/)
    })
  }
})
