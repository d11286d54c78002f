import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { PosternError } from '../../errors.ts'
import { readReport } from './read-report.ts'
import { parseReport, type TlsReport } from './report.ts'

/** As RFC 8460 §B has it, shortened. */
const REPORT: TlsReport = {
  'organization-name': 'Company-X',
  'date-range': { 'start-datetime': '2016-04-01T00:00:00Z', 'end-datetime': '2016-04-01T23:59:59Z' },
  'contact-info': 'sts-reporting@company-x.example',
  'report-id': '5065427c-23d3-47ca-b6e0-946ea0e8c4be',
  policies: [
    {
      policy: {
        'policy-type': 'sts',
        'policy-string': ['version: STSv1', 'mode: testing', 'mx: *.mail.company-y.example', 'max_age: 86400'],
        'policy-domain': 'company-y.example',
        'mx-host': ['*.mail.company-y.example'],
      },
      summary: { 'total-successful-session-count': 5326, 'total-failure-session-count': 303 },
      'failure-details': [
        { 'result-type': 'certificate-expired', 'receiving-mx-hostname': 'mx1.mail.company-y.example', 'failed-session-count': 100 },
      ],
    },
  ],
}

const json = Buffer.from(JSON.stringify(REPORT))
const gzip = gzipSync(json)

