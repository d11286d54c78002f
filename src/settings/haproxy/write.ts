import type { ProtocolName } from '../../registry/index.ts'
import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility, opensslGroupNames } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { isChange, lookUp, settle, type Demand, type ScopedLeg } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import { listedWords } from './crt-list.ts'
import { dhPathOf, forced, listOf, versionName, wordsOf, type Setup } from './words.ts'

export function writeHaproxy(doors: readonly ScopedLeg[], setup: Setup, wanted: readonly Wanted[]): Edits {
  const tasks = wanted.flatMap(({ door, role, policy }) => {
    const leg = doors.find((one) => one.door === door && one.role === role)
    return leg === undefined ? [] : [{ leg, wish: wishOf(wordsOf(leg, setup), policy, opensslAbility(setup.openssl), role) }]
  })
  const { changes, inexpressible } = settle(doors, tasks.flatMap(({ leg, wish }) => demandsOf(leg, wish, setup)).filter(isChange))
  return { changes, inexpressible: [...inexpressible, ...tasks.flatMap(({ leg, wish }) => beyondWords(leg, wish, setup))] }
}

function demandsOf(leg: ScopedLeg, wish: Wish, setup: Setup): readonly Demand[] {
  const { protocols, suites, tls13Suites, groups, order } = wish
  const list = suites && listFor(listOf(leg, setup), suites, { generation: setup.openssl })
  const demands: readonly (Demand | undefined)[] = [
    ...(protocols === undefined || protocolsBeyond(leg, protocols, setup) !== undefined ? [] : bounds(leg, protocols)),
    list === undefined ? undefined : { leg, word: 'suites', setting: 'ciphers', value: list },
    tls13Suites && { leg, word: 'suites', setting: 'ciphersuites', value: tls13Suites.join(':') },
    groups === undefined || groupsBeyond(leg)
      ? undefined
      : { leg, word: 'groups', setting: 'curves', value: opensslGroupNames(groups).join(':') },
    order === undefined || orderBeyond(leg)
      ? undefined
      : { leg, word: 'order', setting: 'prefer-client-ciphers', value: order === 'client' ? '' : undefined },
  ]
  return demands.filter((demand) => demand !== undefined)
}

function bounds(leg: ScopedLeg, protocols: readonly ProtocolName[]): readonly Demand[] {
  const [low, high] = [protocols.at(0), protocols.at(-1)]
  if (low === undefined || high === undefined) return []
  const capped = high !== 'TLSv1.3' || lookUp(leg, 'ssl-max-ver') !== undefined
  return [
    { leg, word: 'protocols', setting: 'ssl-min-ver', value: versionName(low) },
    ...(capped ? [{ leg, word: 'protocols' as const, setting: 'ssl-max-ver', value: versionName(high) }] : []),
  ]
}

function protocolsBeyond(leg: ScopedLeg, protocols: readonly ProtocolName[], setup: Setup): string | undefined {
  const force = forced(leg)
  if (force !== undefined) return `${force} stands there and sets both bounds: take it out first`
  const spoken = opensslAbility(setup.openssl).protocols
  const [low, high] = [spoken.findIndex((one) => protocols.includes(one)), spoken.findLastIndex((one) => protocols.includes(one))]
  return high - low + 1 === protocols.length ? undefined : 'HAProxy has a lowest and a highest version, and nothing for a gap between them'
}

/** Not every version has curves for server lines, so one is changed and none is added. */
function groupsBeyond(leg: ScopedLeg): boolean {
  return leg.role === 'client' && lookUp(leg, 'curves') === undefined
}

/** Taking the word out of one line would bring the other one into force. */
function orderBeyond(leg: ScopedLeg): boolean {
  return leg.scopes.filter((scope) => scope.find('prefer-client-ciphers') !== undefined).length > 1
}

function beyondWords(leg: ScopedLeg, wish: Wish, setup: Setup): readonly Inexpressible[] {
  const { door, role } = leg
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door, role, word, why })
  const gap = wish.protocols && protocolsBeyond(leg, wish.protocols, setup)
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...listedWords(leg, setup).map((word) => found(word, 'its crt-list decides it for names in it, or cannot be read')),
    ...(gap === undefined ? [] : [found('protocols', gap)]),
    ...(wish.order !== undefined && orderBeyond(leg) ? [found('order', 'prefer-client-ciphers stands in global as well')] : []),
    ...(wish.groups !== undefined && groupsBeyond(leg)
      ? [found('groups', 'not every version knows curves for server lines, and none stand there')]
      : []),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it')]),
    ...(wish.dh === undefined
      ? []
      : [dhBeyond(leg, wish.dh, setup)].map(({ why, command }) => ({
          ...found('dh', why),
          ...(command === undefined ? {} : { command }),
        }))),
  ]
}

function dhBeyond(leg: ScopedLeg, bits: number, setup: Setup): Pick<Inexpressible, 'why' | 'command'> {
  const path = dhPathOf(leg, setup)
  if (path === undefined)
    return { why: `the size is that of parameters in a file, or of tune.ssl.default-dh-param for all doors: make it ${bits} bits there` }
  return {
    why: `the file of ssl-dh-param-file is too small or cannot be read: make one with ${bits} bits`,
    command: dhFileCommand(bits, setup.openssl, path, setup.more),
  }
}
