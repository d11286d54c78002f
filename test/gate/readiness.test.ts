import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { silentServices } from '../../src/gate/seen/silent-services.ts'
import type { BackendConfig, ServiceConfig } from '../../src/gate/config/config.ts'
import { placeOf } from '../../src/gate/config/places.ts'
import { needPeer, startPeer } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import { logged } from './logged.ts'

function service(name: string, ...backends: readonly Partial<BackendConfig>[]): ServiceConfig {
  return { name, backends } as unknown as ServiceConfig
}

const at = (port: number): Partial<BackendConfig> => ({ place: placeOf(`127.0.0.1:${port}`)! })

describe('silentServices()', () => {
  test('names those of which no server takes a connection', async (t) => {
    const there = createServer((socket) => void socket.on('error', () => {}).end()).listen(0, '127.0.0.1')
    await once(there, 'listening')
    t.after(() => void there.close())
    const address = there.address()
    const [open, shut] = [at(typeof address === 'object' ? (address?.port ?? 0) : 0), at(await freePort())]
    const link = { insides: ['office'], service: 'mx' }
    const services = [
      service('up', open),
      service('down', shut),
      service('one of two', shut, open),
      service('behind a link', { ...shut, link }),
      service('to the world'),
    ]
    assert.deepEqual(await silentServices({ services }), ['down'])
  })

  test('says to a server that wants the PROXY protocol that it is nobody', { skip: needPeer('postfix') }, async (t) => {
    const { doors, log } = await startPeer('postfix', { behindProxy: true }, t)
    assert.deepEqual(await silentServices({ services: [service('mx', { ...at(doors.smtp), proxy: true })] }), [])
    await logged(log, /disconnect from/)
    assert.doesNotMatch(log(), /haproxy/i)
    assert.deepEqual(await silentServices({ services: [service('mx', { ...at(doors.smtp), proxy: false })] }), [])
    // That is what it says of whoever does not.
    await logged(log, /haproxy/i)
  })
})
