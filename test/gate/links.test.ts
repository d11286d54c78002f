import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import { promisify } from 'node:util'
import { certificates, needPeer, SERVER_NAME, startPeer } from '../peers/index.ts'
import { echoServer } from './link-ends.ts'
import { startLinked } from './linked.ts'
import { logged } from './logged.ts'
import { Talker } from './talker.ts'

const run = promisify(execFile)
const { root } = await certificates()
/** A client that can be told from everything else, which is 127.0.0.1. */
const CLIENT = '127.0.0.9'

/** A server inside. Gives its address. */
async function serve(serves: (socket: Socket) => void, t: Pick<TestContext, 'after'>): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    serves(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a link', () => {
  test('carries clients of a gate to a server inside, to which no port is open', async (t) => {
    const { port, join, inside, stand, record } = await startLinked({ plain: { dialect: 'tcp', tls: 'none' } }, t)
    const office = await inside(await join('office'), { plain: { dialect: 'tcp', tls: 'none', backend: await echoServer(t) } })
    await stand(1)
    const client = await Talker.to(port('plain'), CLIENT)
    await client.asks('over there', /over there/)
    client.done()
    await client.isClosed()
    const [outside, within] = [await record(), await office.record()]
    assert.deepEqual([outside.bytes, within.bytes], [outside.bytes, { in: 10, out: 10 }])
    assert.deepEqual(within.client, outside.client, 'the inside knows whose it is')
    assert.equal(within.client.address, CLIENT)
  })

  test('leads others on whom an inside takes, where it does not take one more of a client', async (t) => {
    const { port, join, inside, stand } = await startLinked({ plain: { dialect: 'tcp', tls: 'none' } }, t)
    const services = { plain: { dialect: 'tcp', tls: 'none', backend: await echoServer(t) } }
    await inside(await join('office'), services, { limits: { perClient: 1 } })
    await stand(1)
    const first = await Talker.to(port('plain'), CLIENT)
    await first.asks('here', /here/)
    for (const address of ['127.0.0.10', '127.0.0.11', '127.0.0.12']) {
      await (await Talker.to(port('plain'), CLIENT)).isClosed()
      const other = await Talker.to(port('plain'), address)
      await other.asks('over there', /over there/)
      other.leave()
    }
    first.leave()
  })

  test('carries TLS that ends inside: the gate has no key, and still refuses who may not come', async (t) => {
    const { port, join, inside, stand, record } = await startLinked({ imaps: { dialect: 'imap', tls: 'passthrough' } }, t)
    const office = await inside(await join('office'), {
      imaps: { dialect: 'imap', tls: 'implicit', backend: await serve((socket) => void socket.write('* OK inside\r\n'), t) },
    })
    await stand(1)
    const client = await Talker.to(port('imaps'), CLIENT)
    await client.secure()
    await client.hears(/^\* OK inside/)
    client.leave()
    const [outside, within] = [await record(), await office.record()]
    assert.equal(outside.negotiated?.version, 'TLSv1.3')
    assert.deepEqual([within.negotiated?.version, within.client, within.hello], ['TLSv1.3', outside.client, outside.hello])
    const old = ['s_client', '-no-CAfile', '-connect', `127.0.0.1:${port('imaps')}`, '-tls1_1', '-cipher', 'ALL@SECLEVEL=0', '-ign_eof']
    await assert.rejects(run('openssl', old, { timeout: 10_000 }))
    assert.deepEqual((await record()).ended, { why: 'handshake-failed', reason: 'version' })
    assert.equal(office.records.length, 1, 'the inside has heard nothing of it')
  })

  test('has nobody left inside who goes in the middle of a handshake', async (t) => {
    const { port, join, inside, stand } = await startLinked({ imaps: { dialect: 'imap', tls: 'passthrough' } }, t)
    const office = await inside(await join('office'), { imaps: { dialect: 'imap', tls: 'implicit', backend: await echoServer(t) } })
    await stand(1)
    const hello = await new Promise<Buffer>((resolve) => {
      tlsConnect({ socket: new Duplex({ read: () => undefined, write: resolve }) }).on('error', () => undefined)
    })
    const client = connect(port('imaps'), '127.0.0.1', () => void client.write(hello))
    await once(client, 'data')
    client.resetAndDestroy()
    assert.deepEqual((await office.record()).ended, { why: 'handshake-failed', reason: 'reset' })
    assert.deepEqual(office.counts.connections(10), [])
  })

  test('hands on whose a connection is, and its TLS', { skip: needPeer('postfix') }, async (t) => {
    const { doors, log } = await startPeer('postfix', { behindProxy: true }, t)
    const services = {
      edge: { dialect: 'smtp', tls: 'starttls', backend: { link: 'office', proxy: 'v2', service: 'mx' } },
      within: { dialect: 'tcp', tls: 'none' },
    }
    const { port, join, inside, stand } = await startLinked(services, t)
    const address = `127.0.0.1:${doors.smtp}`
    await inside(await join('office'), {
      mx: { dialect: 'tcp', tls: 'none', backend: address },
      within: { dialect: 'smtp', tls: 'starttls', backend: { address, proxy: 'v2' } },
    })
    await stand(1)
    for (const [service, from] of [
      ['edge', '127.0.0.21'],
      ['within', '127.0.0.22'],
    ] as const) {
      const words = ['--from', 'a@example.org', '--to', 'b@example.net', '--server', '127.0.0.1', '--port', String(port(service))]
      const { stdout } = await run('swaks', [...words, '--tls', '--local-interface', from], { timeout: 20_000 })
      assert.match(stdout, /=== TLS started[^]*<~  250 2\.0\.0 Ok: queued as /, service)
      await logged(log, new RegExp(`connect from unknown\\[${from.replaceAll('.', '\\.')}\\]`))
    }
  })

  test('curl reads a page of nginx inside, in TLS that ends there', { skip: needPeer('nginx') }, async (t) => {
    const { doors } = await startPeer('nginx', {}, t)
    const { port, join, inside, stand } = await startLinked({ web: { dialect: 'http', tls: 'passthrough' } }, t)
    await inside(await join('office'), { web: { dialect: 'tls', tls: 'passthrough', backend: `127.0.0.1:${doors.https}` } })
    await stand(1)
    const words = ['-s', '--cacert', root, '--resolve', `${SERVER_NAME}:${port('web')}:127.0.0.1`, '--max-time', '10', '-o', '/dev/null']
    const { stdout } = await run('curl', [...words, '-w', '%{http_code} %{http_version}', `https://${SERVER_NAME}:${port('web')}/`])
    assert.match(stdout, /^\d{3} /)
  })
})

