import { withFiles } from '../with-files.ts'
import type { Adapter, ReadOptions, Reading } from '../adapter.ts'
import { settingsFinding } from '../finding.ts'
import { opensslOfSystem } from '../installed/openssl-named.ts'
import { oldVersions } from '../openssl/old-versions.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { compareVersions } from '../versions.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { secretsOfLines } from '../secrets.ts'
import { NEWEST_2_3 } from './defaults.ts'
import { doorsOf, type DovecotDoors, type DovecotLeg } from './doors.ts'
import { parseDovecot, type Statement } from './statements.ts'
import { meaningOf, nameOf, protocolsOf, startOf, valueOf, wordsOf, type Setup } from './words.ts'
import { writeDovecot } from './write.ts'
import { dovecotProduct } from './product.ts'

/** Dovecot 2.3 and 2.4: dovecot.conf, what it includes, and blocks for protocols and addresses. */
export const dovecotAdapter: Adapter = {
  ...dovecotProduct,
  read: (file, options) => {
    const found = doorsOf(file, options)
    const setup = setupOf(found, options)
    return {
      product: 'dovecot',
      version: versionOf(found, options),
      files: found.files,
      legs: found.doors.map((leg) => {
        const words = wordsOf(leg, setup)
        return { door: leg.door, role: leg.role, words, posture: postureOfWords(leg.role, words), listens: leg.listens }
      }),
      findings: [
        ...found.doors.flatMap((leg) => [...refusals(leg, setup), ...ignored(leg, setup), ...refusedVersions(leg, setup)]),
        ...olderNames(file, options, setup),
      ],
    }
  },
  write: (reading, wanted, options) => {
    const [main] = reading.files
    if (main === undefined) return { changes: [], inexpressible: [] }
    const given = withFiles(reading, options)
    const found = doorsOf(main, given)
    return writeDovecot(found.doors, setupOf(found, given), wanted)
  },
  secrets: secretsOfLines(),
  service: { check: (path) => ['doveconf', '-n', '-c', path], source: 'doveconf(1)' },
  installed: (_path, ask) => {
    const answer = ask.run('dovecot', '--version')
    const version = /^\d+\.\d+[\d.]*/.exec(answer?.text ?? '')?.[0]
    if (answer === undefined || version === undefined) return undefined
    const openssl = opensslOfSystem(ask, answer.by)
    // From 2.4 on the file says whose defaults hold, whichever later version reads it.
    return { by: answer.by, ...(compareVersions(version, '2.4') < 0 ? { version } : {}), ...(openssl === undefined ? {} : { openssl }) }
  },
}

function versionOf({ version }: DovecotDoors, options: ReadOptions): Reading['version'] {
  if (options.version !== undefined) return { text: `Dovecot ${options.version}`, from: 'told' }
  return version === undefined ? { text: `Dovecot ${NEWEST_2_3}`, from: 'assumed' } : { text: `Dovecot ${version}`, from: 'file' }
}

function setupOf({ version }: DovecotDoors, options: ReadOptions): Setup {
  return { version: options.version ?? version ?? NEWEST_2_3, openssl: options.openssl ?? '3.5', more: options.more }
}

function refusals(leg: DovecotLeg, setup: Setup): readonly SettingsFinding[] {
  const list = valueOf(leg, 'ssl_cipher_list', setup)
  const { refused } = meaningOf(leg, setup)
  const least = valueOf(leg, 'ssl_min_protocol', setup)
  const id = 'settings-value-refused' as const
  return [
    ...(refused === undefined
      ? []
      : [
          settingsFinding({
            id,
            verdict: 'bad',
            fact: `${leg.door}: OpenSSL refuses ssl_cipher_list: ${refused.why}.`,
            subjects: ['ssl_cipher_list'],
            remedy: refused.remedy,
            place: list.found?.place,
          }),
        ]),
    ...(protocolsOf(leg, setup).value !== 'unknown' || wordsOf(leg, setup).protocols.value !== 'unknown'
      ? []
      : [
          settingsFinding({
            id,
            verdict: 'bad',
            fact: `${leg.door}: Dovecot knows no ssl_min_protocol ${least.value}.`,
            subjects: ['ssl_min_protocol'],
            remedy: 'Write TLSv1.2 or TLSv1.3.',
            place: least.found?.place,
          }),
        ]),
  ]
}

function refusedVersions(leg: DovecotLeg, setup: Setup): readonly SettingsFinding[] {
  const list = valueOf(leg, 'ssl_cipher_list', setup).value
  const place = valueOf(leg, 'ssl_min_protocol', setup).found?.place
  return oldVersions(leg.door, wordsOf(leg, setup), { list, generation: setup.openssl, place })
}

/** What a `local_name` block sets and does not have, since the handshake has begun with something else. */
function ignored(leg: DovecotLeg, setup: Setup): readonly SettingsFinding[] {
  if (leg.starts.length === 0) return []
  return ['ssl_min_protocol', 'ssl_curve_list', 'ssl_cipher_suites', nameOf('order', setup)].flatMap((setting) => {
    const own = valueOf(leg, setting, setup)
    const others = startOf(leg).map((one) => valueOf(one, setting, setup))
    const isOutside = others.some(
      ({ found }) => found?.place.start === own.found?.place.start && found?.place.file === own.found?.place.file,
    )
    if (isOutside || others.every(({ value }) => value === own.value)) return []
    return [
      settingsFinding({
        id: 'settings-ignored',
        verdict: 'weak',
        fact: `${leg.door}: ${setting} does nothing in a local_name block: the handshake begins before Dovecot looks at the name.`,
        subjects: [setting],
        remedy: `Set ${setting} outside of it.`,
        place: own.found?.place,
      }),
    ]
  })
}

/** Names of the other generation, with which this one does not start. */
const OLDER = ['ssl_cert', 'ssl_key', 'ssl_dh', 'ssl_prefer_server_ciphers', 'ssl_protocols']
const NEWER = ['ssl_server_cert_file', 'ssl_server_key_file', 'ssl_server_dh_file', 'ssl_server_prefer_ciphers', 'ssl_protocols']

function olderNames(file: SettingsFile, options: ReadOptions, { version }: Setup): readonly SettingsFinding[] {
  const wrong = compareVersions(version, '2.4') >= 0 ? OLDER : NEWER
  const walk = (statements: readonly Statement[]): readonly string[] =>
    statements.flatMap((one) => (one.kind === 'block' ? walk(one.statements) : wrong.includes(one.key) ? [one.key] : []))
  return [...new Set(walk(parseDovecot(file, options)))].map((key) =>
    settingsFinding({
      id: 'settings-name-of-other-version',
      verdict: 'bad',
      fact: `Dovecot ${version} knows no ${key}, and does not start with it.`,
      subjects: [key],
      remedy: 'Write it by the name that this version has for it, or take it out.',
    }),
  )
}
