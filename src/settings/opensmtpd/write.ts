import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { isChange, lookUp, settle, type Demand } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import { dheOf, isOutOfReach, type Door } from './doors.ts'
import { hasLibtls } from './versions.ts'
import { canSpeak, listOf, wordsOf, type Setup } from './words.ts'

interface Task {
  readonly door: Door
  readonly wish: Wish
}

export function writeSmtpd(doors: readonly Door[], setup: Setup, wanted: readonly Wanted[]): Edits {
  const able = { ...opensslAbility(setup.openssl), protocols: canSpeak(setup) }
  const tasks = wanted.flatMap(({ door, role, policy }): readonly Task[] => {
    const leg = doors.find((one) => one.door === door && one.role === role)
    return leg === undefined ? [] : [{ door: leg, wish: wishOf(wordsOf(leg, setup), policy, able, role) }]
  })
  const demands = tasks.flatMap((task) => demandsOf(task, setup).filter((one) => isChange(one) && !outOfReach(task, one, setup)))
  const { changes, inexpressible } = settle(doors, demands)
  return { changes, inexpressible: [...inexpressible, ...tasks.flatMap((task) => beyondWords(task, setup))] }
}

function outOfReach({ door }: Task, { setting }: Demand, { statements, version }: Setup): boolean {
  return isOutOfReach(door, setting, statements, version)
}

function listWanted({ door, wish: { suites } }: Task, setup: Setup): string | undefined {
  return suites && listFor(listOf(door, setup), suites, { generation: setup.openssl })
}

function demandsOf(task: Task, setup: Setup): readonly Demand[] {
  const { door: leg, wish } = task
  const list = listWanted(task, setup)
  const names = wish.protocols?.map((protocol) => (protocol === 'TLSv1' ? 'tlsv1.0' : protocol.toLowerCase()))
  const legacy = wish.dh !== undefined && lookUp(leg, dheOf(leg.pki))?.value === 'legacy'
  const demands: readonly (Demand | undefined)[] = [
    names === undefined || !hasLibtls(setup.version) ? undefined : { leg, word: 'protocols', setting: 'protocols', value: names.join(',') },
    list === undefined ? undefined : { leg, word: 'suites', setting: 'ciphers', value: list },
    legacy ? { leg, word: 'dh', setting: dheOf(leg.pki), value: 'auto' } : undefined,
  ]
  return demands.filter((demand) => demand !== undefined)
}

function beyondWords(task: Task, setup: Setup): readonly Inexpressible[] {
  const { door: leg, wish } = task
  const { door, role } = leg
  const { version, openssl } = setup
  const rows: readonly (readonly [isSo: boolean, word: Inexpressible['word'], why: string])[] = [
    [
      wish.protocols !== undefined && !hasLibtls(version),
      'protocols',
      `OpenSMTPD ${version} has no setting for versions: it has from 7 on`,
    ],
    [wish.suites !== undefined && listWanted(task, setup) === undefined, 'suites', `OpenSSL ${openssl} does not have all of them`],
    [wish.tls13Suites !== undefined, 'suites', 'OpenSMTPD has no setting for the suites of TLS 1.3'],
    [wish.groups !== undefined, 'groups', 'OpenSMTPD has no setting for groups'],
    [wish.order !== undefined, 'order', 'OpenSMTPD has no setting for it: the server chooses'],
    [wish.sslv2Hello !== undefined, 'sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it'],
    [wish.dh !== undefined, 'dh', `with pki ${leg.pki ?? ''} dhe auto the size fits the key of the certificate, and is set nowhere`],
  ]
  const lost = demandsOf(task, setup).filter((one) => isChange(one) && outOfReach(task, one, setup))
  return [
    ...wish.impossible.map(({ word, why }) => ({ door, role, word, why })),
    ...rows.flatMap(([isSo, word, why]) => (isSo ? [{ door, role, word, why }] : [])),
    ...lost.map(({ word, setting }) => ({
      door,
      role,
      word,
      why: `${setting} comes from a macro with more than this in it, or from the command line`,
    })),
  ]
}
