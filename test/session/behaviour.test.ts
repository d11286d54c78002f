import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CONTENT_TYPE,
  encryptForRsa,
  EXTENSION_TYPE,
  findExtension,
  SUPPORTED_GROUPS,
  type Resumption,
  type SessionOptions,
  type SessionProtocol,
} from '../../src/wire/index.ts'
import { groupByCode } from '../../src/registry/index.ts'
import { certificates, needPeer, startPeer, type LeafName, type PeerSettings } from '../peers/index.ts'
import { startConsole, Talk, type Kind } from './driver.ts'

const REQUEST = Buffer.from('GET / HTTP/1.0\r\n\r\n')
const OLD_TOO = { ciphers: 'ALL', securityLevel: 0 } as const
const TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA = 0xc013
const TLS_RSA_WITH_AES_128_CBC_SHA = 0x002f

async function openssl(t: TestContext, settings: PeerSettings<'openssl'> = OLD_TOO): Promise<number> {
  return (await startPeer('openssl', settings, t)).doors.tls
}

async function connect(t: TestContext, port: number, options: Partial<SessionOptions>): Promise<Talk> {
  const talk = await Talk.open(port, options, t)
  await talk.expect('connected')
  return talk
}

/** `-cert` and the like for a server with a console. */
async function identity(name: LeafName = 'rsa'): Promise<readonly string[]> {
  const leaf = (await certificates()).leaf(name)
  return ['-cert', leaf.certificate, '-key', leaf.key, '-cert_chain', leaf.chain]
}

describe('a whole handshake shows', { skip: needPeer('openssl') }, () => {
  const orders: readonly (readonly [SessionProtocol, readonly Kind[]])[] = [
    [
      'TLSv1.2',
      [
        'server-hello',
        'certificate',
        'certificate-status',
        'server-key-exchange',
        'server-hello-done',
        'new-session-ticket',
        'change-cipher-spec',
        'finished',
        'connected',
      ],
    ],
    [
      'TLSv1.3',
      [
        'server-hello',
        'change-cipher-spec',
        'encrypted-extensions',
        'certificate',
        'certificate-status',
        'certificate-verify',
        'finished',
        'connected',
      ],
    ],
  ]
  for (const [protocol, kinds] of orders) {
    test(`its messages in ${protocol}, the chain, what was stapled, and the protocol of ALPN`, async (t) => {
      const port = await openssl(t, { staple: true, alpn: ['imap', 'smtp'] })
      const talk = await connect(t, port, { protocols: [protocol], statusRequest: true, alpn: ['smtp', 'imap'] })
      assert.deepEqual(talk.kinds.slice(0, kinds.length), kinds)
      const subjects = (await talk.expect('certificate')).chain.map((der) => new X509Certificate(der).subject)
      assert.deepEqual([subjects[0], subjects.at(-1)], ['CN=mail.example.test', 'CN=Postern Test rsa-intermediate'])
      assert.equal((await talk.expect('certificate-status')).status.kind, 'ocsp')
      assert.equal((await talk.expect('connected')).alpn, 'imap')
    })
  }

  test('nothing stapled where nobody asked', async (t) => {
    const talk = await connect(t, await openssl(t, { staple: true }), {})
    assert.equal(talk.all('certificate-status').length, 0)
  })

  const leaves: readonly (readonly [LeafName, SessionProtocol, scheme: number | undefined])[] = [
    ['rsa', 'TLSv1', undefined],
    ['rsa', 'TLSv1.2', 0x0804],
    ['rsa', 'TLSv1.3', 0x0804],
    ['ecdsa', 'TLSv1', undefined],
    ['ecdsa', 'TLSv1.3', 0x0403],
    ['ecdsa-p384', 'TLSv1.2', 0x0403],
    ['ed25519', 'TLSv1.2', 0x0807],
    ['ed25519', 'TLSv1.3', 0x0807],
    ['dsa', 'TLSv1.2', 0x0402],
  ]
  for (const [leaf, protocol, scheme] of leaves) {
    test(`the signature with a certificate of kind ${leaf} in ${protocol}`, async (t) => {
      const suites = { cipherSuites: [0x1301, 0xc02b, 0xc02f, 0xc013, 0xc009, 0x0032, 0x0040] }
      const talk = await connect(t, await openssl(t, { ...OLD_TOO, certificates: [leaf] }), { protocols: [protocol], ...suites })
      const [signed] = [...talk.all('server-key-exchange'), ...talk.all('certificate-verify')]
      assert.deepEqual([signed?.scheme, signed?.signatureValid], [scheme, true])
    })
  }

  test('the parameters of DHE', async (t) => {
    const talk = await connect(t, await openssl(t, { ...OLD_TOO, dh: 'own-1024' }), { protocols: ['TLSv1.2'], cipherSuites: [0x0033] })
    const { params } = await talk.expect('server-key-exchange')
    assert.equal(params?.kind === 'DHE' && params.dhP.length, 128)
    assert.equal((await talk.expect('connected')).group, undefined)
  })

  test('the parameters of an EXPORT suite', { skip: needPeer('jsse') }, async (t) => {
    const peer = await startPeer('jsse', { versions: ['TLSv1'], ciphers: 'all' }, t)
    // Where ffdhe groups are offered, it takes one of those even here.
    const talk = await connect(t, peer.doors.tls, { protocols: ['TLSv1'], cipherSuites: [0x0014], groups: [23] })
    const { params } = await talk.expect('server-key-exchange')
    assert.equal(params?.kind === 'DHE' && params.dhP.length, 64)
    const ephemeral = await connect(t, peer.doors.tls, { protocols: ['TLSv1'], cipherSuites: [0x0003] })
    const { params: rsa } = await ephemeral.expect('server-key-exchange')
    assert.equal(rsa?.kind === 'RSA_EXPORT' && rsa.rsaModulus.length, 64)
  })

  test('a refusal as an alert, and the end', async (t) => {
    const talk = await Talk.open(await openssl(t), { protocols: ['TLSv1.2'], cipherSuites: [0x0003] }, t)
    const alert = await talk.expect('alert')
    assert.deepEqual([alert.level, alert.description, alert.sealed], [2, 40, false])
    assert.equal((await talk.expect('closed')).by, 'fatal-alert')
  })
})

