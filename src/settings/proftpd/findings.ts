import { settingsFinding } from '../finding.ts'
import { parseGroups } from '../openssl/openssl-ability.ts'
import { oldVersions } from '../openssl/old-versions.ts'
import { parseCiphersuites } from '../openssl/tls13-suites.ts'
import { placeIn } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { allOf, booleanOf, CIPHERS, CIPHERS_13, valueWords, type Door } from './doors.ts'
import type { Directive } from './sections.ts'
import { namesTls13, setsTls13Suites } from './versions.ts'
import { isDoubtful, listOf, listUse, meaningOf, protocolsNamed, settingOf, winnerIn, wordsOf, type Setup } from './words.ts'

const SINGLE = ['TLSEngine', 'TLSProtocol', CIPHERS, CIPHERS_13, 'TLSServerCipherPreference', 'TLSECDHCurve']

/** What ProFTPD does not start with, what it passes over, and what goes without TLS. */
export function findingsOf(door: Door, setup: Setup): readonly SettingsFinding[] {
  return [
    ...SINGLE.flatMap((setting) => allOf(door.directives, setting, door.version).flatMap((one) => stopsStart(door, one, setting, setup))),
    ...listRefused(door, setup),
    ...SINGLE.flatMap((setting) => passedOver(door, setting)),
    ...passwordsInPlainText(door, setup),
    ...beneathLevel(door, setup),
  ]
}

function beneathLevel(door: Door, setup: Setup): readonly SettingsFinding[] {
  const list = listOf(door, setup)
  if (list === undefined || isDoubtful(door, CIPHERS) || listUse(door, setup).securityLevel === 0) return []
  const winner = winnerIn(door, CIPHERS)
  const place = winner && placeIn(winner.file, winner.name.start, winner.args.at(-1)?.end ?? winner.name.end)
  return oldVersions(door.door, wordsOf(door, setup), { list, generation: setup.openssl, place })
}

function finding(
  door: Door,
  one: Directive,
  id: 'settings-stops-start' | 'settings-ignored',
  fact: string,
  remedy: string,
): SettingsFinding {
  return settingsFinding({
    id,
    verdict: id === 'settings-stops-start' ? 'bad' : 'weak',
    fact: `${door.door}: ${fact}.`,
    subjects: [one.name.value],
    remedy,
    place: placeIn(one.file, one.name.start, one.args.at(-1)?.end ?? one.name.end),
  })
}

function stopsStart(door: Door, one: Directive, setting: string, setup: Setup): readonly SettingsFinding[] {
  if (one.args.some(({ value }) => value.includes('%{'))) return []
  const stops = (fact: string, remedy: string): readonly SettingsFinding[] => [
    finding(door, one, 'settings-stops-start', `ProFTPD does not start, since ${fact}`, remedy),
  ]
  const words = valueWords(one, setting, setup.version).map(({ value }) => value)
  const value = words.join(' ')
  if (setting === 'TLSProtocol' && protocolsNamed(words, setup.version) === undefined) {
    const newest = namesTls13(setup.version) ? 'TLSv1.3' : 'TLSv1.2'
    return stops(
      `it does not take TLSProtocol ${value}`,
      `Write SSLv3, TLSv1 … ${newest} with blanks between, or ALL and behind it -TLSv1 and the like.`,
    )
  }
  if (setting === CIPHERS && words.length > 1) return stops('there are blanks in a cipher list without quotes', 'Write colons instead.')
  if (setting === CIPHERS_13 && parseCiphersuites(value) === undefined)
    return stops(
      'OpenSSL does not have all of the suites for TLS 1.3',
      'Write their names, such as TLS_AES_128_GCM_SHA256, with colons between.',
    )
  if ((setting === 'TLSServerCipherPreference' || setting === 'TLSEngine') && booleanOf(one) === undefined)
    return stops(`${setting} is neither on nor off`, 'Write on or off.')
  return setting === 'TLSECDHCurve' ? curve(value, stops, setup) : []
}

function curve(
  value: string,
  stops: (fact: string, remedy: string) => readonly SettingsFinding[],
  { version, openssl }: Setup,
): readonly SettingsFinding[] {
  if (!namesTls13(version) && (value.includes(':') || value.toLowerCase() === 'auto'))
    return stops(`ProFTPD ${version} takes the name of a single curve`, 'Write one.')
  if (value.toLowerCase() === 'auto' || parseGroups(value, /:/, openssl) !== undefined) return []
  return stops('OpenSSL does not have all of these curves', 'Take the unknown ones out.')
}

function listRefused(door: Door, setup: Setup): readonly SettingsFinding[] {
  const refused = meaningOf(door, setup)?.refused
  const winner = winnerIn(door, CIPHERS)
  if (refused === undefined || winner === undefined || isDoubtful(door, CIPHERS)) return []
  return [
    settingsFinding({
      id: 'settings-value-refused',
      verdict: 'bad',
      fact: `${door.door}: OpenSSL refuses TLSCipherSuite, so that ProFTPD ${setsTls13Suites(setup.version) ? 'does not start' : 'speaks no TLS'}: ${refused.why}.`,
      subjects: [CIPHERS],
      remedy: refused.remedy,
      place: placeIn(winner.file, winner.name.start, winner.args.at(-1)?.end ?? winner.name.end),
    }),
  ]
}

/** Lines behind or before the one that counts, and words behind the only one that does. */
function passedOver(door: Door, setting: string): readonly SettingsFinding[] {
  const winner = winnerIn(door, setting)
  if (winner === undefined) return []
  const valueOf = (one: Directive): string => one.args.map(({ value }) => value).join(' ')
  const isGlobal = (one: Directive): boolean => door.directives.indexOf(one) >= door.own
  const others = allOf(door.directives, setting, door.version).filter((one) => one !== winner && valueOf(one) !== valueOf(winner))
  const lost = others.filter((one) => isGlobal(one) === isGlobal(winner) || isGlobal(winner))
  const name = winner.name.value
  const extra = setting === 'TLSECDHCurve' && winner.args.length > 1
  return [
    ...lost.map((one) =>
      finding(
        door,
        one,
        'settings-ignored',
        `this ${name} counts for nothing, since ${isGlobal(winner) && !isGlobal(one) ? 'that of <Global>' : 'another one'} wins`,
        'Take one of them out.',
      ),
    ),
    ...(extra
      ? [
          finding(
            door,
            winner,
            'settings-ignored',
            `${name} takes one word, and the others count for nothing`,
            'Write colons between curves.',
          ),
        ]
      : []),
  ]
}

/** Whoever does not ask for TLS logs in without it. */
function passwordsInPlainText(door: Door, setup: Setup): readonly SettingsFinding[] {
  const { value, doubtful } = settingOf(door, 'TLSRequired', setup)
  if (doubtful || booleanOf(winnerIn(door, 'TLSRequired')) === true || !/^(?:off|no|false|0|!?data)$/i.test(value)) return []
  const winner = winnerIn(door, 'TLSRequired')
  return [
    settingsFinding({
      id: 'settings-plain-text',
      verdict: 'weak',
      fact: `${door.door}: TLSRequired is ${winner === undefined ? 'off by default' : value}: passwords may be sent without TLS.`,
      subjects: ['TLSRequired'],
      remedy: 'Write TLSRequired on.',
      place: winner && placeIn(winner.file, winner.name.start, winner.args.at(-1)?.end ?? winner.name.end),
    }),
  ]
}
