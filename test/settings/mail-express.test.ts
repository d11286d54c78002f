import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeAuthority, makeServerCertificate } from '../../src/cli/demo/certificate.ts'
import { type } from '../cli-session.ts'
import { needPackages } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import { statusOfLine } from './program.ts'
import { speaks } from './speaks.ts'
import { tomcatService } from './tomcat-service.ts'

const standIn = fileURLToPath(new URL('stand-in.ts', import.meta.url))
const sample = fileURLToPath(new URL('../../src/settings/tomcat/testdata/mail-express.xml', import.meta.url))

/** What the page of Mail Express asks for: TLS 1.0 alone on both Connectors, with suites that are of its age and no worse than it. */
const PAGE = `base: mozilla-old
protocols: [TLSv1]
require: [TLSv1]
order: any
ciphers: [DHE-RSA-AES256-SHA, DHE-RSA-AES128-SHA, AES256-SHA, AES128-SHA]
`

/** A Mail Express that runs. */
interface Served {
  readonly file: string
  readonly stop: string
  readonly start: string
  readonly folder: string
  /** Of the HTTPS Connector and of the gateway's. */
  readonly ports: readonly [number, number]
}

async function stand(t: TestContext, rewrites: '' | 'rewrites' = ''): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-mail-express-'))
  const now = new Date()
  const { privateKey, pem } = makeServerCertificate('localhost', 'RSA-2048', makeAuthority('Mail Express test', 'P-256', now), now)
  writeFileSync(join(folder, 'cert.pem'), pem)
  writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const ports = [await freePort(), await freePort()] as const
  const file = join(folder, 'server.xml')
  const text = readFileSync(sample, 'latin1').replace('port="8443"', `port="${ports[0]}"`).replace('port="8444"', `port="${ports[1]}"`)
  writeFileSync(file, text, 'latin1')
  const line = (what: string): string => `'${process.execPath}' '${standIn}' ${what} '${folder}' ${rewrites}`
  t.after(async () => {
    await statusOfLine(line('stop'))
    rmSync(folder, { recursive: true, force: true })
  })
  assert.equal(await statusOfLine(line('start')), 0)
  return { file, folder, ports, start: line('start'), stop: line('stop') }
}

/** The Connectors of the page in a real Tomcat, which reads `SSLProtocol` in 9 as in 6, with a class of the gateway's name. */
async function tomcat(t: TestContext): Promise<Served> {
  const ports = [await freePort(), await freePort()] as const
  const keystore = 'keystoreFile="KEYSTORE" keystorePass="changeit" keystoreType="PKCS12"'
  const connectors = `<Connector port="${ports[0]}" scheme="https" secure="true" SSLEnabled="true" SSLProtocol="all" ${keystore} />
    <Connector protocol="com.globalscape.protocolhandler.DMZProtocolHandler" port="${ports[1]}" SSLEnabled="true"
               scheme="https" secure="true" sslProtocols="SSLv2Hello,SSLv3,TLSv1" ${keystore} />`
  return { ...(await tomcatService('9', connectors, t)), ports }
}

/** The procedure of the page, typed as one command, and taken back. */
async function followPage({ file, folder, start, stop, ports }: Served): Promise<void> {
  const before = readFileSync(file, 'latin1')
  const [https, gateway] = [`tls://localhost:${ports[0]}`, `tls://localhost:${ports[1]}`]
  const policy = join(folder, 'tls.yaml')
  writeFileSync(policy, PAGE)
  const state = ['--state', join(folder, 'state')]
  assert.ok(await speaks(https, 'TLSv1.2'))
  const line = ['apply', file, '--policy', policy, '--as-far-as-possible', '--stop', stop, '--start', start, ...state]
  const made = await type(['settings', ...line, '--prove', `port ${ports[0]}=${https}`, '--prove', `DMZ Gateway=${gateway}`])
  assert.equal(made.status, 0, made.err + made.out)
  assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, 2)
  assert.doesNotMatch(made.out, /changeit|s3cret/)
  const text = readFileSync(file, 'latin1')
  assert.match(text, /SSLProtocol="TLSv1"/)
  assert.match(text, /sslProtocols="TLSv1"/)
  assert.deepEqual([await speaks(https, 'TLSv1.2'), await speaks(https, 'TLSv1'), await speaks(gateway, 'TLSv1')], [false, true, true])
  const undone = await type(['settings', 'undo', file, ...state])
  assert.equal(undone.status, 0, undone.err)
  assert.equal(readFileSync(file, 'latin1'), before)
  assert.ok(await speaks(https, 'TLSv1.2'))
}

describe('postern settings and Mail Express', { concurrency: true }, () => {
  test('the page’s procedure is one command, proved at both doors of a stand-in', async (t) => {
    await followPage(await stand(t))
  })

  test('and of a real Tomcat 9', { skip: needPackages('libtomcat9-java', 'openjdk-17-jdk-headless') }, async (t) => {
    await followPage(await tomcat(t))
  })

  test('what its OpenSSL lacks keeps it from starting, and is taken back', async (t) => {
    const { file, folder, start, stop, ports } = await stand(t)
    const before = readFileSync(file)
    const policy = join(folder, 'tls.yaml')
    writeFileSync(policy, PAGE.replace(/ciphers: .*/, 'ciphers: [TLS_RSA_WITH_RC4_128_SHA]'))
    const line = ['apply', file, '--policy', policy, '--as-far-as-possible', '--stop', stop, '--start', start]
    const failed = await type(['settings', ...line, '--state', join(folder, 'state'), '--prove', `DMZ Gateway=tls://localhost:${ports[1]}`])
    assert.equal(failed.status, 3, failed.out)
    assert.match(failed.err, /Cannot start the service/)
    assert.match(failed.err, /its doors are open again/)
    assert.deepEqual(readFileSync(file), before)
  })

  test('if it wrote its file again when it stops, that would be found out and taken back', async (t) => {
    const { file, folder, start, stop } = await stand(t, 'rewrites')
    const before = readFileSync(file, 'latin1')
    const policy = join(folder, 'tls.yaml')
    writeFileSync(policy, PAGE)
    const line = ['apply', file, '--policy', policy, '--as-far-as-possible', '--stop', stop, '--start', start]
    const failed = await type(['settings', ...line, '--state', join(folder, 'state')])
    assert.equal(failed.status, 3, failed.out)
    assert.match(failed.err, /does not keep to tls: Accepted although forbidden: TLS 1\.1/)
    assert.equal(readFileSync(file, 'latin1').replace('<!-- written again -->\n', ''), before)
  })

  test('TLS 1.2 cannot be said to its HTTPS Connector, which would turn everything on: nothing is touched', async (t) => {
    const { file, folder, start, stop } = await stand(t)
    const before = readFileSync(file)
    const policy = join(folder, 'tls.yaml')
    writeFileSync(policy, PAGE.replaceAll('[TLSv1]', '[TLSv1.2]'))
    const line = ['apply', file, '--policy', policy, '--stop', stop, '--start', start, '--state', join(folder, 'state')]
    const refused = await type(['settings', ...line])
    assert.equal(refused.status, 2)
    assert.match(refused.err, /none of the allowed versions, TLSv1\.2, can be asked for here/)
    assert.deepEqual(readFileSync(file), before)
  })
})
