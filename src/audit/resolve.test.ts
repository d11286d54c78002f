import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { PosternError } from '../errors.ts'
import { findOpenDoors } from './open-doors.ts'
import { answering, MAX_EXCHANGERS, parseOverride, resolveTarget, type Endpoint, type ResolveOptions } from './resolve.ts'
import type { Resolver } from './resolver.ts'
import { parseTarget } from './target.ts'

type Zone = Readonly<Record<string, { readonly mx?: readonly (readonly [number, string])[]; readonly a?: readonly string[] } | 'SERVFAIL'>>

/** DNS in a table. A name that is not in it does not exist. */
function dns(zone: Zone): Resolver {
  const entry = (name: string) => {
    const found = zone[name]
    if (found === undefined) throw new PosternError('world', 'DNS_NO_SUCH_NAME', name)
    if (found === 'SERVFAIL') throw new PosternError('world', 'DNS_SERVER_FAILED', name)
    return found
  }
  return {
    mx: async (name) => (entry(name).mx ?? []).map(([preference, exchange]) => ({ preference, exchange })),
    addresses: async (name) => {
      const { a = [] } = entry(name)
      if (a.length === 0) throw new PosternError('world', 'DNS_NO_ADDRESS', name)
      return a.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    },
  }
}

/** Never asked. */
const silent: Resolver = {
  mx: (name) => assert.fail(`asked for the MX of ${name}`),
  addresses: (name) => assert.fail(`asked for the address of ${name}`),
}

async function resolve(text: string, options: ResolveOptions) {
  const [target] = parseTarget(text)
  const { endpoints, problems } = await resolveTarget(target!, options)
  return { endpoints, problems: problems.map(({ host, error }) => `${host} ${error.code}`) }
}

function brief({ target, address, port, certain }: Endpoint): string {
  return `${target.scheme}://${target.host} ${address} ${port}${certain ? '' : '?'}`
}

