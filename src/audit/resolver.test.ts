import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { describe, test } from 'node:test'
import { systemResolver } from './resolver.ts'

const TYPES: Readonly<Record<string, number>> = { A: 1, MX: 15, AAAA: 28 }
const RCODES: Readonly<Record<string, number>> = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 }

type Zone = Readonly<Record<string, readonly string[] | string>>

function encodeName(name: string): Buffer {
  const labels = name
    .split('.')
    .filter(Boolean)
    .map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  return Buffer.concat([...labels, Buffer.of(0)])
}

function encodeData(type: string, value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number))
  if (type === 'AAAA') {
    assert.ok(isIPv6(value) && value.split(':').length === 8, 'AAAA in full')
    return Buffer.concat(value.split(':').map((group) => Buffer.from(group.padStart(4, '0'), 'hex')))
  }
  const [preference, exchange = ''] = value.split(' ')
  return Buffer.concat([Buffer.of(0, Number(preference)), encodeName(exchange)])
}

/** Answers one question from a table of `TYPE name`; a word in place of records is an RCODE, and SILENT is no answer. */
function answer(query: Buffer, zone: Zone): Buffer | undefined {
  const end = query.indexOf(0, 12) + 5
  const labels: string[] = []
  for (let at = 12; query[at] !== 0; at += query[at]! + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!))
  const type = Object.keys(TYPES).find((name) => TYPES[name] === query.readUInt16BE(end - 4))!
  const found = zone[`${type} ${labels.join('.').toLowerCase()}`] ?? []
  if (found === 'SILENT') return undefined
  const records = typeof found === 'string' ? [] : found.map((value) => encodeData(type, value))
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180 | (typeof found === 'string' ? RCODES[found]! : 0), 2)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  const answers = records.map((data) => Buffer.concat([Buffer.of(0xc0, 12, 0, TYPES[type]!, 0, 1, 0, 0, 0, 60, 0, data.length), data]))
  return Buffer.concat([header, query.subarray(12, end), ...answers])
}

async function dnsServer(zone: Zone, t: { after: (end: () => void) => void }): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const reply = answer(query, zone)
    if (reply !== undefined) socket.send(reply, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => void socket.close())
  return `127.0.0.1:${socket.address().port}`
}

describe('systemResolver() with servers of its own', () => {
  test('reads MX, A and AAAA; addresses come once and in the same order every time, IPv4 first', async (t) => {
    const server = await dnsServer(
      {
        'MX example.com': ['20 b.example.com', '10 a.example.com'],
        'A a.example.com': ['192.0.2.9', '192.0.2.1', '192.0.2.9'],
        'AAAA a.example.com': ['2001:db8:0:0:0:0:0:1'],
        'AAAA b.example.com': ['2001:db8:0:0:0:0:0:2'],
        'A c.example.com': ['192.0.2.3'],
        'AAAA c.example.com': 'SERVFAIL',
        'MX null.example': ['0 .'],
      },
      t,
    )
    const resolver = systemResolver({ servers: [server] })
    const records = [...(await resolver.mx('example.com'))].sort((a, b) => a.preference - b.preference)
    assert.deepEqual(records, [
      { exchange: 'a.example.com', preference: 10 },
      { exchange: 'b.example.com', preference: 20 },
    ])
    assert.deepEqual(await resolver.mx('a.example.com'), [])
    assert.deepEqual(await resolver.mx('null.example'), [{ exchange: '', preference: 0 }])
    assert.deepEqual(await resolver.addresses('a.example.com'), [
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.9', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ])
    assert.deepEqual(await resolver.addresses('b.example.com'), [{ address: '2001:db8::2', family: 6 }])
    assert.deepEqual(
      await resolver.addresses('c.example.com'),
      [{ address: '192.0.2.3', family: 4 }],
      'one broken family does not hide the other',
    )
  })

  const failures: readonly (readonly [rcode: string, code: string, message: RegExp])[] = [
    ['NXDOMAIN', 'DNS_NO_SUCH_NAME', /^Cannot find the address of x\.example: the name does not exist \(NXDOMAIN\)$/],
    ['SERVFAIL', 'DNS_SERVER_FAILED', /SERVFAIL/],
    ['REFUSED', 'DNS_REFUSED', /REFUSED/],
    ['NOERROR', 'DNS_NO_ADDRESS', /exists but has no address/],
    ['SILENT', 'DNS_TIMEOUT', /did not answer in time/],
  ]
  for (const [rcode, code, message] of failures) {
    test(`${rcode} is ${code}, with a remedy`, async (t) => {
      const server = await dnsServer({ 'A x.example': rcode, 'AAAA x.example': rcode, 'MX x.example': rcode }, t)
      const resolver = systemResolver({ servers: [server], timeout: 400 })
      await assert.rejects(
        resolver.addresses('x.example'),
        (error: { remedy?: string }) => Boolean(error.remedy) && assertIs(error, code, message),
      )
      if (rcode === 'NOERROR') assert.deepEqual(await resolver.mx('x.example'), [])
      else await assert.rejects(resolver.mx('x.example'), { code, fault: 'world' })
    })
  }

  test('no server behind the address', async () => {
    let shut = (): void => {}
    const server = await dnsServer({}, { after: (end) => (shut = end) })
    shut()
    await assert.rejects(systemResolver({ servers: [server], timeout: 400 }).mx('x.example'), { code: 'DNS_UNREACHABLE' })
  })

  test('a server that is not an address is refused', () => {
    assert.throws(() => systemResolver({ servers: ['dns.example'] }), { code: 'DNS_SERVER', fault: 'input' })
  })
})

test("systemResolver() sees this machine's hosts file", async () => {
  const addresses = await systemResolver().addresses('localhost')
  assert.ok(addresses.some(({ address }) => address === '127.0.0.1' || address === '::1'))
})

function assertIs(error: unknown, code: string, message: RegExp): true {
  assert.ok(error instanceof Error && 'code' in error && 'fault' in error)
  assert.deepEqual([error.code, error.fault], [code, 'world'])
  assert.match(error.message, message)
  return true
}
