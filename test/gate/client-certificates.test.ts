import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { ConnectionRecord } from '../../src/gate/index.ts'
import { certificates, type LeafName } from '../peers/index.ts'
import { smtp } from './attacks/attacked.ts'
import { startGate, type Gated } from './gated.ts'

const { leaf, root } = await certificates()

const gateWith = async (t: TestContext, service: object): Promise<Gated> => {
  const back = await smtp(t)
  return startGate({ services: { door: { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${back.port}`, ...service } } }, t)
}

const owned = (name: LeafName): ConnectionOptions => ({ key: readFileSync(leaf(name).key), cert: readFileSync(leaf(name).chain) })

interface Met {
  readonly heard: string
  /** An alert, or another end. */
  readonly error: string
  readonly reused: boolean
  readonly session: Buffer | undefined
}

/** Connects, says EHLO and MAIL, and hears what comes. */
async function meet(gated: Gated, options: ConnectionOptions): Promise<Met> {
  const socket: TLSSocket = connect({ port: gated.port('door'), host: '127.0.0.1', rejectUnauthorized: false, ...options })
  let heard = ''
  let error = ''
  let session: Buffer | undefined
  const next = ['EHLO x\r\n', 'MAIL FROM:<a@example.org>\r\n']
  socket.on('session', (given: Buffer) => void (session ??= given))
  socket.on('data', (bytes) => {
    heard += bytes.toString()
    if (!/(?:^|\n)\d\d\d [^\r]*\r\n$/.test(heard)) return
    const say = next.shift()
    if (say === undefined) socket.destroy()
    else socket.write(say)
  })
  socket.on('error', (one: NodeJS.ErrnoException) => void (error = one.code ?? one.message))
  let reused = false
  socket.on('secureConnect', () => void (reused = socket.isSessionReused()))
  await new Promise((resolve) => void socket.on('close', resolve))
  return { heard, error, reused, session }
}

const versions = ['TLSv1.2', 'TLSv1.3'] as const
const SERVED = /\n250 ok\r\n/

describe('certificates of clients', { concurrency: 4 }, () => {
  for (const version of versions) {
    const only: ConnectionOptions = { minVersion: version, maxVersion: version }

    test(`${version}: are known where they are asked for, and nobody needs one`, async (t) => {
      const gated = await gateWith(t, { clientCertificates: { ca: root, mode: 'request' } })
      const shown: ConnectionRecord['clientCertificate'][] = []
      for (const own of [owned('client'), owned('self-signed'), {}]) {
        assert.match((await meet(gated, { ...only, ...own })).heard, SERVED)
        shown.push((await gated.record()).clientCertificate)
      }
      assert.deepEqual(
        shown.map((one) => [one?.verified, one?.commonName, one?.fault]),
        [
          [true, 'Alice', undefined],
          [false, 'mail.example.test', 'INVALID_PURPOSE'],
          [undefined, undefined, undefined],
        ],
      )
      assert.match(shown[0]?.sha256 ?? '', /^[0-9A-F]{64}$/)
    })

    test(`${version}: who has none where it is needed gets an alert, and who has a wrong one is not heard`, async (t) => {
      const gated = await gateWith(t, { clientCertificates: { ca: root, mode: 'require' } })
      const nobody = await meet(gated, only)
      assert.match(nobody.error, version === 'TLSv1.3' ? /CERTIFICATE_REQUIRED/ : /HANDSHAKE_FAILURE/)
      assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'client-certificate' })
      const stranger = await meet(gated, { ...only, ...owned('self-signed') })
      assert.equal(stranger.heard, '')
      assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'client-certificate' })
      assert.match((await meet(gated, { ...only, ...owned('client') })).heard, SERVED)
    })

    test(`${version}: a session that is taken up again has the one of its beginning, and only under the same authority`, async (t) => {
      const words = (ca: string): Parameters<typeof startGate>[0] => ({
        services: {
          door: { dialect: 'smtp', tls: 'implicit', backend: `127.0.0.1:${back.port}`, clientCertificates: { ca, mode: 'require' } },
        },
      })
      const back = await smtp(t)
      const gated = await startGate(words(root), t)
      const first = await meet(gated, { ...only, ...owned('client') })
      assert.ok(first.session)
      await gated.record()
      const again = await meet(gated, { ...only, session: first.session })
      assert.deepEqual([again.reused, SERVED.test(again.heard)], [true, true])
      assert.deepEqual((await gated.record()).clientCertificate?.commonName, 'Alice')
      await gated.reload(words(leaf('self-signed').certificate))
      const later = await meet(gated, { ...only, session: first.session })
      assert.deepEqual([later.reused, later.heard], [false, ''])
      assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'client-certificate' })
    })
  }

  test('who has none is told so in the words of the protocol, or let in, as the stage says', async (t) => {
    const needed = { clientCertificates: { ca: root, mode: 'require' } }
    const explaining = await gateWith(t, { ...needed, stage: 'explain' })
    assert.match(
      (await meet(explaining, {})).heard,
      /(?:554|550) 5\.7\.10 This server wants a certificate of its clients\. The client shows no certificate\.\r\n/,
    )
    assert.match((await meet(explaining, owned('self-signed'))).heard, /Nobody who is trusted here vouches for/)
    assert.match((await meet(explaining, owned('client'))).heard, SERVED)
    const observing = await gateWith(t, { ...needed, stage: 'observe' })
    assert.match((await meet(observing, {})).heard, SERVED)
    const { verdict } = await observing.record()
    assert.deepEqual(verdict, { meets: false, reason: 'client-certificate', why: 'The client shows no certificate.' })
  })

  test('some networks may do without', async (t) => {
    const gated = await gateWith(t, {
      clientCertificates: { ca: root, mode: 'require' },
      exceptions: [{ networks: ['127.0.0.1'], clientCertificates: false }],
    })
    assert.match((await meet(gated, owned('client'))).heard, SERVED)
    assert.equal((await gated.record()).clientCertificate, undefined)
  })
})
