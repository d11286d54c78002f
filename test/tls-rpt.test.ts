import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { run, type } from './cli-session.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-tls-rpt-'))
after(() => rmSync(folder, { recursive: true }))

const details = (type: string, host: string, count: number, more: object = {}): object => ({
  'result-type': type,
  'receiving-mx-hostname': host,
  'failed-session-count': count,
  ...more,
})

const policy = (
  policyType: string,
  domain: string,
  good: number,
  bad: number,
  failures: readonly object[],
  texts: readonly string[] = [],
): object => ({
  policy: { 'policy-type': policyType, 'policy-domain': domain, 'policy-string': texts },
  summary: { 'total-successful-session-count': good, 'total-failure-session-count': bad },
  'failure-details': failures,
})

function file(name: string, ...policies: readonly object[]): string {
  const report = {
    'organization-name': 'Company-X',
    'date-range': { 'start-datetime': '2026-11-21T00:00:00Z', 'end-datetime': '2026-11-21T23:59:59Z' },
    'contact-info': 'tls@company-x.example',
    'report-id': '1',
    policies,
  }
  writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(JSON.stringify(report)) : JSON.stringify(report))
  return join(folder, name)
}

const TITLE =
  '━━ Company-X about mail to example.com, 2026-11-21 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━\nReport 1, contact tls@company-x.example\n\n'

describe('postern tls-rpt read', () => {
  test('all is well: 0', async () => {
    const { status, out } = await type(['tls-rpt', 'read', file('good.json.gz', policy('no-policy-found', 'example.com', 1, 0, []))])
    assert.deepEqual([status, out], [0, `${TITLE}example.com, without a policy: all 1 session went well.\n`])
  })

  test('failures, the most frequent first, with what to do: 1', async () => {
    const failures = [
      details('certificate-expired', 'mx1.example.com', 2),
      details('tlsa-invalid', 'mx2.example.com', 5, { 'receiving-ip': '192.0.2.2', 'sending-mta-ip': '198.51.100.1' }),
      details('x-new', 'mx2.example.com', 1),
    ]
    const { status, out } = await type(['tls-rpt', 'read', file('bad.json', policy('tlsa', 'example.com', 92, 8, failures))])
    assert.equal(status, 1)
    assert.equal(
      out,
      `${TITLE}example.com, DANE: 92 sessions went well, 8 failed (8.0 %).
  Where no other host could be used, this mail was not delivered, or came later.
  5 × tlsa-invalid
    None of the TLSA records of the host is valid.
    To do: Correct the TLSA records. Publish the record of a new key before the server uses it, and
           keep the old one for two TTLs after.
    at mx2.example.com (192.0.2.2): 5 sessions
  2 × certificate-expired
    The certificate has expired.
    To do: Renew it, have the server load the new one, and renew it by a program from now on.
    at mx1.example.com: 2 sessions
  1 × x-new
    The sender has a word of its own for what went wrong.
    To do: Look at the host with postern audit, or ask the contact of the report.
    at mx2.example.com: 1 session
`,
    )
  })

  const policies: readonly (readonly [policyType: string, texts: readonly string[], words: RegExp])[] = [
    ['sts', ['version: STSv1', 'mode: enforce'], /MTA-STS in mode enforce: .*\n {2}Where no other host could be used/],
    ['sts', ['version: STSv1\r\nmode: testing\r\n'], /MTA-STS in mode testing: .*\n {2}The mail came all the same, since/],
    ['sts', [], /, MTA-STS: .*\n {2}The mail may have come/],
    ['no-policy-found', [], /without a policy: .*\n {2}The mail may have come/],
    ['dnssec-new', [], /policy dnssec-new: /],
  ]
  for (const [policyType, texts, words] of policies) {
    test(`what became of the mail under ${policyType} ${texts.join(' ').replaceAll(/\s+/g, ' ')}`, async () => {
      const { out } = await type(['tls-rpt', 'read', file('p.json', policy(policyType, 'example.com', 1, 1, [], texts))])
      assert.match(out, words)
    })
  }

  test('many hosts are shown in part, and all with --verbose', async () => {
    const many = Array.from({ length: 9 }, (_, index) =>
      details('certificate-expired', `mx${index}.example.com`, index + 1, { 'sending-mta-ip': '198.51.100.1' }),
    )
    const name = file('many.json', policy('sts', 'example.com', 0, 45, many))
    const { out } = await type(['tls-rpt', 'read', name])
    assert.match(out, /at mx8\.example\.com: 9 sessions\n[^]*at mx4\.example\.com: 5 sessions\n {4}and at 4 more/)
    assert.match((await type(['tls-rpt', 'read', '-v', name])).out, /at mx0\.example\.com, from 198\.51\.100\.1: 1 session\n$/)
  })

  test('nothing of a stranger reaches the terminal as it came', async () => {
    const evil = '\u001b[2J\u202e\n'
    const { out } = await type([
      'tls-rpt',
      'read',
      '-v',
      file('evil.json', policy(evil, evil, 1, 1, [details(evil, evil, 1, { 'failure-reason-code': evil })])),
    ])
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for.
    assert.doesNotMatch(out, /[\u001b\u202e]/)
    assert.match(out, /\\x1b\[2J\\u\{202e\}\\x0a/)
  })

  test('several at once, and JSON', async () => {
    const names = [file('one.json', policy('sts', 'one.example', 1, 0, [])), file('two.json', policy('sts', 'two.example', 0, 1, []))]
    const { status, out } = await type(['tls-rpt', 'read', '--json', ...names])
    const { version, reports } = JSON.parse(out) as { version: number; reports: { policies: { policy: { 'policy-domain': string } }[] }[] }
    assert.deepEqual(
      [status, version, reports.map(({ policies }) => policies[0]?.policy['policy-domain'])],
      [1, 1, ['one.example', 'two.example']],
    )
  })

  test('standard input, also when it never ends', async () => {
    assert.match((await run(`[postern] tls-rpt read - < ${file('in.json', policy('sts', 'example.com', 1, 0, []))}`)).out, /went well/)
    const endless = await run('[postern] tls-rpt read - < /dev/zero')
    assert.equal(endless.status, 2)
    assert.match(endless.err, /^postern: error: Cannot read standard input as a TLS report: it is longer than 16 MB\n/)
  })

  test('a file that is not there, and one that is no report', async () => {
    assert.partialDeepStrictEqual(await type(['tls-rpt', 'read', join(folder, 'nowhere')]), { status: 2 })
    writeFileSync(join(folder, 'letter'), 'hello')
    const { status, err } = await type(['tls-rpt', 'read', join(folder, 'letter')])
    assert.equal(status, 2)
    assert.match(err, /TLS report: it is neither JSON nor gzip, nor a mail with a report attached\npostern: hint: Name a report/)
  })
})
