import { PROTOCOLS } from '../../registry/index.ts'
import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { spokenBy } from '../openssl/openssl-words.ts'
import { isChange, settle, type Demand } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import { dhPathOf, isOn, listOf, switches, wordsOf, type Scene } from './words.ts'

export function writeVsftpd(scene: Scene, wanted: readonly Wanted[]): Edits {
  const { leg, openssl } = scene
  const own = wanted.find(({ door, role }) => door === leg.door && role === leg.role)
  if (own === undefined) return { changes: [], inexpressible: [] }
  const wish = wishOf(wordsOf(scene), own.policy, opensslAbility(openssl))
  const { changes, inexpressible } = settle([leg], demandsOf(scene, wish).filter(isChange))
  return { changes, inexpressible: [...inexpressible, ...beyondWords(scene, wish)] }
}

function listWanted(scene: Scene, { suites }: Wish): string | undefined {
  return suites && listFor(listOf(scene) ?? '', suites, { generation: scene.openssl })
}

function demandsOf(scene: Scene, wish: Wish): readonly Demand[] {
  const { leg, openssl } = scene
  const { protocols } = wish
  const list = listWanted(scene, wish)
  const turns = switches(scene).flatMap(({ protocol, setting, byDefault }): readonly Demand[] => {
    // What OpenSSL does not speak is off whatever stands there.
    if (protocols === undefined || !spokenBy(openssl).includes(protocol)) return []
    const on = protocols.includes(protocol)
    return isOn(scene, setting, byDefault) === on ? [] : [{ leg, word: 'protocols', setting, value: on ? 'YES' : 'NO' }]
  })
  return [...turns, ...(list === undefined ? [] : [{ leg, word: 'suites' as const, setting: 'ssl_ciphers', value: list }])]
}

function beyondWords(scene: Scene, wish: Wish): readonly Inexpressible[] {
  const { leg, version, openssl } = scene
  const { door, role } = leg
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door, role, word, why })
  const always = PROTOCOLS.filter(
    (protocol) =>
      wish.protocols?.includes(protocol) === false &&
      spokenBy(openssl).includes(protocol) &&
      !switches(scene).some((one) => one.protocol === protocol),
  )
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...(always.length === 0 ? [] : [found('protocols', `${version.reading.text} has no setting that turns ${always.join(', ')} off`)]),
    ...(wish.suites !== undefined && listWanted(scene, wish) === undefined
      ? [found('suites', `OpenSSL ${openssl} does not have all of them`)]
      : []),
    ...(wish.tls13Suites === undefined ? [] : [found('suites', 'vsftpd has no setting for the suites of TLS 1.3')]),
    ...(wish.groups === undefined ? [] : [found('groups', 'vsftpd has no setting for groups')]),
    ...(wish.order === undefined ? [] : [found('order', 'vsftpd has no setting that lets the server choose the suite')]),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it')]),
    ...(wish.dh === undefined
      ? []
      : [
          {
            ...found('dh', `the parameters come from dh_param_file: make one with ${wish.dh} bits`),
            command: dhFileCommand(wish.dh, openssl, dhPathOf(scene), scene.more),
          },
        ]),
  ]
}
