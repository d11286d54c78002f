import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { spokenBy } from '../openssl/openssl-words.ts'
import { isChange, settle, type Demand } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import { nameOf, type Sendmail, type SendmailDoor } from './doors.ts'
import {
  canonical,
  meaningOf,
  optionsFor,
  refusalOf,
  SERVER_ORDER,
  setsTls13,
  sslOptions,
  sslWords,
  valueOf,
  wordsOf,
  type Setup,
} from './words.ts'

export function writeSendmail({ doors }: Sendmail, setup: Setup, wanted: readonly Wanted[]): Edits {
  const tasks = wanted.flatMap(({ door, role, policy }) => {
    const leg = doors.find((one) => one.door === door && one.role === role)
    return leg === undefined ? [] : [{ leg, wish: wishOf(wordsOf(leg, setup), policy, opensslAbility(setup.openssl), role) }]
  })
  const legs = doors.map((door) => (isOff(door, setup) ? { ...door, heeds: () => false } : door))
  const demands = tasks
    .flatMap(({ leg, wish }) => demandsOf(leg, wish, setup))
    .map((demand) => ({
      ...demand,
      leg: legs.find(({ door, role }) => door === demand.leg.door && role === demand.leg.role) ?? demand.leg,
    }))
  const { changes, inexpressible } = settle(legs, demands.filter(isChange))
  const refused = inexpressible.flatMap((one) => {
    const wish = tasks.find(({ leg }) => leg.door === one.door && leg.role === one.role)?.wish
    return one.word === 'protocols' && wish?.order !== undefined ? [one, { ...one, word: 'order' as const }] : [one]
  })
  return {
    changes: changes.map((change) => ({ ...change, setting: nameOf(change.setting) })),
    inexpressible: [...refused, ...tasks.flatMap(({ leg, wish }) => beyondWords(leg, wish, setup))],
  }
}

function isOff(door: SendmailDoor, setup: Setup): boolean {
  const { value } = wordsOf(door, setup).protocols
  return value !== 'unknown' && value.length === 0
}

function demandsOf(leg: SendmailDoor, wish: Wish, setup: Setup): readonly Demand[] {
  const { suites, tls13Suites, dh } = wish
  const { value = '' } = valueOf(leg, 'cipherlist', setup)
  const base = value === '' || meaningOf(leg, setup).refused !== undefined ? 'DEFAULT' : value
  const list = suites && listFor(base, suites, { generation: setup.openssl })
  const options = optionsWith(leg, wish, setup)
  const demands: readonly (Demand | undefined)[] = [
    options === undefined ? undefined : { leg, word: 'protocols', setting: optionsFor(leg), value: options },
    list === undefined ? undefined : { leg, word: 'suites', setting: 'cipherlist', value: list },
    tls13Suites && setsTls13(setup) ? { leg, word: 'suites', setting: 'ciphersuites', value: tls13Suites.join(':') } : undefined,
    // The 2048 bits that are built in.
    dh !== undefined && dh <= 2048 && leg.role === 'server' ? { leg, word: 'dh', setting: 'dhparameters', value: 'i' } : undefined,
  ]
  return demands.filter((demand) => demand !== undefined)
}

/** The words that stand there, without those on what changes, and these. What an earlier line has set has to be cleared by name. */
function optionsWith(leg: SendmailDoor, { protocols, order }: Wish, setup: Setup): string | undefined {
  const { value: now = '' } = valueOf(leg, optionsFor(leg), setup)
  const { set, numbers } = sslOptions(now)
  if ((protocols === undefined && order === undefined) || numbers) return undefined
  const switches = [
    ...(protocols === undefined ? [] : spokenBy(setup.openssl).map((one) => ({ name: refusalOf(one), on: !protocols.includes(one) }))),
    ...(order === undefined ? [] : [{ name: SERVER_ORDER, on: order === 'server' }]),
  ]
  const changed = switches.filter(({ name, on }) => set.has(name) !== on)
  const kept = sslWords(now).filter(({ name }) => !changed.some((one) => one.name === canonical(name)))
  return [...kept.map(({ sign, name }) => `${sign}${name}`), ...changed.map(({ name, on }) => `${on ? '+' : '-'}${name}`)].join(' ')
}

function beyondWords(leg: SendmailDoor, wish: Wish, setup: Setup): readonly Inexpressible[] {
  const { door, role } = leg
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door, role, word, why })
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...(wish.protocols !== undefined && hasNumbers(leg, setup)
      ? [found('protocols', `${nameOf(optionsFor(leg))} has a number, whose meaning nobody can tell: write names instead first`)]
      : []),
    ...(wish.tls13Suites !== undefined && !setsTls13(setup) ? [found('suites', 'suites of TLS 1.3 can be set in Sendmail 8.17')] : []),
    ...(wish.groups === undefined ? [] : [found('groups', 'Sendmail has no option for groups')]),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it')]),
    ...(wish.dh === undefined || (wish.dh <= 2048 && role === 'server')
      ? []
      : [
          {
            ...found('dh', `make a file with ${wish.dh} bits and name it in DHParameters`),
            command: dhFileCommand(wish.dh, setup.openssl, valueOf(leg, 'dhparameters', setup).value, setup.more),
          },
        ]),
  ]
}

function hasNumbers(leg: SendmailDoor, setup: Setup): boolean {
  return sslOptions(valueOf(leg, optionsFor(leg), setup).value ?? '').numbers
}
