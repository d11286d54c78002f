import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeaturePosture, Posture } from '../../policy/index.ts'
import { featureFacts, keyExchangeFacts } from './facts.ts'
import { posture } from './testdata/parts.ts'

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
