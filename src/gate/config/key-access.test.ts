import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accessFault } from './key-access.ts'

const GROUPS = 'root:x:0:\nusers:x:100:alice,bob\nssl-cert:x:115:postgres\nmail:x:8:\n'

const rows: readonly (readonly [
  why: string,
  mode: number,
  gid: number,
  keyGroup: string | number | undefined,
  what: RegExp | undefined,
])[] = [
  ['its owner alone', 0o100600, 100, undefined, undefined],
  ['nobody who could change it', 0o100400, 100, undefined, undefined],
  ['the group of Debian for keys', 0o100640, 115, undefined, undefined],
  ['root’s group, as of what systemd hands over', 0o100440, 0, undefined, undefined],
  ['the group of all users', 0o100640, 100, undefined, /^the group users can read the private key in mail\.key$/],
  ['one without a name', 0o100640, 4242, undefined, /^the group 4242 can read/],
  ['a group that was named', 0o100640, 8, 'mail', undefined],
  ['by its number', 0o100640, 4242, 4242, undefined],
  ['another one', 0o100640, 100, 'mail', /^the group users can read/],
  ['that of Debian, where another is named', 0o100640, 115, 'mail', /^the group ssl-cert can read/],
  ['one that is not there', 0o100600, 0, 'male', /^\/etc\/group has no group "male"$/],
  ['a group that may read and also writes', 0o100660, 115, undefined, /^others can read or change/],
  ['root’s group that writes', 0o100620, 0, undefined, /^others can read or change/],
  ['everybody', 0o100604, 115, undefined, /^others can read or change/],
]

describe('accessFault()', () => {
  for (const [why, mode, gid, keyGroup, what] of rows)
    test(why, () => {
      const fault = accessFault('mail.key', { mode, gid }, GROUPS, keyGroup)
      if (what === undefined) assert.equal(fault, undefined)
      else assert.match(fault?.what ?? '', what)
    })

  test('says what lets a group in that is meant to read it', () => {
    const remedy = accessFault('mail.key', { mode: 0o100640, gid: 100 }, GROUPS)?.remedy
    assert.equal(remedy, 'Type: chmod 600 mail.key. Where that group is made for it, add keyGroup: users.')
  })
})
