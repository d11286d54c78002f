import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName } from '../policy/index.ts'
import { suiteByName } from '../registry/index.ts'
import { lenient } from './lenient.ts'

const modern = rulebookByName('mozilla-modern')
assert.ok(modern !== undefined)
const policy = policyOf(modern, { now: new Date('2026-11-22') })
const { suites } = lenient(policy)

describe('lenient()', () => {
  test('has what the policy wants in front, and behind it what protects most', () => {
    assert.deepEqual(suites.slice(0, policy.suites.length), policy.suites)
    const spare = suites.slice(policy.suites.length).map((name) => suiteByName(name))
    const secret = spare.map((suite) => suite?.forwardSecrecy === true)
    assert.ok(
      secret.includes(true) && secret.lastIndexOf(true) < secret.indexOf(false),
      'nothing with static keys in front of what has forward secrecy',
    )
    const [best] = spare
    assert.ok(best?.aead === true && best.bits === 256, best?.iana)
    assert.ok(suites.indexOf('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA') < suites.indexOf('TLS_RSA_WITH_AES_256_GCM_SHA384'))
  })

  test('has nothing without encryption or without a certificate', () => {
    for (const name of ['TLS_RSA_WITH_NULL_SHA', 'TLS_DH_anon_WITH_AES_128_CBC_SHA', 'TLS_RSA_EXPORT_WITH_RC4_40_MD5'])
      assert.ok(!suites.includes(name), name)
  })
})
