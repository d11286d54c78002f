import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { proofReport } from '../src/audit/report/proof-schema.ts'
import type { ProofReport } from '../src/audit/index.ts'
import { run, type } from './cli-session.ts'
import { fakeDns } from './fake-dns.ts'
import { script, scripted, startHostile, type HostileServer } from './hostile/index.ts'
import { delayed } from './peers/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const here = { cwd: folder }

writeFileSync(join(folder, 'ours.yaml'), 'base: mozilla-intermediate\ntitle: Our TLS\nedition: 3\ncertificate: { maxDays: 398 }\n')
writeFileSync(join(folder, 'wrong.yaml'), 'base: mozilla-intermediate\nciphers: AES128-GCM-SHA265\n')
writeFileSync(join(folder, 'typo.yaml'), 'base: mozilla-intermediate\nprotocolls: [TLSv1.2]\n')

const FINE = { versions: [0x0303, 0x0304], suites: [0xc02f, 0xc030] } as const
const OLD = { versions: [0x0301, 0x0303], suites: { 0x0301: [0xc013], 0x0303: [0xc02f] } } as const

async function started(what: Parameters<typeof startHostile>[0], t: TestContext): Promise<HostileServer> {
  const server = await startHostile(what)
  t.after(() => server.stop())
  return server
}

function reportIn(text: string): ProofReport {
  return proofReport.parse(JSON.parse(text))
}

