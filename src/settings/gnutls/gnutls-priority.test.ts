import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, RULEBOOKS } from '../../policy/index.ts'
import { wishOf } from '../wish.ts'
import type { LegWords, Origin } from '../words.ts'
import { gnutlsAbility, gnutlsDhWord, gnutlsWords, meaningOfPriority } from './gnutls-words.ts'
import { priorityFor } from './gnutls-priority.ts'

const origin: Origin = { kind: 'default', setting: 'priority', of: 'a test', source: 'RFC 8446 §B.4' }

function words(priority: string): LegWords {
  return gnutlsWords(priority, origin, 'server', gnutlsDhWord(priority, 'server', undefined))
}

describe('gnutlsWords()', () => {
  const rows: readonly (readonly [why: string, priority: string, word: keyof LegWords, value: unknown])[] = [
    ['the versions in their order', 'NORMAL:-VERS-TLS1.1:-VERS-TLS1.0', 'protocols', ['TLSv1.2', 'TLSv1.3']],
    ['the client chooses', 'NORMAL', 'order', 'client'],
    ['unless the string says otherwise', 'NORMAL:%SERVER_PRECEDENCE', 'order', 'server'],
    ['what GnuTLS refuses tells nothing', 'HIGH:MEDIUM', 'protocols', 'unknown'],
    ['the least named group is the size of DHE', 'NORMAL:-GROUP-FFDHE2048', 'dh', 3072],
    ['without parameters and groups there is no DHE', 'NORMAL:-GROUP-ALL:+GROUP-X25519', 'dh', null],
    ['hellos of SSL 2.0 need an older version', 'NORMAL:-VERS-ALL:+VERS-TLS1.3', 'sslv2Hello', false],
    ['PSK takes more than a priority string', 'NONE:+VERS-TLS1.2:+PSK:+AES-128-GCM:+AEAD:+SIGN-ALL', 'suites', []],
  ]
  for (const [why, priority, word, value] of rows) test(why, () => assert.deepEqual(words(priority)[word].value, value))

  test('a file with parameters may be smaller than the groups', () => {
    assert.equal(gnutlsDhWord('NORMAL', 'server', { bits: 1024, origin }).value, 1024)
    assert.equal(gnutlsDhWord('NORMAL', 'server', { bits: 4096, origin }).value, 2048)
    assert.equal(gnutlsDhWord('NORMAL', 'client', { bits: 4096, origin }).value, 'unknown')
  })
})

describe('priorityFor()', () => {
  const begun = ['NORMAL', 'SECURE256:%SERVER_PRECEDENCE', 'NONE:+VERS-TLS1.0:+RSA:+AES-128-CBC:+SHA1', 'NORMAL:+ANON-ECDH', 'HIGH']
  for (const current of begun)
    for (const rulebook of RULEBOOKS)
      test(`${current} within ${rulebook.name}`, () => {
        const policy = policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
        const made = priorityFor(current, wishOf(words(current), policy, gnutlsAbility()), policy)
        assert.ok(made)
        const { protocols, suites, groups } = meaningOfPriority(made)
        assert.deepEqual(
          [
            ...protocols.filter((one) => !policy.protocols.allowed.includes(one)),
            ...suites.filter((one) => !policy.suites.includes(one)),
            ...groups.filter((one) => !policy.groups.includes(one)),
          ],
          [],
        )
      })

  test('what stands there stays in front', () => {
    const policy = policyOf(RULEBOOKS[0]!, { now: new Date('2026-11-22T00:00:00Z') })
    const made = priorityFor('NORMAL', wishOf(words('NORMAL'), policy, gnutlsAbility()), policy)
    assert.equal(made, 'NORMAL:-VERS-TLS1.0:-VERS-TLS1.1')
  })
})
