import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { after, describe, test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { logLine } from '../../src/gate/seen/record-schema.ts'
import { askStatus, type GateStatus } from '../../src/gate/index.ts'
import { gateStatus } from '../../src/gate/seen/status-schema.ts'
import { runGateProcess, type GateProcess } from './gate-process.ts'

const run = promisify(execFile)
const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'postern-seen-'))
after(() => rmSync(folder, { recursive: true }))

interface Said {
  readonly status: number
  readonly out: string
  readonly err: string
}

async function postern(...words: readonly string[]): Promise<Said> {
  try {
    const { stdout, stderr } = await run(process.execPath, [PROGRAM, 'gate', ...words], { timeout: 30_000 })
    return { status: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string }
    return { status: code ?? -1, out: stdout, err: stderr }
  }
}

async function behind(t: Pick<TestContext, 'after'>): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => void socket.on('error', () => undefined).end('220 behind ESMTP\r\n')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

function words(
  port: number,
  more: Readonly<Record<string, unknown>>,
  policy = 'mozilla-intermediate',
): Parameters<typeof runGateProcess>[0] {
  const mx = {
    listen: '127.0.0.1:0',
    dialect: 'smtp',
    tls: 'implicit',
    policy,
    stage: 'observe',
    backend: `127.0.0.1:${port}`,
  }
  return { services: { mx }, ...more }
}

/** A client of TLS 1.1 that hears the greeting. */
async function old(port: number): Promise<void> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
    rejectUnauthorized: false,
  })
  await once(socket.resume(), 'end')
  socket.destroy()
}

async function until<T>(look: () => T | Promise<T>, fits: (found: T) => boolean): Promise<T> {
  const end = performance.now() + 15_000
  for (;;) {
    const found = await look()
    if (fits(found)) return found
    assert.ok(performance.now() < end, `waited for too long: ${JSON.stringify(found)}`)
    await delay(20)
  }
}

/** How a gate is, as soon as its socket is there. */
async function answering(admin: string): Promise<GateStatus> {
  const status = await until(
    () => askStatus(admin).catch(() => undefined),
    (found) => found !== undefined,
  )
  return status ?? assert.fail('until() has waited for it')
}

async function metricsOf(gate: GateProcess): Promise<string> {
  const line = await until(
    () => gate.told.find((line) => line.startsWith('metrics are told on ')),
    (found) => found !== undefined,
  )
  return line?.replace(/^metrics are told on (.*)\/metrics$/, '$1') ?? ''
}