describe('resolveTarget()', () => {
  test('a domain means every MX by preference, port 25 for certain and the others where they answer', async () => {
    const resolver = dns({
      'example.com': {
        mx: [
          [20, 'b.example.net'],
          [10, 'MX.example.com.'],
          [10, 'a.example.com'],
          [30, 'mx.example.com'],
        ],
      },
      'mx.example.com': { a: ['192.0.2.1', '2001:db8::1'] },
      'a.example.com': { a: ['192.0.2.2'] },
      'b.example.net': { a: ['192.0.2.3'] },
    })
    const { endpoints, problems } = await resolve('example.com', { resolver })
    assert.deepEqual(problems, [])
    assert.deepEqual(endpoints.filter(({ certain }) => certain).map(brief), [
      'smtp://mx.example.com 192.0.2.1 25',
      'smtp://mx.example.com 2001:db8::1 25',
      'smtp://a.example.com 192.0.2.2 25',
      'smtp://b.example.net 192.0.2.3 25',
    ])
    assert.deepEqual(endpoints.filter(({ target }) => target.host === 'a.example.com').map(brief), [
      'smtp://a.example.com 192.0.2.2 25',
      'smtps://a.example.com 192.0.2.2 465?',
      'submission://a.example.com 192.0.2.2 587?',
      'imaps://a.example.com 192.0.2.2 993?',
      'pop3s://a.example.com 192.0.2.2 995?',
      'imap://a.example.com 192.0.2.2 143?',
      'pop3://a.example.com 192.0.2.2 110?',
      'https://a.example.com 192.0.2.2 443?',
    ])
    assert.deepEqual([...new Set(endpoints.map(({ preference }) => preference))], [10, 20])
  })

  const rows: readonly (readonly [why: string, text: string, zone: Zone, doors: readonly string[], problems: readonly string[]])[] = [
    [
      'no MX: the domain takes its own mail, RFC 5321 §5.1; nobody promised port 25',
      'example.com',
      { 'example.com': { a: ['192.0.2.1'] } },
      ['smtp://example.com 192.0.2.1 25?'],
      [],
    ],
    ['null MX, RFC 7505 §3', 'example.com', { 'example.com': { mx: [[0, '']], a: ['192.0.2.1'] } }, [], ['example.com NULL_MX']],
    [
      'a null MX beside others, which RFC 7505 §3 forbids, means nothing',
      'example.com',
      {
        'example.com': {
          mx: [
            [0, '.'],
            [10, 'a.example'],
          ],
        },
        'a.example': { a: ['192.0.2.1'] },
      },
      ['smtp://a.example 192.0.2.1 25'],
      [],
    ],
    ['a name that does not exist', 'example.com', {}, [], ['example.com DNS_NO_SUCH_NAME']],
    [
      'a failure is no proof that there is no MX, RFC 5321 §5.1',
      'example.com',
      { 'example.com': 'SERVFAIL' },
      [],
      ['example.com DNS_SERVER_FAILED'],
    ],
    [
      'one bad MX does not stop the other',
      'example.com',
      {
        'example.com': {
          mx: [
            [10, 'gone.example'],
            [20, 'a.example'],
          ],
        },
        'a.example': { a: ['192.0.2.1'] },
      },
      ['smtp://a.example 192.0.2.1 25'],
      ['gone.example DNS_NO_SUCH_NAME'],
    ],
    [
      'an MX with an address in place of a name, RFC 5321 §5.1, and one with a terminal sequence',
      'example.com',
      {
        'example.com': {
          mx: [
            [10, '192.0.2.9'],
            [10, 'a\u001b[2J'],
            [20, 'a.example'],
          ],
        },
        'a.example': { a: ['192.0.2.1'] },
      },
      ['smtp://a.example 192.0.2.1 25'],
      ['example.com MX_NOT_A_NAME', 'example.com MX_NOT_A_NAME'],
    ],
    ['a host without an address', 'smtp://a.example', { 'a.example': {} }, [], ['a.example DNS_NO_ADDRESS']],
    [
      'a door at every address',
      'smtp://a.example',
      { 'a.example': { a: ['192.0.2.1', '2001:db8::1'] } },
      ['smtp://a.example 192.0.2.1 25', 'smtp://a.example 2001:db8::1 25'],
      [],
    ],
    ['a guessed port was named all the same', 'a.example:25', { 'a.example': { a: ['192.0.2.1'] } }, ['smtp://a.example 192.0.2.1 25'], []],
  ]
  for (const [why, text, zone, doors, problems] of rows) {
    test(why, async () => {
      const found = await resolve(text, { resolver: dns(zone) })
      assert.deepEqual(found.endpoints.filter(({ port }) => port === 25).map(brief), doors)
      assert.deepEqual(found.problems, problems)
    })
  }

  test('addresses and localhost never go to DNS, RFC 6761 §6.3', async () => {
    const options = { resolver: silent }
    assert.deepEqual((await resolve('192.0.2.1:25', options)).endpoints.map(brief), ['smtp://192.0.2.1 192.0.2.1 25'])
    assert.deepEqual((await resolve('smtp://[::1]:26', options)).endpoints.map(brief), ['smtp://::1 ::1 26'])
    assert.deepEqual((await resolve('a.localhost:25', options)).endpoints.map(brief), [
      'smtp://a.localhost 127.0.0.1 25',
      'smtp://a.localhost ::1 25',
    ])
    assert.equal((await resolve('localhost', options)).endpoints.length, 16)
    assert.deepEqual([...new Set((await resolve('192.0.2.1', options)).endpoints.map(({ certain }) => certain))], [false])
  })

  test('--resolve goes before DNS, by host and port; the first that fits is used', async () => {
    const overrides = ['a.example:25:192.0.2.7,[2001:db8::7]', '*:26:192.0.2.8', 'a.example:*:192.0.2.9'].map(parseOverride)
    const options = { resolver: silent, overrides }
    assert.deepEqual(
      (await resolve('a.example:25', options)).endpoints.map(({ address }) => address),
      ['192.0.2.7', '2001:db8::7'],
    )
    assert.deepEqual(
      (await resolve('b.example:26', options)).endpoints.map(({ address }) => address),
      ['192.0.2.8'],
    )
    assert.deepEqual(
      (await resolve('a.example:27', options)).endpoints.map(({ address }) => address),
      ['192.0.2.9'],
    )
  })

  test('only one family of addresses', async () => {
    const resolver = dns({ 'a.example': { a: ['192.0.2.1', '2001:db8::1'] }, 'b.example': { a: ['192.0.2.1'] } })
    assert.deepEqual(
      (await resolve('a.example:25', { resolver, family: 6 })).endpoints.map(({ family }) => family),
      [6],
    )
    assert.deepEqual((await resolve('b.example:25', { resolver, family: 6 })).problems, ['b.example DNS_NO_ADDRESS'])
  })

  test('MAX_EXCHANGERS hosts are audited, and that there are more is said', async () => {
    const zone = (count: number): Zone => ({
      'example.com': { mx: Array.from({ length: count }, (_, index) => [index, `mx${index}.example.com`] as const) },
      ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`mx${index}.example.com`, { a: ['192.0.2.1'] }])),
    })
    assert.deepEqual((await resolve('example.com', { resolver: dns(zone(MAX_EXCHANGERS)) })).problems, [])
    const more = await resolve('example.com', { resolver: dns(zone(MAX_EXCHANGERS + 1)) })
    assert.deepEqual(more.problems, ['example.com TOO_MANY_MX'])
    assert.equal(more.endpoints.filter(({ certain }) => certain).length, MAX_EXCHANGERS)
  })
})

