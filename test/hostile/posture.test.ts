import assert from 'node:assert/strict'
import { constants, createHash, publicDecrypt, verify, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { PROTOCOLS } from '../../src/registry/index.ts'
import { u8, vector } from './bytes.ts'
import { SERVER_NAME } from './certificate.ts'
import { extensionBytes } from './connection.ts'
import { using } from './checked.ts'
import { scripted, scripts, truthOf } from './index.ts'
import { Alert, Extension, Group, Message, SSL3, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import { PRIMES } from './primes.ts'
import {
  ask,
  hello,
  helloMessage,
  hello13,
  keyShareExtension,
  messageOf,
  say,
  serverHelloOf,
  versionsExtension,
  type Answer,
} from './raw-client.ts'
import { POSTURES } from './rows-posture.ts'
import { dial } from './tls-client.ts'
import { keyExchangeGroup, offer, once, walkGroups, walkSuites } from './walk.ts'

const NUMBER = { SSLv3: SSL3, TLSv1: TLS10, 'TLSv1.1': TLS11, 'TLSv1.2': TLS12, 'TLSv1.3': TLS13 } as const
const ascending = (codes: readonly number[]): number[] => codes.toSorted((a, b) => a - b)

/** Every protocol's suites by walking, against what the row promises. */
async function compareSuites(port: number, truth: ReturnType<typeof truthOf>, ms?: number): Promise<void> {
  for (const name of PROTOCOLS.filter((one) => one !== 'SSLv2')) {
    const expected = truth.suites?.[name]
    if (!expected) continue
    const plain = await walkSuites(port, NUMBER[name], {}, ms)
    const both =
      truth.dh === undefined
        ? plain
        : [...plain, ...(await walkSuites(port, NUMBER[name], { ffdhe: true }, ms)).filter((suite) => !plain.includes(suite))]
    assert.deepEqual(ascending(both), ascending(expected), name)
    if (truth.order === 'server' && plain.length === expected.length && name !== 'TLSv1.3' && !truth.prefersClientChaCha)
      assert.deepEqual(plain, expected, `order of ${name}`)
  }
}

describe('POSTURES: protocols and suites are those of the row', { concurrency: 6 }, () => {
  for (const row of POSTURES)
    test(row.name, () => using(row.name, (port) => compareSuites(port, row.truth, row.name === 'refuses-with-silence' ? 500 : undefined)))
})

test('scripted() has the posture of its script, whatever that is', async () => {
  await fc.assert(
    fc.asyncProperty(scripts(), (given) => using(scripted(given), (port) => compareSuites(port, truthOf(given)))),
    { numRuns: 12 },
  )
})

/** The prime of a DHE ServerKeyExchange. */
const primeOf = (answer: Answer): Buffer =>
  messageOf(answer, Message.serverKeyExchange)!.subarray(6, 6 + messageOf(answer, Message.serverKeyExchange)!.readUInt16BE(4))
const publicValueOf = (answer: Answer): Buffer => {
  const message = messageOf(answer, Message.serverKeyExchange)!
  const prime = message.readUInt16BE(4)
  const at = 6 + prime + 2 + message.readUInt16BE(6 + prime)
  return message.subarray(at + 2, at + 2 + message.readUInt16BE(at))
}

describe('key exchanges', { concurrency: 6 }, () => {
  const primes: readonly (readonly [row: string, version: number, suite: number, ffdhe: boolean, prime: Buffer])[] = [
    ['dh-512', TLS12, 0x0033, false, PRIMES.custom512],
    ['dh-768', TLS12, 0x009e, false, PRIMES.oakley768],
    ['dh-1024-known', TLS10, 0x0033, true, PRIMES.oakley1024],
    ['dh-1024-custom', TLS11, 0x0039, false, PRIMES.custom1024],
    ['dh-2048-custom', TLS12, 0x009f, false, PRIMES.custom2048],
    ['gnutls-dhe-with-groups-only', TLS12, 0x0033, true, PRIMES.ffdhe2048],
    ['gnutls-dhe-two-sizes', TLS12, 0x0033, true, PRIMES.ffdhe2048],
    ['gnutls-dhe-two-sizes', TLS12, 0x0033, false, PRIMES.custom1024],
    ['dhe-without-groups-only', TLS12, 0x0033, false, PRIMES.oakley1024],
    ['export', SSL3, 0x0014, false, PRIMES.custom512],
    ['ssl3-to-tls12', SSL3, 0x0039, false, PRIMES.oakley1024],
  ]
  for (const [row, version, suite, ffdhe, prime] of primes)
    test(`${row} serves a prime of ${prime.length * 8} bits ${ffdhe ? 'with' : 'without'} FFDHE groups`, () =>
      using(row, async (port) => assert.ok(primeOf(await once(port, offer(version, { suites: [suite], ffdhe }))).equals(prime))))

  const none: readonly (readonly [row: string, ffdhe: boolean])[] = [
    ['gnutls-dhe-with-groups-only', false],
    ['dhe-without-groups-only', true],
  ]
  for (const [row, ffdhe] of none)
    test(`${row} has no DHE ${ffdhe ? 'with' : 'without'} FFDHE groups`, () =>
      using(row, async (port) => assert.equal((await once(port, offer(TLS12, { suites: [0x0033], ffdhe }))).alert, Alert.handshakeFailure)))

  test('dh-reused repeats its public value, another server does not', async () => {
    const values = async (row: string): Promise<Buffer[]> =>
      using(row, async (port) => [
        publicValueOf(await once(port, offer(TLS12, { suites: [0x0033] }))),
        publicValueOf(await once(port, offer(TLS10, { suites: [0x0039] }))),
      ])
    const [same, fresh] = [await values('dh-reused'), await values('dh-1024-known')]
    assert.ok(same[0]!.equals(same[1]!))
    assert.ok(!fresh[0]!.equals(fresh[1]!))
  })

  test('ecdh-reused repeats its point, another server does not', async () => {
    const points = async (row: string): Promise<Buffer[]> =>
      using(row, async (port) => {
        const answers = [await once(port, offer(TLS12, { suites: [0xc02f] })), await once(port, offer(TLS12, { suites: [0xc02f] }))]
        return answers.map((answer) => messageOf(answer, Message.serverKeyExchange)!.subarray(8, 8 + 32))
      })
    const [same, fresh] = [await points('ecdh-reused'), await points('tls10-and-tls12')]
    assert.ok(same[0]!.equals(same[1]!))
    assert.ok(!fresh[0]!.equals(fresh[1]!))
  })

  test('RSA_EXPORT serves a signed key of 512 bits, unless the certificate has one', async () => {
    const modulus = await using('export', async (port) =>
      messageOf(await once(port, offer(TLS10, { suites: [0x0003] })), Message.serverKeyExchange)!.readUInt16BE(4),
    )
    assert.equal(modulus, 64)
    const without = await using('rsa-512', async (port) =>
      messageOf(await once(port, offer(TLS10, { suites: [0x0003] })), Message.serverKeyExchange),
    )
    assert.equal(without, undefined)
  })

  const groups: readonly (readonly [row: string, version: number, groups: readonly number[]])[] = [
    [
      'many-groups',
      TLS12,
      [
        Group.secp521r1,
        Group.x25519,
        Group.x448,
        Group.brainpoolP256r1,
        Group.secp224r1,
        Group.secp256k1,
        Group.secp192r1,
        Group.sect283k1,
      ],
    ],
    ['many-groups', TLS13, [Group.x448, Group.secp521r1, Group.ffdhe2048, Group.x25519]],
    ['hybrid-groups', TLS13, [Group.x25519mlkem768, Group.secp256r1mlkem768, Group.x25519]],
    ['tls13-server-groups', TLS13, [Group.secp384r1, Group.x25519]],
  ]
  for (const [row, version, expected] of groups)
    test(`${row} has its groups in its order, version ${version.toString(16)}`, () =>
      using(row, async (port) => {
        const candidates = [...expected].toSorted((a, b) => b - a)
        assert.deepEqual(
          await walkGroups(port, version, version === TLS13 ? [0x1302] : [0xc02f], [...candidates, Group.brainpoolP384r1]),
          expected,
        )
      }))

  test('tls13-server-groups sends HelloRetryRequest with a cookie where a share of its second choice has come', () =>
    using('tls13-server-groups', async (port) => {
      const share = [Group.x25519, Buffer.alloc(32, 9)] as const
      const answer = await once(port, hello13({ groups: [Group.x25519, Group.secp384r1], shares: [share] }))
      const retry = serverHelloOf(answer)
      assert.ok(retry.random.equals(createHash('sha256').update('HelloRetryRequest').digest()))
      assert.equal(retry.extensions.get(Extension.keyShare)?.toString('hex'), '0018')
      assert.ok(retry.extensions.has(Extension.cookie))
    }))
})

describe('signatures and certificates', { concurrency: 6 }, () => {
  const signed: readonly (readonly [row: string, version: number, suite: number, why: string])[] = [
    ['tls10-and-tls12', TLS12, 0xc02f, 'RSA-PSS by the first common scheme'],
    ['tls10-and-tls12', TLS10, 0xc013, 'MD5 and SHA-1 below TLS 1.2'],
    ['ssl3-to-tls12', SSL3, 0x0039, 'the same in SSLv3'],
    ['dss', TLS12, 0x0032, 'DSA with SHA-256'],
    ['dss', TLS11, 0x0038, 'DSA with SHA-1'],
    ['export', TLS10, 0x0003, 'the export key is signed too'],
    ['rsa-512', TLS10, 0x0033, 'a 512-bit key has room for MD5 and SHA-1'],
    ['rsa-1024', TLS12, 0xc02f, 'a 1024-bit key has room for RSA-PSS with SHA-256'],
  ]
  for (const [row, version, suite, why] of signed)
    test(`${row} signs ${suite.toString(16)} in ${version.toString(16)}: ${why}`, () =>
      using(row, async (port) => {
        const random = Buffer.alloc(32, 7)
        const bytes = offer(version, { suites: [suite] })
        random.copy(bytes, 11)
        assertSigned(await once(port, bytes), random, version)
      }))

  test('an ECDSA suite comes with an ECDSA certificate', () =>
    using(scripted({ suites: [0xc02b] }), async (port) => {
      const bytes = offer(TLS12, { suites: [0xc02b] })
      const random = Buffer.from(bytes.subarray(11, 43))
      assertSigned(await once(port, bytes), random, TLS12)
    }))

  test('certificates are whole: name, dates and signature', () =>
    using('tls10-and-tls12', async (port) => {
      const certificate = certificateOf(await once(port, offer(TLS12, { suites: [0xc02f] })))
      assert.equal(certificate.checkHost(SERVER_NAME), SERVER_NAME)
      assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1')
      assert.ok(certificate.verify(certificate.publicKey))
      assert.ok(new Date(certificate.validFrom) < new Date() && new Date(certificate.validTo) > new Date())
    }))

  test('anonymous, Kerberos and pre-shared suites come without a certificate', () =>
    using('kerberos-and-psk', async (port) => {
      for (const suite of [0x001f, 0x008c, 0x0090])
        assert.equal(messageOf(await once(port, offer(TLS10, { suites: [suite] })), Message.certificate), undefined)
    }))
})

function certificateOf(answer: Answer): X509Certificate {
  return new X509Certificate(messageOf(answer, Message.certificate)!.subarray(10))
}

/** ServerKeyExchange without its signature is `params`; the scheme stands between them in TLS 1.2. */
function assertSigned(answer: Answer, clientRandom: Buffer, version: number): void {
  const body = messageOf(answer, Message.serverKeyExchange)!.subarray(4)
  const { publicKey } = certificateOf(answer)
  const { random, suite } = serverHelloOf(answer)
  const parts = suite >= 0xc000 ? 0 : suite === 0x0003 ? 2 : 3
  let end = parts === 0 ? 4 + body[3]! : 0
  for (let part = 0; part < parts; part++) end += 2 + body.readUInt16BE(end)
  const data = Buffer.concat([clientRandom, random, body.subarray(0, end)])
  const scheme = version === TLS12 ? body.readUInt16BE(end) : undefined
  const signature = body.subarray(end + (scheme === undefined ? 2 : 4))
  if (scheme === undefined && publicKey.asymmetricKeyType === 'rsa') {
    const both = Buffer.concat([createHash('md5').update(data).digest(), createHash('sha1').update(data).digest()])
    assert.ok(publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature).equals(both))
    return
  }
  const pss = scheme === 0x0804 ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}
  assert.ok(verify(scheme === undefined ? 'sha1' : 'sha256', data, { key: publicKey, ...pss }, signature))
}