describe('groups', () => {
  const names = (codes: readonly number[]): string[] => codes.map((code) => groupByCode(code)?.openssl ?? '')
  const rows: readonly (readonly [SessionProtocol, readonly number[]])[] = [
    // Node 24 has left out the curves on binary fields and those below 224 bits.
    ['TLSv1.2', SUPPORTED_GROUPS.filter((group) => group >= 20 && group < 31)],
    ['TLSv1.3', [23, 24, 25, 29, 30, 31, 32, 33, 256, 257, 258, 259, 260, 512, 513, 514, 4587, 4588, 4589]],
  ]
  for (const [protocol, groups] of rows) {
    test(`each of ${names(groups).join(', ')} carries a handshake of ${protocol}`, async (t) => {
      const peer = await startPeer('node24', { ...OLD_TOO, groups: names(groups) }, t)
      for (const group of groups) {
        const options = { protocols: [protocol], groups: [group], keyShares: [group], cipherSuites: [0x1301, 0xc02f] }
        const talk = await connect(t, peer.doors.tls, options)
        assert.equal((await talk.expect('connected')).group, group)
        assert.equal((await talk.expect('finished')).valid, true)
      }
    })
  }

  test('a key share that the server does not want leads to a second hello with another one, RFC 8446 §4.1.4', async (t) => {
    const port = await openssl(t, { groups: ['P-384'] })
    const talk = await connect(t, port, { protocols: ['TLSv1.3'], groups: [29, 24], keyShares: [29] })
    assert.equal((await talk.expect('hello-retry-request')).group, 24)
    assert.equal((await talk.expect('connected')).group, 24)
  })

  test('a cookie goes back, RFC 8446 §4.2.2', { skip: needPeer('nss') }, async (t) => {
    const { doors } = await startPeer('nss', { versions: ['tls1.2', 'tls1.3'] }, t)
    const talk = await connect(t, doors.tls, { protocols: ['TLSv1.3'], keyShares: [] })
    assert.ok(findExtension((await talk.expect('hello-retry-request')).hello.extensions, EXTENSION_TYPE.cookie))
  })
})

