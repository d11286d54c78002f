import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { placeIn } from './settings-file.ts'
import { settle, type Demand, type Scope, type ScopedLeg } from './scopes.ts'

const FILE = { path: 'x', text: '' }

/** A scope as data: what it holds, and whether anything can be added. */
function scope(id: string, values: Readonly<Record<string, string>>, open = true): Scope {
  const edit = (value: string) => [{ file: id, start: 0, end: 0, text: value }]
  return {
    id,
    find: (setting) => {
      const value = values[setting]
      return value === undefined ? undefined : { value, place: placeIn(FILE, 0, 0), put: edit }
    },
    add: (setting, value) => (open ? { place: placeIn(FILE, 0, 0), edits: edit(`+${setting}=${value}`) } : undefined),
  }
}

function leg(door: string, ...scopes: readonly Scope[]): ScopedLeg {
  return { door, role: 'server', scopes, heeds: () => true }
}

const demand = (one: ScopedLeg, value: string): Demand => ({ leg: one, setting: 's', value, word: 'protocols' })

describe('settle()', () => {
  const outer = scope('outer', {})
  const holding = scope('outer', { s: 'old' })
  const closed = scope('a', {}, false)
  const rows: readonly (readonly [
    why: string,
    legs: readonly ScopedLeg[],
    wants: readonly (string | undefined)[],
    edits: readonly string[],
    refused: number,
  ])[] = [
    [
      'what stands nowhere goes as far outside as all agree',
      [leg('1', scope('a', {}), outer), leg('2', scope('b', {}), outer)],
      ['n', 'n'],
      ['outer +s=n'],
      0,
    ],
    ['else further inside', [leg('1', scope('a', {}), outer), leg('2', scope('b', {}), outer)], ['n', undefined], ['a +s=n'], 0],
    [
      'what all take from one place changes there',
      [leg('1', scope('a', {}), holding), leg('2', scope('b', {}), holding)],
      ['n', 'n'],
      ['outer n'],
      0,
    ],
    [
      'what one has of its own changes there',
      [leg('1', scope('a', { s: 'mine' }), holding), leg('2', scope('b', {}), holding)],
      ['n', undefined],
      ['a n'],
      0,
    ],
    [
      'differing demands go inside',
      [leg('1', scope('a', {}), holding), leg('2', scope('b', {}), holding)],
      ['n', 'm'],
      ['a +s=n', 'b +s=m'],
      0,
    ],
    [
      'who lives outside changes it there when the others keep theirs',
      [leg('1', holding), leg('2', scope('b', {}), holding)],
      ['n', undefined],
      ['outer n', 'b +s=old'],
      0,
    ],
    ['unless they cannot', [leg('1', holding), leg('2', closed, holding)], ['n', undefined], [], 1],
    ['nothing can be added, and somebody else lives there', [leg('1', closed, holding), leg('2', holding)], ['n', undefined], [], 1],
  ]
  for (const [why, legs, wants, edits, refused] of rows) {
    test(why, () => {
      const demands = legs.flatMap((one, index) => (wants[index] === undefined ? [] : [demand(one, wants[index])]))
      const settled = settle(legs, demands)
      assert.deepEqual(
        settled.changes.flatMap((change) => change.edits.map(({ file, text }) => `${file} ${text}`)),
        edits,
      )
      assert.equal(settled.inexpressible.length, refused)
    })
  }
})
