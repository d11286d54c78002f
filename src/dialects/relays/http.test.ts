import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { ClientOfRelay, RelayOptions, RelayStep } from '../relay.ts'
import { MAX_FIELDS, MAX_HEAD, MAX_START_LINE } from './http-head.ts'
import { httpRelay } from './http.ts'
import { latin1, octets } from './lines.ts'
import { describeRelay, OPTIONS } from './relay-laws.test.ts'

const options: RelayOptions = { ...OPTIONS, tls: 'begun' }

describeRelay(
  'httpRelay',
  httpRelay,
  [
    {
      why: 'requests and answers go to and fro, one after the other',
      options: { tls: 'begun' },
      talk: `
        C: GET / HTTP/1.1
        C: Host: a.example
        C:
        s: GET / HTTP/1.1
        s: Host: a.example
        s:
        S: HTTP/1.1 200 OK
        S: Content-Length: 2
        S:
        S= hi
        c: HTTP/1.1 200 OK
        c: Content-Length: 2
        c:
        c= hi
        C: POST /b HTTP/1.1
        C: Host: a.example
        C: Content-Length: 4
        C:
        C= four
        s: POST /b HTTP/1.1
        s: Host: a.example
        s: Content-Length: 4
        s:
        s= four
        S: HTTP/1.1 204 No Content
        S:
        c: HTTP/1.1 204 No Content
        c:`,
    },
    {
      why: 'chunks and a trailer are passed on, their sizes anew and without what stands behind them',
      options: { tls: 'begun' },
      talk: `
        C: POST / HTTP/1.1
        C: host: a
        C: transfer-encoding: Chunked
        C:
        C: 00004;name="value"
        C: four
        C: 0
        C: X-Sum:  4
        C: Content-Length: 5
        C: X-Forwarded-For: 192.0.2.9
        C:
        s: POST / HTTP/1.1
        s: host: a
        s: transfer-encoding: Chunked
        s:
        s: 4
        s: four
        s: 0
        s: X-Sum: 4
        s:
        S: HTTP/1.1 200 OK
        S: Transfer-Encoding: chunked
        S:
        S: A
        S: 0123456789
        S: 0
        S: X-Sum: 45
        S:
        c: HTTP/1.1 200 OK
        c: Transfer-Encoding: chunked
        c:
        c: a
        c: 0123456789
        c: 0
        c: X-Sum: 45
        c:`,
    },
    {
      why: 'HEAD, 304 and 100 have no body, whatever their fields say',
      options: { tls: 'begun' },
      talk: `
        C: HEAD / HTTP/1.1
        C: Host: a
        C:
        C: GET / HTTP/1.1
        C: Host: a
        C:
        C: PUT / HTTP/1.1
        C: Host: a
        C: Expect: 100-continue
        C: Content-Length: 1
        C:
        s: HEAD / HTTP/1.1
        s: Host: a
        s:
        s: GET / HTTP/1.1
        s: Host: a
        s:
        s: PUT / HTTP/1.1
        s: Host: a
        s: Expect: 100-continue
        s: Content-Length: 1
        s:
        S: HTTP/1.1 200 OK
        S: Content-Length: 100
        S:
        S: HTTP/1.1 304 Not Modified
        S: Content-Length: 100
        S:
        S: HTTP/1.1 100 Continue
        S:
        c: HTTP/1.1 200 OK
        c: Content-Length: 100
        c:
        c: HTTP/1.1 304 Not Modified
        c: Content-Length: 100
        c:
        c: HTTP/1.1 100 Continue
        c:
        C= x
        s= x
        S: HTTP/1.1 201 Created
        S: Content-Length: 0
        S:
        c: HTTP/1.1 201 Created
        c: Content-Length: 0
        c:`,
    },
    {
      why: 'a WebSocket is copied from 101 on, and nothing of it before',
      options: { tls: 'begun' },
      talk: `
        C: GET /chat HTTP/1.1
        C: Host: a
        C: Connection: keep-alive, Upgrade
        C: Upgrade: websocket
        C: Sec-WebSocket-Key: x
        C:
        C= early
        s: GET /chat HTTP/1.1
        s: Host: a
        s: Sec-WebSocket-Key: x
        s: Connection: keep-alive, upgrade
        s: Upgrade: websocket
        s:
        S: HTTP/1.1 101 Switching Protocols
        S:
        S= frame
        s= early
        c: HTTP/1.1 101 Switching Protocols
        c:
        c= frame
        => copy`,
    },
    {
      why: 'a WebSocket that the server does not want leaves HTTP where it was',
      options: { tls: 'begun' },
      talk: `
        C: GET /chat HTTP/1.1
        C: Host: a
        C: Connection: Upgrade
        C: Upgrade: websocket
        C:
        C: GET / HTTP/1.1
        C: Host: a
        C: X-Forwarded-For: 192.0.2.9
        C:
        s: GET /chat HTTP/1.1
        s: Host: a
        s: Connection: upgrade
        s: Upgrade: websocket
        s:
        S: HTTP/1.1 404 Not Found
        S: Content-Length: 0
        S:
        c: HTTP/1.1 404 Not Found
        c: Content-Length: 0
        c:
        s: GET / HTTP/1.1
        s: Host: a
        s:`,
    },
    {
      why: 'h2c is no way around the gate: RFC 9113 §3.1',
      options: { tls: 'begun' },
      talk: `
        C: GET / HTTP/1.1
        C: Host: a
        C: Connection: Upgrade, HTTP2-Settings
        C: Upgrade: h2c
        C: HTTP2-Settings: AAMAAABkAAQAAP__
        C:
        s: GET / HTTP/1.1
        s: Host: a
        s:
        S: HTTP/1.1 101 Switching Protocols
        S:
        c: HTTP/1.1 502 Bad Gateway
        c: Content-Type: text/html; charset=utf-8
        c: Content-Length: 374
        c: Cache-Control: no-store
        c: Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'
        c: Connection: close
        c:
        c; <!doctype html>
        c; <html lang="en">
        c; <meta charset="utf-8">
        c; <meta name="viewport" content="width=device-width">
        c; <title>The server behind did not answer</title>
        c; <style>body{font:1rem/1.5 sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style>
        c; <h1>The server behind did not answer</h1>
        c; <p>Try again in a moment. If it stays so, tell whoever runs this server.</p>
        c; </html>
        => end server-misbehaves`,
    },
    {
      why: 'an answer without a length ends with the connection',
      options: { tls: 'begun' },
      talk: `
        C: GET / HTTP/1.0
        C:
        C= nothing of this counts
        s: GET / HTTP/1.0
        s:
        S: HTTP/1.0 200 OK
        S:
        S= all of
        c: HTTP/1.0 200 OK
        c:
        c= all of
        S= it
        c= it
        LOST
        => end quit`,
    },
    {
      why: 'what the client asked for last is answered, and then it is over',
      options: { tls: 'begun' },
      talk: `
        C: GET http://A.example/x?y HTTP/1.1
        C: Host: a.example
        C: Connection: close
        C:
        s: GET /x?y HTTP/1.1
        s: Host: a.example
        s: Connection: close
        s:
        S: HTTP/1.1 200 OK
        S: Content-Length: 0
        S:
        c: HTTP/1.1 200 OK
        c: Content-Length: 0
        c:
        => end quit`,
    },
    {
      why: 'an answer that nobody asked for is not passed on (response splitting)',
      options: { tls: 'begun' },
      talk: `
        C: GET / HTTP/1.1
        C: Host: a
        C:
        s: GET / HTTP/1.1
        s: Host: a
        s:
        S: HTTP/1.1 200 OK
        S: Content-Length: 0
        S:
        S: HTTP/1.1 200 OK
        S: Content-Length: 0
        S:
        c: HTTP/1.1 200 OK
        c: Content-Length: 0
        c:
        => end server-misbehaves`,
    },
    {
      why: 'a server that closes what nobody uses is nothing to speak of',
      options: { tls: 'begun' },
      talk: `
        C= GET
        LOST
        => end quit`,
    },
  ],
  {
    floods: ['x', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'a: b\r\n', '1\r\nx\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', '\r\n'],
    beforeTls: undefined,
  },
)

