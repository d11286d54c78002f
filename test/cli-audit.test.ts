import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { auditReport } from '../src/audit/report/schema.ts'
import type { AuditReport } from '../src/audit/index.ts'
import { relay, run, type } from './cli-session.ts'
import { fakeDns } from './fake-dns.ts'
import { scripted, startHostile, type Behaviour, type HostileServer } from './hostile/index.ts'
import { certificates, delayed, needPeer, SERVER_NAME, startPeer } from './peers/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A file in the folder in which the commands are typed. */
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

const here = { cwd: folder }
const OLD = { versions: [0x0301, 0x0303], suites: [0xc02f, 0xc013, 0x000a] } as const
const FINE = { versions: [0x0303, 0x0304], suites: [0xc02f, 0xc030] } as const

async function started(what: Parameters<typeof startHostile>[0], t: TestContext): Promise<HostileServer> {
  const server = await startHostile(what)
  t.after(() => server.stop())
  return server
}

function reportIn(text: string): AuditReport {
  return auditReport.parse(JSON.parse(text))
}

describe('postern audit: what it tells', () => {
  test('a server with old settings: 1, and JSON with every field that is promised', async (t) => {
    const server = await started(scripted(OLD), t)
    const { status, out, err } = await type(['audit', `tls://127.0.0.1:${server.port}`, '--json'])
    assert.equal(status, 1)
    assert.equal(err, '')
    const [target] = reportIn(out).targets
    assert.equal(target?.target, `tls://127.0.0.1:${server.port}`)
    assert.equal(target.reachable, true)
    assert.deepEqual(target.posture?.protocols['TLSv1.2'].suites, [
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
      'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
    ])
    assert.deepEqual([target.posture.protocols['TLSv1.2'].offered, target.posture.protocols['TLSv1.2'].order], [true, 'server'])
    assert.deepEqual(target.posture.groups, ['x25519', 'secp256r1', 'secp384r1'])
    assert.equal(target.posture.dh, null)
    assert.equal(target.posture.sslv2Hello, false)
    const finding = target.findings.find(({ id }) => id === 'protocol-tls1-0')
    assert.equal(finding?.verdict, 'bad')
    assert.ok(finding.remedy !== undefined && finding.fact !== '' && finding.rules.length > 0)
    assert.notEqual(target.grade, 'unknown')
    assert.ok(target.cost.connections > 10 && target.cost.milliseconds > 0)
    assert.ok(target.cost.connections >= server.connections())
  })

  test('nothing at or above --fail-on: 0', async (t) => {
    const server = await started(scripted(FINE), t)
    const { status } = await type(['audit', `tls://127.0.0.1:${server.port}`, '--only', 'suites'])
    assert.equal(status, 0)
  })

  test('--fail-on weak finds more than --fail-on bad', async (t) => {
    const server = await started(scripted({ ...FINE, suites: [0xc02f, 0xc013] }), t)
    const argv = ['audit', `tls://127.0.0.1:${server.port}`, '--only', 'suites']
    assert.equal((await type(argv)).status, 0)
    assert.equal((await type([...argv, '--fail-on', 'weak'])).status, 1)
  })

  test('only the rulebooks that were asked for speak', async (t) => {
    const server = await started(scripted(OLD), t)
    const { out } = await type(['audit', `tls://127.0.0.1:${server.port}`, '--only', 'suites', '--json', '--rules', 'ncsc-nl, pci-dss'])
    const { rulebooks, targets } = reportIn(out)
    assert.deepEqual(
      rulebooks.map(({ name }) => name),
      ['ncsc-nl', 'pci-dss'],
    )
    const speaking = new Set(targets.flatMap(({ findings }) => findings.flatMap(({ rules }) => rules.map(({ rulebook }) => rulebook))))
    assert.deepEqual([...speaking].toSorted(), ['ncsc-nl', 'pci-dss'])
  })

  test('--html, --output and every format are written, and nothing is printed then', async (t) => {
    const server = await started(scripted(FINE), t)
    const argv = ['audit', `tls://127.0.0.1:${server.port}`, '--only', 'suites']
    const { out } = await type([...argv, '--html', 'report.html', '-o', 'report.txt'], { ...here, colour: true })
    assert.equal(out, '')
    assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /^<!doctype html>/i)
    assert.ok(!readFileSync(join(folder, 'report.txt'), 'utf8').includes('\u001b'), 'a file has no colours')
    for (const [format, begins] of [
      ['--sarif', /"version": "2\.1\.0"/],
      ['--junit', /^<\?xml/],
      ['--markdown', /^# /],
    ] as const)
      assert.match((await type([...argv, format])).out, begins)
  })

  test('colours only where the terminal has some', async (t) => {
    const server = await started(scripted(FINE), t)
    const argv = ['audit', `tls://127.0.0.1:${server.port}`, '--only', 'suites']
    assert.ok((await type(argv, { colour: true })).out.includes('\u001b['))
    assert.ok(!(await type(argv)).out.includes('\u001b['))
  })

  test('the bar shows how far a door has come, and is gone at the end', async (t) => {
    const server = await started(scripted(OLD), t)
    const far = await delayed(server, 40)
    t.after(() => far.stop())
    const { err } = await type(['audit', `tls://127.0.0.1:${far.port}`], { progressColumns: 100 })
    assert.match(err, /0\/1 tls:\/\/127\.0\.0\.1:\d+: \d+ of about \d+ questions/)
    assert.ok(err.endsWith('\r\u001b[K'))
  })
})

