import { explainCipherList, type WarningId } from '../../policy/index.ts'
import { settingsFinding } from '../finding.ts'
import { suitesOfList } from '../openssl/openssl-list.ts'
import type { Place } from '../settings-file.ts'
import type { Role, SettingsFinding } from '../words.ts'
import { TABLES, variableOf, type Table, type Variable } from './tables.ts'
import { NAMED, PURPOSE_WORDS, PURPOSES, type Matches, type Purpose } from './variables.ts'
import type { Abilities } from './versions.ts'
import { ableProtocols, cipherSetting, DH_SIZES, listIn, parseProtocols, protocolSetting } from './words.ts'

interface Scene {
  readonly tables: readonly Table[]
  readonly abilities: Abilities
  readonly matches: Matches
}

const ROLES: readonly Role[] = ['server', 'client']

/** What the owner of these settings should know beside what rulebooks say. */
export function findingsOf(scene: Scene): readonly SettingsFinding[] {
  const { tables } = scene
  return [
    ...tables.flatMap(missingTable),
    ...drift(scene),
    ...tables.flatMap((table) => [...twice(table), ...retired(table, scene), ...oddSwitches(table, scene)]),
    ...tables.flatMap((table) => ROLES.flatMap((role) => [...protocolFindings(table, role, scene), ...listFindings(table, role, scene)])),
    ...nameFindings(scene),
    ...engineFinding(scene),
  ]
}

function missingTable({ name, elements }: Table): readonly SettingsFinding[] {
  if (elements.length === 1) return []
  const some = elements.length > 1
  return [
    settingsFinding({
      id: 'settings-table',
      verdict: some ? 'bad' : 'weak',
      fact: some ? `The file has ${elements.length} tables ${name}.` : `The file has no table ${name}, so that all defaults hold in it.`,
      subjects: [name],
      remedy: some ? 'Put a backup back in which it stands once.' : 'Start Kerio Connect once, so that it writes its tables.',
    }),
  ]
}

function twice({ name, variables }: Table): readonly SettingsFinding[] {
  return [...Map.groupBy(variables, (variable) => variable.name)].flatMap(([setting, all]) => {
    const last = all.at(-1)
    if (all.length < 2 || last === undefined) return []
    return settingsFinding({
      id: 'settings-given-twice',
      verdict: 'bad',
      fact: `${setting} stands ${all.length} times in ${name}, and which of them counts is not known.`,
      subjects: [setting],
      remedy: 'Leave one of them.',
      place: last.place,
    })
  })
}

/** The same variables are to be set in both tables, says the page of each. */
function drift({ tables, matches }: Scene): readonly SettingsFinding[] {
  const guessed = PURPOSES.flatMap((purpose) => nameOf(matches, purpose) ?? [])
  return [...NAMED, ...guessed].flatMap((setting) => {
    const [one, other] = tables.map((table) => variableOf(table, setting))
    if (one === 'several' || other === 'several' || (one?.value ?? '') === (other?.value ?? '')) return []
    const says = (variable: Variable | undefined): string => (variable?.value ? JSON.stringify(variable.value) : 'nothing, so the default')
    const place = one?.place ?? other?.place
    return settingsFinding({
      id: 'settings-drift',
      verdict: 'weak',
      fact: `${setting} differs: ${TABLES[0].table} has ${says(one)}, ${TABLES[1].table} has ${says(other)}.`,
      subjects: [setting],
      remedy: 'Set it to the same in both tables, unless SMTP is meant to be different.',
      place,
    })
  })
}

function nameOf(matches: Matches, purpose: Purpose): string | undefined {
  const match = matches[purpose]
  return match === undefined || match === 'several' ? undefined : match.name
}

function retired(table: Table, { abilities }: Scene): readonly SettingsFinding[] {
  const found = variableOf(table, 'DisableEphemeralDH')
  if (found === undefined || found === 'several') return []
  const common = { subjects: ['DisableEphemeralDH'], place: found.place }
  if (!abilities.reversedDhe) {
    const fact = `DisableEphemeralDH stands in ${table.name}: only 9.0.0 and 9.0.1 read it, and Kerio Connect ${abilities.version} does not.`
    const remedy = 'Remove it, and use the variable that replaced it in 9.0.2, in which 1 turns DHE on.'
    return [settingsFinding({ id: 'settings-retired', verdict: 'weak', fact, remedy, ...common })]
  }
  if (found.value !== '1') return []
  const fact = `DisableEphemeralDH is 1 in ${table.name}, which turns DHE off: its sense is reversed, and the vendor's page confuses the two.`
  return [settingsFinding({ id: 'settings-reversed', verdict: 'weak', fact, remedy: 'Write 0 to have DHE.', ...common })]
}

const SWITCH: readonly string[] = ['0', '1']

/** Switches are 0 or 1, the size is one of four numbers. */
function oddSwitches(table: Table, { matches }: Scene): readonly SettingsFinding[] {
  const names = PURPOSES.flatMap((purpose): (readonly [string, readonly string[]])[] => {
    const name = nameOf(matches, purpose)
    return name === undefined ? [] : [[name, purpose === 'dhe-size' ? ['0', ...DH_SIZES.map(String)] : SWITCH]]
  })
  return [...names, ['DisableEphemeralDH', SWITCH] as const].flatMap(([name, allowed]) => {
    const found = variableOf(table, name)
    if (found === undefined || found === 'several' || found.value === '' || allowed.includes(found.value)) return []
    return settingsFinding({
      id: 'settings-value',
      verdict: 'bad',
      fact: `${name} in ${table.name} is ${JSON.stringify(found.value)}, and what Kerio Connect makes of that is not known.`,
      subjects: [name],
      remedy: `Write ${allowed.join(' or ')}.`,
      place: found.place,
    })
  })
}

