import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { checkGate } from '../../src/cli/gate-run.ts'
import { certificates, needPeer, startPeer } from '../peers/index.ts'
import { hears, startGate, type Gated } from './gated.ts'
import { sClient } from './seeded.ts'
import { Talker } from './talker.ts'

const { leaf } = await certificates()

test('gate check says that nobody can be told anything inside', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-passthrough-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'postern.yaml')
  const door = 'listen: "127.0.0.1:0", dialect: tls, tls: passthrough, policy: mozilla-intermediate, backend: "127.0.0.1:1"'
  let said = ''
  const out = (text: string): void => void (said += text)
  const terminal = { out, err: () => undefined, interactive: false, colour: false, columns: 100, cwd: folder, env: {} }
  for (const [stage, told] of [
    ['explain', 1],
    ['refuse', 0],
  ] as const) {
    said = ''
    writeFileSync(file, `services: { web: { ${door}, stage: ${stage} } }\n`)
    await checkGate(file, { name: [] }, terminal)
    assert.equal(said.match(/explain has no words within TLS that is passed on/g)?.length ?? 0, told, said)
  }
})

/** Old servers behind, with certificates of their own, and a gate that has none. */
describe('TLS that is passed on', { skip: needPeer('nginx') || needPeer('dovecot') }, () => {
  const ends: (() => unknown)[] = []
  const t: Pick<TestContext, 'after'> = { after: (end) => void ends.push(end as () => unknown) }
  after(async () => {
    for (const end of ends.toReversed()) await end()
  })
  let gated: Gated
  before(async () => {
    const nginx = await startPeer(
      'nginx',
      { protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], securityLevel: 0, certificates: ['ecdsa'] },
      t,
    )
    const old = await startPeer('nginx', { protocols: ['TLSv1', 'TLSv1.1'], securityLevel: 0 }, t)
    const dovecot = await startPeer('dovecot', {}, t)
    const door = { dialect: 'http', tls: 'passthrough', backend: `127.0.0.1:${nginx.doors.https}` }
    gated = await startGate(
      {
        identities: {},
        services: {
          web: door,
          explained: { ...door, stage: 'explain' },
          watched: { ...door, stage: 'observe' },
          old: { ...door, backend: `127.0.0.1:${old.doors.https}` },
          'old-watched': { ...door, stage: 'observe', backend: `127.0.0.1:${old.doors.https}` },
          routed: {
            ...door,
            dialect: 'tls',
            stage: 'observe',
            routes: [{ names: ['*.example.org', 'old.example'], backend: `127.0.0.1:${old.doors.https}` }],
          },
          imaps: { ...door, dialect: 'imap', backend: `127.0.0.1:${dovecot.doors.imaps}` },
          lost: { ...door, dialect: 'tls', backend: '127.0.0.1:1' },
          plain: { dialect: 'tcp', tls: 'none', backend: `127.0.0.1:${dovecot.doors.imap}` },
        },
      },
      t,
    )
  })

  const OLD = ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'] as const

  test('shows the certificate of the server, and what the two have agreed on', async () => {
    const socket: TLSSocket = connect({ port: gated.port('web'), host: '127.0.0.1', rejectUnauthorized: false })
    const shown = await new Promise((resolve) =>
      socket.once('secureConnect', () => resolve(socket.getPeerX509Certificate()?.fingerprint256)),
    )
    socket.destroy()
    assert.equal(shown, new X509Certificate(readFileSync(leaf('ecdsa').certificate)).fingerprint256)
    const { negotiated, verdict, hello } = await gated.record()
    assert.deepEqual([negotiated?.version, negotiated?.group, verdict], ['TLSv1.3', 'x25519', { meets: true }])
    assert.ok((hello?.suites.length ?? 0) > 0)
    assert.equal(negotiated?.resumed, undefined)
  })

  test('lets people read their mail', async () => {
    const talker = await Talker.inTls(gated.port('imaps'))
    await talker.hears(/^\* OK .*\r\n/)
    assert.match(await talker.asks('a LOGIN anna x\r\n', /^a \w+/m), /^a OK/m)
    talker.leave()
    assert.equal((await gated.record()).negotiated?.version, 'TLSv1.3')
  })

  const refusals: readonly (readonly [service: string, words: readonly string[], heard: RegExp, reason: string])[] = [
    ['web', OLD, /alert protocol version/, 'version'],
    ['explained', OLD, /alert protocol version/, 'version'],
    ['web', ['-tls1_2', '-cipher', 'AES128-SHA'], /alert handshake failure/, 'suites'],
    // It could do better, and the server cannot.
    ['old', ['-cipher', 'ALL:@SECLEVEL=0'], /alert protocol version/, 'version'],
  ]
  for (const [service, words, heard, reason] of refusals) {
    test(`refuses by alert: ${service}, ${words.join(' ')}`, async () => {
      assert.match(await sClient(gated.port(service), ...words), heard)
      const { verdict, ended } = await gated.record()
      assert.deepEqual([verdict?.meets, ended], [false, { why: 'handshake-failed', reason }])
    })
  }

  for (const service of ['watched', 'old-watched']) {
    test(`watches, and lets pass: ${service}`, async () => {
      assert.match(await sClient(gated.port(service), '-brief', ...OLD), /^Protocol version: TLSv1\.1$/m)
      const { negotiated, verdict } = await gated.record()
      assert.deepEqual([negotiated?.version, verdict?.meets], ['TLSv1.1', false])
    })
  }

  for (const [name, version] of [
    ['a.example.org', 'TLSv1.1'],
    ['OLD.example', 'TLSv1.1'],
    ['a.b.example.org', 'TLSv1.3'],
    ['example.org', 'TLSv1.3'],
  ] as const) {
    test(`goes to the server that has the name: ${name}`, async () => {
      const words = ['-brief', '-servername', name, '-cipher', 'ALL:@SECLEVEL=0']
      assert.match(await sClient(gated.port('routed'), ...words), new RegExp(`^Protocol version: ${version}$`, 'm'))
      assert.equal((await gated.record()).hello?.serverName, name)
    })
  }

  test('says by an alert that the server cannot be reached', async () => {
    assert.match(await sClient(gated.port('lost'), '-brief'), /alert internal error/)
    assert.equal((await gated.record()).ended.why, 'server-lost')
  })

  test('is not there with tcp, which is copied', async () => {
    assert.match(await hears(gated.port('plain'), ['a LOGOUT\r\n']), /^\* OK .*\r\n\* BYE .*\r\na OK /)
    assert.equal((await gated.record()).hello, undefined)
  })
})
