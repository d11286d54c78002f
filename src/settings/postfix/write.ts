import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility, opensslGroupNames } from '../openssl/openssl-ability.ts'
import { exclusionsFor, listOfNames, suitesOfList } from '../openssl/openssl-list.ts'
import { isChange, settle, type Demand } from '../scopes.ts'
import { wishOf, type Ability, type Wish } from '../wish.ts'
import { groupByName } from '../../registry/index.ts'
import { doorsOf, knowsBounds, type Door, type Setup } from './doors.ts'
import { printProtocolList } from './protocol-list.ts'
import {
  CERTIFICATE,
  certificateOf,
  composed,
  hasFfdhe,
  isAnonymousSuite,
  obeysGrade,
  ownDhBits,
  protocolSetting,
  wordsOf,
  type Composed,
} from './words.ts'

interface Task {
  readonly door: Door
  readonly wanted: Wanted
  readonly wish: Wish
  readonly list: Composed | undefined
}

export function writePostfix(setup: Setup, wanted: readonly Wanted[]): Edits {
  const { doors } = doorsOf(setup)
  const tasks = wanted.flatMap((one): readonly Task[] => {
    const door = doors.find((candidate) => candidate.door === one.door && candidate.role === one.role)
    if (door === undefined) return []
    return [
      {
        door,
        wanted: one,
        wish: wishOf(wordsOf(door, setup), one.policy, abilityOf(door, setup), door.role),
        list: composed(door, setup),
      },
    ]
  })
  const demands = [...tasks.flatMap((task) => demandsOf(task, setup)), ...listDemands(tasks)].filter(isChange)
  const { changes, inexpressible } = settle(doors, demands)
  return { changes, inexpressible: [...inexpressible, ...tasks.flatMap((task) => beyondWords(task, setup))] }
}

/** Without a certificate only suites without one are spoken: a plan that takes them out would leave nobody. */
function abilityOf(door: Door, { openssl }: Setup): Ability {
  const all = opensslAbility(openssl)
  if (certificateOf(door) !== 'anonymous') return all
  const older = all.protocols.filter((protocol) => protocol !== 'TLSv1.3')
  return { ...all, protocols: older, suites: all.suites.filter(isAnonymousSuite), tls13Suites: [] }
}

function demandsOf({ door, wish }: Task, setup: Setup): readonly Demand[] {
  const { protocols, groups, order, dh } = wish
  const demand = (word: Demand['word'], setting: string, value: string): Demand => ({
    leg: door,
    word,
    setting: door.target(setting),
    value,
  })
  return [
    ...(protocols === undefined
      ? []
      : [demand('protocols', protocolSetting(door), printProtocolList(protocols, knowsBounds(setup.version)))]),
    ...(order === undefined ? [] : [demand('order', 'tls_preempt_cipherlist', order === 'server' ? 'yes' : 'no')]),
    ...(dh === undefined || !hasOwnDhFile(door) ? [] : [demand('dh', 'smtpd_tls_dh1024_param_file', 'auto')]),
    ...(groups === undefined ? [] : groupDemands(door, groups, setup).map(([setting, value]) => demand('groups', setting, value))),
  ]
}

function hasOwnDhFile({ role, parameter }: Door): boolean {
  const { value } = parameter('smtpd_tls_dh1024_param_file')
  return role === 'server' && value !== '' && value !== 'auto'
}

function groupDemands(door: Door, groups: readonly string[], setup: Setup): readonly (readonly [string, string])[] {
  const fields = groups.filter((name) => groupByName(name)?.kind === 'ffdhe')
  const curves = groups.filter((name) => !fields.includes(name))
  const grade = obeysGrade(door, setup) && door.parameter('smtpd_tls_eecdh_grade').value !== 'auto'
  return [
    ['tls_eecdh_auto_curves', opensslGroupNames(curves).join(' ')],
    ...(hasFfdhe(setup)
      ? [['tls_ffdhe_auto_groups', opensslGroupNames(fields).join(' ')] as const].filter(
          ([name, value]) => value !== door.parameter(name).value,
        )
      : []),
    ...(grade ? [['smtpd_tls_eecdh_grade', 'auto'] as const] : []),
  ]
}