function protocolFindings(table: Table, role: Role, { abilities }: Scene): readonly SettingsFinding[] {
  const found = variableOf(table, protocolSetting(role))
  if (found === undefined || found === 'several' || found.value === '') return []
  const { known, odd } = parseProtocols(found.value)
  const where = `${found.name} in ${table.name}`
  const findings = odd.map((element) => oddProtocol(element, where, found.place))
  if (known.includes('TLSv1.3') && !abilities.tls13) {
    const fact = `${where} lists TLSv1.3, which Kerio Connect has since 9.3.0 and ${abilities.version} has not.`
    const remedy = 'Update Kerio Connect, or take TLSv1.3 out.'
    findings.push(
      settingsFinding({ id: 'settings-version-lacks', verdict: 'weak', fact, subjects: ['TLSv1.3'], remedy, place: found.place }),
    )
  }
  const refused = known.filter((name) => name !== 'TLSv1.3' && !ableProtocols(listIn(table, role), abilities).includes(name))
  if (refused.length > 0) {
    const fact = `${where} lists ${refused.join(', ')}, which OpenSSL ${abilities.engines.join(', ')} does not speak at its security level.`
    const remedy = `Take ${refused.join(' and ')} out of the list.`
    findings.push(settingsFinding({ id: 'settings-version-lacks', verdict: 'weak', fact, subjects: refused, remedy, place: found.place }))
  }
  if (known.includes('SSLv3')) {
    const fact = `${where} lists SSLv3, as an example on the vendor's page does, and so opens the door to POODLE.`
    const remedy = 'Take SSLv3 out of the list.'
    findings.push(settingsFinding({ id: 'settings-sslv3', verdict: 'bad', fact, subjects: ['SSLv3'], remedy, place: found.place }))
  }
  return findings
}

function oddProtocol(element: string, where: string, place: Place): SettingsFinding {
  const name = element.trim()
  const blank = name !== element
  return settingsFinding({
    id: 'settings-unknown-protocol',
    verdict: 'bad',
    fact: `${where} has ${JSON.stringify(element)}, which is no protocol's name to the letter${blank ? ', for the blanks in it' : ''}; what Kerio Connect makes of it is not known.`,
    subjects: [element],
    remedy: 'Write SSLv3, TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3 exactly so, with nothing but commas between; `postern settings mend` does.',
    place,
  })
}

/** What only this list's author can mend. The rest, such as weak suites, rulebooks judge. */
const OF_THE_LIST: readonly WarningId[] = [
  ...(['security-level-0', 'protocol-word', 'empty-3des', 'not-compiled-in', 'iana-name', 'foreign-name', 'wrong-case'] as const),
  ...(['tls13-name', 'default-not-first', 'default-glued', 'unknown-word', 'lost-text'] as const),
]

function listFindings(table: Table, role: Role, { abilities: { engines } }: Scene): readonly SettingsFinding[] {
  const found = variableOf(table, cipherSetting(role))
  const [generation] = engines
  if (found === undefined || found === 'several' || found.value === '' || generation === undefined) return []
  const where = `${found.name} in ${table.name}`
  const common = { id: 'settings-cipher-list', subjects: [found.name], place: found.place } as const
  const { resolution, warnings } = explainCipherList(found.value, { generation })
  if (resolution.refused !== undefined) {
    const { why, remedy } = resolution.refused
    const fact = `OpenSSL ${generation} does not take ${where}: ${why}. What Kerio Connect goes on with is not known.`
    return [settingsFinding({ ...common, verdict: 'bad', fact, remedy })]
  }
  return warnings
    .filter(({ id }) => OF_THE_LIST.includes(id))
    .map(({ message, remedy = 'Drop the term.' }) => settingsFinding({ ...common, verdict: 'weak', fact: `${where}: ${message}`, remedy }))
}

function nameFindings({ matches, tables }: Scene): readonly SettingsFinding[] {
  return PURPOSES.flatMap((purpose) => {
    const match = matches[purpose]
    if (match === undefined) return []
    const common = { id: 'settings-assumed-name', verdict: 'unknown', subjects: [purpose] } as const
    if (match === 'several') {
      const fact = `More than one variable sounds as if it ${PURPOSE_WORDS[purpose]}, so that none was taken for it.`
      return settingsFinding({ ...common, fact, remedy: `Say which: --name ${purpose}=NAME.` })
    }
    if (match.how === 'told') return []
    const found = tables.map((table) => variableOf(table, match.name)).find((one) => one !== undefined && one !== 'several')
    const fact = `${match.name} is taken for the variable that ${PURPOSE_WORDS[purpose]}, by its sound: its name is published nowhere.`
    return settingsFinding({
      ...common,
      fact,
      remedy: `Confirm it with --name ${purpose}=${match.name}, or say another.`,
      place: found?.place,
    })
  })
}

/** Only where the possible ones read a list of this file differently. */
function engineFinding({ tables, abilities: { engines, engineSource } }: Scene): readonly SettingsFinding[] {
  const lists = tables.flatMap((table) => ROLES.flatMap((role) => listIn(table, role) ?? []))
  const readings = (list: string): number => new Set(engines.map((generation) => suitesOfList(list, { generation }).suites.join())).size
  if (!lists.some((list) => readings(list) > 1)) return []
  const fact = `${engineSource} Lists were read as ${engines.join(', ')} read them, and what any of these would use counts as used.`
  return [
    settingsFinding({
      id: 'settings-engine',
      verdict: 'unknown',
      fact,
      subjects: [...engines],
      remedy: 'Say which OpenSSL it is with --openssl.',
    }),
  ]
}