describe('parseOverride() refuses', () => {
  for (const text of [
    '',
    'a.example',
    'a.example:25',
    'a.example:25:',
    'a.example:25:b.example',
    'a.example:0:192.0.2.1',
    'a.example:65536:192.0.2.1',
    'a..b:25:192.0.2.1',
    'a:x:192.0.2.1',
  ]) {
    test(JSON.stringify(text), () => assert.throws(() => parseOverride(text), { code: 'RESOLVE_SYNTAX', fault: 'input' }))
  }
})

describe('findOpenDoors()', () => {
  async function listen(t: { after: (end: () => void) => void }) {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.resume().on('error', () => {})
    })
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
    t.after(() => void server.close())
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    return {
      address: '127.0.0.1',
      port: address.port,
      connections: () => connections,
      close: () => new Promise((done) => server.close(done)),
    }
  }

  test('finds those that answer, in their order, with one connection each', async (t) => {
    const [one, two, shut] = [await listen(t), await listen(t), await listen(t)]
    await shut.close()
    assert.deepEqual(await findOpenDoors([two, shut, one], { timeout: 2000, parallel: 2 }), [two, one])
    assert.deepEqual([one.connections(), two.connections()], [1, 1])
  })

  /** A process that has stopped, with a full queue of connections: further ones get no answer, as behind a firewall. */
  async function silence(t: { after: (end: () => void) => void }) {
    const listening =
      "require('net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () { console.log(this.address().port) })"
    const child = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => child.kill('SIGKILL'))
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    child.kill('SIGSTOP')
    const door = { address: '127.0.0.1', port: Number(String(port)) }
    const fillers = Array.from({ length: 8 }, () => connect(door.port, door.address).on('error', () => {}))
    t.after(() => fillers.forEach((filler) => filler.destroy()))
    await new Promise((resolve) => setTimeout(resolve, 100))
    return door
  }

  test('silence is bounded, and so is a search that nobody wants any more', { timeout: 20_000 }, async (t) => {
    const door = await silence(t)
    assert.deepEqual(await findOpenDoors([door, door], { timeout: 50, parallel: 2 }), [])
    assert.deepEqual(await findOpenDoors([door], { timeout: 60_000, parallel: 1, signal: AbortSignal.timeout(50) }), [])
    assert.deepEqual(await findOpenDoors([await listen(t)], { timeout: 1000, parallel: 1, signal: AbortSignal.abort() }), [])
  })

  test('never holds more connections to one address at once than it may', { timeout: 20_000 }, async (t) => {
    const door = await silence(t)
    const connecting = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
    const before = connecting()
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, connecting() - before)), 5)
    await findOpenDoors(
      Array.from({ length: 6 }, () => door),
      { timeout: 60, parallel: 2 },
    )
    clearInterval(watch)
    assert.equal(most, 2)
  })

  test('answering() keeps what was asked for, whether it answers or not', async (t) => {
    const open = await listen(t)
    const endpoint = (certain: boolean, port: number) =>
      ({ certain, port, address: '127.0.0.1', family: 4, target: parseTarget('a.example:25')[0] }) as unknown as Endpoint
    const shut = await listen(t)
    await shut.close()
    const [asked, perhaps, dead] = [endpoint(true, shut.port), endpoint(false, open.port), endpoint(false, shut.port)]
    assert.deepEqual(await answering([asked, dead, perhaps], { timeout: 1000, parallel: 4 }), [asked, perhaps])
  })
})
