import { settingsFinding } from '../finding.ts'
import { lookUp } from '../scopes.ts'
import { placeIn, type Place } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { isOutOfReach, type Door, type SmtpdDoors } from './doors.ts'
import type { Statement } from './statements.ts'
import { hasLibtls, hasOldProtocols } from './versions.ts'
import { meaningOf, protocolsNamed, type Setup } from './words.ts'

type Id = 'settings-stops-start' | 'settings-value-refused' | 'settings-ignored' | 'settings-given-twice'

/** What smtpd does not start with, and what it passes over. */
export function findingsOf({ doors, files, statements }: SmtpdDoors, setup: Setup): readonly SettingsFinding[] {
  const crlf = files.flatMap((file) => {
    const at = file.text.indexOf('\r\n')
    const fact = `OpenSMTPD does not start: the lines of ${file.path} end as on Windows, with CR and LF.`
    return at === -1 ? [] : [finding('settings-stops-start', fact, 'Write LF alone.', placeIn(file, at, at + 1), 'CR')]
  })
  return [
    ...crlf,
    ...doors.flatMap((door) => ofDoor(door, setup)),
    ...listsGivenTwice(statements),
    ...statements.flatMap((one) => ofParameters(one, setup)),
  ]
}

function finding(id: Id, fact: string, remedy: string, place: Place | undefined, subject: string): SettingsFinding {
  const verdict = id === 'settings-stops-start' || id === 'settings-value-refused' ? 'bad' : 'weak'
  return settingsFinding({ id, verdict, fact, remedy, place, subjects: [subject] })
}

function ofDoor(door: Door, setup: Setup): readonly SettingsFinding[] {
  const { statement, role, pki } = door
  const whole = placeIn(statement.file, statement.tokens[0].start, statement.end)
  const stops = (why: string, remedy: string): SettingsFinding =>
    finding('settings-stops-start', `${door.door}: OpenSMTPD does not start, since ${why}.`, remedy, whole, door.door)
  const names = statement.tokens.filter(
    ({ kind, value }, at) => at > 2 && kind === 'word' && (value === 'ciphers' || value === 'protocols'),
  )
  const [early] = hasLibtls(setup.version) ? [] : names
  return [
    ...(role === 'server' && pki === undefined && hasLibtls(setup.version)
      ? [stops('a listener with TLS has no pki', 'Write pki and the name of a certificate.')]
      : []),
    ...(early === undefined ? [] : [stops(`${early.value} is known from 7 on`, 'Take it out, or say the version with --product-version.')]),
    ...protocolsOf(door, setup, stops),
    ...listRefused(door, setup),
  ]
}

function protocolsOf(door: Door, setup: Setup, stops: (why: string, remedy: string) => SettingsFinding): readonly SettingsFinding[] {
  const found = lookUp(door, 'protocols')
  if (found === undefined || isOutOfReach(door, 'protocols', setup.statements, setup.version)) return []
  if (protocolsNamed(found.value, setup.version) === undefined)
    return [stops(`it does not take the protocols ${found.value}`, 'Write tlsv1.2 or tlsv1.3, with a comma between.')]
  if (hasOldProtocols(setup.version) || !/tlsv1\.[01]/i.test(found.value)) return []
  const fact = `${door.door}: TLS 1.0 and TLS 1.1 cannot be asked for since 7.4.`
  return [finding('settings-ignored', fact, 'Take them out.', found.place, 'protocols')]
}

function listRefused(door: Door, setup: Setup): readonly SettingsFinding[] {
  const refused = door.plain ? undefined : meaningOf(door, setup)?.refused
  if (refused === undefined) return []
  const fact = `${door.door}: OpenSSL refuses the ciphers, so that OpenSMTPD does not start: ${refused.why}.`
  return [finding('settings-value-refused', fact, refused.remedy, lookUp(door, 'ciphers')?.place, 'ciphers')]
}

function listsGivenTwice(statements: readonly Statement[]): readonly SettingsFinding[] {
  const lists = statements.filter(({ tokens: [first, second] }) => first.value === 'smtp' && second?.value === 'ciphers')
  const last = lists.at(-1)
  if (last === undefined || new Set(lists.map(({ tokens }) => tokens[2]?.value)).size < 2) return []
  const fact = `smtp ciphers is given ${lists.length} times; the last one wins.`
  return [finding('settings-given-twice', fact, 'Take the others out.', placeIn(last.file, last.tokens[0].start, last.end), 'smtp ciphers')]
}

function ofParameters({ file, tokens, end }: Statement, { version }: Setup): readonly SettingsFinding[] {
  const [first, name, dhe, value] = tokens
  if (first.value !== 'pki' || dhe?.value !== 'dhe' || value === undefined || value.fromMacro) return []
  const setting = `pki ${name?.value ?? ''} dhe`
  const place = placeIn(file, first.start, end)
  if (!['none', 'legacy', 'auto'].includes(value.value)) {
    return [
      finding(
        'settings-stops-start',
        `OpenSMTPD does not start: ${setting} is ${value.value}.`,
        'Write none, legacy or auto.',
        place,
        setting,
      ),
    ]
  }
  if (hasLibtls(version) || value.value === 'none') return []
  return [finding('settings-ignored', `${setting} ${value.value} turns no DHE on before OpenSMTPD 7.`, 'Take it out.', place, setting)]
}
