import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import type { ChainPosture } from '../policy/index.ts'
import { judgeChain, type ServedChain } from './chain.ts'
import { derOf, NOW, pemOf, responseOf } from './testdata/fixtures.ts'
import { findPath, TrustStore } from './trust.ts'

const HOST = 'mail.example.com'
const ROOT = new TrustStore([pemOf('root')])
const INTERMEDIATE = 'CN=Example Intermediate, O=Example'

interface Given {
  readonly served: readonly string[]
  readonly store?: TrustStore
  readonly now?: Date
  readonly host?: string
  readonly staple?: ServedChain['staple']
}

function judge({ served, store = ROOT, now = NOW, host = HOST, staple = null }: Given): ChainPosture {
  const ders = served.map((name) => (name === 'garbage' ? Uint8Array.of(0x30, 1, 2, 3) : derOf(name)))
  return judgeChain({ ders, servedFor: ['sni'], staple, sctsInHandshake: 3 }, host, store, now)
}

const GOOD = { trusted: true, ordered: true, missing: [], needless: [], nameMatches: true } as const

describe('judgeChain()', () => {
  const rows: readonly (Given & { says: Partial<ChainPosture>; reason: string })[] = [
    { served: ['leaf', 'intermediate'], says: GOOD, reason: 'as it should be' },
    {
      served: ['leaf'],
      says: { trusted: false, trustError: 'unable to get local issuer certificate', missing: [INTERMEDIATE], ordered: true },
      reason: 'the intermediate is missing',
    },
    {
      served: ['leaf'],
      store: new TrustStore([pemOf('intermediate')]),
      says: GOOD,
      reason: 'somebody believes in the intermediate itself',
    },
    {
      served: ['leaf', 'intermediate', 'root'],
      says: { ...GOOD, needless: ['CN=Example Root, O=Example'] },
      reason: 'the root is sent for nothing',
    },
    {
      served: ['leaf', 'root', 'intermediate'],
      says: { ...GOOD, ordered: false, needless: ['CN=Example Root, O=Example'] },
      reason: 'in the wrong order',
    },
    {
      served: ['leaf', 'intermediate', 'leaf'],
      says: { trusted: true, ordered: false, needless: ['CN=common.example.com, O=Example, C=DE'] },
      reason: 'the leaf twice',
    },
    {
      served: ['leaf', 'intermediate', 'intermediate'],
      says: { trusted: true, needless: [INTERMEDIATE] },
      reason: 'the intermediate twice',
    },
    {
      served: ['leaf', 'intermediate', 'stranger'],
      says: { trusted: true, ordered: false, needless: ['CN=stranger.example.com'] },
      reason: 'with something that has nothing to do with it',
    },
    {
      served: ['leaf', 'intermediate', 'not-ca'],
      says: { trusted: true, ordered: false, needless: ['CN=not-ca.example.com'] },
      reason: 'with one of another path',
    },
    {
      served: ['intermediate', 'leaf'],
      says: { trusted: false, trustError: 'unsuitable certificate purpose', nameMatches: false, ordered: false },
      reason: 'reversed: what comes first is taken for the leaf, RFC 8446 §4.4.2',
    },
    {
      served: ['leaf', 'intermediate'],
      store: new TrustStore([]),
      says: { trusted: false, trustError: 'unable to get local issuer certificate', missing: ['CN=Example Root, O=Example'] },
      reason: 'nobody believes in the root',
    },
    {
      served: ['leaf', 'intermediate', 'root'],
      store: new TrustStore([]),
      says: {
        trusted: false,
        trustError: 'self-signed certificate in certificate chain',
        missing: [],
        needless: ['CN=Example Root, O=Example'],
      },
      reason: 'nor when it is sent',
    },
    {
      served: ['stranger'],
      says: { trusted: false, trustError: 'self-signed certificate', missing: [], needless: [] },
      reason: 'signed by itself',
    },
    {
      served: ['stranger'],
      store: new TrustStore([pemOf('stranger')]),
      host: 'stranger.example.com',
      says: GOOD,
      reason: 'signed by itself, and believed',
    },
    {
      served: ['below-not-ca', 'not-ca'],
      host: 'below.example.com',
      says: { trusted: false, trustError: 'invalid CA certificate (CN=not-ca.example.com)', missing: [], needless: [], ordered: true },
      reason: 'issued by one that may not, RFC 5280 §4.2.1.9',
    },
    {
      served: ['leaf', 'intermediate'],
      now: new Date('2026-01-01'),
      says: { trusted: false },
      reason: 'too early',
    },
    {
      served: ['leaf', 'intermediate'],
      now: new Date('2099-01-01'),
      says: { trusted: false, trustError: `certificate has expired; certificate has expired (${INTERMEDIATE})` },
      reason: 'too late',
    },
    { served: ['leaf', 'intermediate'], host: 'other.example.com', says: { ...GOOD, nameMatches: false }, reason: 'for somebody else' },
    {
      served: ['garbage'],
      says: {
        keyType: 'unknown',
        certificates: [],
        trusted: 'unknown',
        nameMatches: 'unknown',
        ordered: 'unknown',
        publiclyTrusted: 'unknown',
      },
      reason: 'nothing can be read',
    },
    {
      served: ['garbage', 'leaf', 'intermediate'],
      says: { keyType: 'unknown', certificates: [], trusted: 'unknown', nameMatches: 'unknown', ordered: 'unknown' },
      reason: 'no other certificate is taken for one that cannot be read',
    },
    {
      served: ['leaf', 'intermediate', 'no-subject'],
      says: { trusted: true, needless: ['no-subject.example.com'] },
      reason: 'what has no subject goes by its name',
    },
    {
      served: ['leaf', 'garbage'],
      says: { trusted: 'unknown', ordered: 'unknown', nameMatches: true },
      reason: 'what cannot be read may be what is missing',
    },
    { served: ['leaf', 'intermediate', 'garbage'], says: { trusted: true, ordered: 'unknown' }, reason: 'or is not needed' },
    { served: [], says: { trusted: false, certificates: [], nameMatches: 'unknown' }, reason: 'an empty list' },
  ]
  for (const { says, reason, ...given } of rows) {
    test(`${given.served.join(', ') || 'nothing'}: ${reason}`, () => {
      const found = judge(given)
      assert.deepEqual({ ...found, ...says }, found)
    })
  }

  test('tells of every certificate in the order in which they came, and hands on what others have seen', () => {
    const { certificates, keyType, servedFor, sctsInHandshake } = judge({ served: ['rsa', 'intermediate'] })
    assert.deepEqual(
      certificates.map(({ subject }) => subject),
      ['CN=rsa.example.com', INTERMEDIATE],
    )
    assert.deepEqual([keyType, servedFor, sctsInHandshake], ['RSA', ['sni'], 3])
  })

  const staples: readonly {
    served: readonly string[]
    staple: ServedChain['staple']
    says: ChainPosture['stapledOcsp']
    reason: string
  }[] = [
    { served: ['leaf'], staple: responseOf('ocsp-good'), says: 'good', reason: 'it was sent' },
    { served: ['leaf'], staple: responseOf('ocsp-revoked'), says: 'revoked', reason: 'it was sent, and says no' },
    { served: ['leaf'], staple: 'unknown', says: 'unknown', reason: 'nobody asked for it' },
    { served: ['leaf'], staple: null, says: 'absent', reason: 'the certificate names responders, and wants one' },
    { served: ['responder'], staple: null, says: 'absent', reason: 'it names a responder' },
    { served: ['must-staple'], staple: null, says: 'absent', reason: 'it wants one' },
    { served: ['stranger'], staple: null, says: 'not-applicable', reason: 'nobody can be asked about this one' },
    { served: ['garbage'], staple: null, says: 'absent', reason: 'for all that is known' },
  ]
  for (const { served, staple, says, reason } of staples) {
    test(`staple of ${served.join()}: ${says}: ${reason}`, () => assert.equal(judge({ served, staple }).stapledOcsp, says))
  }
})

