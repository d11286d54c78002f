import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, createServer as createServerOfTls } from 'node:tls'
import { promisify } from 'node:util'
import { certificates, needPeer } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import { startGate, type Gated } from './gated.ts'

const { leaf, root, folder: authority } = await certificates()

interface Stapling {
  readonly gated: Gated
  readonly told: readonly string[]
}

async function stapling(t: TestContext, ocsp: object, others: readonly object[] = []): Promise<Stapling> {
  const behind = createServer((socket) => void socket.on('error', () => {}).end('220 behind\r\n')).listen(0, '127.0.0.1')
  await once(behind, 'listening')
  t.after(() => void behind.close())
  const address = behind.address()
  const told: string[] = []
  const gated = await startGate(
    {
      identities: { mail: [{ certificate: leaf('rsa').chain, key: leaf('rsa').key, ocsp }, ...others] },
      services: { door: { dialect: 'tls', tls: 'implicit', backend: `127.0.0.1:${typeof address === 'object' ? address?.port : 0}` } },
    },
    t,
    [],
    undefined,
    { lookEvery: 20, tell: (line) => void told.push(line) },
  )
  return { gated, told }
}

/** What is stapled in a handshake. */
async function stapled({ gated }: Stapling, version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<Buffer | undefined> {
  const options = {
    port: gated.port('door'),
    host: '127.0.0.1',
    rejectUnauthorized: false,
    requestOCSP: true,
    minVersion: version,
    maxVersion: version,
  } as const
  const socket = connect(options)
  let response: Buffer | undefined
  socket.on('OCSPResponse', (bytes: Buffer) => void (response = bytes))
  await once(socket, 'secureConnect')
  socket.destroy()
  return response === null ? undefined : response
}

/** What `openssl s_client` says of a handshake. */
async function asked(gated: Gated, words: readonly string[]): Promise<string> {
  const all = ['s_client', '-connect', `127.0.0.1:${gated.port('door')}`, '-CAfile', root, ...words]
  const client = promisify(execFile)('openssl', all, { timeout: 10_000, env: { ...process.env, OPENSSL_CONF: '/dev/null' } })
  client.child.stdin?.end()
  return (await client).stdout
}

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await look()
    if (found !== undefined) return found
    await delay(30)
  }
  throw new Error('it does not come')
}

