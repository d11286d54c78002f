import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, describe, test } from 'node:test'
import { encode } from 'dns-packet'
import { openNames, type OpenNames } from '../../../src/gate/names/open-names.ts'
import { readResolver, type ResolverPlace } from '../../../src/gate/names/resolver-place.ts'
import { StubResolver } from '../../../src/gate/names/resolver.ts'
import { freePort } from '../../peers/free-port.ts'
import { liar } from './liar.ts'
import { NEEDS_ZONES, startZones, type Zone, type Zones } from './zones.ts'

const TLSA = `3 1 1 ${'ab'.repeat(32)}`

const ZONES: Readonly<Record<string, Zone>> = {
  'signed.example': {
    dnssec: 'signed',
    records: `@ MX 20 mx2
@ MX 10 mx1
@ MX 20 mx3
mx1 A 127.0.0.1
mx1 AAAA ::1
_25._tcp.mx1 TLSA ${TLSA}
mx2 A 127.0.0.2
mx3 A 127.0.0.3
null MX 0 .
xn--mnchen-3ya MX 0 .
alone A 127.0.0.4
nothing TXT "no mail here"
literal MX 10 192.0.2.1.
aliased MX 10 to-mx1
to-mx1 CNAME mx1
own CNAME mx2
_25._tcp.own TLSA ${TLSA}
to-plain CNAME mx.plain.example.
_25._tcp.to-plain TLSA ${TLSA}
to-tlsa A 127.0.0.6
_25._tcp.to-tlsa CNAME _25._tcp.mx1
bogus-tlsa A 127.0.0.5
_25._tcp.bogus-tlsa CNAME tlsa.bogus.example.
plain-tlsa A 127.0.0.5
_25._tcp.plain-tlsa CNAME _25._tcp.mx.plain.example.
domain CNAME signed.example.
many TXT ${Array.from({ length: 30 }, (_, index) => `"${String(index % 10).repeat(200)}"`).join(' ')}`,
  },
  'plain.example': {
    dnssec: 'unsigned',
    records: `@ MX 10 mx1.signed.example.
mx A 127.0.0.5
_25._tcp.mx TLSA ${TLSA}
to-signed CNAME mx1.signed.example.`,
  },
  'bogus.example': { dnssec: 'bogus', records: `@ MX 10 mx\nmx A 127.0.0.5\ntlsa TLSA ${TLSA}` },
}

function tell(line: string): never {
  assert.fail(line)
}

function place(text: string): ResolverPlace {
  const read = readResolver(text)
  assert.ok('address' in read)
  return read
}

