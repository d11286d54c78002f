import type { ProtocolName } from '../../registry/index.ts'
import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility, opensslGroupNames } from '../openssl/openssl-ability.ts'
import { listFor, listOfNames, suitesOfList } from '../openssl/openssl-list.ts'
import { spokenBy } from '../openssl/openssl-words.ts'
import { isChange, settle, type Demand } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import { CIPHERS, CIPHERS_13, type Door } from './doors.ts'
import { listInForce, namesTls13, setsTls13Suites } from './versions.ts'
import { isDoubtful, listOf, listUse, onlyDhFileOf, winnerIn, wordsOf, type Setup } from './words.ts'

interface Task {
  readonly door: Door
  readonly wish: Wish
}

export function writeProftpd(doors: readonly Door[], setup: Setup, wanted: readonly Wanted[]): Edits {
  const tasks = wanted.flatMap((one): readonly Task[] => {
    const door = doors.find((candidate) => candidate.door === one.door)
    return door === undefined ? [] : [{ door, wish: wishOf(wordsOf(door, setup), one.policy, opensslAbility(setup.openssl)) }]
  })
  const demands = tasks.flatMap((task) =>
    demandsOf(task, setup).filter(
      (demand) => isChange(demand) && !isDoubtful(task.door, demand.setting) && !isEntangled(task.door, demand.setting),
    ),
  )
  const { changes, inexpressible } = settle(doors, demands)
  return { changes, inexpressible: [...inexpressible, ...tasks.flatMap((task) => beyondWords(task, setup))] }
}

function demandsOf({ door: leg, wish }: Task, setup: Setup): readonly Demand[] {
  const { tls13Suites, order } = wish
  const protocols = namesFor(wish, setup)
  const list = listWanted(leg, wish, setup)
  const groups = groupsFor(wish, setup)
  const demands: readonly (Demand | undefined)[] = [
    protocols && { leg, word: 'protocols', setting: 'TLSProtocol', value: protocols.join(' ') },
    list === undefined ? undefined : { leg, word: 'suites', setting: CIPHERS, value: list },
    tls13Suites && setsTls13Suites(setup.version) ? { leg, word: 'suites', setting: CIPHERS_13, value: tls13Suites.join(':') } : undefined,
    groups === undefined ? undefined : { leg, word: 'groups', setting: 'TLSECDHCurve', value: groups },
    order && { leg, word: 'order', setting: 'TLSServerCipherPreference', value: order === 'server' ? 'on' : 'off' },
  ]
  return demands.filter((demand) => demand !== undefined)
}

/** Undefined where none is left that has a name in this version. */
function namesFor({ protocols }: Wish, { version }: Setup): readonly ProtocolName[] | undefined {
  const names = protocols?.filter((protocol) => protocol !== 'TLSv1.3' || namesTls13(version))
  return names === undefined || names.length === 0 ? undefined : names
}

/** What ProFTPD adds to a list must not change what it means. */
function listWanted(door: Door, { suites }: Wish, setup: Setup): string | undefined {
  if (suites === undefined) return undefined
  const use = listUse(door, setup)
  const current = listOf(door, setup) ?? ''
  const means = (list: string): boolean => suitesOfList(listInForce(list, setup.version), use).suites.join() === suites.join()
  return [listFor(current, suites, use), listOfNames(suites, use, current)].find((list) => list !== undefined && means(list))
}

function groupsFor({ groups }: Wish, { version }: Setup): string | undefined {
  const names = groups === undefined ? [] : opensslGroupNames(groups)
  return names.length > 1 && !namesTls13(version) ? undefined : names.length === 0 ? undefined : names.join(':')
}

function beyondWords(task: Task, setup: Setup): readonly Inexpressible[] {
  const { door: leg, wish } = task
  const { version, openssl } = setup
  const { door, role } = leg
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door, role, word, why })
  const rows: readonly (readonly [isSo: boolean, word: Inexpressible['word'], why: string])[] = [
    [
      wish.protocols !== undefined && !namesTls13(version) && spokenBy(openssl).includes('TLSv1.3') && cannotName(wish.protocols),
      'protocols',
      `ProFTPD ${version} has no name for TLSv1.3, which is on where OpenSSL has it, and nothing turns it off or leaves it alone`,
    ],
    [wish.suites !== undefined && listWanted(leg, wish, setup) === undefined, 'suites', `OpenSSL ${openssl} does not have all of them`],
    [wish.tls13Suites !== undefined && !setsTls13Suites(version), 'suites', 'suites of TLS 1.3 can be set from ProFTPD 1.3.8 on'],
    [wish.groups !== undefined && groupsFor(wish, setup) === undefined, 'groups', `ProFTPD ${version} takes a single curve`],
    [wish.sslv2Hello !== undefined, 'sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it'],
  ]
  const doubted = demandsOf(task, setup).filter(({ setting }) => isDoubtful(leg, setting))
  const entangled = demandsOf(task, setup).filter((demand) => isChange(demand) && isEntangled(leg, demand.setting))
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...rows.flatMap(([isSo, word, why]) => (isSo ? [found(word, why)] : [])),
    ...(wish.dh === undefined
      ? []
      : [
          {
            ...found('dh', `the parameters come from TLSDHParamFile: make one with ${wish.dh} bits and nothing smaller in it`),
            command: dhFileCommand(wish.dh, openssl, onlyDhFileOf(leg), setup.options.more),
          },
        ]),
    ...doubted.map(({ word, setting }) =>
      found(word, `${setting} stands in a section that may not be read, or has a variable in it: nobody here can tell what counts`),
    ),
    ...entangled.map(({ word, setting }) => found(word, `${setting} stands in a file that <Global> and a server include`)),
  ]
}

function isEntangled(door: Door, setting: string): boolean {
  const file = winnerIn(door, setting)?.file
  return file !== undefined && door.entangled.includes(file)
}

/** TLS 1.3 cannot be turned off, and not all others can. */
function cannotName(protocols: readonly ProtocolName[]): boolean {
  return !protocols.includes('TLSv1.3') || protocols.length === 1
}
