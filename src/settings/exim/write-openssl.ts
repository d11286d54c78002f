import type { ProtocolName } from '../../registry/index.ts'
import type { Edits, Inexpressible } from '../adapter.ts'
import { opensslGroupNames } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { compareVersions } from '../versions.ts'
import type { LegWords } from '../words.ts'
import type { Setup } from './build.ts'
import { CURVE_LISTS_SINCE, NAMED_PRIMES } from './defaults.ts'
import { mostBits, primeFor } from './dh.ts'
import type { Door } from './doors.ts'
import { parseOpensslOptions, printOpensslOptions } from './openssl-options.ts'
import { settingOf } from './settings.ts'
import { hasNumber, listSetting, meaningOf, opensslList, wordsOf } from './words.ts'
import { stuck, type Ask, type Task } from './asks.ts'

/** All but versions and the order, which `openssl_options` has. */
export function opensslAsks(task: Task, setup: Setup): readonly Ask[] {
  const { door, wish } = task
  return [
    ...suiteAsks(task, setup),
    ...(wish.tls13Suites === undefined ? [] : [{ word: 'suites', why: 'Exim has no option for the suites of TLS 1.3' } as const]),
    ...groupAsks(task, setup),
    ...(wish.dh === undefined || door.role === 'client' ? [] : sizeAsks(wish.dh, setup)),
  ]
}

function suiteAsks({ door, wish }: Task, setup: Setup): readonly Ask[] {
  if (wish.suites === undefined) return []
  const list = listSetting(door, setup)
  const refused = meaningOf(list, setup)?.refused !== undefined
  const value = listFor(refused ? 'DEFAULT' : (opensslList(list) ?? 'DEFAULT'), wish.suites, { generation: setup.openssl })
  return [
    value === undefined
      ? { word: 'suites', why: 'no list of this OpenSSL means exactly these suites' }
      : { word: 'suites', setting: door.list, value },
  ]
}

function groupAsks({ door, wish: { groups } }: Task, { version }: Setup): readonly Ask[] {
  if (groups === undefined) return []
  if (door.role === 'client') return [{ word: 'groups', why: 'transports have no option for groups' }]
  const all = opensslGroupNames(groups)
  const names = all.filter(hasNumber)
  const lost = all.filter((name) => !names.includes(name))
  if (names.length > 1 && compareVersions(version, CURVE_LISTS_SINCE) < 0) {
    return [{ word: 'groups', why: `tls_eccurve takes one name before Exim ${CURVE_LISTS_SINCE}, and ${names.join(', ')} are allowed` }]
  }
  return [
    ...(names.length === 0 ? [] : [{ word: 'groups', setting: 'tls_eccurve', value: names.join(':') } as const]),
    ...(lost.length === 0 ? [] : [{ word: 'groups', why: `tls_eccurve has no name for ${lost.join(', ')}` } as const]),
  ]
}

/** Parameters count up to a limit, which goes up with them. */
function sizeAsks(bits: number, setup: Setup): readonly Ask[] {
  const prime = primeFor(bits)
  const size = prime === undefined ? undefined : NAMED_PRIMES.get(prime)
  if (prime === undefined || size === undefined) return [{ word: 'dh', why: `Exim has no prime of ${bits} bits` }]
  const most = mostBits(setup)
  return [
    { word: 'dh', setting: 'tls_dhparam', value: prime },
    ...(most === undefined || most < size ? [{ word: 'dh', setting: 'tls_dh_max_bits', value: String(size) } as const] : []),
  ]
}

/** `openssl_options` is one for all doors and transports: versions and the order change where all agree. */
export function optionsChange(setup: Setup, doors: readonly Door[], tasks: readonly Task[]): Edits {
  const asking = tasks.filter(({ wish }) => wish.protocols !== undefined || wish.order !== undefined)
  const [first] = asking
  if (first === undefined) return { changes: [], inexpressible: [] }
  const { main } = setup.config
  const setting = settingOf(setup, main, 'openssl_options')
  const { value, disputed } = optionsAgreed(setup, doors, tasks, setting.value ?? '')
  const why = disputed.length === 2 ? ONE : stuck({ setting: 'openssl_options', value }, main, setup)
  const inexpressible = asking.flatMap(({ door: { door, role }, wish }): readonly Inexpressible[] =>
    (['protocols', 'order'] as const)
      .filter((word) => wish[word] !== undefined && (why !== undefined || disputed.includes(word)))
      .map((word) => ({ door, role, word, why: why ?? ONE })),
  )
  if (why !== undefined || value === setting.value) return { changes: [], inexpressible }
  const { door, role } = first.door
  const { found } = setting
  const placed = found === undefined ? main.add('openssl_options', value) : { place: found.place, edits: found.put(value) }
  const change = placed && { door, role, setting: 'openssl_options', before: found?.value, after: value, ...placed }
  return { changes: change === undefined ? [] : [change], inexpressible }
}

/** The value that all come to, and the words about which they do not agree, which stay as they are. */
function optionsAgreed(
  setup: Setup,
  doors: readonly Door[],
  tasks: readonly Task[],
  current: string,
): { readonly value: string; readonly disputed: readonly ('protocols' | 'order')[] } {
  const all = doors
    .filter(({ off }) => off === undefined)
    .map((door) => ({ words: wordsOf(door, setup), role: door.role, task: tasks.find((task) => task.door === door) }))
  const servers = all.filter(({ role }) => role === 'server')
  const protocols = agreed(all.map(({ words, task }) => task?.wish.protocols ?? words.protocols.value))
  const now = parseOpensslOptions(current)
  const orders = servers.map(({ words, task }) => task?.wish.order ?? orderOf(words.order.value, task))
  const order = servers.length === 0 ? (now?.order ?? 'client') : agreed(orders)
  const disputed = [...(protocols === undefined ? ['protocols' as const] : []), ...(order === undefined ? ['order' as const] : [])]
  // A value that Exim refuses leaves nothing that could stay as it is.
  if (now === undefined && disputed.length > 0) return { value: current, disputed: ['protocols', 'order'] }
  return { value: printOpensslOptions(current, protocols ?? now?.protocols ?? [], order ?? now?.order ?? 'client'), disputed }
}

/** A value that Exim refuses has no order, and the one that takes its place needs one. */
function orderOf(now: LegWords['order']['value'], task: Task | undefined): LegWords['order']['value'] {
  if (now !== 'unknown' || task === undefined) return now
  return task.policy.order === 'server' ? 'server' : 'client'
}

const ONE = 'openssl_options is one for all ports and transports, and they should not come to the same'

function agreed<T extends readonly ProtocolName[] | string>(values: readonly (T | 'unknown')[]): T | undefined {
  const [first] = values
  return values.every((value) => JSON.stringify(value) === JSON.stringify(first)) ? known(first) : undefined
}

function known<T>(value: T | 'unknown' | undefined): T | undefined {
  return value === 'unknown' ? undefined : value
}