describe('postern audit -f', () => {
  test('every bad line is named with its place, after the others were audited', async () => {
    const list = file('targets.txt', 'tls://127.0.0.1:1\n\n# a comment\nsmpt://mail.example.com\nmail.example.com:99999\n')
    const { status, out, err } = await type(['audit', '-f', list], here)
    assert.match(out, /tls:\/\/127\.0\.0\.1:1[^]*NOT REACHED/)
    assert.match(err, /targets\.txt:4[^]*smpt[^]*targets\.txt:5[^]*99999/)
    assert.equal(status, 2)
  })
})

describe('postern audit: what is named more than once', () => {
  test('is audited once, and said so where it is named in other words', async (t) => {
    const server = await started(scripted(FINE), t)
    const door = `tls://127.0.0.1:${server.port}`
    const { out, err } = await type(['audit', door, door, `TLS://127.0.0.1:${server.port}`, '--only', 'suites', '--json'])
    const { targets } = reportIn(out)
    assert.deepEqual(
      targets.map(({ target }) => target),
      [door],
    )
    assert.ok(server.connections() <= (targets[0]?.cost.connections ?? 0) + 1)
    assert.equal(err, `postern: note: named more than once, audited once: ${door}\n`)
  })

  test('two names of one server that is asked for one name: asked once, reported for both', async (t) => {
    const server = await started(scripted(FINE), t)
    const names = ['one', 'two'].map((name) => `tls://${name}.example.test:${server.port}`)
    const argv = ['audit', ...names, '--resolve', '*:*:127.0.0.1', '--only', 'suites', '--json']
    const together = await type([...argv, '--sni', 'mail.example.test'])
    const { targets } = reportIn(together.out)
    assert.deepEqual(
      targets.map(({ target }) => target),
      names,
    )
    assert.equal(together.err, '')
    assert.deepEqual(targets[0]?.posture, targets[1]?.posture)
    const once = server.connections()
    assert.ok(once <= (targets[0]?.cost.connections ?? 0) + 1)
    await type(argv)
    assert.ok(server.connections() >= 3 * once - 2, 'each name asks for itself')
  })
})

