import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { Policy } from '../../policy/index.ts'
import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility, opensslGroupNames } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { isChange, settle, type Demand, type ScopedLeg } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import type { DovecotLeg } from './doors.ts'
import { dhPathOf, nameOf, orderValue, setsTls13, startOf, valueOf, wordsOf, type Setup } from './words.ts'

interface Task {
  readonly leg: DovecotLeg
  readonly policy: Policy
  readonly wish: Wish
}

/** Where a word of a door is taken from, with the scopes of that place. */
type StartTask = Omit<Task, 'leg'> & { readonly leg: ScopedLeg }

export function writeDovecot(doors: readonly DovecotLeg[], setup: Setup, wanted: readonly Wanted[]): Edits {
  const tasks = wanted.flatMap(({ door, policy }): readonly Task[] => {
    const leg = doors.find((one) => one.door === door)
    return leg === undefined ? [] : [{ leg, policy, wish: wishFor(leg, policy, setup) }]
  })
  // Those of a name are changed where its handshakes begin, as far as all that begin there agree.
  const starters = doors.flatMap((door) => startOf(door).map(({ scopes }): ScopedLeg => ({ ...door, scopes })))
  const atStart = tasks.flatMap((task) =>
    starters.filter(({ door }) => door === task.leg.door).flatMap((leg) => startDemandsOf({ ...task, leg }, setup)),
  )
  const settled = [
    settle(starters, atStart.filter(isChange)),
    settle(doors, tasks.flatMap((task) => listDemand(task, setup)).filter(isChange)),
  ]
  return {
    changes: settled.flatMap(({ changes }) => changes),
    inexpressible: [...settled.flatMap(({ inexpressible }) => inexpressible), ...tasks.flatMap((task) => beyondWords(task, setup))],
  }
}

/** A door by name has versions of others, which may stay as they are: its list counts whatever versions are wished for. */
function wishFor(leg: DovecotLeg, policy: Policy, setup: Setup): Wish {
  const words = wordsOf(leg, setup)
  const ability = opensslAbility(setup.openssl)
  const wish = wishOf(words, policy, ability)
  if (leg.starts.length === 0) return wish
  const { suites } = wishOf(words, { ...policy, protocols: { ...policy.protocols, allowed: ability.protocols } }, ability)
  return suites === undefined ? wish : { ...wish, suites }
}

/** There is a lowest version and no highest: the lowest one from which on all are allowed. */
function lowest({ policy }: Pick<Task, 'policy'>, setup: Setup): ProtocolName | undefined {
  const spoken = opensslAbility(setup.openssl).protocols
  return spoken.find((_, index) => spoken.slice(index).every((one) => policy.protocols.allowed.includes(one)))
}

function startDemandsOf(task: StartTask, setup: Setup): readonly Demand[] {
  const { leg, wish } = task
  const { protocols, tls13Suites, groups, order } = wish
  const least = protocols && lowest(task, setup)
  const demands: readonly (Demand | undefined)[] = [
    least && { leg, word: 'protocols', setting: 'ssl_min_protocol', value: least },
    tls13Suites && setsTls13(setup) ? { leg, word: 'suites', setting: 'ssl_cipher_suites', value: tls13Suites.join(':') } : undefined,
    groups && { leg, word: 'groups', setting: 'ssl_curve_list', value: opensslGroupNames(groups).join(':') },
    order && { leg, word: 'order', setting: nameOf('order', setup), value: orderValue(order === 'server', setup) },
  ]
  return demands.filter((demand) => demand !== undefined)
}

function listDemand({ leg, wish: { suites } }: Task, setup: Setup): readonly Demand[] {
  const list = suites && listFor(valueOf(leg, 'ssl_cipher_list', setup).value, suites, { generation: setup.openssl })
  return list === undefined ? [] : [{ leg, word: 'suites', setting: 'ssl_cipher_list', value: list }]
}

function beyondWords(task: Task, setup: Setup): readonly Inexpressible[] {
  const { leg, wish } = task
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door: leg.door, role: leg.role, word, why })
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...protocolsBeyond(task, setup).map((why) => found('protocols', why)),
    ...(wish.tls13Suites !== undefined && !setsTls13(setup)
      ? [found('suites', 'suites of TLS 1.3 can be set from Dovecot 2.3.15 on')]
      : []),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it')]),
    ...(wish.dh === undefined
      ? []
      : [
          {
            ...found('dh', `the parameters of ${nameOf('dh', setup)} are too small or cannot be read: make a file with ${wish.dh} bits`),
            command: dhFileCommand(wish.dh, setup.openssl, dhPathOf(leg, setup), setup.more),
          },
        ]),
  ]
}

function protocolsBeyond(task: Task, setup: Setup): readonly string[] {
  const { protocols } = task.wish
  if (protocols === undefined) return []
  const least = lowest(task, setup)
  if (least === undefined) return ['Dovecot has a setting for the lowest version only, and the newest one is not allowed']
  const lost = task.policy.protocols.required.filter((one) => PROTOCOLS.indexOf(one) < PROTOCOLS.indexOf(least))
  return lost.length === 0
    ? []
    : [`Dovecot has a setting for the lowest version only, so that ${lost.join(', ')} cannot stay without one that is not allowed`]
}