describe('what else a ServerHello tells', { concurrency: 6 }, () => {
  const asked = (type: number, data: Buffer = Buffer.alloc(0)): Buffer => extensionBytes(type, data)

  test('client-order takes suite and group of the client, others their own', async () => {
    const pair = async (row: string): Promise<number[]> =>
      using(row, async (port) => {
        const answer = await once(port, offer(TLS12, { suites: [0xc030, 0xc02f], groups: [Group.secp384r1, Group.x25519] }))
        return [serverHelloOf(answer).suite, keyExchangeGroup(answer)]
      })
    assert.deepEqual(await pair('client-order'), [0xc030, Group.secp384r1])
    assert.deepEqual(await pair('tls10-and-tls12'), [0xc02f, Group.x25519])
  })

  test('chacha-for-phones moves ChaCha20 up only for clients that put it first', () =>
    using('chacha-for-phones', async (port) => {
      assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0xcca8, 0xc030] }))).suite, 0xcca8)
      assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0xc02f, 0xcca8, 0xc030] }))).suite, 0xc030)
      // OpenSSL looks at the client's very first suite, shared or not.
      assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0xcca9, 0xc030, 0xcca8] }))).suite, 0xcca8)
    }))

  test('tls13-client-suites takes the first suite of the client, others their own', async () => {
    const first = async (row: string): Promise<number> =>
      using(row, async (port) => serverHelloOf(await once(port, hello13({ suites: [0x1303, 0x1302] }))).suite)
    assert.deepEqual([await first('tls13-client-suites'), await first('tls13-only')], [0x1303, 0x1302])
  })

  test('crime compresses where DEFLATE is offered, and only there', () =>
    using('crime', async (port) => {
      assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0xc02f], compressions: [1, 0] }))).compression, 1)
      assert.equal(serverHelloOf(await once(port, offer(TLS12, { suites: [0xc02f] }))).compression, 0)
    }))

  test('the downgrade sentinel of RFC 8446 §4.1.3 is there, and can be left out', async () => {
    const ends = async (row: string): Promise<string[]> =>
      using(row, async (port) => {
        const versions = row === 'tls10-and-tls13' ? [TLS10] : [TLS10, TLS12]
        const answers = await Promise.all(versions.map((version) => once(port, offer(version, { suites: [0xc013, 0x002f] }))))
        return answers.map((answer) => serverHelloOf(answer).random.subarray(24).toString('latin1'))
      })
    assert.deepEqual(await ends('tls10-and-tls13'), ['DOWNGRD\0'])
    for (const end of await ends('no-downgrade-sentinel')) assert.ok(!end.startsWith('DOWNGRD'))
    await using(scripted({ versions: [TLS12, TLS13] }), async (port) =>
      assert.equal(
        serverHelloOf(await once(port, offer(TLS12, { suites: [0xc02f] })))
          .random.subarray(24)
          .toString('latin1'),
        'DOWNGRD\x01',
      ),
    )
  })

  test('TLS_FALLBACK_SCSV is honoured, but not by no-fallback-scsv', async () => {
    const alert = async (row: string): Promise<number> =>
      using(row, async (port) => (await once(port, offer(TLS10, { suites: [0x002f, 0x5600] }))).alert)
    assert.equal(await alert('tls10-and-tls12'), Alert.inappropriateFallback)
    assert.equal(await alert('no-fallback-scsv'), -1)
    await using('tls10-and-tls12', async (port) =>
      assert.equal((await once(port, offer(TLS12, { suites: [0x002f, 0x5600] }))).kind, 'messages'),
    )
  })

  test('every-extension answers each extension that was asked for, and none that was not', () =>
    using('every-extension', async (port) => {
      const types = [Extension.encryptThenMac, Extension.extendedMasterSecret, Extension.truncatedHmac, Extension.sct]
      const more = [
        ...types.map((type) => asked(type)),
        asked(Extension.statusRequest, Buffer.from('0100000000', 'hex')),
        asked(Extension.alpn, vector(2, vector(1, Buffer.from('h2')), vector(1, Buffer.from('smtp')))),
      ]
      const full = await once(port, offer(TLS12, { suites: [0xc027], more }))
      const found = serverHelloOf(full).extensions
      for (const type of [...types, Extension.statusRequest, Extension.alpn, Extension.renegotiationInfo, Extension.ecPointFormats])
        assert.ok(found.has(type), `${type}`)
      assert.equal(found.get(Extension.alpn)?.toString('latin1').slice(3), 'smtp')
      assert.equal(messageOf(full, Message.certificateStatus)?.toString('hex'), '160000090100000530030a0103')
      assert.deepEqual([...serverHelloOf(await once(port, hello({ suites: [0xc027], extensions: [] }))).extensions.keys()], [])
      const aead = serverHelloOf(await once(port, offer(TLS12, { suites: [0xc013], more: [asked(Extension.heartbeat, u8(1))] }))).extensions
      assert.ok(!aead.has(Extension.heartbeat))
    }))

  test('ssl3-to-tls12 knows nothing of secure renegotiation, others answer suite or extension', async () => {
    const has = async (row: string, bytes: Buffer): Promise<boolean> =>
      using(row, async (port) => serverHelloOf(await once(port, bytes)).extensions.has(Extension.renegotiationInfo))
    assert.equal(await has('ssl3-to-tls12', offer(TLS12, { suites: [0x002f, 0x00ff] })), false)
    assert.equal(await has('tls10-and-tls12', offer(TLS12, { suites: [0x002f] })), true)
    assert.equal(await has('ssl3-only', offer(SSL3, { suites: [0x0005] })), true)
    assert.equal(await has('tls10-and-tls12', hello({ suites: [0x002f, 0x00ff], extensions: undefined })), true)
  })

  test('unsolicited-extension answers with 0x1234', () =>
    using('unsolicited-extension', async (port) =>
      assert.ok(serverHelloOf(await once(port, offer(TLS12, { suites: [0x002f] }))).extensions.has(0x1234)),
    ))

  test('a hello for a version between is answered with the next below, a version above with the best', () =>
    using('tls10-and-tls12', async (port) => {
      assert.equal(serverHelloOf(await once(port, offer(TLS11, { suites: [0x002f] }))).version, TLS10)
      assert.equal(serverHelloOf(await once(port, hello({ version: 0x0305, suites: [0x002f] }))).version, TLS12)
    }))

  test('supported_versions is read by servers of TLS 1.3 and by no others', async () => {
    const bytes = hello({ suites: [0x002f], extensions: [versionsExtension(TLS10), keyShareExtension()] })
    assert.equal(
      await using(scripted({ versions: [TLS10, TLS12, TLS13] }), async (port) => serverHelloOf(await once(port, bytes)).version),
      TLS10,
    )
    assert.equal(await using('tls10-and-tls12', async (port) => serverHelloOf(await once(port, bytes)).version), TLS12)
  })

  test('client-certificates asks for one and gives up without', () =>
    using('client-certificates', async (port) => {
      const answer = await ask(port, offer(TLS12, { suites: [0x002f] }))
      assert.ok(messageOf(answer, Message.certificateRequest))
      answer.client.clear()
      const empty = Buffer.from('16030300070b000003000000', 'hex')
      assert.equal((await say(answer.client, empty)).alert, Alert.handshakeFailure)
    }))

  test('client-certificates-tls13 says certificate_required, but only when the handshake is over', () =>
    using('client-certificates-tls13', async (port) => {
      const socket = await dial(port)
      const error = new Promise((resolve) => socket.once('error', resolve))
      socket.resume()
      assert.match(String(await error), /certificate.required/i)
    }))

  const refusals: readonly (readonly [row: string, kind: Answer['kind'], alert: number])[] = [
    ['tls10-and-tls12', 'alert', Alert.handshakeFailure],
    ['refuses-with-close', 'fin', -1],
    ['refuses-with-insufficient-security', 'alert', Alert.insufficientSecurity],
    ['refuses-with-silence', 'silent', -1],
    ['refuses-with-reset', 'reset', -1],
  ]
  for (const [row, kind, alert] of refusals)
    test(`${row} meets a hello without common suites with ${kind}`, () =>
      using(row, async (port) => {
        const answer = await once(port, offer(TLS12, { suites: [0x0004] }), kind === 'silent' ? 150 : 3000)
        assert.deepEqual([answer.kind, answer.alert], [kind, alert])
      }))

  test('what is no hello is not answered as one', () =>
    using('tls10-and-tls12', async (port) => {
      assert.equal((await once(port, Buffer.from('GET / HTTP/1.0\r\n\r\n'))).kind, 'fin')
      assert.equal((await once(port, Buffer.from('1503010002022800', 'hex'))).kind, 'fin')
      const cut = helloMessage().subarray(0, 60)
      const lying = Buffer.concat([Buffer.from([22, 3, 1, 0, 60, 1, 0, 0, 56]), cut.subarray(4)])
      assert.equal((await once(port, lying)).alert, Alert.decodeError)
    }))
})
