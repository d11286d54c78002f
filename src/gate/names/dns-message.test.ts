import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encode } from 'dns-packet'
import fc from 'fast-check'
import { answers, canonicalName, interpret, isHost, isTruncated, makeQuery, readReply } from './dns-message.ts'

const RESPONSE = { type: 'response', id: 7, flags: 0x0180 } as const
const AUTHENTIC = 0x0020

describe('answers()', () => {
  const query = makeQuery(7, 'mx.example', 'A')
  const others: readonly (readonly [why: string, bytes: Uint8Array, ours: boolean])[] = [
    ['the answer', encode({ ...RESPONSE, questions: [{ type: 'A', name: 'mx.example' }] }), true],
    ['in another case', encode({ ...RESPONSE, questions: [{ type: 'A', name: 'MX.eXample' }] }), true],
    ['another id', encode({ ...RESPONSE, id: 8, questions: [{ type: 'A', name: 'mx.example' }] }), false],
    ['another name', encode({ ...RESPONSE, questions: [{ type: 'A', name: 'my.example' }] }), false],
    ['a longer name', encode({ ...RESPONSE, questions: [{ type: 'A', name: 'mx.example.org' }] }), false],
    ['another type', encode({ ...RESPONSE, questions: [{ type: 'AAAA', name: 'mx.example' }] }), false],
    ['no question', encode({ ...RESPONSE, questions: [] }), false],
    [
      'two questions',
      encode({ ...RESPONSE, questions: ['mx.example', 'mx.example'].map((name) => ({ type: 'A', name }) as const) }),
      false,
    ],
    ['the question itself', query.bytes, false],
    ['nothing', Uint8Array.of(), false],
  ]
  for (const [why, bytes, ours] of others) test(why, () => assert.equal(answers(query, bytes), ours))

  test('the question asks for DNSSEC without signatures, and for more than 512 octets', () => {
    const { bytes } = makeQuery(0x1234, 'a.example', 'TLSA')
    assert.equal(
      Buffer.from(bytes).toString('hex'),
      '12340120 0001000000000001 0161076578616d706c6500 00340001 00 0029 04d0 00000000 0000'.replaceAll(' ', ''),
    )
  })
})

describe('interpret()', () => {
  const answer = [
    { type: 'CNAME', name: 'a.example', ttl: 20, data: 'B.example' },
    { type: 'A', name: 'b.EXAMPLE', ttl: 30, data: '192.0.2.1' },
    { type: 'A', name: 'c.example', ttl: 30, data: '192.0.2.66' },
  ] as const
  const read = (packet: Parameters<typeof encode>[0], trusted = true): unknown => {
    const reply = readReply(encode({ ...RESPONSE, ...packet }))
    assert.ok(reply !== undefined)
    return interpret(makeQuery(7, 'a.example', 'A'), reply, trusted)
  }

  test('follows aliases, takes the shortest time, and leaves out what belongs to others', () => {
    assert.deepEqual(read({ answers: [...answer] }), {
      kind: 'records',
      records: ['192.0.2.1'],
      owner: 'b.example',
      aliased: true,
      secure: false,
      ttl: 20,
    })
  })

  const secure: readonly (readonly [why: string, flags: number, trusted: boolean, secure: boolean])[] = [
    ['AD from one who is trusted', RESPONSE.flags | AUTHENTIC, true, true],
    ['AD from one who is not', RESPONSE.flags | AUTHENTIC, false, false],
    ['no AD', RESPONSE.flags, true, false],
  ]
  for (const [why, flags, trusted, expected] of secure) {
    test(`${why}: ${expected ? 'secure' : 'insecure'}`, () => {
      assert.partialDeepStrictEqual(read({ flags, answers: [...answer] }, trusted), { secure: expected })
    })
  }

  test('nothing holds as long as the zone says, and not at all where it does not (RFC 2308 §5)', () => {
    const soa = { type: 'SOA', name: 'example', ttl: 300, data: { mname: 'ns', rname: 'root', minimum: 90 } } as const
    assert.deepEqual(read({ authorities: [soa] }), { kind: 'none', why: 'nodata', secure: false, ttl: 90 })
    assert.deepEqual(read({ flags: RESPONSE.flags | 3 }), { kind: 'none', why: 'nxdomain', secure: false, ttl: 0 })
  })

  test('an RCODE that is none of an answer is a failure', () => {
    assert.deepEqual(read({ flags: RESPONSE.flags | 5 }), {
      kind: 'failed',
      why: 'refused',
      words: 'the DNS server refuses to answer (RCODE 5)',
    })
    assert.deepEqual(read({ flags: RESPONSE.flags | 2 }), { kind: 'failed', why: 'servfail', words: 'the DNS server failed (SERVFAIL)' })
  })
  test('aliases that lead around end', () => {
    const around = { type: 'CNAME', name: 'a.example', ttl: 20, data: 'a.example' } as const
    assert.deepEqual(read({ answers: [around] }), { kind: 'none', why: 'nodata', secure: false, ttl: 0 })
  })
})

test('readReply() and interpret() stand any bytes behind a header, quickly', () => {
  const query = makeQuery(7, 'a.example', 'TLSA')
  const start = encode({ ...RESPONSE, questions: [{ type: 'TLSA', name: 'a.example' }] }).subarray(12)
  // An owner that points to the question, and then anything for type and data.
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(fc.constantFrom(1, 5, 6, 15, 16, 28, 41, 47, 50, 52), fc.uint8Array({ maxLength: 30 }), fc.nat(60))
      .map(([type, data, length]) => Uint8Array.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, length, ...data])),
  )
  fc.assert(
    fc.property(fc.array(fc.nat(400), { minLength: 3, maxLength: 3 }), fc.array(piece, { maxLength: 6 }), (counts, pieces) => {
      const header = Uint8Array.from([0, 7, 0x81, 0x80, 0, 1, ...counts.flatMap((count) => [count >> 8, count & 0xff])])
      const bytes = Buffer.concat([header, start, ...pieces])
      assert.ok(answers(query, bytes) && !isTruncated(bytes))
      const reply = readReply(bytes)
      if (reply !== undefined) assert.match(interpret(query, reply, true).kind, /^(?:records|none|failed)$/)
    }),
    { numRuns: 2000 },
  )
})

test('more records than anybody has are not read', () => {
  const header = Uint8Array.from([0, 7, 0x81, 0x80, 0, 0, 0xff, 0xff, 0, 0, 0, 0])
  assert.equal(readReply(header), undefined)
})

const names: readonly (readonly [text: string, name: string | undefined, host: boolean])[] = [
  ['Mail.Example.COM.', 'mail.example.com', true],
  ['_25._tcp.mail.example', '_25._tcp.mail.example', true],
  ['.', '', false],
  ['', undefined, false],
  ['a..b', undefined, false],
  ['-a.example', '-a.example', false],
  ['mail example', undefined, false],
  ['m\u00e4il.example', undefined, false],
  [`${'a'.repeat(64)}.example`, undefined, false],
  [`${'a.'.repeat(126)}aa`, undefined, false],
]
for (const [text, name, host] of names) {
  test(`the name ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.equal(canonicalName(text), name)
    assert.equal(isHost(text.toLowerCase().replace(/\.$/, '')), host)
  })
}
