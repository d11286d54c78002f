import { suiteByName } from '../../registry/index.ts'
import type { Inexpressible } from '../adapter.ts'
import { priorityFor } from '../gnutls/gnutls-priority.ts'
import { meaningOfPriority } from '../gnutls/gnutls-words.ts'
import type { Wish } from '../wish.ts'
import type { Setup } from './build.ts'
import { primeFor } from './dh.ts'
import { fieldSizes, gnutlsDh, listSetting, priorityOf } from './words.ts'
import type { Ask, Task } from './asks.ts'

/** What one priority string holds. */
const WORDS = ['protocols', 'suites', 'groups', 'order'] as const

/** Versions, suites, groups and the order are one priority string. */
export function gnutlsAsks(task: Task, setup: Setup): readonly Ask[] {
  const { door, policy, wish } = task
  const list = listSetting(door, setup)
  const current = priorityOf(list)
  const needed = wanting(wish, task, current ?? 'NORMAL')
  const changes = WORDS.some((word) => needed[word] !== undefined) || needed.tls13Suites !== undefined
  const priority = changes
    ? priorityFor(current ?? 'NORMAL', needed, door.role === 'client' ? { ...policy, order: 'any' } : policy)
    : current
  const asks: Ask[] = []
  if (changes && priority === undefined) {
    const why = 'no priority string leaves exactly what is allowed: GnuTLS multiplies key exchanges, ciphers and MACs'
    asks.push(...WORDS.map((word) => ({ word, why })))
  } else if (changes && priority !== undefined && priority !== current) asks.push({ word: 'suites', setting: door.list, value: priority })
  return [...asks, ...sizeAsks(task, setup, priority)]
}

/** Named groups that are too small go with the others that are not allowed. */
function wanting(wish: Wish, { door, policy }: Task, current: string): Wish {
  if (door.role === 'client' || (wish.dh === undefined && wish.groups === undefined)) return wish
  const groups = wish.groups ?? meaningOfPriority(current).groups
  const large = groups.filter((name) => fieldSizes([name]).every((bits) => bits >= policy.dh.minBits))
  return large.length === 0 || (large.length === groups.length && wish.groups === undefined) ? wish : { ...wish, groups: large }
}

function sizeAsks({ door, policy, wish }: Task, setup: Setup, priority: string | undefined): readonly Ask[] {
  const { minBits } = policy.dh
  if (door.role === 'client') return wish.dh === undefined ? [] : [{ word: 'dh', setting: 'tls_dh_min_bits', value: String(wish.dh) }]
  if (priority === undefined)
    return wish.dh === undefined ? [] : [{ word: 'dh', why: 'the size goes by the groups of a priority string that cannot be had' }]
  const meaning = meaningOfPriority(priority)
  const { value } = gnutlsDh(door, setup, priority)
  const used = meaning.refused === undefined && meaning.suites.some((suite) => suiteByName(suite)?.kx === 'DHE')
  if (!used || value === null || (value !== 'unknown' && value >= minBits)) return []
  if (fieldSizes(meaning.groups).length > 0) return [{ word: 'dh', why: `only groups below ${minBits} bits are left` }]
  const prime = primeFor(minBits)
  return prime === undefined
    ? [{ word: 'dh', why: `Exim has no prime of ${minBits} bits` }]
    : [{ word: 'dh', setting: 'tls_dhparam', value: prime }]
}

/** What cannot be had of a priority string cannot be had of any of its words. */
export function ofWholeString(one: Inexpressible): readonly Inexpressible[] {
  return one.word === 'suites' ? WORDS.map((word) => ({ ...one, word })) : [one]
}
