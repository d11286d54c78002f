import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { type, type Ended } from '../cli-session.ts'
import { certificates, needPackages } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import { statusOfLine } from './program.ts'
import { keeperLine } from './keeper.ts'

interface Served {
  readonly file: string
  readonly policy: string
  /** Of its two bind lines, and of the server that it looks after. */
  readonly ports: readonly [number, number, number]
  readonly settings: (command: string, ...more: readonly string[]) => Promise<Ended>
  readonly service: readonly string[]
}

/** An HAProxy with two doors, which looks whether a server behind it is alive several times in a second. */
async function haproxy(t: TestContext): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-haproxy-'))
  const leaf = (await certificates()).leaf('rsa')
  const pem = join(folder, 'all.pem')
  writeFileSync(pem, readFileSync(leaf.key, 'utf8') + readFileSync(leaf.chain, 'utf8'))
  const ports = [await freePort(), await freePort(), await freePort()] as const
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
    ssl-default-bind-options ssl-min-ver TLSv1.0
    ssl-default-bind-ciphers HIGH:!aNULL:@SECLEVEL=0
    ssl-default-server-options ssl-min-ver TLSv1.0
    ssl-default-server-ciphers HIGH:!aNULL:@SECLEVEL=0
defaults
    mode tcp
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend a   # kept
    bind 127.0.0.1:${ports[0]} ssl crt ${pem}
    bind 127.0.0.1:${ports[1]} ssl crt ${pem} ssl-min-ver TLSv1.1
    default_backend b
backend b
    server s 127.0.0.1:${ports[2]} ssl verify none check inter 300
`,
  )
  const [start, stop] = [keeperLine('start', folder, 'Loading success', 'haproxy', '-W', '-db', '-f', file), keeperLine('stop', folder)]
  t.after(async () => {
    await statusOfLine(stop)
    rmSync(folder, { recursive: true, force: true })
  })
  assert.equal(await statusOfLine(start), 0)
  const own = [file, '--detect', '--state', join(folder, 'state')]
  const settings: Served['settings'] = (command, ...more) => type(['settings', command, ...own, ...more])
  return { file, policy: join(folder, 'tls.yaml'), ports, settings, service: ['--stop', stop, '--start', start] }
}

describe('postern settings and a real HAProxy', { skip: needPackages('haproxy'), concurrency: true }, () => {
  test('show, plan, apply with its own check, prove every door and what it offers the server behind it, and undo', async (t) => {
    const { file, policy, ports, settings, service } = await haproxy(t)
    const before = readFileSync(file)
    writeFileSync(policy, 'base: mozilla-intermediate\n')
    const shown = await settings('show')
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    assert.equal((await settings('plan', '--policy', policy)).status, 1)
    const behind = `tls://127.0.0.1:${ports[2]}`
    const made = await settings('apply', '--policy', policy, '--as-far-as-possible', ...service, '--receive', behind)
    assert.equal(made.status, 0, made.err + made.out)
    for (const port of ports.slice(0, 2))
      assert.ok(made.out.includes(`tls://localhost:${port} keeps to tls, proved on the wire.`), made.out)
    assert.ok(made.out.includes(`backend b s (client) keeps to tls, as its hello at ${behind} shows.`), made.out)
    assert.doesNotMatch(made.out, /Not proved/)
    assert.equal((await settings('plan', '--policy', policy)).status, 0)
    assert.equal((await settings('undo')).status, 0)
    assert.deepEqual(readFileSync(file), before)
  })

  test('takes back what cannot work, and says that nobody has seen its client', async (t) => {
    const { file, policy, settings, service } = await haproxy(t)
    const before = readFileSync(file)
    // Suites for a key that it does not have: it starts, and nobody can speak to it.
    writeFileSync(policy, 'base: mozilla-intermediate\nprotocols: [TLSv1.2]\nciphers: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n')
    const failed = await settings('apply', '--policy', policy, '--as-far-as-possible', ...service)
    assert.equal(failed.status, 3, failed.out)
    assert.match(failed.err, /Cannot prove the change on the wire[^]*its doors are open again/)
    assert.deepEqual(readFileSync(file), before)
    writeFileSync(policy, 'base: mozilla-intermediate\n')
    const made = await settings('apply', '--policy', policy, '--as-far-as-possible', ...service)
    assert.equal(made.status, 0, made.err)
    assert.match(made.out, /Not proved: backend b s \(client\): what it offers shows only where it connects to/)
  })
})
