import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificates } from '../../peers/index.ts'
import { answerTo, sslv2FormatHello } from '../../peers/hellos.ts'
import { outputOf } from '../../settings/program.ts'
import { sClient } from '../seeded.ts'
import { Page } from './page.ts'

const SETTINGS = new URL('../../../src/settings/tomcat/testdata/mail-express.xml', import.meta.url)
const SUITES = [0x0035, 0x002f]

/** The tests of docs/in-front-of/mail-express.md. */
export function mailExpressPage(): void {
  test('the page of Mail Express: its own Connectors, the vendor’s procedure, then a policy, with an old server in its place', async (t) => {
    const page = await Page.open('mail-express.md', t)
    const { leaf } = await certificates()
    for (const port of [18_443, 18_444]) {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'AES256-SHA:AES128-SHA:@SECLEVEL=0' } as const
      const files = { key: readFileSync(leaf('rsa').key), cert: readFileSync(leaf('rsa').certificate) }
      const server = createServer({ ...old, ...files }, (_, answer) => answer.end('behind\n')).listen(page.port(port), '127.0.0.1')
      await once(server, 'listening')
      t.after(() => void server.close())
    }
    const settings = join(page.folder, 'server.xml')
    const text = readFileSync(SETTINGS, 'utf8')
    for (const port of [8443, 8444]) assert.ok(text.includes(`port="${port}"`))
    writeFileSync(settings, text)

    page.write('old-server.yaml')
    page.write('postern.yaml')
    const { status, out, err } = await page.check({ settings })
    assert.equal(status, 0, err)
    assert.match(out, /SSLv[23]/)
    const gate = await page.gate(t, { settings })
    const ports = [gate.port('port 8443'), gate.port('DMZ Gateway')]
    const fetched = (port: number, ...words: readonly string[]): Promise<{ readonly out: string }> =>
      outputOf('curl', ['-sSk', '--ciphers', 'AES256-SHA:@SECLEVEL=0', '--tlsv1.0', ...words, `https://127.0.0.1:${port}/`])
    for (const port of ports) {
      assert.equal((await fetched(port, '--tls-max', '1.0')).out, 'behind\n')
      assert.match(await answerTo(sslv2FormatHello(0x0301, SUITES), port), /^03/, 'a hello in the format of SSL 2.0')
    }

    writeFileSync(settings, text.replace('SSLProtocol="all"', 'SSLProtocol="TLSv1"').replace('"SSLv2Hello,SSLv3,TLSv1"', '"TLSv1"'))
    await gate.reload()
    for (const port of ports) {
      assert.doesNotMatch(await answerTo(sslv2FormatHello(0x0301, SUITES), port), /^03/)
      assert.equal((await fetched(port, '--tls-max', '1.0')).out, 'behind\n')
      assert.doesNotMatch(await sClient(port, '-tls1_2', '-brief'), /CONNECTION ESTABLISHED/)
    }

    page.write('postern.yaml', 1)
    await gate.reload()
    for (const port of ports) assert.equal((await fetched(port, '--tls-max', '1.0')).out, 'behind\n', 'nobody is turned away')
    await page.tighten(gate, 1)
    const proof = await page.prove()
    assert.equal(proof.status, 0, proof.out + proof.err)
    for (const port of ports) assert.equal((await outputOf('curl', ['-sSk', `https://127.0.0.1:${port}/`])).out, 'behind\n')
  })
}