interface Heard {
  server: string
  client: string
  end: string | undefined
}

/** What comes of it when a client says so much at once, and a server answers. */
function says(text: string, answers: readonly string[] = [], change: Partial<RelayOptions> = {}): Heard {
  const relay = httpRelay({ ...options, ...change })
  const heard: Heard = { server: '', client: '', end: undefined }
  const note = ({ toServer, toClient, end }: RelayStep): void => {
    heard.server += toServer === undefined ? '' : latin1(toServer)
    heard.client += toClient === undefined ? '' : latin1(toClient)
    heard.end ??= end
  }
  note(relay.fromClient(octets(text)))
  for (const answer of answers) note(relay.fromServer(octets(answer)))
  return heard
}

const post = (...fields: readonly string[]): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
const HIDDEN = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n'

describe('a request that two programs could read in two ways', () => {
  const refused: readonly (readonly [attack: string, text: string, status: number, end: string])[] = [
    ['CL.TE', post('Content-Length: 6', 'Transfer-Encoding: chunked') + `0\r\n\r\n${HIDDEN}`, 400, 'smuggling'],
    ['TE.CL', post('Transfer-Encoding: chunked', 'Content-Length: 4') + `5c\r\n${HIDDEN}\r\n0\r\n\r\n`, 400, 'smuggling'],
    ['TE.TE, one of them misspelt', post('Transfer-Encoding: chunked', 'Transfer-Encoding: x'), 400, 'smuggling'],
    ['TE.TE, twice', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400, 'smuggling'],
    ['TE with another coding before it', post('Transfer-Encoding: gzip, chunked'), 400, 'smuggling'],
    ['TE with a comma', post('Transfer-Encoding: chunked,'), 400, 'smuggling'],
    ['TE with a vertical tab', post('Transfer-Encoding: \x0bchunked'), 400, 'smuggling'],
    ['TE of identity', post('Transfer-Encoding: identity', 'Content-Length: 3'), 400, 'smuggling'],
    ['TE with a space before its colon', post('Transfer-Encoding : chunked'), 400, 'smuggling'],
    ['TE spelt with an underscore', post('Transfer_Encoding: chunked'), 400, 'smuggling'],
    ['TE spelt with a dot', post('Transfer.Encoding: chunked'), 400, 'smuggling'],
    ['TE in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400, 'smuggling'],
    ['two lengths', post('Content-Length: 0', `Content-Length: ${HIDDEN.length}`), 400, 'smuggling'],
    ['an octal length', post('Content-Length: 010') + '0123456789', 400, 'smuggling'],
    ['the same length twice', post('Content-Length: 0', 'Content-Length: 0'), 400, 'smuggling'],
    ['a list of lengths', post('Content-Length: 0, 0'), 400, 'smuggling'],
    ['a length with a sign', post('Content-Length: +5'), 400, 'smuggling'],
    ['a length in hex', post('Content-Length: 0x5'), 400, 'smuggling'],
    ['a length of nothing', post('Content-Length:'), 400, 'smuggling'],
    ['a length beyond all numbers', post('Content-Length: 18446744073709551617'), 400, 'smuggling'],
    ['a field in two lines', post('X: a', ' Content-Length: 5'), 400, 'smuggling'],
    ['a line feed alone behind a field', 'GET / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\n', 400, 'smuggling'],
    ['a line feed alone behind the request', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400, 'smuggling'],
    ['a line feed alone at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 400, 'smuggling'],
    ['a carriage return alone', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 5\r\n\r\n', 400, 'smuggling'],
    ['a zero', 'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n', 400, 'smuggling'],
    ['a line without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length\r\n\r\n', 400, 'smuggling'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'smuggling'],
    ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, 'not-the-protocol'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'not-the-protocol'],
    ['a target with another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'not-the-protocol'],
    ['a target with a fragment', 'GET /#x HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'not-the-protocol'],
    ['a target with a blank', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'not-the-protocol'],
    ['two blanks', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'not-the-protocol'],
    ['HTTP/0.9', 'GET /\r\n\r\n', 400, 'not-the-protocol'],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\n\r\n', 505, 'not-the-protocol'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'not-the-protocol'],
    ['CONNECT', 'CONNECT a:25 HTTP/1.1\r\nHost: a:25\r\n\r\n', 501, 'not-the-protocol'],
    ['SMTP', 'EHLO a\r\n\r\n', 400, 'not-the-protocol'],
    ['a target without an end', `GET /${'x'.repeat(MAX_START_LINE)}`, 414, 'line-too-long'],
    ['a field without an end (header bomb)', `GET / HTTP/1.1\r\nX: ${'x'.repeat(MAX_HEAD)}`, 431, 'line-too-long'],
    ['fields without an end (header bomb)', `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(MAX_FIELDS + 1)}\r\n`, 431, 'line-too-long'],
  ]
  for (const [attack, text, status, end] of refused) {
    test(`is refused, and the server hears nothing: ${attack}`, () => {
      const heard = says(text + HIDDEN)
      assert.deepEqual([heard.server, heard.end], ['', end])
      assert.match(heard.client, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
    })
  }

  const broken: readonly (readonly [attack: string, body: string])[] = [
    ['a chunk longer than it says', `1\r\nxGET`],
    ['a line feed alone behind a size', `1\nx\r\n`],
    ['a line feed alone behind a chunk', `1\r\nx\n`],
    ['a size with a sign', `-1\r\n`],
    ['a size in another notation', `0x1\r\n`],
    ['a size beyond all numbers', `ffffffffffffffff1\r\n`],
    ['no size', `\r\n`],
    ['a carriage return alone behind a size', `1;a\rb\r\n`],
    ['a size with an extension without an end', `1;${'x'.repeat(5000)}`],
    ['a trailer with a line feed alone', `0\r\nX: y\n\r\n`],
  ]
  for (const [attack, body] of broken) {
    test(`is broken off: ${attack}`, () => {
      const heard = says(post('Transfer-Encoding: chunked') + body + HIDDEN)
      assert.equal(heard.end, 'smuggling')
      assert.match(heard.client, /^HTTP\/1\.1 400 /)
      assert.doesNotMatch(heard.server, /admin/)
    })
  }

  test('is refused behind the answers to those before it', () => {
    const heard = says(`${HIDDEN}GET / HTTP/1.1\nHost: a\r\n\r\n`, ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'])
    assert.match(heard.client, /^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP\/1\.1 400 Bad Request\r\n/)
    assert.equal(heard.server, HIDDEN)
  })

  test('passes where everybody reads it in one way', () => {
    const text = `\r\n${post('Content-Length: 5', 'X-Empty:')}12345${HIDDEN}`
    assert.deepEqual(says(text), { server: `${post('Content-Length: 5', 'X-Empty: ')}12345${HIDDEN}`, client: '', end: undefined })
  })
})

describe('an answer that clients could read in two ways', () => {
  const answers: readonly (readonly [why: string, text: string])[] = [
    ['a length and a coding', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n'],
    ['a line feed alone (response splitting)', 'HTTP/1.1 302 Found\r\nLocation: /x\nSet-Cookie: a=b\r\n\r\n'],
    ['a carriage return alone (response splitting)', 'HTTP/1.1 302 Found\r\nLocation: /x\rSet-Cookie: a=b\r\n\r\n'],
    ['a field in two lines', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
    ['another protocol', '220 mail.example ESMTP\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(MAX_HEAD)}`],
    ['101 for nothing', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ]
  for (const [why, text] of answers) {
    test(`is not passed on: ${why}`, () => {
      const heard = says(HIDDEN, [text])
      assert.equal(heard.end, 'server-misbehaves')
      assert.match(heard.client, /^HTTP\/1\.1 502 Bad Gateway\r\n/)
    })
  }
})

const client: ClientOfRelay = {
  address: '2001:db8::1',
  port: 50_000,
  localPort: 443,
  tls: { version: 'TLSv1.1', suite: 'TLS_RSA_WITH_AES_128_CBC_SHA', serverName: 'm\r\nX: y', group: 'x25519' },
}

describe('who a client is', () => {
  test('is told in the fields of a proxy, RFC 7239 §4, and in those that are asked for', () => {
    const { server } = says('GET / HTTP/1.1\r\nHost: a.example:8443\r\n\r\n', [], {
      client,
      headers: { 'X-TLS': 'tls-version', 'X-Name': 'tls-server-name', 'X-Client': 'client-certificate-sha256' },
    })
    assert.equal(
      server,
      [
        'GET / HTTP/1.1',
        'Host: a.example:8443',
        'X-Forwarded-For: 2001:db8::1',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: a.example:8443',
        'X-Forwarded-Port: 443',
        'Forwarded: for="[2001:db8::1]";proto=https;host="a.example:8443"',
        'X-TLS: TLSv1.1',
        'X-Name: m%0D%0AX: y',
        '',
        '',
      ].join('\r\n'),
    )
  })

  const forged = [
    'X-Forwarded-For: 192.0.2.9',
    'x_forwarded_for: 192.0.2.9',
    'X.Forwarded-For: 192.0.2.9',
    'X-Forwarded!For: 192.0.2.9',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Anything: x',
    'Forwarded: for=192.0.2.9',
    'X-Real-IP: 192.0.2.9',
    'SSL_CLIENT_CERT: forged',
    'X-SSL-Cipher: forged',
    'X-Own: forged',
    'X_Own: forged',
    'X~Own: forged',
    'Client-Cert: :AAAA:',
    'WL-Proxy-Client-IP: 192.0.2.9',
    'X-Original-For: 192.0.2.9',
    'Proxy: http://evil.example',
    'Keep-Alive: 5',
  ]
  for (const field of forged) {
    test(`is not the client's to say: ${field}`, () => {
      const { server } = says(`GET / HTTP/1.1\r\nHost: a\r\n${field}\r\nX-Kept: yes\r\n\r\n`, [], { headers: { 'X-Own': 'tls-version' } })
      assert.equal(server, 'GET / HTTP/1.1\r\nHost: a\r\nX-Kept: yes\r\n\r\n')
    })
  }

  test('cannot be taken away on the way by Connection', () => {
    const { server } = says('GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Forwarded-For, Host, X-Mine\r\nX-Mine: x\r\n\r\n', [], { client })
    assert.match(server, /\r\nHost: a\r\nX-Forwarded-For: 2001:db8::1\r\n/)
    assert.doesNotMatch(server, /Connection|X-Mine/)
  })
})

describe('a page', () => {
  const refusal = { words: 'Too <old>. Needed: mozilla-modern', temporary: false }

  for (const method of ['GET', 'POST', 'HEAD', 'PROPFIND']) {
    test(`tells who may not go on with its TLS why, in answer to ${method}`, () => {
      const relay = httpRelay({ ...options, client })
      assert.deepEqual(relay.turnAway(refusal), {})
      const step = relay.fromClient(octets(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n`))
      assert.deepEqual([step.toServer, step.end], [undefined, 'turned-away'])
      const [head = '', body = ''] = latin1(step.toClient ?? new Uint8Array()).split('\r\n\r\n')
      assert.match(head, /^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\nCache-Control: no-store\r\n[^]*\r\nConnection: close$/)
      if (method === 'HEAD') assert.equal(body, '')
      else {
        assert.equal(Number(/Content-Length: (\d+)/.exec(head)?.[1]), body.length)
        assert.match(body, /<p>Too &#60;old&#62;\. Needed: mozilla-modern<\/p>\n<p>This connection is in TLSv1\.1 with TLS_RSA_/)
        assert.doesNotMatch(body, /https?:|src=|href=/)
      }
    })
  }

  test('stands for a server that cannot be reached, and for one that is gone before it answers', () => {
    const relay = httpRelay(options)
    assert.deepEqual(relay.unreachable?.(), {})
    assert.match(latin1(relay.fromClient(octets(HIDDEN)).toClient ?? new Uint8Array()), /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 60\r\n/)
    const other = httpRelay(options)
    other.fromClient(octets(HIDDEN))
    const { toClient, end } = other.serverLost()
    assert.match(latin1(toClient ?? new Uint8Array()), /^HTTP\/1\.1 502 /)
    assert.equal(end, 'server-lost')
    const third = httpRelay(options)
    third.fromClient(octets(HIDDEN))
    third.fromServer(octets('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))
    assert.deepEqual(third.serverLost(), { end: 'server-lost' })
  })

  test('stands for a head that does not come to its end (slow headers)', () => {
    const relay = httpRelay(options)
    assert.equal(relay.unfinished?.(), undefined)
    relay.fromClient(octets('GET /'))
    assert.equal(relay.unfinished?.(), 0)
    relay.fromClient(octets(` HTTP/1.1\r\nHost: a\r\n\r\nG`))
    assert.equal(relay.unfinished?.(), 1, 'another head is another thing')
    relay.fromServer(octets('HTTP/1.1 204 No Content\r\n\r\n'))
    const { toClient, end } = relay.tooSlow?.() ?? {}
    assert.match(latin1(toClient ?? new Uint8Array()), /^HTTP\/1\.1 408 /)
    assert.equal(end, 'too-slow')
  })
})

test('blanks in the middle of a field take no more time than other octets (blank bomb)', () => {
  const bomb = octets(`GET / HTTP/1.1\r\nHost: a\r\nX: a${' '.repeat(31_000)}b\r\n\r\n`)
  const before = process.cpuUsage()
  for (let times = 0; times < 4; times += 1) httpRelay(options).fromClient(bomb)
  const { user } = process.cpuUsage(before)
  assert.ok(user < 1_000_000, `${user} µs`)
})
