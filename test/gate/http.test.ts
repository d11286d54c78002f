import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test, type TestContext } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { certificates, needPackages, SERVER_NAME } from '../peers/index.ts'
import { serveLoopback } from '../peers/loopback.ts'
import { startGate, type Gated } from './gated.ts'
import { Talker } from './talker.ts'

const { root } = await certificates()

function lasting(): Pick<TestContext, 'after'> {
  const ends: (() => unknown)[] = []
  after(async () => {
    for (const end of ends.toReversed()) await end()
  })
  return { after: (end) => void ends.push(end as () => unknown) }
}

/** What an attacker wants to get to a server past a gate. */
const HIDDEN = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n'
const post = (...fields: readonly string[]): string => ['POST / HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n')

describe('attacks on HTTP', () => {
  const t = lasting()
  /** All that came to the server, connection by connection. */
  const came: string[] = []
  let answer: string
  let gated: Gated

  before(async () => {
    const server = await serveLoopback((socket) => {
      const index = came.push('') - 1
      socket.on('data', (bytes) => {
        came[index] += bytes.toString('latin1')
        if (came[index]?.endsWith('\r\n\r\n') === true) socket.write(answer)
      })
      socket.on('end', () => socket.end())
    })
    t.after(() => server.stop())
    gated = await startGate(
      {
        services: { web: { dialect: 'http', tls: 'implicit', backend: `127.0.0.1:${server.port}`, headers: { 'X-TLS': 'tls-version' } } },
        timeouts: { head: 0.3 },
      },
      t,
    )
  })

  async function meets(text: string): Promise<{ readonly came: string; readonly heard: string; readonly why: string }> {
    came.length = 0
    answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    const talker = await Talker.inTls(gated.port('web'))
    talker.say(text)
    await talker.isClosed()
    talker.leave()
    const { ended } = await gated.record()
    return { came: came.join(''), heard: talker.heard, why: ended.why }
  }

  const rows: readonly (readonly [attack: string, text: string, status: number, why: string])[] = [
    ['smuggling, CL.TE', post('Content-Length: 6', 'Transfer-Encoding: chunked') + `0\r\n\r\n${HIDDEN}`, 400, 'smuggling'],
    ['smuggling, TE.CL', post('Transfer-Encoding: chunked', 'Content-Length: 4') + `21\r\n${HIDDEN}\r\n0\r\n\r\n`, 400, 'smuggling'],
    ['smuggling, TE.TE', post('Transfer-Encoding: chunked', 'Transfer-encoding: cow') + `0\r\n\r\n${HIDDEN}`, 400, 'smuggling'],
    ['smuggling, a bare line feed', `GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n${HIDDEN}`, 400, 'smuggling'],
    ['smuggling, two lengths', post('Content-Length: 0', `Content-Length: ${HIDDEN.length}`) + HIDDEN, 400, 'smuggling'],
    ['smuggling, obs-fold', post('X: y', ' Transfer-Encoding: chunked', 'Content-Length: 0') + HIDDEN, 400, 'smuggling'],
    ['header bomb, one field', `GET / HTTP/1.1\r\nX: ${'x'.repeat(1 << 20)}\r\n\r\n`, 431, 'line-too-long'],
    ['header bomb, many fields', `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(5000)}\r\n`, 431, 'line-too-long'],
    ['slow headers', 'GET / HTTP/1.1\r\nHost: a\r\n', 408, 'too-slow'],
  ]
  for (const [attack, text, status, why] of rows) {
    test(`${attack}: the server hears nothing`, async () => {
      const met = await meets(text)
      assert.deepEqual([met.came, met.why], ['', why])
      assert.match(met.heard, new RegExp(`^HTTP/1\\.1 ${status} `))
    })
  }

  test('smuggling in a chunk: what comes behind it does not get there', async () => {
    const met = await meets(`${post('Transfer-Encoding: chunked')}1;a=\nb\r\nx\r\n0\r\n\r\n${HIDDEN}`)
    assert.equal(met.why, 'smuggling')
    assert.doesNotMatch(met.came, /admin|a=/)
  })

  test('forged fields: the server hears what the gate knows', async () => {
    const forged = [
      'X-Forwarded-For: 192.0.2.9',
      'x_forwarded_for: 192.0.2.9',
      'Forwarded: for=192.0.2.9',
      'X_TLS: TLSv9',
      'Connection: close, X-TLS',
    ]
    const met = await meets(`GET / HTTP/1.1\r\nHost: a\r\n${forged.join('\r\n')}\r\n\r\n`)
    assert.equal(
      met.came,
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a\r\nX-Forwarded-Port: ${gated.port('web')}\r\nForwarded: for=127.0.0.1;proto=https;host=a\r\nX-TLS: TLSv1.3\r\n\r\n`,
    )
    assert.deepEqual([met.heard.split('\r\n')[0], met.why], ['HTTP/1.1 200 OK', 'quit'])
  })

  test('response splitting: an answer that nobody asked for is not passed on', async () => {
    const talker = await Talker.inTls(gated.port('web'))
    came.length = 0
    answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
    talker.say('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await talker.isClosed()
    assert.equal(talker.heard, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    assert.equal((await gated.record()).ended.why, 'server-misbehaves')
    talker.leave()
  })
})

describe('a web server behind a gate', { skip: needPackages('curl') }, () => {
  const t = lasting()
  let gated: Gated
  const BIG = 8 * 1024 * 1024

  before(async () => {
    const server = createServer((request, response) => {
      if (request.url === '/big') return void response.end(Buffer.alloc(BIG, 'x'))
      let length = 0
      request.on('data', (bytes: Buffer) => void (length += bytes.length))
      request.on('end', () => response.end(JSON.stringify({ length, headers: request.headers, method: request.method })))
    })
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
    const backend = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const web = { dialect: 'http', tls: 'implicit', backend }
    gated = await startGate(
      {
        services: {
          web,
          explained: { ...web, policy: 'mozilla-modern', stage: 'explain' },
          refused: { ...web, policy: 'mozilla-modern' },
          lost: { ...web, backend: '127.0.0.1:1' },
        },
      },
      t,
    )
  })

  function curl(service: string, path: string, ...words: readonly string[]): Promise<string> {
    const port = gated.port(service)
    const where = ['--resolve', `${SERVER_NAME}:${port}:127.0.0.1`, '--cacert', root, '--max-time', '20']
    return new Promise((resolve) => {
      execFile('curl', ['-sS', ...where, ...words, `https://${SERVER_NAME}:${port}${path}`], { maxBuffer: 1 << 25 }, (_, out, err) =>
        resolve(out + err),
      )
    })
  }

  test('answers curl, which goes on over one connection', async () => {
    const port = gated.port('web')
    const out = await curl('web', '/a', '-w', '|%{http_version}|%{num_connects}|', `https://${SERVER_NAME}:${port}/b`)
    assert.match(out, /"x-forwarded-for":"127\.0\.0\.1".*\|1\.1\|1\|.*\|1\.1\|0\|$/)
    const record = await gated.record()
    assert.deepEqual([record.negotiated?.alpn, record.ended.why], ['http/1.1', 'client-left'])
  })

  test('gets what curl sends in chunks, and behind 100 Continue', async () => {
    const file = new URL(import.meta.url).pathname
    const chunked = await curl('web', '/', '-H', 'Transfer-Encoding: chunked', '-H', 'Expect: 100-continue', '-T', file)
    assert.match(chunked, /"length":[1-9]\d{3}.*"transfer-encoding":"chunked".*"method":"PUT"/)
    await gated.record()
  })

  test('fills a slow reader no faster than it reads', async () => {
    assert.equal((await curl('web', '/big', '--limit-rate', '16M')).length, BIG)
    assert.ok((await gated.record()).bytes.out > BIG)
  })

  test('speaks WebSocket', async () => {
    const socket: TLSSocket = connectTls({ port: gated.port('web'), host: '127.0.0.1', rejectUnauthorized: false })
    socket.write('GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    let heard = ''
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1')
      if (heard.endsWith('\r\n\r\n')) socket.write('\x81\x02hi', 'latin1')
      if (heard.endsWith('hi')) socket.end()
    })
    await once(socket, 'close')
    assert.match(heard, /^HTTP\/1\.1 101 /)
    assert.ok(heard.endsWith('\r\n\r\n\x81\x02hi'), heard)
    await gated.record()
  })

  for (const method of ['GET', 'POST', 'HEAD']) {
    test(`explains what is wrong on a page, in answer to ${method}`, async () => {
      const words = method === 'HEAD' ? ['--head'] : ['-i', '-X', method, '--data', 'x=y']
      const out = await curl('explained', '/', ...words, '--tls-max', '1.2')
      assert.match(out, /^HTTP\/1\.1 403 Forbidden\r\n/)
      if (method !== 'HEAD') assert.match(out, /mozilla-modern\)<\/p>\n<p>This connection is in TLSv1\.2 with TLS_/)
      assert.equal((await gated.record()).ended.why, 'turned-away')
    })
  }

  test('refuses by alert', async () => {
    assert.match(await curl('refused', '/', '--tls-max', '1.2'), /protocol version/)
    assert.equal((await gated.record()).ended.why, 'handshake-failed')
  })

  test('says so when the server cannot be reached', async () => {
    assert.match(await curl('lost', '/', '-i'), /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*cannot be reached/)
    const { ended } = await gated.record()
    assert.equal(ended.why, 'server-lost')
    assert.match(ended.reason ?? '', /127\.0\.0\.1:1/)
  })

  test('has no HTTP/2, and says so to whoever has nothing else', async () => {
    const socket = connectTls({ port: gated.port('web'), host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] })
    const [error] = (await once(socket, 'error')) as [Error & { code: string }]
    assert.match(error.code, /NO_APPLICATION_PROTOCOL/)
  })
})
