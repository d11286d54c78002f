import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tls } from '../dialects/index.ts'
import { measure } from './measure.ts'
import { loopback } from './testdata/loopback.ts'
import { alertBytes } from './testdata/model-server.ts'

const TLS_HANDSHAKE = 22

test('What was cut off because the time was up was refused by nobody', async (t) => {
  // It refuses every hello of TLS at once, and is silent to that of SSL 2.0, which is the only question under way in the end.
  const server = await loopback(t, (socket) => {
    socket.once('data', ([type]) => {
      if (type === TLS_HANDSHAKE) socket.end(alertBytes('handshake_failure'))
    })
  })
  const door = { address: '127.0.0.1', port: server.port, dialect: tls, beginning: 'implicit', serverName: 'mail.example' } as const
  const { posture, problem } = await measure(door, { parallel: 8, timeout: 800, now: new Date(), patience: 5000 })
  const { SSLv2, ...others } = posture.protocols
  assert.equal(problem?.code, 'TIME_UP')
  assert.deepEqual(
    Object.values(others).map(({ offered }) => offered),
    [false, false, false, false, false],
  )
  assert.deepEqual([SSLv2.offered, SSLv2.complete], ['unknown', false])
})
