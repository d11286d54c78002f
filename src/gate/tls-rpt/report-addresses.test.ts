import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readReportAddresses } from './report-addresses.ts'

const https = (url: string): object => ({ kind: 'https', url })
const mail = (address: string): object => ({ kind: 'mail', address })

const rows: readonly (readonly [why: string, texts: readonly string[], addresses: readonly object[]])[] = [
  ['mail', ['v=TLSRPTv1; rua=mailto:reports@example.com'], [mail('reports@example.com')]],
  ['the web', ['v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt'], [https('https://reporting.example.com/v1/tlsrpt')]],
  [
    'both, with blanks',
    ['v=TLSRPTv1;rua = mailto:a@example.com , https://b.example/;'],
    [mail('a@example.com'), https('https://b.example/')],
  ],
  ['with other fields', ['v=TLSRPTv1; x=y; rua=mailto:a@example.com; z'], [mail('a@example.com')]],
  ['signs that are escaped (RFC 8460 §3)', ['v=TLSRPTv1; rua=mailto:a%2Bb@example.com?subject=x'], [mail('a+b@example.com')]],
  ['beside records of others', ['v=spf1 -all', 'v=TLSRPTv1; rua=mailto:a@example.com'], [mail('a@example.com')]],
  ['two are none (RFC 8460 §3)', ['v=TLSRPTv1; rua=mailto:a@example.com', 'v=TLSRPTv1; rua=mailto:b@example.com'], []],
  ['another version', ['v=TLSRPTv2; rua=mailto:a@example.com'], []],
  ['schemes that nobody knows', ['v=TLSRPTv1; rua=ftp://example.com/,http://example.com/,mailto:a@example.com'], [mail('a@example.com')]],
  ['no address', ['v=TLSRPTv1; rua=mailto:example.com,mailto:@example.com,mailto:a@,mailto:a@example'], []],
  ['a line feed in an address', ['v=TLSRPTv1; rua=mailto:a%0d%0aRCPT@example.com'], []],
  ['escapes that are none', ['v=TLSRPTv1; rua=mailto:%zz@example.com'], []],
  ['a user in the address of the web', ['v=TLSRPTv1; rua=https://user:secret@example.com/'], []],
  [
    'more than anybody has',
    [`v=TLSRPTv1; rua=${Array.from({ length: 50 }, () => 'mailto:a@example.com').join(',')}`],
    Array.from({ length: 10 }, () => mail('a@example.com')),
  ],
]
for (const [why, texts, addresses] of rows)
  test(`readReportAddresses(): ${why}`, () => assert.deepEqual(readReportAddresses(texts), addresses))

test('readReportAddresses() gives what can be used, whatever it reads', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const one of readReportAddresses([`v=TLSRPTv1; rua=mailto:${text}, https://${text}`])) {
        assert.match(one.kind === 'https' ? one.url : one.address, one.kind === 'https' ? /^https:\/\/[^\s@]+/ : /^[!-~]+@[a-z0-9.-]+$/i)
      }
    }),
  )
})