describe('while no inside is there', () => {
  const rows = [
    ['smtp', 'none', /^421 4\.\d\.\d /],
    ['imap', 'none', /^\* BYE /],
    ['pop3', 'none', /^-ERR /],
    ['http', 'implicit', /^HTTP\/1\.1 503 /],
  ] as const

  test('clients are told so at once in the words of the protocol, and served as soon as one comes', async (t) => {
    const services = Object.fromEntries(
      rows.map(([dialect, tls]) => [dialect, { dialect, tls, ...(tls === 'none' ? { hideLogin: false } : {}) }]),
    )
    const { port, join, inside, stand } = await startLinked(services, t)
    for (const [dialect, tls, words] of rows) {
      const begun = performance.now()
      const client = tls === 'none' ? await Talker.to(port(dialect)) : await Talker.inTls(port(dialect))
      if (dialect === 'http') client.say('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      assert.match(await client.hears(/\r\n/), words, dialect)
      assert.ok(performance.now() - begun < 3000, dialect)
      client.leave()
    }
    await inside(await join('office'), {
      imap: { dialect: 'tcp', tls: 'none', backend: await serve((socket) => void socket.write('* OK inside\r\n'), t) },
    })
    await stand(1)
    // What is known to be down is looked at again at most twice a second.
    await delay(600)
    const client = await Talker.to(port('imap'))
    await client.hears(/^\* OK inside/)
    client.leave()
  })
})

describe('several insides', () => {
  test('share clients, the one with the fewest first, and one whose server is down gets none', async (t) => {
    const backend = { link: ['office', 'branch', 'broken'] }
    const { port, join, inside, stand } = await startLinked({ plain: { dialect: 'tcp', tls: 'none', backend } }, t)
    const says = (word: string): Promise<string> => serve((socket) => void socket.write(word), t)
    const plain = { dialect: 'tcp', tls: 'none' }
    const office = await inside(await join('office'), { plain: { ...plain, backend: await says('office') } })
    await inside(await join('branch'), { plain: { ...plain, backend: await says('branch') } })
    await inside(await join('broken'), { plain: { ...plain, backend: '127.0.0.1:1' } })
    await stand(3)
    const heard: string[] = []
    const ask = async (): Promise<void> => {
      const client = await Talker.to(port('plain'))
      heard.push(await client.hears(/office|branch/))
    }
    for (let count = 0; count < 6; count++) await ask()
    assert.deepEqual(heard.toSorted(), ['branch', 'branch', 'branch', 'office', 'office', 'office'])
    await office.gate.close(0)
    await stand(2)
    await ask()
    assert.equal(heard.at(-1), 'branch')
  })

  test('stand in for each other in their order, where they are written one after the other', async (t) => {
    const backend = [{ link: 'office' }, { link: 'branch' }]
    const { port, join, inside, stand } = await startLinked({ plain: { dialect: 'tcp', tls: 'none', backend } }, t)
    const plain = { dialect: 'tcp', tls: 'none' }
    await inside(await join('branch'), { plain: { ...plain, backend: await serve((socket) => void socket.write('branch'), t) } })
    await stand(1)
    await delay(600)
    const client = await Talker.to(port('plain'))
    await client.hears(/branch/)
  })
})

describe('a configuration that is read again', () => {
  test('leaves links and clients as they are, at both ends', async (t) => {
    const { port, join, inside, stand, gate } = await startLinked({ plain: { dialect: 'tcp', tls: 'none' } }, t)
    const file = await join('office')
    const plain = { listen: { link: 'edge' }, dialect: 'tcp', tls: 'none', backend: await echoServer(t) }
    const office = await inside(file, { plain })
    await stand(1)
    const [link] = gate.links
    const client = await Talker.to(port('plain'))
    await client.asks('before', /before/)
    await office.reload({ links: { gates: { edge: file } }, services: { plain, other: { ...plain, listen: { link: 'edge' } } } })
    await client.asks('behind', /behind/)
    assert.equal(gate.links[0], link)
    const next = await Talker.to(port('plain'))
    await next.asks('anew', /anew/)
    await office.reload({ links: {}, services: { plain: { ...plain, listen: '127.0.0.1:0' } } })
    await stand(0)
  })
})
