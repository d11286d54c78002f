import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readGateConfig } from '../../../src/gate/index.ts'

/** What each piece of the page is about is put into a service, where it is not one. */
function whole(text: string): string {
  const words = parse(text) as Readonly<Record<string, unknown>>
  if ('services' in words) return text
  const service = { listen: '127.0.0.1:2525', dialect: 'smtp', tls: 'none', policy: 'mozilla-intermediate', ...words }
  return JSON.stringify({ services: { out: service } })
}

test('every configuration of docs/outlet.md can be read as it stands there', async (t) => {
  const page = readFileSync(new URL('../../../docs/outlet.md', import.meta.url), 'utf8')
  const pieces = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
  const folder = mkdtempSync(join(tmpdir(), 'postern-page-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'old.yaml'), 'base: mozilla-old\n')
  writeFileSync(join(folder, 'me.password'), 'secret\n', { mode: 0o600 })
  assert.ok(pieces.length >= 5)
  for (const text of pieces) {
    const file = join(folder, 'postern.yaml')
    // Beside mailserver.cfg policies come from there.
    if (text.includes('pop.example.net')) continue
    writeFileSync(file, whole(text))
    const { services } = await readGateConfig(file, new Date())
    assert.ok(services.length > 0, text)
  }
})
