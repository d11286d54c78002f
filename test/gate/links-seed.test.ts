import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { needPackages } from '../peers/index.ts'
import { serveLoopback } from '../peers/loopback.ts'
import { startLinked } from './linked.ts'
import { clientSays, openSeed, viewOf } from './seeded.ts'

/** The connectors of Mail Express as it is installed. */
const EXPRESS = readFileSync(new URL('../../src/settings/tomcat/testdata/mail-express.xml', import.meta.url), 'utf8')
const OF_DMZ = 'sslProtocols="SSLv2Hello,SSLv3,TLSv1"'

test(
  'postern gate run server.xml: the Connector of the DMZ Gateway is a service of the link, with its own protocols',
  { skip: needPackages('openssl') },
  async (t) => {
    const http = await serveLoopback((socket) => {
      socket.on('data', () => socket.end('HTTP/1.0 200 behind\r\n\r\n'))
    })
    t.after(() => http.stop())
    const backend = { link: 'office', service: 'DMZ Gateway' }
    for (const [why, text, expected] of [
      ['as it is installed', EXPRESS, { versions: 'TLSv1', order: 'server', sslv2Hello: true }],
      [
        'with what is usual today',
        EXPRESS.replace(OF_DMZ, 'sslProtocols="TLSv1.2"'),
        { versions: 'TLSv1.2', order: 'server', sslv2Hello: false },
      ],
    ] as const) {
      assert.ok(EXPRESS.includes(OF_DMZ))
      const { port, join, stand } = await startLinked({ web: { dialect: 'http', tls: 'passthrough', stage: 'observe', backend } }, t)
      const beside = {
        links: { gates: { edge: await join('office') } },
        backend: `127.0.0.1:${http.port}`,
        services: { 'port 8443': { listen: '127.0.0.1:0' } },
      }
      await openSeed({ name: 'server.xml', text, beside }, t)
      await stand(1)
      const { versions, order, sslv2Hello } = await viewOf(port('web'))
      assert.deepEqual({ versions, order, sslv2Hello }, expected, why)
      const words = ['-brief', '-quiet', '-no_tls1_3', '-cipher', 'ALL:@SECLEVEL=0']
      assert.match(await clientSays('GET / HTTP/1.0\r\n\r\n', port('web'), words), /^HTTP\/1\.[01] 200 behind/m, why)
    }
  },
)
