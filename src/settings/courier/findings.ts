import { settingsFinding } from '../finding.ts'
import { meaningOfPriority } from '../gnutls/gnutls-words.ts'
import type { SettingsFinding } from '../words.ts'
import type { Courier, CourierDoor } from './services.ts'
import { isKnownVersion, isProtocol, meaningOf, valueOf, type Setup } from './words.ts'

/** What is wrong with the settings themselves. */
export function findingsOf(courier: Courier, setup: Setup): readonly SettingsFinding[] {
  const { doors } = courier
  const own = doors.flatMap((door) =>
    door.off === undefined
      ? [...(setup.library.name === 'GnuTLS' ? refusedPriority(door, setup) : ofOpenssl(door, setup)), ...otherLibrary(door, setup)]
      : withoutTls(door, door.off, setup),
  )
  const all = [...own, ...notHandedOver(courier), ...repeated(courier), ...commands(courier)]
  return [...new Map(all.map((finding) => [`${finding.id} ${finding.fact}`, finding])).values()]
}

function withoutTls(door: CourierDoor, name: string, setup: Setup): readonly SettingsFinding[] {
  return [
    settingsFinding({
      id: 'settings-tls-off',
      verdict: 'bad',
      fact: `${door.door}: ${name} does not turn TLS on, so that there is none.`,
      subjects: [name],
      remedy: `Write ${name}=${name === 'ESMTP_USE_STARTTLS' ? '1' : 'YES'}.`,
      place: valueOf(door, name, setup).found?.place,
    }),
  ]
}

function ofOpenssl(door: CourierDoor, setup: Setup): readonly SettingsFinding[] {
  const protocol = valueOf(door, door.protocol, setup)
  const list = valueOf(door, 'TLS_CIPHER_LIST', setup)
  const { refused } = meaningOf(door, setup)
  const strange = isKnownVersion(setup) && !protocol.unknown && !isProtocol(protocol.value, setup)
  return [
    ...(strange
      ? [
          settingsFinding({
            id: 'settings-fails-open',
            verdict: 'bad',
            fact: `Courier ${setup.version} knows no ${door.protocol}=${protocol.value}, and takes every version from TLS 1.0 on.`,
            subjects: [door.protocol],
            remedy: 'Write TLSv1.2.',
            place: protocol.found?.place,
          }),
        ]
      : []),
    ...(refused === undefined || list.unknown
      ? []
      : [
          settingsFinding({
            id: 'settings-fails-open',
            verdict: 'bad',
            fact: `OpenSSL refuses TLS_CIPHER_LIST: ${refused.why}. Courier does not notice, and OpenSSL’s own list holds.`,
            subjects: ['TLS_CIPHER_LIST'],
            remedy: refused.remedy,
            place: list.found?.place,
          }),
        ]),
  ]
}

function refusedPriority(door: CourierDoor, setup: Setup): readonly SettingsFinding[] {
  const { value, found, unknown } = valueOf(door, 'TLS_PRIORITY', setup)
  const { refused } = meaningOfPriority(value)
  if (refused === undefined || unknown || value.startsWith('@')) return []
  return [
    settingsFinding({
      id: 'settings-value-refused',
      verdict: 'bad',
      fact: `GnuTLS refuses TLS_PRIORITY, so that no handshake succeeds: ${refused.why}.`,
      subjects: ['TLS_PRIORITY'],
      remedy: refused.remedy,
      place: found?.place,
    }),
  ]
}

const ONLY_OF = {
  OpenSSL: ['TLS_PROTOCOL', 'TLS_STARTTLS_PROTOCOL', 'TLS_CIPHER_LIST'],
  GnuTLS: ['TLS_PRIORITY', 'TLS_MIN_DH_BITS'],
} as const

function otherLibrary(door: CourierDoor, { library }: Setup): readonly SettingsFinding[] {
  const other = library.name === 'GnuTLS' ? 'OpenSSL' : 'GnuTLS'
  return ONLY_OF[other].flatMap((name) => {
    const found = door.value(name)
    if (found === undefined || found.value === '') return []
    return [
      settingsFinding({
        id: 'settings-ignored',
        verdict: 'bad',
        fact: `${name} counts with ${other} only; this couriertls is built with ${library.name} (${library.how}), which ignores it.`,
        subjects: [name],
        remedy: library.name === 'GnuTLS' ? 'Say it with TLS_PRIORITY.' : 'Say it with TLS_PROTOCOL and TLS_CIPHER_LIST.',
        place: found.place,
      }),
    ]
  })
}

/** Only the scripts of Courier-IMAP on its own hand the variable over. */
function notHandedOver({ doors, standalone }: Courier): readonly SettingsFinding[] {
  return doors.flatMap((door) => {
    const found = door.value('TLS_STARTTLS_PROTOCOL')
    if (standalone || found === undefined || found.value === (door.value('TLS_PROTOCOL')?.value ?? '')) return []
    return [
      settingsFinding({
        id: 'settings-ignored',
        verdict: 'bad',
        fact: 'TLS_STARTTLS_PROTOCOL is not what TLS_PROTOCOL is, and only Courier-IMAP on its own heeds it: in Courier, and in Debian’s packages, TLS_PROTOCOL holds for STARTTLS too.',
        subjects: ['TLS_STARTTLS_PROTOCOL'],
        remedy: 'Write TLS_STARTTLS_PROTOCOL="$TLS_PROTOCOL", and what is meant into TLS_PROTOCOL.',
        place: found.place,
      }),
    ]
  })
}

function repeated({ parsed }: Courier): readonly SettingsFinding[] {
  return parsed.flatMap(({ file, assignments }) =>
    [...Map.groupBy(assignments, ({ name }) => name)].flatMap(([name, all]) =>
      all.length < 2 || !name.startsWith('TLS_')
        ? []
        : [
            settingsFinding({
              id: 'settings-given-twice',
              verdict: 'weak',
              fact: `${name} is given ${all.length} times in ${file.path}; the last one wins.`,
              subjects: [name],
              remedy: 'Leave only the line that is meant.',
            }),
          ],
    ),
  )
}

function commands({ parsed }: Courier): readonly SettingsFinding[] {
  return parsed.flatMap(({ file, commands: [first] }) =>
    first === undefined
      ? []
      : [
          settingsFinding({
            id: 'settings-commands',
            verdict: 'weak',
            fact: `sh runs commands in ${file.path}, which are not followed here: what they set may be otherwise.`,
            remedy: 'Write plain NAME=value lines.',
            place: first,
          }),
        ],
  )
}
