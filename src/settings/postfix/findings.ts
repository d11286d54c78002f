import { settingsFinding } from '../finding.ts'
import { placeIn } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { knowsBounds, unreadMaps, type Door, type Setup } from './doors.ts'
import { givenTwice } from './main-cf.ts'
import { parseProtocolList } from './protocol-list.ts'
import { certificateOf, CERTIFICATE, composed, protocolSetting } from './words.ts'

/** What is wrong with the settings themselves. */
export function findingsOf(setup: Setup, doors: readonly Door[]): readonly SettingsFinding[] {
  return unique([
    ...repeated(setup),
    ...doors.flatMap((door) => [
      ...refusedProtocols(door, setup),
      ...refusedLists(door, setup),
      ...(refusedLevel(door) ?? withoutTls(door)),
      ...withoutCertificate(door),
      ...unread(door, setup),
    ]),
  ])
}

function unique(findings: readonly SettingsFinding[]): readonly SettingsFinding[] {
  return [...new Map(findings.map((finding) => [`${finding.id} ${finding.fact}`, finding])).values()]
}

function repeated({ main }: Setup): readonly SettingsFinding[] {
  return givenTwice(main, 'tls').map(({ name, all }) => {
    const [part] = all.at(0)?.parts ?? []
    return settingsFinding({
      id: 'settings-given-twice',
      verdict: 'weak',
      fact: `${name} is given ${all.length} times in main.cf; the last one wins.`,
      subjects: [name],
      remedy: 'Leave only the line that is meant.',
      place: part && placeIn(main, part.start, part.end),
    })
  })
}

function refusedProtocols(door: Door, { version }: Setup): readonly SettingsFinding[] {
  if (door.level === 'none') return []
  const name = protocolSetting(door)
  const { value, found } = door.parameter(name)
  if (value === undefined || parseProtocolList(value, knowsBounds(version)) !== undefined) return []
  return [
    settingsFinding({
      id: 'settings-value-refused',
      verdict: 'bad',
      fact: `Postfix ${version} takes ${name} for invalid, and then speaks no TLS there: ${value}`,
      subjects: [name],
      remedy: knowsBounds(version)
        ? 'Write >=TLSv1.2.'
        : 'Write !SSLv2, !SSLv3, !TLSv1, !TLSv1.1: bounds such as >=TLSv1.2 come with Postfix 3.6.',
      place: found?.place,
    }),
  ]
}

function refusedLists(door: Door, setup: Setup): readonly SettingsFinding[] {
  if (door.level === 'none') return []
  const list = composed(door, setup)
  if (list?.meaning.refused === undefined && list !== undefined) return []
  const name = list?.base ?? `${door.prefix}_tls_ciphers`
  return [
    settingsFinding({
      id: 'settings-value-refused',
      verdict: 'bad',
      fact:
        list === undefined
          ? `The grade or the exclusions for ${door.door} are none that Postfix takes, or cannot be told.`
          : `OpenSSL refuses the list for ${door.door}: ${list.meaning.refused?.why ?? ''}.`,
      subjects: [name],
      remedy: list?.meaning.refused?.remedy ?? 'Use the grades medium and high, and names without operators as exclusions.',
      place: door.parameter(name).found?.place,
    }),
  ]
}

const LEVELS = ['', 'none', 'may', 'encrypt', 'dane', 'half-dane', 'dane-only', 'fingerprint', 'verify', 'secure']

/** A server does not start with a word that is no level. */
function refusedLevel(door: Door): readonly SettingsFinding[] | undefined {
  const name = `${door.prefix}_tls_security_level`
  const { value = '', found } = door.parameter(name)
  if (door.role === 'client' || LEVELS.includes(value.toLowerCase())) return undefined
  return [
    settingsFinding({
      id: 'settings-stops-start',
      verdict: 'bad',
      fact: `Postfix knows no ${name} ${value}, and does not start ${door.door}.`,
      subjects: [name],
      remedy: 'Write may, or encrypt where every peer can.',
      place: found?.place,
    }),
  ]
}

function unread(door: Door, setup: Setup): readonly SettingsFinding[] {
  const name = `${door.prefix}_tls_policy_maps`
  return unreadMaps(door, setup).map((map) =>
    settingsFinding({
      id: 'settings-undecided',
      verdict: 'unknown',
      fact: `${name} has a table that is not read, so that other TLS than this may be used with destinations in it: ${map}`,
      subjects: [name],
      remedy: 'Look through it yourself, or put its lines into a texthash: or hash: table.',
      place: door.parameter(name).found?.place,
    }),
  )
}

/** TLS that nobody gets, or only those who ask for no certificate. */
function withoutCertificate(door: Door): readonly SettingsFinding[] {
  const certificate = door.level === 'none' ? undefined : certificateOf(door)
  if (certificate !== 'missing' && certificate !== 'anonymous') return []
  const name = CERTIFICATE
  const fact =
    certificate === 'missing'
      ? `${door.door} has no certificate, so that Postfix answers STARTTLS with 454 and nobody gets TLS; with one it would be as shown.`
      : `${door.door} has no certificate on purpose: it speaks suites without one and no TLS 1.3, and other clients get no TLS.`
  return [
    settingsFinding({
      id: 'settings-no-certificate',
      verdict: 'bad',
      fact,
      subjects: [name],
      remedy:
        'Name the key and the certificate in smtpd_tls_chain_files, before Postfix 3.4 in smtpd_tls_key_file and smtpd_tls_cert_file.',
      place: door.parameter(name).found?.place,
    }),
  ]
}

function withoutTls(door: Door): readonly SettingsFinding[] {
  if (door.level !== 'none') return []
  const name = `${door.prefix}_tls_security_level`
  return [
    settingsFinding({
      id: 'settings-tls-off',
      verdict: 'bad',
      fact: `${door.door} uses no TLS at all.`,
      subjects: [door.door],
      remedy: `Set ${name} to may, or to encrypt where every peer can.`,
      place: door.parameter(name).found?.place,
    }),
  ]
}
