import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeAuthority, makeServerCertificate } from '../../src/cli/demo/certificate.ts'
import { type } from '../cli-session.ts'
import { freePort } from '../peers/free-port.ts'
import { letsIn, statusOfLine } from './program.ts'

const standIn = fileURLToPath(new URL('stand-in.ts', import.meta.url))
const sample = fileURLToPath(new URL('../../src/settings/kerio/testdata/mailserver.cfg', import.meta.url))

interface Kerio {
  readonly file: string
  readonly policy: string
  /** As --prove takes them. */
  readonly doors: readonly string[]
  /** As --receive takes it, and what makes it send there. */
  readonly receiver: string
  readonly send: string
  readonly state: readonly string[]
  readonly service: readonly string[]
  readonly lets: (version: string) => Promise<boolean>
}

/** A stand-in that writes mailserver.cfg again when it stops, as Kerio Connect does. */
async function kerio(t: TestContext): Promise<Kerio> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-kerio-'))
  const now = new Date()
  const { privateKey, pem } = makeServerCertificate('localhost', 'RSA-2048', makeAuthority('Kerio test', 'P-256', now), now)
  const [port, smtp, outside] = [await freePort(), await freePort(), await freePort()]
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const files = { 'cert.pem': pem, 'key.pem': key, port: String(port), 'smtp-port': String(smtp) }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  copyFileSync(sample, join(folder, 'mailserver.cfg'))
  const policy = join(folder, 'tls.yaml')
  writeFileSync(policy, 'base: mozilla-intermediate\n')
  const line = (what: string): string => `'${process.execPath}' '${standIn}' ${what} '${folder}' rewrites`
  t.after(async () => {
    await statusOfLine(line('stop'))
    rmSync(folder, { recursive: true, force: true })
  })
  assert.equal(await statusOfLine(line('start')), 0)
  const lets = (version: string): Promise<boolean> => letsIn(port, version)
  const state = ['--state', join(folder, 'state')]
  const service = ['--stop', line('stop'), '--start', line('start')]
  const send = `'${process.execPath}' '${standIn}' send '${folder}' ${outside}`
  const receiver = `SMTP=smtp://127.0.0.1:${outside}`
  return {
    file: join(folder, 'mailserver.cfg'),
    receiver,
    send,
    policy,
    doors: [`everything but SMTP=tls://localhost:${port}`, `SMTP=smtp://localhost:${smtp}`],
    state,
    service,
    lets,
  }
}

describe('postern settings and a stand-in for Kerio Connect', { concurrency: true }, () => {
  test('one command locks it down in both tables, proved on the wire, and undo gives back what the service had written', async (t) => {
    const at = await kerio(t)
    assert.ok(await at.lets('tls1'))
    const made = await type([
      'settings',
      'apply',
      at.file,
      '--policy',
      at.policy,
      '--as-far-as-possible',
      ...at.state,
      ...at.service,
      ...at.doors.flatMap((door) => ['--prove', door]),
      '--receive',
      at.receiver,
      '--send',
      at.send,
    ])
    assert.equal(made.status, 0, made.err + made.out)
    assert.match(made.out, /The service wrote its settings again when it stopped/)
    assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, 2)
    assert.match(made.out, /SMTP \(client\) keeps to tls, as its hello at smtp:\/\/127\.0\.0\.1:\d+ shows/)
    assert.match(made.out, /Not proved: everything but SMTP \(client\): what it offers shows only where it connects to/)
    const text = readFileSync(at.file, 'latin1')
    for (const name of ['ServerTlsProtocols', 'ClientTlsProtocols']) {
      assert.equal(text.match(new RegExp(`name="${name}">TLSv1\\.2<`, 'g'))?.length, 2)
    }
    assert.match(text, /<!-- written again -->\n$/)
    assert.ok(!(await at.lets('tls1')) && (await at.lets('tls1_2')))
    const undone = await type(['settings', 'undo', at.file, ...at.state])
    assert.equal(undone.status, 0, undone.err)
    assert.equal(readFileSync(at.file, 'latin1'), `${readFileSync(sample, 'latin1')}<!-- written again -->\n`)
    assert.ok(await at.lets('tls1'))
    assert.doesNotMatch(made.out + undone.out, /D3S:[0-9a-f]/)
  })

  test('what it still offers as a client is taken back', async (t) => {
    const at = await kerio(t)
    // A client that goes its own way: what it offers is not what its file says.
    const send = at.send.replace(' send ', ' send-anything ')
    const line = ['settings', 'apply', at.file, '--policy', at.policy, '--as-far-as-possible', '--no-prove', '--receive', at.receiver]
    const made = await type([...line, '--send', send, ...at.state, ...at.service])
    assert.equal(made.status, 3, made.out)
    assert.match(made.err, /SMTP \(client\) does not keep to tls: Offered although forbidden: TLSv1, TLSv1\.1/)
    assert.equal(readFileSync(at.file, 'latin1').match(/TLSv1\.2</g), null)
  })

  test('nothing is written while nobody says how to stop it', async (t) => {
    const at = await kerio(t)
    const { status, err } = await type(['settings', 'apply', at.file, '--policy', at.policy, '--as-far-as-possible', ...at.state])
    assert.equal(status, 2)
    assert.match(err, /it writes them again when it stops/)
    assert.deepEqual(readFileSync(at.file), readFileSync(sample))
  })
})