describe('options up to TLS 1.2', { skip: needPeer('openssl') }, () => {
  for (const extendedMasterSecret of [true, false]) {
    for (const encryptThenMac of [true, false]) {
      test(`extended master secret ${extendedMasterSecret}, encrypt-then-MAC ${encryptThenMac}: both sides agree`, async (t) => {
        const port = await openssl(t)
        for (const protocol of ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
          const suites = { cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA] }
          const talk = await connect(t, port, { protocols: [protocol], extendedMasterSecret, encryptThenMac, ...suites })
          const connected = await talk.expect('connected')
          assert.deepEqual([connected.extendedMasterSecret, connected.encryptThenMac], [extendedMasterSecret, encryptThenMac])
          talk.send(talk.session.write(REQUEST))
          await talk.expect('application-data')
          talk.close()
        }
      })
    }
  }

  test('encrypt-then-MAC is not said of a suite that has no use for it, RFC 7366 §3', async (t) => {
    const talk = await connect(t, await openssl(t), { protocols: ['TLSv1.2'], cipherSuites: [0xc02f] })
    assert.equal((await talk.expect('connected')).encryptThenMac, false)
  })
})

describe('resumption', { skip: needPeer('openssl') }, () => {
  /** The first handshake is over before the second begins: the server takes one client after the other. */
  async function firstSession(t: TestContext, port: number, options: Partial<SessionOptions>): Promise<Resumption> {
    const talk = await connect(t, port, options)
    const kind = options.protocols?.includes('TLSv1.3') === true ? 'new-session-ticket' : 'connected'
    const { resumption } = await talk.expect(kind)
    // OpenSSL forgets the session of a connection that ends without close_notify.
    talk.send(talk.session.close())
    await talk.ended()
    return resumption!
  }

  for (const protocol of ['TLSv1', 'TLSv1.2'] as const) {
    for (const [way, settings] of [
      ['ticket', OLD_TOO],
      ['session id', { ...OLD_TOO, tickets: false }],
    ] as const) {
      test(`by ${way} in ${protocol}`, async (t) => {
        const port = await openssl(t, settings)
        const resume = await firstSession(t, port, { protocols: [protocol] })
        assert.equal(resume.ticket !== undefined, way === 'ticket')
        const second = await connect(t, port, { protocols: [protocol], resume })
        assert.deepEqual(second.kinds.slice(-3), ['change-cipher-spec', 'finished', 'connected'])
        assert.equal((await second.expect('connected')).resumed, true)
        assert.equal((await second.expect('finished')).valid, true)
        second.send(second.session.write(REQUEST))
        await second.expect('application-data')
      })
    }
  }

  test('a ticket that the server does not know leads to a whole handshake, RFC 5077 §3.4', async (t) => {
    const port = await openssl(t)
    const resume = await firstSession(t, port, { protocols: ['TLSv1.2'] })
    const talk = await connect(t, port, { protocols: ['TLSv1.2'], resume: { ...resume, ticket: new Uint8Array(200) } })
    assert.equal((await talk.expect('connected')).resumed, false)
    assert.equal(talk.all('certificate').length, 1)
  })

  test('a session id of any length beside a ticket comes back as it was sent', async (t) => {
    const port = await openssl(t)
    const resume = await firstSession(t, port, { protocols: ['TLSv1.2'] })
    const sessionId = Uint8Array.of(7)
    const talk = await connect(t, port, { protocols: ['TLSv1.2'], resume, sessionId })
    assert.deepEqual((await talk.expect('server-hello')).hello.legacySessionIdEcho, sessionId)
    assert.equal((await talk.expect('connected')).resumed, true)
  })

  for (const [why, settings, options] of [
    ['with a new key exchange', {}, {}],
    ['with the PSK alone', { more: ['-allow_no_dhe_kex'] }, { pskModes: [0] }],
    ['behind a HelloRetryRequest', { groups: ['P-384'] }, {}],
    ['with SHA-384', { ciphersuites: 'TLS_AES_256_GCM_SHA384' }, {}],
  ] as const) {
    test(`by PSK in TLS 1.3 ${why}`, async (t) => {
      const port = await openssl(t, settings)
      const resume = await firstSession(t, port, { protocols: ['TLSv1.3'], ...options })
      const talk = await connect(t, port, { protocols: ['TLSv1.3'], resume, ...options })
      const { resumed, group } = await talk.expect('connected')
      assert.equal(resumed, true)
      assert.equal(group === undefined, why === 'with the PSK alone')
      assert.equal((await talk.expect('finished')).valid, true)
      assert.equal(talk.all('certificate').length, 0)
      talk.send(talk.session.write(REQUEST))
      await talk.expect('application-data')
    })
  }

  test('early data is accepted once, and refused when it comes again', async (t) => {
    const server = await startConsole([...(await identity()), '-early_data', '-max_early_data', '16384'], t)
    const first = await connect(t, server.port, { protocols: ['TLSv1.3'] })
    const { resumption: resume, maxEarlyData, lifetime } = await first.expect('new-session-ticket')
    assert.deepEqual([maxEarlyData, lifetime], [16_384, 7200])
    first.close()
    for (const [earlyData, resumed] of [
      ['accepted', true],
      ['rejected', false],
    ] as const) {
      const talk = await connect(t, server.port, { protocols: ['TLSv1.3'], resume, ticketAge: () => 20, earlyData: REQUEST })
      const connected = await talk.expect('connected')
      assert.deepEqual([connected.earlyData, connected.resumed], [earlyData, resumed])
      // Whatever was read wrongly would end the connection with an alert.
      await talk.expect('new-session-ticket')
      server.tell('hello\n')
      await talk.expect('application-data')
      talk.close()
    }
  })
})