describe('postern audit: what goes wrong with the input', () => {
  const secret = file('secret.pem', 'not a certificate')
  const rows: readonly (readonly [why: string, argv: readonly string[], status: number, err: RegExp])[] = [
    ['no target', [], 2, /Cannot audit: no target is given\n.*hint: Name a domain/],
    ['an unknown protocol, with a caret', ['smpt://mail.example.com'], 2, /no protocol "smpt"[^]*\^[^]*hint: Use one of .*smtp/],
    ['a port that is none', ['mail.example.com:99999'], 2, /99999/],
    ['a file that is not there', ['-f', 'nowhere.txt'], 2, /Cannot read nowhere\.txt\n.*because: ENOENT[^]*hint: Check the name/],
    [
      'a rulebook that is none',
      ['x.example', '--rules', 'mozilla-intermediat'],
      2,
      /Cannot judge by "mozilla-intermediat"[^]*hint: Choose from .*mozilla-intermediate/,
    ],
    ['no rulebook at all', ['x.example', '--rules', ''], 2, /Cannot judge by ""[^]*hint: Choose from/],
    ['a file without a target', ['-f', file('empty.txt', '# nothing\n')], 2, /Cannot audit: there is no target in empty\.txt\n/],
    [
      'a file that is no text',
      ['-f', file('binary.dat', 'a\0b\u0001\n')],
      2,
      /Cannot read binary\.dat: it is no text in UTF-8\n.*hint: .*UTF-8/,
    ],
    ['a folder instead of a file', ['-f', '.'], 2, /Cannot read \.\n.*because: it is a folder\n/],
    ['a folder instead of authorities', ['x.example', '--ca', '.'], 2, /Cannot read \.\n.*because: it is a folder\n/],
    ['a number that is none', ['x.example', '--parallel', 'many'], 2, /--parallel[^]*whole number from 1 to 50/],
    ['too large a number', ['x.example', '--timeout', '99999'], 2, /--timeout[^]*whole number from 1 to 3600/],
    ['a CA file without a certificate', ['x.example', '--ca', secret], 2, /Cannot read authorities from secret\.pem[^]*hint: .*PEM/],
    ['a CA file that is not there', ['x.example', '--ca', 'no.pem'], 2, /Cannot read no\.pem[^]*hint: .*PEM/],
    ['a --resolve that is none', ['x.example', '--resolve', 'x.example:25'], 2, /Cannot read "x\.example:25"[^]*HOST:PORT:ADDRESS/],
    [
      'a DNS server that is no address',
      ['x.example', '--dns', 'dns.example'],
      2,
      /Cannot use the DNS servers dns\.example[^]*hint: Name DNS servers by address/,
    ],
    ['two formats at once', ['x.example', '--json', '--sarif'], 2, /--json.*cannot be used with.*--sarif/],
    ['a verdict that is none', ['x.example', '--fail-on', 'worse'], 2, /Allowed choices are bad, weak, unknown/],
    [
      'a page into a folder that is not there, said before the audit',
      ['tls://192.0.2.1', '--html', 'no/such/report.html'],
      2,
      /Cannot write no\/such\/report\.html[^]*because: ENOENT[^]*hint: Name a file in a folder that exists/,
    ],
    [
      'two reports in one file',
      ['tls://192.0.2.1', '--html', 'report', '-o', './report'],
      2,
      /Cannot write two reports to .*report\n.*hint: Name a file for each\./,
    ],
    [
      'a name that is none',
      ['tls://192.0.2.1', '--sni', 'a b'],
      2,
      /Cannot ask for the name "a b": it is not a host name\n.*hint: Use a name/,
    ],
    ['a name that is empty', ['tls://192.0.2.1', '--sni', ''], 2, /Cannot ask for the name "": it is not a host name/],
    ['a report that would be a folder', ['tls://192.0.2.1', '-o', '.'], 2, /Cannot write \.\n.*because: it is a folder/],
  ]
  for (const [why, argv, status, err] of rows) {
    test(why, async () => {
      const began = Date.now()
      const got = await type(['audit', ...argv], here)
      assert.match(got.err, err)
      assert.deepEqual([got.status, got.out], [status, ''])
      assert.match(got.err, /^postern: (?:error|hint)/m)
      assert.ok(Date.now() - began < 3000)
    })
  }

  test('a folder that is not writable', { skip: process.getuid?.() === 0 && 'root may write anywhere' }, async () => {
    chmodSync(folder, 0o500)
    const { status, err } = await type(['audit', 'tls://192.0.2.1', '-o', 'report.txt'], here)
    chmodSync(folder, 0o700)
    assert.equal(status, 2)
    assert.match(err, /EACCES/)
  })

  test('a disk that is full: what would be lost is printed', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, async (t) => {
    const server = await started(scripted(FINE), t)
    for (const option of ['-o', '--html']) {
      const argv = ['audit', `tls://127.0.0.1:${server.port}`, '--only', 'suites', option, '/dev/full']
      const { status, out, err } = await type(argv)
      assert.match(out, /^Postern \d[^]*━━ tls:/)
      assert.match(err, /^postern: error: Cannot write \/dev\/full\npostern: because: ENOSPC/)
      assert.equal(status, 2)
    }
  })

  test('a rulebook that is named twice is one', async (t) => {
    const server = await started(scripted(FINE), t)
    const { out } = await type(['audit', `tls://127.0.0.1:${server.port}`, '--only', 'suites', '--json', '--rules', 'ncsc-nl,,ncsc-nl'])
    assert.equal(reportIn(out).rulebooks.length, 1)
  })
})