describe('findPath()', () => {
  const x509 = (...names: readonly string[]): X509Certificate[] => names.map((name) => new X509Certificate(pemOf(name)))

  test('uses what it needs of what was served, the leaf first, however it is strewn', () => {
    const { trusted, path, root } = findPath(
      x509('leaf', 'stranger', 'root', 'not-ca', 'intermediate'),
      new TrustStore([pemOf('root')]),
      NOW,
    )
    const subjects = [...path, ...(root === undefined ? [] : [root])].map(({ subject }) => subject.split('\n').at(-1))
    assert.deepEqual([trusted, subjects], [true, ['CN=common.example.com', 'CN=Example Intermediate', 'CN=Example Root']])
  })

  test('an authority by the right name and with another key has issued nothing: signatures are verified', () => {
    const trusted = (store: string): boolean => findPath(x509('anonymous'), new TrustStore([pemOf(store)]), NOW).trusted
    assert.deepEqual([trusted('root'), trusted('impostor')], [true, false])
    assert.equal(findPath(x509('anonymous', 'impostor'), new TrustStore([pemOf('impostor')]), NOW).trusted, false, 'nor when it is served')
  })

  test('a certificate that issues itself in a circle ends the search', () => {
    const { trusted, error } = findPath(x509('stranger', 'stranger', 'stranger'), ROOT, NOW)
    assert.deepEqual([trusted, error], [false, 'self-signed certificate'])
  })
})
