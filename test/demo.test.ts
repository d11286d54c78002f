import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeAuthority, makeServerCertificate, type KeyKind } from '../src/cli/demo/certificate.ts'
import { needPackages } from './peers/index.ts'

const POSTERN = fileURLToPath(new URL('../bin/postern.js', import.meta.url))
const PATIENCE_MS = 60_000

const run = promisify(execFile)

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'postern-demo-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('npm start', { concurrency: true }, () => {
  test('audits an old server, and again through a gate, writes one page, and leaves nothing else behind', async (t) => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    assert.ok(typeof manifest === 'object' && manifest !== null && 'scripts' in manifest)
    assert.equal((manifest.scripts as Readonly<Record<string, string>>)['start'], 'node bin/postern.js demo --keep')

    const [home, temporary] = [folder(t), folder(t)]
    const env = { ...process.env, LANG: 'C.UTF-8', NO_COLOR: '1', TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: '1' }
    const { stdout, stderr } = await run(process.execPath, [POSTERN, 'demo', '--html', 'out'], { cwd: home, env, timeout: PATIENCE_MS })
    assert.equal(stderr, '')
    const [, old = '', through = ''] = stdout.split(/^━━ /m)
    assert.match(old, /^smtp:\/\/old\.localhost:\d+ [^]*\n F +Grade F /)
    assert.match(through, /^smtp:\/\/old\.localhost:\d+ [^]*\n A\+ +Grade A\+ /)
    for (const finding of ['protocol-tls1-0', 'protocol-tls1-1', 'suites-anonymous', 'dh-size', 'logjam']) {
      assert.match(old, new RegExp(`BAD (?:(?!Remedy)[^])*\\[${finding}\\]`), finding)
    }
    for (const finding of ['sslv2-hello', 'suite-order', 'suites-cbc', 'suites-static-rsa', 'dh-prime', 'protocol-tls1-3']) {
      assert.match(old, new RegExp(`WEAK (?:(?!Remedy)[^])*\\[${finding}\\]`), finding)
    }
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const shown =
      /```console\n([^]*?)\n```/
        .exec(readme)?.[1]
        ?.split('\n\n')
        .filter((part) => part.startsWith('  ✗')) ?? []
    assert.equal(shown.length, 2)
    for (const finding of shown) assert.ok(stdout.includes(`${finding}\n\n`), `README.md shows what is not so:\n${finding}`)
    assert.doesNotMatch(through, /✗ BAD|! WEAK/)
    assert.doesNotMatch(stdout, /\? UNKNOWN/, 'everything could be found out')
    assert.match(stdout, /The old server gets F\. Through the gate the same server gets A\+, and nothing was changed in it\./)

    assert.deepEqual(new Set(readdirSync(home, { recursive: true, encoding: 'utf8' })), new Set(['out', join('out', 'postern-demo.html')]))
    assert.match(
      readFileSync(join(home, 'out', 'postern-demo.html'), 'utf8'),
      /^<!doctype html>[^]*old\.localhost[^]*Grade <\/span>F[^]*old\.localhost[^]*Grade <\/span>A\+/i,
    )
    assert.deepEqual(readdirSync(temporary), [])
    const ports = [...stdout.matchAll(/^ {2}smtp:.*localhost:(\d+)$/gm)].map(([, port]) => Number(port))
    assert.equal(ports.length, 2)
    for (const port of ports) assert.equal(await isOpen(port), false)
  })

  test('writes the page into a new folder for temporary files, and says where', async (t) => {
    const temporary = folder(t)
    const { stdout } = await run(process.execPath, [POSTERN, 'demo'], { env: { ...process.env, TMPDIR: temporary }, timeout: PATIENCE_MS })
    const [page = ''] = /\S+postern-demo\.html$/m.exec(stdout) ?? []
    assert.ok(page.startsWith(join(temporary, 'postern-demo-')), page)
    assert.match(readFileSync(page, 'utf8'), /old\.localhost/)
  })

  test('says what to do where the page cannot be written, and stops its servers', async () => {
    const failed = await run(process.execPath, [POSTERN, 'demo', '--html', '/dev/null/x'], { timeout: PATIENCE_MS }).catch(
      (error: { code: number; stderr: string }) => error,
    )
    assert.ok('code' in failed)
    assert.equal(failed.code, 2)
    assert.match(failed.stderr, /Cannot write the page into \/dev\/null\/x\n[^]*--html/)
  })
})

