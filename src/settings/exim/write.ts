import type { Change, Edits, Inexpressible, Wanted } from '../adapter.ts'
import { gnutlsAbility } from '../gnutls/gnutls-words.ts'
import { opensslAbility, opensslGroupNames } from '../openssl/openssl-ability.ts'
import { isChange, settle, type Demand, type Scope, type ScopedLeg } from '../scopes.ts'
import { wishOf, type Ability } from '../wish.ts'
import type { Setup } from './build.ts'
import type { Door } from './doors.ts'
import { settingOf } from './settings.ts'
import { wordsOf, hasNumber } from './words.ts'
import { stuck, type Ask, type Task } from './asks.ts'
import { gnutlsAsks, ofWholeString } from './write-gnutls.ts'
import { opensslAsks, optionsChange } from './write-openssl.ts'

export function writeExim(setup: Setup, doors: readonly Door[], wanted: readonly Wanted[]): Edits {
  const ability = abilityOf(setup)
  const tasks = wanted.flatMap((one): readonly Task[] => {
    const door = doors.find((candidate) => candidate.door === one.door && candidate.role === one.role)
    return door === undefined ? [] : [{ door, policy: one.policy, wish: wishOf(wordsOf(door, setup), one.policy, ability, door.role) }]
  })
  const whole = (one: Inexpressible): readonly Inexpressible[] => (setup.build.library === 'gnutls' ? ofWholeString(one) : [one])
  const legs = new Map(doors.map((door) => [door, legOf(door, setup)] as const))
  const demands: Demand[] = []
  const changes: Change[] = []
  const inexpressible: Inexpressible[] = []
  if (setup.build.library === 'openssl') {
    const options = optionsChange(setup, doors, tasks)
    changes.push(...options.changes)
    inexpressible.push(...options.inexpressible)
  }
  for (const task of tasks) {
    const { door, role } = task.door
    const leg = legs.get(task.door)
    for (const ask of asksOf(task, setup)) {
      const why = 'why' in ask ? ask.why : stuck(ask, task.door.block, setup)
      if (why !== undefined)
        inexpressible.push(...('setting' in ask ? whole({ door, role, word: ask.word, why }) : [{ door, role, word: ask.word, why }]))
      else if ('setting' in ask && leg !== undefined) demands.push({ leg, word: ask.word, setting: ask.setting, value: ask.value })
    }
  }
  const settled = settle([...legs.values()], demands.filter(isChange))
  return { changes: [...changes, ...settled.changes], inexpressible: [...inexpressible, ...settled.inexpressible.flatMap(whole)] }
}

function abilityOf({ build, openssl }: Setup): Ability {
  if (build.library === 'gnutls') return gnutlsAbility()
  const ability = opensslAbility(openssl)
  return { ...ability, groups: ability.groups.filter((name) => opensslGroupNames([name]).some(hasNumber)) }
}

function asksOf(task: Task, setup: Setup): readonly Ask[] {
  const { wish } = task
  const library = setup.build.library === 'gnutls' ? 'GnuTLS' : 'OpenSSL'
  return [
    ...wish.impossible,
    ...(setup.build.library === 'gnutls' ? gnutlsAsks(task, setup) : opensslAsks(task, setup)),
    ...(wish.sslv2Hello === undefined
      ? []
      : [{ word: 'sslv2Hello', why: `${library} answers hellos in the format of SSL 2.0 and has no switch for it` } as const]),
  ]
}

/** Servers share the main section; a transport has what stands in it. */
function legOf({ door, role, block, list, off }: Door, setup: Setup): ScopedLeg {
  const scope: Scope = {
    id: role === 'server' ? 'main' : `transport ${setup.config.transports.indexOf(block)}`,
    find: (setting) => settingOf(setup, block, setting).found,
    add: block.add,
  }
  const lists = ['tls_require_ciphers', 'dane_require_tls_ciphers']
  return { door, role, scopes: [scope], heeds: (setting) => off === undefined && (!lists.includes(setting) || setting === list) }
}