describe('postern audit: what goes wrong with the world', () => {
  test('a door that is closed: 3, with the reason and a remedy', async (t) => {
    const server = await started(scripted(FINE), t)
    await server.stop()
    const { status, out } = await type(['audit', `smtp://127.0.0.1:${server.port}`])
    assert.equal(status, 3)
    assert.match(out, /NOT REACHED Cannot connect to 127\.0\.0\.1:\d+: nobody listens there,[^]*\(ECONNREFUSED\)/)
    assert.match(out, /Check that the server listens there/)
  })

  test('a name that does not exist: 3, and the others are audited all the same, in their order', async (t) => {
    const server = await started(scripted(FINE), t)
    const dns = await fakeDns({ 'A mail.example.test': ['127.0.0.1'] }, t)
    const list = file('three.txt', `smtp://nowhere.example.test\nnowhere.example.test\ntls://mail.example.test:${server.port}\n`)
    const { status, out } = await type(['audit', '-f', list, '--dns', dns, '--only', 'suites', '--json'], here)
    assert.equal(status, 3)
    const { targets } = reportIn(out)
    assert.deepEqual(
      targets.map(({ target, reachable, problem }) => [target, reachable, problem?.code]),
      [
        ['smtp://nowhere.example.test:25', false, 'DNS_NO_SUCH_NAME'],
        ['nowhere.example.test', false, 'DNS_NO_SUCH_NAME'],
        [`tls://mail.example.test:${server.port}`, true, undefined],
      ],
    )
    assert.equal(targets[2]?.address, '127.0.0.1')
  })

  test('a host on which none of the usual doors answers: 3, and not an empty report', async (t) => {
    const dns = await fakeDns({ 'A quiet.example.test': ['127.0.0.99'] }, t)
    const { status, out } = await type(['audit', 'quiet.example.test', '--dns', dns, '--json'])
    assert.equal(status, 3)
    assert.deepEqual(
      reportIn(out).targets.map(({ target, problem }) => [target, problem?.code]),
      [['quiet.example.test', 'NO_DOOR']],
    )
  })

  test('a domain with two mail servers, one of them dead', async (t) => {
    const server = await started('smtp-bare-lf', t)
    const bound = await relay({ host: '127.0.0.77', port: 25 }, server.port, t)
    if (typeof bound === 'string') return t.skip(`port 25 of 127.0.0.77: ${bound}`)
    const dns = await fakeDns(
      {
        'MX example.test': ['20 two.example.test', '10 one.example.test'],
        'A one.example.test': ['127.0.0.78'],
        'A two.example.test': ['127.0.0.77'],
      },
      t,
    )
    const { status, out } = await type(['audit', 'example.test', '--dns', dns, '--only', 'suites', '--json'])
    assert.deepEqual(
      reportIn(out).targets.map(({ target, reachable }) => [target, reachable]),
      [
        ['smtp://one.example.test:25', false],
        ['smtp://two.example.test:25', true],
      ],
    )
    assert.equal(status, 3, 'one was not reached')
  })

  test('--resolve goes before DNS', async (t) => {
    const server = await started(scripted(FINE), t)
    const { status, out } = await type([
      'audit',
      `tls://mail.example.test:${server.port}`,
      '--resolve',
      '*:*:127.0.0.1',
      '--only',
      'suites',
      '--json',
    ])
    assert.equal(status, 0)
    assert.equal(reportIn(out).targets[0]?.address, '127.0.0.1')
  })

  test('a silent peer: --timeout 1 ends in time with unknown and 3', async (t) => {
    const server = await started('silent', t)
    const began = Date.now()
    const { status, out } = await type(['audit', `tls://127.0.0.1:${server.port}`, '--timeout', '1', '--json'])
    assert.ok(Date.now() - began < 8000)
    assert.equal(status, 3)
    const [target] = reportIn(out).targets
    assert.deepEqual([target?.grade, target?.problem?.code], ['unknown', 'TIME_UP'])
    assert.equal(target?.posture?.protocols['TLSv1.2'].offered ?? 'unknown', 'unknown')
  })

  for (const [when, pause] of [
    ['when it is asked', undefined],
    ['before or after it is asked', 20],
  ] as const) {
    test(`a door that resets every connection ${when}: said in those words, soon, with 3, by audit and prove`, async (t) => {
      const server = await started(pause === undefined ? 'resets-after-hello' : async (wire) => (await wire.pause(pause), wire.reset()), t)
      for (const argv of [['audit'], ['prove', '--policy', 'ncsc-nl']]) {
        const began = Date.now()
        const { status, out } = await type([...argv, `tls://127.0.0.1:${server.port}`])
        assert.equal(status, 3)
        assert.match(out.replaceAll(/\s+/g, ' '), /every connection is reset before it is answered/)
        assert.ok(Date.now() - began < 10_000, 'soon')
      }
    })
  }

  test('a port that nobody knows is guessed by its banner', async (t) => {
    const [mail, plain] = [await started('smtp-bare-lf', t), await started(scripted(FINE), t)]
    const { out } = await type(['audit', `127.0.0.1:${mail.port},${plain.port}`, '--only', 'suites', '--json'])
    assert.deepEqual(
      reportIn(out).targets.map(({ target, reachable }) => [target, reachable]),
      [
        [`smtp://127.0.0.1:${mail.port}`, true],
        [`tls://127.0.0.1:${plain.port}`, true],
      ],
    )
  })

  test('IPv6', async (t) => {
    const server = await started(scripted(FINE), t)
    const port = await relay({ host: '::1', port: 0 }, server.port, t)
    if (typeof port === 'string') return t.skip(`no IPv6 on this machine: ${port}`)
    const { status, out } = await type(['audit', `tls://[::1]:${port}`, '--only', 'suites', '--json'])
    assert.equal(status, 0)
    assert.deepEqual(
      reportIn(out).targets.map(({ target, address }) => [target, address]),
      [[`tls://[::1]:${port}`, '::1']],
    )
  })
})

