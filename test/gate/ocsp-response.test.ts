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

  const refused: readonly (readonly [why: string, read: () => unknown, said: string])[] = [
    ['of another certificate', () => readStaple(response, certified('must-staple'), NOW), 'it is about another certificate'],
    [
      'of another authority',
      () => readStaple(response, certified('ecdsa'), NOW),
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
    fc.assert(
      fc.property(fc.nat({ max: response.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(response)
        changed[at] = (changed[at] ?? 0) ^ by
        const staple = readStaple(changed, certified('rsa'), NOW)
        // What stands beside the signed part, such as a certificate nobody needs, or NULL of an algorithm, may change nothing.
        if (typeof staple === 'object')
          assert.deepEqual(staple.nextUpdate, (readStaple(response, certified('rsa'), NOW) as { nextUpdate: Date }).nextUpdate)
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
