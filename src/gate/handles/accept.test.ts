import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import type { ServiceConfig } from '../config/config.ts'
import type { ClientFacts } from '../facts.ts'
import { acceptHandles } from './accept.ts'
import { TcpStream } from './tcp-stream.ts'
import { listening, until } from './testdata/ends.ts'

const rule = { networks: undefined, policy: {}, stages: [] }
const SERVICE = { streams: 'handles', dialect: 'smtp', acceptProxy: [], rules: [rule] } as unknown as ServiceConfig
/** No matter which. */
const CLIENTS = { ca: '', mode: 'request' } as const

interface Met {
  readonly by: 'handle' | 'socket'
  readonly facts?: ClientFacts
  readonly client: Socket
}

/** Clients of one server, each of another service. */
async function meet(
  t: TestContext,
  services: readonly ServiceConfig[],
  listen: string = '127.0.0.1',
  to: string = '127.0.0.1',
): Promise<readonly Met[]> {
  const [server, port] = await listening(t, listen)
  let [config = SERVICE] = services
  const found: { by: Met['by']; facts?: ClientFacts; destroy: () => unknown }[] = []
  server.on('connection', (socket) => found.push({ by: 'socket', destroy: () => socket.destroy() }))
  acceptHandles(
    server,
    () => ({ config, place: { host: listen, port } }),
    (stream, facts) => {
      assert.ok(stream instanceof TcpStream)
      found.push({ by: 'handle', facts, destroy: () => stream.destroy() })
    },
  )
  const met: Met[] = []
  for (const service of services) {
    config = service
    const client = connect(port, to)
    await once(client, 'connect')
    await until(() => found.length > met.length, 'accepted')
    const { by, facts } = found[met.length] ?? assert.fail()
    met.push({ by, client, ...(facts === undefined ? {} : { facts }) })
    t.after(() => {
      client.destroy()
      for (const { destroy } of found) destroy()
    })
  }
  return met
}

describe('acceptHandles()', () => {
  const rows: readonly (readonly [why: string, config: Partial<ServiceConfig>, by: Met['by']])[] = [
    ['a service that needs no more', {}, 'handle'],
    ['one that is to go by streams of Node', { streams: 'node' }, 'socket'],
    ['FTP, whose data go over other connections', { dialect: 'ftp' }, 'socket'],
    ['HTTP', { dialect: 'http' }, 'handle'],
    [
      'one behind a proxy that says whose a connection is',
      { acceptProxy: [{ address: '127.0.0.1', bits: 32 }] as unknown as ServiceConfig['acceptProxy'] },
      'socket',
    ],
    [
      'one that asks some clients for certificates',
      { rules: [{ ...SERVICE.rules[0]!, clientCertificates: CLIENTS }, ...SERVICE.rules] },
      'socket',
    ],
  ]
  test('meets a client over a handle where the service as it is now can do with it', async (t) => {
    const met = await meet(
      t,
      rows.map(([, config]) => ({ ...SERVICE, ...config })),
    )
    for (const [index, [why, , by]] of rows.entries()) assert.equal(met[index]?.by, by, why)
  })

  test('says who came, and where to', async (t) => {
    for (const listen of ['127.0.0.1', '0.0.0.0', '::']) {
      const [met] = await meet(t, [SERVICE], listen, '127.0.0.1')
      const { client, facts } = met ?? assert.fail()
      const expected = { address: '127.0.0.1', port: client.localPort, localAddress: '127.0.0.1', localPort: client.remotePort }
      assert.deepEqual(facts, expected, listen)
    }
  })
})
