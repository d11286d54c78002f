import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import type { ChainPosture } from '../policy/index.ts'
import { judgeChain } from './chain.ts'
import { pathFaults } from '../wire/index.ts'
import { derOf, NOW, pemOf } from './testdata/fixtures.ts'
import { findPath, TrustStore } from './trust.ts'

const x509 = (name: string): X509Certificate => new X509Certificate(pemOf(`refused/${name}`))
const STORE = new TrustStore(['root', 'old-root'].map((name) => pemOf(`refused/${name}`)))

function judge(...served: readonly string[]): ChainPosture {
  const ders = served.map((name) => derOf(`refused/${name}`))
  return judgeChain({ ders, servedFor: ['sni'], staple: null, sctsInHandshake: 0 }, 'mail.example.com', STORE, NOW)
}

/** What OpenSSL 3 refuses with the same words, apart from the names. */
const REFUSED: readonly { served: readonly string[]; error: string; reason: string }[] = [
  { served: ['client', 'authority'], error: 'unsuitable certificate purpose', reason: 'for clients only, RFC 5280 §4.2.1.12' },
  { served: ['any', 'authority'], error: 'unsuitable certificate purpose', reason: 'any purpose is not this one' },
  {
    served: ['signer', 'authority'],
    error: 'unsuitable certificate purpose',
    reason: 'a key that signs certificates alone, RFC 5280 §4.2.1.3',
  },
  { served: ['critical', 'authority'], error: 'unhandled critical extension', reason: 'nobody knows it, RFC 5280 §4.2' },
  {
    served: ['below-client-authority', 'client-authority'],
    error: 'unsuitable certificate purpose (CN=Client Authority)',
    reason: 'an authority for clients',
  },
  {
    served: ['below-short', 'below-short-authority', 'short-authority'],
    error: 'path length constraint exceeded (CN=Short Authority)',
    reason: 'an authority below one that may have none, RFC 5280 §4.2.1.9',
  },
  {
    served: ['outside', 'narrow-authority'],
    error: 'permitted subtree violation (CN=Narrow Authority)',
    reason: 'one of the names is none of the authority’s, RFC 5280 §4.2.1.10',
  },
  {
    served: ['outside-address', 'narrow-authority'],
    error: 'permitted subtree violation (CN=Narrow Authority)',
    reason: 'nor is an address of another network',
  },
  {
    served: ['excluded', 'narrow-authority'],
    error: 'excluded subtree violation (CN=Narrow Authority)',
    reason: 'a name that the authority must not certify',
  },
  {
    served: ['below-old-authority', 'old-authority'],
    error: 'certificate has expired (CN=Old Authority)',
    reason: 'an intermediate has run out, and is named',
  },
  { served: ['below-old-root'], error: 'certificate has expired (CN=Old Root)', reason: 'the root is there, and has run out' },
  {
    served: ['forged', 'authority'],
    error: 'certificate signature failure: the signature of CN=forged by CN=Authority is wrong',
    reason: 'whom it names as its issuer has not signed it',
  },
]

describe('a path that clients refuse is not trusted', () => {
  for (const { served, error, reason } of REFUSED) {
    test(`${served.join(', ')}: ${error}: ${reason}`, () => {
      const { trusted, trustError, missing, needless, nameMatches } = judge(...served)
      assert.deepEqual({ trusted, trustError, missing, needless }, { trusted: false, trustError: error, missing: [], needless: [] })
      assert.equal(nameMatches, true)
    })
  }

  for (const served of [
    ['good', 'authority'],
    ['inside', 'narrow-authority'],
    ['below-short-directly', 'short-authority'],
  ]) {
    test(`${served.join(', ')}: trusted`, () => {
      const { trusted, trustError } = judge(...served)
      assert.deepEqual([trusted, trustError], [true, undefined])
    })
  }
})

test('A path without a fault is taken before one that has any', () => {
  const served = ['good', 'authority'].map(x509)
  const renewed = new TrustStore([pemOf('refused/authority')])
  assert.equal(findPath(served, renewed, NOW).trusted, true)
  const { trusted, path } = findPath([x509('below-short'), x509('short-authority'), x509('below-short-authority')], STORE, NOW)
  assert.deepEqual([trusted, path.length], [false, 3], 'and where there is none, the one that goes furthest is told of')
})

test('Everything that is wrong is told, what concerns the path before the dates', () => {
  const late = new Date('2200-01-01T00:00:00Z')
  const { error, reason } = findPath([x509('client')], STORE, late)
  assert.equal(error, 'unable to get local issuer certificate')
  assert.equal(reason, 'unable to get local issuer certificate; unsuitable certificate purpose; certificate has expired')
})

test('A self-signed certificate is not called forged for another one by its name', () => {
  const store = new TrustStore([pemOf('impostor')])
  const { error } = findPath([new X509Certificate(pemOf('root'))], store, NOW)
  assert.equal(error, 'self-signed certificate')
})

test('pathFaults() holds it against a certificate that it cannot be read', () => {
  const [fault, ...others] = pathFaults([x509('good'), x509('damaged-authority')], NOW)
  assert.deepEqual(
    [fault?.error, fault?.culprit?.subject, others],
    ['invalid or inconsistent certificate extension', 'CN=Damaged Authority', []],
  )
})

test('pathFaults() tells of a certificate of the future', () => {
  const early = new Date('2026-01-01T00:00:00Z')
  assert.deepEqual(
    pathFaults([x509('good')], early).map((fault) => fault.error),
    ['certificate is not yet valid'],
  )
})
