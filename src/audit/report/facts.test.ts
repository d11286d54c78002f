import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachProtocol, refusedProtocol, unknownPosture, type FeaturePosture, type Posture } from '../../policy/index.ts'
import { chainFacts, chainTitle, featureFacts, keyExchangeFacts } from './facts.ts'
import { posture } from './testdata/parts.ts'

test('chainFacts() names some of many names, and a certificate without a subject goes by its name', () => {
  const [chain] = posture.certificates
  const [leaf] = chain?.certificates ?? []
  assert.ok(chain !== undefined && leaf !== undefined)
  const names = Array.from({ length: 1500 }, (_, index) => `host${index}.example.com`)
  const many = { ...chain, certificates: [{ ...leaf, subject: '', names }] }
  const text = chainFacts(many, '2026-11-22T00:00:00Z').find(({ label }) => label === 'Names')?.text ?? ''
  assert.match(text, /^host0\.example\.com, .*, host19\.example\.com and 1480 more$/)
  assert.match(chainTitle(many), /certificate host0\.example\.com$/)
})

test('keyExchangeFacts() says where groups were only seen in passing', () => {
  const groups = ['x25519', 'secp256r1']
  const withGroups = (groupsComplete: boolean): Posture => ({
    ...posture,
    groups,
    protocols: {
      ...posture.protocols,
      TLSv1: { ...posture.protocols.TLSv1, groupsComplete },
      'TLSv1.3': { ...posture.protocols['TLSv1.3'], groupsComplete: true },
    },
  })
  const text = (of: Posture): string | undefined => keyExchangeFacts(of).find(({ label }) => label === 'Groups')?.text
  assert.equal(text({ ...posture, groups }), 'x25519, secp256r1', 'nobody said that there may be more')
  assert.equal(text(withGroups(true)), 'x25519, secp256r1')
  assert.equal(text(withGroups(false)), 'x25519, secp256r1 (in TLSv1 those that were seen, perhaps not all)')
})

test('keyExchangeFacts() says who chooses the group, where that is known', () => {
  const protocols = {
    ...posture.protocols,
    TLSv1: { ...posture.protocols.TLSv1, groupsComplete: false },
    'TLSv1.1': { ...posture.protocols['TLSv1.1'], groupOrder: 'unknown' as const },
    'TLSv1.2': { ...posture.protocols['TLSv1.2'], groupOrder: 'client' as const },
    'TLSv1.3': { ...posture.protocols['TLSv1.3'], groupOrder: 'server' as const },
  }
  assert.equal(
    keyExchangeFacts({ ...posture, groups: ['x25519', 'secp256r1'], protocols }).find(({ label }) => label === 'Groups')?.text,
    'x25519, secp256r1 (in TLSv1.3 the server chooses; in TLSv1.2 the client chooses; in TLSv1 those that were seen, perhaps not all)',
  )
})

test('keyExchangeFacts() says why there is nothing', () => {
  const nothing = { ...posture, groups: [], dh: null, clear: null }
  const refused = { ...nothing, protocols: forEachProtocol(() => refusedProtocol('alert handshake_failure')) }
  const clear = { banner: '', capabilities: [], starttls: 'missing', authBeforeTls: [], textAfterGoAhead: 'unknown' } as const
  const rows: readonly (readonly [why: string, posture: Posture, text: string])[] = [
    ['RSA key exchange needs no group', nothing, 'none'],
    ['nobody was let in', refused, 'none seen, since no hello was accepted'],
    ['nobody could ask', { ...unknownPosture(), clear }, 'none, since no TLS is offered'],
  ]
  for (const [why, of, text] of rows) {
    const [groups, dh] = keyExchangeFacts(of)
    assert.deepEqual([groups?.text, dh?.text], [text, text], why)
  }
})

test('featureFacts() tells of client certificates where somebody looked', () => {
  const rows: readonly (readonly [request: FeaturePosture['clientCertificate'], text: string | undefined])[] = [
    [undefined, undefined],
    ['required', 'required'],
    ['requested', 'requested'],
    ['not-requested', 'not requested'],
    ['unknown', 'unknown'],
  ]
  for (const [request, text] of rows) {
    const features = request === undefined ? posture.features : { ...posture.features, clientCertificate: request }
    const facts = featureFacts({ ...posture, features })
    assert.equal(facts.find(({ label }) => label === 'Client certificate')?.text, text)
  }
})
