import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createInterface } from 'node:readline'
import { certificates } from '../peers/index.ts'
import { hears } from './gated.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-gate-cli-'))
after(() => rmSync(folder, { recursive: true }))
const { leaf } = await certificates()
const file = join(folder, 'postern.yaml')
const program = new URL('../../bin/postern.js', import.meta.url).pathname

function configure(port: number, backend: number, policy: string, more = ''): void {
  writeFileSync(
    file,
    `identities:
  mail: [{ certificate: ${leaf('rsa').chain}, key: ${leaf('rsa').key} }]
services:
  mx: { listen: "127.0.0.1:${port}", dialect: smtp, tls: starttls, policy: ${policy}, backend: "127.0.0.1:${backend}"${more} }
`,
  )
}

interface Run {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

async function postern(...words: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [program, ...words], { timeout: 20_000 })
  let [out, err] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => void (out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => void (err += bytes.toString()))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, out, err }
}

describe('postern gate check', () => {
  test('says what is run, and what of a policy this machine cannot keep', async () => {
    writeFileSync(join(folder, 'old.yaml'), 'base: mozilla-old\nprotocols: [SSLv3, TLSv1, TLSv1.2]\nciphers: [DES-CBC3-SHA, AES128-SHA]\n')
    configure(25, 2525, 'old.yaml')
    const { status, out } = await postern('gate', 'check', file)
    assert.equal(status, 0, out)
    assert.match(out, /^mx: smtp on 127\.0\.0\.1:25, TLS starttls\n {2}old, refuse\n/)
    assert.match(out, /cannot be kept: SSLv3: no session is ever carried over SSL 2\.0 or SSL 3\.0/)
    assert.match(out, /cannot be kept: TLS_RSA_WITH_3DES_EDE_CBC_SHA: /)
    assert.match(out, /\nFine\.\n$/)
  })

  test('says whom each policy is for, and how strict it is when', async () => {
    const stages = '[{ stage: explain }, { from: 2099-01-01, stage: refuse }]'
    configure(
      25,
      2525,
      'mozilla-modern',
      `, stage: ${stages}, exceptions: [{ networks: [10.1.0.0/16, "::1"], policy: rfc-9325, stage: observe }]`,
    )
    const { out } = await postern('gate', 'check', file)
    assert.match(out, /\n {2}10\.1\.0\.0\/16, ::1\/128: rfc-9325, observe\n/)
    assert.match(out, /\n {2}others: mozilla-modern, explain, refuse from 2099-01-01\n/)
  })

  test('shows the place of a mistake: 2', async () => {
    configure(25, 2525, 'mozilla-intermediate', ', stge: observe')
    const { status, err } = await postern('gate', 'check', file)
    assert.equal(status, 2)
    assert.match(err, /postern\.yaml:4:\d+: there is no word "stge" here\n/)
    assert.match(err, /Did you mean stage\?/)
  })
})

describe('postern gate run', () => {
  test('serves, takes up a changed configuration, keeps the old one where the new one is wrong, and ends when it is told to', async (t) => {
    const backend = createServer((socket) => void socket.end('220 behind ESMTP\r\n')).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    t.after(() => void backend.close())
    const address = backend.address()
    const behind = typeof address === 'object' && address !== null ? address.port : 0
    configure(0, behind, 'mozilla-intermediate')
    const child = spawn(process.execPath, [program, 'gate', 'run', file], { timeout: 60_000 })
    t.after(() => void child.kill('SIGKILL'))
    const told = createInterface({ input: child.stderr })[Symbol.asyncIterator]()
    const until = async (words: RegExp): Promise<RegExpExecArray> => {
      for (let line = await told.next(); line.done !== true; line = await told.next()) {
        const found = words.exec(line.value)
        if (found !== null) return found
      }
      throw new Error(`the gate ended without ${String(words)}`)
    }
    const [, port = ''] = await until(/^mx listens on 127\.0\.0\.1:(\d+)$/)
    await until(/^mx: the server behind at 127\.0\.0\.1:\d+ sees every client as its own machine: an open relay/)
    assert.match(await hears(Number(port), []), /^220 behind ESMTP\r\n/)
    const records = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const record: unknown = JSON.parse(String((await records.next()).value))
    assert.ok(typeof record === 'object' && record !== null && 'service' in record && record.service === 'mx')

    configure(0, behind, 'mozilla-intermediat')
    child.kill('SIGHUP')
    await until(/"mozilla-intermediat" is neither a rulebook nor a file that can be read/)
    await until(/The gate goes on as before\./)
    assert.match(await hears(Number(port), []), /^220 behind/)

    configure(0, behind, 'mozilla-modern')
    child.kill('SIGHUP')
    await until(/^Read .*postern\.yaml again\.$/)
    assert.equal((await until(/^mx listens on 127\.0\.0\.1:(\d+)$/))[1], port, 'on the same port')

    child.kill('SIGTERM')
    const [status] = (await once(child, 'close')) as [number | null]
    assert.equal(status, 0)
  })
})