describe('postern gate run', () => {
  test('is looked after over HTTP and over its admin socket, with two processes as with one', async (t) => {
    const { server, port } = await behind(t)
    const admin = join(folder, 'a.sock')
    const gate = await runGateProcess(words(port, { metrics: '127.0.0.1:0', admin, workers: 2 }))
    t.after(gate.end)
    const base = await metricsOf(gate)
    for (let n = 0; n < 4; n++) await old(gate.port('mx'))
    const text = await until(
      async () => (await fetch(`${base}/metrics`)).text(),
      (metrics) => /connections_ended_total\{.*\} 4$/m.test(metrics) || /postern_gate_connections_open\{service="mx"\} 0/.test(metrics),
    )
    assert.match(text, /^postern_gate_hellos_total\{service="mx",stage="observe",verdict="fails",reason="version"\} 4$/m)
    assert.match(text, /^postern_gate_handshakes_total\{service="mx",version="TLSv1\.1",suite="TLS_[A-Z0-9_]+",group="\w+"\} 4$/m)
    assert.match(text, /^postern_gate_handshake_seconds_count\{service="mx"\} 4$/m)
    const openmetrics = await fetch(`${base}/metrics`, { headers: { accept: 'application/openmetrics-text;version=1.0.0' } })
    assert.match(openmetrics.headers.get('content-type') ?? '', /^application\/openmetrics-text; version=1\.0\.0/)
    assert.match(await openmetrics.text(), /\n# EOF\n$/)
    const statusOf = async (path: string, method = 'GET'): Promise<number> => (await fetch(`${base}${path}`, { method })).status
    assert.deepEqual(
      [await statusOf('/healthz'), await statusOf('/readyz'), await statusOf('/else'), await statusOf('/metrics', 'POST')],
      [200, 200, 404, 405],
    )

    await answering(admin)
    assert.equal(statSync(admin).mode & 0o777, 0o600)
    const { out, status } = await postern('status', '--admin', admin)
    assert.equal(status, 0)
    assert.match(out, /^Postern gate \S+ . process \d+ . up \d+ s\n.* . configuration 1, taken up \d+ s ago\n/)
    assert.match(out, /^ {2}mx +127\.0\.0\.1:\d+ +implicit +observe +0 +4 +4 +0 B +72 B +up$/m)
    assert.match(out, /^CERTIFICATES\n {2}test +\d+ days +\/\S+$/m)
    assert.match(out, /^VERSIONS NEGOTIATED\n {2}mx +TLSv1\.1 100 %$/m)
    assert.match(out, /^NOT UP TO THE POLICY IN THE LAST HOUR\n {2}mx +version +4 +let in, and watched$/m)
    assert.match(out, /^CLIENTS THAT THE POLICY CUTS OFF\n {2}mx +127\.0\.0\.1 +offers TLSv1\.1 +version +4 times +last \d+ s ago$/m)
    const json = await postern('status', '--admin', admin, '--json')
    assert.deepEqual(gateStatus.safeParse(JSON.parse(json.out)).error, undefined)
    server.close()
    await until(
      () => statusOf('/readyz'),
      (code) => code === 503,
    )
  })

  test('says whether it took up a changed configuration, and ends when it is told to', async (t) => {
    const { port } = await behind(t)
    const admin = join(folder, 'b.sock')
    const gate = await runGateProcess(words(port, { admin }))
    t.after(gate.end)
    await answering(admin)
    const good = readFileSync(gate.file, 'utf8')
    assert.deepEqual(await postern('reload', '--admin', admin), {
      status: 0,
      out: 'Configuration 2 is in force, with 1 service.\n',
      err: '',
    })
    writeFileSync(gate.file, good.replace('mozilla-intermediate', 'mozilla-intermediat'))
    const wrong = await postern('reload', '--admin', admin)
    assert.equal(wrong.status, 2)
    assert.match(wrong.err, /"mozilla-intermediat" is neither a rulebook nor a file that can be read/)
    assert.match(wrong.err, /postern: hint: Name a file, or one of /)
    const { out } = await postern('status', '--admin', admin)
    assert.match(out, / configuration 2, taken up \d+ s ago . 1 other not taken up\n/)
    const { out: drained } = await postern('drain', '--admin', admin)
    assert.match(drained, /^Process \d+ takes no new clients/)
    if (gate.child.exitCode === null) await once(gate.child, 'exit')
    assert.equal(gate.child.exitCode, 0)
    assert.equal(statSync(admin, { throwIfNoEntry: false }), undefined)
    assert.deepEqual((await postern('status', '--admin', admin)).status, 3)
  })

  test('leaves a socket alone that another gate has, and replaces one that a killed gate has left', async (t) => {
    const { port } = await behind(t)
    const admin = join(folder, 'c.sock')
    const old = join(folder, 'old.yaml')
    writeFileSync(old, 'base: mozilla-old\nprotocols: [SSLv3, TLSv1.2]\nciphers: [ECDHE-ECDSA-AES128-GCM-SHA256, DES-CBC3-SHA]\n')
    const gate = await runGateProcess(words(port, { admin }, old))
    t.after(gate.end)
    await answering(admin)
    await until(
      () => gate.told,
      (told) => told.some((line) => line.startsWith('old: cannot be kept: SSLv3: ')),
    )
    const second = await postern('run', gate.file)
    assert.equal(second.status, 2)
    assert.match(second.err, new RegExp(`it is that of the gate with process ${gate.child.pid}\n`))
    gate.child.kill('SIGKILL')
    await once(gate.child, 'exit')
    assert.ok(statSync(admin).isSocket())
    const third = await runGateProcess(words(port, { admin }))
    t.after(third.end)
    assert.equal((await answering(admin)).pid, third.child.pid)
  })

  test('goes on when nobody reads its log, and when the disk is full, and counts what is lost', async (t) => {
    const { port } = await behind(t)
    const log = join(folder, 'log')
    const admin = join(folder, 'd.sock')
    // The limit is one of bytes that a file may have: what is beyond it is refused as by a full disk.
    const gate = await runGateProcess(words(port, { admin }), `ulimit -S -f 4 && exec >>${log}`)
    t.after(gate.end)
    await answering(admin)
    const dropped = async (): Promise<number> => (await askStatus(admin)).log.dropped
    for (let n = 0; n < 6; n++) await old(gate.port('mx'))
    const lost = await until(dropped, (count) => count > 0)
    await run('prlimit', ['--pid', String(gate.child.pid), '--fsize=unlimited'])
    await old(gate.port('mx'))
    const lines = await until(
      () => readFileSync(log, 'utf8').split('\n'),
      (all) => all.some((line) => line.includes('"dropped"')) && all.at(-1) === '',
    )
    const told = lines.find((line) => line.includes('"dropped"')) ?? ''
    assert.equal(logLine.safeParse(JSON.parse(told)).success, true)
    assert.match(told, new RegExp(`"dropped":${lost}\\}$`))

    const other = join(folder, 'e.sock')
    const piped = await runGateProcess(words(port, { admin: other }))
    t.after(piped.end)
    piped.child.stdout?.destroy()
    for (let n = 0; n < 3; n++) await old(piped.port('mx'))
    await until(
      () => askStatus(other),
      ({ log }) => log.dropped === 3,
    )
    assert.match((await postern('status', '--admin', other)).out, / . 3 lines of the log lost\n/)

    piped.child.stderr?.destroy()
    for (let n = 0; n < 2; n++) assert.equal((await postern('reload', '--admin', other)).status, 0)
    const { log: lostOfBoth } = await until(
      () => askStatus(other),
      (status) => status.log.messagesDropped > 0,
    )
    assert.equal(lostOfBoth.dropped, 3)
    assert.match((await postern('status', '--admin', other)).out, / . \d+ lines of standard error lost\n/)
  })
})
