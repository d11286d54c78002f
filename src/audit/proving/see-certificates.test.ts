import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Choice } from './preference.ts'
import { Refused } from './refused.ts'
import { bearOutKeys } from './see-certificates.ts'

const [RSA, RSA_SHA384, ECDSA, ED25519, ED448] = [0x0804, 0x0805, 0x0403, 0x0807, 0x0808] as const

/** Why, what handshakes were signed with and out of what, the schemes that were refused alone, and whether that is borne out. */
const rows: readonly (readonly [why: string, signed: readonly Choice[], refused: readonly number[], isBorneOut: boolean])[] = [
  [
    'the client has chosen between two keys, and would rather have had a third',
    [
      { list: [ECDSA, RSA, ED25519], taken: ECDSA },
      { list: [ED25519, RSA, ECDSA], taken: RSA },
    ],
    [ED25519],
    true,
  ],
  [
    'the client has chosen a hash, and the server the key',
    [
      { list: [RSA, RSA_SHA384, ED25519], taken: RSA },
      { list: [ED25519, RSA_SHA384, RSA], taken: RSA_SHA384 },
    ],
    [ED25519],
    false,
  ],
  [
    'the server has chosen',
    [
      { list: [ECDSA, RSA, ED25519], taken: RSA },
      { list: [ED25519, RSA, ECDSA], taken: RSA },
    ],
    [ED25519],
    false,
  ],
  [
    'one of those that were refused was never liked better',
    [
      { list: [ECDSA, RSA], taken: ECDSA },
      { list: [ED25519, RSA, ECDSA, ED448], taken: RSA },
    ],
    [ED25519, ED448],
    false,
  ],
  [
    'another hash of a key that signs, which a server may refuse as it likes',
    [
      { list: [ECDSA, RSA], taken: ECDSA },
      { list: [RSA_SHA384, RSA, ECDSA], taken: RSA },
    ],
    [RSA_SHA384],
    false,
  ],
  ['nothing was offered twice', [{ list: [ED25519, ECDSA], taken: ECDSA }], [ED25519], false],
]

describe('bearOutKeys()', () => {
  for (const [why, signed, schemes, isBorneOut] of rows) {
    test(why, () => {
      const refused = new Refused()
      refused.noteHow('alone', 'alert handshake_failure', () => Promise.resolve(undefined), { schemes })
      bearOutKeys({ signed: [...signed], refused })
      assert.equal(refused.none, isBorneOut)
    })
  }
})
