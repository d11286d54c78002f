/** Servers with TLS from the start that say in plain text that they have enough: asked again, and not taken for something else than TLS. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { handshake, measure, trustStore } from '../src/audit/index.ts'
import { tls } from '../src/dialects/index.ts'
import { auditHostile, disagreements } from './audited.ts'
import { scripted, startHostile, truthOf, type Behaviour, type HostileServer } from './hostile/index.ts'
import { needPeer, startPeer } from './peers/index.ts'
import { policyNamed, proveAt, withoutCertificates } from './proved.ts'

const NAME = 'hostile.example'
const FINE = { versions: [0x0303, 0x0304], suites: [0xc02f, 0xc030], order: 'client', groups: [0x1d, 0x17], rsaKey: 'rsa2048' } as const

/** Serves so many at once. The others hear this, and a place is free again only some time after its client has gone. */
function limited(most: number, says: string, lingers = 0): Behaviour {
  const good = scripted(FINE)
  let taken = 0
  return async (wire, nth) => {
    if (taken >= most) return void (await wire.write(says))
    taken++
    wire.socket.once('close', () => setTimeout(() => taken--, lingers).unref())
    await good(wire, nth)
  }
}

async function started(t: TestContext, behaviour: Behaviour): Promise<HostileServer> {
  const server = await startHostile(behaviour)
  t.after(() => server.stop())
  return server
}

const WORDS: readonly (readonly [protocol: string, says: string])[] = [
  ['SMTP', '421 Too many concurrent SMTP connections; please try again later.\r\n'],
  ['IMAP', '* BYE Too many connections\r\n'],
  ['POP3', '-ERR [SYS/TEMP] Too many connections\r\n'],
]

describe('doors with TLS from the start that turn away in plain text who is too many', { concurrency: 4 }, () => {
  for (const [protocol, says] of WORDS) {
    test(`an audit is whole: ${protocol}`, async (t) => {
      const server = await started(t, limited(2, says))
      assert.deepEqual(disagreements(truthOf(FINE), await auditHostile(server, 'tls', { patience: 2000 })), [])
    })
  }

  test('a policy is proved where places become free late, as with Exim', async (t) => {
    const server = await started(t, limited(4, WORDS[0]![1], 300))
    const policy = withoutCertificates(policyNamed('mozilla-intermediate'))
    const { keeps, problem, checks } = await proveAt({ port: server.port, name: NAME }, policy)
    assert.deepEqual([keeps, problem], ['yes', null], JSON.stringify(checks.filter(({ verdict }) => verdict !== 'kept')))
  })

  test('a handshake comes to its end', async (t) => {
    const good = scripted(FINE)
    const server = await started(t, async (wire, nth) => (nth <= 2 ? void (await wire.write('421 Later\r\n')) : good(wire, nth)))
    const door = {
      url: `smtps://${NAME}`,
      address: '127.0.0.1',
      port: server.port,
      dialect: tls,
      beginning: 'implicit',
      serverName: NAME,
    } as const
    const seen = await handshake(door, { timeout: 10_000, offer: { serverName: NAME }, trust: trustStore([]), now: new Date() })
    assert.deepEqual([seen.protocol, seen.cost.connections], ['TLSv1.3', 3])
  })

  test('where nobody is ever served TLS, it is none, in few tries', async (t) => {
    const server = await started(t, async (wire) => void (await wire.write('421 Later\r\n')))
    const { problem } = await auditHostile(server, 'tls')
    assert.equal(problem?.code, 'NOT_TLS')
    assert.match(problem?.message ?? '', /it says "421 Later/)
    assert.match(problem?.remedy ?? '', /^Try again later/)
    assert.ok(server.connections() < 60, String(server.connections()))
    const proof = await proveAt({ port: server.port, name: NAME }, policyNamed('mozilla-intermediate'))
    assert.deepEqual([proof.keeps, proof.checks, proof.problem?.code], ['unknown', [], 'NOT_TLS'])
  })
})

describe('a real Exim with few places, which it keeps for half a second after a refusal', { skip: needPeer('exim') }, () => {
  test('its port with TLS from the start is audited and proved with eight connections at once', { timeout: 100_000 }, async (t) => {
    const peer = await startPeer('exim', { protocols: ['TLSv1.2', 'TLSv1.3'] }, t)
    const file = join(peer.folder, 'exim.conf')
    writeFileSync(file, `${readFileSync(file, 'latin1')}smtp_accept_max = 5\n`)
    process.kill(Number(readFileSync(join(peer.folder, 'var/run/exim.pid'), 'latin1')), 'SIGHUP')
    await pause(500)
    const { smtps: port } = peer.doors
    const door = { address: '127.0.0.1', port, dialect: tls, beginning: 'implicit', serverName: NAME } as const
    const { problem, posture } = await measure(door, { parallel: 8, timeout: 60_000, now: new Date(), only: 'suites' })
    assert.equal(problem, undefined, problem?.message)
    assert.deepEqual(
      Object.entries(posture.protocols).flatMap(([name, { offered }]) => (offered === true ? [name] : [])),
      ['TLSv1.2', 'TLSv1.3'],
    )
    const proof = await proveAt({ port, name: NAME }, withoutCertificates(policyNamed('mozilla-intermediate')), {
      timeout: 60_000,
      pause: 250,
    })
    assert.equal(proof.problem, null)
    assert.ok(
      proof.checks.every(({ verdict }) => verdict !== 'unknown'),
      JSON.stringify(proof.checks),
    )
    assert.match(peer.log(), /refused: too many connections/)
  })
})
