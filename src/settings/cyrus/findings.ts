import { settingsFinding, type FindingWords } from '../finding.ts'
import { oldVersions } from '../openssl/old-versions.ts'
import type { SettingsFinding } from '../words.ts'
import { prefixOf, type Cyrus, type CyrusDoor } from './doors.ts'
import { placeOf, type Option } from './options.ts'
import { curvesOf, dhIsAutomatic, meaningOf, offBy, switchOf, valueOf, VERSION_WORDS, wordsOf, type Setup } from './words.ts'

/** What is wrong with the settings themselves. */
export function findingsOf(cyrus: Cyrus, setup: Setup): readonly SettingsFinding[] {
  const all = [...stops(cyrus.options), ...cyrus.doors.flatMap((door) => ofDoor(door, setup)), ...strangers(cyrus)].map((words) =>
    settingsFinding(words),
  )
  const beneath = cyrus.doors.flatMap((door) => beneathLevel(door, setup))
  return [...new Map([...all, ...beneath].map((finding) => [`${finding.id} ${finding.fact}`, finding])).values()]
}

function beneathLevel(door: CyrusDoor, setup: Setup): readonly SettingsFinding[] {
  const { value: list, found } = valueOf(door, 'tls_ciphers', setup)
  return oldVersions(door.door, wordsOf(door, setup), { list, generation: setup.openssl, place: found?.place })
}

const SWITCHES = /(?:^|_)(?:tls_prefer_server_ciphers|tls_required|allowstarttls)$/

/** What Cyrus does not start with. */
function stops(options: readonly Option[]): readonly FindingWords[] {
  const seen = new Set<string>()
  return options.flatMap((option): readonly FindingWords[] => {
    const { name, value } = option
    const twice = seen.has(name)
    seen.add(name)
    const what = twice
      ? `${name} is given twice`
      : value === ''
        ? `${name} has no value`
        : SWITCHES.test(name) && switchOf(value) === undefined
          ? `${name} is neither on nor off: ${value}`
          : undefined
    if (what === undefined) return []
    const remedy = twice ? 'Leave only the line that is meant.' : 'Write a value, or take the line out.'
    return [
      {
        id: 'settings-stops-start',
        verdict: 'bad',
        fact: `${what}, with which Cyrus IMAP does not start.`,
        subjects: [name],
        remedy,
        place: placeOf(option),
      },
    ]
  })
}

function ofDoor(door: CyrusDoor, setup: Setup): readonly FindingWords[] {
  const off = offBy(door, setup)
  if (off !== undefined) {
    const remedy = off === 'allowstarttls' ? 'Write allowstarttls: yes, or use a service with TLS from the start.' : `Set ${off}.`
    const place = valueOf(door, off, setup).found?.place
    return [{ id: 'settings-tls-off', verdict: 'bad', fact: `${door.door} uses no TLS at all, by ${off}.`, subjects: [off], remedy, place }]
  }
  return [...ofVersions(door, setup), ...ofLists(door, setup), ...ofParameters(door, setup)]
}

function ofVersions(door: CyrusDoor, setup: Setup): readonly FindingWords[] {
  const { value, found } = valueOf(door, 'tls_versions', setup)
  if (value === '') return []
  const known = VERSION_WORDS.map(([word]) => word)
  const shared = { subjects: ['tls_versions'], remedy: `Write them as ${known.join(' ')}.`, place: found?.place } as const
  if (!known.some((word) => value.includes(word))) {
    const fact = `tls_versions names no version that Cyrus IMAP knows, so that every one is turned off: ${value}.`
    return [{ id: 'settings-stops-start', verdict: 'bad', fact, ...shared }]
  }
  const strange = value.split(/[\s,]+/).filter((word) => word !== '' && !known.some((one) => word.includes(one)))
  if (strange.length === 0) return []
  return [
    {
      id: 'settings-unknown-protocol',
      verdict: 'weak',
      fact: `tls_versions has words that mean nothing: ${strange.join(', ')}.`,
      ...shared,
    },
  ]
}

function ofLists(door: CyrusDoor, setup: Setup): readonly FindingWords[] {
  const list = valueOf(door, 'tls_ciphers', setup)
  const { refused } = meaningOf(door, setup)
  if (refused === undefined || list.value === '') return []
  return [
    {
      id: 'settings-value-refused',
      verdict: 'bad',
      fact: `${door.door}: OpenSSL refuses tls_ciphers, so that there is no TLS: ${refused.why}.`,
      subjects: ['tls_ciphers'],
      remedy: refused.remedy,
      place: list.found?.place,
    },
  ]
}

function ofParameters(door: CyrusDoor, setup: Setup): readonly FindingWords[] {
  const curve = valueOf(door, 'tls_eccurve', setup)
  const file = valueOf(door, 'tls_server_dhparam', setup)
  const names = [...curvesOf(setup).keys()]
  return [
    ...(curve.value === '' || names.includes(curve.value)
      ? []
      : [
          {
            id: 'settings-ignored' as const,
            verdict: 'weak' as const,
            fact: `tls_eccurve has no curve that can be asked for here, so that OpenSSL’s own groups hold: ${curve.value}.`,
            subjects: ['tls_eccurve'],
            remedy: `Write one of ${names.join(', ')}.`,
            place: curve.found?.place,
          },
        ]),
    ...(file.found === undefined || !dhIsAutomatic(setup)
      ? []
      : [
          {
            id: 'settings-ignored' as const,
            verdict: 'weak' as const,
            fact: 'tls_server_dhparam does nothing since Cyrus IMAP 3.8 with OpenSSL 3, which chooses the group itself.',
            subjects: ['tls_server_dhparam'],
            place: file.found.place,
          },
        ]),
  ]
}

/** Options for services that cyrus.conf does not have. */
function strangers({ options, services }: Cyrus): readonly FindingWords[] {
  if (services === undefined || services.length === 0) return []
  return options.flatMap((option): readonly FindingWords[] => {
    const prefix = prefixOf(option)
    if (prefix === undefined || services.some(({ name }) => name.toLowerCase() === prefix)) return []
    return [
      {
        id: 'settings-ignored',
        verdict: 'weak',
        fact: `${option.name} is for a service named ${prefix}, and cyrus.conf has none with TLS.`,
        subjects: [option.name],
        remedy: `Put the name of the service before it: ${services.map(({ name }) => name).join(', ')}.`,
        place: placeOf(option),
      },
    ]
  })
}
