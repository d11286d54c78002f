import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { type } from '../cli-session.ts'
import { needPackages } from '../peers/index.ts'

interface VersionJson {
  readonly productVersion: Readonly<Record<string, string>>
}

function scene(t: TestContext): { readonly file: string; readonly show: (...argv: readonly string[]) => Promise<VersionJson> } {
  const folder = mkdtempSync(join(tmpdir(), 'postern-installed-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, 'events {}\nhttp { server { listen 8443 ssl; } }\n')
  const show = async (...argv: readonly string[]): Promise<VersionJson> => {
    const { out, err } = await type(['settings', 'show', file, '--json', '--state', join(folder, 'state'), ...argv])
    assert.equal(err, '')
    return JSON.parse(out) as VersionJson
  }
  return { file, show }
}

describe('the version of what is installed', { skip: needPackages('nginx') }, () => {
  const real = (): string => /nginx\/([\d.]+)/.exec(execFileSync('sh', ['-c', '/usr/sbin/nginx -v 2>&1'], { encoding: 'utf8' }))?.[1] ?? ''

  test('is asked with --detect, and what is told wins', async (t) => {
    const { show } = scene(t)
    const { productVersion } = await show('--detect')
    assert.deepEqual([productVersion['text'], productVersion['from']], [`nginx ${real()}`, 'installed'])
    assert.equal(productVersion['asked'], '/usr/sbin/nginx')
    assert.match(productVersion['openssl'] ?? '', /^(?:1\.1\.1|3\.[05])$/)
    const told = (await show('--detect', '--product-version', '1.18.0')).productVersion
    assert.deepEqual([told['text'], told['from']], ['nginx 1.18.0', 'told'])
    assert.equal((await show('--detect', '--openssl', '1.1.1')).productVersion['openssl'], undefined)
  })

  test('is not asked for a file of somebody’s own, and nothing in its folder is run', async (t) => {
    const { file, show } = scene(t)
    const trap = join(file, '..', 'nginx')
    writeFileSync(trap, '#!/bin/sh\necho nginx version: nginx/9.9.9\n')
    chmodSync(trap, 0o755)
    const before = process.env['PATH'] ?? ''
    process.env['PATH'] = `${join(file, '..')}:${before}`
    try {
      assert.equal((await show()).productVersion['from'], 'assumed')
      assert.equal((await show('--detect')).productVersion['text'], `nginx ${real()}`)
    } finally {
      process.env['PATH'] = before
    }
  })

  test('is named in the report', async (t) => {
    const { file } = scene(t)
    const { out } = await type(['settings', 'show', file, '--detect'])
    assert.match(out, /^nginx [\d.]+ \(as \/usr\/sbin\/nginx says\), OpenSSL [\d.]+\n/)
  })
})
