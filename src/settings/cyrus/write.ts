import type { Edits, Inexpressible, Wanted } from '../adapter.ts'
import { dhFileCommand } from '../openssl/dh-file.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { listFor } from '../openssl/openssl-list.ts'
import { isChange, settle, type Demand } from '../scopes.ts'
import { wishOf, type Wish } from '../wish.ts'
import type { Cyrus, CyrusDoor } from './doors.ts'
import { dhPathOf, canRefuseTls13, curvesOf, valueOf, VERSION_WORDS, wordsOf, type Setup } from './words.ts'

export function writeCyrus({ doors }: Cyrus, setup: Setup, wanted: readonly Wanted[]): Edits {
  const tasks = wanted.flatMap(({ door, policy }) => {
    const leg = doors.find((one) => one.door === door)
    return leg === undefined ? [] : [{ leg, wish: wishOf(wordsOf(leg, setup), policy, abilityOf(setup)) }]
  })
  const demands = tasks.flatMap(({ leg, wish }) => demandsOf(leg, wish, setup)).filter(isChange)
  const { changes, inexpressible } = settle(doors, demands)
  return { changes, inexpressible: [...inexpressible, ...tasks.flatMap(({ leg, wish }) => beyondWords(leg, wish, setup))] }
}

/** What OpenSSL can, with the groups that Cyrus can name. */
function abilityOf(setup: Setup): ReturnType<typeof opensslAbility> {
  return { ...opensslAbility(setup.openssl), groups: [...curvesOf(setup).values()] }
}

function demandsOf(leg: CyrusDoor, wish: Wish, setup: Setup): readonly Demand[] {
  const { protocols, suites, order } = wish
  const { value: now } = valueOf(leg, 'tls_ciphers', setup)
  const list = suites && listFor(now, suites, { generation: setup.openssl })
  const words = protocols && VERSION_WORDS.filter(([, protocol]) => protocols.includes(protocol)).map(([word]) => word)
  const curve = curveFor(wish, setup)
  const demands: readonly (Demand | undefined)[] = [
    words && { leg, word: 'protocols', setting: 'tls_versions', value: words.join(' ') },
    list === undefined ? undefined : { leg, word: 'suites', setting: 'tls_ciphers', value: list },
    curve === undefined ? undefined : { leg, word: 'groups', setting: 'tls_eccurve', value: curve },
    order && { leg, word: 'order', setting: 'tls_prefer_server_ciphers', value: order === 'server' ? '1' : '0' },
  ]
  return demands.filter((demand) => demand !== undefined)
}

/** The first wanted group that can be named: there is room for one. */
function curveFor({ groups }: Wish, setup: Setup): string | undefined {
  const names = [...curvesOf(setup)]
  return groups?.flatMap((wanted) => names.find(([, name]) => name === wanted)?.[0] ?? [])[0]
}

function beyondWords(leg: CyrusDoor, wish: Wish, setup: Setup): readonly Inexpressible[] {
  const found = (word: Inexpressible['word'], why: string): Inexpressible => ({ door: leg.door, role: leg.role, word, why })
  const open = wish.protocols !== undefined && !wish.protocols.includes('TLSv1.3') && !canRefuseTls13(setup)
  return [
    ...wish.impossible.map(({ word, why }) => found(word, why)),
    ...(open && setup.openssl !== '1.0.2' ? [found('protocols', 'TLS 1.3 can be turned off from Cyrus IMAP 3.0.12 on')] : []),
    ...(wish.tls13Suites === undefined ? [] : [found('suites', 'Cyrus IMAP has no option for the suites of TLS 1.3')]),
    ...(wish.groups !== undefined && curveFor(wish, setup) === undefined
      ? [found('groups', 'tls_eccurve can name none of the groups that are allowed')]
      : []),
    ...(wish.sslv2Hello === undefined
      ? []
      : [found('sslv2Hello', 'OpenSSL answers hellos in the format of SSL 2.0 and has no switch for it')]),
    ...(wish.dh === undefined
      ? []
      : [
          {
            ...found('dh', `make a file with ${wish.dh} bits and name it in tls_server_dhparam`),
            command: dhFileCommand(wish.dh, setup.openssl, dhPathOf(leg, setup), setup.more),
          },
        ]),
  ]
}
