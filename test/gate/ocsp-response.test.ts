import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { ocspRequest } from '../../src/gate/tls/ocsp-request.ts'
import { readStaple } from '../../src/gate/tls/ocsp-response.ts'
import { certificatesIn } from '../../src/gate/tls/pem.ts'
import { certificates, type LeafName } from '../peers/index.ts'

const { leaf, folder: authority } = await certificates()
const folder = mkdtempSync(join(tmpdir(), 'postern-ocsp-'))
after(() => rmSync(folder, { recursive: true }))

const certified = (name: LeafName): { leaf: X509Certificate; issuer: X509Certificate } => {
  const [own = '', issuer = ''] = certificatesIn(readFileSync(leaf(name).chain, 'utf8'))
  return { leaf: new X509Certificate(own), issuer: new X509Certificate(issuer) }
}
const NOW = new Date()
const response = readFileSync(leaf('rsa').ocsp)

describe('readStaple()', () => {
  test('takes a good one, by RSA and by ECDSA', () => {
    for (const name of ['rsa', 'ecdsa'] as const) {
      const staple = readStaple(readFileSync(leaf(name).ocsp), certified(name), NOW)
      assert.ok(typeof staple === 'object', name)
      assert.ok(staple.thisUpdate < NOW && staple.nextUpdate > NOW)
    }
  })

  for (const [why, hash, salt, taken] of [
    ['with SHA-256', 'sha256', 'digest', true],
    ['with SHA-512 and the longest salt', 'sha512', 'max', true],
    ['with SHA-1, which is not taken', 'sha1', 'digest', false],
  ] as const) {
    test(`RSA-PSS ${why}`, () => {
      const file = join(folder, `pss-${hash}.der`)
      const words = ['ocsp', '-index', 'index.txt', '-CA', 'rsa-intermediate.pem', '-rsigner', 'rsa-intermediate.pem']
      const signs = [
        '-rkey',
        'rsa-intermediate.key',
        '-rmd',
        hash,
        '-rsigopt',
        'rsa_padding_mode:pss',
        '-rsigopt',
        `rsa_pss_saltlen:${salt}`,
      ]
      const answers = ['-reqin', 'rsa.request', '-respout', file, '-ndays', '1']
      execFileSync('openssl', [...words, ...signs, ...answers], { cwd: authority, stdio: 'ignore' })
      const read = readStaple(readFileSync(file), certified('rsa'), new Date())
      assert.equal(typeof read === 'object', taken)
    })
  }

  test('takes no RSA-PSS whose salt is another than it says', () => {
    const good = readFileSync(join(folder, 'pss-sha256.der'))
    // saltLength, [2] EXPLICIT INTEGER.
    const at = good.indexOf(Buffer.from('a203020120', 'hex'))
    assert.ok(at > 0)
    good[at + 4] = 0x1f
    assert.equal(readStaple(good, certified('rsa'), new Date()), 'nobody who may answer for the certificate has signed it')
  })

  const refused: readonly (readonly [why: string, read: () => unknown, said: string])[] = [
    ['of another certificate', () => readStaple(response, certified('must-staple'), NOW), 'it is about another certificate'],
    [
      'of another authority',
      () => readStaple(response, certified('ecdsa'), NOW),
      'nobody who may answer for the certificate has signed it',
    ],
    [
      'that is signed in a way that the key of the issuer is not for',
      () => readStaple(response, { ...certified('rsa'), issuer: new X509Certificate(readFileSync(leaf('ed25519').certificate)) }, NOW),
      'nobody who may answer for the certificate has signed it',
    ],
    ['that has expired', () => readStaple(response, certified('rsa'), new Date(NOW.getTime() + 101 * 86_400_000)), 'it has expired'],
    ['of the future', () => readStaple(response, certified('rsa'), new Date(0)), 'it is of the future'],
    [
      'that is an error',
      () => readStaple(Uint8Array.of(0x30, 3, 0x0a, 1, 3), certified('rsa'), NOW),
      'the responder does not answer (tryLater)',
    ],
    ['that is none', () => readStaple(Buffer.from('<html>'), certified('rsa'), NOW), 'it is no response of OCSP'],
    ['that is empty', () => readStaple(new Uint8Array(0), certified('rsa'), NOW), 'it is no response of OCSP'],
  ]
  for (const [why, read, said] of refused) test(`takes none ${why}`, () => assert.equal(read(), said))

  test('takes none in which an octet was changed, and throws nothing on any octets', () => {
    const both = fc.constantFrom(response, readFileSync(join(folder, 'pss-sha256.der')))
    fc.assert(
      fc.property(both, fc.nat({ max: response.length - 1 }), fc.integer({ min: 1, max: 255 }), (whole, at, by) => {
        const changed = Buffer.from(whole)
        changed[at] = (changed[at] ?? 0) ^ by
        const staple = readStaple(changed, certified('rsa'), new Date())
        // What stands beside the signed part, such as a certificate nobody needs, or NULL of an algorithm, may change nothing.
        if (typeof staple === 'object')
          assert.deepEqual(staple.nextUpdate, (readStaple(whole, certified('rsa'), new Date()) as { nextUpdate: Date }).nextUpdate)
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => assert.equal(typeof readStaple(bytes, certified('rsa'), NOW), 'string')),
      { numRuns: 200 },
    )
  })
})

describe('ocspRequest()', () => {
  test('is read by openssl as its own', () => {
    const file = join(folder, 'request.der')
    writeFileSync(file, ocspRequest(certified('rsa').leaf, certified('rsa').issuer))
    const text = execFileSync('openssl', ['ocsp', '-reqin', file, '-req_text', '-noverify'], { encoding: 'utf8' })
    const own = execFileSync(
      'openssl',
      ['ocsp', '-issuer', join(authority, 'rsa-intermediate.pem'), '-cert', leaf('rsa').certificate, '-no_nonce', '-req_text'],
      { encoding: 'utf8' },
    )
    assert.equal(text, own)
  })
})
