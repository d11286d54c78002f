import assert from 'node:assert/strict'
import { constants, createPublicKey } from 'node:crypto'
import { describe, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import fc from 'fast-check'
import type { Policy } from '../../policy/index.ts'
import { cipherSuites, groups, knownPrime, signatureScheme } from '../../registry/index.ts'
import { Reader } from '../../wire/index.ts'
import { clientContext } from './client-options.ts'
import { proveContext } from './context-proof.ts'
import { dhParametersFor } from './dh-parameters.ts'
import { expand } from './expand.ts'
import { nodeOptions, type ServerWishes } from './node-options.ts'

/** All of today's TLS, but for what a row changes. */
function policyWith(change: Partial<Policy> = {}): Policy {
  return {
    name: 'test',
    title: 'Test',
    edition: '1',
    date: '2026-01-01',
    source: 'a test',
    protocols: { allowed: ['TLSv1.2', 'TLSv1.3'], required: [] },
    suites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    groups: ['x25519', 'secp256r1'],
    signatureSchemes: ['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'],
    dh: { minBits: 2048 },
    order: 'server',
    sslv2Hello: false,
    certificate: { keys: [{ type: 'RSA', minBits: 2048 }], hashes: ['SHA-256'] },
    features: { required: [], forbidden: [] },
    ...change,
  }
}

const options = (change: Partial<Policy> = {}, wishes: Partial<ServerWishes> = {}) =>
  nodeOptions(policyWith(change), { revision: '1', ...wishes })

const everything = policyWith({
  protocols: { allowed: ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], required: ['SSLv3'] },
  suites: cipherSuites.map(({ iana }) => iana),
  groups: groups.map(({ name }) => name),
  signatureSchemes: signatureScheme.names,
  dh: { minBits: 1024 },
})

