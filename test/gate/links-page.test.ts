import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { type } from '../cli-session.ts'
import { certificates } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import { Talker } from './talker.ts'

const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname
const PAGE = readFileSync(new URL('../../docs/link.md', import.meta.url), 'utf8')

/** The configurations of the page in their order, on free ports of loopback. */
async function configurations(): Promise<{ readonly text: readonly string[]; readonly port: (written: number) => number }> {
  const { leaf } = await certificates()
  const ports = new Map<string, number>()
  for (const [port] of PAGE.matchAll(/(?<=listen: :)\d+|\b1\d{4}\b/g)) if (!ports.has(port)) ports.set(port, await freePort())
  const text = [...PAGE.matchAll(/```yaml\n([^]*?)```/g)].map(([, code = '']) =>
    code
      .replaceAll(/listen: :(\d+)|\b1\d{4}\b/g, (whole, listens?: string) =>
        listens === undefined ? String(ports.get(whole)) : `listen: 127.0.0.1:${ports.get(listens)}`,
      )
      .replaceAll('mail.pem', leaf('rsa').chain)
      .replaceAll('mail.key', leaf('rsa').key),
  )
  return { text, port: (written) => ports.get(String(written)) ?? 0 }
}

/** A gate, or an inside, in processes of its own. */
async function run(words: readonly string[], cwd: string, until: RegExp, t: Pick<TestContext, 'after'>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, ...words], { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => void child.kill('SIGKILL'))
  const told: string[] = []
  const lines = createInterface({ input: child.stderr })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      told.push(line)
      if (until.test(line)) resolve()
    })
    child.once('exit', () => reject(new Error(told.join('\n'))))
  })
  return child
}

/** Says something, and something else to everything that it hears. */
async function greeter(port: number, says: string, answers: string, t: Pick<TestContext, 'after'>): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write(says)
    socket.on('data', () => socket.write(answers))
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
}

test('docs/link.md: its configurations and commands publish two servers, with two processes at the gate', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-link-page-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { text, port } = await configurations()
  const [gate = '', inside = ''] = text
  writeFileSync(join(folder, 'postern.yaml'), `${gate}workers: 2\nadmin: false\n`)
  writeFileSync(join(folder, 'inside.yaml'), `${inside}workers: 1\nadmin: false\n`)
  await greeter(port(10_143), '* OK inside\r\n', '* BYE\r\n', t)
  await greeter(port(10_025), '220 inside ESMTP\r\n', '250 inside\r\n', t)
  const postern = (...words: readonly string[]): ReturnType<typeof type> => type(['link', ...words], { cwd: folder })

  await run(['gate', 'run', 'postern.yaml'], folder, /^links of insides come to 127\.0\.0\.1:\d+$/, t)
  const invited = await postern('invite', 'postern.yaml', 'office', '--gate', `127.0.0.1:${port(7443)}`)
  assert.match(invited.out, /^postern-link:\/\/office:[\w-]{43}@127\.0\.0\.1:\d+\/[\w-]{43}\n$/)
  assert.match((await postern('list', 'postern.yaml')).out, /^office: invited, until 20/)
  const joined = await postern('join', invited.out.trim(), '--file', 'edge.link')
  assert.equal(joined.status, 0, joined.err)
  assert.equal(statSync(join(folder, 'edge.link')).mode & 0o777, 0o600)
  assert.match((await postern('join', invited.out.trim(), '--file', 'other.link')).err, /nobody is expected with this secret/)
  assert.match((await postern('list', 'postern.yaml')).out, /^office: joined 20\S+, certificate until 20\S+\n$/)

  const office = await run(['link', 'run', 'inside.yaml'], folder, /^The link edge stands\.$/, t)
  const reads = async (): Promise<boolean> => {
    const client = await Talker.to(port(993))
    const served = await client.secure().then(
      async () => (await client.hears(/\r\n/)).startsWith('* OK inside'),
      () => false,
    )
    client.leave()
    return served
  }
  const serves = async (): Promise<void> => {
    // Every process of the gate has a link when twenty clients in a row are served.
    for (let row = 0, tries = 0; row < 20; tries++) {
      assert.ok(tries < 200, 'clients are not served')
      row = (await reads()) ? row + 1 : 0
      if (row === 0) await delay(50)
    }
  }
  await serves()
  const mail = await Talker.to(port(25))
  await mail.hears(/^220 /)
  mail.leave()
  const reader = await Talker.inTls(port(993))
  await reader.hears(/^\* OK inside/)

  office.kill('SIGKILL')
  await reader.isClosed(5000)
  await run(['link', 'run', 'inside.yaml'], folder, /^The link edge stands\.$/, t)
  await serves()

  const last = await Talker.inTls(port(993))
  await last.hears(/^\* OK inside/)
  assert.equal((await postern('revoke', 'postern.yaml', 'office')).out, 'office may open links no more.\n')
  await last.isClosed(5000)
  assert.equal((await postern('revoke', 'postern.yaml', 'office')).status, 2)
  // Each process of the gate sees it within half a second.
  await delay(1000)
  assert.deepEqual([await reads(), await reads(), await reads(), await reads()], [false, false, false, false])
})