describe('postern audit: manners', () => {
  test('--parallel 1 never opens two connections', async (t) => {
    const server = await started(scripted(OLD), t)
    await type(['audit', `tls://127.0.0.1:${server.port}`, '--parallel', '1', '--json'])
    // This process may hear of a new connection before it hears that the last one has gone.
    assert.ok(server.maxOpen() <= 2, String(server.maxOpen()))
  })

  for (const [parallel, scheme] of [
    [1, 'tls://'],
    [3, ''],
    [8, 'tls://'],
  ] as const) {
    test(`eight ${scheme === '' ? 'guessed ' : ''}doors of one server share its --parallel ${parallel}`, { timeout: 60_000 }, async (t) => {
      const open = new Set<object>()
      let most = 0
      const counted: Behaviour = (wire, nth) => {
        open.add(wire)
        most = Math.max(most, open.size)
        for (const how of ['end', 'close']) wire.socket.once(how, () => open.delete(wire))
        return scripted(FINE)(wire, nth)
      }
      const servers = await Promise.all(Array.from({ length: 8 }, () => started(counted, t)))
      const doors = servers.map(({ port }) => `${scheme}127.0.0.1:${port}`).join(' ')
      const { out } = await run(`[postern] audit ${doors} --parallel ${parallel} --only suites --json`)
      assert.deepEqual(
        reportIn(out).targets.map(({ problem }) => problem),
        Array(8).fill(null),
      )
      // As many again may be on their way out, docs/decisions.md.
      assert.ok(most <= parallel * 2, `${most} were open at once`)
    })
  }

  test('two audits of one server at once come to the same', async (t) => {
    const server = await started(scripted(OLD), t)
    const argv = ['audit', `tls://127.0.0.1:${server.port}`, '--json']
    const [one, other] = (await Promise.all([type(argv), type(argv)])).map(({ out }) => reportIn(out).targets[0])
    assert.deepEqual(one?.posture, other?.posture)
    assert.deepEqual(
      one?.findings.map(({ id, verdict }) => [id, verdict]),
      other?.findings.map(({ id, verdict }) => [id, verdict]),
    )
  })

  test('--sni asks for another name, and --ca is believed', { skip: needPeer('openssl') }, async (t) => {
    const peer = await startPeer('openssl', { chain: 'full' }, t)
    const { root } = await certificates()
    const { out } = await type(['audit', `tls://127.0.0.1:${peer.doors.tls}`, '--sni', SERVER_NAME, '--ca', root, '--json'])
    const chain = reportIn(out).targets[0]?.posture?.certificates[0]
    assert.deepEqual([chain?.trusted, chain?.nameMatches], [true, true])
    const stranger = await type(['audit', `tls://127.0.0.1:${peer.doors.tls}`, '--sni', 'ändere.example.test', '--json'])
    const other = reportIn(stranger.out).targets[0]?.posture?.certificates[0]
    assert.deepEqual([other?.trusted, other?.nameMatches], [false, false])
  })
})