describe('a client certificate that is asked for is declined', () => {
  for (const protocol of ['TLSv1', 'TLSv1.2', 'TLSv1.3'] as const) {
    test(`in ${protocol}`, { skip: needPeer('openssl') }, async (t) => {
      const talk = await connect(t, await openssl(t, { ...OLD_TOO, more: ['-verify', '1'] }), { protocols: [protocol] })
      const { request } = await talk.expect('certificate-request')
      assert.equal('certificateTypes' in request, protocol !== 'TLSv1.3')
      talk.send(talk.session.write(REQUEST))
      await talk.expect('application-data')
    })
  }

  test('even if the server then refuses', { skip: needPeer('openssl') }, async (t) => {
    const talk = await Talk.open(await openssl(t, { more: ['-Verify', '1'] }), { protocols: ['TLSv1.2'] }, t)
    assert.equal((await talk.expect('alert')).description, 40)
  })
})

describe('renegotiation', { skip: needPeer('openssl') }, () => {
  test('is refused by an alert, and the connection goes on', async (t) => {
    const server = await startConsole(await identity(), t)
    const talk = await connect(t, server.port, { protocols: ['TLSv1.2'] })
    talk.send(talk.session.renegotiate())
    const alert = await talk.expect('alert')
    assert.deepEqual([alert.level, alert.description, alert.sealed], [1, 100, true])
    server.tell('still here\n')
    await talk.expect('application-data')
  })

  for (const indication of [true, false]) {
    test(`is carried out, ${indication ? 'and says' : 'without saying'} what it belongs to, RFC 5746 §3.5`, async (t) => {
      const server = await startConsole(
        [...(await identity()), '-client_renegotiation', '-legacy_renegotiation', '-cipher', 'ALL:@SECLEVEL=0'],
        t,
      )
      for (const protocol of ['TLSv1', 'TLSv1.2'] as const) {
        const suites = { cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, 0xc02f] }
        const talk = await connect(t, server.port, { protocols: [protocol], ...suites })
        const from = talk.events.length
        talk.send(talk.session.renegotiate({ indication }))
        const again = await talk.expect('connected', from)
        assert.equal(again.secureRenegotiation, indication)
        assert.equal((await talk.expect('finished', from)).valid, true)
        server.tell('hello\n')
        await talk.expect('application-data', from)
        talk.close()
      }
    })
  }

  test('that the server asks for is shown, and left to the caller', async (t) => {
    const server = await startConsole(await identity(), t)
    const talk = await connect(t, server.port, { protocols: ['TLSv1.2'] })
    server.tell('r\n')
    await talk.expect('hello-request')
    const from = talk.events.length
    talk.send(talk.session.renegotiate())
    assert.equal((await talk.expect('connected', from)).secureRenegotiation, true)
  })

  for (const protocol of ['SSLv3', 'TLSv1'] as const) {
    test(`with NSS in ${protocol}, where the hello has no other extension or many`, { skip: needPeer('nss') }, async (t) => {
      const peer = await startPeer('nss', { versions: ['ssl3', 'tls1.2'], suites: [TLS_RSA_WITH_AES_128_CBC_SHA] }, t)
      const talk = await connect(t, peer.doors.tls, { protocols: [protocol], cipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA] })
      const from = talk.events.length
      talk.send(talk.session.renegotiate())
      assert.equal((await talk.expect('connected', from)).secureRenegotiation, true)
    })
  }
})

