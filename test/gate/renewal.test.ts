import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, chownSync, copyFileSync, mkdtempSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { certificates, type LeafName } from '../peers/index.ts'
import { startGate, type Gated } from './gated.ts'

const { leaf } = await certificates()

/** A group that may read keys, and is not root's. */
const KEY_GROUP = process.getgid?.() === 0 ? 4242 : (process.getgid?.() ?? 0)

/** A file takes the place of another at once, as tools that renew certificates do it, for a group of readers. */
function put(source: string, target: string): void {
  copyFileSync(source, `${target}.new`)
  chmodSync(`${target}.new`, 0o640)
  chownSync(`${target}.new`, process.getuid?.() ?? 0, KEY_GROUP)
  renameSync(`${target}.new`, target)
}

interface Renewed {
  readonly gated: Gated
  readonly folder: string
  readonly told: readonly string[]
  /** What the gate says when it has looked often enough. */
  readonly tells: (pattern: RegExp) => Promise<string>
}

/** A gate that looks every few milliseconds, with the files `mail.pem` and `mail.key` and another identity beside them. */
async function renewable(t: TestContext, furnish: (folder: string) => void, pairs: readonly string[] = ['mail']): Promise<Renewed> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-renewal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  furnish(folder)
  const behind = createServer((socket) => void socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
  await once(behind, 'listening')
  t.after(() => void behind.close())
  const address = behind.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const told: string[] = []
  const gated = await startGate(
    {
      identities: {
        mail: pairs.map((name) => ({ certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`), keyGroup: KEY_GROUP })),
        other: [{ certificate: leaf('wrong-name').chain, key: leaf('wrong-name').key }],
      },
      services: { door: { dialect: 'tls', tls: 'implicit', backend: `127.0.0.1:${port}` } },
    },
    t,
    [],
    undefined,
    { lookEvery: 20, tell: (line) => void told.push(line) },
  )
  const tells = async (pattern: RegExp): Promise<string> => {
    for (let tries = 0; tries < 500; tries += 1) {
      const line = told.find((one) => pattern.test(one))
      if (line !== undefined) return line
      await delay(20)
    }
    throw new Error(`not told: ${told.join('\n')}`)
  }
  return { gated, folder, told, tells }
}

interface Met {
  readonly socket: TLSSocket
  readonly serial: string
  readonly session: Buffer
}

/** A handshake, and what the client keeps of it. */
async function meet(gated: Gated, name: string, session?: Buffer): Promise<Met> {
  const socket = connect({ port: gated.port('door'), host: '127.0.0.1', servername: name, rejectUnauthorized: false, session })
  // Who comes back with a session gets no other.
  const [[given]] = await Promise.all([session === undefined ? once(socket, 'session') : [session], once(socket, 'secureConnect')])
  assert.ok(given instanceof Buffer)
  return { socket, serial: socket.getPeerCertificate().serialNumber, session: given }
}

const furnished =
  (name: LeafName) =>
  (folder: string): void => {
    put(leaf(name).chain, join(folder, 'mail.pem'))
    put(leaf(name).key, join(folder, 'mail.key'))
  }

describe('certificates whose files change', { concurrency: 4 }, () => {
  test('are served as soon as certificate and key fit, and nobody is held up or put out meanwhile', async (t) => {
    const { gated, folder, told, tells } = await renewable(t, furnished('rsa'))
    const before = await meet(gated, 'mail.example.test')
    put(leaf('ecdsa').key, join(folder, 'mail.key'))
    for (let at = 0; at < 5; at += 1) {
      const between = await meet(gated, 'mail.example.test')
      assert.equal(between.serial, before.serial)
      between.socket.destroy()
      await delay(5)
    }
    put(leaf('ecdsa').chain, join(folder, 'mail.pem'))
    await tells(/^The certificates of mail have changed, and are served from now on\.$/)
    const after = await meet(gated, 'mail.example.test')
    assert.notEqual(after.serial, before.serial)
    before.socket.write('still here')
    assert.equal(String((await once(before.socket, 'data'))[0]), 'still here')
    for (const { socket } of [before, after]) socket.destroy()
    assert.ok(told.every((line) => !line.includes('other')))
  })

  test('as links that are turned around', async (t) => {
    const { gated, folder, tells } = await renewable(t, (place) => {
      for (const name of ['rsa', 'ecdsa'] as const) {
        mkdirSync(join(place, name))
        furnished(name)(join(place, name))
      }
      symlinkSync('rsa', join(place, 'live'))
      for (const file of ['mail.pem', 'mail.key']) symlinkSync(`live/${file}`, join(place, file))
    })
    const before = await meet(gated, 'mail.example.test')
    symlinkSync('ecdsa', join(folder, 'live.new'))
    renameSync(join(folder, 'live.new'), join(folder, 'live'))
    await tells(/are served from now on/)
    const after = await meet(gated, 'mail.example.test')
    assert.notEqual(after.serial, before.serial)
    for (const { socket } of [before, after]) socket.destroy()
  })

  test('stay as they were where the new ones cannot be used, which is said once', async (t) => {
    const { gated, folder, told, tells } = await renewable(t, furnished('rsa'))
    const before = await meet(gated, 'mail.example.test')
    put(leaf('ecdsa').chain, join(folder, 'mail.pem'))
    await tells(/mail\.key is not for the certificate in .*mail\.pem\. The old ones stay\. Compare:/)
    await delay(150)
    assert.equal(told.length, 1)
    const after = await meet(gated, 'mail.example.test')
    assert.equal(after.serial, before.serial)
    for (const { socket } of [before, after]) socket.destroy()
    rmSync(join(folder, 'mail.key'))
    await tells(/mail\.key cannot be read/)
    put(leaf('ecdsa').key, join(folder, 'mail.key'))
    await tells(/are served from now on/)
  })

  test('stay as they were where they would take the place of the others', async (t) => {
    const both = (place: string): void => {
      furnished('rsa')(place)
      put(leaf('ecdsa').chain, join(place, 'second.pem'))
      put(leaf('ecdsa').key, join(place, 'second.key'))
    }
    const { gated, folder, tells } = await renewable(t, both, ['mail', 'second'])
    const before = await meet(gated, 'mail.example.test')
    put(leaf('rsa').chain, join(folder, 'second.pem'))
    put(leaf('rsa').key, join(folder, 'second.key'))
    await tells(/have changed, and cannot be served: .*two of them have an RSA key.*The old ones stay\.$/)
    const after = await meet(gated, 'mail.example.test')
    assert.equal(after.serial, before.serial)
    for (const { socket } of [before, after]) socket.destroy()
  })

  test('end the sessions that were begun with them, and no others', async (t) => {
    const { gated, folder, tells } = await renewable(t, furnished('rsa'))
    const [mail, other] = [await meet(gated, 'mail.example.test'), await meet(gated, 'other.example.test')]
    furnished('ecdsa')(folder)
    await tells(/are served from now on/)
    const [mailAgain, otherAgain] = [
      await meet(gated, 'mail.example.test', mail.session),
      await meet(gated, 'other.example.test', other.session),
    ]
    assert.deepEqual([mailAgain.socket.isSessionReused(), otherAgain.socket.isSessionReused()], [false, true])
    for (const { socket } of [mail, other, mailAgain, otherAgain]) socket.destroy()
  })
})