function mail(part: string, boundary = 'b', outer = 'multipart/report; report-type="tlsrpt"; boundary="b"'): Buffer {
  const head = `From: reports@company-x.example\r\nSubject: Report Domain: company-y.example\r\nContent-Type: ${outer}\r\n\r\n`
  return Buffer.from(
    `${head}preamble\r\n--${boundary}\r\nContent-Type: text/plain\r\n\r\nThis is a report.\r\n--${boundary}\r\n${part}\r\n--${boundary}--\r\nepilogue`,
    'latin1',
  )
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
const GZIP_PART = `Content-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(gzip)}`
const quotedPrintable = json.toString('latin1').replaceAll('=', '=3D').replaceAll(/.{60}/g, '$&=\r\n')

/** A report within so many parts. */
function nested(depth: number): string {
  const around = (inner: string, name: string): string =>
    `Content-Type: multipart/mixed; boundary=${name}\r\n\r\n--${name}\r\n${inner}\r\n--${name}--`
  return Array.from({ length: depth }, (_, index) => 'n'.repeat(index + 1)).reduce(around, GZIP_PART)
}

describe('readReport()', () => {
  const good: readonly (readonly [why: string, bytes: Buffer])[] = [
    ['JSON', json],
    ['JSON behind a byte order mark and line feeds', Buffer.concat([Buffer.from('\ufeff\n\n'), json])],
    ['JSON in gzip', gzip],
    ['a mail with gzip (RFC 8460 §5.3)', mail(GZIP_PART)],
    ['line feeds alone', Buffer.from(mail(GZIP_PART).toString('latin1').replaceAll('\r', ''), 'latin1')],
    ['a type in capitals, folded', mail(GZIP_PART.replace('application/tlsrpt+gzip', 'Application/TLSRPT+gzip;\r\n\tcharset=x'))],
    ['JSON as it is', mail(`Content-Type: application/tlsrpt+json\r\n\r\n${json.toString('latin1')}`)],
    [
      'JSON as quoted-printable',
      mail(`Content-Type: application/tlsrpt+json\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable}`),
    ],
    [
      'known by the name of the file alone',
      mail(
        `Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="x!y!1!2.json.gz"\r\nContent-Transfer-Encoding: BASE64\r\n\r\n${base64(gzip)}`,
      ),
    ],
    ['forwarded within another part', mail(`Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n${GZIP_PART}\r\n--inner--`)],
    [
      'a mail that is nothing else',
      Buffer.from(`Subject: x\r\nContent-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(gzip)}`),
    ],
    ['within parts whose boundaries begin with each other', mail(nested(3))],
    ['without an end', Buffer.from(mail(GZIP_PART).toString('latin1').split('\r\n--b--')[0] ?? '', 'latin1')],
  ]
  for (const [why, bytes] of good) test(`reads ${why}`, () => assert.deepEqual(JSON.parse(JSON.stringify(readReport(bytes, 'x'))), REPORT))

  const bad: readonly (readonly [why: string, bytes: Buffer, message: RegExp])[] = [
    ['nothing', Buffer.of(), /neither JSON nor gzip, nor a mail/],
    ['a letter', Buffer.from('Dear postmaster,\n\nwe have no report for you.\n'), /neither JSON nor gzip, nor a mail/],
    ['a mail without a report', mail('Content-Type: text/html\r\n\r\n<p>{}'), /neither JSON nor gzip, nor a mail/],
    ['half of a gzip', gzip.subarray(0, gzip.length / 2), /its gzip is damaged/],
    ['half of a JSON', json.subarray(0, json.length / 2), /it is not JSON/],
    ['a list', Buffer.from('[]'), /it is not an object/],
    ['no policies', Buffer.from(json.toString().replace('"policies"', '"policy"')), /policies is missing or wrong/],
    [
      'a count below nothing',
      Buffer.from(json.toString().replace(':303', ':-1')),
      /policies\.0\.summary\.total-failure-session-count is missing or wrong/,
    ],
    [
      'a text of 5000 letters',
      Buffer.from(json.toString().replace('Company-X', 'x'.repeat(5000))),
      /organization-name is missing or wrong/,
    ],
    ['16 MB of blanks', Buffer.alloc(16 * 1024 * 1024 + 1, 32), /longer than 16 MB/],
    ['1 GB in 1 MB (a bomb)', gzipSync(Buffer.alloc(17 * 1024 * 1024)), /unpacked it is longer than 16 MB/],
    [
      'a bomb in a mail',
      mail(
        `Content-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(gzipSync(Buffer.alloc(17 * 1024 * 1024)))}`,
      ),
      /unpacked/,
    ],
    ['lists in lists', Buffer.from(`{"policies":${'['.repeat(100_000)}`), /it is not JSON/],
    ['10,000 parts', mail('\r\n\r\n--b'.repeat(10_000)), /neither JSON nor gzip, nor a mail/],
    ['parts in parts in parts', mail(nested(20)), /neither JSON nor gzip, nor a mail/],
  ]
  for (const [why, bytes, message] of bad) {
    test(`refuses ${why}`, () => {
      assert.throws(
        () => readReport(bytes, 'the file'),
        (error) => {
          assert.ok(error instanceof PosternError && error.code === 'TLS_REPORT_UNREADABLE' && error.fault === 'input')
          assert.match(error.message, /^Cannot read the file as a TLS report: /)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }

  test('any bytes, and any change to a report, give a report or an error', () => {
    const changed = fc
      .tuple(fc.constantFrom(json, gzip, mail(GZIP_PART)), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat())
      .map(([bytes, changes, length]) => {
        const copy = Buffer.from(bytes)
        for (const [at, byte] of changes) copy[at % copy.length] = byte
        return copy.subarray(0, length % 4 === 0 ? length % copy.length : copy.length)
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), changed), (bytes) => {
        try {
          readReport(bytes, 'x')
        } catch (error) {
          assert.ok(error instanceof PosternError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

test('parseReport() puts up with what senders get wrong', () => {
  const text = JSON.stringify({
    ...REPORT,
    'contact-info': null,
    'x-new': 1,
    policies: [
      {
        policy: { 'policy-type': 'sts', 'policy-string': 'version: STSv1', 'policy-domain': 'a.example', 'mx-host': 'mx.a.example' },
        summary: { 'total-successful-session-count': '12', 'total-failure-session-count': 0 },
        'failure-details': null,
      },
    ],
  })
  const report = parseReport(text)
  assert.ok(typeof report !== 'string')
  assert.deepEqual(report.policies, [
    {
      policy: { 'policy-type': 'sts', 'policy-string': ['version: STSv1'], 'policy-domain': 'a.example', 'mx-host': ['mx.a.example'] },
      summary: { 'total-successful-session-count': 12, 'total-failure-session-count': 0 },
      'failure-details': undefined,
    },
  ])
})
