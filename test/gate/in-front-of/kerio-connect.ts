import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainBackend } from '../../peers/plain-backend.ts'
import { sClient } from '../seeded.ts'
import { Page } from './page.ts'

const SETTINGS = new URL('../../../src/settings/kerio/testdata/mailserver.cfg', import.meta.url)

/** Whether a door has TLS 1.1 and TLS 1.2. */
async function versions(port: number, ...words: readonly string[]): Promise<readonly boolean[]> {
  const answers = await Promise.all(['-tls1_1', '-tls1_2'].map((one) => sClient(port, one, '-brief', ...words)))
  return answers.map((text) => text.includes('CONNECTION ESTABLISHED'))
}

/** The tests of docs/in-front-of/kerio-connect.md. */
export function kerioConnectPage(): void {
  test('the page of Kerio Connect: its own tables, then one of them changed, then a policy, with servers in its place', async (t) => {
    const page = await Page.open('kerio-connect.md', t)
    for (const [protocol, ...ports] of [['smtp', 10_025, 10_587] as const, ['imap', 10_143] as const, ['pop3', 10_110] as const]) {
      for (const port of ports) {
        const server = await plainBackend(protocol, page.port(port))
        t.after(() => server.stop())
      }
    }
    const web = createServer((_, answer) => answer.end()).listen(page.port(10_080), '127.0.0.1')
    t.after(() => void web.close())
    const settings = join(page.folder, 'mailserver.cfg')
    const text = readFileSync(SETTINGS, 'utf8')
    writeFileSync(settings, text)

    page.write('postern.yaml')
    const { status, out, err } = await page.check({ settings })
    assert.equal(status, 0, err)
    assert.match(out, /^smtp: the server behind at 127\.0\.0\.1:\d+ sees every client as its own machine: an open relay/m)
    const gate = await page.gate(t, { settings })
    const [imaps, smtp] = [gate.port('imaps'), gate.port('smtp')]
    assert.deepEqual(await versions(imaps), [true, true])
    assert.deepEqual(await versions(smtp, '-starttls', 'smtp'), [true, true])

    const [, security = ''] = /(<table name="Security">[^]*?<\/table>)/.exec(text) ?? []
    const tightened = security.replace('"ServerTlsProtocols">', '"ServerTlsProtocols">TLSv1.2')
    writeFileSync(settings, text.replace(security, tightened))
    await gate.reload()
    assert.deepEqual(await versions(imaps), [false, true])
    assert.deepEqual(await versions(smtp, '-starttls', 'smtp'), [true, true], 'the other table')

    writeFileSync(settings, text)
    page.write('postern.yaml', 1)
    await gate.reload()
    assert.deepEqual(await versions(imaps), [true, true], 'nobody is turned away')
    await page.tighten(gate, 1)
    const proof = await page.prove()
    assert.equal(proof.status, 0, proof.out + proof.err)
  })
}