describe('postern demo --keep', () => {
  test(
    'lets openssl see the same weaknesses, and none of them through the gate, until it is interrupted',
    { skip: needPackages('openssl') },
    async (t) => {
      const child = spawn(process.execPath, [POSTERN, 'demo', '--keep', '--html', folder(t)], { stdio: ['ignore', 'pipe', 'inherit'] })
      t.after(() => child.kill('SIGKILL'))
      const said = await untilSaid(child.stdout, /a browser at/)
      const [, old = ''] = /smtp:\/\/old\.localhost:(\d+)/.exec(said) ?? []
      const [, gate = ''] = /live at smtp:\/\/old\.localhost:(\d+)/.exec(said) ?? []

      assert.match(await client(old, '-tls1', '-cipher', 'AES128-SHA:@SECLEVEL=0'), /Protocol {2}: TLSv1\n[^]*Cipher {4}: AES128-SHA\n/)
      assert.match(await client(old, '-tls1_2', '-cipher', 'ADH-AES256-SHA:@SECLEVEL=0'), /Cipher {4}: ADH-AES256-SHA\n/)
      assert.match(await client(old, '-tls1_2', '-cipher', 'DHE-RSA-AES128-SHA:@SECLEVEL=0'), /Server Temp Key: DH, 1024 bits\n/)
      assert.match(await client(old, '-tls1_3'), /protocol version|Cipher is \(NONE\)/)
      assert.match(await client(old, '-tls1_2', '-cipher', 'AES128-SHA:AES256-SHA'), /Cipher {4}: AES128-SHA\n/, 'the client chooses')
      assert.match(await client(old, '-tls1_2', '-cipher', 'AES256-SHA:AES128-SHA'), /Cipher {4}: AES256-SHA\n/, 'the client chooses')

      assert.match(await client(gate, '-tls1_3'), /New, TLSv1\.3/)
      assert.match(await client(gate, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), /Cipher is \(NONE\)/)
      assert.match(await client(gate, '-tls1_2', '-cipher', 'AES128-SHA:ADH-AES256-SHA:@SECLEVEL=0'), /Cipher is \(NONE\)/)

      child.kill('SIGINT')
      const [code] = await new Promise<[number | null]>((resolve) => void child.once('close', (code) => resolve([code])))
      assert.equal(code, 0)
      assert.equal(await isOpen(Number(old)), false)
      assert.equal(await isOpen(Number(gate)), false)
    },
  )
})

describe('makeServerCertificate()', () => {
  for (const kind of ['RSA-2048', 'P-256'] satisfies readonly KeyKind[]) {
    test(`makes a certificate of ${kind} that OpenSSL verifies`, () => {
      const now = new Date()
      const authority = makeAuthority('Authority of a test', kind, now)
      const leaf = makeServerCertificate('mail.example.test', kind, authority, now)
      const [root, x509] = [new X509Certificate(authority.pem), new X509Certificate(leaf.pem)]
      assert.ok(root.ca && !x509.ca)
      assert.ok(x509.checkIssued(root) && x509.verify(root.publicKey) && root.verify(root.publicKey))
      assert.ok(x509.checkPrivateKey(leaf.privateKey))
      assert.equal(x509.checkHost('mail.example.test'), 'mail.example.test')
      assert.equal(x509.checkHost('other.example.test'), undefined)
      assert.ok(x509.validFromDate < now && now < x509.validToDate)
      assert.deepEqual(x509.keyUsage, ['1.3.6.1.5.5.7.3.1'])
    })
  }
})

/** What s_client says, whatever it ends with. */
async function client(port: string, ...options: readonly string[]): Promise<string> {
  const running = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-starttls', 'smtp', ...options], { timeout: PATIENCE_MS })
  running.child.stdin?.end()
  return running.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
}

async function untilSaid(stream: AsyncIterable<Buffer>, words: RegExp): Promise<string> {
  let said = ''
  for await (const chunk of stream) {
    said += chunk.toString()
    if (words.test(said)) return said
  }
  throw new Error(`Cannot find ${String(words)} in what was said: ${said}`)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })
}
