import { meaningOfPriority } from '../gnutls/gnutls-words.ts'
import { settingsFinding, type FindingWords } from '../finding.ts'
import { oldVersions } from '../openssl/old-versions.ts'
import { placeIn } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import type { Setup } from './build.ts'
import type { Block, Option } from './config.ts'
import { mostBits, parametersOf } from './dh.ts'
import { itemsOf, portsOf, type Door } from './doors.ts'
import { parseOpensslOptions } from './openssl-options.ts'
import { settingOf } from './settings.ts'
import { curvesOf, listSetting, meaningOf, opensslList, priorityOf, wordsOf } from './words.ts'

/** What is wrong with the settings themselves, and what nobody can tell. */
export function findingsOf(setup: Setup, doors: readonly Door[]): readonly SettingsFinding[] {
  const all = [
    ...ofFiles(setup),
    ...blocksOf(setup).flatMap((block) => [...givenTwice(block), ...undecided(setup, block)]),
    ...doors.flatMap((door) => [...refusedList(door, setup), ...withoutTls(door)]),
    ...(setup.build.library === 'gnutls' ? ofGnutls(setup) : ofOpenssl(setup)),
    ...idlePorts(setup),
  ]
  const found = [...all.map((one) => settingsFinding(one)), ...doors.flatMap((door) => beneathLevel(door, setup))]
  return [...new Map(found.map((one) => [`${one.id} ${one.fact}`, one])).values()]
}

function beneathLevel(door: Door, setup: Setup): readonly SettingsFinding[] {
  const setting = listSetting(door, setup)
  const list = setup.build.library === 'openssl' ? opensslList(setting) : undefined
  if (list === undefined) return []
  return oldVersions(door.door, wordsOf(door, setup), { list, generation: setup.openssl, place: setting.found?.place })
}

function blocksOf({ config: { main, transports } }: Setup): readonly Block[] {
  return [main, ...transports]
}

function ofFiles(setup: Setup): readonly FindingWords[] {
  return [
    ...notInUse(setup),
    ...setup.config.missing.map(({ why, place }) => ({
      id: 'settings-stops-start' as const,
      verdict: 'bad' as const,
      fact: `Exim does not start: ${why}.`,
      remedy: 'Put the file there, or take the line out.',
      place,
    })),
    ...assumedLibrary(setup),
  ]
}

function notInUse({ role, sources: { instead }, config }: Setup): readonly FindingWords[] {
  const [file] = config.files
  const found = (fact: string, remedy: string): FindingWords => ({
    id: 'settings-not-in-use',
    verdict: 'weak',
    fact,
    remedy,
    place: file && placeIn(file, 0, 0),
  })
  if (role.kind === 'generated') {
    return [
      found(
        'This file is made by update-exim4.conf, which Debian runs each time Exim starts: what is changed here is lost.',
        'Name /etc/exim4/update-exim4.conf.conf: conf.d, or exim4.conf.template and exim4.conf.localmacros, are what it is made of.',
      ),
    ]
  }
  if (instead === undefined) return []
  const named = instead.endsWith('conf.d') ? 'update-exim4.conf.conf' : instead
  return [found(`Exim does not read this: ${instead} stands in its place.`, `Name ${named}.`)]
}

function assumedLibrary({ build }: Setup): readonly FindingWords[] {
  if (build.from !== 'assumed') return []
  const library = build.library === 'gnutls' ? 'GnuTLS, as Debian has it,' : 'OpenSSL'
  return [
    {
      id: 'settings-two-libraries',
      verdict: 'unknown',
      fact: `Nothing tells whether this Exim is built with GnuTLS or with OpenSSL; ${library} is assumed.`,
      remedy: 'See “Support for” in exim -bV, and say --product-version "4.98 GnuTLS", or --openssl with its version.',
    },
  ]
}

/** Options that Postern reads. */
const OWN =
  'tls_require_ciphers dane_require_tls_ciphers openssl_options tls_eccurve tls_dhparam tls_dh_max_bits tls_dh_min_bits tls_advertise_hosts ' +
  'tls_on_connect_ports daemon_smtp_ports daemon_smtp_port local_interfaces hosts_avoid_tls hosts_require_tls'

function ownOptions({ options }: Block): readonly (readonly Option[])[] {
  return OWN.split(' ').flatMap((name) => {
    const all = options.get(name)
    return all === undefined ? [] : [all]
  })
}

function givenTwice(block: Block): readonly FindingWords[] {
  return ownOptions(block).flatMap((all) => {
    const [first, second] = all.filter(({ doubt }) => doubt === undefined)
    if (first === undefined || second === undefined) return []
    return [
      {
        id: 'settings-given-twice',
        verdict: 'bad',
        fact: `${first.name} is set a second time${block.name === '' ? '' : ` in ${block.name}`}: Exim does not start.`,
        subjects: [first.name],
        remedy: 'Leave only the line that is meant.',
        place: second.found?.place,
      },
    ]
  })
}

function undecided(setup: Setup, block: Block): readonly FindingWords[] {
  const where = block.name === '' ? '' : ` of ${block.name}`
  const gap = block.gap === undefined ? [] : [{ name: `What else is set${where}`, doubt: block.gap }]
  const options = ownOptions(block).flatMap(([option]) => {
    const doubt = option && settingOf(setup, block, option.name).doubt
    return option === undefined || doubt === undefined ? [] : [{ name: `${option.name}${where}`, doubt }]
  })
  return [...gap, ...options].map(({ name, doubt: { why, place } }) => ({
    id: 'settings-undecided',
    verdict: 'unknown',
    fact: `${name} cannot be told: ${why}.`,
    subjects: [name.split(' ')[0] ?? name],
    remedy: 'Ask the program, exim -bP, or audit the door.',
    place,
  }))
}

