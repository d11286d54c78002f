import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer as createPlain, type AddressInfo, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { readPin, type BackendTrust } from '../../src/gate/tls/backend-trust.ts'
import { clientContext } from '../../src/gate/tls/client-options.ts'
import { negotiated, type Negotiated } from '../../src/gate/tls/negotiated.ts'
import { secureAlike, secureBackend } from '../../src/gate/tls/secure-backend.ts'
import { PosternError } from '../../src/errors.ts'
import type { Policy } from '../../src/policy/index.ts'
import { supportedGroup, type ProtocolName } from '../../src/registry/index.ts'
import { decodeClientHello, decodeKeyShareClientHello, EXTENSION_TYPE, findExtension, FlightReader } from '../../src/wire/index.ts'
import { certificates } from '../peers/index.ts'
import { startHostile, script, scripted } from '../hostile/index.ts'
import { identity, policyWith, startFront, type Front } from './tls-front.ts'

/** Whoever puts TLS over it ends it: Node crashes when both are destroyed, the lower one first. */
async function plain(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Goes through the attempts as the gate does: the next one over a new connection, as long as it was the versions. */
async function reach(port: number, policy: Policy, trust: BackendTrust, t: TestContext): Promise<Negotiated> {
  let last: unknown
  for (const attempt of clientContext(policy).attempts) {
    try {
      const secure = await secureBackend(await plain(port), { attempt, trust, title: 'a test', patience: 2000 })
      secure.on('error', () => undefined)
      t.after(() => secure.destroy())
      return negotiated(secure)
    } catch (error) {
      last = error
      if (!(error instanceof PosternError) || error.code !== 'GATE_BACKEND_VERSION') throw error
    }
  }
  throw last
}

const allowing = (...allowed: readonly ProtocolName[]): Policy => policyWith({ protocols: { allowed, required: [] } })
const rsa = await identity(['rsa'])
const made = await certificates()
const root = readFileSync(made.root, 'utf8')
const none: BackendTrust = { kind: 'none' }

describe('a client by a policy', () => {
  const rows = [
    [allowing('TLSv1.2', 'TLSv1.3'), allowing('TLSv1', 'TLSv1.2'), 'TLSv1.2', 'the newest that both have'],
    [allowing('TLSv1', 'TLSv1.3'), allowing('TLSv1'), 'TLSv1', 'behind a gap, at the second attempt'],
    [allowing('TLSv1', 'TLSv1.2'), allowing('TLSv1', 'TLSv1.1', 'TLSv1.2'), 'TLSv1.2', 'the block with the newest first'],
    [allowing('TLSv1', 'TLSv1.1', 'TLSv1.3'), allowing('TLSv1', 'TLSv1.1'), 'TLSv1.1', 'the newest of an older block'],
    [allowing('TLSv1', 'TLSv1.3'), allowing('TLSv1.1', 'TLSv1.2'), 'GATE_BACKEND_VERSION', 'never a version in a gap'],
  ] as const
  for (const [ours, theirs, expected, why] of rows) {
    test(`comes to ${why}`, async (t) => {
      const front = await startFront({ policy: theirs, identities: [rsa] }, t)
      const found = await reach(front.port, ours, none, t).catch((error: PosternError) => error.code)
      assert.equal(typeof found === 'string' ? found : found.protocol, expected)
    })
  }

  test('offers what the policy allows and nothing else', async (t) => {
    const policy = policyWith({
      suites: ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_AES_256_GCM_SHA384'],
      groups: ['secp384r1'],
      signatureSchemes: ['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'],
    })
    const { attempts, inexpressible } = clientContext(policy)
    const [names] = attempts.map(({ protocols }) => protocols)
    assert.deepEqual(names, ['TLSv1.2', 'TLSv1.3'], 'older versions have no suite left')
    assert.ok(inexpressible.some(({ part, name }) => part === 'suite' && name === 'TLS_RSA_WITH_3DES_EDE_CBC_SHA'))
    const front = await startFront({ policy: policyWith(), identities: [rsa] }, t)
    const seen = front.next()
    await reach(front.port, policy, none, t)
    const found = await seen
    assert.deepEqual('suite' in found && [found.suite, found.group], ['TLS_AES_256_GCM_SHA384', 'secp384r1'])
  })

  test('refuses Diffie-Hellman that is too small', async (t) => {
    const suites = ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256']
    const ours = (minBits: number): Policy => policyWith({ protocols: { allowed: ['TLSv1.2'], required: [] }, suites, dh: { minBits } })
    const front = await startFront({ policy: policyWith({ suites }), identities: [rsa], dhBits: 1024 }, t)
    assert.equal((await reach(front.port, ours(1024), none, t)).suite, suites[0])
    await assert.rejects(reach(front.port, ours(2048), none, t), { code: 'GATE_BACKEND_TLS' })
  })

  test('talks to servers from before RFC 5746 unless the policy asks for it', async (t) => {
    // RFC 5746 §4.1: such a server answers nothing to the request for secure renegotiation.
    const server = await startHostile(scripted({ versions: [0x0301], renegotiationInfo: false, suites: [0x002f] }))
    t.after(() => server.stop())
    const found = await reach(server.port, allowing('TLSv1'), none, t)
    assert.equal(found.protocol, 'TLSv1')
    const strict = { ...allowing('TLSv1'), features: { required: ['secureRenegotiation'], forbidden: [] } } as const
    await assert.rejects(reach(server.port, strict, none, t), { code: 'GATE_BACKEND_TLS' })
    assert.equal(script({}).renegotiationInfo, true)
  })

  test('has a key share for the first curve beside that of a hybrid, so that no server has to ask again', async (t) => {
    const listening = createPlain((socket) => socket.on('error', () => {}))
    listening.listen(0, '127.0.0.1')
    t.after(() => listening.close())
    await once(listening, 'listening')
    const heard = once(listening, 'connection').then(async ([socket]: Socket[]) => {
      assert.ok(socket)
      const [hello] = (await once(socket, 'data')) as Buffer[]
      socket.destroy()
      return hello
    })
    const policy = policyWith({ groups: ['X25519MLKEM768', 'secp384r1', 'x25519'] })
    await assert.rejects(reach((listening.address() as AddressInfo).port, policy, none, t))
    const flight = new FlightReader()
    flight.push((await heard) ?? Buffer.alloc(0))
    const item = flight.next()
    assert.ok(item?.kind === 'handshake')
    const shares = findExtension(decodeClientHello(item.body).extensions, EXTENSION_TYPE.key_share)
    assert.ok(shares)
    assert.deepEqual(
      decodeKeyShareClientHello(shares).map(({ group }) => supportedGroup.name(group)),
      ['X25519MLKEM768', 'secp384r1'],
    )
  })

  test('believes a second connection by the certificate of the first, whose session it takes up', async (t) => {
    const front = await startFront({ policy: policyWith(), identities: [rsa] }, t)
    const [attempt] = clientContext(policyWith()).attempts
    assert.ok(attempt)
    const trust: BackendTrust = { kind: 'authority', ca: [root], name: 'mail.example.test' }
    const first = await secureBackend(await plain(front.port), { attempt, trust, title: 'a test', patience: 2000 })
    t.after(() => first.destroy())
    await once(first, 'session')
    const second = await secureAlike(first)?.(await plain(front.port), 2000)
    t.after(() => second?.destroy())
    assert.equal(second?.isSessionReused(), true)
  })

  test('gives up on a server that says nothing', async (t) => {
    const silent = createPlain((socket) => socket.resume())
    silent.listen(0, '127.0.0.1')
    t.after(() => silent.close())
    await once(silent, 'listening')
    const [attempt] = clientContext(policyWith()).attempts
    const socket = await plain((silent.address() as AddressInfo).port)
    assert.ok(attempt)
    await assert.rejects(secureBackend(socket, { attempt, trust: none, title: 'a test', patience: 50 }), { code: 'GATE_BACKEND_TLS' })
    assert.ok(socket.destroyed)
  })
})

const leaf = new X509Certificate(rsa.pairs[0]?.chain ?? '')
const pin = createHash('sha256').update(leaf.publicKey.export({ type: 'spki', format: 'der' }))
const hex = pin.copy().digest('hex')
const alien = createHash('sha256').update('another').digest('hex')

describe('a server behind is believed', () => {
  const rows: readonly (readonly [BackendTrust, readonly Parameters<typeof identity>[0][number][], boolean, string])[] = [
    [none, ['self-signed'], true, 'when nobody asks'],
    [{ kind: 'authority', ca: [root], name: 'mail.example.test' }, ['rsa'], true, 'with authority and name'],
    [{ kind: 'authority', ca: [root], name: '127.0.0.1' }, ['rsa'], true, 'with authority and address'],
    [{ kind: 'authority', ca: [root] }, ['wrong-name'], true, 'with the authority alone, whatever its name'],
    [{ kind: 'authority', ca: [root], name: 'mail.example.test' }, ['wrong-name'], false, 'for another name'],
    [{ kind: 'authority', ca: [root], name: '127.0.0.2' }, ['rsa'], false, 'for another address'],
    [{ kind: 'authority', name: 'mail.example.test' }, ['rsa'], false, 'with an authority that nobody knows'],
    [{ kind: 'authority', ca: [root], name: 'mail.example.test' }, ['self-signed'], false, 'on its own word'],
    [{ kind: 'authority', ca: [root], name: 'mail.example.test' }, ['expired'], false, 'after its time'],
    [{ kind: 'pin', pins: [alien, hex] }, ['rsa'], true, 'for its key'],
    [{ kind: 'pin', pins: [alien] }, ['rsa'], false, 'for the key of another'],
  ]
  for (const [trust, leaves, expected, why] of rows) {
    test(`${expected ? '' : 'not '}${why}`, async (t) => {
      const front: Front = await startFront({ policy: policyWith(), identities: [await identity(leaves)] }, t)
      const found = await reach(front.port, policyWith(), trust, t).catch((error: PosternError) => error.code)
      assert.equal(typeof found === 'string' ? found : 'believed', expected ? 'believed' : 'GATE_BACKEND_UNTRUSTED')
    })
  }

  test('by a pin in any of its spellings', () => {
    const base64 = pin.copy().digest('base64')
    const colons = hex.toUpperCase().replaceAll(/..(?=.)/g, '$&:')
    for (const text of [hex, colons, base64, `sha256/${base64}`, `sha256:${hex}`, `pin-sha256=${base64}`])
      assert.equal(readPin(text), hex, text)
    for (const text of ['', 'abc', hex.slice(2), `${base64}=`]) assert.throws(() => readPin(text), { code: 'PIN_INVALID' }, text)
  })
})