describe('postern prove', () => {
  test('a door that keeps to a policy file: 0', async (t) => {
    const server = await started(scripted(FINE), t)
    const { status, out, err } = await type(['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'ours.yaml'], here)
    assert.deepEqual([status, err], [0, ''])
    assert.match(out, / YES {2}Keeps to Our TLS, edition 3 · \d+ kept · 127\.0\.0\.1 · 1\d connections in/)
    assert.match(out, /REMARK CN=hostile\.example is not trusted: self-signed certificate\. The policy does not ask for\s+that\./)
    assert.equal(out.split('REMARK').length, 2, 'said once, whatever the number of its certificates')
    assert.doesNotMatch(out, /postern audit/)
  })

  test('a door that does not: 1, with what shows it, the rule, and where to read on', async (t) => {
    const server = await started(scripted(OLD), t)
    const url = `tls://127.0.0.1:${server.port}`
    const { status, out } = await type(['prove', url, '--policy', 'ours.yaml'], here)
    assert.equal(status, 1)
    assert.match(
      out,
      /✗ BROKEN Accepted although forbidden: TLS 1\.0\. \[refuses-protocols\]\n {6}Demanded {2}TLS 1\.0 is refused\.\n {6}Rule {6}not allowed \(protocols\)\n/,
    )
    assert.ok(out.endsWith(`Every suite and what to change: postern audit ${url}\n`))
  })

  test('--json is the published shape', async (t) => {
    const server = await started(scripted(OLD), t)
    const { status, out } = await type(['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'rfc-9325', '--json'])
    assert.equal(status, 1)
    const [proof] = reportIn(out).proofs
    assert.deepEqual([proof?.keeps, proof?.address, proof?.policy.name], ['no', '127.0.0.1', 'rfc-9325'])
    const broken = proof?.checks.find(({ verdict }) => verdict === 'broken')
    assert.deepEqual([broken?.id, broken?.rule], ['refuses-protocols', 'MUST NOT (RFC 8996 §4)'])
    assert.match(broken?.evidence ?? '', /^160301/)
  })

  test('--strict allows only what a rulebook calls good', async (t) => {
    const server = await started(scripted({ ...FINE, suites: [0xc02f, 0x009e] }), t)
    const verdict = async (...more: string[]): Promise<string | undefined> => {
      const { out } = await type(['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'ncsc-nl', '--json', ...more])
      return reportIn(out).proofs[0]?.checks.find(({ id, demand }) => id === 'refuses-suites' && demand.endsWith('1.2'))?.verdict
    }
    assert.deepEqual([await verdict(), await verdict('--strict')], ['kept', 'broken'])
  })

  test('says what is wrong in words that stand alone, each reason once, and what the status means', async (t) => {
    const fine = await started(scripted(FINE), t)
    const garbage = await started(scripted({ ...FINE, balks: () => ({ text: 'whoami?\u001b[2J' }) }), t)
    const resets = { ...script().refusals, suite: 'reset', group: 'reset' } as const
    const resetting = await started(scripted({ ...FINE, refusals: resets }), t)
    const urls = [fine, garbage, resetting].map(({ port }) => `tls://127.0.0.1:${port}`)
    const { status, out } = await type(['prove', ...urls, '--policy', 'ours.yaml'], here)
    assert.equal(status, 3)
    assert.match(out, / {2}Door +Keeps to it +What is wrong\n/)
    assert.match(out, / YES +Nothing\.\n/)
    assert.match(out, /It is not known whether forbidden suites are refused in TLS\s+1\.2\./)
    assert.equal(out.match(/UNKNOWN/g)?.length, 1)
    assert.equal(out.match(/PROBLEM Cannot speak TLS with the server: it says "whoami\?\\u001b\[2J"\./g)?.length, 1)
    assert.doesNotMatch(out, /\n\n\n/)
    assert.match((await type(['prove', '--help'])).out, /Exit status:\n {2}0 {3}every door keeps to the policy\n {2}1 {3}one does not\n/)
  })

  test('a door without STARTTLS breaks every policy: 1', async (t) => {
    const server = await started('smtp-no-starttls', t)
    const { status, out } = await type(['prove', `smtp://127.0.0.1:${server.port}`, '--policy', 'ours.yaml'], here)
    assert.equal(status, 1)
    assert.match(out, /✗ BROKEN The server offers no STARTTLS: everything is said in plain text\./)
    assert.match(out, /Turn STARTTLS on in the server/)
  })

  test('a policy file may ask for what else has to be right of a certificate', async (t) => {
    const server = await started(scripted(FINE), t)
    writeFileSync(join(folder, 'trusted.yaml'), 'base: mozilla-intermediate\ncertificate: { maxDays: 398, demands: [trust] }\n')
    const { status, out } = await type(['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'trusted.yaml'], here)
    assert.equal(status, 1)
    assert.match(out, /✗ BROKEN CN=hostile\.example is not trusted: self-signed certificate\. \[certificate-trust\]/)
    assert.doesNotMatch(out, /REMARK/)
  })

  test('--verbose tells what was kept, and the bytes', async (t) => {
    const server = await started(scripted(FINE), t)
    const { out } = await type(['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'ours.yaml', '--verbose'], here)
    assert.match(out, /✓ KEPT Refused: alert protocol_version\. \[refuses-protocols\]/)
    assert.match(out, /Evidence {2}15030[13]0002\d{4}/)
  })

  test('--output writes it, without colours', async (t) => {
    const server = await started(scripted(FINE), t)
    const argv = ['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'ours.yaml']
    const { status, out } = await type([...argv, '-o', 'proof.txt'], { ...here, colour: true })
    assert.deepEqual([status, out], [0, ''])
    const text = readFileSync(join(folder, 'proof.txt'), 'utf8')
    assert.match(text, /Keeps to Our TLS/)
    assert.ok(!text.includes('\u001b'))
    assert.ok((await type(argv, { ...here, colour: true })).out.includes('\u001b['))
  })

  test('several doors, one of them closed and one unknown to DNS: what can be proved is', async (t) => {
    const [fine, gone] = [await started(scripted(FINE), t), await started(scripted(FINE), t)]
    await gone.stop()
    const dns = await fakeDns({ 'A mail.example.test': ['127.0.0.1'] }, t)
    const targets = [`tls://127.0.0.1:${gone.port}`, 'smtp://nowhere.example.test', `tls://mail.example.test:${fine.port}`]
    const { status, out } = await type(['prove', ...targets, '--policy', 'ours.yaml', '--dns', dns, '--json'], here)
    assert.equal(status, 3)
    assert.deepEqual(
      reportIn(out).proofs.map(({ keeps, problem }) => [keeps, problem?.code]),
      [
        ['unknown', 'CONNECT_FAILED'],
        ['unknown', 'DNS_NO_SUCH_NAME'],
        ['yes', undefined],
      ],
    )
  })

  test('a door that is closed: 3, and the reason', async (t) => {
    const server = await started(scripted(FINE), t)
    await server.stop()
    const { status, out } = await type(['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'ours.yaml'], here)
    assert.equal(status, 3)
    assert.match(out, /It is not known whether it keeps to Our TLS/)
    assert.match(
      out,
      /PROBLEM Cannot connect to 127\.0\.0\.1:\d+: nobody listens there,[^]*\(ECONNREFUSED\)[^]*Check that the server listens there/,
    )
  })

  test('one that breaks it weighs more than one that was not reached', async (t) => {
    const [old, gone] = [await started(scripted(OLD), t), await started(scripted(FINE), t)]
    await gone.stop()
    const { status, out } = await type(
      ['prove', `tls://127.0.0.1:${gone.port}`, `tls://127.0.0.1:${old.port}`, '--policy', 'ours.yaml'],
      here,
    )
    assert.equal(status, 1)
    assert.match(out, /^2 doors$/m)
  })

  test('a silent door: --timeout 1 ends in time, with 3', async (t) => {
    const server = await started('silent', t)
    const began = Date.now()
    const { status, out } = await type(
      ['prove', `tls://127.0.0.1:${server.port}`, '--policy', 'ours.yaml', '--timeout', '1', '--json'],
      here,
    )
    assert.ok(Date.now() - began < 8000)
    assert.deepEqual([status, reportIn(out).proofs[0]?.problem?.code], [3, 'TIME_UP'])
  })

  test('the bar shows how far it has come, and is gone at the end', async (t) => {
    const server = await started(scripted(FINE), t)
    const far = await delayed(server, 150)
    t.after(() => far.stop())
    const { err } = await type(['prove', `tls://127.0.0.1:${far.port}`, '--policy', 'ours.yaml'], { ...here, progressColumns: 90 })
    assert.match(err, /0\/1 tls:\/\/127\.0\.0\.1:\d+: \d+ of about 14 questions/)
    assert.ok(err.endsWith('\r\u001b[K'))
  })
})

describe('postern prove: what goes wrong with the input', () => {
  const rows: readonly (readonly [why: string, argv: readonly string[], status: number, err: RegExp])[] = [
    ['no policy', ['tls://192.0.2.1'], 2, /required option '--policy <name\|file>' not specified/],
    ['no target', ['--policy', 'ncsc-nl'], 2, /missing required argument 'target'/],
    [
      'a policy that is neither',
      ['tls://192.0.2.1', '--policy', 'ncsc'],
      2,
      /Cannot find the policy "ncsc"[^]*hint: Name a file, or one of .*ncsc-nl/,
    ],
    ['a folder for a policy', ['tls://192.0.2.1', '--policy', '.'], 2, /Cannot find the policy "\."[^]*because: it is a folder\n/],
    ['a policy without a name', ['tls://192.0.2.1', '--policy', ''], 2, /Cannot find the policy ""[^]*because: no name was given\n/],
    [
      'a policy file with an unknown suite',
      ['tls://192.0.2.1', '--policy', 'wrong.yaml'],
      2,
      /wrong\.yaml:2:10: [^]*AES128-GCM-SHA265\n +\^[^]*hint:/,
    ],
    [
      'a policy file with an unknown word',
      ['tls://192.0.2.1', '--policy', 'typo.yaml'],
      2,
      /typo\.yaml:2:1: there is no word "protocolls" here[^]*Did you mean protocols\?/,
    ],
    ['a target that is none', ['smpt://x.example', '--policy', 'ncsc-nl'], 2, /no protocol "smpt"/],
    [
      'a file that cannot be written, said before the proof',
      ['tls://192.0.2.1', '--policy', 'ncsc-nl', '-o', 'no/proof.txt'],
      2,
      /Cannot write no\/proof\.txt/,
    ],
  ]
  for (const [why, argv, status, err] of rows) {
    test(why, async () => {
      const got = await type(['prove', ...argv], here)
      assert.match(got.err, err)
      assert.deepEqual([got.status, got.out], [status, ''])
    })
  }
})

test('postern prove in a process of its own ends with its status', async (t) => {
  const [old, fine] = [await started(scripted(OLD), t), await started(scripted(FINE), t)]
  const policy = join(folder, 'ours.yaml')
  const [no, yes] = await Promise.all([old, fine].map(({ port }) => run(`[postern] prove tls://127.0.0.1:${port} --policy ${policy}`)))
  assert.deepEqual([no?.status, yes?.status, no?.err, yes?.err], [1, 0, '', ''])
  assert.ok(!no?.out.includes('\u001b'))
})
