import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { Policy } from '../../policy/index.ts'
import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { gnutlsAbility } from '../gnutls/gnutls-words.ts'
import { priorityFor } from '../gnutls/gnutls-priority.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { listFor, suitesOfList } from '../openssl/openssl-list.ts'
import { isChange, settle, type Demand } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import type { Courier, CourierDoor } from './services.ts'
import { dhPathOf, hasOwnOrder, isKnownVersion, isProtocol, OWN_ORDER, valueOf, wordsOf, type Setup } from './words.ts'

interface Task {
  readonly door: CourierDoor
  readonly policy: Policy
  readonly wish: Wish
}

export function writeCourier({ doors }: Courier, setup: Setup, wanted: readonly Wanted[]): Edits {
  const ability = setup.library.name === 'GnuTLS' ? gnutlsAbility() : opensslAbility(setup.library.openssl)
  const tasks = wanted.flatMap(({ door, role, policy }): readonly Task[] => {
    const leg = doors.find((one) => one.door === door && one.role === role)
    return leg === undefined ? [] : [{ door: leg, policy, wish: wishOf(wordsOf(leg, setup), policy, ability, role) }]
  })
  const all = setup.library.name === 'GnuTLS' ? tasks.flatMap((task) => gnutlsDemands(task, setup)) : opensslDemands(tasks, setup)
  const isUndecided = ({ leg, setting }: Demand): boolean => doors.some((door) => door.door === leg.door && door.undecided(setting))
  const demands = all.filter((demand) => !isUndecided(demand))
  const beyondReach = all.filter(isUndecided).map(({ leg, word, setting }) => ({
    door: leg.door,
    role: leg.role,
    word,
    why: `${setting} is set by commands of sh, which are not followed: write a plain ${setting}=… in their place`,
  }))
  const detached = new Set(demands.filter(({ setting }) => setting === 'TLS_STARTTLS_PROTOCOL').map(({ leg }) => leg.door))
  const legs = doors.map((door) =>
    detached.has(door.door) ? { ...door, heeds: (name: string) => name !== 'TLS_PROTOCOL' && door.heeds(name) } : door,
  )
  const placed = demands.map((demand) => ({ ...demand, leg: legs.find(({ door }) => door === demand.leg.door) ?? demand.leg }))
  const { changes, inexpressible } = settle(legs, placed.filter(isChange))
  const refused = [...inexpressible, ...beyondReach].flatMap((one) => everyWord(one, tasks))
  return { changes, inexpressible: [...refused, ...tasks.flatMap((task) => beyondWords(task, setup))] }
}

/** A priority string is for most words at once, and a lowest version for who chooses too. */
function everyWord(one: Inexpressible, tasks: readonly Task[]): readonly Inexpressible[] {
  const wish = tasks.find(({ door }) => door.door === one.door)?.wish
  const words = one.why.startsWith('TLS_PRIORITY')
    ? (['protocols', 'suites', 'groups', 'order'] as const).filter((word) => word === 'suites' || wish?.[word] !== undefined)
    : one.word === 'protocols' && wish?.order !== undefined
      ? (['protocols', 'order'] as const)
      : [one.word]
  return words.map((word) => ({ ...one, word }))
}

function gnutlsDemands({ door, policy, wish }: Task, setup: Setup): readonly Demand[] {
  const current = valueOf(door, 'TLS_PRIORITY', setup)
  const priority = wishesPriority(wish) ? priorityFor(current.value, wish, policy) : undefined
  const demands: readonly (Demand | undefined)[] = [
    priority === undefined ? undefined : { leg: door, word: 'suites', setting: 'TLS_PRIORITY', value: priority },
    wish.dh !== undefined && door.role === 'client'
      ? { leg: door, word: 'dh', setting: 'TLS_MIN_DH_BITS', value: String(wish.dh) }
      : undefined,
  ]
  return demands.filter((demand) => demand !== undefined)
}

function wishesPriority({ protocols, suites, tls13Suites, groups, order }: Wish): boolean {
  return [protocols, suites, tls13Suites, groups, order].some((word) => word !== undefined)
}

/** The variable for STARTTLS follows the other one where both should come to the same, and leaves it where they should not. */
function opensslDemands(tasks: readonly Task[], setup: Setup): readonly Demand[] {
  const lowest = tasks.flatMap((task): readonly Demand[] => {
    const value = protocolFor(task, setup)
    return value === undefined ? [] : [{ leg: task.door, word: 'protocols', setting: task.door.protocol, value }]
  })
  const own = lowest.map((demand) => {
    const task = tasks.find(({ door }) => door === demand.leg)
    const leader = lowest.find(({ leg, setting }) => setting === 'TLS_PROTOCOL' && leg.scopes[0]?.id === demand.leg.scopes[0]?.id)
    return task?.door.follows === true && leader?.value === demand.value ? { ...demand, setting: 'TLS_PROTOCOL' } : demand
  })
  const lists = tasks.flatMap(({ door, wish }): readonly Demand[] => {
    const { value: list, unknown } = valueOf(door, 'TLS_CIPHER_LIST', setup)
    const use = { generation: setup.library.openssl }
    const base = unknown || suitesOfList(list, use).refused !== undefined ? 'DEFAULT' : list
    const value = wish.suites && listFor(base, wish.suites, use)
    return value === undefined ? [] : [{ leg: door, word: 'suites', setting: 'TLS_CIPHER_LIST', value }]
  })
  return [...own, ...lists]
}

