/** What an audit asks only once, for all who want to know. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { createServer, type TlsOptions } from 'node:tls'
import { measure, type Measurement } from '../src/audit/index.ts'
import { tls } from '../src/dialects/index.ts'
import { certificates, SERVER_NAME } from './peers/index.ts'

async function audited(t: TestContext, options: TlsOptions): Promise<Measurement> {
  const { chain, key } = (await certificates()).leaf('ecdsa')
  const server = createServer({ cert: readFileSync(chain), key: readFileSync(key), minVersion: 'TLSv1.3', ...options })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const door = { address: '127.0.0.1', port, dialect: tls, beginning: 'implicit', serverName: SERVER_NAME } as const
  return measure(door, { parallel: 1, timeout: 30_000, now: new Date() })
}

test('one session of TLS 1.3 tells of signature, application protocol and ticket at once', { timeout: 60_000 }, async (t) => {
  const plain = await audited(t, {})
  assert.deepEqual(plain.posture.features.alpn, [])
  assert.equal(plain.posture.features.pskResumption, true)
  assert.deepEqual(plain.posture.signatureSchemes['TLSv1.3'], ['ecdsa_secp256r1_sha256'])
  const named = await audited(t, { ALPNProtocols: ['imap'] })
  assert.deepEqual(named.posture.features.alpn, ['imap'])
  assert.equal(named.cost.connections, plain.cost.connections + 1, 'one more, for what is taken after imap')
})

test('a server that refuses all our application protocols is asked for a session without them', { timeout: 60_000 }, async (t) => {
  const { posture } = await audited(t, { ALPNProtocols: ['irc/7'] })
  assert.deepEqual(posture.features.alpn, [])
  assert.equal(posture.features.pskResumption, true)
  assert.deepEqual(posture.signatureSchemes['TLSv1.3'], ['ecdsa_secp256r1_sha256'])
})
