import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../policy/index.ts'
import { signatureScheme } from '../registry/index.ts'
import { withoutDisused } from './disused.ts'

const now = new Date('2026-11-22')

function policy(name: string): Policy {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook !== undefined)
  return policyOf(rulebook, { now })
}

describe('withoutDisused()', () => {
  test('leaves out of a policy that is silent about signatures what nobody should sign with', () => {
    const before = policy('mozilla-intermediate')
    const { signatureSchemes, ...rest } = withoutDisused(before, now)
    const gone = before.signatureSchemes.filter((name) => !signatureSchemes.includes(name))
    assert.ok(gone.includes('rsa_pkcs1_sha1') && gone.includes('rsa_pkcs1_md5') && gone.includes('rsa_pkcs1_sha224'), gone.join(' '))
    for (const name of ['rsa_pkcs1_sha256', 'rsa_pss_rsae_sha256', 'ecdsa_secp256r1_sha256', 'ed25519'])
      assert.ok(signatureSchemes.includes(name), name)
    assert.deepEqual({ ...rest, signatureSchemes: before.signatureSchemes }, before)
  })

  test('leaves alone a policy that names signatures', () => {
    const named = { ...policy('mozilla-intermediate'), signatureSchemes: ['rsa_pkcs1_sha1'] }
    assert.equal(withoutDisused(named, now), named)
  })

  test('leaves alone a policy that allows versions which sign with SHA-1 by themselves', () => {
    const old = { ...policy('mozilla-old'), signatureSchemes: signatureScheme.names }
    assert.ok(old.protocols.allowed.includes('TLSv1'))
    assert.equal(withoutDisused(old, now), old)
  })
})