describe('keys change in TLS 1.3, RFC 8446 §4.6.3', { skip: needPeer('openssl') }, () => {
  test('for one direction, and for both', async (t) => {
    const server = await startConsole(await identity(), t)
    const talk = await connect(t, server.port, { protocols: ['TLSv1.3'] })
    for (const [command, requested] of [
      ['k', false],
      ['K', true],
    ] as const) {
      const from = talk.events.length
      server.tell(`${command}\n`)
      assert.equal((await talk.expect('key-update', from)).requested, requested)
      talk.send(talk.session.write(REQUEST))
      server.tell('hello\n')
      await talk.expect('application-data', from)
    }
    assert.equal(talk.all('closed').length, 0)
  })
})

describe('what an attacker would do', { skip: needPeer('openssl') }, () => {
  const paused = { protocols: ['TLSv1.2'], pauseAfterServerHelloDone: true } as const

  test('a paused handshake goes on piece by piece', async (t) => {
    const talk = await Talk.open(await openssl(t), paused, t)
    await talk.expect('server-hello-done')
    const { send, events } = talk.session.sendClientKeyExchange()
    assert.deepEqual(events, [])
    talk.send(send!)
    talk.send(talk.session.sendChangeCipherSpec())
    talk.send(talk.session.sendFinished())
    assert.equal((await talk.expect('finished')).valid, true)
    await talk.expect('connected')
  })

  test('a premaster secret encrypted by hand is taken', async (t) => {
    const talk = await Talk.open(await openssl(t), { ...paused, cipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA] }, t)
    await talk.expect('server-hello-done')
    const [leaf] = (await talk.expect('certificate')).chain
    const preMasterSecret = Uint8Array.of(3, 3, ...new Uint8Array(46).fill(9))
    const exchangeKeys = encryptForRsa(new X509Certificate(leaf!).publicKey, preMasterSecret)
    talk.send(talk.session.sendClientKeyExchange({ exchangeKeys, preMasterSecret }).send!)
    talk.send(talk.session.sendChangeCipherSpec())
    talk.send(talk.session.sendFinished())
    await talk.expect('connected')
  })

  test('a wrong premaster secret shows at the Finished only, RFC 5246 §7.4.7.1', async (t) => {
    const talk = await Talk.open(await openssl(t), { ...paused, cipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA] }, t)
    await talk.expect('server-hello-done')
    const handmade = { exchangeKeys: new Uint8Array(256).fill(1), preMasterSecret: new Uint8Array(48) }
    talk.send(talk.session.sendClientKeyExchange(handmade).send!)
    await delay(100)
    assert.equal(talk.all('alert').length, 0)
    talk.send(talk.session.sendChangeCipherSpec())
    talk.send(talk.session.sendFinished())
    assert.equal((await talk.expect('alert')).description, 20)
  })

  test('a Finished with a verify_data of one’s own is refused', async (t) => {
    const talk = await Talk.open(await openssl(t), paused, t)
    await talk.expect('server-hello-done')
    talk.send(talk.session.sendClientKeyExchange().send!)
    talk.send(talk.session.sendChangeCipherSpec())
    talk.send(talk.session.sendFinished(new Uint8Array(12)))
    assert.equal((await talk.expect('alert')).description, 51)
  })

  test('a ChangeCipherSpec before its time is refused, CVE-2014-0224', async (t) => {
    const talk = await Talk.open(await openssl(t), paused, t)
    await talk.expect('server-hello-done')
    talk.send(talk.session.sendRecord(CONTENT_TYPE.change_cipher_spec, Uint8Array.of(1)))
    assert.equal((await talk.expect('alert')).description, 10)
  })

  test('a record of a type that the server does not know goes out under the keys in force', async (t) => {
    const talk = await connect(t, await openssl(t), { protocols: ['TLSv1.2'] })
    talk.send(talk.session.sendRecord(99, Uint8Array.of(1)))
    const alert = await talk.expect('alert')
    assert.deepEqual([alert.description, alert.sealed], [10, true])
  })

  test('close_notify is answered with one', async (t) => {
    const server = await startConsole(await identity(), t)
    const talk = await connect(t, server.port, {})
    talk.send(talk.session.close())
    assert.equal((await talk.expect('closed')).by, 'close-notify')
  })
})

