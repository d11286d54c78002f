import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../policy/index.ts'
import type { Offer } from '../wire/index.ts'
import { serverOf, verdictOn, type Stage } from './verdict.ts'

const RSA = [{ keyType: 'RSA', keyBits: 2048 }] as const
const ECDSA = [{ keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' }] as const

function policyNamed(name: string): Policy {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook)
  return policyOf(rulebook, { now: new Date('2026-11-22') })
}

const intermediate = policyNamed('mozilla-intermediate')
const today: Offer = {
  sslv2Format: false,
  newest: 0x0304,
  versions: [0x0304, 0x0303],
  suites: [0x1301, 0xc02f, 0xc013, 0x002f],
  groups: [29, 23],
  signatureSchemes: [0x0804, 0x0401, 0x0403],
  secureRenegotiation: true,
  fallback: false,
  serverName: 'mail.example',
  alpn: [],
  statusRequest: false,
}
const old: Offer = { ...today, newest: 0x0301, versions: undefined, suites: [0xc013, 0x002f], signatureSchemes: undefined }

const rows: readonly (readonly [
  why: string,
  offer: Offer,
  policy: Policy,
  certificates: typeof RSA | typeof ECDSA,
  reason: string | undefined,
])[] = [
  ['a client of today', today, intermediate, RSA, undefined],
  ['TLS 1.0 alone', old, intermediate, RSA, 'version'],
  ['TLS 1.0 alone, where it is allowed', old, policyNamed('mozilla-old'), RSA, undefined],
  [
    'TLS 1.2 with suites that are forbidden',
    { ...today, newest: 0x0303, versions: undefined, suites: [0x002f] },
    intermediate,
    RSA,
    'suites',
  ],
  [
    'TLS 1.2 with RSA alone, and a certificate that is ECDSA',
    { ...today, newest: 0x0303, versions: undefined, suites: [0xc02f] },
    intermediate,
    ECDSA,
    'suites',
  ],
  ['groups that are forbidden', { ...today, groups: [25] }, intermediate, RSA, 'groups'],
  ['TLS 1.3 is demanded', { ...today, newest: 0x0303, versions: undefined }, policyNamed('mozilla-modern'), ECDSA, 'version'],
  [
    'a hello in the format of SSL 2.0',
    { ...old, sslv2Format: true, newest: 0x0303 },
    { ...intermediate, sslv2Hello: false },
    RSA,
    'sslv2-hello',
  ],
]

describe('verdictOn()', () => {
  for (const [why, offer, policy, certificates, reason] of rows) {
    test(why, () => {
      const verdict = verdictOn(offer, serverOf(policy, certificates), 'refuse')
      assert.equal(verdict.kind === 'fails' ? verdict.refusal.reason : undefined, reason)
    })
  }

  const stages: readonly (readonly [stage: Stage, served: boolean])[] = [
    ['observe', true],
    ['explain', true],
    ['refuse', false],
  ]
  for (const [stage, served] of stages) {
    test(`${stage}: who fails is ${served ? '' : 'not '}served with what it can do`, () => {
      const verdict = verdictOn(old, serverOf(intermediate, RSA), stage)
      assert.deepEqual([verdict.kind, verdict.kind === 'fails' && verdict.served], ['fails', served])
      assert.deepEqual(verdictOn(today, serverOf(intermediate, RSA), stage), { kind: 'meets' })
    })
  }
})
