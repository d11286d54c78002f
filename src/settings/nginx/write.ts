import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { opensslAbility, opensslGroupNames } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { isChange, settle, type Demand, type ScopedLeg, type Settled } from '../scopes.ts'
import { compareVersions } from '../versions.ts'
import { wishOf, type Wish } from '../wish.ts'
import type { Door } from './doors.ts'
import { CIPHERSUITES, hiddenWords, holdersOf, listOf, SHARED, strangeCommands, wordsOf, type Setup, type SharedWord } from './words.ts'

export function writeNginx(doors: readonly Door[], setup: Setup, wanted: readonly Wanted[]): Edits {
  const tasks = wanted.flatMap((one) => {
    const door = doors.find((candidate) => candidate.door === one.door)
    return door === undefined ? [] : [{ door, wish: wishOf(wordsOf(door, setup), one.policy, opensslAbility(setup.openssl)) }]
  })
  const settled = [
    settle(doors, tasks.flatMap(({ door, wish }) => demandsOf(door, wish, setup)).filter(isChange)),
    ...(['protocols', 'groups'] as const).map((word) => settleShared(word, { doors, setup, tasks })),
  ]
  return {
    changes: settled.flatMap(({ changes }) => changes),
    inexpressible: [
      ...settled.flatMap(({ inexpressible }) => inexpressible),
      ...tasks.flatMap(({ door, wish }) => beyondWords(door, wish, setup)),
    ],
  }
}

interface Tasks {
  readonly doors: readonly Door[]
  readonly setup: Setup
  readonly tasks: readonly { readonly door: Door; readonly wish: Wish }[]
}

/** A word that servers take from the first one at their address is changed there, where all of them agree. */
function settleShared(word: SharedWord, { doors, setup, tasks }: Tasks): Settled {
  const setting = SHARED[word]
  const legs = doors.flatMap((door) => holdersOf(door, word, setup).map(({ scopes }): ScopedLeg => ({ ...door, scopes })))
  const demands = tasks.flatMap(({ door, wish }) => {
    const value = word === 'protocols' ? wish.protocols?.join(' ') : wish.groups && opensslGroupNames(wish.groups).join(':')
    if (value === undefined) return []
    return legs.filter((leg) => leg.door === door.door).map((leg): Demand => ({ leg, word, setting, value }))
  })
  return settle(legs, demands.filter(isChange))
}

function demandsOf(leg: Door, wish: Wish, setup: Setup): readonly Demand[] {
  const { suites, tls13Suites, order } = wish
  const list = suites && listFor(listOf(leg, setup).list, suites, { generation: setup.openssl })
  const demands: readonly (Demand | undefined)[] = [
    list === undefined ? undefined : { leg, word: 'suites', setting: 'ssl_ciphers', value: list },
    tls13Suites && takesCommands(leg, setup) ? { leg, word: 'suites', setting: CIPHERSUITES, value: tls13Suites.join(':') } : undefined,
    order && { leg, word: 'order', setting: 'ssl_prefer_server_ciphers', value: order === 'server' ? 'on' : 'off' },
  ]
  return demands.filter((demand) => demand !== undefined)
}

function takesCommands(door: Door, { version }: Setup): boolean {
  return compareVersions(version, '1.19.4') >= 0 && strangeCommands(door).length === 0
}

function beyondWords(leg: Door, wish: Wish, setup: Setup): readonly Inexpressible[] {
  const { door, role } = leg
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door, role, word, why })
  const strange = strangeCommands(leg).join(', ')
  const commands =
    strange === ''
      ? 'suites of TLS 1.3 can be set from nginx 1.19.4 on'
      : `beside ssl_conf_command ${strange} no other one can be added safely`
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...hiddenWords(leg).map((word) => found(word, `ssl_conf_command ${strange} decides it behind the other directives`)),
    ...(wish.tls13Suites !== undefined && !takesCommands(leg, setup) ? [found('suites', commands)] : []),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it')]),
    ...(wish.dh === undefined
      ? []
      : [found('dh', `the file of ssl_dhparam is too small or cannot be read: make one with ${wish.dh} bits`)]),
  ]
}