describe('openNames() beside Unbound, which validates zones of Knot', { skip: NEEDS_ZONES }, () => {
  let zones: Zones
  let names: OpenNames
  const random = (): number => 0

  test('says nothing where the resolver validates', async () => {
    zones = await startZones(ZONES)
    names = await openNames({ resolvers: [place(zones.resolver)], now: Date.now, tell, random })
    assert.deepEqual([names.warning, names.dns.trusted, names.dns.text], [undefined, true, zones.resolver])
  })
  after(async () => {
    names.close()
    await zones.stop()
  })

  const signed = ['10 mx1.signed.example', '20 mx2.signed.example', '20 mx3.signed.example']
  const routes: readonly (readonly [domain: string, expected: object, why: string])[] = [
    ['signed.example', { kind: 'hosts', hosts: signed, secure: true, implicit: false, owner: 'signed.example' }, 'signed'],
    ['SIGNED.example.', { kind: 'hosts', hosts: signed, secure: true, implicit: false, owner: 'signed.example' }, 'names have no case'],
    ['domain.signed.example', { kind: 'hosts', hosts: signed, secure: true, implicit: false, owner: 'signed.example' }, 'an alias'],
    [
      'plain.example',
      { kind: 'hosts', hosts: ['10 mx1.signed.example'], secure: false, implicit: false, owner: 'plain.example' },
      'nobody signs',
    ],
    [
      'alone.signed.example',
      { kind: 'hosts', hosts: ['0 alone.signed.example'], secure: true, implicit: true, owner: 'alone.signed.example' },
      'its own host where there is no MX (RFC 5321 §5.1)',
    ],
    ['M\u00fcnchen.signed.example', { kind: 'null-mx' }, 'in other letters than those of DNS (RFC 6531 §3.2)'],
    ['null.signed.example', { kind: 'null-mx' }, 'RFC 7505 §3'],
    ['nothing.signed.example', { kind: 'no-domain', words: 'it has neither an MX record nor an address' }, 'neither MX nor address'],
    ['nowhere.signed.example', { kind: 'no-domain', words: 'there is no such domain (NXDOMAIN)' }, 'no such name'],
    [
      'literal.signed.example',
      { kind: 'unusable', words: 'its MX records name no host' },
      'an MX names a host, never an address (RFC 5321 §5.1)',
    ],
    ['not a domain', { kind: 'no-domain', words: 'there is no such domain (NXDOMAIN)' }, 'DNS has no such names'],
  ]
  for (const [domain, expected, why] of routes) {
    test(`mailRoute(${domain}): ${why}`, async () => {
      const route = await names.mailRoute(domain)
      const sorted = 'hosts' in route ? route.hosts.map(({ host, preference }) => `${preference} ${host}`).toSorted() : []
      assert.deepEqual(route.kind === 'hosts' ? { ...route, hosts: sorted } : route, expected)
    })
  }

  test('mailRoute(bogus.example): signatures are wrong, so that nobody can say', async () => {
    assert.partialDeepStrictEqual(await names.mailRoute('bogus.example'), { kind: 'failed', why: 'servfail' })
  })

  const records = (base: string): object => ({ kind: 'records', base })
  const demands: readonly (readonly [host: string, dane: object, why: string])[] = [
    ['mx1.signed.example', records('mx1.signed.example'), 'signed, with a record'],
    ['mx2.signed.example', { kind: 'none', words: 'it has no TLSA record' }, 'signed, without'],
    ['mx.plain.example', { kind: 'none', words: 'its addresses are not signed (DNSSEC)' }, 'nobody signs: a record proves nothing'],
    ['to-mx1.signed.example', records('mx1.signed.example'), 'behind all aliases (RFC 7672 §2.2.2)'],
    ['own.signed.example', records('own.signed.example'), 'none behind the aliases, but at the name itself'],
    ['to-plain.signed.example', records('to-plain.signed.example'), 'the alias is signed, where it leads nobody signs'],
    [
      'to-signed.plain.example',
      { kind: 'none', words: 'its addresses are not signed (DNSSEC)' },
      'an alias that nobody signs leads anywhere',
    ],
    ['to-tlsa.signed.example', records('to-tlsa.signed.example'), 'the record itself is an alias'],
    ['plain-tlsa.signed.example', { kind: 'none', words: 'it has no TLSA record' }, 'an alias of a record that nobody signs'],
    ['bogus-tlsa.signed.example', { kind: 'failed', why: 'servfail' }, 'whether there is a record is not known (RFC 7672 §2.1.2)'],
  ]
  for (const [host, dane, why] of demands) {
    test(`host(${host}): ${why}`, async () => {
      const found = await names.host(host, 25)
      assert.equal(found.kind, 'found')
      assert.partialDeepStrictEqual(found, { dane })
    })
  }

  test('host(): the port belongs to the record; IPv6 and IPv4', async () => {
    assert.deepEqual(await names.host('mx1.signed.example', 465), {
      kind: 'found',
      addresses: [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ],
      dane: { kind: 'none', words: 'it has no TLSA record' },
    })
  })

  test('host(): without addresses there is nothing to connect to, and what is bogus is none', async () => {
    assert.deepEqual(await names.host('nothing.signed.example', 25), { kind: 'no-address', words: 'it has no address' })
    assert.deepEqual(await names.host('nowhere.signed.example', 25), { kind: 'no-address', words: 'there is no such host (NXDOMAIN)' })
    assert.partialDeepStrictEqual(await names.host('mx.bogus.example', 25), { kind: 'failed', why: 'servfail' })
  })

  test('an answer that is too long for UDP comes over TCP', async () => {
    const answer = await names.dns.ask('many.signed.example', 'TXT')
    assert.ok(answer.kind === 'records' && answer.secure)
    assert.equal(answer.records[0]?.length, 6000)
  })

  test('a resolver is asked over TLS, and only when its certificate is right', async () => {
    const own = await openNames({ resolvers: [place(zones.overTls)], now: Date.now, tell, random, ca: zones.ca })
    assert.equal(own.warning, undefined)
    assert.partialDeepStrictEqual(await own.host('mx1.signed.example', 25), { dane: { kind: 'records' } })
    own.close()
    for (const [resolver, ca, words] of [
      [zones.overTls.replace('localhost', 'dns.example'), zones.ca, /ERR_TLS_CERT_ALTNAME_INVALID/],
      [zones.overTls, undefined, /UNABLE_TO_GET_ISSUER_CERT_LOCALLY|SELF_SIGNED_CERT_IN_CHAIN/],
    ] as const) {
      const wrong = new StubResolver([place(resolver)], { now: Date.now, randomId: () => 1, ca })
      const answer = await wrong.ask('mx1.signed.example', 'A')
      assert.ok(answer.kind === 'failed' && answer.why === 'unreachable')
      assert.match(answer.words, words)
      wrong.close()
    }
  })
})

