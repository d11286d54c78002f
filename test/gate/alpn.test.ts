import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { certificates, needPackages } from '../peers/index.ts'
import { outputOf } from '../settings/program.ts'
import { startGate } from './gated.ts'

const { leaf } = await certificates()
const material = { cert: readFileSync(leaf('rsa').chain), key: readFileSync(leaf('rsa').key) }

async function portOf(server: Server, t: TestContext): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** The version of HTTP that curl gets, and 0 where it gets none. */
async function version(port: number, ...words: readonly string[]): Promise<string> {
  return (await outputOf('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_version}', ...words, `https://127.0.0.1:${port}/`])).out
}

describe('HTTP/2 through a gate', { skip: needPackages('curl') }, () => {
  test('to a server that has it: as the server would, in TLS of its own or of the gate', async (t) => {
    const server = createSecureServer({ ...material, allowHTTP1: true }, (_request, response) => void response.end('x'))
    const backend = `127.0.0.1:${await portOf(server, t)}`
    const inTls = (): object => ({ address: backend, tls: 'implicit' })
    const services = {
      agreed: { dialect: 'tls', tls: 'implicit', alpn: ['h2', 'http/1.1'], backend: inTls() },
      alone: { dialect: 'tls', tls: 'implicit', backend: inTls() },
      passed: { dialect: 'tls', tls: 'passthrough', backend },
      read: { dialect: 'http', tls: 'implicit', backend: inTls() },
    }
    const { port, record } = await startGate({ services }, t)
    for (const [service, words, got, alpn] of [
      ['agreed', ['--http2'], '2', 'h2'],
      ['agreed', ['--http1.1'], '1.1', 'http/1.1'],
      ['agreed', ['--no-alpn'], '1.1', undefined],
      ['alone', ['--http2'], '1.1', undefined],
      ['passed', ['--http2'], '2', undefined],
      ['read', ['--http2'], '1.1', 'http/1.1'],
    ] as const) {
      assert.equal(await version(port(service), ...words), got, `${service} ${words.join(' ')}`)
      const { negotiated, hello } = await record()
      assert.equal(negotiated?.alpn, alpn, `${service} ${words.join(' ')}`)
      if (service === 'passed') assert.deepEqual(hello?.alpn, ['h2', 'http/1.1'])
    }
  })

  for (const [why, options] of [
    ['says so', { ALPNProtocols: ['http/1.1'] }],
    ['does not know ALPN', { ALPNProtocols: [] }],
  ] as const) {
    test(`to a server that has not, and ${why}: nobody speaks what the other does not understand, and the server is there for the others`, async (t) => {
      const server = createHttps({ ...material, ...options }, (_request, response) => void response.end('x'))
      const backend = { address: `127.0.0.1:${await portOf(server, t)}`, tls: 'implicit' }
      const services = { web: { dialect: 'tls', tls: 'implicit', alpn: ['h2', 'http/1.1'], backend } }
      const { port, record, gate } = await startGate({ services }, t)
      assert.equal(await version(port('web'), '--http2'), '0')
      assert.match((await record()).ended.reason ?? '', /it does not speak h2$/)
      assert.equal(gate.services[0]?.backends[0]?.up, true)
      assert.equal(await version(port('web'), '--no-alpn'), '1.1')
    })
  }
})
