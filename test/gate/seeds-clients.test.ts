import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { needPackages } from '../peers/index.ts'
import { JVM, NOTHING_FORBIDDEN } from '../peers/java.ts'
import { serveLoopback } from '../peers/loopback.ts'
import { openSeed, type Seed } from './seeded.ts'

const behind = await serveLoopback((socket) => void socket.end('behind the gate\r\n'))
after(() => behind.stop())
const door = { listen: '127.0.0.1:0', backend: `127.0.0.1:${behind.port}` }

const kerio = (protocols: string): Seed => ({
  name: 'mailserver.cfg',
  text: `<config><table name="Security"><variable name="ServerTlsProtocols">${protocols}</variable></table><table name="SmtpSecurity"/></config>`,
  beside: { services: { https: door } },
  values: { productVersion: '9.4.2' },
})
const EXPRESS = readFileSync(new URL('../../src/settings/tomcat/testdata/mail-express.xml', import.meta.url), 'utf8')
const express = (protocol: string): Seed => ({
  name: 'server.xml',
  text: EXPRESS.replace('SSLProtocol="all"', `SSLProtocol="${protocol}"`),
  beside: { backend: door.backend, services: { 'port 8443': { listen: door.listen }, 'DMZ Gateway': { listen: door.listen } } },
})

/** All that a program says, whatever it ends with. */
async function said(program: string, words: readonly string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => void (text += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => void (text += bytes.toString()))
  await once(child, 'close')
  return text
}

describe('clients of GnuTLS at a gate with settings of another program', { skip: needPackages('gnutls-bin') }, () => {
  const VERSIONS = ['1.0', '1.1', '1.2', '1.3']
  const rows: readonly (readonly [why: string, seed: Seed, service: string, versions: readonly string[]])[] = [
    ['a hole', kerio('TLSv1,TLSv1.2'), 'https', ['1.0', '1.2']],
    ['the newest alone', kerio('TLSv1.3'), 'https', ['1.3']],
    ['SSLv3 beside TLS', kerio('SSLv3,TLSv1.1'), 'https', ['1.1']],
    ['all of Mail Express', express('all'), 'port 8443', ['1.0', '1.1', '1.2']],
    ['TLSv1 of Mail Express', express('TLSv1'), 'port 8443', ['1.0']],
  ]
  for (const [why, seed, service, versions] of rows) {
    test(why, async (t) => {
      const port = (await openSeed(seed, t))(service)
      const heard = await Promise.all(
        VERSIONS.map(async (version) => {
          const priority = `NORMAL:-VERS-ALL:+VERS-TLS${version}:+SHA1:+SIGN-RSA-SHA1`
          const text = await said('gnutls-cli', ['--insecure', '--priority', priority, '-p', String(port), '127.0.0.1'])
          return text.includes(`- Description: (TLS${version}`) ? [version] : []
        }),
      )
      assert.deepEqual(heard.flat(), versions)
    })
  }
})

describe('clients of Java at a gate with settings of another program', { skip: needPackages('openjdk-17-jdk-headless') }, () => {
  test('a hello in the format of SSL 2.0 is answered with all and refused with TLSv1, as the page says', { timeout: 60_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-java-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'java.security'), NOTHING_FORBIDDEN)
    const [all, one] = [await openSeed(express('all'), t), await openSeed(express('TLSv1'), t)]
    const kerios = (await openSeed(kerio('TLSv1,TLSv1.2'), t))('https')
    const tries: readonly (readonly [port: number, protocols: string, ends: string])[] = [
      [all('port 8443'), 'SSLv2Hello,TLSv1', 'TLSv1'],
      [all('port 8443'), 'TLSv1', 'TLSv1'],
      [one('port 8443'), 'SSLv2Hello,TLSv1', 'refused'],
      [one('port 8443'), 'TLSv1', 'TLSv1'],
      [one('port 8443'), 'TLSv1.2', 'refused'],
      [all('DMZ Gateway'), 'SSLv2Hello,TLSv1', 'TLSv1'],
      [kerios, 'TLSv1.1', 'refused'],
      [kerios, 'TLSv1,TLSv1.1,TLSv1.2', 'TLSv1.2'],
      [kerios, 'TLSv1,TLSv1.1', 'TLSv1'],
    ]
    const source = new URL('./TlsClient.java', import.meta.url).pathname
    const text = await said('java', [
      ...JVM,
      `-Djava.security.properties=${join(folder, 'java.security')}`,
      source,
      ...tries.flatMap(([port, protocols]) => [String(port), protocols]),
    ])
    assert.deepEqual(
      text.trim().split('\n'),
      tries.map(([, , ends]) => ends),
    )
  })
})
