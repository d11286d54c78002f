import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility, opensslGroupNames } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { isChange, settle, type Demand, type ScopedLeg, type Settled } from '../scopes.ts'
import { compareVersions } from '../versions.ts'
import { wishOf, type Wish } from '../wish.ts'
import type { Door, Server } from './doors.ts'
import {
  choosersOf,
  dhPathOf,
  hiddenWords,
  holdersOf,
  listOf,
  ORDER,
  SHARED,
  strangeCommands,
  wordsOf,
  type Setup,
  type SharedWord,
} from './words.ts'

export function writeNginx(doors: readonly Door[], setup: Setup, wanted: readonly Wanted[]): Edits {
  const tasks = wanted.flatMap(({ door: name, policy }): readonly Task[] => {
    const door = doors.find((candidate) => candidate.door === name)
    if (door === undefined) return []
    const words = wordsOf(door, setup)
    const wish = wishOf(words, policy, opensslAbility(setup.openssl))
    // With two servers that decide it, of which one is not as wanted.
    const order = words.order.value === 'unknown' && policy.order !== 'any' && hidesNoOrder(door) ? policy.order : wish.order
    return [{ door, wish: order === undefined ? wish : { ...wish, order } }]
  })
  const settled = [
    settle(doors, tasks.flatMap((task) => listDemand(task, setup)).filter(isChange)),
    ...(['protocols', 'groups', 'tls13'] as const).map((word) =>
      settleShared(
        { doors, tasks },
        (door) => holdersOf(door, word, setup),
        (task) => sharedDemand(task, word, setup),
      ),
    ),
    settleShared({ doors, tasks }, (door) => choosersOf(door, setup), orderDemand),
  ]
  return {
    changes: settled.flatMap(({ changes }) => changes),
    inexpressible: [
      ...settled.flatMap(({ inexpressible }) => inexpressible),
      ...tasks.flatMap(({ door, wish }) => beyondWords(door, wish, setup)),
    ],
  }
}

interface Task {
  readonly door: Door
  readonly wish: Wish
}

type Asked = Omit<Demand, 'leg'> | undefined

function hidesNoOrder(door: Door): boolean {
  return !hiddenWords(door).includes('order')
}

/** A word that servers take from others at their address is changed there, where all of them agree. */
function settleShared(
  { doors, tasks }: { readonly doors: readonly Door[]; readonly tasks: readonly Task[] },
  holders: (door: Door) => readonly Server[],
  ask: (task: Task) => Asked,
): Settled {
  const legs = doors.flatMap((door) => holders(door).map(({ scopes }): ScopedLeg => ({ ...door, scopes })))
  const demands = tasks.flatMap((task) => {
    const asked = ask(task)
    return asked === undefined ? [] : legs.filter((leg) => leg.door === task.door.door).map((leg): Demand => ({ leg, ...asked }))
  })
  return settle(legs, demands.filter(isChange))
}

function sharedDemand({ door, wish }: Task, word: SharedWord, setup: Setup): Asked {
  const { protocols, groups, tls13Suites } = wish
  const setting = SHARED[word]
  if (word === 'protocols') return protocols && { word, setting, value: protocols.join(' ') }
  if (word === 'groups') return groups && { word, setting, value: opensslGroupNames(groups).join(':') }
  return tls13Suites && takesCommands(door, setup) ? { word: 'suites', setting, value: tls13Suites.join(':') } : undefined
}

function orderDemand({ wish: { order } }: Task): Asked {
  return order && { word: 'order', setting: ORDER, value: order === 'server' ? 'on' : 'off' }
}

function listDemand({ door: leg, wish: { suites } }: Task, setup: Setup): readonly Demand[] {
  const list = suites && listFor(listOf(leg, setup).list, suites, { generation: setup.openssl })
  return list === undefined ? [] : [{ leg, word: 'suites', setting: 'ssl_ciphers', value: list }]
}

function takesCommands(door: Door, { version }: Setup): boolean {
  return compareVersions(version, '1.19.4') >= 0 && [door, ...door.first].every((one) => strangeCommands(one).length === 0)
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
      : [
          {
            ...found('dh', `the file of ssl_dhparam is too small or cannot be read: make one with ${wish.dh} bits`),
            command: dhFileCommand(wish.dh, setup.openssl, dhPathOf(leg, setup), setup.options.more),
          },
        ]),
  ]
}
