import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offerOf } from '../wire/index.ts'
import { helloRecordOf, refusalWords } from './words.ts'

test('of a hello with thousands of suites and a name of thousands of octets the log keeps the first, and how many suites there were', () => {
  const offer = offerOf({
    legacyVersion: 0x0303,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(),
    cipherSuites: Array.from({ length: 5000 }, () => 0xc024),
    legacyCompressionMethods: [0],
    extensions: undefined,
  })
  const { suites, serverName } = helloRecordOf({ ...offer, serverName: 'x'.repeat(4096) })
  assert.deepEqual([suites.length, suites.at(-1), serverName?.length], [513, 'and 4488 more', 255])
})

const rules = { policy: 'ours', server: { versions: ['TLSv1.2', 'TLSv1.3'] } }
const old = {
  verdict: { meets: false, reason: 'version', why: 'It is old.' },
  hello: { versions: ['TLSv1.1'], suites: [], groups: [] },
} as const
const weak = { verdict: { meets: false, reason: 'suites', why: 'They have no suite in common.' } } as const
const rows: readonly (readonly [why: string, record: Parameters<typeof refusalWords>[0], words: string | undefined])[] = [
  ['nothing to whoever can do it', { verdict: { meets: true } }, undefined],
  ['nothing before there is a hello', {}, undefined],
  [
    'which version was negotiated',
    { ...old, negotiated: { version: 'TLSv1.1', suite: 'S' } },
    'Your TLS is too weak for this server. TLSv1.1 was negotiated, TLSv1.2 or TLSv1.3 is needed (ours)',
  ],
  [
    'which version was offered, where none was negotiated',
    old,
    'Your TLS is too weak for this server. TLSv1.1 is the newest that you offer, TLSv1.2 or TLSv1.3 is needed (ours)',
  ],
  [
    'which suite was negotiated, where it is that',
    { ...weak, negotiated: { version: 'TLSv1.2', suite: 'S' } },
    'Your TLS is too weak for this server. TLSv1.2 with S was negotiated. They have no suite in common. Needed: ours',
  ],
  ['why, where nothing was negotiated', weak, 'Your TLS is too weak for this server. They have no suite in common. Needed: ours'],
  [
    'that a certificate is wanted',
    { verdict: { meets: false, reason: 'client-certificate', why: 'There is none.' } },
    'This server wants a certificate of its clients. There is none.',
  ],
]
for (const [why, record, words] of rows) test(`refusalWords() says ${why}`, () => assert.equal(refusalWords(record, rules), words))
