import { settingsFinding } from '../finding.ts'
import { oldVersions } from '../openssl/old-versions.ts'
import { placeIn } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { booleanOf, type Statement } from './statements.ts'
import { strangeNames } from './versions.ts'
import { find, isOn, listOf, meaningOf, switches, wordsOf, type Scene } from './words.ts'

const SWITCHES = [
  'ssl_enable',
  'implicit_ssl',
  'force_local_logins_ssl',
  'force_local_data_ssl',
  'force_anon_logins_ssl',
  'force_anon_data_ssl',
  'allow_anon_ssl',
  'require_ssl_reuse',
  'ssl_request_cert',
  'ssl_sslv2',
]

/** What keeps vsftpd from starting, what lets passwords and files go without TLS, and what is not known of the version. */
export function findingsOf(scene: Scene): readonly SettingsFinding[] {
  return [
    ...scene.statements.flatMap((statement) => stopsStart(scene, statement)),
    ...listRefused(scene),
    ...givenTwice(scene),
    ...(isOn(scene, 'ssl_enable', false) === true ? [...inPlainText(scene), ...whichVersion(scene), ...beneathLevel(scene)] : []),
  ]
}

function beneathLevel(scene: Scene): readonly SettingsFinding[] {
  const list = listOf(scene)
  if (list === undefined) return []
  return oldVersions(scene.leg.door, wordsOf(scene), { list, generation: scene.openssl, place: find(scene, 'ssl_ciphers')?.place })
}

function stopsStart(scene: Scene, { name, value, start, end }: Statement): readonly SettingsFinding[] {
  const found = (fact: string, remedy: string): readonly SettingsFinding[] => [
    settingsFinding({
      id: 'settings-stops-start',
      verdict: 'bad',
      fact: `vsftpd does not start: ${fact}.`,
      subjects: [name.trim()],
      remedy,
      place: placeIn(scene.file, start, end),
    }),
  ]
  if (name.trim() !== name)
    return found(`there are blanks between ${name.trim()} and its =`, 'Write name=value without blanks around the =.')
  if (strangeNames(scene.version).includes(name)) {
    return found(`${scene.version.reading.text} does not know ${name}`, 'Take the line out, or say the version with --product-version.')
  }
  const isSwitch = SWITCHES.includes(name) || switches(scene).some(({ setting }) => setting === name)
  if (!isSwitch || booleanOf(value) !== undefined) return []
  if (booleanOf(value.trim()) === undefined) return found(`${name} is neither YES nor NO`, 'Write YES or NO, and nothing behind it.')
  const what = value.endsWith('\r') ? 'the line ends as on Windows, with CR and LF' : 'there are blanks around its value'
  return found(`${name} is not understood, since ${what}`, 'Let postern settings mend put it right.')
}

function listRefused(scene: Scene): readonly SettingsFinding[] {
  const refused = meaningOf(scene)?.refused
  if (refused === undefined) return []
  return [
    settingsFinding({
      id: 'settings-value-refused',
      verdict: 'bad',
      fact: `OpenSSL refuses ssl_ciphers, so that vsftpd does not start: ${refused.why}.`,
      subjects: ['ssl_ciphers'],
      remedy: refused.remedy,
      place: find(scene, 'ssl_ciphers')?.place,
    }),
  ]
}

function givenTwice(scene: Scene): readonly SettingsFinding[] {
  const names = ['ssl_enable', 'ssl_ciphers', ...switches(scene).map(({ setting }) => setting)]
  return names.flatMap((name) => {
    const all = scene.statements.filter((one) => one.name === name)
    if (new Set(all.map(({ value }) => value)).size < 2) return []
    return [
      settingsFinding({
        id: 'settings-given-twice',
        verdict: 'weak',
        fact: `${name} is given ${all.length} times; the last one wins.`,
        subjects: [name],
        remedy: 'Take the others out.',
        place: find(scene, name)?.place,
      }),
    ]
  })
}

const PLAIN = [
  ['force_local_logins_ssl', 'passwords may be sent without TLS'],
  ['force_local_data_ssl', 'files may be sent without TLS'],
] as const

function inPlainText(scene: Scene): readonly SettingsFinding[] {
  return PLAIN.flatMap(([setting, what]) =>
    isOn(scene, setting, true) === false
      ? [
          settingsFinding({
            id: 'settings-plain-text',
            verdict: 'weak',
            fact: `${setting} is off: ${what}.`,
            subjects: [setting],
            remedy: `Write ${setting}=YES.`,
            place: find(scene, setting)?.place,
          }),
        ]
      : [],
  )
}

/** Before 3.0.4 TLS 1.0 was on by itself, and TLS 1.1 could not be turned off. */
function whichVersion(scene: Scene): readonly SettingsFinding[] {
  const { from, text } = scene.version.reading
  if (from !== 'assumed') return []
  return [
    settingsFinding({
      id: 'settings-version',
      verdict: 'unknown',
      fact: `The file does not tell which vsftpd reads it; before 3.0.4 TLS 1.1 is always on, and TLS 1.0 by default, and ${text} is taken.`,
      remedy: 'vsftpd -v says which it is: say it with --product-version.',
    }),
  ]
}