describe('postern audit: in a process of its own', () => {
  test('no colours in a pipe, colours where they are forced, NO_COLOR or not', async (t) => {
    const server = await started(scripted(FINE), t)
    const line = `[postern] audit tls://127.0.0.1:${server.port} --only suites`
    const [plain, forced, none] = await Promise.all([run(line), run(line, { FORCE_COLOR: '1' }), run(line, { NO_COLOR: '1' })])
    assert.deepEqual([plain.status, plain.out.includes('\u001b['), plain.err], [0, false, ''])
    assert.ok(forced.out.includes('\u001b['))
    assert.ok(!none.out.includes('\u001b['))
  })

  test('a reader that goes away ends it without a word', async (t) => {
    const server = await started(scripted(OLD), t)
    const { out, err } = await run(`[postern] audit tls://127.0.0.1:${server.port} --only suites --verbose | head -n 1`)
    assert.match(out, /^Postern \d.*\n$/)
    assert.equal(err, '')
  })

  test('Ctrl-C ends it with 130, and what is finished is reported', { timeout: 60_000 }, async (t) => {
    const [fine, silent] = [await started(scripted(FINE), t), await started('silent', t)]
    const doors = [fine, silent].map(({ port }) => `tls://127.0.0.1:${port}`)
    const running = run(`exec [postern] audit ${doors.join(' ')} --doors 1 --only suites --json`, {}, async (child) => {
      while (silent.connections() === 0) await setTimeout(20)
      child.kill('SIGINT')
    })
    const { status, out, err } = await running
    assert.equal(err, 'postern: error: Cannot finish the audit: it was stopped, 1 of 2 doors are left\n')
    assert.deepEqual(
      reportIn(out).targets.map(({ target, reachable }) => [target, reachable]),
      [[doors[0], true]],
    )
    assert.equal(status, 130)
  })

  test('Ctrl-C before anything is finished: 130, and no report', { timeout: 60_000 }, async (t) => {
    const silent = await started('silent', t)
    const { status, out, err } = await run(`exec [postern] audit tls://127.0.0.1:${silent.port}`, {}, async (child) => {
      while (silent.connections() === 0) await setTimeout(20)
      child.kill('SIGINT')
    })
    assert.deepEqual([status, out, err], [130, '', 'postern: error: Cannot finish the audit: it was stopped, 1 of 1 doors are left\n'])
  })

  test('the exit status is the one of the report', async (t) => {
    const server = await started(scripted(OLD), t)
    const { status, err } = await run(`[postern] audit tls://127.0.0.1:${server.port} --only suites --json > /dev/null`)
    assert.deepEqual([status, err], [1, ''])
  })
})