describe('nodeOptions()', () => {
  test('writes lists in OpenSSL’s names and in the policy’s order, TLS 1.3 first', () => {
    const { ciphers, ecdhCurve, sigalgs, minVersion, maxVersion } = options({
      suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
      groups: ['secp256r1', 'x25519', 'secp256r1'],
    }).options
    assert.equal(ciphers, 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=2')
    assert.equal(ecdhCurve, 'prime256v1:X25519')
    assert.equal(sigalgs, 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256')
    assert.deepEqual([minVersion, maxVersion], ['TLSv1.2', 'TLSv1.3'])
  })

  const levels: readonly (readonly [Partial<Policy>, number, string])[] = [
    [{}, 2, 'nothing weak'],
    [{ protocols: { allowed: ['TLSv1.1', 'TLSv1.2'], required: [] }, suites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] }, 0, 'an old version'],
    [{ signatureSchemes: ['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha1'] }, 0, 'SHA-1'],
    [{ suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'], dh: { minBits: 1024 } }, 2, 'parameters of the usual 2048 bits'],
    [{ suites: ['TLS_DH_anon_WITH_AES_128_GCM_SHA256'] }, 0, 'no certificate'],
    [{ suites: ['TLS_RSA_WITH_AES_128_CCM_8'] }, 0, 'a tag of 64 bits'],
    [{ groups: ['x25519', 'secp192r1'] }, 1, 'a curve of 192 bits'],
    [{ certificate: { keys: [{ type: 'RSA', minBits: 1024 }], hashes: ['SHA-256'] } }, 1, 'keys of 1024 bits'],
    [{ certificate: { keys: [{ type: 'RSA' }], hashes: ['SHA-256'] } }, 0, 'keys of any size'],
    [{ certificate: { keys: [{ type: 'RSA', minBits: 2048 }], hashes: ['SHA-1'] } }, 0, 'certificates that are signed with SHA-1'],
  ]
  for (const [change, level, why] of levels) {
    test(`has security level ${level} for ${why}`, () => assert.ok(options(change).options.ciphers?.endsWith(`:@SECLEVEL=${level}`)))
  }

  test('has level 1 for 1024 bits of Diffie-Hellman', () => {
    const small = { suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'], dh: { minBits: 1024 } }
    assert.match(options(small, { dhBits: 1024 }).options.ciphers ?? '', /@SECLEVEL=1$/)
  })

  const { SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2, SSL_OP_NO_RENEGOTIATION, SSL_OP_CIPHER_SERVER_PREFERENCE } = constants
  const { SSL_OP_PRIORITIZE_CHACHA, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS } = constants
  const old = { suites: ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_AES_128_GCM_SHA256'] }
  const bits: readonly (readonly [Partial<Policy>, Partial<ServerWishes>, number, number, string])[] = [
    [{}, {}, SSL_OP_NO_RENEGOTIATION, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS, 'no renegotiation, and empty fragments'],
    [{ ...old, protocols: { allowed: ['TLSv1', 'TLSv1.2'], required: [] } }, {}, SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2, 'a hole'],
    [{ ...old, protocols: { allowed: ['TLSv1', 'TLSv1.3'], required: [] } }, {}, SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2, 0, 'a larger hole'],
    [{ order: 'server' }, {}, SSL_OP_CIPHER_SERVER_PREFERENCE, SSL_OP_PRIORITIZE_CHACHA, 'an order of its own'],
    [{ order: 'any' }, {}, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA, 0, 'no opinion on the order'],
    [{ order: 'client' }, {}, 0, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA, 'the client’s order'],
    [{ order: 'any' }, { chachaFirstForClients: false }, 0, SSL_OP_PRIORITIZE_CHACHA, 'a wish against ChaCha20 first'],
    [{}, { emptyFragments: false }, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS, 0, 'a wish against empty fragments'],
  ]
  for (const [change, wishes, set, unset, why] of bits) {
    test(`sets the switches for ${why}`, () => {
      const { secureOptions = 0 } = options(change, wishes).options
      assert.equal(secureOptions & set, set)
      assert.equal(secureOptions & unset, 0)
    })
  }

  test('tells Node whose order it is, for Node has an opinion of its own', () => {
    assert.deepEqual(
      (['server', 'any', 'client'] as const).map((order) => options({ order }).options.honorCipherOrder),
      [true, true, false],
    )
  })

  test('has a session context of its own for each policy, revision and identity', () => {
    const contexts = [options(), options({ title: 'Another' }), options({}, { revision: '2' }), options({}, { identity: 'a.example' })]
    const ids = contexts.map(({ options: { sessionIdContext = '' } }) => sessionIdContext)
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
    assert.equal(options().options.sessionIdContext, ids[0])
  })

  test('has parameters only where a suite needs them', () => {
    assert.equal(options().options.dhparam, undefined)
    assert.match(String(options({ suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'] }).options.dhparam), /^-----BEGIN DH PARAMETERS-----\n/)
  })

  const lost: readonly (readonly [Partial<Policy>, Partial<ServerWishes>, string, RegExp])[] = [
    [{ protocols: { allowed: ['SSLv3', 'TLSv1.2'], required: [] } }, {}, 'SSLv3', /RFC 7568 §3/],
    [{ suites: ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_AES_128_GCM_SHA256'] }, {}, 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', /does not have it/],
    [{ suites: ['TLS_RSA_WITH_RC4_128_SHA', 'TLS_AES_128_GCM_SHA256'] }, {}, 'TLS_RSA_WITH_RC4_128_SHA', /does not have it/],
    [{ suites: ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', 'TLS_AES_128_GCM_SHA256'] }, {}, 'TLS_RSA_EXPORT_WITH_RC4_40_MD5', /does not have it/],
    [{ suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'] }, {}, 'TLS_PSK_WITH_AES_128_GCM_SHA256', /a secret/],
    [{ suites: ['TLS_NONSENSE', 'TLS_AES_128_GCM_SHA256'] }, {}, 'TLS_NONSENSE', /nobody has given/],
    [{ groups: ['GC256A', 'x25519'] }, {}, 'GC256A', /does not have it/],
    [{ groups: ['ffdhe2048'] }, {}, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', /no curve/],
    [{ groups: ['brainpoolP256r1'] }, {}, 'TLSv1.3', /no group/],
    [{ signatureSchemes: ['ed25519', 'rsa_pkcs1_md5', 'rsa_pss_rsae_sha256'] }, {}, 'rsa_pkcs1_md5', /does not have it/],
    [{ signatureSchemes: ['rsa_pkcs1_sha256'] }, {}, 'TLSv1.3', /no signature scheme/],
    [{ signatureSchemes: ['ed25519'] }, {}, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', /no signature scheme/],
    [{ signatureSchemes: ['ecdsa_secp256r1_sha256'] }, { keys: ['ECDSA'] }, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', /no certificate/],
    [{ suites: ['TLS_AES_128_GCM_SHA256'], signatureSchemes: ['ecdsa_secp256r1_sha256'] }, {}, 'TLSv1.2', /none of the suites/],
    [
      { suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'], dh: { minBits: 16_384 } },
      {},
      'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
      /no Diffie-Hellman/,
    ],
    [{ features: { required: ['compression'], forbidden: [] } }, {}, 'compression', /never/],
    [{ features: { required: [], forbidden: ['extendedMasterSecret'] } }, {}, 'extendedMasterSecret', /always/],
  ]
  for (const [change, wishes, name, why] of lost) {
    test(`says that ${name} cannot be had: ${why.source}`, () => {
      // One version stays possible in each row.
      const spare = { protocols: { allowed: ['TLSv1', 'TLSv1.2', 'TLSv1.3'], required: [] } } as const
      const found = options(
        { ...spare, ...change, suites: [...(change.suites ?? policyWith().suites), 'TLS_RSA_WITH_AES_128_CBC_SHA'] },
        { ...wishes, ...(wishes.keys === undefined ? {} : { keys: [...wishes.keys] }) },
      )
      assert.match(found.inexpressible.find((one) => one.name === name)?.why ?? 'it is not said', why)
    })
  }

  test('says which of it the policy demands', () => {
    const { inexpressible } = nodeOptions(everything, { revision: '1' })
    assert.deepEqual(
      inexpressible.filter(({ demanded }) => demanded).map(({ name }) => name),
      ['SSLv3'],
    )
  })

  test('gives up a suite of TLS 1.0 that would be chosen in TLS 1.2 and then lack a scheme, but not where TLS 1.2 is lost anyway', () => {
    const change = {
      protocols: { allowed: ['TLSv1', 'TLSv1.2'], required: [] },
      signatureSchemes: ['ecdsa_secp256r1_sha256'],
      suites: ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'],
    } as const
    const both = options(change)
    assert.deepEqual(
      both.spoken.suites.map(({ iana }) => iana),
      ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'],
    )
    assert.match(both.inexpressible[0]?.why ?? '', /would choose it/)
    const old = options({ ...change, suites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] })
    assert.deepEqual([old.spoken.protocols, old.spoken.suites.length], [['TLSv1'], 1])
  })

  const impossible: readonly (readonly [Partial<Policy>, string])[] = [
    [{ protocols: { allowed: [], required: [] } }, 'no version'],
    [{ protocols: { allowed: ['SSLv2', 'SSLv3'], required: [] } }, 'versions that nobody speaks any more'],
    [{ suites: ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'] }, 'a suite that is gone'],
    [{ protocols: { allowed: ['TLSv1.3'], required: [] }, suites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] }, 'no suite for the only version'],
    [{ protocols: { allowed: ['TLSv1.3'], required: [] }, groups: [] }, 'no group for it'],
  ]
  for (const [change, why] of impossible) {
    test(`refuses ${why}`, () => {
      assert.throws(() => options(change), { code: 'POLICY_UNSPEAKABLE' })
      assert.throws(() => clientContext(policyWith(change)), { code: 'POLICY_UNSPEAKABLE' })
    })
  }
})

describe('expand()', () => {
  test('reads everything back that this Node can do', async () => {
    const context = nodeOptions(everything, { revision: '1' })
    await proveContext(everything, context)
    const found = await expand(context.options)
    assert.deepEqual(Object.keys(found), ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
    assert.ok((found['TLSv1.2']?.suites.length ?? 0) > 60)
    assert.ok((found['TLSv1.3']?.groups.length ?? 0) > 10)
  })

  test('shows what OpenSSL makes of nonsense', async () => {
    const twelve = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
    const bogus = await expand({ ...twelve, ciphers: 'BOGUS:AES128-SHA' })
    assert.deepEqual(bogus['TLSv1.2']?.suites, ['TLS_RSA_WITH_AES_128_CBC_SHA'], 'an unknown name is dropped in silence')
    assert.deepEqual(await expand({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }), {}, 'no version at all')
  })

  const { options: good, ...rest } = nodeOptions(policyWith(), { revision: '1' })
  const tampered = [
    [{ ciphers: 'TLS_AES_128_GCM_SHA256:AES128-SHA:@SECLEVEL=2' }, 'another suite'],
    [{ ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=2' }, 'one suite too many'],
    [{ ecdhCurve: 'prime256v1:X25519' }, 'another order of groups'],
    [{ sigalgs: 'rsa_pkcs1_sha256' }, 'a scheme too few'],
    [{ secureOptions: constants.SSL_OP_NO_TLSv1_3 }, 'a version too few'],
    [{ minVersion: 'TLSv1', ciphers: `${good.ciphers}`.replace('=2', '=0:AES128-SHA') }, 'a version too many'],
  ] as const
  for (const [change, why] of tampered) {
    test(`finds out ${why}`, async () => {
      const context = { ...rest, options: { ...good, ...change } }
      await assert.rejects(proveContext(policyWith(), context), { code: 'CONTEXT_DIFFERS', fault: 'bug' })
    })
  }
})

describe('dhParametersFor()', () => {
  const rows = [
    [{ minBits: 2048 }, undefined, 'ffdhe2048', 'the usual ones'],
    [{ minBits: 1024 }, 1024, 'RFC 2409 group 2', 'the only ones of their size'],
    [{ minBits: 1024 }, 1536, 'RFC 3526 group 5', 'of an odd size'],
    [{ minBits: 3072, primes: ['ffdhe4096', 'ffdhe6144'] }, undefined, 'ffdhe4096', 'the smallest of those that are named'],
    [{ minBits: 2048, primes: ['RFC 3526 group 14'] }, undefined, 'RFC 3526 group 14', 'a named one that is not the first choice'],
    [{ minBits: 1024, primes: ['RFC 2409 group 2'] }, undefined, 'RFC 2409 group 2', 'the largest allowed, where all are small'],
    [{ minBits: 2048 }, 16_384, 'ffdhe8192', 'the largest there is, where more is wanted'],
    [{ minBits: 16_384 }, undefined, undefined, 'none where all are too small'],
  ] as const
  for (const [dh, wanted, prime, why] of rows) {
    test(`gives ${why}`, () =>
      assert.match(dhParametersFor(policyWith({ dh }), wanted)?.prime ?? 'none', new RegExp(`^${prime ?? 'none'}$`)))
  }

  test('encodes safe primes that the registry knows, with the generator 2, as OpenSSL reads them', () => {
    for (const prime of [
      'RFC 2409 group 2',
      'RFC 3526 group 5',
      ...[14, 15, 16, 17, 18].map((group) => `RFC 3526 group ${group}`),
      'ffdhe8192',
    ]) {
      const made = dhParametersFor(policyWith({ dh: { minBits: 1024, primes: [prime] } }))
      assert.ok(made)
      const { modulus, base } = decode(made.pem)
      const known = knownPrime(modulus)
      assert.deepEqual([known?.name, known?.bits, known?.kind, base], [prime, made.bits, 'safe', 2])
    }
    const { pem } = dhParametersFor(policyWith()) ?? {}
    assert.doesNotThrow(() => createSecureContext({ dhparam: pem }))
    assert.throws(() => createPublicKey(pem ?? ''), 'parameters are no key')
  })
})

/** PKCS #3 by the rules of X.690 §8.1, for the lengths that occur. */
function decode(pem: string): { readonly modulus: Uint8Array; readonly base: number } {
  const reader = new Reader(Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64'), 'DHParameter')
  const length = (): number => {
    const first = reader.u8('length')
    return first < 0x80 ? first : first === 0x81 ? reader.u8('length') : reader.u16('length')
  }
  assert.equal(reader.u8('tag'), 0x30)
  assert.equal(length(), reader.left)
  assert.equal(reader.u8('tag'), 0x02)
  const modulus = reader.take(length(), 'prime')
  assert.deepEqual([reader.u8('tag'), length()], [0x02, 1])
  const base = reader.u8('base')
  reader.end()
  return { modulus, base }
}

describe('clientContext()', () => {
  const rows = [
    [['TLSv1.2', 'TLSv1.3'], ['TLSv1.2+TLSv1.3']],
    [
      ['TLSv1', 'TLSv1.2'],
      ['TLSv1.2', 'TLSv1'],
    ],
    [
      ['TLSv1', 'TLSv1.1', 'TLSv1.3'],
      ['TLSv1.3', 'TLSv1+TLSv1.1'],
    ],
    [['TLSv1.1'], ['TLSv1.1']],
  ] as const
  for (const [allowed, attempts] of rows) {
    test(`makes of ${allowed.join(', ')} ${attempts.length} attempts without gaps`, async () => {
      const suites = ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_AES_128_GCM_SHA256']
      const context = clientContext(policyWith({ protocols: { allowed, required: [] }, suites }))
      assert.deepEqual(
        context.attempts.map(({ protocols }) => protocols.join('+')),
        attempts,
      )
      for (const { protocols, options } of context.attempts) assert.deepEqual(Object.keys(await expand(options)), protocols)
    })
  }

  test('does not miss the hello of SSL 2.0 where nothing but TLS 1.3 is allowed', () => {
    const change = { sslv2Hello: true, protocols: { allowed: ['TLSv1.3'], required: [] } } as const
    for (const { inexpressible } of [options(change), clientContext(policyWith(change))])
      assert.deepEqual(
        inexpressible.filter(({ part }) => part === 'sslv2Hello'),
        [],
      )
  })

  test('says what a client cannot do', () => {
    const policy = policyWith({
      sslv2Hello: true,
      suites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'],
      dh: { minBits: 2048, primes: ['ffdhe2048'] },
    })
    const losses = clientContext(policy).inexpressible.map(({ part, demanded }) => [part, demanded])
    assert.deepEqual(losses.slice(-2), [
      ['sslv2Hello', false],
      ['dh', true],
    ])
  })

  test('takes any policy whatever, or says that nothing is left', () => {
    const some = <T>(all: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...all], { maxLength: 6 })
    fc.assert(
      fc.property(some(everything.protocols.allowed), some(everything.suites), some(everything.groups), (allowed, suites, groups) => {
        const policy = { ...everything, protocols: { allowed, required: [] }, suites, groups }
        try {
          assert.ok(clientContext(policy).attempts.length > 0)
          assert.ok(nodeOptions(policy, { revision: '1' }).spoken.protocols.length > 0)
        } catch (error) {
          assert.equal(Reflect.get(error as object, 'code'), 'POLICY_UNSPEAKABLE')
        }
      }),
    )
  })
})
