import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { prf, secretDerivation, ssl3Mac } from './master-secret.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const same = (actual: Uint8Array, expected: string): void => assert.equal(Buffer.from(actual).toString('hex'), expected)

/** NIST's component validation vectors of SP 800-135, as OpenSSL's tests carry them. */
const VECTORS = [
  {
    what: 'TLS 1.0 and 1.1: MD5 with SHA-1',
    version: 0x0301,
    preMaster: 'bded7fa5c1699c010be23dd06ada3a48349f21e5f86263d512c0c5cc379f0e780ec55d9844b2f1db02a96453513568d0',
    hellos: {
      client: hex('e5acaf549cd25c22d964c0d930fa4b5261d2507fad84c33715b7b9a864020693'),
      server: hex('135e4d557fdf3aa6406d82975d5c606a9734c9334b42136e96990fbd5358cdb2'),
    },
    master: '2f6962dfbc744c4b2138bb6b3d33054c5ecc14f24851d9896395a44ab3964efc2090c5bf51a0891209f46c1e1e998f62',
    keys: {
      client: hex('d58a7b1cd4fedaa232159df652ce188f9d997e061b9bf48e83b62990440931f6'),
      server: hex('67267e650eb32444119d222a368c191af3082888dc35afe8368e638c828874be'),
    },
    keyBlock:
      '3088825988e77fce68d19f756e18e43eb7fe672433504feaf99b3c503d9091b164f166db301d70c9fc0870b4a94563907bee1a61fb786cb717576890bcc51cb9ead97e01d0a2fea99c953377b195205ff07b369589178796edc963fd80fdbe518a2fc1c35c18ae8d',
  },
  {
    what: 'TLS 1.2: SHA-256',
    version: 0x0303,
    preMaster: 'f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc',
    hellos: {
      client: hex('36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c'),
      server: hex('f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce'),
    },
    master: '202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf',
    keys: {
      client: hex('62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616'),
      server: hex('ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868'),
    },
    keyBlock:
      'd06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531016a2530c51a3a0f7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928',
  },
]

describe('secretDerivation()', () => {
  for (const { what, version, preMaster, hellos, master, keys, keyBlock } of VECTORS) {
    test(`derives NIST's master secret and key block for ${what}`, () => {
      const derivation = secretDerivation(version, 'sha256')
      same(derivation.masterSecret(hex(preMaster), hellos), master)
      same(derivation.keyBlock(hex(master), keys, keyBlock.length / 2), keyBlock)
    })
  }

  test('the extended master secret hashes the messages as the version does, RFC 7627 §4', () => {
    const secret = new Uint8Array(48).fill(7)
    const messages = Uint8Array.of(1, 2, 3)
    const [md5, sha1, sha384] = ['md5', 'sha1', 'sha384'].map((hash) => createHash(hash).update(messages).digest())
    const early = prf('md5-sha1', secret, 'extended master secret', Buffer.concat([md5!, sha1!]), 48)
    assert.deepEqual(secretDerivation(0x0302, 'sha384').extendedMasterSecret(secret, messages), early)
    const late = prf('sha384', secret, 'extended master secret', sha384!, 48)
    assert.deepEqual(secretDerivation(0x0303, 'sha384').extendedMasterSecret(secret, messages), late)
  })

  test('a Finished has 12 octets, in SSLv3 an MD5 and a SHA-1, and differs by the sender', () => {
    for (const [version, length] of [
      [0x0300, 36],
      [0x0301, 12],
      [0x0303, 12],
    ] as const) {
      const derivation = secretDerivation(version, 'sha256')
      const [client, server] = (['client', 'server'] as const).map((sender) =>
        derivation.verifyData(new Uint8Array(48), sender, Uint8Array.of(1)),
      )
      assert.equal(client?.length, length)
      assert.notDeepEqual(client, server)
    }
  })

  test('keys and IVs of EXPORT suites have the length asked for and differ by the sender, RFC 2246 §6.3.1', () => {
    const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) }
    for (const version of [0x0300, 0x0301]) {
      const derivation = secretDerivation(version, 'sha256')
      assert.equal(derivation.exportKey('client', new Uint8Array(5), randoms, 16).length, 16)
      assert.notDeepEqual(
        derivation.exportKey('client', new Uint8Array(5), randoms, 8),
        derivation.exportKey('server', new Uint8Array(5), randoms, 8),
      )
      assert.equal(derivation.exportIv('server', randoms, 8).length, 8)
      assert.notDeepEqual(derivation.exportIv('client', randoms, 8), derivation.exportIv('server', randoms, 8))
    }
  })
})

describe('prf()', () => {
  test('the halves of a secret of odd length share an octet, RFC 2246 §5', () => {
    const [whole, left, right] = ['aabbcc', 'aabb', 'bbcc'].map(hex)
    const expected = prf('md5-sha1', Buffer.concat([left!, right!]), 'label', new Uint8Array(), 20)
    assert.deepEqual(prf('md5-sha1', whole!, 'label', new Uint8Array(), 20), expected)
  })
})

describe('ssl3Mac()', () => {
  test('pads with 48 octets for MD5 and 40 for SHA-1, RFC 6101 §5.2.3.1', () => {
    for (const [hash, pads] of [
      ['md5', 48],
      ['sha1', 40],
    ] as const) {
      const inner = createHash(hash).update('k').update(Buffer.alloc(pads, 0x36)).update('data').digest()
      const outer = createHash(hash).update('k').update(Buffer.alloc(pads, 0x5c)).update(inner).digest()
      assert.deepEqual(ssl3Mac(hash, Buffer.from('k'), Buffer.from('data')), outer)
    }
  })
})
