import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { needPackages } from '../peers/index.ts'
import { JVM, NOTHING_FORBIDDEN } from '../peers/java.ts'
import { serveLoopback } from '../peers/loopback.ts'
import { openSeed, type Seed } from './seeded.ts'

const behind = await serveLoopback((socket) => void socket.end('behind the gate\r\n'))
after(() => behind.stop())
const door = { listen: '127.0.0.1:0', backend: `127.0.0.1:${behind.port}` }

/** The variables whose names the vendor's page lost, by names for these tests. */
const NAMES = [
  ['dhe', 'DheOn'],
  ['dhe-size', 'DheBits'],
  ['ecdhe', 'EcdheOn'],
  ['order', 'ServerChooses'],
] as const

type Variables = Readonly<Record<string, string>>

const security = (variables: Variables, productVersion = '9.4.2'): Seed => ({
  name: 'mailserver.cfg',
  text: `<config><table name="Security">${Object.entries(variables)
    .map(([name, value]) => `<variable name="${name}">${value}</variable>`)
    .join('')}</table><table name="SmtpSecurity"/></config>`,
  beside: { services: { https: door } },
  values: { productVersion, name: NAMES },
})
const kerio = (ServerTlsProtocols: string): Seed => security({ ServerTlsProtocols })
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

describe(
  'what GnuTLS agrees on at a gate with the variables of Kerio Connect',
  { concurrency: 2, skip: needPackages('gnutls-bin') },
  () => {
    /** By what a client offers: key exchange, and ciphers in its order. */
    const OFFERS = {
      DHE: '+DHE-RSA:-CIPHER-ALL:+AES-128-CBC',
      ECDHE: '+ECDHE-RSA:-CIPHER-ALL:+AES-128-CBC',
      RSA: '+RSA:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC',
    }
    const USUAL = { DHE: 'DHE-FFDHE2048', ECDHE: 'ECDHE-X25519', RSA: 'AES-256-CBC' }
    const rows: readonly (readonly [why: string, variables: Variables, changes: Partial<typeof USUAL>])[] = [
      ['nothing said', {}, {}],
      ['DHE off', { DheOn: '0' }, { DHE: 'refused' }],
      ['DHE of 1024 bits', { DheBits: '1024' }, { DHE: 'DHE-CUSTOM1024' }],
      ['DHE of 4096 bits', { DheBits: '4096' }, { DHE: 'DHE-FFDHE4096' }],
      ['ECDHE off', { EcdheOn: '0' }, { ECDHE: 'refused' }],
      [
        'the client chooses, and OpenSSL then takes its curve, too',
        { ServerChooses: '0' },
        { RSA: 'AES-128-CBC', ECDHE: 'ECDHE-SECP256R1' },
      ],
      ['a list of one', { ServerTlsCiphers: 'AES128-SHA' }, { DHE: 'refused', ECDHE: 'refused', RSA: 'AES-128-CBC' }],
    ]
    for (const [why, variables, changes] of rows) {
      test(why, async (t) => {
        const port = (await openSeed(security(variables), t))('https')
        const agreed = async (name: keyof typeof OFFERS): Promise<readonly [string, string]> => {
          const priority = `NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+GROUP-ALL:%PROFILE_VERY_WEAK:${OFFERS[name]}`
          const text = await said('gnutls-cli', ['--insecure', '--priority', priority, '-p', String(port), '127.0.0.1'])
          const [, exchange = 'refused', , cipher = ''] =
            /^- Description: \(TLS1\.2-X\.509\)-\(([^)]*)\)-(\(RSA-[^)]*\)-)?\(([^)]*)\)/m.exec(text) ?? []
          return [name, exchange === 'RSA' ? cipher : exchange]
        }
        const found = await Promise.all((['DHE', 'ECDHE', 'RSA'] as const).map(agreed))
        assert.deepEqual(Object.fromEntries(found), { ...USUAL, ...changes })
      })
    }
  },
)

type Try = readonly [port: number, offer: string, ends: string]

/** What becomes of suites of Java's with the variables of Kerio Connect. */
async function keyExchanges(t: TestContext): Promise<readonly Try[]> {
  const [dhe, ecdhe] = ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA']
  const [weaker, stronger] = ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA']
  const rows: readonly (readonly [variables: Variables, offer: string, suite: string])[] = [
    [{}, dhe, dhe],
    [{}, ecdhe, ecdhe],
    [{}, `${weaker},${stronger}`, stronger],
    [{ DheOn: '0' }, dhe, 'refused'],
    [{ DheOn: '0' }, ecdhe, ecdhe],
    [{ DheBits: '1024' }, dhe, dhe],
    [{ DheBits: '4096' }, dhe, dhe],
    [{ EcdheOn: '0' }, ecdhe, 'refused'],
    [{ EcdheOn: '0' }, dhe, dhe],
    [{ ServerChooses: '0' }, `${weaker},${stronger}`, weaker],
    [{ ServerTlsCiphers: 'AES256-SHA' }, weaker, 'refused'],
    [{ ServerTlsCiphers: 'AES256-SHA' }, stronger, stronger],
  ]
  return Promise.all(
    rows.map(async ([variables, offer, suite]) => {
      const port = (await openSeed(security(variables), t))('https')
      return [port, `TLSv1.2/${offer}`, suite === 'refused' ? suite : `TLSv1.2 ${suite}`] as const
    }),
  )
}

describe('clients of Java at a gate with settings of another program', { skip: needPackages('openjdk-17-jdk-headless') }, () => {
  test('a hello in the format of SSL 2.0 is answered with all and refused with TLSv1, as the page says', { timeout: 60_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-java-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'java.security'), NOTHING_FORBIDDEN)
    const [all, one] = [await openSeed(express('all'), t), await openSeed(express('TLSv1'), t)]
    const kerios = (await openSeed(kerio('TLSv1,TLSv1.2'), t))('https')
    const tries: Try[] = [
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
    tries.push(...(await keyExchanges(t)))
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