const options = { now: Date.now, randomId: () => 77, patience: 30_000 }

function reply(id: number, name: string, address: string): Uint8Array {
  return encode({
    type: 'response',
    id,
    flags: 0x01a0,
    questions: [{ type: 'A', name }],
    answers: [{ type: 'A', name, ttl: 60, data: address }],
  })
}

describe('StubResolver among those who lie', () => {
  test('answers with a wrong id, to another question, or from another address are no answers', async (t) => {
    const stranger = createSocket('udp4').bind(0, '127.0.0.2')
    t.after(() => void stranger.close())
    const at = await liar(t, (query, from, send) => {
      stranger.send(reply(77, 'a.example', '192.0.2.66'), from.port, from.address, () => {
        send(reply(78, 'a.example', '192.0.2.67'))
        send(reply(77, 'b.example', '192.0.2.68'))
        send(query)
        send(Uint8Array.of(1, 2, 3))
        send(reply(77, 'a.example', '192.0.2.1'))
      })
    })
    const answer = await new StubResolver([at], options).ask('a.example', 'A')
    assert.partialDeepStrictEqual(answer, { kind: 'records', records: ['192.0.2.1'] })
  })

  test('somebody who guesses makes it ask over TCP, where nobody can guess', async (t) => {
    const guesses = (_query: Buffer, _from: unknown, send: (bytes: Uint8Array) => void): void => {
      for (let id = 0; id < 40; id++) send(reply(id, 'a.example', '192.0.2.66'))
    }
    const at = await liar(t, guesses, await freePort())
    const tcp = createServer((socket) => {
      socket.once('data', () => {
        const answer = reply(77, 'a.example', '192.0.2.1')
        const framed = Buffer.concat([Buffer.of(0, answer.length), answer])
        // In pieces, as a network may deliver it.
        socket.write(framed.subarray(0, 1))
        setImmediate(() => socket.end(framed.subarray(1)))
      })
    })
    await once(tcp.listen(at.port, '127.0.0.1'), 'listening')
    t.after(() => void tcp.close())
    assert.partialDeepStrictEqual(await new StubResolver([at], options).ask('a.example', 'A'), { records: ['192.0.2.1'] })
  })

  const failures: readonly (readonly [why: string, answer: (query: Buffer) => Uint8Array | undefined, expected: string, asked: number])[] =
    [
      ['silence', () => undefined, 'timeout', 3],
      [
        'what cannot be read',
        (query) => Buffer.concat([query.subarray(0, 2), Uint8Array.of(0x81, 0x80, 0, 1, 0xff, 0xff), query.subarray(8)]),
        'malformed',
        3,
      ],
      ['SERVFAIL', (query) => Buffer.concat([query.subarray(0, 2), Uint8Array.of(0x81, 0x82), query.subarray(4)]), 'servfail', 1],
      ['REFUSED', (query) => Buffer.concat([query.subarray(0, 2), Uint8Array.of(0x81, 0x85), query.subarray(4)]), 'refused', 1],
    ]
  for (const [why, answer, expected, times] of failures) {
    test(`${why} is a failure, never "nothing there"`, async (t) => {
      let asked = 0
      const at = await liar(t, (query, _from, send) => {
        asked++
        const bytes = answer(query)
        if (bytes !== undefined) send(bytes)
      })
      const patience = why === 'silence' ? 300 : options.patience
      assert.partialDeepStrictEqual(await new StubResolver([at], { ...options, patience }).ask('a.example', 'TLSA'), {
        kind: 'failed',
        why: expected,
      })
      assert.equal(asked, times)
    })
  }

  test('where one resolver fails the next is asked, but never one that is not trusted in place of one that is', async (t) => {
    const failing = await liar(t, (query, _from, send) =>
      send(Buffer.concat([query.subarray(0, 2), Uint8Array.of(0x81, 0x82), query.subarray(4)])),
    )
    const good = await liar(t, (_query, _from, send) => send(reply(77, 'a.example', '192.0.2.1')))
    assert.partialDeepStrictEqual(await new StubResolver([failing, good], options).ask('a.example', 'A'), { kind: 'records', secure: true })
    assert.equal(new StubResolver([failing, { address: '192.0.2.53', port: 53 }], options).text, `127.0.0.1:${failing.port}`)
  })

  test('those who ask the same at once ask once, and later not at all', async (t) => {
    let asked = 0
    const at = await liar(t, (_query, _from, send) => {
      asked++
      send(reply(77, 'a.example', '192.0.2.1'))
    })
    const resolver = new StubResolver([at], options)
    await Promise.all(Array.from({ length: 50 }, () => resolver.ask('A.example', 'A')))
    await resolver.ask('a.example.', 'A')
    assert.equal(asked, 1)
  })

  test('a port with nobody behind it is told apart from silence', async () => {
    let shut = (): void => {}
    const gone = await liar({ after: (end) => (shut = end) }, () => {})
    shut()
    const answer = await new StubResolver([gone], options).ask('a.example', 'A')
    assert.deepEqual(answer, { kind: 'failed', why: 'unreachable', words: 'the DNS server cannot be reached (ECONNREFUSED)' })
  })

  test('openNames() warns where DANE is off', async (t) => {
    const asking = await liar(t, (query, _from, send) =>
      send(Buffer.concat([query.subarray(0, 2), Uint8Array.of(0x81, 0x80), query.subarray(4)])),
    )
    const silent = await liar(t, () => {})
    const random = (): number => 0
    for (const [at, words] of [
      [asking, /^DANE is off: the resolver 127\.0\.0\.1:\d+ does not validate DNSSEC\./],
      [silent, /^DANE may be off: .* did not answer in time\./],
      [{ address: '192.0.2.53', port: 53 }, /^DANE is off: the resolver 192\.0\.2\.53 is neither on this machine nor asked over TLS/],
    ] as const) {
      const names = await openNames({ resolvers: [at], now: Date.now, tell, random, patience: at === silent ? 300 : 30_000 })
      assert.match(names.warning ?? '', words)
      names.close()
    }
  })
})
