import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { certificateStates } from '../../src/gate/index.ts'
import { certificates } from '../peers/index.ts'

const { leaf, chain, root } = await certificates()
const DAY_MS = 86_400_000

const warnings = (certificate: string, now = new Date()): readonly string[] =>
  certificateStates([{ name: 'mail', pairs: [{ certificate, key: '', files: ['mail.pem', 'mail.key'] }] }], now).flatMap(
    (one) => one.warnings,
  )

describe('certificateStates()', () => {
  const rows: readonly (readonly [why: string, certificate: string, warning: RegExp])[] = [
    ['one that has expired', chain('expired', 'full'), /^mail\.pem: the certificate has expired on \d{4}-\d\d-\d\d\.$/],
    ['one of the future', chain('not-yet', 'full'), /is not valid before \d{4}-/],
    ['one of an authority', readFileSync(root, 'utf8'), /that of an authority/],
    ['authorities in the wrong order', chain('rsa', 'reversed'), /certificate 2 does not certify certificate 1: /],
    ['one with SHA-1', chain('sha1', 'full'), /certificate 1 is signed with .*sha1/i],
    ['one that promises a staple', chain('must-staple', 'full'), /promises a staple, and the identity has none: add ocsp\./],
  ]
  for (const [why, certificate, warning] of rows) {
    test(`warns of ${why}`, () => {
      const all = warnings(certificate)
      assert.equal(all.length, 1)
      assert.match(all[0] ?? '', warning)
    })
  }

  test('has nothing to say of good ones, with the root or without', () => {
    for (const shape of ['full', 'leaf-alone', 'with-root'] as const) assert.deepEqual(warnings(chain('ecdsa', shape)), [])
    assert.deepEqual(warnings(chain('self-signed', 'full')), [])
  })

  test('warns two weeks before the end, and of short lives in their last third', () => {
    const [state] = certificateStates(
      [{ name: 'mail', pairs: [{ certificate: chain('rsa', 'full'), key: '', files: [leaf('rsa').chain] }] }],
      new Date(),
    )
    assert.ok(state)
    const before = (days: number): readonly string[] => warnings(chain('rsa', 'full'), new Date(state.notAfter.getTime() - days * DAY_MS))
    assert.deepEqual(before(15), [])
    assert.match(before(13)[0] ?? '', /expires on/)
    assert.match(state.sha256, /^[0-9A-F]{64}$/)
    assert.equal(state.identity, 'mail')
  })
})
