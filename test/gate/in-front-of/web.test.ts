import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needPackages, needPeer, startPeer } from '../../peers/index.ts'
import { JVM } from '../../peers/java.ts'
import { outputOf } from '../../settings/program.ts'
import { logged } from '../logged.ts'
import { Page } from './page.ts'

/** Not that of the gate: it stands for a client that is elsewhere. */
const STRANGER = ['--interface', '127.0.0.2']

async function tightened(page: Page, gate: Awaited<ReturnType<Page['gate']>>): Promise<void> {
  const old = ['-sk', '-o', '/dev/null', '-w', '%{http_code}', '--tls-max', '1.1', '--ciphers', 'ALL:@SECLEVEL=0']
  assert.equal((await outputOf('curl', [...old, `https://127.0.0.1:${gate.port('web')}/`])).out, '200')
  await page.tighten(gate)
  assert.equal((await outputOf('curl', [...old, `https://127.0.0.1:${gate.port('web')}/`])).out, '000')
  const proof = await page.prove()
  assert.equal(proof.status, 0, proof.out + proof.err)
}

test('the page of nginx, with Chromium', { skip: needPeer('nginx') || needPackages('curl') }, async (t) => {
  const page = await Page.open('nginx.md', t)
  const root = join(page.folder, 'html')
  mkdirSync(root)
  // nginx reads as a user of its own.
  chmodSync(page.folder, 0o755)
  writeFileSync(join(root, 'index.html'), '<p>behind the gate</p>\n')
  const plain = page.block('/etc/nginx/conf.d/behind.conf').replace('/var/www/html', root)
  const nginx = await startPeer('nginx', { plain }, t)
  const checked = await page.check()
  assert.equal(checked.status, 0, checked.out + checked.err)
  const gate = await page.gate(t)
  const url = `https://127.0.0.1:${gate.port('web')}/`
  assert.equal((await outputOf('curl', ['-sk', ...STRANGER, '-H', 'X-Forwarded-For: 192.0.2.9', url])).out, '<p>behind the gate</p>\n')
  await logged(nginx.log, /^127\.0\.0\.2 .*"GET \/ HTTP\/1\.1" 200/m)
  if (existsSync('/usr/bin/chromium')) await browses(page, url)
  await tightened(page, gate)
})

async function browses(page: Page, url: string): Promise<void> {
  const words = ['--headless', '--no-sandbox', '--disable-gpu', '--ignore-certificate-errors', '--dump-dom']
  const seen = await outputOf('chromium', [...words, `--user-data-dir=${join(page.folder, 'profile')}`, url])
  assert.match(seen.out, /<p>behind the gate<\/p>/)
}

test('the page of Tomcat, with Java', { skip: needPeer('tomcat') || needPackages('curl') }, async (t) => {
  const page = await Page.open('tomcat.md', t)
  const connector = page.block('conf/server.xml')
  const tomcat = await startPeer('tomcat', { plain: { connector, host: page.block('server.xml'), port: page.port(18_080) } }, t)
  const checked = await page.check()
  assert.equal(checked.status, 0, checked.out + checked.err)
  const gate = await page.gate(t)
  const url = `https://127.0.0.1:${gate.port('web')}/`
  assert.equal((await outputOf('curl', ['-sk', ...STRANGER, url])).out, '<p>behind the gate</p>\n')
  await logged(tomcat.log, new RegExp(`^127\\.0\\.0\\.2 ${gate.port('web')} 200 GET / HTTP/1\\.1`, 'm'))
  const source = new URL('./HttpsFetch.java', import.meta.url).pathname
  const fetched = await outputOf('java', [...JVM, source, join(page.folder, 'root.pem'), url])
  assert.equal(fetched.out, '200 <p>behind the gate</p>\n'.repeat(2))
  await tightened(page, gate)
})