describe('staples', { concurrency: 4 }, () => {
  test('come out of a file, in TLS 1.2 and 1.3, and openssl believes them', { skip: needPeer('openssl') }, async (t) => {
    const gate = await stapling(t, { staple: leaf('rsa').ocsp })
    await until(() => stapled(gate))
    assert.ok(await stapled(gate, 'TLSv1.2'))
    const words = ['s_client', '-status', '-CAfile', root, '-verify_return_error', '-connect', `127.0.0.1:${gate.gated.port('door')}`]
    const run = promisify(execFile)('openssl', words, { timeout: 10_000 })
    run.child.stdin?.end()
    const { stdout } = await run
    assert.match(stdout, /OCSP Response Status: successful[^]*Cert Status: good[^]*Verify return code: 0 \(ok\)/)
    assert.deepEqual(gate.told, [])
  })

  test('are none where the file is about another certificate, which is said once, and come with the right file', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-staple-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'mail.ocsp')
    copyFileSync(leaf('must-staple').ocsp, file)
    const gate = await stapling(t, { staple: file })
    await until(() => gate.told[0])
    assert.equal(await stapled(gate), undefined)
    await delay(100)
    assert.equal(gate.told.length, 1)
    assert.match(gate.told[0] ?? '', /no new staple: .*mail\.ocsp: it is about another certificate\. Meanwhile nothing is stapled\.$/)
    copyFileSync(leaf('rsa').ocsp, file)
    await until(() => stapled(gate))
  })

  test('come from a responder, and stay when that has gone', { skip: needPeer('openssl') }, async (t) => {
    const port = await freePort()
    const signer = ['-CA', 'rsa-intermediate.pem', '-rsigner', 'rsa-intermediate.pem', '-rkey', 'rsa-intermediate.key']
    const words = ['ocsp', '-index', 'index.txt', '-port', String(port), ...signer, '-nmin', '60', '-ignore_err']
    const responder = spawn('openssl', words, { cwd: authority, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
    t.after(() => void responder.kill('SIGKILL'))
    await Promise.race([once(responder.stderr, 'data'), once(responder.stdout, 'data')])
    const gate = await stapling(t, { responder: `http://127.0.0.1:${port}/` })
    const first = await until(() => stapled(gate))
    responder.kill('SIGKILL')
    await once(responder, 'exit')
    await delay(100)
    assert.deepEqual(await stapled(gate), first)
    assert.deepEqual(gate.told, [])
  })

  for (const only of ['GET', 'POST']) {
    test(`come from a responder that knows ${only} alone`, async (t) => {
      const asked: (string | undefined)[] = []
      const responder = createHttpServer((request, response) => {
        asked.push(request.method)
        request.resume()
        const path = decodeURIComponent(request.url ?? '').replace('/ocsp/', '')
        const isRequest = request.method === 'POST' || Buffer.from(path, 'base64')[0] === 0x30
        if (request.method !== only || !isRequest) response.writeHead(405).end()
        else response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(readFileSync(leaf('rsa').ocsp))
      }).listen(0, '127.0.0.1')
      await once(responder, 'listening')
      t.after(() => void responder.close())
      const address = responder.address()
      const gate = await stapling(t, { responder: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/ocsp/` })
      assert.ok(await until(() => stapled(gate)))
      assert.deepEqual(asked, only === 'GET' ? ['GET'] : ['GET', 'POST'])
      assert.deepEqual(gate.told, [])
    })
  }

  test('are none where nobody answers, which is said once', async (t) => {
    const gate = await stapling(t, { responder: `http://127.0.0.1:${await freePort()}/` })
    assert.match(await until(() => gate.told[0]), /it cannot be reached\. Meanwhile nothing is stapled\.$/)
    await delay(100)
    assert.equal(gate.told.length, 1)
    assert.equal(await stapled(gate), undefined)
  })

  test('of several certificates are about the one that the client gets, and no session is lost over them', async (t) => {
    const { gated } = await stapling(t, { staple: leaf('rsa').ocsp }, [
      { certificate: leaf('ecdsa').chain, key: leaf('ecdsa').key, ocsp: { staple: leaf('ecdsa').ocsp } },
    ])
    await until(() => stapled({ gated, told: [] }))
    for (const version of ['-tls1_2', '-tls1_3'])
      for (const [kind, sigalgs] of [
        ['rsa', 'rsa_pss_rsae_sha256'],
        ['ecdsa', 'ecdsa_secp256r1_sha256'],
        ['ecdsa', 'ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256'],
      ] as const) {
        const out = await asked(gated, ['-status', version, '-sigalgs', sigalgs])
        assert.match(out, /OCSP Response Status: successful[^]*Cert Status: good/, `${version} ${sigalgs}`)
        const serial = new X509Certificate(readFileSync(leaf(kind).chain)).serialNumber
        assert.match(out, new RegExp(`Serial Number: 0*${serial}\\b`, 'i'), `${version} ${sigalgs}`)
        assert.match(out, /Verification: OK/)
        assert.match(out, kind === 'rsa' ? /Peer signature type: RSA-PSS/ : /Peer signature type: ECDSA/)
      }
    assert.doesNotMatch(await asked(gated, ['-tls1_3']), /OCSP/)
    const kept = join(mkdtempSync(join(tmpdir(), 'postern-staple-session-')), 'session.pem')
    t.after(() => rmSync(dirname(kept), { recursive: true }))
    await asked(gated, ['-tls1_2', '-sess_out', kept])
    assert.match(await asked(gated, ['-tls1_2', '-status', '-sess_in', kept]), /^Reused, /m)
  })

  test('of several certificates would be the same whichever is chosen, if Node were asked: it tells of one', async (t) => {
    const pairs = [leaf('rsa'), leaf('ecdsa')]
    const [cert, key] = [pairs.map(({ chain }) => readFileSync(chain)), pairs.map((one) => readFileSync(one.key))]
    const server = createServerOfTls({ cert, key }, (socket) => void socket.on('error', () => {}).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => void server.close())
    const told = new Set<string>()
    server.on('OCSPRequest', (certificate: Buffer, _issuer: unknown, answer: (error: null, response: null) => void) => {
      told.add(new X509Certificate(certificate).fingerprint256)
      answer(null, null)
    })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const chosen = new Set<string>()
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      for (const sigalgs of ['rsa_pss_rsae_sha256', 'ecdsa_secp256r1_sha256']) {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, requestOCSP: true, sigalgs, maxVersion })
        await once(socket, 'secureConnect')
        chosen.add(socket.getPeerCertificate().fingerprint256)
        socket.destroy()
      }
    assert.deepEqual([chosen.size, told.size], [2, 1])
  })
})