const NAMES: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2']

/** The lowest version from which on all are allowed. */
function lowestOf({ policy }: Task, setup: Setup): ProtocolName | undefined {
  const spoken = opensslAbility(setup.library.openssl).protocols
  const lowest = spoken.find((_, index) => spoken.slice(index).every((one) => policy.protocols.allowed.includes(one)))
  return lowest !== undefined && NAMES.includes(lowest) ? lowest : undefined
}

/** Where what stands there cannot be told, it is replaced, and the policy says who chooses. */
function orderWanted({ door, policy, wish }: Task, setup: Setup): 'server' | 'client' | undefined {
  if (wish.order !== undefined) return wish.order
  const replaced = door.role === 'server' && valueOf(door, door.protocol, setup).unknown && wish.protocols !== undefined
  return replaced && policy.order !== 'any' ? policy.order : undefined
}

/** What the variable has to be, undefined where it stays or no name for it exists. */
function protocolFor(task: Task, setup: Setup): string | undefined {
  const { door, wish } = task
  if ((wish.protocols === undefined && wish.order === undefined) || !isKnownVersion(setup)) return undefined
  const now = valueOf(door, door.protocol, setup).value
  const protocols = wordsOf(door, setup).protocols.value
  const kept = protocols === 'unknown' ? undefined : protocols.find((one) => NAMES.includes(one))
  const lowest = wish.protocols === undefined ? kept : lowestOf(task, setup)
  if (lowest === undefined) return undefined
  const order = orderWanted(task, setup)
  const server = order === undefined ? now === OWN_ORDER : order === 'server'
  if (server && lowest === 'TLSv1.2' && (hasOwnOrder(setup) || (now === OWN_ORDER && isProtocol(now, setup)))) return OWN_ORDER
  if (wish.protocols === undefined && !(now === OWN_ORDER && !server)) return undefined
  return now === `${lowest}++` && lowest === 'TLSv1.1' && isProtocol(now, setup) ? now : lowest
}

function beyondWords(task: Task, setup: Setup): readonly Inexpressible[] {
  const { door, wish } = task
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door: door.door, role: door.role, word, why })
  const gnutls = setup.library.name === 'GnuTLS'
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...(gnutls ? beyondGnutls(task, setup) : beyondOpenssl(task, setup)).map(([word, why]) => found(word, why)),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', `${setup.library.name} answers hellos in the format of SSL 2.0 and has no switch for it`)]),
    ...(wish.dh === undefined || (gnutls && door.role === 'client')
      ? []
      : [
          {
            ...found('dh', `the parameters of TLS_DHPARAMS are missing, too small or cannot be read: make a file with ${wish.dh} bits`),
            command: dhFileCommand(wish.dh, setup.library.openssl, dhPathOf(door, setup), setup.more),
          },
        ]),
  ]
}

type Beyond = readonly (readonly [word: Inexpressible['word'], why: string])[]

function beyondGnutls({ door, policy, wish }: Task, setup: Setup): Beyond {
  if (!wishesPriority(wish) || priorityFor(valueOf(door, 'TLS_PRIORITY', setup).value, wish, policy) !== undefined) return []
  const why = 'no priority string leaves exactly what is allowed: GnuTLS multiplies key exchanges, ciphers and MACs'
  const words = ['protocols', 'suites', 'groups', 'order'] as const
  return words.map((word) => [word, why] as const)
}

function beyondOpenssl(task: Task, setup: Setup): Beyond {
  const { door, policy, wish } = task
  const lowest = lowestOf(task, setup)
  const lost =
    wish.protocols && policy.protocols.required.filter((one) => lowest !== undefined && PROTOCOLS.indexOf(one) < PROTOCOLS.indexOf(lowest))
  const value = protocolFor(task, setup) ?? valueOf(door, door.protocol, setup).value
  const server = value === OWN_ORDER && hasOwnOrder(setup)
  const order = orderWanted(task, setup)
  return [
    ...(wish.protocols !== undefined && !isKnownVersion(setup)
      ? [['protocols', 'before Courier 0.78 and Courier-IMAP 4.18.1 the names of versions meant something else'] as const]
      : []),
    ...(wish.protocols !== undefined && lowest === undefined
      ? [['protocols', 'Courier has a variable for the lowest version only, and TLSv1.2 is the highest one that it can name'] as const]
      : []),
    ...(lost === undefined || lost.length === 0
      ? []
      : [['protocols', `Courier has a variable for the lowest version only, so that ${lost.join(', ')} cannot stay`] as const]),
    ...(wish.tls13Suites === undefined ? [] : [['suites', 'Courier has no variable for the suites of TLS 1.3'] as const]),
    ...(wish.groups === undefined ? [] : [['groups', 'Courier has no variable for groups'] as const]),
    ...(order === undefined || (order === 'server') === server
      ? []
      : [['order', `only ${OWN_ORDER} makes the server choose, from Courier 1.1.6 on, and it allows nothing below TLS 1.2`] as const]),
  ]
}