/** `exim -bV` takes any list. The daemon looks at its own when it starts, and transports at theirs with each handshake. */
function refusedList(door: Door, setup: Setup): readonly FindingWords[] {
  if (door.off !== undefined) return []
  const setting = listSetting(door, setup)
  if (setting.value === undefined) return []
  const gnutls = setup.build.library === 'gnutls'
  const refused = gnutls ? meaningOfPriority(priorityOf(setting) ?? '').refused : meaningOf(setting, setup)?.refused
  if (refused === undefined) return []
  const library = gnutls ? 'GnuTLS' : 'OpenSSL'
  const { place } = setting.found ?? {}
  if (door.role === 'server' && setting.value !== '') {
    return [{ ...stops(setup, door.list, `${library} refuses ${door.list}, ${refused.why}`, refused.remedy), place }]
  }
  return [
    {
      id: 'settings-value-refused',
      verdict: 'bad',
      fact: `${door.role === 'server' ? 'Exim' : door.door}: ${library} refuses ${door.list}, so that every handshake fails: ${refused.why}.`,
      subjects: [door.list],
      remedy: refused.remedy,
      place,
    },
  ]
}

function withoutTls({ door, role, off }: Door): readonly FindingWords[] {
  if (off === undefined) return []
  return [
    {
      id: 'settings-tls-off',
      verdict: 'bad',
      fact: `${door} uses no TLS at all.`,
      subjects: [door],
      remedy: role === 'server' ? 'Set tls_advertise_hosts to *; in Debian, MAIN_TLS_ENABLE to yes.' : 'Take hosts_avoid_tls out.',
      place: off.found?.place,
    },
  ]
}

function ignored(setup: Setup, block: Block, name: string, why: string): readonly FindingWords[] {
  const { set, found } = settingOf(setup, block, name)
  if (!set) return []
  const fact = `${name} does nothing${block.name === '' ? '' : ` in ${block.name}`}: ${why}.`
  return [{ id: 'settings-ignored', verdict: 'weak', fact, subjects: [name], remedy: 'Take it out.', place: found?.place }]
}

function stops(setup: Setup, name: string, why: string, remedy: string): FindingWords {
  const { found } = settingOf(setup, setup.config.main, name)
  return { id: 'settings-stops-start', verdict: 'bad', fact: `Exim does not start: ${why}.`, subjects: [name], remedy, place: found?.place }
}

function ofGnutls(setup: Setup): readonly FindingWords[] {
  const { main } = setup.config
  return [
    ...(settingOf(setup, main, 'openssl_options').set
      ? [
          stops(
            setup,
            'openssl_options',
            'it is built with GnuTLS, and openssl_options is set',
            'Put what is meant into tls_require_ciphers.',
          ),
        ]
      : []),
    ...ignored(setup, main, 'tls_eccurve', 'GnuTLS takes its groups from tls_require_ciphers'),
    ...tooSmall(setup),
  ]
}

function ofOpenssl(setup: Setup): readonly FindingWords[] {
  const { main, transports } = setup.config
  const options = settingOf(setup, main, 'openssl_options')
  const curves = settingOf(setup, main, 'tls_eccurve')
  const items = curves.value === undefined ? [] : itemsOf(curves.value)
  const { bits } = parametersOf(setup)
  const most = mostBits(setup)
  return [
    ...(options.value !== undefined && parseOpensslOptions(options.value) === undefined
      ? [
          stops(
            setup,
            'openssl_options',
            `it does not know all of ${options.value}`,
            'Write words such as +no_tlsv1, with + or - before each.',
          ),
        ]
      : []),
    ...(items.includes('auto') || curvesOf(items, setup) !== undefined
      ? []
      : [refusedValue(setup, 'tls_eccurve', 'OpenSSL does not know all of its names', 'Write auto, or names such as X25519:prime256v1.')]),
    ...(typeof bits === 'number' && most !== undefined && bits > most
      ? ignored(setup, main, 'tls_dhparam', `it has ${bits} bits, and tls_dh_max_bits is ${most}`)
      : []),
    ...transports.flatMap((block) => ignored(setup, block, 'tls_dh_min_bits', 'it is for GnuTLS only')),
    ...tooSmall(setup),
  ]
}

function refusedValue(setup: Setup, name: string, why: string, remedy: string): FindingWords {
  const { found } = settingOf(setup, setup.config.main, name)
  return {
    id: 'settings-value-refused',
    verdict: 'bad',
    fact: `${name} makes every handshake fail: ${why}.`,
    subjects: [name],
    remedy,
    place: found?.place,
  }
}

function tooSmall(setup: Setup): readonly FindingWords[] {
  const most = mostBits(setup)
  return [
    ...(most !== undefined && most < 1024 ? [stops(setup, 'tls_dh_max_bits', 'tls_dh_max_bits is below 1024', 'Write 2236 or more.')] : []),
    ...(parametersOf(setup).refused
      ? [refusedValue(setup, 'tls_dhparam', 'Exim has no prime of that name', 'Write ffdhe2048, or the path of a file with parameters.')]
      : []),
  ]
}

function idlePorts(setup: Setup): readonly FindingWords[] {
  const { idle } = portsOf(setup)
  if (idle.length === 0) return []
  return [
    {
      id: 'settings-no-tls',
      verdict: 'weak',
      fact: `tls_on_connect_ports has ${idle.join(', ')}, where the daemon does not listen by its settings: only -oX, or inetd, brings it there.`,
      subjects: ['tls_on_connect_ports'],
      remedy: 'Name the port in daemon_smtp_ports too, unless the service starts with -oX, as Debian’s /etc/default/exim4 can say.',
      place: settingOf(setup, setup.config.main, 'tls_on_connect_ports').found?.place,
    },
  ]
}