/** Suites go by what is excluded from the grade, for all doors that share the list at once; else by the list of the grade. */
function listDemands(tasks: readonly Task[]): readonly Demand[] {
  const byPrefix = Map.groupBy(tasks, ({ door }) => door.prefix)
  return [...byPrefix.values()].flatMap((group) => {
    if (group.every(({ wish }) => wish.suites === undefined)) return []
    return sharedExclusions(group) ?? group.flatMap(ownList)
  })
}

function sharedExclusions(tasks: readonly Task[]): readonly Demand[] | undefined {
  const words = new Set<string>()
  const targets: { readonly door: Door; readonly list: Composed; readonly target: readonly string[] }[] = []
  for (const { door, wish, list } of tasks) {
    if (door.level === 'none') continue
    if (list === undefined) return undefined
    const target = wish.suites ?? list.meaning.suites
    const own = exclusionsFor(list.list, target, list.use)
    if (own === undefined) return undefined
    for (const word of own) words.add(word)
    targets.push({ door, list, target })
  }
  const added = [...words]
  const exact = targets.every(({ list, target }) => {
    const { suites } = suitesOfList([list.list, ...added.map((word) => `!${word}`)].join(':'), list.use)
    return suites.length === target.length && suites.every((suite, index) => suite === target[index])
  })
  return exact ? targets.map(({ door }) => exclusionDemand(door, added)) : undefined
}

function exclusionDemand(door: Door, added: readonly string[]): Demand {
  const setting = `${door.prefix}_tls_exclude_ciphers`
  const now = door.parameter(setting).value ?? ''
  const already = now.split(/[\s,:]+/)
  const missing = added.filter((word) => !already.includes(word))
  return { leg: door, word: 'suites', setting: door.target(setting), value: [...(now === '' ? [] : [now]), ...missing].join(', ') }
}

function ownList({ door, wish, list }: Task): readonly Demand[] {
  if (wish.suites === undefined || list === undefined) return []
  const own = exclusionsFor(list.list, wish.suites, list.use)
  if (own !== undefined) return [exclusionDemand(door, own)]
  const value = listOfNames(wish.suites, list.use)
  return value === undefined ? [] : [{ leg: door, word: 'suites', setting: door.target(list.base), value }]
}

function beyondWords({ door: own, wanted: { door, role }, wish, list }: Task, setup: Setup): readonly Inexpressible[] {
  const certificate = certificateOf(own)
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door, role, word, why })
  const lost = wish.suites !== undefined && list === undefined
  const because = certificate === 'anonymous' ? `, since there is no certificate (${CERTIFICATE})` : ''
  return [
    ...wish.impossible.map(({ word, why }) => found(word, `${why}${because}`)),
    ...(lost
      ? [found('suites', 'what stands there as grade or exclusion is none that Postfix takes, so that nothing can be made of it')]
      : []),
    ...(wish.tls13Suites === undefined
      ? []
      : [found('suites', 'Postfix has no parameter for the suites of TLS 1.3; OpenSSL’s own configuration has')]),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it')]),
    ...(wish.dh === undefined ? [] : dhBeyond(wish.dh, setup).map(({ why, ...rest }) => ({ ...found('dh', why), ...rest }))),
  ]
}

function dhBeyond(bits: number, setup: Setup): readonly Pick<Inexpressible, 'why' | 'command'>[] {
  const own = ownDhBits(setup)
  if (own === 'unknown')
    return [{ why: `OpenSSL chooses the group of DHE by the certificate’s key; ${bits} bits and more take a key that is as strong` }]
  const why = `the built-in group has ${own} bits: make a file with ${bits} for smtpd_tls_dh1024_param_file`
  return own >= bits ? [] : [{ why, command: dhFileCommand(bits, setup.openssl) }]
}