describe('records are shown where that is asked for', () => {
  const cbc = { protocols: ['TLSv1'], cipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA], observeRecords: true } as const

  test('OpenSSL sends an empty fragment before data in TLS 1.0 CBC', { skip: needPeer('openssl') }, async (t) => {
    const talk = await connect(t, await openssl(t), { ...cbc, encryptThenMac: false })
    talk.send(talk.session.write(REQUEST))
    await talk.expect('application-data')
    const [first] = talk.all('record').filter((record) => record.innerType === CONTENT_TYPE.application_data)
    assert.deepEqual([first?.innerLength, first?.sealed, first?.version], [0, true, 0x0301])
  })

  test('NSS sends one octet alone, then the rest', { skip: needPeer('nss') }, async (t) => {
    const peer = await startPeer('nss', { versions: ['tls1.0', 'tls1.0'] }, t)
    const talk = await connect(t, peer.doors.tls, cbc)
    talk.send(talk.session.write(REQUEST))
    await talk.expect('closed')
    const data = talk.all('record').filter((record) => record.innerType === CONTENT_TYPE.application_data)
    assert.equal(data[0]?.innerLength, 1)
    assert.ok(data[1] && data[1].innerLength > 1)
  })

  test('the inner type of TLS 1.3 beside the outer one', { skip: needPeer('openssl') }, async (t) => {
    const talk = await connect(t, await openssl(t), { protocols: ['TLSv1.3'], observeRecords: true })
    const sealed = talk.all('record').filter((record) => record.sealed)
    assert.ok(sealed.every((record) => record.type === CONTENT_TYPE.application_data && record.innerType === CONTENT_TYPE.handshake))
    assert.ok(sealed.length >= 4)
  })
})

describe('what this client cannot do is unsupported', () => {
  test('Camellia in GCM, which node:crypto has not', { skip: needPeer('gnutls') }, async (t) => {
    const settings = { ciphers: 'NORMAL:-CIPHER-ALL:+CAMELLIA-128-GCM:-VERS-TLS1.3' }
    const peer = await startPeer('gnutls', settings, t)
    const talk = await Talk.open(peer.doors.tls, { protocols: ['TLSv1.2'], cipherSuites: [0xc08a] }, t)
    const { what, detail } = await talk.expect('unsupported')
    assert.deepEqual([what, detail], ['cipher-suite', 'TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256'])
    // What was said in clear is there all the same.
    assert.equal((await talk.expect('server-key-exchange')).signatureValid, true)
  })
})
