import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type SecureVersion } from 'node:tls'
import { describe, test, type TestContext } from 'node:test'
import type { ConnectionRecord } from '../../src/gate/index.ts'
import { startGate, type Gated } from './gated.ts'

/** A server behind that greets. Gives its port. */
async function greeter(t: Pick<TestContext, 'after'>): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220 behind ESMTP\r\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A client whose newest version is this one: in, greeted or refused, and away. */
async function comes(port: number, newest: SecureVersion, more: ConnectionOptions = {}): Promise<void> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    minVersion: 'TLSv1',
    maxVersion: newest,
    ciphers: 'DEFAULT@SECLEVEL=0',
    rejectUnauthorized: false,
    ...more,
  })
  socket.on('error', () => undefined)
  socket.once('data', () => socket.destroy())
  await new Promise<void>((resolve) => void socket.once('close', () => resolve()))
}

function services(port: number, stage: string, dialect = 'smtp'): Parameters<Gated['reload']>[0] {
  return { services: { mx: { dialect, tls: 'implicit', stage, backend: `127.0.0.1:${port}` } } }
}

describe('what a gate has seen', () => {
  test('is counted, and a sender that is too old is told of in the words of Kerio Connect, watched or refused', async (t) => {
    const behind = await greeter(t)
    const { port, record, counts, reload } = await startGate(services(behind, 'observe'), t)
    await comes(port('mx'), 'TLSv1.3')
    const fine = await record()
    await comes(port('mx'), 'TLSv1.1')
    const watched = await record()
    await reload(services(behind, 'refuse'))
    await comes(port('mx'), 'TLSv1')
    const refused = await record()
    await reload(services(behind, 'refuse', 'lmtp'))
    await comes(port('mx'), 'TLSv1')
    const other = await record()

    const tooOld = (version: string): string =>
      `Sending server negotiated an old and insecure TLS version, ${version}, sending server will need to be upgraded to support at least TLSv1.2`
    assert.deepEqual(
      [fine, watched, refused, other].map(({ sentence }) => sentence),
      [undefined, tooOld('TLSv1.1'), tooOld('TLSv1'), undefined],
    )
    assert.ok((fine.handshakeMilliseconds ?? -1) >= 0)
    assert.equal(refused.handshakeMilliseconds, undefined)
    const { open, connections, hellos, failed, ended, refusedLately, refusedClients } = counts.snapshot().services['mx'] ?? {}
    assert.deepEqual([open, connections], [0, 4])
    assert.deepEqual(hellos, { 'observe meets -': 1, 'observe fails version': 1, 'refuse fails version': 2 })
    assert.deepEqual(failed, { version: 2 })
    assert.deepEqual([ended?.['handshake-failed'], ended?.['client-left']], [2, 2])
    const lately = Object.values(refusedLately ?? {}).flatMap((tally) => Object.entries(tally))
    assert.equal(
      lately.reduce((sum, [, count]) => sum + count, 0),
      3,
    )
    assert.deepEqual([Object.keys(refusedClients ?? {}), refusedClients?.['127.0.0.1']?.count], [['127.0.0.1'], 3])
  })

  test('is written down as docs/gate.md shows it', async (t) => {
    const behind = await greeter(t)
    const { port, record } = await startGate(services(behind, 'observe'), t)
    await comes(port('mx'), 'TLSv1.1', { ciphers: 'ECDHE-RSA-AES128-SHA:@SECLEVEL=0', ecdhCurve: 'P-256', servername: 'mx.example.com' })
    const found = await record()
    const page = readFileSync(new URL('../../docs/gate.md', import.meta.url), 'utf8')
    const [, text = ''] = /```json\n(\{ *\n? *"time"[^]*?)```/.exec(page) ?? []
    const shown = JSON.parse(text) as ConnectionRecord
    // What is another each time.
    const { time, client, handshakeMilliseconds, milliseconds } = shown
    assert.deepEqual({ ...found, time, client, handshakeMilliseconds, milliseconds }, shown)
  })

  test('lists who is there, and counts what could not be reached', async (t) => {
    const behind = await greeter(t)
    const { port, counts, record, reload } = await startGate(services(behind, 'observe'), t)
    const client = connectTls({ port: port('mx'), host: '127.0.0.1', rejectUnauthorized: false })
    await once(client, 'data')
    const [there, ...more] = counts.connections(10)
    assert.equal(more.length, 0)
    assert.deepEqual(
      [there?.service, there?.client.address, there?.stage, there?.version, there?.meets, there?.bytes.out],
      ['mx', '127.0.0.1', 'observe', 'TLSv1.3', true, '220 behind ESMTP\r\n'.length],
    )
    assert.equal(counts.snapshot().services['mx']?.bytes.out, '220 behind ESMTP\r\n'.length, 'before it is over')
    client.destroy()
    await record()
    assert.deepEqual(counts.connections(10), [])
    await reload(services(1, 'observe'))
    await comes(port('mx'), 'TLSv1.3')
    assert.equal((await record()).ended.why, 'server-lost')
    assert.equal(counts.snapshot().services['mx']?.unreached, 1)
  })
})
